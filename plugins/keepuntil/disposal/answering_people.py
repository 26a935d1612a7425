"""What one person is told of their records: for each place how many, what happens, when, why.

Reading is written down first. Nothing here destroys: what is due goes on the road like
everything else, and what an answer says follows from the rules, the holds and the day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.recorded_reads import EVERY_CATEGORY, record_read
from keepuntil.disposal.subject_records import FoundCopy, copies_of, findable, unreached
from keepuntil.domain.categories import Obligation, Rule, Text
from keepuntil.domain.clock import Endless
from keepuntil.domain.decision import Decision, Doubt, Due, Keep, Undetermined
from keepuntil.domain.reckoning import reckon
from keepuntil.domain.requests_of_people import AnswerKind, AnswerLine
from keepuntil.errors import UsageError
from keepuntil.rules.confirmations import deciding

_NOT_BEGUN = frozenset({Doubt.MISSING_TRIGGER, Doubt.FUTURE_TRIGGER})


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSearched:
    """A place in which nobody can tell whose a copy is: the answer says so."""

    category: str
    title: Text
    instance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Nothing is left in a category, and a run of it was certified when that was first seen."""

    category: str
    certificate_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything that can be said on one day."""

    lines: tuple[AnswerLine, ...]
    not_searched: tuple[NotSearched, ...]
    ended: tuple[Ended, ...] = ()
    """The categories in which nothing is left any more."""

    @property
    def document(self) -> dict[str, object]:
        """The answer for canonical JSON: counts, days and laws, nobody's records."""
        return {
            "ended": [asdict(each) for each in self.ended],
            "lines": [_plain(asdict(line)) for line in self.lines],
            "notSearched": [asdict(each) for each in self.not_searched],
        }


def answer_of(document: Mapping[str, Any]) -> Answer:
    """The answer that such a document is of."""
    return Answer(
        lines=tuple(_line(each) for each in document["lines"]),
        not_searched=tuple(
            NotSearched(**{**each, "title": Text(**each["title"])})
            for each in document["notSearched"]
        ),
        ended=tuple(Ended(**each) for each in document["ended"]),
    )


def answer(
    installation: Installation,
    subject: str,
    *,
    received_on: date,
    as_of: date | None,
    by: str,
    verb: str,
) -> Answer:
    """Look for a person's records in every place that can be asked, and say what happens to them.

    ``as_of`` None: today, in each rule's own zone.
    Raises StoreMismatch, StoreUnreachable: an answer that leaves a store out is none.
    """
    record_read(installation, by=by, verb=verb, category=EVERY_CATEGORY, subject=subject)
    rules = installation.schedule.rules
    lines = [
        line
        for rule in rules
        for line in _lines_of(
            installation, rule, subject, received_on, as_of or installation.today(rule)
        )
    ]
    return Answer(lines=tuple(lines), not_searched=tuple(_not_searched(rules)))


def refuse_nothing_to_search(installation: Installation) -> None:
    """Raise UsageError where no rule says whose its copies are: an empty answer would be a lie."""
    if not any(findable(rule) for rule in installation.schedule.rules):
        raise UsageError(
            "No rule says whose its records are, so nobody's can be found. Name the column or "
            "pattern in the rules' instances: subject: customer_no (docs/requests.md)."
        )


def _not_searched(rules: Sequence[Rule]) -> Iterator[NotSearched]:
    for rule in rules:
        for instance in unreached(rule):
            yield NotSearched(category=rule.category, title=rule.title, instance=instance.id)


@dataclass(frozen=True, slots=True)
class _Fate:
    """What several copies may have in common."""

    instance: str
    kind: AnswerKind
    until: date | None = None
    event: str | None = None
    also_held: bool = False


def _lines_of(
    installation: Installation, rule: Rule, subject: str, received_on: date, as_of: date
) -> Iterator[AnswerLine]:
    because = tuple(each.cite for each in deciding(rule, Obligation.KEEP))
    fates = Counter(
        _fate(installation, copy, received_on, as_of)
        for copy in copies_of(installation, rule, subject, as_of)
    )
    for fate, records in sorted(fates.items(), key=lambda item: repr(item[0])):
        yield AnswerLine(
            category=rule.category,
            title=rule.title,
            instance=fate.instance,
            kind=fate.kind,
            records=records,
            until=fate.until,
            because=because,
            event=fate.event,
            also_held=fate.also_held,
            owner=rule.owner.unit,
        )


def _fate(installation: Installation, copy: FoundCopy, received_on: date, as_of: date) -> _Fate:
    name, held = copy.instance.id, bool(copy.held_by)
    if isinstance(copy.decision, Due):
        return _Fate(name, AnswerKind.HELD if held else AnswerKind.NEXT_RUN)
    event = copy.rule.erase_event
    if event is not None and dict(copy.facts).get(event, True) is None:
        kind, until = _once_entered(installation, copy, event, received_on, as_of)
        return _Fate(name, kind, until, event, held)
    kind, until, waits_for = _undue(copy.decision)
    return _Fate(name, kind, until, waits_for, held)


def _undue(decision: Decision) -> tuple[AnswerKind, date | None, str | None]:
    match decision:
        case Keep(until=None):
            return AnswerKind.NO_END, None, None
        case Keep(until=until):
            return AnswerKind.NOT_YET, until, None
        case Undetermined(doubt=doubt, event=event) if doubt in _NOT_BEGUN:
            return AnswerKind.NOT_BEGUN, None, event
        case _:
            return AnswerKind.NOT_COMPUTABLE, None, None


def _once_entered(
    installation: Installation, copy: FoundCopy, event: str, received_on: date, as_of: date
) -> tuple[AnswerKind, date | None]:
    """When the copy is due once its owner has entered that the person asked."""
    reckoned = reckon(
        copy.rule,
        dict(copy.facts) | {event: received_on},
        as_of=max(as_of, received_on),
        working_days=installation.schedule.working_days(copy.rule),
    )
    if isinstance(reckoned, Endless):
        return AnswerKind.NO_END, None
    if isinstance(reckoned, Undetermined):
        return AnswerKind.NOT_COMPUTABLE, None
    return AnswerKind.AWAITS_EVENT, reckoned.due_on


def _plain(written: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, date) else _listed(value)
        for name, value in written.items()
    }


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _line(written: Mapping[str, Any]) -> AnswerLine:
    given = {each.name: written[each.name] for each in fields(AnswerLine)}
    return AnswerLine(
        **{
            **given,
            "title": Text(**given["title"]),
            "kind": AnswerKind(given["kind"]),
            "until": given["until"] and date.fromisoformat(given["until"]),
            "because": tuple(given["because"]),
        }
    )
