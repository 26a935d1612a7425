"""Who may approve, and which days are worked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from keepuntil.errors import RuleError
from keepuntil.evidence.keys import KeyKind, generate
from keepuntil.rules.load import load
from policies import CALENDAR, PEOPLE, RULE, schedule, write


def refusal(folder: Path) -> list[str]:
    with pytest.raises(RuleError) as refused:
        load(folder)
    return refused.value.sentence.splitlines()


# People.


def with_keys(folder: Path, people: str, **pems: str | bytes) -> Path:
    (folder / "keys").mkdir(parents=True)
    for name, pem in pems.items():
        (folder / "keys" / f"{name}.pem").write_bytes(
            pem if isinstance(pem, bytes) else pem.encode()
        )
    return write(folder, {"loan_file": RULE}, people=people)


KEYED = """\
controller: bank.example
people:
  - {id: E1, unit: credit, roles: [data_owner], public_key: keys/one.pem}
  - {id: E2, unit: records, roles: [records_officer], public_key: keys/two.pem}
  - {id: E3, unit: it, roles: [operator], access: [administrator], logins: [e3]}
"""


def test_people_come_with_their_keys(tmp_path: Path) -> None:
    one, two = generate(KeyKind.P256).public, generate(KeyKind.P256).public
    found = load(with_keys(tmp_path, KEYED, one=one.pem, two=two.pem))
    person = found.person("E1")
    assert person is not None
    assert (found.controller, person.unit, person.roles) == (
        "bank.example",
        "credit",
        ("data_owner",),
    )
    assert found.public_key(person) == one
    assert found.person("E9") is None
    assert found.warnings == ()


def test_two_people_never_share_a_key(tmp_path: Path) -> None:
    pem = generate(KeyKind.P256).public.pem
    folder = with_keys(tmp_path, KEYED, one=pem, two=pem)
    assert refusal(folder) == ["people.yaml:4:67: This is the key of E1; everybody has their own."]


@pytest.mark.parametrize(
    ("pem", "sentence"),
    [
        (
            generate(KeyKind.P256).pem(),
            "This file holds a private key, which is the person's alone: replace both keys.",
        ),
        (
            generate(KeyKind.ED25519).public.pem,
            "This file does not hold a P-256 public key in PEM form.",
        ),
        (b"ssh-rsa AAAA", "This file does not hold a P-256 public key in PEM form."),
        (b"\xff\xfe", "This file does not hold a P-256 public key in PEM form."),
    ],
)
def test_wrong_key_file_is_refused(pem: bytes | str, sentence: str, tmp_path: Path) -> None:
    folder = with_keys(tmp_path, KEYED, one=pem, two=generate(KeyKind.P256).public.pem)
    assert refusal(folder) == [f"people.yaml:3:61: {sentence}"]


def test_missing_key_file_is_refused(tmp_path: Path) -> None:
    folder = with_keys(tmp_path, KEYED, two=generate(KeyKind.P256).public.pem)
    sentence = "The public key cannot be read: No such file or directory."
    assert refusal(folder) == [f"people.yaml:3:61: {sentence}"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("id: E1", "id: E2", "4:10: There are two people with the id 'E2'."),
        (
            "id: E1",
            "id: Zhang San",
            "3:10: An id is a staff number or role account: letters, digits, _ . and - only.",
        ),
        (
            "controller: bank.example",
            "controller: Example Bank",
            "1:13: The controller is the organisation's domain name, like bank.example.",
        ),
    ],
)
def test_mistake_in_people_is_refused(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": RULE}, people=PEOPLE.replace(old, new))
    assert refusal(folder) == [f"people.yaml:{sentence}"]


# Calendars.


def test_calendar_arrives(tmp_path: Path) -> None:
    days = schedule(tmp_path, calendars={"cn-bank": CALENDAR}).calendars["cn-bank"]
    assert days.years == {2026}
    assert days.holidays == {date(2026, 10, n) for n in range(1, 8)}
    assert days.make_up_days == {date(2026, 10, 10)}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("2026:", "26:", "2:3: A year has four digits, not '26'."),
        ("to: 2026-10-07", "to: 2027-01-07", "3:16: The days of the year 2026 stand here."),
        (
            "to: 2026-10-07",
            "to: 2026-09-07",
            "3:16: The last day comes after the first, within a month.",
        ),
        (
            "to: 2026-10-07",
            "to: 2026-12-07",
            "3:16: The last day comes after the first, within a month.",
        ),
        (
            "[2026-10-10]",
            "[2026-10-12]",
            "2:3: 2026-10-12 is no weekend, so it needs no make_up_days.",
        ),
        ("[2026-10-10]", "[2026-10-03]", "2:3: 2026-10-03 is both a holiday and a working day."),
    ],
)
def test_mistake_in_a_calendar_is_refused(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    folder = write(tmp_path, {"loan_file": RULE}, calendars={"cn": CALENDAR.replace(old, new)})
    assert refusal(folder)[0] == f"calendars/cn.yaml:{sentence}"
