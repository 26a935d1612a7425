"""Facts lent to linked copies: the row that a scan or a paper file takes its dates from."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from keepuntil.domain.clock import Fact, Unreadable
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Facts, Query
from keepuntil.stores.sql.asking import Known, Reading
from keepuntil.stores.sql.columnar import KeyList
from keepuntil.stores.sql.connection import Session
from keepuntil.stores.sql.layout import Column, KeyKind

_WHOLE: Final = re.compile(r"-?\d{1,18}", re.ASCII)


def look_up(
    session: Session, known: Known, query: Query, groups: Sequence[str]
) -> dict[str, Facts]:
    """Facts of the records of these groups; several rows of one group are one record.

    A group with a row that a predicate hold binds is left out: what the row's copies would
    be dated by is withheld, so nothing of the record goes while the hold stands.
    """
    column = known.layout.group
    if column is None:
        raise StoreMismatch(
            f"Instance {query.instance.id} has no record_group, so other instances cannot take "
            f"their events from it."
        )
    asked = set(groups)
    reading = Reading.of(query, known, session.dialect)
    events = len(reading.events)
    bound: set[str] = set()
    keys = [(value,) for group in groups if (value := value_of(column, group)) is not None]
    found: dict[str, list[Facts]] = defaultdict(list)
    size = session.dialect.most_keys((column,))
    for start in range(0, len(keys), size):
        for group, *row in _rows(session, reading, column, keys[start : start + size]):
            if group in asked:
                found[group].append(known.reader.one(row[:events]))
            if any(row[events:]):
                bound.add(group)
    return {group: _as_one(facts) for group, facts in found.items() if group not in bound}


def _rows(
    session: Session, reading: Reading, column: Column, keys: Sequence[tuple[int | str]]
) -> Sequence[Sequence[Any]]:
    dialect, layout = session.dialect, reading.layout
    events = [dialect.read_event(event) for event in reading.events]
    holds = [f"CASE WHEN {hold} THEN 1 ELSE 0 END" for hold in reading.holds]
    among, parameters = dialect.among((column,), KeyList(keys))
    return session.rows(
        f"SELECT {', '.join([dialect.text_of(column), *events, *holds])} FROM {layout.table} "
        f"WHERE {layout.where} AND {among}",
        parameters,
    )


def value_of(column: Column, group: str) -> int | str | None:
    """A group or subject as the column holds it; None when the column cannot hold it at all."""
    match column.kind:
        case KeyKind.WHOLE:
            return int(group) if _WHOLE.fullmatch(group) else None
        case KeyKind.TRUTH | KeyKind.BYTES:
            return None
        case _:
            return group


def _as_one(facts: Sequence[Facts]) -> Facts:
    return tuple(map(_together, zip(*facts, strict=True)))


def _together(values: Sequence[Fact]) -> Fact:
    """One fact out of several rows': the one that keeps longest, and doubt before any date."""
    if any(value is True for value in values):
        return True
    if Unreadable.UNREADABLE in values:
        return Unreadable.UNREADABLE
    if None in values:
        return None
    dates = [value for value in values if isinstance(value, date)]
    return max(dates) if dates else False
