"""A rule's change is seen before it counts, approved above its limits, and past plans replay."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal import changing_rules, planning
from keepuntil.disposal.comparing_rules import ChangedRule, changed_rules, load_earlier
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.replaying import replay
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import ApprovalError, PlanBlocked, RuleError, UsageError
from keepuntil.register import findings, holds, log, rule_changes
from keepuntil.rules.earlier_policies import policies_at
from keepuntil.rules.load import load

OLD, NEWER, RECENT = "A000001-2015-03-01.pdf", "A000002-2018-05-01.pdf", "A000003-2025-01-01.pdf"
KEPT_TEN = "keep_at_least: P10Y"
BINDING = "obligation: keep, period: P10Y"


@pytest.fixture
def bank(world: World) -> World:
    world.issue(OLD, NEWER, RECENT)
    return world


def shorten(world: World, *, limit: int = 100_000) -> None:
    """Five years where there were ten: what was issued in 2018 falls due at once."""
    world.write_rule(limit=limit)
    path = world.policies / "rules" / "statement.yaml"
    text = path.read_text().replace(KEPT_TEN, "keep_at_least: P5Y")
    path.write_text(text.replace(BINDING, "obligation: keep, period: P5Y"))


def changes(world: World, installation: Installation, earlier: Path) -> list[ChangedRule]:
    return list(changed_rules(installation, load(earlier), AS_OF))


def kept_aside(world: World) -> Path:
    return Path(shutil.copytree(world.policies, world.folder / "earlier"))


def test_a_change_says_what_becomes_due_store_by_store_before_it_counts(bank: World) -> None:
    earlier = kept_aside(bank)
    shorten(bank)
    with bank.open() as installation:
        (change,) = changes(bank, installation, earlier)
    (share,) = change.effect.instances
    assert (share.instance, share.store, share.total) == ("share", "statements", 3)
    assert (share.due_before, share.due_after) == (1, 2)
    assert (share.newly_due, share.no_longer_due) == (1, 0)
    assert share.oldest_newly_due == date(2023, 5, 2)
    said = {each.path: each.sentence for each in change.differences}
    assert "10 years → 5 years" in said["clock.keep_at_least"].en
    assert "10年 → 5年" in said["clock.keep_at_least"].zh


def test_turned_round_a_change_says_what_is_no_longer_due(bank: World) -> None:
    shorten(bank)
    earlier = kept_aside(bank)
    bank.write_rule()
    with bank.open() as installation:
        (change,) = changes(bank, installation, earlier)
    (share,) = change.effect.instances
    assert (share.newly_due, share.no_longer_due, share.oldest_newly_due) == (0, 1, None)


def test_what_a_hold_binds_is_not_newly_due(bank: World) -> None:
    earlier = kept_aside(bank)
    shorten(bank)
    with bank.open() as installation:
        holds.add(installation.register, _hold(bank, NEWER))
        (change,) = changes(bank, installation, earlier)
    assert change.effect.newly_due == 0


def test_rules_that_come_and_go_are_told_and_unchanged_ones_are_not(bank: World) -> None:
    bank.build_core({1: "2010-01-01"})
    earlier = kept_aside(bank)
    bank.write_loan_rule()
    with bank.open() as installation:
        (added,) = changes(bank, installation, earlier)
        assert (added.category, added.effect.before) == ("loan", None)
        assert added.effect.newly_due == 2
        assert not added.effect.asks_for_approval
    with bank.open() as installation:
        was = installation.schedule
        (bank.policies / "rules" / "loan.yaml").unlink()
        taken = installation.under(load(bank.policies))
        (gone,) = changed_rules(taken, was, AS_OF)
    assert (gone.effect.after, gone.effect.no_longer_due) == (None, 2)


def moved_table(world: World, *, leave_the_old: bool) -> Path:
    """The loans of a rule in another table than before; the policies as they were."""
    world.build_core({1: "2010-01-01"})
    world.write_loan_rule()
    path = world.policies / "rules" / "loan.yaml"
    path.write_text(path.read_text().replace("    children: [loan_note]\n", ""))
    earlier = kept_aside(world)
    path.write_text(path.read_text().replace("    table: loan\n", "    table: other\n"))
    with closing(sqlite3.connect(world.core)) as core, core:
        core.execute("DROP TABLE loan_note")
        core.execute(
            "CREATE TABLE other (id INTEGER PRIMARY KEY, file_no TEXT UNIQUE, settled_on DATE)"
        )
        core.execute("INSERT INTO other SELECT id, file_no, settled_on FROM loan")
        if not leave_the_old:
            core.execute("DROP TABLE loan")
    return earlier


def test_another_table_under_the_same_name_is_another_place(bank: World) -> None:
    earlier = moved_table(bank, leave_the_old=True)
    with bank.open() as installation:
        (change,) = changes(bank, installation, earlier)
    core, scans = change.effect.instances
    assert (core.newly_due, core.no_longer_due, core.answered_before) == (1, 1, True)
    assert (scans.newly_due, scans.no_longer_due) == (0, 0)


def test_what_cannot_be_asked_under_the_old_rule_counts_as_not_due_before(bank: World) -> None:
    earlier = moved_table(bank, leave_the_old=False)
    with bank.open() as installation:
        (change,) = changes(bank, installation, earlier)
    for each in change.effect.instances:
        assert (each.newly_due, each.due_before, each.answered_before) == (1, 0, False)


def test_a_revision_in_git_is_read_like_a_folder(bank: World) -> None:
    repository = bank.policies.parent
    _git(repository, "init", "--quiet")
    _git(repository, "add", "policies")
    _git(repository, "commit", "--quiet", "--message", "as it was")
    shorten(bank)
    with policies_at("HEAD", bank.policies) as folder, bank.open() as installation:
        (change,) = changed_rules(installation, load_earlier(folder, "HEAD"), AS_OF)
    assert change.effect.newly_due == 1
    for wrong in ("no-such-revision", "--output=x"):
        with (
            pytest.raises(UsageError, match="neither a folder nor a revision"),
            policies_at(wrong, bank.policies),
        ):
            pass


def test_earlier_policies_with_a_mistake_are_refused_by_name(bank: World) -> None:
    earlier = kept_aside(bank)
    (earlier / "people.yaml").write_text("people: []\n")
    with pytest.raises(RuleError, match="The policies at last-month cannot be read"):
        load_earlier(earlier, "last-month")


def test_a_change_above_the_limits_is_not_planned_by_before_somebody_approves_it(
    bank: World,
) -> None:
    bank.issue_many(4, year=2018)
    with bank.open() as installation:
        bank.plan(installation)
    shorten(bank, limit=2)
    with bank.open() as installation:
        with pytest.raises(PlanBlocked, match="keepuntil change approve") as blocked:
            bank.plan(installation)
        assert "5 items are due, above the rule's limit of 2" in blocked.value.sentence
        (found,) = findings.open_findings(installation.register, kind="rule_change")
        assert found.counts == {"items": 5}
        _approve(bank, installation, blocked.value.sentence.rpartition(" ")[2])
        assert not list(findings.open_findings(installation.register, kind="rule_change"))
        assert planning.plan(installation, "statement", AS_OF, proposed_by="planner").plan.due == 6


def test_wider_limits_in_the_same_change_do_not_let_it_through(bank: World) -> None:
    bank.issue_many(4, year=2018)
    bank.write_rule(limit=2)
    with bank.open() as installation:
        bank.plan(installation)
    shorten(bank, limit=1000)
    with bank.open() as installation, pytest.raises(PlanBlocked):
        bank.plan(installation)


def test_a_plan_for_a_day_long_past_does_not_slip_a_change_through(bank: World) -> None:
    bank.issue_many(4, year=2018)
    with bank.open() as installation:
        bank.plan(installation)
    shorten(bank, limit=2)
    with bank.open() as installation, pytest.raises(PlanBlocked):
        planning.plan(installation, "statement", date(2021, 1, 1), proposed_by="planner")


def test_a_change_within_the_limits_is_planned_by_and_recorded(bank: World) -> None:
    with bank.open() as installation:
        bank.plan(installation)
    shorten(bank)
    with bank.open() as installation:
        bank.plan(installation)
        (kept,) = rule_changes.recorded(installation.register)
    assert kept.document["exceeded"] == []


def test_an_approval_of_a_change_is_by_who_answers_for_the_rule_and_runs_out(bank: World) -> None:
    bank.issue_many(4, year=2018)
    with bank.open() as installation:
        bank.plan(installation)
    shorten(bank, limit=2)
    with bank.open() as installation:
        with pytest.raises(PlanBlocked) as blocked:
            bank.plan(installation)
        name = blocked.value.sentence.rpartition(" ")[2]
        for person, role, key in (
            ("E2", "records_officer", "E2"),
            ("E2", "owner", "E2"),
            ("E9", "owner", "E1"),
            ("E1", "owner", "E2"),
        ):
            with pytest.raises(ApprovalError):
                _approve(bank, installation, name, person=person, role=role, key=key)
        _approve(bank, installation, name)
        bank.later(days=31)
        with pytest.raises(PlanBlocked):
            bank.plan(installation)


def test_an_approval_that_was_altered_in_the_register_stops_everything(bank: World) -> None:
    from sqlalchemy import text

    bank.issue_many(4, year=2018)
    with bank.open() as installation:
        bank.plan(installation)
    shorten(bank, limit=2)
    with bank.open() as installation:
        with pytest.raises(PlanBlocked) as blocked:
            bank.plan(installation)
        _approve(bank, installation, blocked.value.sentence.rpartition(" ")[2])
        with installation.register.writing() as connection:
            connection.execute(text("UPDATE change_approval SET expires_at = '2099-01-01'"))
        with pytest.raises(ApprovalError, match="was altered"):
            bank.plan(installation)


def test_replaying_last_months_plan_with_last_months_rules_gives_the_same_digest(
    bank: World,
) -> None:
    with bank.open() as installation:
        holds.add(installation.register, _hold(bank, OLD))
        frozen = planning.plan(installation, "statement", AS_OF, proposed_by="planner").plan
    bank.later(days=31)
    shorten(bank)
    with bank.open() as installation:
        holds.lift(installation.register, "LIT-1", "E1", "over", bank.moment)
        assert installation.rule("statement").digest != frozen.rule_digest
        made = replay(installation, frozen.plan_id)
        assert made.same
        assert made.again == frozen
        today = planning.plan(installation, "statement", AS_OF, proposed_by="planner").plan
        assert today.digest != frozen.digest
        (bank.statements / OLD).unlink()
        made = replay(installation, frozen.plan_id)
    assert not made.same
    assert made.differing == ("share",)


def test_a_replay_keeps_nothing(bank: World) -> None:
    from sqlalchemy import text

    with bank.open() as installation:
        plan_id = bank.plan(installation)
        replay(installation, plan_id)
        with installation.register.reading() as connection:
            lists = connection.execute(text("SELECT count(*) FROM item_list")).scalar_one()
    assert lists == 1


def test_a_change_and_its_approval_are_in_the_log(bank: World) -> None:
    from keepuntil.disposal import publishing

    bank.issue_many(4, year=2018)
    with bank.open() as installation:
        bank.plan(installation)
    shorten(bank, limit=2)
    with bank.open() as installation:
        with pytest.raises(PlanBlocked) as blocked:
            bank.plan(installation)
        _approve(bank, installation, blocked.value.sentence.rpartition(" ")[2])
        publishing.publish(installation)
        kinds = [each.kind for each in log.entries(installation.register, 0, _size(installation))]
    assert kinds.count("rule_change") == kinds.count("change_approval") == 1


def _size(installation: Installation) -> int:
    return log.size(installation.register)


def _approve(
    world: World,
    installation: Installation,
    name: str,
    *,
    person: str = "E1",
    role: str = "owner",
    key: str = "E1",
) -> None:
    changing_rules.approve_change(
        installation, name, person=person, role=role, reason="", signing_key=world.people[key]
    )


def _hold(world: World, name: str) -> Hold:
    return Hold(
        hold_id="LIT-1",
        mandate="court order 1",
        owner="legal",
        category="statement",
        instance=None,
        scope=HoldScope.RECORD_GROUP,
        value=name.partition("-")[0],
        placed_at=world.moment,
        review_by=None,
    )


def _git(folder: Path, *words: str) -> None:
    named = ("-c", "user.name=t", "-c", "user.email=t@bank.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)
