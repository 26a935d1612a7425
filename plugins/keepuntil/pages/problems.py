"""Which findings an address asks for, and which of them the person may see.

A finding is for whoever sees its category or unit, and for the people who found it or have
answered for its remedy. What no unit owns is for those who see every unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Query

from keepuntil.domain.ledger_words import ProblemClass, Status
from keepuntil.errors import AccessRefused
from keepuntil.oversight.ledger import Case, Selection, case_of, cases
from keepuntil.pages.visiting import Visit
from keepuntil.register import findings

Word = TypeVar("Word", bound=StrEnum)


class Shown(StrEnum):
    """Whether findings are wanted that are open, closed, or both."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the query string of a list asks for; what it does not name is not asked for."""

    kind: str
    problem_class: ProblemClass | None
    unit: str
    status: Status | None
    shown: Shown

    @property
    def selection(self) -> Selection:
        """Asked for by its status, a finding may be open or closed."""
        either = self.shown is Shown.ALL or self.status is not None
        return Selection(
            kind=self.kind or None,
            problem_class=self.problem_class,
            unit=self.unit or None,
            status=self.status,
            closed=None if either else self.shown is Shown.CLOSED,
        )

    def query(self, **more: object) -> str:
        """The query string that asks for the same again."""
        said = {
            "class": self.problem_class,
            "kind": self.kind,
            "unit": self.unit,
            "status": self.status,
            "shown": "" if self.shown is Shown.OPEN else self.shown,
        }
        return urlencode({name: str(each) for name, each in (said | more).items() if each})


def chosen(
    kind: str = "",
    problem_class: Annotated[str, Query(alias="class")] = "",
    unit: str = "",
    status: str = "",
    shown: str = "",
) -> Chosen:
    """Read from an address; a word that is none asks for nothing."""
    return Chosen(
        kind=kind.strip(),
        problem_class=_word(ProblemClass, problem_class),
        unit=unit.strip(),
        status=_word(Status, status),
        shown=_word(Shown, shown) or Shown.OPEN,
    )


def _word(kind: type[Word], text: str) -> Word | None:
    return kind(text) if text in list(kind) else None


def seen(visit: Visit, found: Iterable[Case]) -> list[Case]:
    """Those that the person may see."""
    categories = visit.categories
    return [case for case in found if categories is None or _is_seen(visit, categories, case)]


def _is_seen(visit: Visit, categories: frozenset[str], case: Case) -> bool:
    work = case.standing.work
    units = {case.standing.particulars.unit, work.remedy.unit if work else None}
    people = {case.standing.discovered.by, *(work.owners if work else ())}
    return case.category in categories or visit.person.unit in units or visit.person.id in people


def cases_chosen(visit: Visit, wanted: Selection) -> list[Case]:
    """The findings that were asked for and may be seen, the newest first."""
    found = cases(visit.installation, visit.installation.now().date(), wanted)
    return seen(visit, reversed(found))


def case_seen(visit: Visit, number: int) -> Case:
    """One finding. Raises RegisterError, AccessRefused."""
    register = visit.installation.register
    finding, standing = findings.load(register, number), findings.standing(register, number)
    case = case_of(visit.installation, finding, standing, visit.installation.now().date())
    if not seen(visit, [case]):
        raise AccessRefused(
            f"{visit.person.id} may not see finding {number}: it is another unit's."
        )
    return case
