"""Approvals, verifications, certificates, findings and nights: kept as they were, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from keepuntil.domain.ledger import Act, Entry, State
from keepuntil.domain.ledger_words import EvidenceKind
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.plans import Verdict
from keepuntil.domain.problems import Evidence, Payload, Remedy, Said
from keepuntil.errors import ApprovalError, RegisterError, UsageError
from keepuntil.register import (
    Register,
    approvals,
    certificates,
    findings,
    nights,
    verifications,
)
from keepuntil.register.certificates import StoredCertificate
from keepuntil.register.findings import Met
from keepuntil.register.ledger_tables import ledger_entry
from keepuntil.register.verifications import Verification
from register_world import NOW, TODAY, approval, finish, frozen, running, work


def reading(run_id: str, expectations: int = 9, failed: int = 0) -> Verification:
    return Verification(
        run_id=run_id,
        verifier="verifier",
        expectations=expectations,
        failed=failed,
        document=b'{"facts":1}',
        verified_at=NOW,
    )


def certificate(run_id: str, name: str = "one", **changes: object) -> StoredCertificate:
    made = StoredCertificate(
        certificate_id=f"urn:keepuntil:{name}",
        run_id=run_id,
        digest=f"sha256:{name}",
        provisional_until=date(2026, 4, 7),
        path="evidence/loan_file",
        payload=b"\x00line\n",
        issued_at=NOW,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def finished(register: Register, end: Outcome = Outcome.DESTROYED, as_of: date = TODAY) -> str:
    layout = {"core": [2]}
    run_id = running(register, layout, as_of=as_of)
    finish(register, run_id, layout, end)
    return run_id


def test_decisions_come_back_in_order_with_their_envelopes(register: Register) -> None:
    digest = frozen(register, {"core": [1]}).plan.digest
    first = approval(digest)
    second = replace(approval(digest, "chen"), verdict=Verdict.REJECT, accepts_exceeded=True)
    approvals.add(register, digest, first, b"envelope 1")
    approvals.add(register, digest, second, b"envelope 2")
    approvals.add(register, digest, first, b"envelope 1")
    assert approvals.of(register, digest) == [(first, b"envelope 1"), (second, b"envelope 2")]
    assert approvals.of(register, "sha256:none") == []


def test_decision_on_another_or_unknown_plan_is_refused(register: Register) -> None:
    digest = frozen(register, {"core": [1]}).plan.digest
    with pytest.raises(ApprovalError, match="on another plan digest"):
        approvals.add(register, digest, approval("sha256:other"), b"envelope")
    with pytest.raises(ApprovalError, match="no plan with the digest"):
        approvals.add(register, "sha256:other", approval("sha256:other"), b"envelope")
    assert approvals.of(register, digest) == []


def test_last_verification_counts(register: Register) -> None:
    run_id = finished(register)
    assert verifications.latest(register, run_id) is None
    verifications.add(register, reading(run_id, failed=2))
    verifications.add(register, reading(run_id))
    latest = verifications.latest(register, run_id)
    assert latest == reading(run_id)
    assert latest is not None
    assert latest.passed
    assert not reading(run_id, failed=1).passed


@pytest.mark.parametrize(("expectations", "failed"), [(0, 0), (-1, 0), (3, 4), (3, -1)])
def test_verification_that_expects_nothing_cannot_exist(
    register: Register, expectations: int, failed: int
) -> None:
    run_id = finished(register)
    with pytest.raises(RegisterError, match="says nothing"):
        verifications.add(register, reading(run_id, expectations, failed))
    with pytest.raises(RegisterError, match="no run 'none'"):
        verifications.add(register, reading("none"))


def test_certificate_comes_back_byte_for_byte(register: Register) -> None:
    run_id = finished(register)
    verifications.add(register, reading(run_id))
    provisional = certificate(run_id)
    final = certificate(run_id, "two", provisional_until=None, issued_at=NOW + timedelta(days=35))
    for each in (provisional, final, provisional):
        certificates.add(register, each)
    assert certificates.of_run(register, run_id) == [provisional, final]
    assert certificates.load(register, "urn:keepuntil:o") == provisional
    assert certificates.load(register, final.digest) == final
    assert certificates.list_certificates(register) == [final, provisional]
    after = certificates.list_certificates(register, after=final.certificate_id)
    assert after == [provisional]
    with pytest.raises(RegisterError, match="There is no certificate"):
        certificates.load(register, "urn:other")


def test_certificates_are_never_replaced(register: Register) -> None:
    run_id = finished(register)
    verifications.add(register, reading(run_id))
    certificates.add(register, certificate(run_id))
    for change in ({"digest": "sha256:other"}, {"certificate_id": "urn:other"}):
        with pytest.raises(RegisterError, match="never replaced"):
            certificates.add(register, certificate(run_id, **change))
    assert certificates.of_run(register, run_id) == [certificate(run_id)]


@pytest.mark.parametrize("end", [Outcome.FAILED, Outcome.PENDING_EXTERNAL])
def test_no_certificate_while_an_item_has_no_observed_end(register: Register, end: Outcome) -> None:
    run_id = finished(register, end)
    verifications.add(register, reading(run_id))
    with pytest.raises(RegisterError, match="2 items came to no observed end"):
        certificates.add(register, certificate(run_id))


def test_no_certificate_while_a_batch_has_no_outcomes(register: Register) -> None:
    run_id = running(register, {"core": [1, 1]})
    verifications.add(register, reading(run_id))
    with pytest.raises(RegisterError, match="a certificate over nothing is none"):
        certificates.add(register, certificate(run_id))
    work(register, run_id).do(0, Outcome.DESTROYED)
    with pytest.raises(RegisterError, match="1 batches have no outcomes"):
        certificates.add(register, certificate(run_id))


def test_no_certificate_without_a_verification_that_passed_last(register: Register) -> None:
    run_id = finished(register)
    with pytest.raises(RegisterError, match="it was not verified"):
        certificates.add(register, certificate(run_id))
    verifications.add(register, reading(run_id))
    verifications.add(register, reading(run_id, failed=3))
    with pytest.raises(RegisterError, match="it failed 3 expectations"):
        certificates.add(register, certificate(run_id))
    with pytest.raises(RegisterError, match="no run 'none'"):
        certificates.add(register, certificate("none"))


def met(register: Register, fingerprint: str = "f1", items: int = 3, day: int = 0) -> None:
    at = NOW + timedelta(days=day)
    findings.raise_finding(
        register,
        Met(
            kind="overdue",
            fingerprint=fingerprint,
            sentence_zh="逾期",
            sentence_en="overdue",
            counts={"items": items},
            at=at,
        ),
    )


def test_problem_met_again_is_one_finding_counted(register: Register) -> None:
    met(register)
    met(register, items=8, day=1)
    met(register, "f2")
    first, second = findings.open_findings(register)
    assert (first.fingerprint, first.seen, first.reopened) == ("f1", 2, 0)
    assert (first.first_seen_at, first.last_seen_at) == (NOW, NOW + timedelta(days=1))
    assert first.counts == {"items": 8}
    assert (first.kind, first.sentence_zh, first.sentence_en) == ("overdue", "逾期", "overdue")
    assert second.seen == 1
    assert findings.open_findings(register, after=first.number) == [second]
    assert findings.open_findings(register, kind="other") == []
    assert findings.open_findings(register, limit=1) == [first]


def test_closed_problem_that_comes_back_is_open_again(register: Register) -> None:
    met(register)
    (finding,) = findings.open_findings(register)
    findings.gone(register, "f1", "index added", NOW)
    assert findings.open_findings(register) == []
    closed = findings.load(register, finding.number)
    assert (closed.closed_at, closed.closed_by, closed.remedy) == (NOW, "keepuntil", "index added")
    findings.gone(register, "f1", "again", NOW)
    assert findings.load(register, finding.number) == closed
    met(register, day=5)
    (again,) = findings.open_findings(register)
    assert (again.number, again.seen, again.reopened) == (finding.number, 2, 1)
    assert (again.closed_at, again.closed_by, again.remedy) == (None, None, None)


def entered(act: Act, payload: Payload | None = None, person: str | None = "E1") -> Entry:
    return Entry(act=act, at=NOW, person=person, payload=payload)


def worked_on(register: Register) -> int:
    """A finding that a check met, with a remedy."""
    met(register)
    (finding,) = findings.open_findings(register)
    remedy = Remedy(
        goal="gone", measures=("look",), owner="E1", unit="records", due_on=TODAY, interim="Secret"
    )
    findings.act(register, finding.number, entered(Act.REMEDY_SET, remedy))
    return finding.number


def test_the_row_of_a_finding_is_what_its_history_comes_to(register: Register) -> None:
    number = worked_on(register)
    met(register, day=1)
    findings.gone(register, "f1", "not met", NOW)
    findings.gone(register, "f1", "not met", NOW)
    paper = Evidence(kind=EvidenceKind.DOCUMENT, reference="sha256:00", title="minutes")
    findings.act(register, number, entered(Act.EVIDENCE_ATTACHED, paper))
    findings.act(register, number, entered(Act.REPORTED_DONE))
    findings.act(register, number, entered(Act.ACCEPTED, Said(words="seen"), "E2"))
    acts = [line.act for line in findings.history(register, number)]
    assert acts == [
        *("opened", "remedy_set", "seen", "check_passed", "evidence_attached"),
        *("reported_done", "accepted"),
    ]
    ((head, standing),) = findings.everything(register)
    assert (head.seen, head.reopened, head.closed_at) == (standing.seen, 0, standing.closed_at)
    assert (head.closed_by, head.remedy) == ("E2", "accepted")
    met(register, day=2)
    ((head, standing),) = findings.everything(register)
    assert (head.seen, head.reopened, head.closed_at) == (3, standing.reopened, None)
    assert (standing.reopened, standing.state) == (1, State.OPEN)


def test_what_is_refused_leaves_no_line(register: Register) -> None:
    number = worked_on(register)
    before = findings.history(register, number)
    with pytest.raises(UsageError):
        findings.act(register, number, entered(Act.ACCEPTED, Said(words="seen"), "E2"))
    with pytest.raises(RegisterError, match="just now"):
        findings.act(register, number, entered(Act.STARTED), entries=1)
    with pytest.raises(UsageError, match="no finding 99"):
        findings.act(register, 99, entered(Act.STARTED))
    assert findings.history(register, number) == before


def test_what_people_wrote_of_a_finding_is_sealed(register: Register) -> None:
    number = worked_on(register)
    with register.reading() as connection:
        sealed = connection.execute(select(ledger_entry.c.sealed_details)).scalars().all()
    assert any(sealed)
    assert all(b"Secret" not in one for one in sealed if one is not None)
    assert any("Secret" in str(line.details) for line in findings.history(register, number))


def test_a_history_without_its_beginning_is_noticed(register: Register) -> None:
    number = worked_on(register)
    with register.writing() as connection:
        connection.execute(ledger_entry.delete())
    with pytest.raises(RegisterError, match="lacks the history"):
        findings.standing(register, number)


def test_last_night_is_known_by_rule_and_by_how_it_ended(register: Register) -> None:
    assert nights.last(register, "loan_file") is None
    nights.record(register, "loan_file", date(2026, 3, 1), "certified", NOW)
    later = NOW + timedelta(days=1)
    nights.record(register, "loan_file", date(2026, 3, 2), "failed", later)
    nights.record(register, "other", date(2026, 3, 9), "nothing_due", later, b"signed")
    last = nights.last(register, "loan_file")
    well = nights.last(register, "loan_file", ("certified", "nothing_due"))
    other = nights.last(register, "other")
    assert last is not None
    assert well is not None
    assert other is not None
    assert (last.result, last.as_of, last.recorded_at) == ("failed", date(2026, 3, 2), later)
    assert (well.result, well.as_of, well.statement) == ("certified", date(2026, 3, 1), b"")
    assert other.statement == b"signed"
