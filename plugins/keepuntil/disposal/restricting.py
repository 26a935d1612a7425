"""The restriction list (停止处理清单): what is past its purpose and has to be kept all the same.

PIPL 47, last paragraph: until the period ends such records are stored and protected, and
not otherwise processed. Other systems learn from this list which those are. It names
records, so it is for its reader's eyes, and that it was taken is written down.
"""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, TextIO

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.recorded_reads import record_list
from keepuntil.disposal.subject_records import FoundCopy, decided_copies, everything
from keepuntil.domain.categories import Rule
from keepuntil.domain.decision import Keep
from keepuntil.domain.items import key_text
from keepuntil.errors import UsageError

COLUMNS: Final = ("category", "instance", "store", "key", "record_group", "kept_until")
_READ: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionList:
    """What was written, in counts; the digest is keyed and tells an outsider nothing."""

    path: Path
    digest: str
    items: Mapping[str, int]
    """By instance."""


def write_list(
    installation: Installation, rule: Rule, as_of: date, path: Path, *, by: str
) -> RestrictionList:
    """Write every restricted item of a rule to a new file of mode 0600, .csv or .jsonl.

    Raises UsageError when the file is there already, cannot be written, or has another ending.
    """
    write = _WRITERS.get(path.suffix)
    if write is None:
        raise UsageError(f"A restriction list is a .csv or a .jsonl file, not {path.name}.")
    scratch = path.with_name(f".{path.name}.partial")
    try:
        with _private(scratch) as file:
            counted = write(file, _rows(installation, rule, as_of))
        digest = _digest(installation, scratch)
        record_list(
            installation,
            by=by,
            verb="restrict list",
            category=rule.category,
            digest=digest,
            items=counted.total(),
        )
        # Only a name that nobody has yet: a list is never written over another.
        os.link(scratch, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        scratch.unlink(missing_ok=True)
    return RestrictionList(path=path, digest=digest, items=dict(counted))


def _rows(installation: Installation, rule: Rule, as_of: date) -> Iterator[dict[str, str | None]]:
    for instance in rule.stored_instances:
        with everything(installation, rule, instance, as_of) as (store, query):
            for copy in decided_copies(store, query):
                if isinstance(copy.decision, Keep) and copy.decision.restricted:
                    yield _row(copy, copy.decision.until)


def _row(copy: FoundCopy, until: date | None) -> dict[str, str | None]:
    return {
        "category": copy.rule.category,
        "instance": copy.instance.id,
        "store": copy.instance.store,
        "key": key_text(copy.key),
        "record_group": copy.group,
        "kept_until": None if until is None else until.isoformat(),
    }


def _private(path: Path) -> TextIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="")


def _write_csv(file: TextIO, rows: Iterator[dict[str, str | None]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
        counted[str(row["instance"])] += 1
    return counted


def _write_lines(file: TextIO, rows: Iterator[dict[str, str | None]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        counted[str(row["instance"])] += 1
    return counted


_WRITERS: Final = {".csv": _write_csv, ".jsonl": _write_lines}


def _digest(installation: Installation, path: Path) -> str:
    content = sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ):
            content.update(piece)
    return installation.register.keys.digest(b"keepuntil/restriction-list/v1\n" + content.digest())
