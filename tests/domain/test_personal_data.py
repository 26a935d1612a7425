"""What personal data looks like: right numbers are found, wrong ones are not, none is shown."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labelled_fields as made
from keepuntil.domain.personal_data import checksums
from keepuntil.domain.personal_data.judging import LEAST_CONFIDENCE, Field, by_chance, judge
from keepuntil.domain.personal_data.kinds import LABELS, Kind
from keepuntil.domain.personal_data.masking import VARIES, masked
from keepuntil.domain.personal_data.words import STRONG, WEAK, said_of

SEEDS = st.integers(0, 2**32).map(Random)


def kinds(name: str, *values: str) -> set[Kind]:
    return {each.kind for each in judge(Field(name=name, values=values))}


def other_digit(text: str, place: int) -> str:
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


@given(SEEDS)
def test_a_citizen_id_is_found_by_itself_and_with_one_digit_changed_it_is_not(
    random: Random,
) -> None:
    number = made.citizen_id(random)
    assert checksums.is_citizen_id(number)
    assert kinds("c1", number) == {Kind.CITIZEN_ID}
    wrong = other_digit(number, random.randrange(17))
    assert not checksums.is_citizen_id(wrong)
    assert kinds("c1", wrong) == set()


@given(SEEDS)
def test_a_card_passes_luhn_and_with_one_digit_changed_it_does_not(random: Random) -> None:
    cards = [made.bank_card(random) for _ in range(4)]
    assert kinds("c1", *cards) == {Kind.BANK_CARD}
    wrong = [other_digit(card, random.randrange(5, 16)) for card in cards]
    assert not any(map(checksums.passes_luhn, wrong))
    assert kinds("c1", *wrong) == set()


@given(SEEDS)
def test_a_credit_code_has_two_check_characters_and_both_have_to_be_right(random: Random) -> None:
    code = made.credit_code(random)
    assert kinds("c1", code) == {Kind.CREDIT_CODE}
    alphabet = checksums.CREDIT_ALPHABET
    wrong_end = alphabet[(alphabet.index(code[17]) + 1) % 31]
    assert not checksums.is_credit_code(code[:17] + wrong_end)
    body = code[:16] + ("1" if code[16] == "0" else "0")
    assert not checksums.is_credit_code(body + checksums.credit_check(body))


@given(SEEDS)
def test_an_iban_with_one_digit_changed_is_none(random: Random) -> None:
    account = made.iban(random)
    assert kinds("c1", account) == {Kind.IBAN}
    assert kinds("c1", other_digit(account, random.randrange(4, 22))) == set()


@pytest.mark.parametrize(
    "published",
    ["11010519491231002X", "440524188001010014"],  # the examples of GB 11643 itself
)
def test_the_standards_own_examples_have_the_right_check(published: str) -> None:
    assert checksums.citizen_check(published[:17]) == published[17]


@pytest.mark.parametrize(
    ("check", "number"),
    [
        (checksums.passes_luhn, "4111111111111111"),
        (checksums.passes_luhn, "378282246310005"),
        (checksums.is_iban, "GB82WEST12345698765432"),
        (checksums.is_iban, "DE89370400440532013000"),
    ],
)
def test_numbers_that_everybody_publishes_pass(check: object, number: str) -> None:
    assert callable(check)
    assert check(number)


@pytest.mark.parametrize("what", made.PERSONAL, ids=lambda what: f"{what[0]}-{what[2]}")
def test_each_kind_is_found_in_its_field(what: tuple[Kind, str, str, made.Make]) -> None:
    kind, _, name, make = what
    random = Random(1)
    assert kinds(name, *(make(random) for _ in range(100))) == {kind}


@pytest.mark.parametrize("what", made.LOOK_ALIKES, ids=lambda what: what[1])
def test_what_only_looks_like_it_is_not_found(what: tuple[str, str, made.Make]) -> None:
    _, name, make = what
    random = Random(2)
    assert kinds(name, *(make(random) for _ in range(200))) == set()


def test_cards_of_chance_are_told_from_cards() -> None:
    random = Random(3)
    by_luck = [made.order_of_16(random) for _ in range(200)]
    assert sum(map(checksums.passes_luhn, by_luck)) > 5
    assert kinds("c1", *by_luck) == set()


def test_one_value_in_every_row_has_passed_once() -> None:
    card = made.bank_card(Random(4))
    assert kinds("c1", *[card] * 200) == set()


def test_one_citizen_id_in_a_thousand_texts_is_found() -> None:
    texts = [f"order {number:018} was shipped" for number in range(199)]
    assert kinds("note", *texts, f"客户{made.citizen_id(Random(5))}来电") == {Kind.CITIZEN_ID}


@pytest.mark.parametrize("values", [(), ("1101**********1234",) * 9, ("9f" * 20, "0b" * 20)])
def test_where_there_is_nothing_to_read_the_name_alone_says_it(values: tuple[str, ...]) -> None:
    (seen,) = judge(Field(name="id_card_no", values=values))
    assert (seen.kind, seen.matched) == (Kind.CITIZEN_ID, 0)
    assert seen.confidence == LEAST_CONFIDENCE
    assert kinds("c1", *values) == set()


def test_a_name_alone_does_not_stand_against_its_values() -> None:
    assert kinds("mobile", "yes", "no", "unknown") == set()


@pytest.mark.parametrize(
    ("name", "kind", "weight"),
    [
        ("custIdCardNo", Kind.CITIZEN_ID, STRONG),
        ("ZJHM", Kind.CITIZEN_ID, STRONG),
        ("客户身份证号码", Kind.CITIZEN_ID, STRONG),
        ("SHOUJIHAO", Kind.MOBILE, STRONG),
        ("mobile_phone2", Kind.MOBILE, STRONG),
        ("khxm", Kind.PERSON_NAME, STRONG),
        ("borrower", Kind.PERSON_NAME, WEAK),
        ("通讯地址", Kind.ADDRESS, STRONG),
        ("dob", Kind.BIRTH_DATE, STRONG),
    ],
)
def test_names_of_fields_speak_three_languages(name: str, kind: Kind, weight: float) -> None:
    assert said_of(name) == {kind: weight}


@pytest.mark.parametrize("name", ["company", "panel", "span", "table_name", "dobson", "telemetry"])
def test_a_word_inside_another_word_says_nothing(name: str) -> None:
    assert said_of(name) == {}


@given(st.integers(0, 60), st.data())
def test_chance_is_a_probability_and_more_successes_are_less_likely(
    trials: int, data: st.DataObject
) -> None:
    chance = data.draw(st.floats(0.001, 0.999))
    tails = [by_chance(trials, successes, chance) for successes in range(trials + 2)]
    assert tails[0] == pytest.approx(1)
    assert tails == sorted(tails, reverse=True)
    assert tails[-1] == 0


@given(SEEDS)
def test_what_is_shown_of_a_path_never_holds_what_identifies_somebody(random: Random) -> None:
    for make in (made.citizen_id, made.bank_card, made.mobile, made.email, made.chinese_name):
        value = make(random)
        for part in (value, f"{value}_扫描", f"scan_{value}", value.lower()):
            assert value not in masked(part)


@pytest.mark.parametrize(
    "part",
    ["王小明", "欧阳娜娜", "John Smith", "smith_j", "zhangwei", "wang_xiaoming", "李雷 合同"],
)
def test_what_may_name_somebody_is_not_shown(part: str) -> None:
    assert masked(part) == VARIES


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("statements", "statements"),
        ("旧系统", "旧系统"),
        ("2024", VARIES),
        ("2024-03-01", VARIES),
        ("hr2024", f"hr{VARIES}"),
        ("550e8400-e29b-41d4-a716-446655440000", VARIES),
        ("v2", "v2"),
    ],
)
def test_what_varies_is_left_out_and_the_rest_stays(part: str, shown: str) -> None:
    assert masked(part) == shown


def test_a_field_does_not_print_its_values() -> None:
    assert "13800138000" not in repr(Field(name="phone", values=("13800138000",)))


def test_every_kind_has_words() -> None:
    assert set(LABELS) == set(Kind)
