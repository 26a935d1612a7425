"""Where a register is: a SQLite file or a PostgreSQL database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from keepuntil.errors import RegisterError

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
_POSTGRESQL_SPELLINGS = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


@dataclass(frozen=True, slots=True)
class Place:
    """A register's address. Printed without its password."""

    url: URL
    path: Path | None
    """The database file; None: PostgreSQL."""

    @classmethod
    def of(cls, text: str) -> Place:
        """Read a URL: ``sqlite:///var/register.db`` or ``postgresql://user@host/database``.

        Raises RegisterError, which does not repeat the text: it may hold a password.
        """
        try:
            url = make_url(text)
        except ArgumentError:
            raise RegisterError(
                "The register's address is not a URL. Write sqlite:///PATH or"
                " postgresql://USER@HOST/DATABASE."
            ) from None
        if url.drivername in _POSTGRESQL_SPELLINGS:
            return cls(url.set(drivername="postgresql+psycopg"), None)
        if url.drivername in (SQLITE, "sqlite+pysqlite"):
            path = _file(url)
            return cls(url.set(drivername="sqlite+pysqlite", database=str(path)), path)
        raise RegisterError(
            f"A register lives in SQLite or PostgreSQL, not in '{url.drivername}'."
            " Write sqlite:///PATH or postgresql://USER@HOST/DATABASE."
        )

    def __str__(self) -> str:
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)


def _file(url: URL) -> Path:
    database = url.database or ""
    if database in ("", ":memory:") or database.startswith("file:") or url.query:
        raise RegisterError(
            "A SQLite register is a plain file, for example sqlite:///var/register.db."
            " One in memory would forget what it was about to destroy."
        )
    return Path(database).absolute()
