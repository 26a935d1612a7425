"""What one rule has to be to make sense, beyond each key by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from keepuntil.domain.categories import ApprovalKind, Rule, form_of
from keepuntil.domain.people import Person
from keepuntil.domain.periods import add
from keepuntil.domain.working_days import WorkingDays
from keepuntil.rules.confirmations import lint_confirmations
from keepuntil.rules.document import Document, Path
from keepuntil.rules.lint_clock import lint_clock
from keepuntil.rules.lint_instances import lint_instances
from keepuntil.rules.problems import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the rules of a folder may name."""

    people: Sequence[Person] | None
    """None: the file could not be read, so nothing is said about roles."""
    calendars: Mapping[str, WorkingDays | None]
    """None: there is such a calendar, and it could not be read."""


def lint(document: Document, rule: Rule, around: Surroundings, today: date | None) -> None:
    """Note everything about a rule that contradicts itself or what surrounds it.

    ``today`` is for the date of review; None leaves that out.
    """
    _named_like_its_file(document, rule)
    _in_force(document, rule, today)
    lint_clock(document, rule)
    lint_confirmations(document, rule, around.people, today)
    _calendar_known(document, rule, around.calendars)
    lint_instances(document, rule)
    _forms(document, rule)
    _approvals(document, rule, around.people)
    _appraisal(document, rule, around.people)
    _witnesses(document, rule, around.people)
    _within_reason(document, rule)


def _named_like_its_file(document: Document, rule: Rule) -> None:
    stem = PurePosixPath(document.file).stem
    if stem != rule.category:
        document.note_at(
            ("category",),
            f"The file of this category is named {rule.category}.yaml, and this is {stem}.yaml: "
            "one rule a file, found by its name.",
        )


def _in_force(document: Document, rule: Rule, today: date | None) -> None:
    if rule.review_by <= rule.effective_from:
        document.note_at(("effective", "review_by"), "The review comes after the rule is in force.")
    if today is None:
        return
    if today > rule.review_by:
        document.warn_at(("effective", "review_by"), f"The review was due by {rule.review_by}.")
    if today < rule.effective_from:
        document.warn_at(
            ("effective", "from"),
            f"The rule is in force from {rule.effective_from}; before that nothing is due.",
        )


def _calendar_known(
    document: Document, rule: Rule, calendars: Mapping[str, WorkingDays | None]
) -> None:
    name = rule.clock.calendar
    if name is not None and name not in calendars:
        document.note_at(
            ("clock", "calendar"),
            f"There is no calendars/{name}.yaml.{nearest(name, calendars)}",
        )


def _forms(document: Document, rule: Rule) -> None:
    """Whoever says what a category exists as has not forgotten where it does."""
    if not rule.forms:
        return
    for instance in rule.instances:
        form = form_of(instance)
        if form not in rule.forms:
            document.note_at_key(
                ("forms",),
                f"'forms' leaves out {form.value}, and that is what instance '{instance.id}' is.",
            )


def _approvals(document: Document, rule: Rule, people: Sequence[Person] | None) -> None:
    disposition = rule.disposition
    roles = disposition.approver_roles
    path = ("disposition", "roles")
    match disposition.approval:
        case ApprovalKind.NONE if roles:
            document.note_at_key(path, "'roles' has no meaning where approval is none.")
        case ApprovalKind.OWNER if len(roles) != 1:
            document.note_at_key(path, "Approval by the owner names one role in 'roles'.")
        case ApprovalKind.DUAL if len(roles) < len(("proposer", "approver")):
            document.note_at_key(
                path, "Dual approval names two roles in 'roles', each given by another person."
            )
        case ApprovalKind.NONE:
            pass
        case _ if people is not None:
            _people_for(document, "roles", roles, people)
        case _:
            pass


def _appraisal(document: Document, rule: Rule, people: Sequence[Person] | None) -> None:
    roles = rule.disposition.appraised_by
    path = ("disposition", "appraised_by")
    _each_once(document, path, roles)
    if roles and people is not None:
        _people_for(document, "appraised_by", roles, people)


def _witnesses(document: Document, rule: Rule, people: Sequence[Person] | None) -> None:
    """Whoever witnesses electronic destruction acts for a department that has people."""
    departments = rule.disposition.witness_departments
    path = ("disposition", "witness_departments")
    _each_once(document, path, departments)
    if departments and not rule.electronic:
        document.note_at_key(
            path,
            "Here 'witness_departments' is for electronic copies, and the rule has none: paper "
            "names its own in its instance.",
        )
    units = {person.unit for person in people or ()}
    for at, department in enumerate(departments if people is not None else ()):
        if department not in units:
            document.note_at(
                (*path, at),
                f"Nobody in people.yaml belongs to the unit '{department}', so nobody could "
                f"witness for it.{nearest(department, units)}",
            )


def _each_once(document: Document, path: Path, words: Sequence[str]) -> None:
    for at, word in enumerate(words):
        if word in words[:at]:
            document.note_at((*path, at), f"'{word}' is named twice.")


def _people_for(
    document: Document, key: str, roles: Sequence[str], people: Sequence[Person]
) -> None:
    known = {role for person in people for role in person.roles}
    path = ("disposition", key)
    unknown = [(at, role) for at, role in enumerate(roles) if role not in known]
    for at, role in unknown:
        document.note_at(
            (*path, at),
            f"Nobody in people.yaml has the role '{role}'.{nearest(role, known)}",
        )
    if unknown:
        return
    if not _distinct(roles, people):
        document.note_at_key(
            path, "people.yaml has not enough people to give each role another one."
        )
    elif not _distinct(roles, [person for person in people if person.public_key is not None]):
        document.warn_at(
            path, "Too few of the people with these roles have a public key: nobody could sign."
        )


def _distinct(roles: Sequence[str], people: Sequence[Person]) -> bool:
    """Whether every role can be given by a person of its own."""
    if not roles:
        return True
    return any(
        _distinct(roles[1:], [other for other in people if other.id != person.id])
        for person in people
        if roles[0] in person.roles
    )


def _within_reason(document: Document, rule: Rule) -> None:
    disposition, nightly = rule.disposition, rule.nightly
    if disposition.limits.share == 1:
        document.warn_at(
            ("disposition", "limits", "share"),
            "A share of 100% is no limit: one wrong date could empty the place.",
        )
    cooling_off = disposition.cooling_off
    epoch = rule.effective_from
    if cooling_off and add(epoch, cooling_off) >= add(epoch, disposition.approval_expires_after):
        document.note_at(
            ("disposition", "cooling_off"),
            "Approvals expire before they have cooled off: nothing could ever be destroyed.",
        )
    if nightly.until == nightly.at:
        document.note_at(("nightly", "until"), "The run ends the minute it begins.")
