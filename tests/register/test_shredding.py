"""What is personal is never in the files in clear, and after shredding not at all."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, func, select, text

from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import PlanError, RegisterBusy
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, engines, holds, journal, plans, surroundings
from keepuntil.register.plans import PlanState
from keepuntil.register.runs import RunState
from keepuntil.register.tables import (
    intent as intent_table,
)
from keepuntil.register.tables import (
    item_chunk,
    list_key,
    observation,
)
from register_world import (
    NOW,
    TODAY,
    chunk,
    filled,
    finish,
    frozen,
    intent,
    outcomes,
    plan_of,
    running,
    seconds,
    work,
)

SECRETS = ["110101199003074258", "张伟", "6222021234567890", "loans/wei-zhang.pdf"]


def files_of(url: str, register: Register) -> Iterator[bytes]:
    """Every byte that the database keeps on its disk."""
    if register.place.path:
        yield from (path.read_bytes() for path in register.place.path.parent.glob("register.db*"))
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        yield from (
            row[0]
            for row in connection.execute(
                "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
                " WHERE relkind IN ('r', 'i', 't') AND relnamespace IN"
                " ('public'::regnamespace, 'pg_toast'::regnamespace)"
            )
        )


def found_in_files(url: str, register: Register, needles: list[bytes]) -> set[bytes]:
    return {needle for file in files_of(url, register) for needle in needles if needle in file}


def spellings(secret: str) -> list[bytes]:
    escaped = secret.encode("unicode_escape").decode()
    return [secret.encode("utf-8"), escaped.encode(), secret.encode("utf-16-le")]


def wrapped_data_keys(register: Register) -> dict[str, bytes]:
    with register.reading() as connection:
        rows = connection.execute(
            select(list_key.c.list_id, list_key.c.wrapped).where(list_key.c.purpose == "data")
        )
        return {row.list_id: row.wrapped for row in rows}


def certified(register: Register, plan_id: str) -> None:
    plans.set_state(register, plan_id, list(PlanState), PlanState.CERTIFIED)


def plan_of_run(run_id: str) -> str:
    return run_id.removeprefix("run.")


def test_nothing_personal_stands_in_the_files_in_clear(register: Register, url: str) -> None:
    name, person, card, path = SECRETS
    draft = filled(register, {"core": [3], "scans": [2]}, name=person)
    draft.keep_neighbours("core", [(name,)])
    hold = Hold(
        hold_id="LIT-1",
        mandate="court",
        owner="legal",
        category="loan_file",
        instance=None,
        scope=HoldScope.PREDICATE,
        value=f"id_no = '{name}'",
        placed_at=NOW,
        review_by=None,
    )
    holds.add(register, hold)
    holds.lift(register, "LIT-1", "chen", f"{person} settled", NOW)
    run_id = running(register, {"core": [3]}, name=path)
    slot = journal.batch(register, work(register, run_id).lease, 0)
    slot.intend(intent([1, 1, 1], f'{{{{"card":[["{card}",{{}}]]}}}}'), NOW)
    reasons = {0: f"error for {person} {name}", 1: name + " " + path}
    slot.observe(outcomes(*[Outcome.FAILED] * 3, reasons=reasons), NOW, [person, name])
    secrets = [spelling for secret in SECRETS for spelling in spellings(secret)]
    assert found_in_files(url, register, secrets) == set()
    # The search itself works: what may be read is found.
    assert found_in_files(url, register, [b"LIT-1", b"run.loan_file"]) != set()
    (stands,) = journal.observed(register, run_id, "core")
    assert stands.reasons == {0: "unspecified", 1: "unspecified"}


def test_shredded_list_is_gone_for_who_has_the_installation_key(
    register: Register, url: str
) -> None:
    names = [f"person-{number}" for number in range(12)]
    made = [frozen(register, {"core": [3]}, name=name).plan.plan_id for name in names]
    wrapped = wrapped_data_keys(register)
    assert found_in_files(url, register, list(wrapped.values())) == set(wrapped.values())
    doomed = random.Random(7).sample(made, 7)
    for plan_id in doomed:
        certified(register, plan_id)
        plans.shred(register, plan_id, NOW + timedelta(days=1))
    left = set(wrapped_data_keys(register).values())
    assert len(left) == 5
    assert found_in_files(url, register, list(wrapped.values())) == left
    for plan_id in made:
        stored = plans.load(register, plan_id)
        if plan_id in doomed:
            assert stored.item_list_destroyed_at == NOW + timedelta(days=1)
            with pytest.raises(PlanError, match=r"was destroyed on 2026-03-03"):
                plans.chunk(register, plan_id, "core", 0)
            with pytest.raises(PlanError, match="only its commitments remain"):
                list(plans.chunks(register, plan_id, "core"))
        else:
            assert len(plans.chunk(register, plan_id, "core", 0)) == 3
        assert len(plans.run_key(register, plan_id)) == 32


def test_shredding_takes_everything_sealed_along_and_keeps_the_history(register: Register) -> None:
    run_id = running(register, {"core": [2, 2], "scans": [1]}, shard_chunks=9)
    other = running(register, {"core": [2]}, name="other")
    for each in (run_id, other):
        work(register, each).do(0, Outcome.DESTROYED, Outcome.FAILED, groups_left=["group"])
    certified(register, plan_of_run(run_id))
    plans.shred(register, plan_of_run(run_id), NOW)
    with register.reading() as connection:
        assert sealed_values(connection, run_id) == 0
        assert sealed_values(connection, other) == 2
        assert connection.execute(select(func.count()).select_from(item_chunk)).scalar() == 1
    assert [one.attempt for one in journal.attempts(register, run_id)] == [1]
    assert journal.totals(register, run_id)["core"][Outcome.DESTROYED] == 1
    (stands,) = journal.observed(register, run_id, "core")
    assert len(stands.commitments) == 64
    with pytest.raises(PlanError):
        list(journal.groups_left(register, run_id, 0))
    with pytest.raises(PlanError, match="was destroyed"):
        surroundings.neighbours(register, plan_of_run(run_id), "core")
    with pytest.raises(PlanError, match="was destroyed"):
        journal.batch(register, work(register, run_id, at=NOW + seconds(99)).lease, 1)


def sealed_values(connection: Connection, run_id: str) -> int:
    intents = select(func.count(intent_table.c.sealed_columns)).where(
        intent_table.c.run_id == run_id
    )
    groups = select(func.count(observation.c.sealed_groups_left)).where(
        observation.c.run_id == run_id
    )
    return int(connection.execute(intents).scalar_one() + connection.execute(groups).scalar_one())


@pytest.mark.parametrize(
    "state",
    [
        PlanState.FROZEN,
        PlanState.APPROVED,
        PlanState.EXECUTING,
        PlanState.EXECUTED,
        PlanState.VERIFIED,
    ],
)
def test_list_that_is_still_needed_is_not_shredded(register: Register, state: PlanState) -> None:
    plan_id = frozen(register, {"core": [1]}).plan.plan_id
    plans.set_state(register, plan_id, [PlanState.FROZEN], state)
    with pytest.raises(PlanError, match=f"is {state.value}; its item list is still needed"):
        plans.shred(register, plan_id, NOW)
    assert plans.chunk(register, plan_id, "core", 0) == chunk(1)


def test_shredding_twice_keeps_the_first_date(register: Register) -> None:
    plan_id = frozen(register, {"core": [1]}).plan.plan_id
    certified(register, plan_id)
    plans.shred(register, plan_id, NOW)
    plans.shred(register, plan_id, NOW + timedelta(days=1))
    assert plans.load(register, plan_id).item_list_destroyed_at == NOW
    with pytest.raises(PlanError, match="There is no plan"):
        plans.shred(register, "none", NOW)


def test_shredding_cut_off_anywhere_is_not_dated_and_finishes_when_repeated(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = register.writing
    for step in range(1, 5):
        plan_id = frozen(register, {"core": [2]}, name=f"step-{step}").plan.plan_id
        certified(register, plan_id)
        countdown = iter(range(step))

        @contextmanager
        def cut_off(countdown: Iterator[int] = countdown) -> Iterator[Connection]:
            if next(countdown, None) is None:
                raise InterruptedError
            with writing() as connection:
                yield connection

        monkeypatch.setattr(register, "writing", cut_off)
        with pytest.raises(InterruptedError):
            plans.shred(register, plan_id, NOW)
        monkeypatch.undo()
        assert plans.load(register, plan_id).item_list_destroyed_at is None
        with pytest.raises(PlanError, match="was destroyed; only its commitments remain"):
            plans.chunk(register, plan_id, "core", 0)
        plans.shred(register, plan_id, NOW)
        assert plans.load(register, plan_id).item_list_destroyed_at == NOW


def test_key_that_a_reader_keeps_in_the_log_is_not_called_destroyed(
    sqlite_url: str, key: SealingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PATIENCE_SECONDS", 0)
    with Register.open(sqlite_url, key) as register, Register.open(sqlite_url, key) as reader:
        plan_id = frozen(register, {"core": [1]}).plan.plan_id
        certified(register, plan_id)
        (wrapped,) = wrapped_data_keys(register).values()
        with reader.reading() as connection:
            connection.execute(text("SELECT count(*) FROM plan"))
            with pytest.raises(RegisterBusy, match="deleted keys may still stand"):
                plans.shred(register, plan_id, NOW)
            assert found_in_files(sqlite_url, register, [wrapped]) == {wrapped}
        assert plans.load(register, plan_id).item_list_destroyed_at is None
        plans.shred(register, plan_id, NOW)
        assert found_in_files(sqlite_url, register, [wrapped]) == set()


def test_discarded_draft_leaves_no_key_in_the_file(
    sqlite_url: str, key: SealingKey, tmp_path: Path
) -> None:
    with Register.open(sqlite_url, key) as register:
        draft = filled(register, {"core": [3]})
        wrapped = list(wrapped_data_keys(register).values())
        draft.discard()
        register.scrub()
        assert found_in_files(sqlite_url, register, wrapped) == set()


def test_neighbours_are_kept_sealed_with_the_list_and_bounded(register: Register) -> None:
    plan = frozen(register, {"core": [1]}).plan
    assert surroundings.neighbours(register, plan.plan_id, "core") == []
    with filled(register, {"core": [2]}, name="b") as draft:
        draft.keep_neighbours("core", [(number, "张伟") for number in range(40)])
        draft.keep_neighbours("core", [(number, "张伟") for number in range(40, 80)])
        plan = plan_of(draft, {"core": [2]})
        draft.freeze(plan, "planner", NOW)
    found = surroundings.neighbours(register, plan.plan_id, "core")
    assert found == [((number, "张伟"), None) for number in range(50)]
    baseline = surroundings.Baseline(
        total=12, method="sql.delete", caveat_zh="逻辑删除", caveat_en="deleted"
    )
    marked: surroundings.Marked = [((7, "张伟"), "sha256:aa"), ((8, "张伟"), None)]
    surroundings.set_baseline(register, plan.plan_id, "core", baseline, marked)
    assert surroundings.neighbours(register, plan.plan_id, "core") == marked
    assert surroundings.baselines(register, plan.plan_id) == {"core": baseline}


def test_finished_run_can_be_read_after_its_list_is_gone(register: Register) -> None:
    layout = {"core": [2, 1]}
    run_id = running(register, layout)
    finish(register, run_id, layout, Outcome.DESTROYED)
    assert journal.close_run(register, run_id, NOW) is RunState.EXECUTED
    certified(register, plan_of_run(run_id))
    plans.shred(register, plan_of_run(run_id), NOW)
    assert journal.totals(register, run_id)["core"][Outcome.DESTROYED] == 3
    assert journal.unfinished(register, run_id) == 0
    assert plans.load(register, plan_of_run(run_id)).plan.as_of == TODAY
