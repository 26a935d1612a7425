"""The store of kind ``paper``: a register finds and re-reads, people destroy.

Finding is a question to the register's database like any other. Destroying is not: the
first call releases items to be picked, and they are pending until custody has ended. When
it has, the next call strikes them off the register, and only then are they destroyed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from keepuntil.domain.categories import PaperInstance, Rule, SqlInstance, StoredInstance, Text
from keepuntil.domain.items import Key
from keepuntil.domain.personal_data.kinds import Kind
from keepuntil.domain.personal_data.masking import masked_name
from keepuntil.domain.plans import Warrant
from keepuntil.domain.stores import PaperStore, SqlStore
from keepuntil.errors import StoreMismatch
from keepuntil.stores.paper.connection import open_register
from keepuntil.stores.paper.holdings import series_held
from keepuntil.stores.paper.releasing import Releasing
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
from keepuntil.stores.sql.database import SqlDatabase

TABLE: Final = "paper_item"
KEY: Final = "item"
GROUP: Final = "record_group"

_CAVEAT: Final = Text(
    zh=(
        "纸质档案由人员销毁；本系统所证明的是清点、交接、监销与逐箱核对的签名记录，"
        "而非程序自身的观察。"
    ),
    en=(
        "Paper is destroyed by people. What is certified are the signed records of counting, "
        "handing over, witnessing and reconciling box by box, not what a program saw."
    ),
)


class PaperShelves:
    """One register of paper. Safe to share between threads."""

    def __init__(self, declaration: PaperStore, url: str) -> None:
        """No connection is made yet. Raises StoreError when the URL cannot be used."""
        self._register = open_register(declaration.name, url)
        rows = SqlStore(
            name=declaration.name,
            url=declaration.url,
            reader=declaration.reader,
            zone=None,
            replica_lag_limit_seconds=None,
        )
        self._rows = SqlDatabase(rows, url)
        self.facts = StoreFacts(
            kind="paper",
            method="paper.custody",
            transactional=True,
            batch_items=self._rows.facts.batch_items,
            caveat=_CAVEAT,
        )

    def describe(self, rule: Rule, instance: StoredInstance) -> Description:
        """Compare the register with the rule. Raises StoreUnreachable."""
        return self._rows.describe(rule, as_rows(instance))

    def find(self, query: Query) -> Iterator[Found]:
        """See :class:`~keepuntil.stores.protocol.Store`."""
        yield from self._rows.find(_of_rows(query))

    def look_up(self, query: Query, groups: Sequence[str]) -> Mapping[str, Facts]:
        """See :class:`~keepuntil.stores.protocol.Store`."""
        return self._rows.look_up(_of_rows(query), groups)

    def destroy(self, query: Query, batch: Batch, warrant: Warrant, journal: Journal) -> Effect:
        """Release what may go, strike off what custody saw go; the rest is pending.

        A box that waits for its last item keeps its due items as ``shared``.
        """
        refuse_foreign_warrant(query, warrant)
        with self._register.writing() as connection:
            says = self._rows.says(_of_rows(query), batch.keys)
            work = Releasing(connection, query, batch, warrant.plan_id)
            work.sort_out(says)
            intent = work.intent()
            if work.changes:
                journal.intend(intent)
            work.write()
        return Effect(
            outcomes=work.outcomes,
            reasons=work.reasons,
            parts=intent.parts,
            counts=intent.counts,
        )

    def held(self, query: Query, items: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Which holds of the query bind which of these items, by barcode. Reads only."""
        found: dict[str, tuple[str, ...]] = {}
        for rows in self._rows.says(_of_rows(query), [(item,) for item in items]):
            named = query.binding.of_many(rows.keys, list(rows.groups))
            for key, by_name, by_condition in zip(rows.keys, named, rows.held, strict=True):
                if by_name or by_condition:
                    found[str(key[0])] = tuple(sorted({*by_name, *by_condition}))
        return found

    def remains(self, query: Query, keys: Sequence[Key], parts: Sequence[str] = ()) -> list[int]:
        """See :class:`~keepuntil.stores.protocol.Store`. An item is gone when it is struck off."""
        return self._rows.remains(_of_rows(query), keys, parts)

    def fingerprints(self, query: Query, keys: Sequence[Key]) -> list[str | None]:
        """See :class:`~keepuntil.stores.protocol.Store`."""
        return self._rows.fingerprints(_of_rows(query), keys)

    def present(self, query: Query) -> Iterator[list[Key]]:
        """See :class:`~keepuntil.stores.protocol.Store`. An item counts in any series."""
        yield from self._rows.present(_of_rows(query))

    def unclaimed(self, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
        """Series. What lies in them nobody can read from here, so each counts as found."""
        claimed = {each.series for each in instances if isinstance(each, PaperInstance)}
        with self._register.reading() as connection:
            for series, items in series_held(connection, claimed):
                yield Sampled(where=masked_name(series), items=items, kind=Kind.PAPER_SERIES)

    def pressure(self) -> str | None:
        """Paper is in nobody's way."""
        return None

    def close(self) -> None:
        """Give back connections."""
        self._rows.close()
        self._register.close()


def as_rows(instance: StoredInstance) -> SqlInstance:
    """The instance as rows of the register. Raises StoreMismatch when it is not of paper."""
    if not isinstance(instance, PaperInstance):
        raise StoreMismatch(
            f"Instance {instance.id} is not paper, but its store {instance.store} is a register "
            f"of paper."
        )
    series = instance.series.replace("'", "''")
    return SqlInstance(
        id=instance.id,
        store=instance.store,
        table=TABLE,
        schema=None,
        key=(KEY,),
        where=f"series = '{series}'",
        events=instance.events,
        record_group=GROUP,
        children=(),
    )


def _of_rows(query: Query) -> Query:
    return replace(query, instance=as_rows(query.instance))
