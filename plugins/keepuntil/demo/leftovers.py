"""What must be left of the archive and the share after the night, and what is.

Worked out from what was put there, without a line of Keepuntil's road; see
:mod:`keepuntil.demo.twin` for the database.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Set
from contextlib import closing
from datetime import date
from typing import Final

from keepuntil.demo import archive, planted, shares
from keepuntil.demo.archive import Scan
from keepuntil.demo.scenario import Scale

LAST_DUE_MEETING: Final = date(2025, 8, 31)
LAST_DUE_STATEMENT_YEAR: Final = 2015

_STATEMENT: Final = re.compile(rb"\d{4}/[^/]*_(\d{4}-\d{2}-\d{2})\.txt", re.DOTALL)
_LOAN: Final = re.compile(r"loans/([^/]+)/")
_HELD_FILES: Final = (planted.HELD_LOAN, archive.LOCKED_LOAN, archive.LEGALLY_HELD_LOAN)


def objects_to_go(scale: Scale, seed: int, due_loans: Set[str]) -> tuple[set[str], set[str]]:
    """Keys that must be gone, and keys that are due and must stay."""
    gone: set[str] = set()
    kept: set[str] = set()
    for scan in archive.contents(scale, seed):
        if _is_due(scan, due_loans):
            (kept if _stays(scan) else gone).add(scan.key)
    return gone, kept


def _is_due(scan: Scan, due_loans: Set[str]) -> bool:
    if loan := _LOAN.match(scan.key):
        return loan.group(1) in due_loans
    return scan.key.startswith("recordings/") and _meeting_is_due(dict(scan.metadata))


def _meeting_is_due(metadata: dict[str, str]) -> bool:
    try:
        ends = [date.fromisoformat(metadata[f"{what}-ended"]) for what in ("product", "contract")]
    except (KeyError, ValueError):
        return False
    return max(ends) <= LAST_DUE_MEETING


def _stays(scan: Scan) -> bool:
    loan = _LOAN.match(scan.key)
    return scan.key.startswith(planted.HELD_RECORDINGS) or (
        loan is not None and loan.group(1) in _HELD_FILES
    )


def objects_expected(scale: Scale, seed: int, gone: Set[str]) -> dict[str, int]:
    """Every key that must be left, with how many versions, markers and uploads it must have."""
    return {
        scan.key: scan.versions + scan.deleted + scan.uploads
        for scan in archive.contents(scale, seed)
        if scan.key not in gone
    }


def objects_found(endpoint: str) -> dict[str, int]:
    """Every key that is there, by a client of its own."""
    import boto3
    import botocore.session

    session = botocore.session.Session()
    # Nothing here looks at times, and reading them is most of the work of reading a listing.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    client = boto3.Session(botocore_session=session).client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="demo",
        aws_secret_access_key="demo",  # noqa: S106 - the embedded server checks none
    )
    found: Counter[str] = Counter()
    with closing(client):
        versions = client.get_paginator("list_object_versions")
        for listed in versions.paginate(Bucket=archive.BUCKET):
            for entry in (*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())):
                found[entry["Key"]] += 1
        uploads = client.get_paginator("list_multipart_uploads")
        for begun in uploads.paginate(Bucket=archive.BUCKET):
            for upload in begun.get("Uploads", ()):
                found[upload["Key"]] += 1
    return found


def files_found(root: bytes) -> set[bytes]:
    """Every name below ``root`` that is not a folder, links unfollowed."""
    folder = root + b"/" + shares.FOLDER.encode()
    return {
        os.path.relpath(os.path.join(above, name), folder)  # noqa: PTH118 - names are bytes
        for above, _, names in os.walk(folder)
        for name in names
    }


def files_to_go(found: Set[bytes]) -> tuple[set[bytes], set[bytes]]:
    """Names that must be gone, and names that are due and must stay."""
    due = {name for name in found if _statement_is_due(name)}
    kept = {b"2013/" + shares.LINKED_NAME}
    return due - kept - {b"2013/" + shares.ESCAPE_NAME}, due & kept


def _statement_is_due(name: bytes) -> bool:
    matched = _STATEMENT.fullmatch(name)
    if matched is None:
        return False
    try:
        day = date.fromisoformat(matched.group(1).decode("ascii"))
    except ValueError:
        return False
    return day.year <= LAST_DUE_STATEMENT_YEAR


def unlike(what: str, wanted: Set[object], found: Set[object]) -> list[str]:
    """Sentences on the difference of two sets; empty when they are the same."""
    lines = []
    if extra := len(found - wanted):
        lines.append(f"{what}: {extra} are left that had to be destroyed, or were altered.")
    if missing := len(wanted - found):
        lines.append(f"{what}: {missing} are gone that had to be kept.")
    return lines
