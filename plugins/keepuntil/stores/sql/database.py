"""The store of kind ``sql``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from keepuntil.domain.categories import Rule, StoredInstance, Text
from keepuntil.domain.items import Key
from keepuntil.domain.plans import Warrant
from keepuntil.domain.stores import SqlStore
from keepuntil.errors import StoreBusy
from keepuntil.stores.protocol import (
    Batch,
    Description,
    Effect,
    Facts,
    Found,
    Journal,
    Query,
    Sampled,
    StoreFacts,
    refuse_foreign_warrant,
)
from keepuntil.stores.sql import borrowing, destroying, finding, pressure, rereading, sampling
from keepuntil.stores.sql.asking import Known, Rows
from keepuntil.stores.sql.connection import Database, Session
from keepuntil.stores.sql.facts import FactReader
from keepuntil.stores.sql.incoming import PointedAtAnew, of_sql, pointing_now
from keepuntil.stores.sql.resolving import resolve, usable

LAYOUT_SECONDS: Final = 10.0
"""How long tables are believed to look as they did. Every batch asks whether anything else
points at them by now; for the rest, what changes meanwhile makes a statement fail."""

LOOKS: Final = 3
"""How often one batch looks at tables afresh that others keep changing."""

_CAVEAT: Final = Text(
    zh=(
        "记录行已由数据库删除并提交，查询不再返回；这不是介质净化："
        "数据页、事务日志、副本与备份中的残留按各自的保存期限消失。"
    ),
    en=(
        "Rows were deleted and committed, and no query returns them any more. This is not media "
        "sanitization: remnants in pages, transaction logs, replicas and backups go as those age."
    ),
)


class SqlDatabase:
    """One database: finds, destroys and re-reads rows. Safe to share between threads."""

    def __init__(self, declaration: SqlStore, url: str) -> None:
        """No connection is made yet. Raises StoreError when the URL cannot be used."""
        self._declaration = declaration
        self._database = Database(declaration.name, url)
        self._known: dict[tuple[str, str], tuple[float, Known]] = {}
        self.facts = StoreFacts(
            kind="sql",
            method="sql.delete",
            transactional=True,
            batch_items=self._database.dialect().batch_items,
            caveat=_CAVEAT,
        )

    def describe(self, rule: Rule, instance: StoredInstance) -> Description:
        """Compare tables, columns, keys and foreign keys with the rule."""
        sql = of_sql(instance)
        with self._database.reading() as session:
            survey = resolve(session, self._declaration, rule, sql)
            problems = list(survey.problems)
            blind = pressure.cannot_see(session, self._declaration)
            if blind is not None:
                problems.append(f"Instance {sql.id}: {blind}.")
            total = None if survey.layout is None else finding.total(session, survey.layout)
        return Description(total=total, problems=tuple(problems), warnings=survey.warnings)

    def find(self, query: Query) -> Iterator[Found]:
        """See :class:`~keepuntil.stores.protocol.Store`. One read-only transaction throughout."""
        with self._database.reading() as session:
            yield from finding.find(session, self._learn(session, query), query)

    def says(self, query: Query, keys: Sequence[Key]) -> Iterator[Rows]:
        """What those of these rows that are there, and of the category, say now. Reads only."""
        with self._database.reading() as session:
            yield from finding.says(session, self._learn(session, query), query, keys)

    def look_up(self, query: Query, groups: Sequence[str]) -> Mapping[str, Facts]:
        """See :class:`~keepuntil.stores.protocol.Store`. Several rows of a group are one record:
        its latest date counts, any true flag, and any doubt before a date."""
        with self._database.reading() as session:
            return borrowing.look_up(session, self._learn(session, query), query, groups)

    def destroy(self, query: Query, batch: Batch, warrant: Warrant, journal: Journal) -> Effect:
        """See :class:`~keepuntil.stores.protocol.Store`. One transaction a batch."""
        refuse_foreign_warrant(query, warrant)
        for _ in range(LOOKS):
            try:
                return destroying.destroy(self._database, self._know(query), query, batch, journal)
            except PointedAtAnew:
                self._known.pop(_name(query), None)
        raise StoreBusy(
            f"Foreign keys onto the tables of instance {query.instance.id} keep changing; "
            f"try again later."
        )

    def remains(self, query: Query, keys: Sequence[Key], parts: Sequence[str] = ()) -> list[int]:
        """See :class:`~keepuntil.stores.protocol.Store`. A row counts in any category."""
        with self._database.reading() as session:
            return rereading.remains(session, self._learn(session, query).layout, keys, parts)

    def fingerprints(self, query: Query, keys: Sequence[Key]) -> list[str | None]:
        """See :class:`~keepuntil.stores.protocol.Store`. Children are part of the state."""
        with self._database.reading() as session:
            return rereading.fingerprints(session, self._learn(session, query).layout, keys)

    def present(self, query: Query) -> Iterator[list[Key]]:
        """See :class:`~keepuntil.stores.protocol.Store`. A row counts in any category."""
        with self._database.reading() as session:
            layout = self._learn(session, query).layout
            yield from rereading.present(session, layout, query.batch_items)

    def unclaimed(self, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
        """Tables. On MariaDB those of the database that the URL names."""
        yield from sampling.unclaimed(self._database, instances)

    def pressure(self) -> str | None:
        """A sentence while a replica is further behind than declared. See :mod:`.pressure`."""
        if self._declaration.replica_lag_limit_seconds is None:
            return None
        with self._database.reading() as session:
            return pressure.pressure(session, self._declaration)

    def close(self) -> None:
        """Give back connections."""
        self._database.close()

    def _know(self, query: Query) -> Known:
        if (remembered := self._remembered(query)) is not None:
            return remembered
        with self._database.reading() as session:
            return self._learn(session, query)

    def _remembered(self, query: Query) -> Known | None:
        known = self._known.get(_name(query))
        if known is None or time.monotonic() - known[0] > LAYOUT_SECONDS:
            return None
        return known[1]

    def _learn(self, session: Session, query: Query) -> Known:
        """The instance as the tables are, looked at again after a while. Raises StoreMismatch."""
        if (remembered := self._remembered(query)) is not None:
            return remembered
        instance = of_sql(query.instance)
        # Asked first: what comes between the two looks is then seen by the first batch.
        pointing = pointing_now(session, instance)
        layout = usable(resolve(session, self._declaration, query.rule, instance))
        before = self._known.get(_name(query))
        if before is not None and before[1].layout == layout:
            known = replace(before[1], pointing=pointing)
        else:
            known = Known(layout, FactReader(layout, query.rule.clock.zone), pointing)
        self._known[_name(query)] = (time.monotonic(), known)
        return known


def _name(query: Query) -> tuple[str, str]:
    return query.rule.digest, query.instance.id
