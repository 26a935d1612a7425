"""How a store is declared: its kind, where it is, and by which references it is reached.

A secret is never written here, only where to find it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StoreKind(StrEnum):
    SQL = "sql"
    S3 = "s3"
    FILES = "files"
    PAPER = "paper"


class ReferenceKind(StrEnum):
    """Where the text behind a reference lives."""

    ENV = "env"
    FILE = "file"
    AIRFLOW = "airflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Points at a secret: an environment variable, a file, or an Airflow connection."""

    kind: ReferenceKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlStore:
    """A database. The reference gives a SQLAlchemy URL."""

    name: str
    url: Reference
    reader: Reference | None
    """A second credential that can only read; planning and verification use it."""
    zone: str | None
    """What date-times without a zone mean in this database, unless an event says otherwise."""
    replica_lag_limit_seconds: int | None
    """Destroying pauses while a replica is further behind than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Store:
    """One bucket. References give ``ACCESS_KEY:SECRET_KEY``; None: the usual chain."""

    name: str
    bucket: str
    endpoint: str | None
    region: str | None
    credentials: Reference | None
    reader: Reference | None
    irrecoverable_after: str | None
    """ISO 8601 period after which the operator declares deleted bytes gone (garbage collection)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesStore:
    """A folder tree. Nothing outside ``root`` is ever touched."""

    name: str
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperStore:
    """A register of paper (库房台账). The reference gives a SQLAlchemy URL."""

    name: str
    url: Reference
    reader: Reference | None
    """A second credential that can only read; planning and verification use it."""
    fonds: str | None = None
    """The archive's number of the fonds (全宗号) whose items the register keeps."""


StoreDeclaration = SqlStore | S3Store | FilesStore | PaperStore
