"""A records centre beside the small bank, and honest people who take its journeys to the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import pytest

from custody_world import honest
from disposal_world import World
from keepuntil.disposal import certifying, consigning, custody, executing
from keepuntil.disposal.installation import Installation
from keepuntil.domain.consignments import (
    Consignment,
    Intended,
    Participant,
    State,
    Step,
    StepRecord,
    Vendor,
)
from keepuntil.domain.custody_standing import steps_on
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import RunPending
from keepuntil.register import holds, runs
from paper_world import PaperWorld, voucher_rule

STORE = "records_centre"
DRAFTER = Participant(person="s001", role="clerk", department="archives")
FIRM = Vendor(
    licence="LIC-7",
    licence_expires_on=date(2027, 12, 31),
    contract="C-2026-01",
    return_clause=True,
)
DUE = date(2012, 12, 31)
KEPT = date(2024, 12, 31)


@dataclass
class Centre:
    """A records centre with an installation of Keepuntil."""

    world: World
    paper: PaperWorld

    @contextmanager
    def open(self) -> Iterator[Installation]:
        with self.world.open() as installation:
            yield installation

    def released(self, installation: Installation) -> str:
        """A run that has released what is due and now waits for people."""
        plan_id = self.approved(installation)
        with pytest.raises(RunPending):
            self.world.destroy(installation, plan_id)
        return runs.load(installation.register, plan_id).run_id

    def approved(self, installation: Installation) -> str:
        plan_id = self.world.plan(installation, "voucher")
        self.world.approve(installation, plan_id, ("E1", "data_owner"))
        return plan_id

    def go_on(self, installation: Installation, run_id: str) -> executing.RunReport:
        for shard in executing.shards(installation, run_id, 1):
            executing.destroy_shard(installation, run_id, shard, worker="worker")
        return executing.close_run(installation, run_id)

    def journey(
        self,
        installation: Installation,
        run_id: str,
        *,
        vendor: Vendor | None = FIRM,
        weed: tuple[str, ...] = (),
        intended: Intended | None = None,
    ) -> Consignment:
        return consigning.open_consignment(
            installation,
            run_id,
            "paper",
            drafted_by=DRAFTER,
            vendor=vendor,
            transported=False,
            weed=weed,
            intended=intended,
        )

    def step(self, installation: Installation, now: Consignment, step: Step) -> Consignment:
        return self.take(installation, now, honest(now, step))

    def take(self, installation: Installation, now: Consignment, record: StepRecord) -> Consignment:
        mine = replace(record, plan_digest=now.plan_digest)
        return custody.take(installation, STORE, now.consignment, mine)

    def all_steps(self, installation: Installation, now: Consignment) -> Consignment:
        while now.state is not State.RECONCILED:
            now = self.step(installation, now, next_step(now))
        return now

    def whole_road(self, installation: Installation) -> certifying.Certificate:
        """From the list to the certificate, with a vendor."""
        run_id = self.released(installation)
        self.all_steps(installation, self.journey(installation, run_id))
        self.go_on(installation, run_id)
        return self.world.certify(installation, run_id)

    def go_on_pending(self, installation: Installation, run_id: str) -> None:
        """The night looks again, and people are not done."""
        with pytest.raises(RunPending):
            self.go_on(installation, run_id)

    def hold(self, installation: Installation, item: str, *, category: str = "voucher") -> None:
        holds.add(
            installation.register,
            Hold(
                hold_id="H-1",
                mandate="court order 7",
                owner="legal",
                category=category,
                instance="paper",
                scope=HoldScope.KEY,
                value=f'["{item}"]',
                placed_at=installation.now(),
                review_by=None,
            ),
        )


def next_step(now: Consignment) -> Step:
    """The step honest people would take: the first that leads on."""
    # A certificate that is in can be replaced; honest people reconcile it.
    return steps_on(now)[-1]


def build_centre(world: World, monkeypatch: pytest.MonkeyPatch) -> Centre:
    """A register of paper, and the rule of vouchers, in a world that is built."""
    paper = PaperWorld(world.folder)
    monkeypatch.setenv("KU_TEST_PAPER", paper.url)
    stores = world.policies / "stores.yaml"
    stores.write_text(
        stores.read_text() + "  records_centre: {kind: paper, url: {env: KU_TEST_PAPER}}\n"
    )
    (world.policies / "rules" / "voucher.yaml").write_text(
        voucher_rule(approval="owner\n  roles: [data_owner]")
    )
    return Centre(world, paper)
