"""Entries to a standing, one after the other: what each changes, and whom it is refused to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, date
from typing import Final, TypeVar

from keepuntil.domain.ledger import (
    CLOSED,
    Act,
    Asked,
    Attached,
    Decision,
    Entry,
    Standing,
    State,
    Work,
    refuse_illegal,
)
from keepuntil.domain.ledger_words import Discovery, EvidenceKind
from keepuntil.domain.problems import (
    Accountability,
    Assigned,
    Discovered,
    Evidence,
    Extension,
    Feedback,
    Opened,
    Particulars,
    Payload,
    Reached,
    Remedy,
    Review,
    Said,
)
from keepuntil.errors import ApprovalError, UsageError

SYSTEM: Final = "keepuntil"
"""Who finds what the checks of this program meet."""

Kind = TypeVar("Kind", bound=Payload)


def after(standing: Standing | None, entry: Entry) -> Standing:
    """The standing once an entry is added.

    Raises UsageError for an act that has no place, ApprovalError for one that is not this
    person's to do.
    """
    state = refuse_illegal(standing.state if standing else None, entry)
    if standing is None:
        return _opened(entry)
    changed = _CHANGES.get(entry.act, _nothing)(standing, entry)
    closed_at = entry.at if state in CLOSED else None
    if standing.state in CLOSED and state in CLOSED:
        closed_at = standing.closed_at
    return replace(changed, state=state, entries=standing.entries + 1, closed_at=closed_at)


def standing_of(entries: Iterable[Entry]) -> Standing | None:
    """Where a finding stands after all of its entries; None: there is none."""
    standing: Standing | None = None
    for entry in entries:
        standing = after(standing, entry)
    return standing


def _opened(entry: Entry) -> Standing:
    said = _said(entry, Opened)
    return Standing(
        state=State.OPEN,
        entries=1,
        opened_at=entry.at,
        discovered=said.discovered,
        regulator_on=_regulator(None, said.discovered),
        by_person=entry.person is not None,
        particulars=said.particulars,
    )


def met_by_a_check(entry_at: date) -> Discovered:
    """The discovery of a check that runs by itself."""
    return Discovered(on=entry_at, how=Discovery.SYSTEM, by=SYSTEM)


def _nothing(standing: Standing, _: Entry) -> Standing:
    return standing


def _seen(standing: Standing, entry: Entry) -> Standing:
    regulator = _regulator(standing.regulator_on, _said(entry, Discovered))
    by_person = standing.by_person or entry.person is not None
    return replace(
        standing,
        seen=standing.seen + 1,
        regulator_on=regulator,
        by_person=by_person,
        # A check that passed says nothing any more once the problem was met after it.
        evidence=tuple(
            one for one in standing.evidence if one.evidence.kind is not EvidenceKind.CHECK
        ),
    )


def _reopened(standing: Standing, entry: Entry) -> Standing:
    again = _seen(standing, entry)
    return replace(again, reopened=again.reopened + 1, work=None, evidence=())


def _regulator(known: date | None, discovered: Discovered) -> date | None:
    if known is None and discovered.how is Discovery.REGULATOR:
        return discovered.on
    return known


def _described(standing: Standing, entry: Entry) -> Standing:
    said = _said(entry, Particulars)
    told = ((each.name, getattr(said, each.name)) for each in fields(said))
    newer = {name: value for name, value in told if value is not None}
    return replace(standing, particulars=replace(standing.particulars, **newer))


def _remedy_set(standing: Standing, entry: Entry) -> Standing:
    remedy = _said(entry, Remedy)
    names = [each.name for each in remedy.milestones]
    if len(set(names)) < len(names):
        raise UsageError("Two milestones have the same name; give each its own.")
    if any(each.due_on > remedy.due_on for each in remedy.milestones):
        raise UsageError(f"A milestone lies after the last day, {remedy.due_on}.")
    if remedy.starts_on is not None and remedy.starts_on > remedy.due_on:
        raise UsageError(f"The remedy would begin after its last day, {remedy.due_on}.")
    if not remedy.measures:
        raise UsageError("Say at least one measure.")
    owners = frozenset({remedy.owner})
    return replace(standing, work=Work(remedy=remedy, due_on=remedy.due_on, owners=owners))


def _assigned(standing: Standing, entry: Entry) -> Standing:
    said, work = _said(entry, Assigned), _work(standing)
    remedy = replace(work.remedy, owner=said.owner, unit=said.unit)
    return _with(standing, replace(work, remedy=remedy, owners=work.owners | {said.owner}))


def _reached(standing: Standing, entry: Entry) -> Standing:
    name, work = _said(entry, Reached).milestone, _work(standing)
    planned = [each.name for each in work.remedy.milestones]
    if name not in planned:
        raise UsageError(
            f"There is no milestone '{name}'. There are: {', '.join(planned) or 'none'}."
        )
    if name in work.reached:
        raise UsageError(f"The milestone '{name}' was reached on {work.reached[name]:%Y-%m-%d}.")
    return _with(standing, replace(work, reached={**work.reached, name: entry.at}))


def _extension_asked(standing: Standing, entry: Entry) -> Standing:
    said, work = _said(entry, Extension), _work(standing)
    if work.waiting is not None:
        raise UsageError(
            "An extension is waiting for its decision (keepuntil remedy decide-extension)."
        )
    if said.until <= work.due_on:
        raise UsageError(f"The last day is {work.due_on} already; ask for a later one.")
    asked = Asked(extension=said, by=_person(entry))
    return _with(standing, replace(work, asked=(*work.asked, asked)))


def _decided(standing: Standing, entry: Entry) -> Standing:
    work, waiting = _work(standing), _work(standing).waiting
    if waiting is None:
        raise UsageError("Nobody has asked for an extension (keepuntil remedy extend).")
    _refuse_own(entry, work.owners | {waiting.by}, "answers for this remedy or asked for more time")
    approved = entry.act is Act.EXTENSION_APPROVED
    decided = replace(waiting, approved=approved, decided=_decision(entry))
    asked = tuple(decided if one is waiting else one for one in work.asked)
    due_on = waiting.extension.until if approved else work.due_on
    return _with(standing, replace(work, asked=asked, due_on=due_on))


def _attached(standing: Standing, entry: Entry) -> Standing:
    return _with_evidence(standing, entry, _said(entry, Evidence))


def _check_passed(standing: Standing, entry: Entry) -> Standing:
    words = _said(entry, Said).words
    evidence = Evidence(kind=EvidenceKind.CHECK, reference=entry.act.value, title=words)
    return _with_evidence(standing, entry, evidence)


def _with_evidence(standing: Standing, entry: Entry, evidence: Evidence) -> Standing:
    attached = Attached(evidence=evidence, by=entry.person, at=entry.at)
    return replace(standing, evidence=(*standing.evidence, attached))


def _reported_done(standing: Standing, entry: Entry) -> Standing:
    work = _work(standing)
    _refuse_unproved(standing)
    left = [each.name for each in work.remedy.milestones if each.name not in work.reached]
    if left:
        raise UsageError(f"These milestones are not reached: {', '.join(left)}.")
    if work.waiting is not None:
        raise UsageError(
            "An extension is waiting for its decision (keepuntil remedy decide-extension)."
        )
    return _with(standing, replace(work, reported_by=_person(entry)))


def _rejected(standing: Standing, entry: Entry) -> Standing:
    work = _work(standing)
    _refuse_worker(standing, entry)
    rejected = (*work.rejected, _decision(entry))
    return _with(standing, replace(work, rejected=rejected, reported_by=None))


def _accepted(standing: Standing, entry: Entry) -> Standing:
    _refuse_worker(standing, entry)
    _refuse_unproved(standing)
    return _with(standing, replace(_work(standing), accepted=_decision(entry)))


def _accounted(standing: Standing, entry: Entry) -> Standing:
    said = _said(entry, Accountability)
    return replace(standing, accountability=(*standing.accountability, said))


def _answered(standing: Standing, entry: Entry) -> Standing:
    return replace(standing, feedback=(*standing.feedback, _said(entry, Feedback)))


def _reviewed(standing: Standing, entry: Entry) -> Standing:
    _refuse_own(entry, _work(standing).owners, "answers for this remedy")
    return replace(standing, reviews=(*standing.reviews, _said(entry, Review)))


_CHANGES: Final[Mapping[Act, Callable[[Standing, Entry], Standing]]] = {
    Act.SEEN: _seen,
    Act.REOPENED: _reopened,
    Act.DESCRIBED: _described,
    Act.REMEDY_SET: _remedy_set,
    Act.ASSIGNED: _assigned,
    Act.MILESTONE_REACHED: _reached,
    Act.EXTENSION_ASKED: _extension_asked,
    Act.EXTENSION_APPROVED: _decided,
    Act.EXTENSION_REFUSED: _decided,
    Act.EVIDENCE_ATTACHED: _attached,
    Act.CHECK_PASSED: _check_passed,
    Act.WENT: _check_passed,
    Act.REPORTED_DONE: _reported_done,
    Act.REJECTED: _rejected,
    Act.ACCEPTED: _accepted,
    Act.HELD_TO_ACCOUNT: _accounted,
    Act.REGULATOR_ANSWERED: _answered,
    Act.REVIEWED: _reviewed,
}


def _refuse_worker(standing: Standing, entry: Entry) -> None:
    """Whoever did the work, reported it or brought the evidence is not the second person."""
    work = _work(standing)
    brought = {one.by for one in standing.evidence if one.by is not None}
    _refuse_own(
        entry,
        work.owners | brought | {work.reported_by or ""},
        "answers for this remedy, reported it done or brought its evidence",
    )


def _refuse_unproved(standing: Standing) -> None:
    if not standing.evidence:
        raise UsageError(
            "Nothing shows that it is done: attach a certificate, a sample, a check that passes"
            " or a document (keepuntil remedy evidence)."
        )


def _refuse_own(entry: Entry, involved: frozenset[str] | set[str], why: str) -> None:
    if _person(entry) in involved:
        raise ApprovalError(f"{entry.person} {why}, so somebody else decides.")


def _with(standing: Standing, work: Work) -> Standing:
    return replace(standing, work=work)


def _work(standing: Standing) -> Work:
    if standing.work is None:
        raise UsageError("Nobody has said yet what will be done (keepuntil remedy set).")
    return standing.work


def _person(entry: Entry) -> str:
    if entry.person is None:
        raise UsageError(f"'{entry.act}' is a person's to do.")
    return entry.person


def _decision(entry: Entry) -> Decision:
    return Decision(by=_person(entry), at=entry.at.astimezone(UTC), words=_said(entry, Said).words)


def _said(entry: Entry, kind: type[Kind]) -> Kind:
    if not isinstance(entry.payload, kind):
        raise UsageError(f"'{entry.act}' does not come with what was given.")
    return entry.payload
