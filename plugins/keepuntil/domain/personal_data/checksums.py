"""Check digits, by the standards that define them."""

from __future__ import annotations

from datetime import date
from typing import Final

_CITIZEN_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_CHECKS: Final = "10X98765432"
_PROVINCES_LISTED: Final = (
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 "
    "61 62 63 64 65 71 81 82 83"
)
_PROVINCES: Final = frozenset(_PROVINCES_LISTED.split())
_OLDEST: Final = 1900
_YOUNGEST: Final = 2049

CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS: Final = "0123456789X0"

_LETTERS_FROM: Final = ord("A") - 10


def citizen_check(body: str) -> str:
    """The check character of 17 digits: ISO 7064 MOD 11-2, as GB 11643-1999 takes it."""
    total = sum(int(digit) * weight for digit, weight in zip(body, _CITIZEN_WEIGHTS, strict=True))
    return _CITIZEN_CHECKS[total % 11]


def is_citizen_id(text: str) -> bool:
    """A province, a day of birth that was one, and the right check character."""
    return (
        text[:2] in _PROVINCES
        and is_birth(text[6:10], text[10:12], text[12:14])
        and citizen_check(text[:17]) == text[17].upper()
    )


def is_birth(year: str, month: str, day: str) -> bool:
    """A civil date on which somebody may have been born who is on record."""
    try:
        return _OLDEST <= date(int(year), int(month), int(day)).year <= _YOUNGEST
    except ValueError:
        return False


def credit_check(body: str) -> str:
    """The check character of 17 characters: MOD 31, GB 32100-2015."""
    total = sum(
        CREDIT_ALPHABET.index(each) * weight
        for each, weight in zip(body, _CREDIT_WEIGHTS, strict=True)
    )
    return CREDIT_ALPHABET[-total % 31]


def organisation_check(body: str) -> str:
    """The check character of an organisation code's 8 characters: MOD 11, GB 11714-1997."""
    total = sum(
        (int(each) if each.isdigit() else ord(each) - _LETTERS_FROM) * weight
        for each, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return _ORGANISATION_CHECKS[11 - total % 11]


def is_credit_code(text: str) -> bool:
    """Both check characters are right: that of the code, and that of the organisation in it."""
    return (
        text[2:4] in _PROVINCES | {"10"}
        and organisation_check(text[8:16]) == text[16]
        and credit_check(text[:17]) == text[17]
    )


def luhn_check(body: str) -> str:
    """The check digit that makes ``body`` pass ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of both digits
    return str(-total % 10)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the right one."""
    return luhn_check(digits[:-1]) == digits[-1]


def iban_check(country: str, account: str) -> str:
    """The two check digits of an account: ISO 7064 MOD 97-10, ISO 13616."""
    return f"{98 - _as_number(f'{account}{country}00') % 97:02}"


def is_iban(text: str) -> bool:
    """Whether the check digits are right; the country's length is the caller's to know."""
    return _as_number(text[4:] + text[:4]) % 97 == 1


def _as_number(text: str) -> int:
    return int("".join(str(int(each, 36)) for each in text))
