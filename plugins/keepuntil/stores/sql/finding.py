"""Finding: candidates in key order from one state of the data, everything else counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress
from typing import Final

from keepuntil.domain.decision import Doubt, Due, Keep, reason_code
from keepuntil.domain.items import Key
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Found, Query
from keepuntil.stores.sql.asking import NO_FACTS, Known, Reading, Rows, candidates
from keepuntil.stores.sql.borrowing import value_of
from keepuntil.stores.sql.columnar import by_column
from keepuntil.stores.sql.connection import Session
from keepuntil.stores.sql.dialects import names_of
from keepuntil.stores.sql.layout import Layout
from keepuntil.stores.sql.reaping import lists_of

NEIGHBOURS: Final = 5
"""Kept rows beside the due ones that verification looks at again."""

_LOOKED_AT: Final = 4 * NEIGHBOURS
_PIECE: Final = 5_000


def says(session: Session, known: Known, query: Query, keys: Sequence[Key]) -> Iterator[Rows]:
    """What those of these rows that are there, and of the category, say now."""
    reading = Reading.of(query, known, session.dialect)
    layout, selected = known.layout, reading.selected()
    for some in lists_of(keys, session.dialect.most_keys(layout.key)):
        among, parameters = session.dialect.among(layout.key, some)
        sql = f"SELECT {', '.join(selected)} FROM {layout.table} WHERE {among} AND {layout.where}"
        yield reading.rows(session.columns(sql, parameters, len(selected)))


def find(session: Session, known: Known, query: Query) -> Iterator[Found]:
    """The batches of one instance; the first carries the counts of what is not handed out."""
    if query.subject is not None or query.groups is not None:
        yield from _of_one_person(session, known, query)
        return
    reading = Reading.of(query, known, session.dialect)
    if query.linked is not None:
        yield from _linked(session, reading)
        return
    condition = candidates(known.layout, query, session.dialect)
    if condition is not None:
        yield Found(
            passed_over=dict(_passed_over(session, reading, condition)),
            neighbours=_neighbours(session, reading),
        )
    for rows in _candidates(session, reading, condition):
        yield _handed_out(rows)


def _candidates(session: Session, reading: Reading, condition: str | None) -> Iterator[Rows]:
    """The server chooses the way by its own statistics: few due, it walks the trigger's index
    and sorts the keys; many due, it walks the key. The order is the same."""
    layout = reading.layout
    wanted = layout.where if condition is None else f"{layout.where} AND {condition}"
    sql = (
        f"SELECT {', '.join(reading.selected())} FROM {layout.table} WHERE {wanted} "
        f"ORDER BY {names_of(layout.key)}"
    )
    width = len(reading.selected())
    for piece in session.stream(sql, reading.query.batch_items):
        yield reading.rows(by_column(piece, width))


def _of_one_person(session: Session, known: Known, query: Query) -> Iterator[Found]:
    """The rows of one person, or of the record groups they have, due or not; no others."""
    layout = known.layout
    column, asked = layout.group, query.groups or frozenset()
    if layout.subject is not None and query.subject is not None:
        column, asked = layout.subject, frozenset({query.subject})
    if column is None:
        raise StoreMismatch(
            f"Instance {query.instance.id} has neither a subject nor a record_group, so one "
            "person's rows cannot be told from others."
        )
    reading = Reading.of(query, known, session.dialect, further=(column,))
    selected = reading.selected()
    keys = [(held,) for each in sorted(asked) if (held := value_of(column, each)) is not None]
    for some in lists_of(keys, session.dialect.most_keys((column,))):
        among, parameters = session.dialect.among((column,), some)
        sql = (
            f"SELECT {', '.join(selected)} FROM {layout.table} WHERE {layout.where} AND {among} "
            f"ORDER BY {names_of(layout.key)}"
        )
        rows = reading.rows(session.columns(sql, parameters, len(selected)))
        # A database that ignores case takes one person for another; we do not.
        exact = [str(value) in asked for value in rows.further[0]]
        yield Found(
            keys=list(compress(rows.keys, exact)),
            facts=list(compress(rows.facts, exact)),
            groups=list(compress(rows.groups, exact)),
            marks=[""] * sum(exact),
            held=list(compress(rows.held, exact)),
        )


def _handed_out(rows: Rows) -> Found:
    return Found(
        keys=rows.keys,
        facts=rows.facts,
        groups=list(rows.groups),
        marks=[""] * len(rows.keys),
        held=rows.held,
    )


def _linked(session: Session, reading: Reading) -> Iterator[Found]:
    """Rows whose dates stand elsewhere: every one is looked up and decided here."""
    neighbours = 0
    for rows in _candidates(session, reading, None):
        found = _decided(rows, reading.query)
        found.neighbours = found.neighbours[: NEIGHBOURS - neighbours]
        neighbours += len(found.neighbours)
        yield found


def _decided(rows: Rows, query: Query) -> Found:
    """Due rows handed out, the others counted under their reason."""
    found = Found()
    counted: Counter[str] = Counter()
    for place, facts in enumerate(rows.facts):
        if facts is NO_FACTS:
            counted[Doubt.NO_LINKED_RECORD.value] += 1
            continue
        decision = query.decide(facts)
        if not isinstance(decision, Due):
            counted[reason_code(decision)] += 1
            if isinstance(decision, Keep) and len(found.neighbours) < NEIGHBOURS:
                found.neighbours.append(rows.keys[place])
            continue
        found.keys.append(rows.keys[place])
        found.facts.append(facts)
        found.groups.append(rows.groups[place])
        found.marks.append("")
        found.held.append(rows.held[place])
    found.passed_over = dict(counted)
    return found


def _passed_over(session: Session, reading: Reading, condition: str) -> Counter[str]:
    """Rows that cannot be due, counted under the reason each has. Grouped by the database."""
    counted: Counter[str] = Counter()
    for piece in session.stream(_grouped(reading, condition), _PIECE):
        columns = by_column(piece, len(reading.events) + 1)
        facts = reading.reader.read(columns[:-1], len(piece))
        for fact, size in zip(facts, columns[-1], strict=True):
            decision = reading.query.decide(fact)
            if isinstance(decision, Due):
                raise StoreMismatch(
                    f"Instance {reading.query.instance.id}: the cutoff asked of the database "
                    f"leaves out rows that are due. Nothing was planned; report this."
                )
            counted[reason_code(decision)] += size
    return counted


def _grouped(reading: Reading, condition: str) -> str:
    """Grouped by the events as they are stored, so that an index may answer, then read."""
    events = reading.events
    layout = reading.layout
    wanted = f"{layout.where} AND ({condition}) IS NOT TRUE"
    names = [f"e{place}" for place in range(len(events))]
    inner = ", ".join(f"{e.sql} AS {name}" for e, name in zip(events, names, strict=True))
    read = ", ".join(
        reading.dialect.read_event(replace(event, sql=name))
        for event, name in zip(events, names, strict=True)
    )
    return (
        f"SELECT {read}, size FROM (SELECT {inner}, count(*) AS size FROM {layout.table} "
        f"WHERE {wanted} GROUP BY {', '.join(map(str, range(1, len(events) + 1)))}) AS grouped"
    )


def _neighbours(session: Session, reading: Reading) -> list[Key]:
    """Kept rows just after the cutoff of the first event that has one."""
    layout = reading.layout
    cutoffs = dict(reading.query.cutoffs.latest)
    event = next(event for event in reading.events if event.name in cutoffs)
    sql = (
        f"SELECT {', '.join(reading.selected())} FROM {layout.table} WHERE {layout.where} "
        f"AND NOT ({reading.dialect.not_after(event, cutoffs[event.name])}) "
        f"ORDER BY {event.sql}, {names_of(layout.key)} LIMIT {_LOOKED_AT}"
    )
    found = session.rows(sql)
    if not found:
        return []
    rows = reading.rows(by_column(found, len(reading.selected())))
    kept = (
        key
        for key, facts in zip(rows.keys, rows.facts, strict=True)
        if isinstance(reading.query.decide(facts), Keep)
    )
    return list(kept)[:NEIGHBOURS]


def total(session: Session, layout: Layout) -> int:
    """Every row of the category."""
    ((size,),) = session.rows(f"SELECT count(*) FROM {layout.table} WHERE {layout.where}")
    return int(size)
