"""An instance's declaration against the database: what it comes to, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from keepuntil.domain.categories import (
    EventSource,
    FromColumn,
    FromExpression,
    FromInstance,
    Rule,
    SqlInstance,
    joined_from,
)
from keepuntil.domain.stores import SqlStore
from keepuntil.errors import StoreMismatch
from keepuntil.stores.sql.closure import Closure
from keepuntil.stores.sql.connection import Session
from keepuntil.stores.sql.expressions import objection_to
from keepuntil.stores.sql.layout import EVERY_ROW, Column, Columns, Event, EventKind, Layout, Survey
from keepuntil.stores.sql.tables import (
    Table,
    key_column,
    nearest,
    objection_to_keeping,
    read_table,
    table_names,
)


def resolve(session: Session, declaration: SqlStore, rule: Rule, instance: SqlInstance) -> Survey:
    """Compare the declaration with the tables. Reads only; raises StoreUnreachable."""
    work = _Resolution(session=session, declaration=declaration, rule=rule, instance=instance)
    table = read_table(session, instance.schema, instance.table)
    if table is None:
        names = table_names(session, instance.schema)
        work.problem(
            f"table {instance.table} does not exist in the store {declaration.name}"
            f"{nearest(instance.table, names)}"
        )
        return Survey(layout=None, problems=tuple(work.problems), warnings=())
    layout = work.layout(table)
    return Survey(
        layout=None if work.problems else layout,
        problems=tuple(work.problems),
        warnings=tuple(work.warnings),
    )


@dataclass(slots=True, kw_only=True)
class _Resolution:
    session: Session
    declaration: SqlStore
    rule: Rule
    instance: SqlInstance
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problem(self, what: str) -> None:
        self.problems.append(f"Instance {self.instance.id}: {what}.")

    def layout(self, table: Table) -> Layout:
        objection = objection_to_keeping(self.session, table)
        if objection is not None:
            self.problem(f"table {table.name} {objection}")
        key = self._key(table)
        where = self._where(table)
        sources = dict(self.instance.events)
        events = tuple(self._event(name, sources, table) for name in self.rule.clock.events)
        group = self._telling(table, self.instance.record_group, "record_group")
        subject = self._telling(table, self.instance.subject, "subject")
        closure = Closure(self.session, self.instance.id, self._default_schema())
        children = closure.grow(table, key, self.instance.children) if key else ()
        self.problems += closure.problems
        self.warnings += self._missing_indexes(table) + closure.warnings
        return Layout(
            table=table.sql,
            key=key,
            where=where,
            events=events,
            borrowed=tuple(
                isinstance(sources.get(name), FromInstance) for name in self.rule.clock.events
            ),
            group=group,
            subject=subject,
            children=children,
            check_at_once=closure.check_at_once,
        )

    def _default_schema(self) -> str | None:
        return sa.inspect(self.session.connection).default_schema_name

    def _key(self, table: Table) -> Columns:
        if table.own_key() is None:
            self.problem(
                f"table {table.name} has no primary key, so its rows cannot be named one by one; "
                f"give it one"
            )
            return ()
        columns = [self._key_column(table, name) for name in self.instance.key]
        known = tuple(column for column in columns if column is not None)
        if len(known) < len(columns):
            return ()
        names = tuple(column.name for column in known)
        if not table.names_rows(names):
            self.problem(
                f"the key {', '.join(names)} is not unique in {table.name}; its primary key is "
                f"{', '.join(table.primary)}"
            )
            return ()
        self._refuse_empty_keys(table, known)
        return known

    def _key_column(self, table: Table, name: str) -> Column | None:
        if not self._exists(table, name, "key column"):
            return None
        column = key_column(self.session, table, name)
        if column is None:
            self.problem(
                f"key column {name} of {table.name} is of a type that cannot name a row exactly"
            )
        return column

    def _refuse_empty_keys(self, table: Table, key: Columns) -> None:
        """SQLite lets even primary keys be empty, and unique columns may be empty anywhere."""
        optional = [column for column in key if column.name in table.empty_allowed]
        if not optional:
            return
        empty = " OR ".join(f"{column.sql} IS NULL" for column in optional)
        if self.session.rows(f"SELECT 1 FROM {table.sql} WHERE {empty} LIMIT 1"):
            self.problem(
                f"the key {', '.join(column.name for column in key)} is empty in some rows of "
                f"{table.name}, which therefore cannot be named"
            )

    def _exists(self, table: Table, name: str, role: str) -> bool:
        if name in table.types:
            return True
        hint = nearest(name, list(table.types))
        self.problem(f"{role} {name} does not exist in {table.name}{hint}")
        return False

    def _where(self, table: Table) -> str:
        if self.instance.where is None:
            return EVERY_ROW
        where = self._judged(self.instance.where, "the condition (where)")
        if where and not self._runs(f"SELECT 1 FROM {table.sql} WHERE {where} LIMIT 0"):
            self.problem(
                f"the condition (where) is not one this database understands; try it: SELECT "
                f"count(*) FROM {table.name} WHERE …"
            )
        return where or EVERY_ROW

    def _judged(self, sql: str, what: str) -> str | None:
        objection = objection_to(sql)
        if objection is not None:
            self.problem(f"{what} cannot be used: {objection}")
            return None
        return f"({self.session.dialect.verbatim(sql)})"

    def _runs(self, sql: str) -> bool:
        try:
            self.session.rows(sql)
        except StoreMismatch:
            self.session.start_over()
            return False
        return True

    def _event(self, name: str, sources: dict[str, EventSource], table: Table) -> Event | None:
        source = sources.get(name)
        match source:
            case None:
                return None
            case FromInstance():
                if self.instance.record_group is None:
                    self.problem(f"event {name} comes from another instance: say record_group")
                return None
            case FromColumn(column=column, zone=zone):
                if not self._exists(table, column, f"column of event {name}:"):
                    return None
                return self._typed(name, self.session.quoted(None, column), zone, table)
            case FromExpression(sql=sql, zone=zone):
                judged = self._judged(sql, f"the expression of event {name}")
                return self._typed(name, judged, zone, table) if judged else None
            case _:
                self.problem(f"event {name} is read from a file or object, not from a table")
                return None

    def _typed(self, name: str, sql: str, zone: str | None, table: Table) -> Event | None:
        try:
            (code,) = self.session.types(f"SELECT {sql} FROM {table.sql} LIMIT 0")
        except StoreMismatch:
            self.session.start_over()
            self.problem(
                f"the expression of event {name} is not one this database understands; try it: "
                f"SELECT … FROM {table.name}"
            )
            return None
        kind = _kind_of(self.session.dialect.name, code, flag=name in _flags(self.rule))
        if kind is None:
            wanted = "a flag" if name in _flags(self.rule) else "a date"
            self.problem(f"event {name} is not {wanted}, by what the database says of its type")
            return None
        zone = zone or self.declaration.zone
        if zone is None and (kind is EventKind.NAIVE or self._looks_naive(name, table)):
            self.problem(
                f"event {name} is a date-time without a zone; say what it means: zone in the "
                f"event, or zone of the store {self.declaration.name}"
            )
        return Event(name=name, sql=sql, kind=kind, zone=zone)

    def _looks_naive(self, name: str, table: Table) -> bool:
        """SQLite's statements have no types; a column declared DATETIME says enough."""
        source = dict(self.instance.events)[name]
        return (
            self.session.dialect.name == "sqlite"
            and isinstance(source, FromColumn)
            and isinstance(table.types[source.column], sa.DateTime)
        )

    def _telling(self, table: Table, name: str | None, role: str) -> Column | None:
        """A column by which records are told: to which group, or to whom, they belong."""
        if name is None or not self._exists(table, name, f"{role}:"):
            return None
        column = key_column(self.session, table, name)
        if column is None:
            self.problem(f"{role}: {name} is of a type that cannot tie records together")
        return column

    def _missing_indexes(self, table: Table) -> list[str]:
        sources = dict(self.instance.events)
        triggers = [sources.get(trigger.event) for trigger in self.rule.clock.triggers]
        wanted = {
            source.column: "finding what is due"
            for source in triggers
            if isinstance(source, FromColumn)
        }
        borrowers = [i for i in self.rule.stored_instances if joined_from(i) == self.instance.id]
        if borrowers and self.instance.record_group:
            wanted.setdefault(self.instance.record_group, "looking up linked copies")
        if self.instance.subject:
            wanted.setdefault(self.instance.subject, "answering one person")
        return [
            f"Instance {self.instance.id}: no index of {table.name} begins with {column}, so "
            f"{purpose} reads the whole table."
            for column, purpose in wanted.items()
            if column in table.types and not table.finds_by([column])
        ]


def usable(survey: Survey) -> Layout:
    """The layout, or StoreMismatch with every problem: nothing runs before they are gone."""
    if survey.layout is None:
        raise StoreMismatch("\n".join(survey.problems))
    return survey.layout


def _flags(rule: Rule) -> frozenset[str]:
    return frozenset(e.event for e in rule.clock.extend_while if e.plus is None)


_POSTGRESQL: Final = {
    1082: EventKind.DATE,
    1114: EventKind.NAIVE,
    1184: EventKind.INSTANT,
    25: EventKind.TEXT,
    1043: EventKind.TEXT,
    1042: EventKind.TEXT,
    16: EventKind.FLAG,
    20: EventKind.FLAG,
    21: EventKind.FLAG,
    23: EventKind.FLAG,
}
"""Type OIDs of pg_type.dat."""

_MARIADB: Final = {
    10: EventKind.DATE,
    14: EventKind.DATE,
    12: EventKind.NAIVE,
    7: EventKind.INSTANT,
    15: EventKind.TEXT,
    252: EventKind.TEXT,
    253: EventKind.TEXT,
    254: EventKind.TEXT,
    1: EventKind.FLAG,
    2: EventKind.FLAG,
    3: EventKind.FLAG,
    8: EventKind.FLAG,
    9: EventKind.FLAG,
    16: EventKind.FLAG,
}
"""Field types of the client/server protocol. TIMESTAMP is an instant, read in UTC."""


def _kind_of(dialect: str, code: object, *, flag: bool) -> EventKind | None:
    """How to read the event; None when its type does not fit what the clock asks of it."""
    if dialect == "sqlite":
        return EventKind.FLAG if flag else EventKind.TEXT
    known = _POSTGRESQL if dialect == "postgresql" else _MARIADB
    kind = known.get(code) if isinstance(code, int) else None
    return kind if (kind is EventKind.FLAG) == flag else None
