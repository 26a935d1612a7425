"""Invented people: names, identity numbers with a right check digit, cards that pass Luhn.

Every number is drawn from a range that nobody has been given, so none of them can
belong to somebody; the check digits are right, so software takes them for real.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Final

_SURNAMES: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐"
    "冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
_COMPOUND_SURNAMES: Final = ("欧阳", "司马", "上官", "诸葛", "夏侯", "皇甫")
_GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰"
    "红建国文辉力峰健康宁欣怡雨泽浩宇晨曦梓轩嘉琪"
)
_GIVEN_EUROPE: Final = (
    *("Anna", "Björn", "Carmen", "Dorotea", "Émile", "Fiona", "Giulia", "Håkon", "Ines", "Jürgen"),
    *("Katarzyna", "Luís", "Małgorzata", "Niamh", "Ólafur", "Pia", "Rúna", "Søren", "Tomáš"),
    *("Ursula", "Věra", "Wim", "Xenia", "Yannick", "Zoë", "Siobhán", "Aoife", "Lőrinc"),
)
_FAMILY_EUROPE: Final = (
    *("Almqvist", "Brânză", "Castellanos", "D'Angelo", "Eriksen", "Fußl", "García Nuñez"),
    *("Hölderlin", "Ivanova", "Jørgensen", "Kowalczyk", "Łukasik", "Müller-Lüdenscheid"),
    *("Novák", "O'Sullivan", "Papadopoulos", "Quintero", "Říha", "Szabó", "Țepeș", "Ulvaeus"),
    *("van der Berg", "Wałęsiak", "Ximénez", "Ypsilanti", "Železný"),
)
_STREETS: Final = ("解放路", "人民路", "中山路", "建设路", "长安街", "南京路", "和平大道", "文化路")
_CITIES: Final = ("云州市", "海宁港市", "江澜市", "北陵市", "锦城新区", "长汀湾市")
_EUROPEAN_TOWNS: Final = ("Nordhavn", "Sankt Veit", "Villarreal", "Øverby", "Kőszeg", "Ballymore")

_FIRST_BIRTH: Final = date(1930, 1, 1)
_BIRTH_DAYS: Final = (date(2006, 12, 31) - _FIRST_BIRTH).days

EUROPEAN_SHARE: Final = 0.12
REGION_PREFIX: Final = "99"
"""No administrative division of GB/T 2260 begins with 99."""
CARD_PREFIX: Final = "999966"
"""ISO/IEC 7812-1: 9 and a country code; there is no country 999."""

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK: Final = "10X98765432"


@dataclass(frozen=True, slots=True)
class Person:
    """One invented customer."""

    full_name: str
    birth_date: str
    nationality: str
    id_type: str
    id_number: str
    phone: str
    email: str
    address: str


def people(count: int, random: Random) -> Iterator[Person]:
    """``count`` people, one in eight of them European; their numbers do not repeat."""
    foreign = random.choices((True, False), (EUROPEAN_SHARE, 1 - EUROPEAN_SHARE), k=count)
    births = random.choices(range(_BIRTH_DAYS), k=count)
    for serial, (is_foreign, birth) in enumerate(zip(foreign, births, strict=True)):
        make = _european if is_foreign else _chinese
        yield make(serial, _FIRST_BIRTH + timedelta(days=birth), random)


def chinese_name(random: Random) -> str:
    """A surname and one or two characters."""
    draw = random.random()
    surname = _any(_COMPOUND_SURNAMES, random) if draw < 0.02 else _any(_SURNAMES, random)
    given = _any(_GIVEN, random)
    return f"{surname}{given}" if draw < 0.3 else f"{surname}{given}{_any(_GIVEN, random)}"


def _chinese(serial: int, born: date, random: Random) -> Person:
    return Person(
        chinese_name(random),
        born.isoformat(),
        "CHN",
        "resident_id",
        identity_number(born, serial),
        f"100{serial:08d}",
        f"c{serial:07d}@example.cn",
        f"{_any(_CITIES, random)}{_any(_STREETS, random)}{serial % 997 + 1}号",
    )


def _european(serial: int, born: date, random: Random) -> Person:
    return Person(
        f"{_any(_GIVEN_EUROPE, random)} {_any(_FAMILY_EUROPE, random)}",
        born.isoformat(),
        "XXE",
        "passport",
        passport_number(serial),
        f"+999{serial:09d}",
        f"e{serial:07d}@example.com",
        f"{serial % 211 + 1} Harbour Row, {_any(_EUROPEAN_TOWNS, random)}",
    )


def _any(choices: Sequence[str], random: Random) -> str:
    return choices[int(random.random() * len(choices))]


def identity_number(born: date, serial: int) -> str:
    """18 characters after GB 11643: region, birth date, order of the day, MOD 11-2 check."""
    digits = f"{REGION_PREFIX}{serial // 1000 % 10_000:04d}{born:%Y%m%d}{serial % 1000:03d}"
    total = _weighted_head(digits[:6]) + _weighted_birth(digits[6:14]) + _weighted_tail(digits[14:])
    return digits + _ID_CHECK[total % 11]


@cache
def _weighted_head(digits: str) -> int:
    return _weighted(digits, 0)


@cache
def _weighted_birth(digits: str) -> int:
    return _weighted(digits, 6)


@cache
def _weighted_tail(digits: str) -> int:
    return _weighted(digits, 14)


def _weighted(digits: str, start: int) -> int:
    weights = _ID_WEIGHTS[start : start + len(digits)]
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))


def passport_number(serial: int) -> str:
    """``XX``, nine digits and two check digits (MOD 97-10, as in an IBAN)."""
    return f"XX{serial:09d}{98 - serial * 100 % 97:02d}"


def card_number(serial: int) -> str:
    """16 digits that pass Luhn (ISO/IEC 7812-1, annex B)."""
    head, tail = divmod(serial, 1000)
    body = f"{CARD_PREFIX}{head:06d}{tail:03d}"
    total = _luhn(CARD_PREFIX) + _luhn(body[6:12]) + _luhn(body[12:])
    return f"{body}{-total % 10}"


@cache
def _luhn(digits: str) -> int:
    """Luhn sum of a stretch that begins at an even place of a payload of odd length."""
    odd = sum(int(digit) for digit in digits[1::2])
    return odd + sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::2])
