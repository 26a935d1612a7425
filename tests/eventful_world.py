"""A bank in which everything happens once that the log has an entry for."""

from __future__ import annotations

from datetime import timedelta

from disposal_world import APPRAISED_BY, DEPARTMENTS, NIGHT, World
from keepuntil.disposal import certifying, correcting, nights, publishing
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Text
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.register import holds
from keepuntil.signing import changing
from published_world import DUE, NOT_DUE, ORIGIN

HOLD = Hold(
    hold_id="LIT-1",
    mandate="Mandate-Planted 2026/17",
    owner="Owner-Planted",
    category="statement",
    instance=None,
    scope=HoldScope.PREFIX,
    value="A000777-Planted",
    placed_at=NIGHT - timedelta(hours=1),
    review_by=None,
)
WHY = Text(zh="统计有误", en="A count was wrong.")


def declared(world: World) -> World:
    """A panel and two people have to decide, departments to witness, and the log has a name."""
    world.write_rule(
        approval="dual",
        roles="data_owner, records_officer",
        appraised_by=APPRAISED_BY,
        witness_departments=DEPARTMENTS,
    )
    (world.policies / "evidence.yaml").write_text(f"log: {{origin: {ORIGIN}}}\n")
    world.issue(DUE, NOT_DUE)
    # Keys are as old as the installation, and a rotation comes after that.
    world.moment += timedelta(days=365)
    return world


def eventful_road(world: World, installation: Installation) -> certifying.Certificate:
    """A hold comes and goes, people appraise, decide and witness, a run is certified, the
    certificate corrected."""
    holds.add(installation.register, HOLD)
    plan_id = world.plan(installation)
    world.appraise(installation, plan_id)
    world.approve(installation, plan_id)
    holds.lift(installation.register, HOLD.hold_id, by="legal", reason="agreed", at=NIGHT)
    run_id = world.destroy(installation, plan_id)
    world.attest(installation, run_id)
    made = world.certify(installation, run_id)
    changing.rotate(world.home / "keys", "certificate", world.moment, people={})
    correcting.correct(installation, made.certificate_id, kind="correction", reason=WHY, by="E2")
    nights.state_nothing_due(installation, world.plan(installation))
    publishing.publish(installation)
    return made
