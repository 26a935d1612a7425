"""The summary report of a campaign: what was found, fixed and is open, in every format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal.installation import Installation
from keepuntil.documents.reports.manuscript import Grid
from keepuntil.documents.reports.printed import pdf
from keepuntil.documents.reports.web_page import page
from keepuntil.documents.reports.word_file import docx as word
from keepuntil.domain.campaigns import Answer, AnswerWord, CampaignAct, PlaceGiven
from keepuntil.domain.ledger import Act
from keepuntil.domain.ledger_words import Discovery, ProblemClass, RootKind, RootLevel
from keepuntil.domain.problems import Discovered, Opened, Particulars, Remedy
from keepuntil.oversight import acting, campaigns
from keepuntil.oversight.reports.campaign import CampaignReport, campaign
from keepuntil.oversight.reports.campaign_manuscript import manuscript
from paper import run_together, texts
from reports_world import Page, word_tables

DIGEST = f"sha256:{'cd' * 32}"
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@pytest.fixture
def bank(world: World) -> Iterator[Installation]:
    with world.open() as installation:
        yield installation


def found(bank: Installation, how: Discovery, clients: int) -> int:
    said = Particulars(
        problem_class=ProblemClass.DELETION,
        description="left on a share",
        unit="shanghai",
        clients=clients,
        root_level=RootLevel.SUBORDINATE,
        root_kind=RootKind.SYSTEM,
    )
    discovered = Discovered(on=AS_OF, how=how, by="E1")
    return acting.report(bank, Opened(particulars=said, discovered=discovered), by="E1")


@pytest.fixture
def report(bank: Installation) -> CampaignReport:
    """Two problems in one place: one has a remedy that is late, one has none."""
    started = campaigns.start(
        bank,
        campaigns.read_template("notice"),
        places=("shanghai", "beijing"),
        starts_on=AS_OF,
        classes=(ProblemClass.DELETION,),
        by="E1",
    )
    name = started.campaign_id
    given = PlaceGiven(place="shanghai", person="E2")
    campaigns.take(bank, name, CampaignAct.ASSIGNED, given, by="E3")
    planned = found(bank, Discovery.SELF_EXAMINATION, 1200)
    found(bank, Discovery.REGULATOR, 34)
    answer = Answer(
        place="shanghai", question="deletion_covered", answer=AnswerWord.NO, finding=planned
    )
    campaigns.take(bank, name, CampaignAct.ANSWERED, answer, by="E2")
    remedy = Remedy(
        goal="claim the share by a rule",
        measures=("count", "destroy"),
        owner="E2",
        unit="shanghai",
        due_on=AS_OF + timedelta(days=3),
        system_change="a rule for the share",
    )
    acting.take(bank, planned, Act.REMEDY_SET, remedy, by="E1")
    return campaign(bank, name, AS_OF + timedelta(days=10))


def test_the_lists_are_those_of_the_campaign(report: CampaignReport) -> None:
    assert [one.number for one in report.problems] == list(report.summary.findings)
    (remedy,) = report.remedies
    assert (remedy.status.value, remedy.closed) == ("overdue", False)
    assert report.summary.ledger.total.found == len(report.problems) == 2


@LANGUAGES
def test_all_three_formats_say_the_same_tables(
    report: CampaignReport, tmp_path: Path, language: str
) -> None:
    written = manuscript(report, DIGEST, language)  # type: ignore[arg-type]
    grids = [part for part in written.parts if isinstance(part, Grid)]
    shown = Page(page(written)).tables
    assert len(grids) == len(shown)
    assert word_tables(word(written)) == shown
    (tmp_path / "report.pdf").write_bytes(pdf(written))
    printed = run_together("".join(texts(tmp_path / "report.pdf")))
    for cell in (cell for table in shown for line in table for cell in line):
        assert run_together(cell) in printed


def test_the_figures_are_those_of_the_summary(report: CampaignReport) -> None:
    text = "".join(Page(page(manuscript(report, DIGEST, "en"))).said)
    ledger = report.summary.ledger
    assert (ledger.clients, ledger.after_regulator, ledger.overdue) == (1234, 1, 1)
    for said in (
        "2problems found",
        "0fixed",
        "1remedies overdue",
        "1,234clients affected",
        "Raised by a regulator first1",
        "System changes1",
        "Problems without a remedy: 1.",
        "Nobody answers yet for: beijing",
        "1 of 6 questions are answered",
        "a rule for the share",
        "claim the share by a rule",
    ):
        assert said in text, said


def test_a_campaign_without_problems_says_so(bank: Installation) -> None:
    started = campaigns.start(
        bank,
        campaigns.read_template("notice"),
        places=("beijing",),
        starts_on=AS_OF,
        by="E1",
    )
    written = manuscript(campaign(bank, started.campaign_id, AS_OF), DIGEST, "en")
    said = " ".join(part.text for part in written.parts if hasattr(part, "text"))
    assert "No problem was found." in said
    assert "Every problem is closed." not in said
    assert "There are no remedies." in said


def test_who_answers_is_not_on_the_pages(report: CampaignReport) -> None:
    for language in ("zh", "en"):
        said = Page(page(manuscript(report, DIGEST, language))).said  # type: ignore[arg-type]
        assert not [text for text in said if text in {"E1", "E2", "E3"}]
