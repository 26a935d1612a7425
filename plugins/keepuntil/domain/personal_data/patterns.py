"""Kinds that a value itself shows: its form, its check, and how often chance would pass it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from keepuntil.domain.personal_data import checksums
from keepuntil.domain.personal_data.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One kind, as it stands alone or inside a longer text."""

    kind: Kind
    shape: re.Pattern[str]
    """What is looked at closer. Wider than the kind, so that chance can be told from purpose."""
    passes: Callable[[str], bool]
    chance: float
    """The share of values of this shape that pass without being of the kind."""
    strength: float
    """The most confidence that values alone give."""
    least_share: float = 0.0
    """Of what comes close this share has to pass: where chance alone passes many."""
    close: re.Pattern[str] | None = None
    """What comes close, where that is less than the shape: all of it but the check digit."""
    head: int = 0
    """Numbers that were given out in a row begin alike in this many characters; real ones of
    many people do not. 0: not looked at."""


_ALONE: Final = r"(?<![0-9A-Za-z])"
_ENDS: Final = r"(?![0-9A-Za-z])"
# Behind ORD- or a decimal point stands no telephone number.
_APART: Final = r"(?<![0-9A-Za-z.#])(?<![0-9A-Za-z]-)"
_NO_FRACTION: Final = r"(?![0-9A-Za-z])(?![.,-][0-9])"

# Segments that the ministry has given to mobile networks, virtual operators included. 144, 140
# and 141 are things, not people; 174 is satellites.
_SEGMENTS: Final = re.compile(r"1(?:3\d|4[56789]|5[012356789]|6[2567]|7[0-35-8]|8\d|9[0-35-9])")

_MAILBOXES_LISTED: Final = (
    "abuse admin billing contact help hostmaster info mail mailer-daemon marketing news noreply "
    "no-reply office postmaster press root sales security service support team test webmaster "
    "kefu hr jobs git"
)
_MAILBOXES: Final = frozenset(_MAILBOXES_LISTED.split())

_IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "CH": 21, "CR": 22,
    "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22,
    "GE": 22, "GI": 23, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27,
    "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24,
    "TR": 26, "UA": 29,
}  # fmt: skip
"""ISO 13616 registry: the whole length by country."""

_ISSUERS: Final = re.compile(
    r"62\d{14,17}"  # UnionPay
    r"|4\d{15}(?:\d{3})?"  # Visa
    r"|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|35(?:2[89]|[3-8]\d)\d{12}"  # JCB
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}"  # Discover
    r"|9558\d{15}|9559[5-9]\d{14}"  # debit cards older than UnionPay's range
)
"""ISO/IEC 7812 ranges of card issuers with the lengths they use."""
_IN_FOURS: Final = r"\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{3})?"
"""As cards have it printed on them."""


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_card(text: str) -> bool:
    digits = _digits(text)
    return _ISSUERS.fullmatch(digits) is not None and checksums.passes_luhn(digits)


def _is_mobile(text: str) -> bool:
    return _SEGMENTS.match(text) is not None


def _is_email(text: str) -> bool:
    return text.partition("@")[0].lower() not in _MAILBOXES


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    return _IBAN_LENGTHS.get(plain[:2]) == len(plain) and checksums.is_iban(plain)


def _is_ssn(text: str) -> bool:
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


DETECTORS: Final = (
    Detector(
        kind=Kind.CITIZEN_ID,
        shape=re.compile(_ALONE + r"[1-9]\d{16}[\dXx]" + _ENDS),
        passes=checksums.is_citizen_id,
        chance=1e-4,
        strength=0.98,
        least_share=0.5,
        close=re.compile(
            r"[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
        ),
    ),
    Detector(
        kind=Kind.CREDIT_CODE,
        shape=re.compile(_ALONE + r"[0-9A-Y][1-9][0-9A-HJ-NPQRTUWXY]{16}" + _ENDS),
        passes=checksums.is_credit_code,
        chance=1e-3,
        strength=0.95,
    ),
    Detector(
        kind=Kind.BANK_CARD,
        shape=re.compile(_ALONE + f"(?:{_ISSUERS.pattern}|{_IN_FOURS})" + _NO_FRACTION),
        passes=_is_card,
        chance=0.1,
        strength=0.95,
        least_share=0.5,
    ),
    Detector(
        kind=Kind.IBAN,
        shape=re.compile(
            _ALONE + r"[A-Z]{2}\d{2}(?:[A-Z0-9]{11,30}|(?: [A-Z0-9]{1,4}){3,8})" + _ENDS
        ),
        passes=_is_iban,
        chance=1e-3,
        strength=0.97,
    ),
    Detector(
        kind=Kind.US_SSN,
        shape=re.compile(_APART + r"\d{3}-\d{2}-\d{4}" + _NO_FRACTION),
        passes=_is_ssn,
        chance=0.88,
        strength=0.7,
        least_share=0.98,
    ),
    Detector(
        kind=Kind.MOBILE,
        shape=re.compile(r"(?:(?<=\+86)|(?<=\+86[ -])|" + _APART + r")\d{11}" + _NO_FRACTION),
        passes=_is_mobile,
        chance=0.045,
        strength=0.8,
        least_share=0.7,
        head=7,
    ),
    Detector(
        kind=Kind.EMAIL,
        shape=re.compile(
            r"(?<![\w.%+/:-])[A-Za-z0-9][\w.%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,18}"
            r"(?![\w@:/-])",
            re.ASCII,
        ),
        passes=_is_email,
        chance=0.005,
        strength=0.88,
    ),
)
"""Kinds that need no name beside them, the surest first."""


def kinds_in(text: str) -> frozenset[Kind]:
    """The kinds of which some value stands in the text, chance not considered."""
    return frozenset(
        each.kind
        for each in DETECTORS
        if any(each.passes(found[0]) for found in each.shape.finditer(text))
    )
