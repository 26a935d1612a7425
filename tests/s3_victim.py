"""Destroys a batch in a process of its own, to be killed at a given moment.

python s3_victim.py ENDPOINT CREDENTIALS BUCKET JOURNAL < keys, one JSON string a line
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from keepuntil.domain.stores import S3Store
from keepuntil.stores.protocol import Intent
from keepuntil.stores.s3 import S3Bucket, deleting
from s3_questions import batch_of, destroyed, everything_due


class FileJournal:
    """The intent, in a file that is whole or not there."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def intend(self, intent: Intent) -> None:
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps([list(intent.present), intent.parts, intent.counts]))
        beside.replace(self.path)

    def earlier(self) -> Intent | None:
        if not self.path.exists():
            return None
        present, parts, counts = json.loads(self.path.read_text())
        return Intent(present=bytearray(present), parts=parts, counts=counts)


def main(endpoint: str, credentials: str, bucket: str, journal: str) -> None:
    # Many requests, so that many of them can be the last.
    vars(deleting)["FEWEST_KEYS"] = 5
    store = S3Bucket(
        S3Store(
            name="scans",
            bucket=bucket,
            endpoint=endpoint,
            region=None,
            credentials=None,
            reader=None,
            irrecoverable_after=None,
        ),
        credentials,
    )
    keys = [json.loads(line) for line in sys.stdin]
    file = FileJournal(Path(journal))
    destroyed(store, everything_due(), batch_of(*keys, earlier=file.earlier()), file)


if __name__ == "__main__":
    main(*sys.argv[1:])
