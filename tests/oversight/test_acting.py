"""Findings in a bank: found, planned, shown, accepted by somebody else, and logged."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from disposal_world import AS_OF, NIGHT, World
from eventful_world import WHY
from keepuntil.disposal import correcting, log_keeping, publishing
from keepuntil.disposal.installation import Installation
from keepuntil.domain.ledger import Act, Standing, State
from keepuntil.domain.ledger_words import Discovery, EvidenceKind, ProblemClass, Status
from keepuntil.domain.problems import (
    Accountability,
    Discovered,
    Evidence,
    Extension,
    Opened,
    Particulars,
    Remedy,
    Said,
)
from keepuntil.errors import ApprovalError, EvidenceError, RegisterError, UsageError
from keepuntil.evidence.envelope import Envelope
from keepuntil.oversight import acting, closing_evidence, coverage
from keepuntil.oversight.ledger import Case, cases, summarise
from keepuntil.oversight.ledger_lists import (
    LEDGER_COLUMNS,
    PROBLEM_COLUMNS,
    Language,
    write_ledger,
    write_problem_list,
)
from keepuntil.register import findings, ledger, log, nights

PROBLEM = Particulars(
    problem_class=ProblemClass.DELETION,
    description="=Planted description of a problem",
    unit="shanghai",
    category="statement",
    clients=12,
    records=30,
)
FOUND = Discovered(on=date(2026, 11, 2), how=Discovery.AUDIT, by="A7")
PLAN = Remedy(
    goal="gone everywhere",
    measures=("delete",),
    owner="E1",
    unit="operations",
    due_on=date(2026, 12, 1),
)
DOCUMENT = Evidence(kind=EvidenceKind.DOCUMENT, reference="sha256:" + "0" * 64, title="minutes")
LATE = date(2026, 12, 2)


@pytest.fixture
def bank(world: World) -> Iterator[Installation]:
    with world.open() as installation:
        yield installation


def reported(bank: Installation, **changes: Any) -> int:
    opened = Opened(particulars=replace(PROBLEM, **changes), discovered=FOUND)
    return acting.report(bank, opened, by="E1")


def planned(bank: Installation) -> int:
    number = reported(bank)
    acting.take(bank, number, Act.REMEDY_SET, PLAN, by="E1")
    return number


def done(bank: Installation, evidence: Evidence = DOCUMENT) -> int:
    number = planned(bank)
    acting.take(bank, number, Act.EVIDENCE_ATTACHED, evidence, by="E1")
    acting.take(bank, number, Act.REPORTED_DONE, by="E1")
    return number


def accepted(world: World, bank: Installation, number: int, by: str = "E2") -> Standing:
    key = world.people[by]
    return acting.take(bank, number, Act.ACCEPTED, Said(words="seen"), by=by, signing_key=key)


def case(bank: Installation, number: int, today: date = AS_OF) -> Case:
    (found,) = [one for one in cases(bank, today) if one.number == number]
    return found


def entered(bank: Installation) -> list[dict[str, Any]]:
    size = log.size(bank.register)
    return [
        json.loads(Envelope.parse(entry.envelope.strip()).payload)["predicate"]
        for entry in log.entries(bank.register, 0, size)
        if entry.kind == "ledger"
    ]


def test_from_found_to_accepted_every_act_of_a_person_is_in_the_log(
    world: World, bank: Installation
) -> None:
    number = done(bank)
    assert accepted(world, bank, number).state is State.ACCEPTED
    closed = findings.load(bank.register, number)
    assert (closed.closed_by, closed.closed_at) == ("E2", NIGHT)
    acts = ["opened", "remedy_set", "evidence_attached", "reported_done", "accepted"]
    said = entered(bank)
    assert [(one["act"], one["seq"]) for one in said] == list(zip(acts, range(1, 6), strict=True))
    assert {one["subject"] for one in said} == {f"finding/{number}"}
    assert [one["decisionDigest"] is not None for one in said] == [False] * 4 + [True]
    assert publishing.publish(bank) == log.head(bank.register)
    assert len(entered(bank)) == len(acts)
    assert [line.act for line in acting.verified(bank, number)] == acts


def test_nothing_that_people_write_stands_in_log_or_register_in_clear(
    world: World, bank: Installation
) -> None:
    accepted(world, bank, done(bank))
    shown = b"".join(
        path.read_bytes() for path in (world.home / "log").rglob("*") if path.is_file()
    )
    register = (world.home / "register.db").read_bytes()
    wal = world.home / "register.db-wal"
    register += wal.read_bytes() if wal.exists() else b""
    for planted in (b"Planted description", b"gone everywhere", b"minutes"):
        assert planted not in shown
        assert planted not in register


def test_who_worked_on_it_cannot_accept_it(world: World, bank: Installation) -> None:
    number = done(bank)
    with pytest.raises(ApprovalError, match="somebody else"):
        accepted(world, bank, number, by="E1")
    assert not findings.standing(bank.register, number).closed


def test_acceptance_is_signed_by_who_accepts(world: World, bank: Installation) -> None:
    number = done(bank)
    said = Said(words="seen")
    for key in (None, world.people["E3"]):
        with pytest.raises(ApprovalError):
            acting.take(bank, number, Act.ACCEPTED, said, by="E2", signing_key=key)
    accepted(world, bank, number)
    with bank.register.writing() as connection:
        forged = "UPDATE ledger_entry SET person = 'E3' WHERE act = 'accepted'"
        connection.execute(text(forged))
    with pytest.raises(EvidenceError, match="not what E3 signed"):
        acting.verified(bank, number)


def test_where_somebody_was_signed_in_elsewhere_the_approvals_key_vouches(
    bank: Installation,
) -> None:
    number = done(bank)
    acting.take(bank, number, Act.ACCEPTED, Said(words="seen"), by="E2", via="pages")
    assert acting.verified(bank, number)[-1].person == "E2"


def test_strangers_names_and_numbers_of_persons_are_refused(bank: Installation) -> None:
    opened = Opened(particulars=PROBLEM, discovered=FOUND)
    with pytest.raises(ApprovalError, match=r"people\.yaml"):
        acting.report(bank, opened, by="E9")
    with pytest.raises(ApprovalError, match=r"people\.yaml"):
        acting.take(bank, reported(bank), Act.REMEDY_SET, replace(PLAN, owner="E9"), by="E1")
    named = Accountability(whom="张三", how="warning", on=AS_OF, document="D-1")
    with pytest.raises(UsageError, match="never by name"):
        acting.take(bank, 1, Act.HELD_TO_ACCOUNT, named, by="E1")
    with pytest.raises(UsageError, match="personal data"):
        reported(bank, description="client 11010519491231002X")
    with pytest.raises(UsageError, match="no category"):
        reported(bank, category="statment")
    later = Opened(particulars=PROBLEM, discovered=replace(FOUND, on=LATE))
    with pytest.raises(UsageError, match="still to come"):
        acting.report(bank, later, by="E1")
    with pytest.raises(UsageError, match="which class"):
        reported(bank, problem_class=None)


def test_the_same_problem_entered_twice_is_one_finding(bank: Installation) -> None:
    assert reported(bank) == reported(bank)
    assert reported(bank, unit="beijing") != reported(bank)
    standing = findings.standing(bank.register, 1)
    assert (standing.seen, findings.load(bank.register, 1).seen) == (3, 3)


def test_who_found_it_before_the_regulator_is_kept(bank: Installation) -> None:
    number = reported(bank)
    theirs = Discovered(on=date(2026, 11, 20), how=Discovery.REGULATOR, by="NFRA-SH")
    opened = Opened(particulars=Particulars(), discovered=theirs)
    assert acting.report(bank, opened, by="E2", same_as=number) == number
    standing = findings.standing(bank.register, number)
    assert (standing.discovered, standing.before_regulator) == (FOUND, True)


def test_what_comes_back_is_open_again_with_its_history(world: World, bank: Installation) -> None:
    number = done(bank)
    accepted(world, bank, number)
    before = findings.history(bank.register, number)
    assert reported(bank) == number
    after = findings.history(bank.register, number)
    assert after[: len(before)] == before
    assert [line.act for line in after[len(before) :]] == ["reopened"]
    head, standing = findings.load(bank.register, number), findings.standing(bank.register, number)
    assert (head.closed_at, head.reopened, standing.state) == (None, 1, State.OPEN)


def test_a_history_has_no_way_back() -> None:
    """No function changes or takes away a line, and its place is given once."""
    written = Path(ledger.__file__).read_text(encoding="utf-8")
    assert "update(" not in written
    assert "delete(" not in written


def test_two_decisions_at_once_are_one(world: World, bank: Installation) -> None:
    number = done(bank)
    line = findings.history(bank.register, number)[-1]
    with pytest.raises(RegisterError, match="just now"), bank.register.writing() as connection:
        ledger.append(connection, bank.register, line)


def test_a_gap_that_vanishes_goes_unless_a_person_took_it_up(
    world: World, bank: Installation
) -> None:
    coverage.report(bank, coverage.cover(bank, AS_OF))
    by_kind = {one.finding.kind: one.number for one in cases(bank, AS_OF)}
    never_run, unclaimed = by_kind["never_run"], by_kind["store_unclaimed"]
    acting.take(bank, never_run, Act.REMEDY_SET, PLAN, by="E1")
    with pytest.raises(UsageError, match="still there"):
        closing_evidence.check(bank, unclaimed)
    world.build_core({1: None})
    world.write_loan_rule()
    nights.record(bank.register, "statement", AS_OF, "certified", NIGHT)
    with world.open() as again:
        for _ in range(2):
            coverage.report(again, coverage.cover(again, AS_OF))
        assert case(again, unclaimed).status is Status.GONE
        taken_up = case(again, never_run)
        assert taken_up.status is Status.NOT_STARTED
        assert [one.evidence.kind for one in taken_up.standing.evidence] == [EvidenceKind.CHECK]
        assert closing_evidence.check(again, never_run).kind is EvidenceKind.CHECK


def test_a_certificate_closes_only_what_it_is_about(world: World, bank: Installation) -> None:
    world.issue_many(2, year=2016)
    name = world.whole_road(bank).certificate_id
    number = reported(bank)
    shown = closing_evidence.certificate(bank, number, name)
    assert (shown.kind, shown.reference) == (EvidenceKind.CERTIFICATE, name)
    of_none = reported(bank, category=None)
    with pytest.raises(UsageError, match="of no category"):
        closing_evidence.certificate(bank, of_none, name)
    correcting.correct(bank, name, kind="revocation", reason=WHY, by="E2")
    with pytest.raises(EvidenceError, match="taken back"):
        closing_evidence.certificate(bank, number, name)


def test_a_certificate_whose_bundle_was_changed_shows_nothing(
    world: World, bank: Installation
) -> None:
    world.issue_many(2, year=2016)
    made = world.whole_road(bank)
    line = made.bundle / "certificate.intoto.jsonl"
    line.write_bytes(line.read_bytes()[:-9])
    with pytest.raises(EvidenceError):
        closing_evidence.certificate(bank, reported(bank), made.certificate_id)


def test_a_document_is_known_by_its_bytes(tmp_path: Path) -> None:
    paper = tmp_path / "minutes.pdf"
    paper.write_bytes(b"minutes")
    shown = closing_evidence.document("minutes", file=paper)
    assert closing_evidence.document("minutes", sha256=shown.reference[7:]) == shown
    for wrong in (None, "0" * 63, "G" * 64):
        with pytest.raises(UsageError, match="SHA-256"):
            closing_evidence.document("minutes", sha256=wrong)


@pytest.mark.parametrize("language", list(Language))
def test_both_lists_open_as_workbooks_with_every_column(
    world: World, bank: Installation, tmp_path: Path, language: Language
) -> None:
    number = planned(bank)
    asked = Extension(until=date(2027, 1, 9), reason="budget")
    acting.take(bank, number, Act.EXTENSION_ASKED, asked, by="E1")
    found = cases(bank, LATE)
    for write, columns, name in (
        (write_problem_list, PROBLEM_COLUMNS, "problems.xlsx"),
        (write_ledger, LEDGER_COLUMNS, "ledger.xlsx"),
    ):
        write(tmp_path / name, found, language)
        rows = list(openpyxl.load_workbook(tmp_path / name).worksheets[0].values)
        assert list(rows[0]) == [getattr(each, language.value) for each in columns.values()]
        assert len(rows) == 2
    row = dict(zip(LEDGER_COLUMNS, rows[1], strict=True))
    late = {Language.ZH: "逾期", Language.EN: "overdue"}
    assert (row["status"], row["owner"], row["due_on"]) == (late[language], "E1", "2026-12-01")
    assert row["extensions"] == "2027-01-09 budget (E1) …"


def test_lists_as_text_keep_what_a_spreadsheet_would_calculate(
    bank: Installation, tmp_path: Path
) -> None:
    reported(bank)
    found = cases(bank, AS_OF)
    write_problem_list(tmp_path / "list.csv", found, Language.ZH)
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["问题描述"] == f"'{PROBLEM.description}"
    assert (row["问题类别"], row["涉及客户数/记录数"], row["发现人"]) == ("六 删除", "12/30", "A7")
    write_problem_list(tmp_path / "list.json", found, Language.EN)
    (read,) = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))
    assert read["description"] == PROBLEM.description
    with pytest.raises(UsageError, match=r"\.xlsx, \.csv or \.json"):
        write_problem_list(tmp_path / "list.doc", found, Language.ZH)


def test_the_summary_counts_what_the_lists_say(world: World, bank: Installation) -> None:
    accepted(world, bank, done(bank))
    reported(bank, unit="beijing", leaked=True)
    summary = summarise(cases(bank, LATE), LATE)
    assert (summary.total.found, summary.total.fixed, summary.total.open) == (2, 1, 1)
    assert {name: tally.open for name, tally in summary.by_unit.items()} == {
        "shanghai": 0,
        "beijing": 1,
    }
    assert set(summary.by_class) == {each.value for each in ProblemClass}
    assert sum(summary.by_status.values()) == summary.total.found
    assert (summary.clients, summary.records, summary.leaked) == (24, 60, 1)
    assert summary.unknown_to_regulator == 2


def test_a_head_that_was_never_logged_is_caught_up(
    bank: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(log_keeping, "record", _die)
        with pytest.raises(KeyboardInterrupt):
            reported(bank)
    assert entered(bank) == []
    publishing.publish(bank)
    assert [one["act"] for one in entered(bank)] == ["opened"]


def _die(*_: object) -> None:
    raise KeyboardInterrupt
