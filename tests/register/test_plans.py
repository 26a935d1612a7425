"""Plans: what was sealed comes back, what was frozen stays, and the same list freezes once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, text, update

from keepuntil.domain.chunks import Chunk
from keepuntil.errors import EvidenceError, PlanError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, migrate, plans, rule_versions
from keepuntil.register.plans import PlanState
from keepuntil.register.tables import item_chunk, item_list, list_key
from register_world import (
    CATEGORY,
    NOW,
    RULE,
    RULE_DIGEST,
    TODAY,
    chunk,
    filled,
    frozen,
    plan_of,
    seconds,
)

LAYOUT = {"core": [3, 3, 1], "scans": [2]}


def rows(register: Register) -> tuple[int, int, int]:
    """How many lists, keys and chunks there are."""
    with register.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (item_list, list_key, item_chunk)
        ]
    return counts[0], counts[1], counts[2]


def test_items_come_back_in_the_order_they_were_appended(register: Register) -> None:
    plan_id = frozen(register, LAYOUT).plan.plan_id
    read = list(plans.chunks(register, plan_id, "core"))
    assert [number for number, _ in read] == [0, 1, 2]
    assert [one for _, one in read] == [chunk(3), chunk(3, 3), chunk(1, 6)]
    assert plans.chunk(register, plan_id, "scans", 0) == chunk(2)
    assert list(plans.chunks(register, plan_id, "no such instance")) == []


def test_more_chunks_than_one_page_and_one_buffer_come_back_whole(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepuntil.register.drafts._WRITTEN_AT_ONCE_BYTES", 700)
    layout = {"core": [2] * 11, "scans": [1] * 9}
    plan_id = frozen(register, layout).plan.plan_id
    for instance, sizes in layout.items():
        found = [key for _, one in plans.chunks(register, plan_id, instance) for key in one.keys]
        assert found == list(chunk(sum(sizes)).keys)


KEYS = st.tuples(
    st.one_of(st.integers(-(2**63), 2**63), st.text(max_size=8), st.binary(max_size=8))
)
GROUPS = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=8))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    columns=st.lists(st.tuples(KEYS, GROUPS, st.integers(1, 3_000_000)), min_size=1, max_size=20)
)
def test_any_key_and_group_survives_sealing(
    register: Register, columns: list[tuple[tuple[int | str | bytes], str | None, int]]
) -> None:
    keys, groups, due_on = zip(*columns, strict=True)
    sent = Chunk(
        keys=list(keys),
        groups=list(groups),
        marks=["m"] * len(keys),
        held=[""] * len(keys),
        due_on=list(due_on),
    )
    with plans.begin(register, CATEGORY, TODAY, NOW) as draft:
        rule_versions.publish(register, CATEGORY, RULE_DIGEST, RULE, NOW)
        draft.append("core", sent)
        plan = plan_of(draft, {"core": [len(sent)]})
        draft.freeze(plan, "planner", NOW)
    assert plans.chunk(register, plan.plan_id, "core", 0) == sent


def test_plan_document_comes_back_as_it_was_frozen(register: Register) -> None:
    draft = filled(register, LAYOUT)
    plan = plan_of(draft, LAYOUT, words="x")
    stored = draft.freeze(plan, "nightly", NOW)
    assert stored.plan == plan
    assert plans.load(register, plan.plan_id) == stored
    assert (stored.proposed_by, stored.frozen_at) == ("nightly", NOW)
    assert (stored.state, stored.item_list_destroyed_at) == (PlanState.FROZEN, None)


def test_same_list_has_the_same_digest_in_one_installation_only(
    register: Register, tmp_path: Path
) -> None:
    first, again = filled(register, LAYOUT), filled(register, LAYOUT)
    assert first.digest("core") == again.digest("core")
    other = filled(register, LAYOUT, name="other")
    assert other.digest("core") != first.digest("core")
    migrate(f"sqlite:///{tmp_path}/elsewhere.db")
    with Register.open(f"sqlite:///{tmp_path}/elsewhere.db", SealingKey.fresh()) as elsewhere:
        assert filled(elsewhere, LAYOUT).digest("core") != first.digest("core")


def test_digest_tells_instances_and_chunk_borders_apart(register: Register) -> None:
    draft = filled(register, {"core": [4], "copy": [4], "cut": [2, 2], "empty": []})
    digests = {draft.digest(name) for name in ("core", "copy", "cut", "empty")}
    assert len(digests) == 4
    assert all(len(digest) == len("hmac-sha256:") + 64 for digest in digests)


def test_freezing_the_same_plan_again_returns_the_first_and_keeps_one_list(
    register: Register,
) -> None:
    first = frozen(register, LAYOUT)
    before = rows(register)
    again = frozen(register, LAYOUT, at=NOW + timedelta(hours=1))
    assert again == first
    assert rows(register) == before


@pytest.mark.parametrize(
    "change",
    [
        {"due": 6},
        {"held": 1},
        {"chunks": 2},
        {"items_digest": "hmac-sha256:" + "0" * 64},
        {"instance": "elsewhere"},
    ],
)
def test_plan_that_does_not_say_what_was_sealed_is_refused(
    register: Register, change: dict[str, object]
) -> None:
    draft = filled(register, LAYOUT)
    plan = plan_of(draft, LAYOUT)
    tallies = (replace(plan.instances[0], **change), plan.instances[1])  # type: ignore[arg-type]
    with pytest.raises(PlanError):
        draft.freeze(replace(plan, instances=tallies), "planner", NOW)
    assert plans.list_plans(register) == []


def test_plan_that_leaves_out_or_repeats_an_instance_is_refused(register: Register) -> None:
    draft = filled(register, LAYOUT)
    plan = plan_of(draft, LAYOUT)
    one = plan.instances[0]
    for tallies in ((), (one,), (*plan.instances, one)):
        with pytest.raises(PlanError, match="each instance of its item list once"):
            draft.freeze(replace(plan, instances=tallies), "planner", NOW)


def test_plan_of_another_day_than_its_draft_is_refused(register: Register) -> None:
    draft = filled(register, LAYOUT)
    plan = replace(plan_of(draft, LAYOUT), as_of=date(2027, 1, 1))
    with pytest.raises(PlanError, match="not what this draft was begun for"):
        draft.freeze(plan, "planner", NOW)


def test_plan_whose_rule_nobody_can_read_again_is_refused(register: Register) -> None:
    draft = plans.begin(register, CATEGORY, TODAY, NOW)
    draft.append("core", chunk(1))
    with pytest.raises(PlanError, match="was not published"):
        draft.freeze(plan_of(draft, {"core": [1]}), "planner", NOW)


def test_other_plan_of_the_same_name_is_refused(register: Register) -> None:
    first = frozen(register, LAYOUT).plan
    draft = filled(register, LAYOUT, name="other")
    namesake = replace(plan_of(draft, LAYOUT), plan_id=first.plan_id)
    with pytest.raises(PlanError, match="Another plan is called"):
        draft.freeze(namesake, "planner", NOW)


def test_empty_chunk_is_refused(register: Register) -> None:
    draft = plans.begin(register, CATEGORY, TODAY, NOW)
    with pytest.raises(PlanError, match="empty chunk"):
        draft.append("core", chunk(0))


def test_draft_left_unfrozen_leaves_nothing(register: Register) -> None:
    with filled(register, LAYOUT) as draft:
        assert rows(register)[0] == 1
    assert rows(register) == (0, 0, 0)
    with pytest.raises(PlanError, match="frozen or discarded"):
        draft.append("core", chunk(1))


def test_frozen_draft_cannot_be_written_or_discarded(register: Register) -> None:
    with filled(register, LAYOUT) as draft:
        plan = draft.freeze(plan_of(draft, LAYOUT), "planner", NOW).plan
    draft.discard()
    assert plans.chunk(register, plan.plan_id, "scans", 0) == chunk(2)
    with pytest.raises(PlanError, match="frozen or discarded"):
        draft.append("core", chunk(1))


def test_freeze_that_succeeded_unheard_keeps_its_list(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = filled(register, LAYOUT)
    plan = plan_of(draft, LAYOUT)
    writing = register.writing

    @contextmanager
    def done_but_unheard() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
        raise ConnectionResetError

    monkeypatch.setattr(register, "writing", done_but_unheard)
    with pytest.raises(ConnectionResetError):
        draft.freeze(plan, "planner", NOW)
    monkeypatch.undo()
    assert draft.freeze(plan, "planner", NOW).plan == plan
    draft.discard()
    assert plans.chunk(register, plan.plan_id, "scans", 0) == chunk(2)


def test_sweep_removes_old_drafts_and_no_plan(register: Register) -> None:
    plan = frozen(register, LAYOUT).plan
    abandoned = filled(register, LAYOUT, name="abandoned")
    at_work = plans.begin(register, CATEGORY, TODAY, NOW + timedelta(days=1))
    assert plans.sweep(register, NOW + seconds(1)) == 1
    assert rows(register)[0] == 2
    assert plans.chunk(register, plan.plan_id, "scans", 0) == chunk(2)
    at_work.append("core", chunk(1))
    with pytest.raises(PlanError, match="swept away"):
        abandoned.freeze(plan_of(abandoned, LAYOUT), "planner", NOW)


def test_plan_is_found_by_identifier_digest_or_unique_beginning(register: Register) -> None:
    first = frozen(register, LAYOUT).plan
    second = frozen(register, {"core": [1]}, date(2026, 3, 4)).plan
    assert plans.load(register, first.plan_id).plan == first
    assert plans.load(register, first.digest).plan == first
    assert plans.load(register, "loan_file.2026-03-04").plan == second
    with pytest.raises(PlanError, match=f"More than one plan.*{first.plan_id}"):
        plans.load(register, "loan_file.2026-03-0")
    for name in ("loan_file.2027", "LOAN_FILE.2026-03-04", "loan%", ""):
        with pytest.raises(PlanError, match="There is no plan"):
            plans.load(register, name)


def test_plans_are_listed_newest_first_page_by_page(register: Register) -> None:
    made = [
        frozen(register, {"core": [1]}, date(2026, 3, day), at=NOW + timedelta(days=day // 3)).plan
        for day in range(1, 8)
    ]
    expected = [
        plan.plan_id
        for plan in sorted(made, key=lambda p: (p.as_of.day // 3, p.plan_id), reverse=True)
    ]
    found: list[str] = []
    while page := plans.list_plans(register, after=found[-1] if found else None, limit=3):
        found += [stored.plan.plan_id for stored in page]
    assert found == expected
    plans.set_state(register, found[3], [PlanState.FROZEN], PlanState.REJECTED)
    rejected = plans.list_plans(register, category=CATEGORY, state=PlanState.REJECTED)
    assert [stored.plan.plan_id for stored in rejected] == [found[3]]
    assert plans.list_plans(register, category="other") == []


def test_only_one_of_two_can_move_a_plan(register: Register) -> None:
    plan_id = frozen(register, LAYOUT).plan.plan_id
    plans.set_state(register, plan_id, [PlanState.FROZEN], PlanState.APPROVED)
    with pytest.raises(PlanError, match="cannot become rejected: it is approved, not frozen"):
        plans.set_state(register, plan_id, [PlanState.FROZEN], PlanState.REJECTED)
    assert plans.load(register, plan_id).state is PlanState.APPROVED
    with pytest.raises(PlanError, match="There is no plan"):
        plans.set_state(register, "none", [PlanState.FROZEN], PlanState.REJECTED)


def test_run_key_is_a_plans_own_and_stays_the_same(register: Register) -> None:
    first = frozen(register, LAYOUT).plan.plan_id
    second = frozen(register, {"core": [1]}).plan.plan_id
    assert plans.run_key(register, first) == plans.run_key(register, first)
    assert plans.run_key(register, first) != plans.run_key(register, second)
    assert len(plans.run_key(register, first)) == 32
    with pytest.raises(PlanError, match="There is no plan"):
        plans.run_key(register, "none")


def test_chunk_moved_to_another_place_does_not_open(register: Register) -> None:
    plan_id = frozen(register, {"core": [2, 2]}).plan.plan_id
    with register.writing() as connection:
        other = connection.execute(
            select(item_chunk.c.sealed_items).where(item_chunk.c.seq == 1)
        ).scalar_one()
        connection.execute(
            update(item_chunk).where(item_chunk.c.seq == 0).values(sealed_items=other)
        )
    with pytest.raises(EvidenceError):
        plans.chunk(register, plan_id, "core", 0)
    assert plans.chunk(register, plan_id, "core", 1) == chunk(2, 2)


def test_key_of_one_list_does_not_open_another(register: Register) -> None:
    first = frozen(register, {"core": [2]}).plan.plan_id
    frozen(register, {"core": [3]})
    with register.writing() as connection:
        wrapped = select(list_key.c.wrapped).where(list_key.c.purpose == "data")
        keys = connection.execute(wrapped.order_by(list_key.c.number)).scalars().all()
        connection.execute(
            update(list_key).where(list_key.c.wrapped == keys[0]).values(wrapped=keys[1])
        )
    with pytest.raises(EvidenceError):
        plans.chunk(register, first, "core", 0)


def test_chunk_that_is_not_there_is_named(register: Register) -> None:
    plan_id = frozen(register, LAYOUT).plan.plan_id
    with pytest.raises(PlanError, match="no chunk 9 in instance 'core'"):
        plans.chunk(register, plan_id, "core", 9)
    with pytest.raises(PlanError, match="There is no plan"):
        plans.chunk(register, "none", "core", 0)


def test_foreign_keys_are_enforced(register: Register) -> None:
    with pytest.raises(Exception, match="refused a statement"), register.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO item_chunk (list_id, instance, seq, item_count, sealed_items)"
                " VALUES ('none', 'core', 0, 1, :sealed)"
            ),
            {"sealed": b"x"},
        )
