"""A register of paper for tests, and people who do what custody asks at once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from keepuntil.domain.categories import FromColumn, PaperInstance, Rule, StoredInstance
from keepuntil.domain.items import Key
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.periods import Period
from keepuntil.domain.plans import Warrant
from keepuntil.domain.stores import PaperStore, Reference, ReferenceKind
from keepuntil.domain.treatments import Treatment
from keepuntil.stores.paper import create_tables, open_register, orders
from keepuntil.stores.paper.orders import OrderState
from keepuntil.stores.paper.shelves import PaperShelves
from keepuntil.stores.protocol import (
    Batch,
    Description,
    Effect,
    Facts,
    Found,
    Journal,
    Query,
    Sampled,
    Store,
)
from store_contract import EVENT, KEPT

SERIES = "PL"
FIVE_SIGNATORIES = (
    "head_of_unit, head_of_archives, head_of_accounting, archives_officer, accounting_officer"
)
_VOUCHER_RULE = """\
category: voucher
title: {{zh: 会计凭证, en: Accounting vouchers}}
purpose: bookkeeping
subjects: [customer]
owner: {{unit: accounting, contact: accounting@bank.example}}
effective: {{from: 2020-01-01, review_by: {review_by}}}
authorities:
  - {{cite: 会计档案管理办法 第十七条, rank: dept_rule, obligation: keep, period: P10Y,
     confidence: primary, necessity_memo: NM-1}}
clock:
  triggers: {{combine: latest, events: [year_ended]}}
  start: event_next_day
  keep_at_least: P10Y
  delete_within: P365D
  zone: Asia/Shanghai
disposition:
  approval: {approval}
  expires_after: P60D
  limits: {{items: 100000, share: 100%}}
nightly: {{at: "01:00", retries: 1}}
instances:
  - id: paper
    store: records_centre
    series: PL
    events: {{year_ended: closed_on}}
    method: {{shred: P-4}}
    witnesses: 2
    witness_departments: [archives, accounting]
    signatories: [{signatories}]
"""
PER_BOX = 4


def voucher_rule(
    *,
    approval: str = "none",
    review_by: str = "2030-01-01",
    signatories: str = FIVE_SIGNATORIES,
) -> str:
    """A rule of ten years over the one series, as its file says it."""
    return _VOUCHER_RULE.format(approval=approval, review_by=review_by, signatories=signatories)


class PaperWorld:
    """One series in a register on SQLite; four items a box."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "paper.db"
        self.url = f"sqlite:///{self.file}"
        self.file.touch()
        register = open_register("records_centre", self.url)
        create_tables(register.engine)
        register.close()
        self.declaration = PaperStore(
            name="records_centre",
            url=Reference(kind=ReferenceKind.ENV, name="KU_TEST_PAPER"),
            reader=None,
        )
        self.instance: StoredInstance = PaperInstance(
            id="paper",
            store="records_centre",
            series=SERIES,
            events=((EVENT, FromColumn(column="closed_on")),),
            method=Treatment.P5,
            witnesses=2,
            witness_departments=(),
            signatories=(),
            remind_after=Period(days=14),
            escalate_after=Period(days=30),
        )
        self._run("INSERT INTO paper_site VALUES ('centre')")

    def store(self) -> Store:
        """The store with people behind it who destroy what they are given, at once."""
        return PromptPeople(PaperShelves(self.declaration, self.url), self.url)

    def shelves(self) -> PaperShelves:
        """The store alone."""
        return PaperShelves(self.declaration, self.url)

    def put(self, number: int, closed_on: date | None, *, group: str | None = None) -> Key:
        box = f"B{number // PER_BOX:04d}"
        self._run(
            "INSERT OR IGNORE INTO paper_box VALUES (?, 'centre', NULL, NULL, 1, 'shelved')", box
        )
        item = f"I{number:06d}"
        self._run(
            "INSERT INTO paper_item (item, box, series, record_group, scan_status, closed_on) "
            "VALUES (?, ?, ?, ?, 'none', ?)",
            item,
            box,
            SERIES,
            group,
            closed_on.isoformat() if closed_on else None,
        )
        return (item,)

    def describe(self, number: int, *, reference: str, year: int, volumes: int) -> None:
        """What the archive writes of an item beside its dates."""
        self._run(
            "UPDATE paper_item SET reference = ?, year_from = ?, year_to = ?, volumes = ? "
            "WHERE item = ?",
            reference,
            year,
            year,
            volumes,
            f"I{number:06d}",
        )

    def detail(self, number: int, *, pages: int, opened_on: date, period: str) -> None:
        """What an archive adds once it has looked into the folder, and scanned it."""
        self._run(
            "UPDATE paper_item SET pages = ?, opened_on = ?, stated_period = ?, "
            "scan_status = 'scanned' WHERE item = ?",
            pages,
            opened_on.isoformat(),
            period,
            f"I{number:06d}",
        )

    def move_to_series(self, item: str, series: str) -> None:
        """Have the archive class an item otherwise."""
        self._run("UPDATE paper_item SET series = ? WHERE item = ?", series, item)

    def keys(self) -> set[Key]:
        return {(item,) for (item,) in self._rows("SELECT item FROM paper_item")}

    def remove(self, key: Key) -> None:
        self._run("DELETE FROM paper_item WHERE item = ?", key[0])

    def postpone(self, key: Key) -> bool:
        self._run("UPDATE paper_item SET closed_on = ? WHERE item = ?", KEPT.isoformat(), key[0])
        return True

    def alter(self, key: Key) -> None:
        self._run("UPDATE paper_item SET pages = 7 WHERE item = ?", key[0])

    def wait(self, box: str, until: date) -> None:
        self._run("INSERT INTO paper_wait VALUES (?, ?, 'last item', 'E1')", box, until.isoformat())

    def orders(self) -> dict[str, str]:
        """Each order's state by barcode."""
        return dict(self._rows("SELECT item, state FROM paper_order"))  # type: ignore[arg-type]

    def boxes(self) -> dict[str, str]:
        """Each box's state by barcode."""
        return dict(self._rows("SELECT box, state FROM paper_box"))  # type: ignore[arg-type]

    def versions(self) -> dict[str, int]:
        """Each box's version by barcode."""
        return dict(self._rows("SELECT box, version FROM paper_box"))  # type: ignore[arg-type]

    def alter_step(self, seq: int) -> None:
        """Change one letter of a signed line."""
        ((line,),) = self._rows(f"SELECT line FROM paper_step WHERE seq = {seq:d}")
        assert isinstance(line, bytes)
        self._run("UPDATE paper_step SET line = ? WHERE seq = ?", line.replace(b"A", b"B", 1), seq)

    def claim_destroyed(self) -> None:
        """Say of every order, without anybody's signature, that it was carried out."""
        self._run("UPDATE paper_order SET state = 'destroyed'")

    def cut_last_step(self) -> None:
        """Drop the last signed step."""
        self._run("DELETE FROM paper_step WHERE seq = (SELECT max(seq) FROM paper_step)")

    def swap_steps(self) -> None:
        """Exchange the first two steps."""
        self._run("UPDATE paper_step SET seq = 1 - seq + 100")
        self._run("UPDATE paper_step SET seq = seq - 100")

    def _run(self, sql: str, *values: object) -> None:
        with closing(sqlite3.connect(self.file)) as register, register:
            register.execute(sql, values)

    def _rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.file)) as register:
            return register.execute(sql).fetchall()


@dataclass
class PromptPeople:
    """A store whose orders are carried out while the caller waits.

    The contract asks what became of a batch; with paper that takes people, so these stand
    between: what a call releases they destroy, and the call is made again.
    """

    shelves: PaperShelves
    url: str

    def __post_init__(self) -> None:
        self.facts = self.shelves.facts

    def destroy(self, query: Query, batch: Batch, warrant: Warrant, journal: Journal) -> Effect:
        effect = self.shelves.destroy(query, batch, warrant, journal)
        if Outcome.PENDING_EXTERNAL not in effect.outcomes:
            return effect
        self.carry_out(warrant.plan_id)
        return self.shelves.destroy(query, batch, warrant, _Silent())

    def carry_out(self, plan: str) -> None:
        """Take everything a plan released to the shredder."""
        register = open_register("records_centre", self.url)
        with register.writing() as connection:
            waiting = [order.item for order in orders.waiting_orders(connection, plan)]
            orders.move(connection, waiting, OrderState.DESTROYED)
        register.close()

    def describe(self, rule: Rule, instance: StoredInstance) -> Description:
        return self.shelves.describe(rule, instance)

    def find(self, query: Query) -> Iterator[Found]:
        return self.shelves.find(query)

    def look_up(self, query: Query, groups: Sequence[str]) -> Mapping[str, Facts]:
        return self.shelves.look_up(query, groups)

    def remains(self, query: Query, keys: Sequence[Key], parts: Sequence[str] = ()) -> list[int]:
        return self.shelves.remains(query, keys, parts)

    def fingerprints(self, query: Query, keys: Sequence[Key]) -> list[str | None]:
        return self.shelves.fingerprints(query, keys)

    def present(self, query: Query) -> Iterator[list[Key]]:
        return self.shelves.present(query)

    def unclaimed(self, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
        return self.shelves.unclaimed(instances)

    def pressure(self) -> str | None:
        return self.shelves.pressure()

    def close(self) -> None:
        self.shelves.close()


class _Silent:
    """The second call's journal: the first has told the contract's."""

    def intend(self, intent: object) -> None:
        """Striking off is the end of what was announced when the items were released."""
