"""Everybody is invented, and every number passes the check that software makes."""

from __future__ import annotations

from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from keepuntil.demo import invented

SERIALS = st.integers(0, 9_999_999)


def luhn_holds(number: str) -> bool:
    """ISO/IEC 7812-1, annex B, from the right."""
    total = 0
    for place, digit in enumerate(int(c) for c in reversed(number)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def mod_11_2_holds(number: str) -> bool:
    """ISO/IEC 7064, pure system MOD 11-2: the remainder is one."""
    remainder = 0
    for character in number:
        value = 10 if character == "X" else int(character)
        remainder = (remainder * 2 + value) % 11
    return remainder == 1


@given(SERIALS)
def test_every_card_passes_luhn_and_belongs_to_no_scheme(serial: int) -> None:
    number = invented.card_number(serial)
    assert len(number) == 16
    assert luhn_holds(number)
    assert number.startswith("9999")


@given(SERIALS, st.dates(date(1930, 1, 1), date(2006, 12, 31)))
def test_every_identity_number_has_its_check_digit_and_no_real_region(
    serial: int, born: date
) -> None:
    number = invented.identity_number(born, serial)
    assert len(number) == 18
    assert mod_11_2_holds(number)
    assert number.startswith("99")
    assert number[6:14] == born.strftime("%Y%m%d")


@given(SERIALS)
def test_every_passport_passes_mod_97(serial: int) -> None:
    assert int(invented.passport_number(serial)[2:]) % 97 == 1


def test_numbers_do_not_repeat() -> None:
    people = list(invented.people(20_000, Random(1)))
    assert len({person.id_number for person in people}) == len(people)
    assert len({invented.card_number(serial) for serial in range(20_000)}) == 20_000


def test_the_same_seed_invents_the_same_people() -> None:
    assert list(invented.people(500, Random(7))) == list(invented.people(500, Random(7)))
    assert list(invented.people(500, Random(7))) != list(invented.people(500, Random(8)))
