"""The journal: no deed without a durable intent, outcomes once, and zombies write nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, func, select

from keepuntil.domain.outcomes import CODE, Outcome
from keepuntil.errors import LeaseLost, RegisterError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, journal
from keepuntil.register.tables import intent as intent_table
from keepuntil.register.tables import observation
from register_world import (
    NOW,
    finish,
    intent,
    outcomes,
    running,
    seconds,
    work,
)

DESTROYED, HELD, ABSENT = Outcome.DESTROYED, Outcome.HELD, Outcome.ALREADY_ABSENT


def written(register: Register) -> tuple[int, int]:
    """Intents and outcomes that stand in the journal."""
    with register.reading() as connection:
        return (
            connection.execute(select(func.count()).select_from(intent_table)).scalar_one(),
            connection.execute(select(func.count()).select_from(observation)).scalar_one(),
        )


@contextmanager
def done_but_unheard(register: Register, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next write succeeds and its answer is lost."""
    writing = register.writing

    @contextmanager
    def lost() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
        raise ConnectionResetError

    monkeypatch.setattr(register, "writing", lost)
    with pytest.raises(ConnectionResetError):
        yield
    monkeypatch.undo()


@contextmanager
def not_done(register: Register, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The next write fails before its commit."""
    writing = register.writing

    @contextmanager
    def cut_off() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
            raise ConnectionResetError

    monkeypatch.setattr(register, "writing", cut_off)
    with pytest.raises(ConnectionResetError):
        yield
    monkeypatch.undo()


def test_outcomes_come_back_in_plan_order_whatever_order_they_came_in(register: Register) -> None:
    run_id = running(register, {"core": [2] * 20}, shard_chunks=20)
    worker = work(register, run_id)
    for seq in (7, 3, *(number for number in range(20) if number not in (7, 3))):
        worker.do(seq, DESTROYED, HELD)
    found = list(journal.observed(register, run_id, "core"))
    assert [batch.seq for batch in found] == list(range(20))
    assert {batch.outcomes for batch in found} == {bytes([CODE[DESTROYED], CODE[HELD]])}
    assert list(journal.observed(register, run_id, "elsewhere")) == []


def test_columns_come_back_as_they_were_observed(register: Register) -> None:
    run_id = running(register, {"core": [3, 3]})
    lease = work(register, run_id).lease
    slot = journal.batch(register, lease, 0)
    slot.intend(intent([1, 0, 0]), NOW)
    reasons = {1: "object_lock_until:2031-01-01", 2: "hold:LIT-1,LIT-2"}
    sent = outcomes(DESTROYED, HELD, HELD, parts=True, reasons=reasons)
    slot.observe(sent, NOW + seconds(3))
    journal.batch(register, lease, 1).observe(outcomes(HELD, ABSENT, Outcome.SHARED), NOW)
    first, second = journal.observed(register, run_id, "core")
    assert (first.outcomes, first.commitments) == (sent.outcomes, sent.commitments)
    assert (list(first.part_counts), first.part_commitments) == ([0, 1, 2], b"\x07" * 96)
    assert first.reasons == reasons
    assert first.observed_at == NOW + seconds(3)
    assert (list(second.part_counts), second.part_commitments, second.reasons) == ([], b"", {})


def test_totals_are_summed_by_the_database_and_zeros_are_said(register: Register) -> None:
    run_id = running(register, {"core": [3, 2], "scans": [1], "empty": []}, shard_chunks=9)
    worker = work(register, run_id)
    worker.do(0, DESTROYED, HELD, DESTROYED)
    worker.do(1, ABSENT, HELD)
    totals = journal.totals(register, run_id)
    assert list(totals) == ["core", "scans", "empty"]
    assert {end: count for end, count in totals["core"].items() if count} == {
        DESTROYED: 2,
        HELD: 2,
        ABSENT: 1,
    }
    assert set(totals["core"]) == set(Outcome)
    assert sum(totals["scans"].values()) == sum(totals["empty"].values()) == 0


def test_ends_are_counted_by_their_reasons(register: Register) -> None:
    run_id = running(register, {"core": [3, 3], "scans": [1]}, shard_chunks=9)
    lease = work(register, run_id).lease
    until = {0: "object_lock_until:2031-01-01", 2: "object_lock_until:2031-01-01"}
    journal.batch(register, lease, 0).observe(outcomes(HELD, ABSENT, HELD, reasons=until), NOW)
    some = {1: "s3_legal_hold"}
    journal.batch(register, lease, 1).observe(outcomes(HELD, HELD, ABSENT, reasons=some), NOW)
    found = journal.ends(register, run_id)
    assert found["core"] == {
        (HELD, "object_lock_until:2031-01-01"): 2,
        (HELD, "s3_legal_hold"): 1,
        (HELD, ""): 1,
        (ABSENT, ""): 2,
    }
    assert found["scans"] == {}


def test_what_is_left_is_known_after_every_batch(register: Register) -> None:
    run_id = running(register, {"core": [1] * 5}, shard_chunks=3)
    assert journal.open_batches(register, run_id, 0) == [0, 1, 2]
    assert journal.open_batches(register, run_id, 1) == [3, 4]
    work(register, run_id, 0).do(1, DESTROYED)
    work(register, run_id, 1).do(4, DESTROYED)
    assert journal.open_batches(register, run_id, 0) == [0, 2]
    assert journal.open_batches(register, run_id, 1) == [3]
    assert journal.unfinished(register, run_id) == 3
    assert [one.done for one in journal.shards(register, run_id)] == [False, False]
    finish(register, run_id, {"core": [1] * 5}, HELD)
    assert [one.done for one in journal.shards(register, run_id)] == [True, True]
    assert journal.unfinished(register, run_id) == 0


def test_outcomes_of_a_batch_are_written_once(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    lease = work(register, run_id).lease
    slot, twin = (journal.batch(register, lease, 0) for _ in range(2))
    slot.observe(outcomes(HELD), NOW)
    with pytest.raises(RegisterError, match="has its outcomes already"):
        twin.observe(outcomes(ABSENT), NOW)
    with pytest.raises(RegisterError, match="has its outcomes already"):
        journal.batch(register, lease, 0)
    assert journal.totals(register, run_id)["core"][HELD] == 1
    assert journal.shards(register, run_id)[0].observed == 1


@pytest.mark.parametrize("end", [Outcome.FAILED, Outcome.PENDING_EXTERNAL])
def test_batch_with_an_item_not_at_its_end_is_tried_again(register: Register, end: Outcome) -> None:
    run_id = running(register, {"core": [2, 1]})
    worker = work(register, run_id)
    worker.do(0, HELD, end, groups_left=["group-0", "group-1"])
    worker.do(1, HELD)
    assert journal.open_batches(register, run_id, 0) == [0]
    assert journal.unfinished(register, run_id) == 0
    worker.do(0, HELD, DESTROYED, groups_left=["group-0"])
    assert journal.open_batches(register, run_id, 0) == []
    totals = journal.totals(register, run_id)["core"]
    assert (totals[HELD], totals[DESTROYED], totals[end]) == (2, 1, 0)
    assert list(journal.groups_left(register, run_id, 0)) == ["group-0"]
    assert journal.shards(register, run_id)[0].observed == 2
    with pytest.raises(RegisterError, match="has its outcomes already"):
        journal.batch(register, worker.lease, 0)


def test_what_was_destroyed_stays_destroyed_whatever_a_later_attempt_says(
    register: Register,
) -> None:
    run_id = running(register, {"core": [5]})
    lease = work(register, run_id).lease
    first = journal.batch(register, lease, 0)
    first.intend(intent([1, 1, 0, 0, 0]), NOW)
    ends = (DESTROYED, DESTROYED, Outcome.FAILED, HELD, ABSENT)
    first.observe(outcomes(*ends, parts=True, reasons={2: "refused"}), NOW)
    again = journal.batch(register, lease, 0)
    again.intend(intent([0, 0, 1, 1, 0]), NOW)
    ends = (HELD, ABSENT, DESTROYED, DESTROYED, ABSENT)
    again.observe(outcomes(*ends, reasons={0: "hold:LIT-1", 1: "gone"}), NOW + seconds(9))
    (stands,) = journal.observed(register, run_id, "core")
    expected = (DESTROYED, DESTROYED, DESTROYED, DESTROYED, ABSENT)
    assert stands.outcomes == bytes(CODE[end] for end in expected)
    assert list(stands.part_counts) == [0, 1, 0, 0, 0]
    assert stands.part_commitments == b"\x07" * 64 + bytes(96)
    assert stands.reasons == {}
    assert stands.observed_at == NOW + seconds(9)
    assert journal.totals(register, run_id)["core"][DESTROYED] == 4


def test_zombie_does_not_replace_open_ends(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    lease = work(register, run_id).lease
    journal.batch(register, lease, 0).observe(outcomes(Outcome.FAILED), NOW)
    zombie = journal.batch(register, lease, 0)
    work(register, run_id, worker="w2", at=NOW + seconds(61))
    with pytest.raises(LeaseLost):
        zombie.observe(outcomes(HELD), NOW)
    assert journal.totals(register, run_id)["core"][Outcome.FAILED] == 1


def test_item_destroyed_without_an_intent_is_not_believed(register: Register) -> None:
    run_id = running(register, {"core": [3]})
    slot = journal.batch(register, work(register, run_id).lease, 0)
    with pytest.raises(RegisterError, match="3 items of batch 0"):
        slot.observe(outcomes(DESTROYED, DESTROYED, DESTROYED), NOW)
    slot.intend(intent([1, 1, 0]), NOW)
    with pytest.raises(RegisterError, match=r"1 items of batch 0.*no intent had named them"):
        slot.observe(outcomes(DESTROYED, HELD, DESTROYED), NOW)
    assert written(register) == (1, 0)
    slot.observe(outcomes(DESTROYED, DESTROYED, HELD), NOW)


def test_intent_of_a_crashed_attempt_lets_its_items_count_as_destroyed(register: Register) -> None:
    run_id = running(register, {"core": [2]})
    journal.batch(register, work(register, run_id).lease, 0).intend(intent([1, 0]), NOW)
    lease = work(register, run_id, worker="w2", at=NOW + seconds(61)).lease
    resumed = journal.batch(register, lease, 0)
    assert resumed.attempts == 1
    resumed.observe(outcomes(DESTROYED, HELD), NOW)
    assert journal.totals(register, run_id)["core"][DESTROYED] == 1


def test_earlier_tells_what_was_under_our_hands(register: Register) -> None:
    run_id = running(register, {"core": [3]})
    lease = work(register, run_id).lease
    assert journal.batch(register, lease, 0).earlier() is None
    journal.batch(register, lease, 0).intend(intent([1, 0, 1]), NOW)
    earlier = journal.batch(register, lease, 0).earlier()
    assert earlier is not None
    assert earlier.present == bytearray([1, 0, 1])
    assert earlier.parts == ['{"loan_note":[[0]]}', "", '{"loan_note":[[2]]}']
    assert earlier.counts == [1, 0, 1]


def test_item_destroyed_two_attempts_ago_is_still_known(register: Register) -> None:
    run_id = running(register, {"core": [3]})
    lease = work(register, run_id).lease
    journal.batch(register, lease, 0).intend(intent([1, 1, 0], '{{"first":[[{}]]}}'), NOW)
    second = journal.batch(register, lease, 0)
    second.intend(intent([0, 1, 1], '{{"second":[[{}]]}}'), NOW)
    third = journal.batch(register, lease, 0)
    earlier = third.earlier()
    assert earlier is not None
    assert earlier.present == bytearray([1, 1, 1])
    assert earlier.parts == ['{"first":[[0]]}', '{"second":[[1]]}', '{"second":[[2]]}']
    assert third.attempts == 2
    third.observe(outcomes(DESTROYED, DESTROYED, DESTROYED), NOW)


def test_every_attempt_stays_in_the_history(register: Register) -> None:
    run_id = running(register, {"core": [1, 1], "scans": [1]}, shard_chunks=5)
    lease = work(register, run_id).lease
    slot = journal.batch(register, lease, 0)
    slot.intend(intent([1]), NOW)
    slot.intend(intent([1]), NOW + seconds(1))
    journal.batch(register, lease, 1).intend(intent([1]), NOW)
    later = work(register, run_id, worker="w2", at=NOW + seconds(99)).lease
    journal.batch(register, later, 0).intend(intent([1]), NOW + seconds(100))
    history = list(journal.attempts(register, run_id))
    found = [(one.seq, one.attempt, one.worker, one.written_at - NOW) for one in history]
    assert found == [
        (0, 1, "w1", seconds(0)),
        (0, 2, "w1", seconds(1)),
        (0, 3, "w2", seconds(100)),
        (1, 1, "w1", seconds(0)),
    ]
    repeated = journal.attempts(register, run_id, more_than=1)
    assert [(one.seq, one.attempt) for one in repeated] == [(0, 2), (0, 3)]


def test_zombie_neither_intends_nor_observes(register: Register) -> None:
    run_id = running(register, {"core": [1]})
    zombie = journal.batch(register, work(register, run_id).lease, 0)
    zombie.intend(intent([1]), NOW)
    heir = journal.batch(
        register, work(register, run_id, worker="w2", at=NOW + seconds(61)).lease, 0
    )
    with pytest.raises(LeaseLost):
        zombie.intend(intent([1]), NOW)
    with pytest.raises(LeaseLost):
        zombie.observe(outcomes(DESTROYED), NOW)
    assert written(register) == (1, 0)
    heir.intend(intent([1]), NOW)
    heir.observe(outcomes(DESTROYED), NOW)
    with pytest.raises(LeaseLost):
        zombie.observe(outcomes(DESTROYED), NOW)
    assert written(register) == (2, 1)


def intend_or_say(slot: journal.Slot, start: threading.Barrier, shut_out: list[bool]) -> None:
    start.wait()
    try:
        slot.intend(intent([1]), NOW)
    except LeaseLost:
        shut_out.append(True)


def test_heir_sees_every_intent_that_was_written_before_his_claim(
    url: str, key: SealingKey
) -> None:
    """A claim either waits for an intent in flight or shuts it out; never slips between."""
    with Register.open(url, key) as register, Register.open(url, key) as other:
        run_id = running(register, {"core": [1]})
        slot = journal.batch(register, work(register, run_id).lease, 0)
        for turn in range(1, 15):
            start = threading.Barrier(2, timeout=20)
            shut_out: list[bool] = []

            before = slot.attempts
            zombie = threading.Thread(target=intend_or_say, args=(slot, start, shut_out))
            zombie.start()
            start.wait()
            heir = work(other, run_id, worker=f"w{turn}", at=NOW + seconds(100 * turn))
            seen = journal.batch(other, heir.lease, 0).attempts
            zombie.join()
            assert seen == before + (0 if shut_out else 1)
            slot = journal.batch(register, heir.lease, 0)


def test_two_workers_race_for_a_shard_and_one_wins(url: str, key: SealingKey) -> None:
    with Register.open(url, key) as register:
        run_id = running(register, {"core": [1] * 12}, shard_chunks=1)
        won: list[tuple[int, str]] = []

        def race(name: str) -> None:
            with Register.open(url, key) as mine:
                won.extend(
                    (number, name)
                    for number in range(12)
                    if journal.claim(mine, run_id, number, name, NOW, 60)
                )

        threads = [threading.Thread(target=race, args=(f"w{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(number for number, _ in won) == list(range(12))


def test_intent_that_could_not_be_written_raises_and_leaves_nothing(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = running(register, {"core": [1]})
    slot = journal.batch(register, work(register, run_id).lease, 0)
    with not_done(register, monkeypatch):
        slot.intend(intent([1]), NOW)
    assert written(register) == (0, 0)
    with pytest.raises(RegisterError, match="no intent had named"):
        slot.observe(outcomes(DESTROYED), NOW)
    slot.intend(intent([1]), NOW)
    slot.observe(outcomes(DESTROYED), NOW)


def test_intent_written_unheard_is_found_on_resuming(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = running(register, {"core": [1]})
    lease = work(register, run_id).lease
    with done_but_unheard(register, monkeypatch):
        journal.batch(register, lease, 0).intend(intent([1]), NOW)
    resumed = journal.batch(register, lease, 0)
    assert resumed.attempts == 1
    resumed.intend(intent([1]), NOW)
    resumed.observe(outcomes(DESTROYED), NOW)
    assert written(register) == (2, 1)


def test_outcomes_that_could_not_be_written_leave_the_batch_open(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = running(register, {"core": [1]})
    slot = journal.batch(register, work(register, run_id).lease, 0)
    with not_done(register, monkeypatch):
        slot.observe(outcomes(HELD), NOW)
    assert journal.open_batches(register, run_id, 0) == [0]
    assert journal.unfinished(register, run_id) == 1
    slot.observe(outcomes(HELD), NOW)
    assert journal.unfinished(register, run_id) == 0


def test_outcomes_written_unheard_are_not_written_again(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = running(register, {"core": [1]})
    slot = journal.batch(register, work(register, run_id).lease, 0)
    with done_but_unheard(register, monkeypatch):
        slot.observe(outcomes(HELD), NOW)
    with pytest.raises(RegisterError, match="has its outcomes already"):
        slot.observe(outcomes(HELD), NOW)
    assert journal.open_batches(register, run_id, 0) == []
    assert journal.totals(register, run_id)["core"][HELD] == 1


def test_groups_left_behind_are_told_to_the_next_phase(register: Register) -> None:
    run_id = running(register, {"scans": [2] * 10, "more": [1]}, shard_chunks=20)
    worker = work(register, run_id)
    for seq in range(10):
        left = [f"group-{seq}", "张伟\n"] if seq % 3 else []
        worker.do(seq, HELD, HELD, groups_left=left)
    work(register, run_id, 1).do(0, HELD, groups_left=["last"])
    found = list(journal.groups_left(register, run_id, 0))
    assert found[0] == "last"
    assert found[1:] == [
        name for seq in range(10) if seq % 3 for name in (f"group-{seq}", "张伟\n")
    ]


def test_batch_of_another_shard_is_refused(register: Register) -> None:
    run_id = running(register, {"core": [1] * 4}, shard_chunks=2)
    lease = work(register, run_id, 0).lease
    for seq in (-1, 2, 99):
        with pytest.raises(RegisterError, match="is not of shard 0"):
            journal.batch(register, lease, seq)


@pytest.mark.parametrize(
    "observed",
    [
        outcomes(),
        outcomes(HELD),
        outcomes(HELD, HELD, HELD),
        outcomes(HELD, HELD, reasons={2: "late"}),
        outcomes(HELD, HELD, reasons={-1: "early"}),
        journal.OutcomeColumns(outcomes=b"\x02\x02", commitments=b"x" * 63),
        journal.OutcomeColumns(outcomes=b"\x02\x63", commitments=b"x" * 64),
        journal.OutcomeColumns(outcomes=b"\x02\x02", commitments=b"x" * 64, part_counts=[1]),
        journal.OutcomeColumns(outcomes=b"\x02\x02", commitments=b"x" * 64, part_counts=[1, 0]),
        journal.OutcomeColumns(
            outcomes=b"\x02\x02", commitments=b"x" * 64, part_commitments=b"x" * 64
        ),
    ],
)
def test_outcomes_that_do_not_fit_the_batch_are_refused(
    register: Register, observed: journal.OutcomeColumns
) -> None:
    run_id = running(register, {"core": [2]})
    slot = journal.batch(register, work(register, run_id).lease, 0)
    with pytest.raises(RegisterError, match="not one for each item"):
        slot.observe(observed, NOW)
    assert written(register) == (0, 0)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (journal.IntentColumns(present=bytearray(1), parts=[""], counts=[0]), "one for each"),
        (journal.IntentColumns(present=bytearray(2), parts=[""], counts=[0, 0]), "differ"),
        (journal.IntentColumns(present=bytearray(2), parts=["", ""], counts=[0]), "differ"),
        (journal.IntentColumns(present=bytearray(2), parts=["\n", ""], counts=[0, 0]), "one line"),
        (
            journal.IntentColumns(present=bytearray(b"\2\0"), parts=["", ""], counts=[0, 0]),
            "1 or 0",
        ),
    ],
)
def test_intents_that_do_not_fit_the_batch_are_refused(
    register: Register, columns: journal.IntentColumns, sentence: str
) -> None:
    run_id = running(register, {"core": [2]})
    slot = journal.batch(register, work(register, run_id).lease, 0)
    with pytest.raises(RegisterError, match=sentence):
        slot.intend(columns, NOW)
    assert written(register) == (0, 0)
