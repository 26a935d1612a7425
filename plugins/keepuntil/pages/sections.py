"""The sections of the pages, and which of them somebody finds in the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from keepuntil.domain.access import Right

if TYPE_CHECKING:
    from keepuntil.pages.visiting import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One entry of the navigation."""

    path: str
    name: str
    """Of its phrase among the common ones."""
    right: Right = Right.READ
    further: bool = False
    """It stands below *More*."""

    def holds(self, here: str) -> bool:
        """Whether a page is of this section."""
        return here == self.path or (self.path != "/" and here.startswith(self.path))


SECTIONS: Final = (
    Section(path="/", name="tonight"),
    Section(path="/plans", name="plans"),
    Section(path="/rules", name="rules"),
    Section(path="/findings", name="findings"),
    Section(path="/coverage", name="coverage"),
    Section(path="/evidence", name="evidence"),
    Section(path="/ledger", name="ledger", further=True),
    Section(path="/holds", name="holds", further=True),
    Section(path="/campaigns", name="campaigns", further=True),
    Section(path="/requests", name="requests", right=Right.READ_SUBJECT, further=True),
)


def sections_for(visit: Visit) -> list[Section]:
    """Those that the person may open."""
    return [each for each in SECTIONS if visit.may(each.right)]
