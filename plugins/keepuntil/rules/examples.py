"""The owner's examples: what certain dates must come to. Run on every load."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from keepuntil.domain.categories import Rule
from keepuntil.domain.clock import Endless, Fact, Reckoning
from keepuntil.domain.decision import Doubt, Undetermined
from keepuntil.domain.reckoning import reckon
from keepuntil.domain.working_days import WorkingDays
from keepuntil.rules.document import Document, Path
from keepuntil.rules.problems import nearest, quoted

Example = Mapping[str, bool | date | str]

DATES: Final = ("retain_until", "due_on", "delete_by")
EXPECTATIONS: Final = (*DATES, "no_end", "undetermined")
AS_OF: Final = "as_of"


def run_examples(
    document: Document, rule: Rule, examples: Sequence[Example], working_days: WorkingDays | None
) -> None:
    """Note every example that the clock contradicts, with what it comes to instead.

    An event left out did not happen, and a flag left out is false. ``as_of`` left out is
    the latest day the example names.
    """
    for at, example in enumerate(examples):
        path = ("examples", at)
        if _understood(document, path, rule, example):
            _run(document, path, rule, example, working_days)


def _understood(document: Document, path: Path, rule: Rule, example: Example) -> bool:
    before = len(document.problems)
    known = (*rule.clock.events, *EXPECTATIONS, AS_OF)
    for key, value in example.items():
        if key not in known:
            document.note_at_key(
                (*path, key),
                f"{quoted(key)} is no event of the clock.{nearest(key, known)}",
            )
        elif (wanted := _wanted(rule, key, value)) is not None:
            document.note_at((*path, key), f"'{key}' is {wanted} here.")
    if not set(EXPECTATIONS) & set(example):
        document.note_at(
            path, f"The example expects nothing: add one of {', '.join(EXPECTATIONS)}."
        )
    return len(document.problems) == before


def _wanted(rule: Rule, key: str, value: bool | date | str) -> str | None:
    """What should have stood there, or None when the value is of the right kind."""
    if key == "undetermined":
        doubts = [doubt.value for doubt in Doubt]
        return None if value in doubts else f"one of {', '.join(doubts)}"
    if key == "no_end":
        return None if value is True else "true"
    if key in rule.clock.flags:
        return None if isinstance(value, bool) else "true or false"
    if key == rule.clock.restrict_from and isinstance(value, bool):
        return None
    return None if isinstance(value, date) else "a day, YYYY-MM-DD"


def _run(
    document: Document, path: Path, rule: Rule, example: Example, working_days: WorkingDays | None
) -> None:
    facts: dict[str, Fact] = dict.fromkeys(rule.clock.flags, False)
    for event in rule.clock.events:
        value = example.get(event)
        if isinstance(value, bool | date):
            facts[event] = value
    days = [value for value in example.values() if isinstance(value, date)]
    as_of = example.get(AS_OF, max(days, default=rule.effective_from))
    if not isinstance(as_of, date):
        return
    found = _found(reckon(rule, facts, as_of=as_of, working_days=working_days))
    for key in EXPECTATIONS:
        if key in example and found.get(key) != _text(example[key]):
            document.note_at(
                (*path, key),
                f"The example says {key} {_text(example[key])}; {_instead(key, found)}.",
            )


def _found(answer: Reckoning | Endless | Undetermined) -> dict[str, str]:
    match answer:
        case Reckoning():
            found = {key: getattr(answer, key) for key in DATES}
            return {key: str(day) for key, day in found.items() if day is not None}
        case Endless():
            return {"no_end": "true"}
        case Undetermined():
            return {"undetermined": answer.doubt.value, "event": answer.event}


def _instead(key: str, found: Mapping[str, str]) -> str:
    if key in found:
        return f"the clock says {found[key]}"
    if "undetermined" in found:
        return f"the clock cannot be computed: {found['undetermined']} ({found['event']})"
    if "no_end" in found:
        return "the clock names no end"
    said = ", ".join(f"{name} {day}" for name, day in found.items())
    return f"the clock says {said}"


def _text(value: bool | date | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
