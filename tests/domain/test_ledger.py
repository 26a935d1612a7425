"""A finding's way: what may follow what, by whom, and what its history comes to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.domain.ledger import (
    CLOSED,
    PAYLOADS,
    TRANSITIONS,
    Act,
    Entry,
    Standing,
    State,
    closing_act,
    status,
)
from keepuntil.domain.ledger_folding import after, met_by_a_check, standing_of
from keepuntil.domain.ledger_words import (
    WORDS,
    Discovery,
    EvidenceKind,
    ProblemClass,
    Risk,
    RootKind,
    RootLevel,
    Status,
    UnitLevel,
)
from keepuntil.domain.plain_documents import document_of, value_of
from keepuntil.domain.problems import (
    Accountability,
    Assigned,
    Discovered,
    Evidence,
    Extension,
    Feedback,
    Milestone,
    Opened,
    Particulars,
    Payload,
    Reached,
    Remedy,
    Review,
    Said,
)
from keepuntil.errors import ApprovalError, UsageError

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
TODAY = NOW.date()
OWNER, SECOND, THIRD = "E1", "E2", "E3"
BY_AUDIT = Discovered(on=date(2026, 11, 2), how=Discovery.AUDIT, by="A7")
BY_REGULATOR = Discovered(on=date(2026, 11, 9), how=Discovery.REGULATOR, by="NFRA-SH")
PLAN = Remedy(
    goal="gone",
    measures=("look", "delete"),
    owner=OWNER,
    unit="records",
    due_on=date(2026, 12, 1),
    milestones=(Milestone(name="half", due_on=date(2026, 11, 28)),),
)
DOCUMENT = Evidence(kind=EvidenceKind.DOCUMENT, reference="sha256:" + "0" * 64, title="minutes")

GIVEN: dict[Act, Payload] = {
    Act.OPENED: Opened(particulars=Particulars(), discovered=BY_AUDIT),
    Act.SEEN: BY_REGULATOR,
    Act.REOPENED: met_by_a_check(TODAY),
    Act.DESCRIBED: Particulars(risk=Risk.HIGH),
    Act.REMEDY_SET: PLAN,
    Act.ASSIGNED: Assigned(owner=THIRD, unit="branch"),
    Act.MILESTONE_REACHED: Reached(milestone="half"),
    Act.EXTENSION_ASKED: Extension(until=date(2027, 1, 1), reason="budget"),
    Act.EXTENSION_APPROVED: Said(words="yes"),
    Act.EXTENSION_REFUSED: Said(words="no"),
    Act.EVIDENCE_ATTACHED: DOCUMENT,
    Act.CHECK_PASSED: Said(words="passed"),
    Act.REJECTED: Said(words="not all"),
    Act.ACCEPTED: Said(words="seen"),
    Act.WENT: Said(words="not there"),
    Act.HELD_TO_ACCOUNT: Accountability(whom="S9", how="warning", on=TODAY, document="D-1"),
    Act.REGULATOR_ANSWERED: Feedback(document="L-1", on=TODAY),
    Act.REVIEWED: Review(on=TODAY, words="still gone"),
}


def entry(act: Act, person: str | None = OWNER, day: int = 0) -> Entry:
    return Entry(act=act, at=NOW + timedelta(days=day), person=person, payload=GIVEN.get(act))


def came_to(*acts: Act | tuple[Act, str | None]) -> Standing:
    """Where a finding stands that a person opened, after these acts."""
    pairs = [one if isinstance(one, tuple) else (one, OWNER) for one in acts]
    standing = standing_of([entry(Act.OPENED), *(entry(act, person) for act, person in pairs)])
    assert standing is not None
    return standing


TO_DONE = (
    Act.REMEDY_SET,
    Act.MILESTONE_REACHED,
    Act.EVIDENCE_ATTACHED,
    Act.REPORTED_DONE,
)


def test_every_act_has_its_place_and_every_word_its_languages() -> None:
    assert set(TRANSITIONS) | {Act.OPENED} == set(Act)
    assert set(PAYLOADS) == set(GIVEN)
    for words in (
        *(ProblemClass, Discovery, Risk, UnitLevel, RootLevel, RootKind, EvidenceKind, Status),
    ):
        assert {one for one in words if one in WORDS} == set(words)


@given(st.lists(st.tuples(st.sampled_from(Act), st.sampled_from([OWNER, SECOND, THIRD, None]))))
def test_whatever_is_tried_a_finding_moves_by_the_table_or_not_at_all(
    tried: list[tuple[Act, str | None]],
) -> None:
    kept = [entry(Act.OPENED)]
    standing = after(None, kept[0])
    for act, person in tried:
        one = entry(act, person)
        try:
            moved = after(standing, one)
        except (UsageError, ApprovalError):
            continue
        assert TRANSITIONS[act][standing.state] is moved.state
        assert moved.entries == standing.entries + 1
        assert moved.discovered == BY_AUDIT
        assert moved.closed == (moved.closed_at is not None)
        if moved.state is State.ACCEPTED and standing.state is not State.ACCEPTED:
            assert standing.evidence
            assert standing.work is not None
            assert person not in standing.work.owners
        kept.append(one)
        standing = moved
    assert standing_of(kept) == standing


def test_an_act_without_its_place_is_refused_and_the_next_step_said() -> None:
    with pytest.raises(UsageError, match="keepuntil remedy set"):
        after(came_to(), entry(Act.ACCEPTED, SECOND))
    with pytest.raises(UsageError, match="not there"):
        after(None, entry(Act.SEEN))
    with pytest.raises(UsageError, match="does not come with"):
        after(came_to(), Entry(act=Act.REMEDY_SET, at=NOW, person=OWNER))


@pytest.mark.parametrize("act", [Act.ACCEPTED, Act.REJECTED])
def test_who_worked_on_it_is_not_the_second_person(act: Act) -> None:
    done = came_to(
        Act.REMEDY_SET,
        Act.ASSIGNED,
        Act.MILESTONE_REACHED,
        (Act.EVIDENCE_ATTACHED, "E4"),
        (Act.REPORTED_DONE, "E5"),
    )
    for involved in (OWNER, THIRD, "E4", "E5"):
        with pytest.raises(ApprovalError, match="somebody else decides"):
            after(done, entry(act, involved))
    assert after(done, entry(act, SECOND)).work is not None


def test_nobody_gives_themselves_more_time() -> None:
    asked = came_to(Act.REMEDY_SET, (Act.EXTENSION_ASKED, SECOND))
    for involved in (OWNER, SECOND):
        with pytest.raises(ApprovalError):
            after(asked, entry(Act.EXTENSION_APPROVED, involved))
    approved = after(asked, entry(Act.EXTENSION_APPROVED, THIRD)).work
    refused = after(asked, entry(Act.EXTENSION_REFUSED, THIRD)).work
    assert approved is not None
    assert refused is not None
    assert (approved.due_on, refused.due_on) == (date(2027, 1, 1), PLAN.due_on)
    with pytest.raises(UsageError, match="waiting"):
        after(asked, entry(Act.EXTENSION_ASKED, OWNER))


def test_nothing_is_done_without_evidence_and_every_milestone() -> None:
    started = came_to(Act.REMEDY_SET, Act.STARTED)
    with pytest.raises(UsageError, match="Nothing shows"):
        after(started, entry(Act.REPORTED_DONE))
    shown = after(started, entry(Act.EVIDENCE_ATTACHED))
    with pytest.raises(UsageError, match="half"):
        after(shown, entry(Act.REPORTED_DONE))


def test_a_check_that_passed_proves_nothing_once_the_problem_is_met_again() -> None:
    done = came_to(
        Act.REMEDY_SET, Act.MILESTONE_REACHED, (Act.CHECK_PASSED, None), Act.REPORTED_DONE
    )
    met = after(done, entry(Act.SEEN, None))
    with pytest.raises(UsageError, match="Nothing shows"):
        after(met, entry(Act.ACCEPTED, SECOND))
    assert after(done, entry(Act.ACCEPTED, SECOND)).closed


def test_being_late_is_computed_and_said_even_while_more_time_is_asked() -> None:
    late = PLAN.due_on + timedelta(days=1)
    asked = came_to(Act.REMEDY_SET, Act.EXTENSION_ASKED)
    assert [status(asked, day) for day in (PLAN.due_on, late)] == [
        Status.EXTENSION_ASKED,
        Status.OVERDUE,
    ]
    assert status(came_to(*TO_DONE), late) is Status.DONE
    assert status(came_to(), late) is Status.UNPLANNED


def test_who_found_it_first_stands_whoever_finds_it_later() -> None:
    standing = came_to((Act.SEEN, SECOND))
    assert standing.discovered == BY_AUDIT
    assert (standing.regulator_on, standing.before_regulator) == (BY_REGULATOR.on, True)
    later = Entry(
        act=Act.SEEN,
        at=NOW,
        person=SECOND,
        payload=Discovered(on=date(2026, 1, 1), how=Discovery.REGULATOR, by="NFRA-BJ"),
    )
    assert after(standing, later).regulator_on == BY_REGULATOR.on
    first = Opened(particulars=Particulars(), discovered=BY_REGULATOR)
    opened = after(None, Entry(act=Act.OPENED, at=NOW, person=OWNER, payload=first))
    assert (opened.regulator_on, opened.before_regulator) == (BY_REGULATOR.on, False)
    assert came_to().before_regulator is None


def test_only_what_nobody_took_up_goes_by_itself() -> None:
    met = Opened(particulars=Particulars(), discovered=met_by_a_check(TODAY))
    system = after(None, Entry(act=Act.OPENED, at=NOW, person=None, payload=met))
    assert closing_act(system) is Act.WENT
    leaked = Entry(act=Act.DESCRIBED, at=NOW, person=OWNER, payload=Particulars(leaked=True))
    for touched in (
        after(system, entry(Act.REMEDY_SET)),
        after(system, entry(Act.SEEN, SECOND)),
        after(system, leaked),
        came_to(),
    ):
        assert closing_act(touched) is Act.CHECK_PASSED
        assert not after(touched, entry(Act.CHECK_PASSED, None)).closed


def test_what_comes_back_begins_anew_and_forgets_no_discovery() -> None:
    closed = came_to(*TO_DONE, (Act.ACCEPTED, SECOND), Act.HELD_TO_ACCOUNT)
    assert closed.state in CLOSED
    again = after(closed, entry(Act.REOPENED, None, day=9))
    assert (again.state, again.reopened, again.work, again.evidence) == (State.OPEN, 1, None, ())
    assert again.discovered == BY_AUDIT
    assert again.accountability == closed.accountability


@pytest.mark.parametrize("act", sorted(GIVEN))
def test_what_an_act_says_comes_back_from_its_document(act: Act) -> None:
    said = GIVEN[act]
    assert value_of(type(said), document_of(said), where="act") == said


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"riks": "high"}, "'riks' is no field"),
        ({"risk": "grave"}, "high, medium, low"),
        ({"clients": -1}, "whole number"),
        ({"clients": True}, "whole number"),
        ({"leaked": "no"}, "true or false"),
        ({"occurred_from": "yesterday"}, "a date like"),
        ({"documents": "minutes"}, "a list"),
        ({"documents": [{"title": "minutes"}]}, "lacks 'sha256'"),
        (["x"], "keys with their values"),
    ],
)
def test_a_document_that_says_something_else_is_refused_in_words(
    document: object, sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        value_of(Particulars, document, where="problem")


@pytest.mark.parametrize(
    "changes",
    [
        {"measures": ()},
        {"starts_on": date(2027, 1, 1)},
        {"milestones": (Milestone(name="late", due_on=date(2027, 1, 1)),)},
        {"milestones": (Milestone(name="a", due_on=TODAY), Milestone(name="a", due_on=TODAY))},
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    from dataclasses import replace

    plan = replace(PLAN, **changes)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        after(came_to(), Entry(act=Act.REMEDY_SET, at=NOW, person=OWNER, payload=plan))
