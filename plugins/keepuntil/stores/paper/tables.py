"""The tables of the register of paper, in a database of its own.

    paper_site ─ paper_box ─ paper_item
    paper_import                            which lists were taken in, when and by whom
    paper_amendment                         which of them put an item another way, and in what
    paper_order                             which items a plan released, and how far they came
    paper_wait                              mixed boxes that wait for their last item, and why
    paper_vendor                            destruction firms, their licences and contracts
    paper_consignment ─ paper_step          journeys to the shredder, every step a signed line

Titles are not kept: the archive has them, and this register does not need a name to count,
carry and destroy. What is NULL is not known. Events are civil dates of the site. Barcodes
compare byte by byte on every database: a1 and A1 are two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    inspect,
)
from sqlalchemy.dialects import mysql

from keepuntil.domain.paper import EVENTS, BoxState, ScanStatus, Sensitivity
from keepuntil.stores.paper.columns import LONGEST_CODE, LONGEST_TEXT

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_LONGEST_WORD: Final = 20
_LONGEST_PLAN: Final = 120
_LONGEST_NAME: Final = 63
_DIGEST: Final = 64
_MOMENT: Final = len("2014-03-05T12:00:00Z")


def _text(longest: int) -> String:
    exact = mysql.VARCHAR(longest, charset="utf8mb4", collation="utf8mb4_bin")
    return (
        String(longest)
        .with_variant(String(longest, collation="C"), "postgresql")
        .with_variant(exact, "mysql", "mariadb")
    )


def _one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


_CODE: Final = _text(LONGEST_CODE)
_TEXT: Final = _text(LONGEST_TEXT)
_WORD: Final = _text(_LONGEST_WORD)
_WORD_OR_NAME: Final = _text(_LONGEST_NAME)
_LINE: Final = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
_FOR_MYSQL: Final[dict[str, Any]] = {
    f"{name}_{option}": value
    for name in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"))
}

paper_site = Table(
    "paper_site",
    metadata,
    Column("site", _TEXT, primary_key=True),
    **_FOR_MYSQL,
)

paper_box = Table(
    "paper_box",
    metadata,
    Column("box", _CODE, primary_key=True),
    Column("site", _TEXT, ForeignKey("paper_site.site"), nullable=False),
    Column("shelf", _TEXT),
    Column("seal", _TEXT),
    Column("version", Integer, nullable=False),
    Column("state", _WORD, nullable=False),
    _one_of("state", BoxState),
    Index(None, "site", "box"),
    **_FOR_MYSQL,
)

paper_item = Table(
    "paper_item",
    metadata,
    Column("item", _CODE, primary_key=True),
    Column("box", _CODE, ForeignKey("paper_box.box"), nullable=False),
    Column("folder", _TEXT),
    Column("series", _TEXT, nullable=False),
    Column("record_group", _TEXT),
    Column("reference", _TEXT),
    Column("year_from", Integer),
    Column("year_to", Integer),
    Column("stated_period", _WORD),
    Column("volumes", Integer),
    Column("pages", Integer),
    Column("sensitivity", _WORD),
    Column("scan_status", _WORD, nullable=False),
    Column("scan_checked_on", Date),
    *(Column(event, Date) for event in EVENTS),
    _one_of("sensitivity", Sensitivity),
    _one_of("scan_status", ScanStatus),
    Index(None, "box", "item"),
    Index(None, "series", "item"),
    Index(None, "record_group"),
    # A rule asks one series for what an event has let run out; most of a million rows have not.
    *(Index(None, "series", event) for event in EVENTS),
    **_FOR_MYSQL,
)

paper_import = Table(
    "paper_import",
    metadata,
    # SHA-256 of the file, in hexadecimal.
    Column("digest", _text(_DIGEST), primary_key=True),
    # UTC, RFC 3339, to the second: MariaDB knows no moment with a zone.
    Column("imported_at", _text(_MOMENT), nullable=False),
    Column("imported_by", _TEXT, nullable=False),
    Column("lines", Integer, nullable=False),
    **_FOR_MYSQL,
)


paper_amendment = Table(
    "paper_amendment",
    metadata,
    Column("digest", _text(_DIGEST), ForeignKey("paper_import.digest"), primary_key=True),
    # No foreign key: it is told also of items that are gone.
    Column("item", _CODE, primary_key=True),
    # Names of the fields that the list put another way, joined by commas.
    Column("fields", _TEXT, nullable=False),
    **_FOR_MYSQL,
)

paper_order = Table(
    "paper_order",
    metadata,
    # No foreign keys: an order outlives the rows it speaks of.
    Column("item", _CODE, primary_key=True),
    Column("plan", _text(_LONGEST_PLAN), nullable=False),
    Column("box", _CODE, nullable=False),
    Column("state", _WORD, nullable=False),
    # The journey it is on; NULL: on none yet.
    Column("consignment", _text(_LONGEST_PLAN)),
    Index(None, "plan", "state", "item"),
    **_FOR_MYSQL,
)

paper_wait = Table(
    "paper_wait",
    metadata,
    Column("box", _CODE, ForeignKey("paper_box.box"), primary_key=True),
    Column("until", Date, nullable=False),
    Column("reason", _TEXT, nullable=False),
    Column("person", _TEXT, nullable=False),
    **_FOR_MYSQL,
)


paper_consignment = Table(
    "paper_consignment",
    metadata,
    Column("consignment", _text(_LONGEST_PLAN), primary_key=True),
    Column("plan", _text(_LONGEST_PLAN), nullable=False),
    Column("instance", _WORD_OR_NAME, nullable=False),
    # A signed line: what was to be carried, from which list, by which rule.
    Column("opening", _LINE, nullable=False),
    Index(None, "plan", "consignment"),
    **_FOR_MYSQL,
)

paper_vendor = Table(
    "paper_vendor",
    metadata,
    Column("vendor", _TEXT, primary_key=True),
    Column("licence", _TEXT, nullable=False),
    Column("licence_expires_on", Date, nullable=False),
    Column("contract", _TEXT, nullable=False),
    Column("return_clause", Boolean, nullable=False),
    **_FOR_MYSQL,
)

paper_step = Table(
    "paper_step",
    metadata,
    Column(
        "consignment",
        _text(_LONGEST_PLAN),
        ForeignKey("paper_consignment.consignment"),
        primary_key=True,
    ),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    # A signed line: who did what, when, and what they saw.
    Column("line", _LINE, nullable=False),
    **_FOR_MYSQL,
)


def create_tables(database: Engine | Connection) -> None:
    """Make the tables that are not there yet; those that are stay as they are."""
    metadata.create_all(database)


def has_tables(connection: Connection) -> bool:
    """Whether every table is there."""
    return set(metadata.tables) <= set(inspect(connection).get_table_names())
