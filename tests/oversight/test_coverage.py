"""Gaps that were planted one by one are found, each by its name, and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from disposal_world import AS_OF, NIGHT, World
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Form
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.oversight.cells import State
from keepuntil.oversight.coverage import COLUMNS, Coverage, Row, cover, report
from keepuntil.oversight.gaps import LABELS, Lack
from keepuntil.register import findings, holds, nights

CATEGORIES = """\
categories:
  - {category: statement, title: {zh: 对账单, en: Account statement}, forms: [electronic]}
  - {category: loan, title: {zh: 贷款档案, en: Loan file}}
"""
LONG_OVERDUE = "A000001-2015-01-01.pdf"
HOLD = Hold(
    hold_id="LIT-1",
    mandate="court order 7",
    owner="legal",
    category="loan",
    instance=None,
    scope=HoldScope.CATEGORY,
    value="",
    placed_at=datetime(2025, 1, 10, 3, 0, tzinfo=UTC),
    review_by=None,
)


@pytest.fixture
def clean(world: World) -> World:
    """Two rules that ran last night, every store claimed, a list that names both."""
    world.write_loan_rule()
    world.build_core({1: "2024-05-01", 2: None})
    (world.policies / "categories.yaml").write_text(CATEGORIES)
    ran(world, "statement", "loan")
    return world


def ran(world: World, *categories: str, on: date = AS_OF) -> None:
    with world.open() as installation:
        for category in categories:
            nights.record(installation.register, category, on, "nothing_due", NIGHT)


def change(world: World, file: str, old: str, new: str) -> None:
    path = world.policies / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def covered(world: World, as_of: date = AS_OF) -> Coverage:
    with world.open() as installation:
        return cover(installation, as_of)


def found(coverage: Coverage) -> list[tuple[str, str]]:
    return [(gap.code.value, gap.where) for gap in coverage.gaps]


def row(coverage: Coverage, category: str, form: Form) -> Row:
    return next(r for r in coverage.rows if (r.category, r.form) == (category, form))


def test_a_clean_installation_lacks_nothing(clean: World) -> None:
    coverage = covered(clean)
    assert found(coverage) == []
    assert [(r.category, r.form) for r in coverage.rows if r.state is State.COVERED] == [
        ("loan", Form.ELECTRONIC),
        ("statement", Form.ELECTRONIC),
    ]


def test_no_cell_is_empty(clean: World) -> None:
    plant_everything(clean)
    coverage = covered(clean)
    assert {r.form for r in coverage.rows if r.category == "loan"} == set(Form)
    for each in coverage.rows:
        assert len(each.cells) == len(COLUMNS)
        for cell in each.cells:
            assert cell.short
            assert cell.words.zh
            assert cell.words.en
            assert (cell.state is State.GAP) == bool(cell.gaps)


def a_category_without_a_rule(world: World) -> None:
    with (world.policies / "categories.yaml").open("a") as file:
        file.write("  - {category: complaint, title: {zh: 投诉, en: Complaint}, forms: [paper]}\n")


def a_listed_form_without_an_instance(world: World) -> None:
    change(world, "categories.yaml", "[electronic]", "[electronic, paper]")


def a_form_of_the_rule_without_an_instance(world: World) -> None:
    with (world.policies / "rules" / "loan.yaml").open("a") as file:
        file.write("forms: [electronic, processor]\n")


def a_store_nobody_claims(world: World) -> None:
    with (world.policies / "stores.yaml").open("a") as file:
        file.write(f"  old_share: {{kind: files, root: {world.folder}}}\n")


def a_period_beyond_the_law(world: World) -> None:
    change(world, "rules/loan.yaml", "keep_at_least: P10Y", "keep_at_least: P15Y")


def a_review_that_is_overdue(world: World) -> None:
    change(world, "rules/loan.yaml", "review_by: 2030-01-01", "review_by: 2026-11-22")


def a_hold_nobody_looked_at(world: World) -> None:
    with world.open() as installation:
        old = replace(HOLD, placed_at=datetime(2024, 11, 20, tzinfo=UTC))
        holds.add(installation.register, old)


def a_hold_past_its_review(world: World) -> None:
    with world.open() as installation:
        holds.add(installation.register, replace(HOLD, hold_id="LIT-2", review_by=date(2026, 1, 1)))


def a_table_that_was_renamed(world: World) -> None:
    change(world, "rules/loan.yaml", "table: loan\n", "table: loan_file\n")


def something_overdue(world: World) -> None:
    world.issue(LONG_OVERDUE)


@dataclass(frozen=True)
class Planted:
    plant: Callable[[World], None]
    found: tuple[tuple[str, str], ...]
    said: str


PLANTED = [
    Planted(
        a_category_without_a_rule, (("rule_missing", "complaint"),), "is listed and has no rule"
    ),
    Planted(
        a_listed_form_without_an_instance,
        (("media_missing", "statement/paper"),),
        "no paper instance although the category is known to exist on paper",
    ),
    Planted(
        a_form_of_the_rule_without_an_instance,
        (("media_missing", "loan/processor"),),
        "no processor instance",
    ),
    Planted(a_store_nobody_claims, (("store_unclaimed", "old_share"),), "no rule claims anything"),
    Planted(
        a_period_beyond_the_law, (("memo_missing", "loan"),), "kept for 15 years, longer than any"
    ),
    Planted(a_review_that_is_overdue, (("review_overdue", "loan"),), "was due by 2026-11-22"),
    Planted(a_hold_nobody_looked_at, (("hold_unreviewed", "loan/LIT-1"),), "by 2026-11-20"),
    Planted(a_hold_past_its_review, (("hold_unreviewed", "loan/LIT-2"),), "by 2026-01-01"),
    Planted(
        a_table_that_was_renamed,
        (("unreadable", "loan/core"), ("unreadable", "loan/scans")),
        "loan_file",
    ),
    Planted(
        something_overdue, (("overdue", "statement/electronic"),), "1 item of statement overdue"
    ),
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.plant.__name__)
def test_what_is_planted_is_found_and_nothing_else(clean: World, planted: Planted) -> None:
    planted.plant(clean)
    coverage = covered(clean)
    assert tuple(found(coverage)) == planted.found
    assert planted.said in coverage.gaps[0].sentence.en


def plant_everything(world: World) -> None:
    for planted in PLANTED:
        planted.plant(world)


def test_all_at_once_they_are_found_together(clean: World) -> None:
    plant_everything(clean)
    assert sorted(found(covered(clean))) == sorted(each for p in PLANTED for each in p.found)


def test_a_rule_that_never_ran_is_a_gap_in_each_of_its_forms_and_said_once(world: World) -> None:
    world.write_rule(backup="P35D")
    coverage = covered(world)
    assert found(coverage) == [("never_run", "statement"), ("store_unclaimed", "core")]
    for form in (Form.ELECTRONIC, Form.BACKUP):
        assert row(coverage, "statement", form).last_run.gaps[0].code is Lack.NEVER_RUN


def test_a_rule_that_is_not_in_force_yet_need_not_have_run(clean: World) -> None:
    change(clean, "rules/loan.yaml", "from: 2020-01-01", "from: 2027-01-01")
    with clean.open() as installation:
        _forget_nights(installation)
    ran(clean, "statement")
    coverage = covered(clean)
    assert found(coverage) == []
    assert row(coverage, "loan", Form.ELECTRONIC).last_run.short == "from 2027-01-01"


def _forget_nights(installation: Installation) -> None:
    from keepuntil.register.tables import night

    with installation.register.writing() as connection:
        connection.execute(night.delete())


@pytest.mark.parametrize(("day", "gaps"), [(25, []), (26, ["run_missed"])])
def test_two_nights_may_be_missed(clean: World, day: int, gaps: list[str]) -> None:
    ran(clean, "loan", on=AS_OF.replace(day=26))
    coverage = covered(clean, AS_OF.replace(day=day))
    assert [gap.code.value for gap in coverage.gaps if gap.where == "statement"] == gaps


def test_a_hold_that_is_looked_at_in_time_is_no_gap(clean: World) -> None:
    with clean.open() as installation:
        holds.add(installation.register, replace(HOLD, review_by=AS_OF))
    assert found(covered(clean)) == []


def test_what_is_held_is_not_overdue(clean: World) -> None:
    something_overdue(clean)
    with clean.open() as installation:
        held = replace(HOLD, category="statement", placed_at=NIGHT)
        holds.add(installation.register, held)
    assert found(covered(clean)) == []


def test_a_memo_or_a_law_without_a_number_settles_a_long_period(clean: World) -> None:
    a_period_beyond_the_law(clean)
    change(clean, "rules/loan.yaml", "period: P10Y, confidence", "confidence")
    assert found(covered(clean)) == []
    change(clean, "rules/loan.yaml", "keep, confidence", "keep, period: P10Y, confidence")
    assert found(covered(clean)) == [("memo_missing", "loan")]
    change(
        clean, "rules/loan.yaml", "period: P10Y, conf", "period: P10Y, necessity_memo: NM-1, conf"
    )
    assert found(covered(clean)) == []


def test_a_listed_category_of_unknown_form_has_one_row(clean: World) -> None:
    with (clean.policies / "categories.yaml").open("a") as file:
        file.write("  - {category: complaint, title: {zh: 投诉, en: Complaint}}\n")
    (only,) = [each for each in covered(clean).rows if each.category == "complaint"]
    assert only.form is None
    assert {gap.code for cell in only.cells for gap in cell.gaps} == {Lack.RULE_MISSING}


def test_a_form_nobody_spoke_of_is_told_from_one_that_was_denied(clean: World) -> None:
    coverage = covered(clean)
    assert "nobody has said" in row(coverage, "loan", Form.PAPER).period.words.en
    assert "Declared not to exist" in row(coverage, "statement", Form.PAPER).period.words.en


def test_every_lack_has_a_label_and_a_line_on_its_page() -> None:
    assert set(LABELS) == set(Lack)
    page = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
    named = re.findall(r"^\| `([a-z_]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert named == [lack.value for lack in Lack]


def test_each_gap_is_one_finding_however_often_it_is_met(clean: World) -> None:
    a_review_that_is_overdue(clean)
    a_store_nobody_claims(clean)
    something_overdue(clean)
    with clean.open() as installation:
        for _ in range(2):
            report(installation, cover(installation, AS_OF))
        raised = findings.open_findings(installation.register)
    assert [(f.kind, f.fingerprint, f.seen) for f in raised] == [
        ("review_overdue", "review_overdue/loan", 2),
        ("store_unclaimed", "store_unclaimed/old_share", 2),
    ]
    assert raised[0].sentence_zh == "loan 应于 2026-11-22 前复审，尚未复审。"


def test_coverage_changes_nothing_in_the_stores(clean: World, tmp_path: Path) -> None:
    something_overdue(clean)
    before = clean.core.read_bytes()
    covered(clean)
    assert clean.left() == {LONG_OVERDUE}
    assert clean.core.read_bytes() == before
