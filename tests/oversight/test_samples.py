"""A spot check from its order to its verdict, and drawn again by somebody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text

from disposal_world import World
from eventful_world import HOLD
from keepuntil.disposal import certifying, publishing
from keepuntil.disposal.exporting_trust import export_trust
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.trust import Trust, read_trust
from keepuntil.domain import sampling as arithmetic
from keepuntil.domain.sampling import CheckResult, SampleVerdict
from keepuntil.errors import EvidenceError, UsageError
from keepuntil.evidence.envelope import Envelope
from keepuntil.oversight import redrawing, sampling
from keepuntil.oversight.sampling import Drawn, Wanted
from keepuntil.register import certificates, findings, holds, log, samples

DOCS = Path(__file__).resolve().parents[2] / "docs"
VALIDATOR = Draft202012Validator(
    json.loads((DOCS / "certificate.schema.json").read_text(encoding="utf-8"))
)
ITEMS = 12
HELD = "A000777-2016-03-01.pdf"
GONE, FOUND, UNKNOWN = CheckResult.GONE, CheckResult.FOUND, CheckResult.UNKNOWN


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    for name in ("KEEPUNTIL_REGISTER", "KEEPUNTIL_INSTALLATION_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KU_TEST_CORE", f"sqlite:///{tmp_path / 'core.db'}")
    world = World(tmp_path).build()
    world.write_rule(approval="dual", roles="data_owner, records_officer")
    world.issue_many(ITEMS, year=2016)
    return world


@pytest.fixture
def bank(world: World) -> Iterator[Installation]:
    with world.open() as installation:
        yield installation


def certified(world: World, bank: Installation) -> certifying.Certificate:
    plan_id = world.plan(bank)
    world.approve(bank, plan_id)
    return world.certify(bank, world.destroy(bank, plan_id))


@pytest.fixture
def certificate_id(world: World, bank: Installation) -> str:
    return certified(world, bank).certificate_id


def leaves(of: Drawn) -> list[int]:
    return [entry.leaf for entry in of.draw.entries]


def check(bank: Installation, of: Drawn, leaf: int, result: CheckResult, **more: str) -> None:
    given = {"checker": "A1", "note": "", **more}
    sampling.record(bank, of.sample.sample_id, leaf, result=result, **given)


def said(bank: Installation, kind: str) -> list[dict[str, Any]]:
    return [
        json.loads(Envelope.parse(entry.envelope.strip()).payload)
        for entry in log.entries(bank.register, 0, log.size(bank.register))
        if entry.kind == kind
    ]


def test_the_order_is_logged_and_the_next_head_decides(
    bank: Installation, certificate_id: str
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=4), by="A1")
    certified_at = log.find(bank.register, publishing.CERTIFICATE, certificate_id)
    ordered_at = log.find(bank.register, "sample", of.sample.sample_id)
    assert certified_at is not None
    assert ordered_at is not None
    assert certified_at.index < ordered_at.index < of.head.size
    assert log.heads(bank.register, after=ordered_at.index)[0] == of.head
    document = arithmetic.seed_document(
        certificates.load(bank.register, certificate_id).digest,
        of.head.claim.origin,
        of.head.claim.size,
        of.head.claim.root,
        of.sample.plan,
    )
    assert of.draw.seed == arithmetic.seed_of(document).hex()
    assert leaves(of) == arithmetic.draw(bytes.fromhex(of.draw.seed), ITEMS, 4)


def test_later_heads_change_nothing(bank: Installation, certificate_id: str) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=4), by="A1")
    holds.add(bank.register, HOLD)
    publishing.publish(bank)
    assert sampling.drawn(bank, of.sample.sample_id) == of


def test_an_order_whose_process_died_is_completed_to_the_draw_of_the_first_head(
    bank: Installation, certificate_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(samples, "keep_draw", _die)
        with pytest.raises(KeyboardInterrupt):
            sampling.order(bank, certificate_id, Wanted(size=4), by="A1")
    ordered_at = log.size(bank.register) - 1
    holds.add(bank.register, HOLD)
    publishing.publish(bank)
    of = sampling.drawn(bank, "S-")
    assert of.head.size == ordered_at + 1 < log.size(bank.register)


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_without_a_head_nothing_is_drawn(
    world: World, bank: Installation, certificate_id: str
) -> None:
    (world.home / "log" / "checkpoint").write_text("no checkpoint\n")
    with pytest.raises(EvidenceError):
        sampling.order(bank, certificate_id, Wanted(size=4), by="A1")
    assert samples.load(bank.register, "S-").draw is None


def test_the_size_is_what_discovers_the_rate(bank: Installation, certificate_id: str) -> None:
    wanted = Wanted(confidence="80", tolerable="20.0%", acceptance=1)
    plan = sampling.order(bank, certificate_id, wanted, by="A1").sample.plan
    assert (plan.confidence, plan.tolerable, plan.acceptance) == ("80%", "20%", 1)
    assert plan.size == arithmetic.sample_size(ITEMS, "80%", "20%", 1) < ITEMS


def test_held_records_are_not_among_those_that_should_be_gone(
    world: World, bank: Installation
) -> None:
    world.issue(HELD)
    holds.add(bank.register, replace(HOLD, value="A000777"))
    name = certified(world, bank).certificate_id
    gone = sampling.order(bank, name, Wanted(size=ITEMS), by="A1")
    assert {entry.outcome for entry in gone.draw.entries} == {"destroyed"}
    held = sampling.order(bank, name, Wanted(size=1, outcomes=("held",)), by="A1")
    assert [entry.outcome for entry in held.draw.entries] == ["held"]
    assert set(leaves(held)) | set(leaves(gone)) == set(range(ITEMS + 1))
    every = sampling.order(bank, name, Wanted(size=1, outcomes=None), by="A1")
    assert every.sample.plan.population == ITEMS + 1
    check(bank, held, leaves(held)[0], FOUND)
    assert findings.open_findings(bank.register, kind=sampling.FOUND) == []


def test_an_instance_can_be_drawn_from_alone(world: World, bank: Installation) -> None:
    world.write_loan_rule()
    world.build_core({1: "2015-01-01", 2: "2015-02-01", 3: "2015-03-01"})
    name = world.whole_road(bank, "loan").certificate_id
    scans = sampling.order(bank, name, Wanted(size=3, instances=("scans",)), by="A1")
    core = sampling.order(bank, name, Wanted(size=3, instances=("core",)), by="A1")
    assert {entry.instance for entry in scans.draw.entries} == {"scans"}
    assert sorted(leaves(core) + leaves(scans)) == list(range(6))
    with pytest.raises(UsageError, match="1 of 0 entries cannot be drawn"):
        sampling.order(bank, name, Wanted(size=1, instances=("tapes",)), by="A1")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(size=ITEMS + 1), "13 of 12 entries cannot be drawn"),
        (Wanted(size=2, acceptance=2), "would always be accepted"),
        (Wanted(acceptance=1), "no sample can tell"),
        (Wanted(confidence="100%"), "no percentage"),
        (Wanted(outcomes=("shared",)), "nothing to draw from"),
    ],
)
def test_what_cannot_be_drawn_is_not_ordered(
    bank: Installation, certificate_id: str, wanted: Wanted, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        sampling.order(bank, certificate_id, wanted, by="A1")
    publishing.publish(bank)
    assert said(bank, "sample") == []


def test_only_what_is_certified_and_logged_is_sampled(
    world: World, bank: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_id = world.plan(bank)
    world.approve(bank, plan_id)
    run_id = world.destroy(bank, plan_id)
    with pytest.raises(UsageError, match="has no certificate"):
        sampling.order(bank, run_id, Wanted(size=1), by="A1")
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "enter", _die)
        with pytest.raises(KeyboardInterrupt):
            world.certify(bank, run_id)
    with pytest.raises(UsageError, match="does not stand in the log yet"):
        sampling.order(bank, run_id, Wanted(size=1), by="A1")
    certifying.certify(bank, run_id)
    assert sampling.order(bank, run_id, Wanted(size=1), by="A1").sample.plan.size == 1


def test_a_journal_that_is_not_what_was_certified_is_not_drawn_from(
    bank: Installation, certificate_id: str
) -> None:
    with bank.register.writing() as connection:
        connection.execute(
            text("UPDATE observation SET outcomes = :codes"), {"codes": b"\x02" + bytes(ITEMS - 1)}
        )
    with pytest.raises(EvidenceError, match="other outcomes than"):
        sampling.order(bank, certificate_id, Wanted(size=1), by="A1")


def test_what_is_found_is_a_finding_and_a_rejection(
    bank: Installation, certificate_id: str
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=3), by="A1")
    first, second, third = leaves(of)
    check(bank, of, first, GONE)
    check(bank, of, second, FOUND, note="张三 is in the vault")
    check(bank, of, third, GONE)
    check(bank, of, second, GONE)
    (finding,) = findings.open_findings(bank.register, kind=sampling.FOUND)
    assert finding.fingerprint == f"sample_found/{certificate_id}/{second}"
    assert f"entry {second} of {certificate_id} is certified as gone" in finding.sentence_en
    closing = sampling.close(bank, of.sample.sample_id, by="A9")
    assert closing.verdict is SampleVerdict.REJECTED
    (ended,) = said(bank, "sample_close")
    assert ended["predicate"]["results"] == {"found": 1, "gone": 2, "unknown": 0}
    assert (ended["predicate"]["deviations"], ended["predicate"]["verdict"]) == (1, "rejected")
    assert ended["subject"][0]["digest"]["sha256"] == of.draw.seed
    looks = [one["predicate"] for one in said(bank, "sample_check")]
    assert [(one["leaf"], one["deviates"]) for one in looks] == [
        (first, False),
        (second, True),
        (third, False),
        (second, False),
    ]
    spoken = json.dumps(looks, ensure_ascii=False) + finding.sentence_zh + finding.sentence_en
    assert "张三" not in spoken


def test_a_finding_is_not_lost_when_the_process_dies_before_the_check(
    bank: Installation, certificate_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=1), by="A1")
    with monkeypatch.context() as patched:
        patched.setattr(samples, "add_check", _die)
        with pytest.raises(KeyboardInterrupt):
            check(bank, of, leaves(of)[0], FOUND)
    assert len(findings.open_findings(bank.register, kind=sampling.FOUND)) == 1


def test_a_check_whose_process_died_before_its_entry_is_caught_up(
    bank: Installation, certificate_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=1), by="A1")
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "publish", _die)
        with pytest.raises(KeyboardInterrupt):
            check(bank, of, leaves(of)[0], GONE)
        with pytest.raises(KeyboardInterrupt):
            sampling.close(bank, of.sample.sample_id, by="A1")
    assert said(bank, "sample_check") == []
    for _ in range(2):
        publishing.publish(bank)
    assert len(said(bank, "sample_check")) == len(said(bank, "sample_close")) == 1


@pytest.mark.parametrize("person", ["executor", "E1", "E2", " E2 "])
def test_who_destroyed_or_approved_may_not_check(
    bank: Installation, certificate_id: str, person: str
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=1), by="A1")
    with pytest.raises(UsageError, match="may not check it"):
        check(bank, of, leaves(of)[0], GONE, checker=person)
    with pytest.raises(UsageError, match="Say who checked"):
        check(bank, of, leaves(of)[0], GONE, checker=" ")
    assert samples.checks(bank.register, of.sample.sample_id) == []


def test_an_entry_that_was_not_drawn_cannot_be_checked(
    bank: Installation, certificate_id: str
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=3), by="A1")
    other = min(set(range(ITEMS)) - set(leaves(of)))
    with pytest.raises(UsageError, match=f"entry {other} was not drawn"):
        check(bank, of, other, FOUND)
    assert findings.open_findings(bank.register, kind=sampling.FOUND) == []


def test_a_sample_closes_once_everything_was_looked_at(
    bank: Installation, certificate_id: str
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=2), by="A1")
    first, second = leaves(of)
    check(bank, of, second, UNKNOWN)
    with pytest.raises(UsageError, match=f"1 of 2 entries were not checked; the next is {first}"):
        sampling.close(bank, of.sample.sample_id, by="A1")
    check(bank, of, first, GONE)
    assert sampling.close(bank, of.sample.sample_id, by="A1").verdict is SampleVerdict.INCONCLUSIVE
    with pytest.raises(UsageError, match="was closed on"):
        check(bank, of, first, FOUND)
    with pytest.raises(UsageError, match="was closed on"):
        sampling.close(bank, of.sample.sample_id, by="A1")
    assert findings.open_findings(bank.register, kind=sampling.FOUND) == []


def test_every_statement_is_as_the_schema_says(bank: Installation, certificate_id: str) -> None:
    """Also with what is null in the statements that the schema's own test looks at."""
    for wanted in (Wanted(), Wanted(size=1, outcomes=None)):
        of = sampling.order(bank, certificate_id, wanted, by="A1")
    check(bank, of, leaves(of)[0], GONE)
    sampling.close(bank, of.sample.sample_id, by="A1")
    for kind in ("sample", "sample_check", "sample_close"):
        assert said(bank, kind)
        for statement in said(bank, kind):
            assert [error.message for error in VALIDATOR.iter_errors(statement)] == []


@pytest.fixture
def handed(bank: Installation, certificate_id: str, tmp_path: Path) -> tuple[Path, Path, Trust]:
    """What an auditor gets: the bundle, the sample, and keys by another way."""
    of = sampling.order(bank, certificate_id, Wanted(confidence="80", tolerable="20"), by="A1")
    redrawing.export(of, tmp_path / "sample")
    export_trust(bank, tmp_path / "trust")
    return Path(of.certificate.path), tmp_path / "sample", read_trust(tmp_path / "trust")


def test_an_auditor_draws_the_same(bank: Installation, handed: tuple[Path, Path, Trust]) -> None:
    bundle, folder, trust = handed
    again = redrawing.redraw(bundle, folder, trust)
    ours = sampling.drawn(bank, again.sample_id)
    assert again.draw == ours.draw
    assert again.certificate_id == ours.certificate.certificate_id


def restate(folder: Path, **members: object) -> None:
    path = folder / redrawing.SAMPLE_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda d: {"leaves": d["leaves"][::-1]}, "Another sample comes out"),
        (lambda d: {"leaves": d["leaves"][:-1]}, "Another sample comes out"),
        (lambda d: {"seed": "00" * 32}, "Another sample comes out"),
        (lambda d: {"plan": d["plan"] | {"acceptance": 1, "confidence": None}}, "Another sample"),
        (lambda d: {"plan": d["plan"] | {"size": 2}}, "of 12 entries have to be drawn"),
        (lambda d: {"plan": d["plan"] | {"acceptance": 11}}, "cannot be: .*no sample can tell"),
        (lambda d: {"plan": d["plan"] | {"population": 11, "confidence": None}}, "there are 12"),
        (lambda d: {"certificate": f"sha256:{'0' * 64}"}, "of another certificate"),
        (lambda d: {"format": "sample/v2"}, "not of the form"),
        (lambda d: {"more": 1}, "does not belong there"),
    ],
)
def test_a_sample_that_was_tampered_with_is_not_drawn_again(
    handed: tuple[Path, Path, Trust], change: Any, why: str
) -> None:
    bundle, folder, trust = handed
    document = json.loads((folder / redrawing.SAMPLE_FILE).read_text())
    restate(folder, **change(document))
    with pytest.raises(EvidenceError, match=why):
        redrawing.redraw(bundle, folder, trust)


def test_a_head_that_the_executor_could_know_decides_nothing(
    bank: Installation, handed: tuple[Path, Path, Trust]
) -> None:
    bundle, folder, trust = handed
    (first, *_) = log.heads(bank.register)
    (folder / redrawing.CHECKPOINT_FILE).write_bytes(first.shown)
    with pytest.raises(EvidenceError, match="older than the certificate"):
        redrawing.redraw(bundle, folder, trust)


def test_another_later_head_gives_another_sample(
    bank: Installation, handed: tuple[Path, Path, Trust]
) -> None:
    bundle, folder, trust = handed
    holds.add(bank.register, HOLD)
    newest = publishing.publish(bank)
    assert newest is not None
    (folder / redrawing.CHECKPOINT_FILE).write_bytes(newest.shown)
    with pytest.raises(EvidenceError, match="Another sample comes out"):
        redrawing.redraw(bundle, folder, trust)


def test_a_head_nobody_signed_decides_nothing(handed: tuple[Path, Path, Trust]) -> None:
    bundle, folder, trust = handed
    path = folder / redrawing.CHECKPOINT_FILE
    origin, size, rest = path.read_text().split("\n", 2)
    path.write_text(f"{origin}\n{int(size) + 1}\n{rest}")
    with pytest.raises(EvidenceError, match="signature"):
        redrawing.redraw(bundle, folder, trust)


def test_a_bundle_that_does_not_hold_is_not_drawn_from(handed: tuple[Path, Path, Trust]) -> None:
    bundle, folder, trust = handed
    entries = bundle / "run" / "entries"
    entries.write_bytes(entries.read_bytes().replace(b"destroyed", b"destroyee", 1))
    with pytest.raises(EvidenceError, match="not as listed"):
        redrawing.redraw(bundle, folder, trust)


def test_somebody_has_to_be_trusted_for_the_log(handed: tuple[Path, Path, Trust]) -> None:
    bundle, folder, trust = handed
    with pytest.raises(UsageError, match=r"policy\.txt"):
        redrawing.redraw(bundle, folder, Trust(certificate_keys=trust.certificate_keys))


def test_what_a_checker_wrote_is_not_handed_over(
    bank: Installation, certificate_id: str, tmp_path: Path
) -> None:
    of = sampling.order(bank, certificate_id, Wanted(size=1), by="A1")
    check(bank, of, leaves(of)[0], GONE, note="Note-Planted")
    written = redrawing.export(sampling.drawn(bank, of.sample.sample_id), tmp_path / "out")
    assert all(b"Note-Planted" not in path.read_bytes() for path in written)
