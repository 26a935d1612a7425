"""Numbers that are a person's, found in what people write, so that they never get further.

No program finds a name. It does find the number of a resident identity card (GB 11643), of a
bank card (ISO/IEC 7812) and of a mobile telephone, each by its own check where it has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from keepuntil.errors import UsageError

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_NINE: Final = 9


def _is_identity_card(digits: str) -> bool:
    total = sum(int(one) * weight for one, weight in zip(digits, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == digits[-1].upper()


def _is_bank_card(digits: str) -> bool:
    doubled = [int(one) * (1 + place % 2) for place, one in enumerate(reversed(digits))]
    return sum(one - _NINE if one > _NINE else one for one in doubled) % 10 == 0


_KINDS: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...]] = (
    ("an identity card", re.compile(r"(?<!\w)[1-9]\d{16}[\dXx](?!\w)", re.A), _is_identity_card),
    ("a bank card", re.compile(r"(?<!\w)\d{16,19}(?!\w)", re.A), _is_bank_card),
    ("a mobile telephone", re.compile(r"(?<!\w)1[3-9]\d{9}(?!\w)", re.A), lambda _: True),
)


def refuse_personal(document: object) -> None:
    """Raise UsageError when a text in a plain document holds a person's number.

    The sentence says what kind it is and never repeats it.
    """
    for text in _texts(document):
        for what, pattern, holds in _KINDS:
            # People write such numbers in groups.
            joined = re.sub(r"(?<=\d)[ -](?=\d)", "", text)
            if any(holds(found) for found in pattern.findall(joined)):
                raise UsageError(
                    f"What was written holds what looks like the number of {what}. Findings,"
                    " ledgers and campaigns hold no personal data: leave it out."
                )


def _texts(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for part in document.values():
            yield from _texts(part)
    elif isinstance(document, list | tuple):
        for part in document:
            yield from _texts(part)
