"""``evidence.yaml``: where the log lies, who witnesses it, who stamps the time."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from keepuntil.domain.publication import LogBucket, LogFolder, Publication, TimeAuthority
from keepuntil.rules.declarations import EvidenceShape, LogShape, TimestampsShape
from keepuntil.rules.declared import any_reference
from keepuntil.rules.document import Document
from keepuntil.rules.document import Path as Place
from keepuntil.rules.reading import read_shape

_LARGEST: Final = 1 << 16
_BUCKET_KEYS: Final = ("prefix", "endpoint", "region", "credentials")


def default_publication(controller: str) -> Publication:
    """A log in the home folder under the organisation's own name; no witness, no time stamps."""
    return Publication(
        origin=controller,
        log=LogFolder(path=None),
        policy=None,
        time_authority=None,
        receipts=False,
    )


def publication_of(document: Document, folder: Path) -> Publication | None:
    """What the file says; None when something was noted."""
    shape = read_shape(document, EvidenceShape, "the evidence")
    if shape is None:
        return None
    log = _log(document, folder, shape.log)
    policy = _text(document, ("log", "policy"), folder, shape.log.policy)
    authority = _authority(document, folder, shape.timestamps)
    if document.problems:
        return None
    return Publication(
        origin=shape.log.origin,
        log=log,
        policy=policy,
        time_authority=authority,
        receipts=shape.receipts,
    )


def _log(document: Document, folder: Path, shape: LogShape) -> LogFolder | LogBucket:
    if shape.bucket is None:
        for key in _BUCKET_KEYS:
            if getattr(shape, key):
                document.note_at_key(("log", key), f"'{key}' belongs to a bucket; name one.")
        path = shape.folder and str((folder.absolute() / shape.folder).resolve())
        return LogFolder(path=path)
    if shape.folder is not None:
        document.note_at_key(("log", "folder"), "The log lies in a folder or a bucket, not both.")
    return LogBucket(
        bucket=shape.bucket,
        prefix=shape.prefix,
        endpoint=shape.endpoint,
        region=shape.region,
        credentials=any_reference(document, ("log", "credentials"), folder, shape.credentials),
    )


def _authority(
    document: Document, folder: Path, shape: TimestampsShape | None
) -> TimeAuthority | None:
    if shape is None:
        return None
    certificate = _text(document, ("timestamps", "certificate"), folder, shape.certificate)
    if certificate is not None and "-----BEGIN CERTIFICATE-----" not in certificate:
        document.note_at(
            ("timestamps", "certificate"), "This file holds no certificate in PEM form."
        )
    return TimeAuthority(url=shape.url, certificate=(certificate or "").encode())


def _text(document: Document, place: Place, folder: Path, name: str | None) -> str | None:
    if name is None:
        return None
    try:
        with (folder / name).open("rb") as stream:
            return stream.read(_LARGEST).decode("utf-8")
    except OSError as error:
        document.note_at(place, f"The file cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        document.note_at(place, "The file is not UTF-8 text.")
    return None
