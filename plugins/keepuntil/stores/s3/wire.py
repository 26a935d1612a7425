"""What goes over the wire, where botocore is too slow, too strict, or too modern."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime
from typing import Any, Final

from keepuntil.domain.stores import S3Store
from keepuntil.stores.s3 import sentences

_NOT_XML: Final = re.compile(
    rb"&#x(?:0?[0-8BCEFbcef]|1[0-9A-Fa-f]);|[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]"
)
_REPEATED: Final = re.compile(
    rb"<(Prefix|KeyMarker|NextKeyMarker|StartAfter|NextContinuationToken)>[^<]*</\1>"
)
_TAKEN_FOR_A_FAILURE: Final = 500
_LISTING: Final = re.compile(rb"(?:<\?xml[^>]*>)?\s*<List")


def make_readable(store: S3Store, *, response_dict: dict[str, Any], **_: object) -> None:
    """Drop what a listing repeats of its question, where XML cannot carry it.

    Ceph writes a control character of a prefix or marker as ``&#x01;``, which no parser
    takes; botocore then believes that the server failed. Nothing is lost: the keys of the
    answer are encoded. Raises UnreadableAnswerError where they are not.
    """
    body = response_dict["body"]
    if response_dict["status_code"] != _TAKEN_FOR_A_FAILURE or not _LISTING.match(body):
        return
    body = _REPEATED.sub(b"", body)
    if _NOT_XML.search(body):
        raise sentences.unreadable(store)
    response_dict.update(body=body, status_code=200)


def instant(text: str) -> datetime:
    """A time as S3 writes it; UTC where a server forgets to say so.

    botocore's own way, with dateutil, takes longer than all else in a listing.
    """
    from botocore.utils import parse_timestamp

    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        read = parse_timestamp(text)
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def add_content_md5(params: dict[str, Any], **_: object) -> None:
    """Older servers insist on Content-MD5 for DeleteObjects and know no other checksum."""
    digest = hashlib.md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = base64.b64encode(digest).decode("ascii")
