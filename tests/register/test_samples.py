"""Samples in the register: ordered once, drawn once, checked again and again, closed once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import create_engine, text

from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.sampling import CheckResult, SamplePlan, SampleVerdict
from keepuntil.errors import RegisterError, UsageError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, certificates, migrate, samples, unlogged, verifications
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.places import Place
from keepuntil.register.samples import Closing, Draw, SampledEntry, StoredCheck, StoredSample
from keepuntil.register.verifications import Verification
from register_world import NOW, finish, running, tables_after

PLAN = SamplePlan(population=3, size=2, outcomes=("destroyed",), instances=("core",))
DRAW = Draw(
    head_size=9,
    seed="ab" * 32,
    entries=(
        SampledEntry(leaf=2, instance="core", outcome="destroyed"),
        SampledEntry(leaf=0, instance="core", outcome="destroyed"),
    ),
)
ORDER = StoredSample(
    sample_id="S-0001", certificate_id="DC-1", plan=PLAN, ordered_by="A1", ordered_at=NOW
)
CHECK = StoredCheck(
    sample_id="S-0001",
    seq=0,
    leaf=2,
    checker="A2",
    result=CheckResult.GONE,
    note="张三 was not in the vault",
    checked_at=NOW,
)
CLOSING = Closing(verdict=SampleVerdict.ACCEPTED, by="A1", at=NOW + timedelta(hours=1))


@pytest.fixture
def certified(register: Register) -> Register:
    layout = {"core": [3]}
    run_id = running(register, layout)
    finish(register, run_id, layout, Outcome.DESTROYED)
    verifications.add(
        register,
        Verification(
            run_id=run_id,
            verifier="verifier",
            expectations=9,
            failed=0,
            document=b"{}",
            verified_at=NOW,
        ),
    )
    certificates.add(
        register,
        StoredCertificate(
            certificate_id="DC-1",
            run_id=run_id,
            digest="sha256:one",
            provisional_until=date(2026, 4, 7),
            path="evidence/loan_file",
            payload=b"line",
            issued_at=NOW,
        ),
    )
    return register


@pytest.fixture
def drawn(certified: Register) -> Register:
    samples.order(certified, ORDER)
    samples.keep_draw(certified, ORDER.sample_id, DRAW)
    return certified


def test_a_sample_comes_back_as_it_was_ordered_drawn_and_closed(certified: Register) -> None:
    samples.order(certified, ORDER)
    assert samples.load(certified, "S-00") == ORDER
    samples.keep_draw(certified, ORDER.sample_id, DRAW)
    assert samples.load(certified, "S-0001") == replace(ORDER, draw=DRAW)
    samples.close(certified, ORDER.sample_id, CLOSING, 0)
    assert samples.load(certified, "S-0001") == replace(ORDER, draw=DRAW, closing=CLOSING)
    with pytest.raises(RegisterError, match="There is no sample"):
        samples.load(certified, "S-2")


def test_an_order_is_never_replaced(certified: Register) -> None:
    samples.order(certified, ORDER)
    with pytest.raises(RegisterError, match="a sample S-0001 already"):
        samples.order(certified, replace(ORDER, plan=replace(PLAN, size=1)))
    assert samples.load(certified, "S-0001").plan == PLAN


def test_the_first_draw_stands(drawn: Register) -> None:
    samples.keep_draw(drawn, ORDER.sample_id, DRAW)
    for other in (
        replace(DRAW, seed="cd" * 32),
        replace(DRAW, entries=DRAW.entries[::-1]),
        replace(DRAW, head_size=10),
    ):
        with pytest.raises(RegisterError, match="Something else was drawn"):
            samples.keep_draw(drawn, ORDER.sample_id, other)
    assert samples.load(drawn, "S-0001").draw == DRAW


def test_every_look_at_an_entry_is_kept_with_its_number(drawn: Register) -> None:
    again = replace(CHECK, result=CheckResult.FOUND, note="")
    assert samples.add_check(drawn, CHECK) == replace(CHECK, seq=1)
    assert samples.add_check(drawn, again) == replace(again, seq=2)
    assert samples.checks(drawn, "S-0001") == [replace(CHECK, seq=1), replace(again, seq=2)]


def test_a_note_is_sealed_and_opens_in_its_place_only(drawn: Register) -> None:
    samples.add_check(drawn, CHECK)
    samples.add_check(drawn, replace(CHECK, note="李四"))
    with drawn.writing() as connection:
        sealed = connection.execute(text("SELECT sealed_note FROM sample_check")).scalars().all()
        assert all("张三".encode() not in bytes(one) for one in sealed)
        moved = "UPDATE sample_check SET sealed_note = :note WHERE seq = 2"
        connection.execute(text(moved), {"note": sealed[0]})
    with pytest.raises(Exception, match="altered, moved"):
        samples.checks(drawn, "S-0001")


def test_a_closed_sample_takes_no_check_and_no_second_end(drawn: Register) -> None:
    samples.add_check(drawn, CHECK)
    samples.close(drawn, "S-0001", CLOSING, 1)
    with pytest.raises(UsageError, match="was closed on 2026-03-02"):
        samples.add_check(drawn, CHECK)
    with pytest.raises(UsageError, match="was closed on 2026-03-02"):
        samples.close(drawn, "S-0001", replace(CLOSING, verdict=SampleVerdict.REJECTED), 1)
    assert samples.load(drawn, "S-0001").closing == CLOSING


def test_a_verdict_that_does_not_know_the_last_check_does_not_close(drawn: Register) -> None:
    samples.add_check(drawn, CHECK)
    with pytest.raises(RegisterError, match="just now"):
        samples.close(drawn, "S-0001", CLOSING, 0)
    assert samples.load(drawn, "S-0001").closing is None


def test_two_checkers_at_once_get_a_number_each(drawn: Register) -> None:
    failures: list[Exception] = []

    def check() -> None:
        try:
            for _ in range(5):
                samples.add_check(drawn, CHECK)
        except Exception as error:  # noqa: BLE001 a thread's error has to be seen
            failures.append(error)

    threads = [Thread(target=check) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [one.seq for one in samples.checks(drawn, "S-0001")] == list(range(1, 21))


def test_what_the_log_lacks_is_named_in_order(drawn: Register) -> None:
    assert unlogged.samples(drawn, "sample") == ["S-0001"]
    assert unlogged.closed_samples(drawn, "sample_close") == []
    for _ in range(11):
        samples.add_check(drawn, CHECK)
    named = [("S-0001", seq) for seq in range(1, 12)]
    assert unlogged.checks(drawn, "sample_check") == named
    samples.close(drawn, "S-0001", CLOSING, 11)
    assert unlogged.closed_samples(drawn, "sample_close") == ["S-0001"]


def test_a_register_of_the_version_before_is_brought_up_and_gets_its_key(
    sqlite_url: str, key: SealingKey
) -> None:
    with Register.open(sqlite_url, key) as register:
        holds = register.keys.hold_key
    engine = create_engine(Place.of(sqlite_url).url)
    with engine.begin() as connection:
        for statement in (
            *(f"DROP TABLE {name}" for name in tables_after("0003")),
            "DELETE FROM register_key WHERE purpose = 'register note key'",
            "DELETE FROM register_key WHERE purpose = 'register request key'",
            "UPDATE keepuntil_version SET version_num = '0003'",
        ):
            connection.execute(text(statement))
    engine.dispose()
    with pytest.raises(RegisterError, match="is of version 0003"):
        Register.open(sqlite_url, key)
    migrate(sqlite_url)
    with Register.open(sqlite_url, key) as register:
        assert register.keys.hold_key == holds
        note_key = register.keys.note_key
    with Register.open(sqlite_url, key) as register:
        assert register.keys.note_key == note_key != holds
