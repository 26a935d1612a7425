"""Holds: they land, they stay until lifted, and what they name is not read by others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.register import Register, holds
from keepuntil.register.tables import hold as table
from register_world import NOW

HOLD = Hold(
    hold_id="LIT-2026-014",
    mandate="浦东法院 (2026) 民初 14 号",
    owner="legal",
    category="loan_file",
    instance="core",
    scope=HoldScope.RECORD_GROUP,
    value="file 张伟 7'\n\"",
    placed_at=NOW,
    review_by=date(2026, 9, 1),
)


def named(hold_id: str, **changes: object) -> Hold:
    return replace(HOLD, hold_id=hold_id, **changes)  # type: ignore[arg-type]


def test_hold_comes_back_as_it_was_placed(register: Register) -> None:
    holds.add(register, HOLD)
    everything = named("ALL", instance=None, scope=HoldScope.CATEGORY, value="", review_by=None)
    holds.add(register, everything)
    assert holds.in_force(register) == [everything, HOLD]


def test_several_holds_bind_until_each_is_lifted(register: Register) -> None:
    for hold_id in ("B", "A"):
        holds.add(register, named(hold_id))
    holds.lift(register, "A", "chen", "案件终结", NOW + timedelta(days=1))
    assert [one.hold_id for one in holds.in_force(register, "loan_file")] == ["B"]
    holds.lift(register, "B", "chen", "", NOW + timedelta(days=2))
    assert holds.in_force(register) == []


def test_holds_of_other_categories_are_not_asked_for(register: Register) -> None:
    holds.add(register, HOLD)
    assert holds.in_force(register, "card_statement") == []


def test_hold_dated_into_the_future_binds_at_once(register: Register) -> None:
    later = named("SOON", placed_at=NOW + timedelta(days=900))
    holds.add(register, later)
    assert holds.in_force(register) == [later]


def test_placing_the_same_hold_again_changes_nothing(register: Register) -> None:
    holds.add(register, HOLD)
    holds.add(register, replace(HOLD, placed_at=NOW + timedelta(hours=1)))
    assert holds.in_force(register) == [HOLD]


@pytest.mark.parametrize(
    "change",
    [{"value": "other"}, {"scope": HoldScope.KEY}, {"instance": None}, {"mandate": "other"}],
)
def test_other_hold_under_a_taken_identifier_is_refused(
    register: Register, change: dict[str, object]
) -> None:
    holds.add(register, HOLD)
    with pytest.raises(UsageError, match="another hold called LIT-2026-014"):
        holds.add(register, replace(HOLD, **change))  # type: ignore[arg-type]
    assert holds.in_force(register) == [HOLD]


def test_lifted_identifier_is_not_used_again(register: Register) -> None:
    holds.add(register, HOLD)
    holds.lift(register, HOLD.hold_id, "chen", "done", NOW)
    with pytest.raises(UsageError, match="was lifted on 2026-03-02"):
        holds.add(register, HOLD)
    assert holds.in_force(register) == []


def test_hold_is_lifted_once_and_only_if_it_exists(register: Register) -> None:
    with pytest.raises(UsageError, match="no hold LIT-2026-014"):
        holds.lift(register, HOLD.hold_id, "chen", "done", NOW)
    holds.add(register, HOLD)
    holds.lift(register, HOLD.hold_id, "chen", "done", NOW)
    with pytest.raises(UsageError, match="was lifted on 2026-03-02 already"):
        holds.lift(register, HOLD.hold_id, "wang", "again", NOW + timedelta(days=3))
    (record,) = holds.history(register)
    assert (record.lifted_by, record.lifted_at, record.lift_reason) == ("chen", NOW, "done")


@pytest.mark.parametrize("hold_id", ["", "张伟", "a b", "-x", "a/b", "x" * 65])
def test_identifier_that_could_name_a_person_or_break_a_message_is_refused(
    register: Register, hold_id: str
) -> None:
    with pytest.raises(UsageError, match="identifier has 1 to 64"):
        holds.add(register, named(hold_id))
    assert holds.history(register) == []


def test_history_keeps_lifted_holds(register: Register) -> None:
    holds.add(register, named("B", placed_at=NOW))
    holds.add(register, named("A", placed_at=NOW + timedelta(days=1)))
    holds.lift(register, "B", "chen", "done", NOW + timedelta(days=2))
    records = holds.history(register, "loan_file")
    assert [(one.hold.hold_id, one.lifted_by) for one in records] == [("B", "chen"), ("A", None)]
    assert holds.history(register, "other") == []


def test_edition_changes_with_every_hold_placed_or_lifted(register: Register) -> None:
    editions = [holds.edition(register)]
    holds.add(register, HOLD)
    editions.append(holds.edition(register))
    holds.add(register, named("B"))
    editions.append(holds.edition(register))
    holds.lift(register, "B", "chen", "done", NOW)
    editions.append(holds.edition(register))
    assert editions == sorted(set(editions))
    assert holds.edition(register) == editions[-1]


def test_value_moved_to_another_hold_does_not_open(register: Register) -> None:
    holds.add(register, named("A", value="one"))
    holds.add(register, named("B", value="two"))
    with register.writing() as connection:
        sealed = connection.execute(
            select(table.c.sealed_value).where(table.c.hold_id == "A")
        ).scalar_one()
        connection.execute(update(table).where(table.c.hold_id == "B").values(sealed_value=sealed))
    with pytest.raises(EvidenceError):
        holds.in_force(register)
