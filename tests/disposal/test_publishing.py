"""Every governing event stands in the log once, and before what it has to precede."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from disposal_world import World
from eventful_world import HOLD, WHY, declared, eventful_road
from keepuntil.disposal import certifying, correcting, executing, nights, publishing, verifying
from keepuntil.disposal.installation import Installation
from keepuntil.errors import EvidenceError, PlanError, StoreError
from keepuntil.evidence import statement
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import corrections, findings, holds, log
from keepuntil.register.log import LogEntry
from keepuntil.transparency import following
from keepuntil.transparency.following import signed_by
from published_world import DUE, NOT_DUE, ORIGIN, published, shown, witnessed


def entries_of(installation: Installation) -> list[LogEntry]:
    return log.entries(installation.register, 0, log.size(installation.register))


def kinds_of(installation: Installation) -> list[str]:
    return [entry.kind for entry in entries_of(installation)]


@pytest.fixture
def bank(world: World) -> World:
    return declared(world)


def test_every_governing_event_stands_in_the_log_once(bank: World) -> None:
    with bank.open() as installation:
        eventful_road(bank, installation)
        before = entries_of(installation)
        for _ in range(2):
            publishing.publish(installation)
        assert entries_of(installation) == before
        (key,) = publishing.log_keys(installation)
        followed = following.follow(publishing.storage_of(installation), signed_by(ORIGIN, [key]))
    assert Counter(entry.kind for entry in before) == {
        "rule": 1,
        "plan": 2,  # the one that was carried out and the quiet one
        "appraisal": 2,
        "decision": 2,
        "witness": 3,
        "hold": 1,
        "lift": 1,
        "key": 1,
        "intent": 1,
        "certificate": 1,
        "quiet": 1,
        "correction": 1,
    }
    assert followed.checkpoint.size == len(before)


def test_what_has_to_come_first_comes_first(bank: World) -> None:
    with bank.open() as installation:
        eventful_road(bank, installation)
        kinds = kinds_of(installation)
    order = [kinds.index(kind) for kind in ("rule", "plan", "decision", "intent", "certificate")]
    assert order == sorted(order)
    assert kinds.index("hold") < kinds.index("intent")
    assert kinds.index("certificate") < kinds.index("correction")


def test_nothing_is_destroyed_before_the_announcement_is_published(
    bank: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bank.open() as installation:
        plan_id = bank.plan(installation)
        bank.appraise(installation, plan_id)
        bank.approve(installation, plan_id)
        with monkeypatch.context() as patched:
            patched.setattr(executing, "announce", lambda *_: 0)
            run_id = executing.open_run(installation, plan_id, executor="executor")
        with pytest.raises(PlanError, match="does not stand in the log yet"):
            executing.destroy_shard(installation, run_id, 0, worker="worker")
        assert DUE in bank.left()
        # Accepted and not covered by a signed head is not enough either.
        with monkeypatch.context() as patched:
            patched.setattr(publishing, "publish", lambda _: None)
            publishing.announce(installation, run_id)
        with pytest.raises(PlanError, match="does not stand in the log yet"):
            executing.destroy_shard(installation, run_id, 0, worker="worker")
        assert DUE in bank.left()
        bank.destroy(installation, plan_id)
    assert DUE not in bank.left()


def test_the_log_holds_nothing_personal(bank: World) -> None:
    with bank.open() as installation:
        eventful_road(bank, installation)
        said = b"".join(shown(installation).values())
        for entry in entries_of(installation):
            said += Envelope.parse(entry.envelope.strip()).payload
    assert b"LIT-1" in said
    for planted in (HOLD.mandate, HOLD.owner, HOLD.value, DUE, "A000001", "agreed"):
        assert planted.encode() not in said


def test_an_event_whose_process_died_before_its_entry_is_caught_up(bank: World) -> None:
    """Placing a hold and freezing a plan write the register alone; so does a dying correction."""
    with bank.open() as installation:
        plan_id = bank.plan(installation)
        bank.appraise(installation, plan_id)
        bank.approve(installation, plan_id)
        run_id = bank.destroy(installation, plan_id)
        bank.attest(installation, run_id)
        made = bank.certify(installation, run_id)
        holds.add(installation.register, HOLD)
    with bank.open() as installation, pytest.MonkeyPatch.context() as patched:
        patched.setattr(publishing, "enter", _die)
        with pytest.raises(KeyboardInterrupt):
            correcting.correct(
                installation, made.certificate_id, kind="revocation", reason=WHY, by="E2"
            )
    with bank.open() as installation:
        assert len(corrections.of(installation.register, made.certificate_id)) == 1
        assert not {"hold", "correction"} & set(kinds_of(installation))
        publishing.publish(installation)
        assert Counter(kinds_of(installation))["hold"] == 1
        assert Counter(kinds_of(installation))["correction"] == 1


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_quiet_night_that_died_before_its_entry_is_the_same_statement(bank: World) -> None:
    (bank.statements / DUE).unlink()
    with bank.open() as installation, pytest.MonkeyPatch.context() as patched:
        plan_id = bank.plan(installation)
        patched.setattr(publishing, "enter", _die)
        with pytest.raises(KeyboardInterrupt):
            nights.state_nothing_due(installation, plan_id)
    with bank.open() as installation:
        path = nights.state_nothing_due(installation, plan_id)
        entry = log.find(installation.register, publishing.QUIET, plan_id)
        assert entry is not None
        assert Envelope.parse(entry.envelope.strip()) == Envelope.parse(path.read_bytes().strip())


def test_a_log_that_cannot_be_written_stops_the_run_before_anything_is_destroyed(
    bank: World,
) -> None:
    place = bank.home / "log"
    with bank.open() as installation:
        plan_id = bank.plan(installation)
        bank.appraise(installation, plan_id)
        bank.approve(installation, plan_id)
        place.write_text("in the way of a folder")
        with pytest.raises(StoreError):
            executing.open_run(installation, plan_id, executor="executor")
        assert DUE in bank.left()
        place.unlink()
        run_id = bank.destroy(installation, plan_id)
        bank.attest(installation, run_id)
        bank.certify(installation, run_id)
    assert DUE not in bank.left()


def test_a_silent_witness_delays_the_bundle_and_is_a_finding(world: World) -> None:
    bank = published(world.folder / "bank", stamps=False)
    bank.issue(DUE, NOT_DUE)
    with witnessed(bank) as server:
        port = int(server.server_address[1])
    with bank.open() as installation:
        run_id = bank.destroy(installation, bank.plan(installation))
        verifying.verify(installation, run_id, verifier="verifier")
        with pytest.raises(EvidenceError, match=r"is not witnessed: .* try again when"):
            certifying.certify(installation, run_id)
        found = findings.open_findings(installation.register)
        assert "witness_refused" in {one.kind for one in found}
        entry = log.find(installation.register, publishing.CERTIFICATE, _id_of(run_id))
        assert entry is not None
        assert not list((bank.home / "evidence").rglob("SHA256SUMS"))
    with witnessed(bank, port=port), bank.open() as installation:
        made = certifying.certify(installation, run_id)
        later = log.find(installation.register, publishing.CERTIFICATE, _id_of(run_id))
    assert later == entry
    assert (made.bundle / "SHA256SUMS").is_file()
    assert made.outcomes == {"destroyed": 1}


def _id_of(run_id: str) -> str:
    return f"DC-{run_id.removeprefix('run.')}"


def test_a_hold_is_told_by_a_keyed_digest_of_all_it_says(bank: World) -> None:
    """The same hold with another value has another digest, so nobody exchanges it later."""
    with bank.open() as installation:
        holds.add(installation.register, HOLD)
        holds.add(installation.register, replace(HOLD, hold_id="LIT-2", value="A000778-Planted"))
        publishing.publish(installation)
        told = [
            statement.parse(Envelope.parse(entry.envelope.strip()).payload)
            for entry in entries_of(installation)
            if entry.kind == publishing.PLACED
        ]
    digests = {json.dumps(one.predicate["contentDigest"]) for one in told}
    assert len(digests) == 2
