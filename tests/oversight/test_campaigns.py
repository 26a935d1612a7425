"""A campaign from its template to the figures of its report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal.installation import Installation
from keepuntil.domain.campaigns import (
    Answer,
    AnswerWord,
    CampaignAct,
    PackDrawn,
    PlaceGiven,
    Progress,
)
from keepuntil.domain.ledger_words import Discovery, ProblemClass
from keepuntil.domain.problems import Discovered, Opened, Particulars
from keepuntil.errors import ApprovalError, RuleError, UsageError
from keepuntil.oversight import acting, campaigns
from keepuntil.oversight.campaigns import CampaignSummary, Moment
from keepuntil.oversight.sampling import Wanted
from keepuntil.register import campaigns as register_campaigns
from keepuntil.register import ledger, log

PLACES = ("shanghai/retail", "beijing")
DELETION = (ProblemClass.DELETION,)
QUESTIONS = ("deletion_covered", "deletion_carried_out", "deletion_paper")
YES = AnswerWord.YES


@pytest.fixture
def bank(world: World) -> Iterator[Installation]:
    with world.open() as installation:
        yield installation


def started(bank: Installation, **changes: Any) -> str:
    given = {"places": PLACES, "starts_on": AS_OF, "classes": DELETION, "by": "E1", **changes}
    template = campaigns.read_template("notice")
    return campaigns.start(bank, template, **given).campaign_id


def assigned(bank: Installation) -> str:
    name = started(bank)
    for place, person in zip(PLACES, ("E1", "E2"), strict=True):
        given = PlaceGiven(place=place, person=person)
        campaigns.take(bank, name, CampaignAct.ASSIGNED, given, by="E3")
    return name


def answered(
    bank: Installation, name: str, place: str, question: str, answer: AnswerWord, **more: Any
) -> Progress:
    by = more.pop("by", dict(zip(PLACES, ("E1", "E2"), strict=True)).get(place, "E3"))
    said = Answer(place=place, question=question, answer=answer, **more)
    return campaigns.take(bank, name, CampaignAct.ANSWERED, said, by=by)


def problem(bank: Installation, unit: str = "shanghai", on: date = AS_OF, **more: Any) -> int:
    found = Discovered(on=on, how=Discovery.SELF_EXAMINATION, by="E1")
    said = Particulars(
        problem_class=ProblemClass.DELETION, description="left on a share", unit=unit, **more
    )
    return acting.report(bank, Opened(particulars=said, discovered=found), by="E1")


def summary(bank: Installation, name: str, today: date = AS_OF) -> CampaignSummary:
    return campaigns.summary(bank, name, today)


def test_the_shipped_template_has_the_three_phases_and_all_seven_classes(
    bank: Installation,
) -> None:
    template = campaigns.read_template("notice")
    assert {one.problem_class for one in template.questions} == set(ProblemClass)
    name = started(bank, starts_on=date(2022, 8, 1))
    seen = summary(bank, name, date(2022, 11, 5)).phases
    assert [(one.begins_on, one.ends_on, one.moment) for one in seen] == [
        (date(2022, 8, 1), date(2022, 10, 1), Moment.OVER),
        (date(2022, 9, 1), date(2022, 12, 1), Moment.RUNNING),
        (date(2022, 11, 1), date(2022, 12, 2), Moment.RUNNING),
    ]
    assert summary(bank, name, date(2022, 7, 31)).phases[0].moment is Moment.AHEAD


def test_only_who_a_place_is_given_to_answers_for_it(bank: Installation) -> None:
    name = started(bank)
    with pytest.raises(ApprovalError, match="nobody yet"):
        answered(bank, name, PLACES[0], QUESTIONS[0], YES)
    name = assigned(bank)
    with pytest.raises(ApprovalError, match="given to E1"):
        answered(bank, name, PLACES[0], QUESTIONS[0], YES, by="E2")
    answered(bank, name, PLACES[0], QUESTIONS[0], YES)


def test_a_no_names_its_problem(bank: Installation) -> None:
    name, place = assigned(bank), PLACES[0]
    with pytest.raises(UsageError, match="A no is a problem"):
        answered(bank, name, place, QUESTIONS[0], AnswerWord.NO)
    with pytest.raises(UsageError, match="no finding 7"):
        answered(bank, name, place, QUESTIONS[0], AnswerWord.NO, finding=7)
    with pytest.raises(UsageError, match="--note"):
        answered(bank, name, place, QUESTIONS[0], AnswerWord.NOT_APPLICABLE)
    answered(bank, name, place, QUESTIONS[0], AnswerWord.NO, finding=problem(bank))


@pytest.mark.parametrize(
    ("place", "question"), [("paris", QUESTIONS[0]), (PLACES[0], "use_restricted")]
)
def test_what_is_not_asked_is_not_answered(bank: Installation, place: str, question: str) -> None:
    with pytest.raises(UsageError, match=r"is no (place|question)"):
        answered(bank, assigned(bank), place, question, YES, by="E1")


def test_the_matrix_has_every_cell_and_the_newest_answer_counts(bank: Installation) -> None:
    name = assigned(bank)
    assert [share.open for share in summary(bank, name).matrix] == [3, 3]
    answered(bank, name, PLACES[0], QUESTIONS[0], AnswerWord.NO, finding=problem(bank))
    answered(bank, name, PLACES[0], QUESTIONS[0], YES)
    answered(bank, name, PLACES[0], QUESTIONS[1], AnswerWord.NOT_APPLICABLE, note="no data")
    first, second = summary(bank, name).matrix
    assert (first.yes, first.no, first.not_applicable, first.open) == (1, 0, 1, 1)
    assert (second.person, second.open) == ("E2", 3)
    acts = [line.act for line in ledger.lines(bank.register, f"campaign/{name}")]
    assert acts == ["started", "assigned", "assigned", "answered", "answered", "answered"]


def test_it_ends_when_everything_is_answered_and_then_for_good(bank: Installation) -> None:
    name = assigned(bank)
    with pytest.raises(UsageError, match="6 questions are not answered"):
        campaigns.take(bank, name, CampaignAct.CLOSED, by="E3")
    for place in PLACES:
        for question in QUESTIONS:
            answered(bank, name, place, question, YES)
    campaigns.take(bank, name, CampaignAct.CLOSED, by="E3")
    assert summary(bank, name).closed
    with pytest.raises(UsageError, match="was closed on"):
        answered(bank, name, PLACES[0], QUESTIONS[0], YES)


def test_its_problems_are_those_answers_name_and_those_found_there_and_then(
    bank: Installation,
) -> None:
    name = assigned(bank)
    there = problem(bank, clients=5)
    problem(bank, unit="guangzhou")
    problem(bank, on=AS_OF - timedelta(days=1))
    named = problem(bank, unit="head-office")
    answered(bank, name, PLACES[0], QUESTIONS[0], AnswerWord.NO, finding=named)
    seen = summary(bank, name)
    assert seen.findings == (there, named)
    assert (seen.ledger.total.found, seen.ledger.clients) == (2, 5)


def test_a_pack_is_drawn_once_by_the_head_of_the_log(world: World, bank: Installation) -> None:
    world.issue_many(3, year=2016)
    certificate = world.whole_road(bank).certificate_id
    name = started(bank)
    pack = campaigns.draw(bank, name, certificate, Wanted(size=2), by="E3")
    assert log.find(bank.register, "sample", pack.sample_id) is not None
    with pytest.raises(UsageError, match="was sampled for this campaign"):
        campaigns.draw(bank, name, certificate, Wanted(size=2), by="E3")
    (seen,) = summary(bank, name).packs
    assert (seen.certificate_id, seen.drawn, seen.verdict) == (certificate, 2, None)
    assert isinstance(pack, PackDrawn)


def test_every_act_is_in_the_log_and_no_note_in_clear(world: World, bank: Installation) -> None:
    name = assigned(bank)
    answered(bank, name, PLACES[0], QUESTIONS[0], YES, note="Planted note")
    entered = [
        entry.subject
        for entry in log.entries(bank.register, 0, log.size(bank.register))
        if entry.kind == "ledger"
    ]
    assert entered == [f"campaign/{name}/{seq}" for seq in range(1, 5)]
    for folder in (world.home / "log", world.home):
        for path in folder.glob("*"):
            assert not path.is_file() or b"Planted note" not in path.read_bytes()


def test_a_campaign_that_asks_nobody_or_nothing_is_refused(
    bank: Installation, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="at least one place"):
        started(bank, places=())
    with pytest.raises(UsageError, match="twice"):
        started(bank, places=("a", "a"))
    with pytest.raises(ApprovalError):
        started(bank, by="E9")
    with pytest.raises(UsageError, match="notice"):
        campaigns.read_template("nothing")
    template = campaigns.read_template("notice")
    backwards = replace(template.phases[0], begins="P9M")
    with pytest.raises(UsageError, match="before it begins"):
        campaigns.start(
            bank,
            replace(template, phases=(backwards,)),
            places=PLACES,
            starts_on=AS_OF,
            by="E1",
        )
    (tmp_path / "mine.yaml").write_text("title: [\n")
    with pytest.raises(RuleError, match=r"mine\.yaml"):
        campaigns.read_template(str(tmp_path / "mine.yaml"))


def test_campaigns_are_found_by_the_beginning_of_their_name(bank: Installation) -> None:
    name = started(bank)
    assert summary(bank, name[:6]).campaign_id == name
    assert [one.campaign_id for one in register_campaigns.everything(bank.register)] == [name]
