"""One request: who asks, what they may see of which installation, in which language."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from keepuntil.disposal.installation import Installation, Resolve, utc_now
from keepuntil.disposal.references import resolve_reference
from keepuntil.domain.access import Right, begun, may, sees_unit
from keepuntil.domain.categories import Rule
from keepuntil.domain.people import Person
from keepuntil.errors import AccessRefused, KeepuntilError
from keepuntil.pages.sections import sections_for
from keepuntil.pages.sessions import Session
from keepuntil.pages.words import Language
from keepuntil.register import acts

if TYPE_CHECKING:
    from jinja2 import Environment

_BEFORE_ACCESS = frozenset({Right.READ, Right.READ_ITEMS, Right.DECIDE})
"""What everybody in people.yaml may do while nobody there has an access role: the rules and
their roles still say who may decide on what."""


class House:
    """The installation behind the pages: one register, and policies read again when they change."""

    def __init__(
        self,
        home: Path,
        policies: Path,
        resolve: Resolve = resolve_reference,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._where = (home, policies, resolve)
        self.now = now
        self._lock = threading.Lock()
        self._opened: Installation | None = None
        self._read: tuple[object, ...] = ()

    def installation(self) -> Installation:
        """The installation, with the policies as they are on the disk.

        Raises RegisterError, KeyFileError; what its ``schedule`` raises comes from there.
        """
        home, policies, resolve = self._where
        stand = _stand_of(policies)
        with self._lock:
            if self._opened is None:
                self._opened = Installation.open(home, policies, resolve, now=self.now)
                self._read = stand
            elif stand != self._read:
                self._opened = replace(self._opened, _schedule=None)
                self._read = stand
            return self._opened

    def close(self) -> None:
        """Let go of the register."""
        with self._lock:
            if self._opened is not None:
                self._opened.register.close()
                self._opened = None


def _stand_of(folder: Path) -> tuple[object, ...]:
    """Every file below a folder with its time and size: equal while nothing changed."""
    found = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(place, name)  # noqa: PTH118 - five hundred files a request
            status = os.stat(path, follow_symlinks=True)  # noqa: PTH116
            found.append((path, status.st_mtime_ns, status.st_size))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a page's view gets: it may ask the floors below through ``installation``."""

    request: Request
    installation: Installation
    person: Person
    language: Language
    token: str
    """For the forms of this page."""
    session: Session | None

    def may(self, right: Right) -> bool:
        """Whether the person has a right at all."""
        if not begun(self.installation.schedule.people):
            return right in _BEFORE_ACCESS
        return may(self.person, right)

    def sees(self, rule: Rule) -> bool:
        """Whether what the rule's unit owns is this person's to see: their own unit's, every
        unit's by their access role, or since the rule asks for a role of theirs that nobody in
        the owning unit holds (dual control goes across units)."""
        people = self.installation.schedule.people
        if self.everywhere or sees_unit(self.person, rule.owner.unit):
            return True
        within = {role for each in people if each.unit == rule.owner.unit for role in each.roles}
        wanted = set(rule.disposition.approver_roles) - within
        return not wanted.isdisjoint(self.person.roles)

    @property
    def rules(self) -> list[Rule]:
        """The rules whose lists and evidence the person may see, by category."""
        return [rule for rule in self.installation.schedule.rules if self.sees(rule)]

    @property
    def everywhere(self) -> bool:
        """Whether no unit is hidden from the person."""
        return not begun(self.installation.schedule.people) or sees_unit(self.person, "")

    @property
    def categories(self) -> frozenset[str] | None:
        """Their categories; None: every one, also those whose rule is gone by now."""
        return None if self.everywhere else frozenset(rule.category for rule in self.rules)

    def rule(self, category: str) -> Rule:
        """The rule of a category. Raises RuleError, AccessRefused."""
        rule = self.installation.rule(category)
        self.refuse_unseen(category)
        return rule

    def refuse_unseen(self, category: str) -> None:
        """Raise AccessRefused for what another unit owns, also where its rule is gone."""
        categories = self.categories
        if categories is None or category in categories:
            return
        raise AccessRefused(
            f"{self.person.id} may not see what is kept under {category}: another unit owns it, "
            "and its rule asks for no role that only you can give."
        )

    def page(self, template: str, /, *, status: int = 200, **shown: Any) -> HTMLResponse:
        """A page in the person's language."""
        pages: Environment = self.request.app.state.templates
        text = pages.get_template(template).render(visit=self, **common_of(self), **shown)
        return HTMLResponse(text, status_code=status)

    def go_to(self, path: str, **query: str | int) -> RedirectResponse:
        """After a change: show the page it led to, so that reloading repeats nothing."""
        address = self.request.url_for(path, **query).path
        return RedirectResponse(address, status_code=303)

    @contextmanager
    def acting(self, verb: str, subject: str) -> Iterator[None]:
        """Written down before and after, whatever comes of it. ``subject`` names no record."""
        self._note(verb, subject, acts.ASKED)
        try:
            yield
        except KeepuntilError as error:
            self._note(verb, subject, error.reason)
            raise
        self._note(verb, subject, acts.DONE)

    def _note(self, verb: str, subject: str, result: str) -> None:
        acts.record(
            self.installation.register,
            person=self.person.id,
            verb=verb,
            subject=subject,
            result=result,
            at=self.installation.now(),
        )


def common_of(visit: Visit) -> dict[str, Any]:
    """What every template may use."""
    from keepuntil.pages.rendering import phrases

    said = phrases(visit.request, visit.language)
    return said | {
        "person": visit.person,
        "token": visit.token,
        "sections": sections_for(visit),
    }
