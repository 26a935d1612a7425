"""Who may approve, and which days are worked."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from keepuntil.domain.people import AccessRole
from keepuntil.errors import RuleError
from keepuntil.evidence.keys import KeyKind, generate
from keepuntil.rules import init
from keepuntil.rules.init import write_starting_point
from keepuntil.rules.load import load, load_people
from policies import CALENDAR, PEOPLE, RULE, schedule, write

STARTER = Path(init.__file__).with_name("starter")
SHIPPED = Path(__file__).resolve().parents[2] / "retention_policies"


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


ACCESS = """\
controller: bank.example
people:
  - {id: E1, unit: credit, roles: [data_owner], access: [auditor, owner], logins: [wang, "4711"]}
  - {id: E2, unit: records, roles: [records_officer], access: [executor], logins: [li]}
  - {id: E3, unit: data-protection, roles: [dpo]}
"""


def test_access_roles_and_logins_arrive(tmp_path: Path) -> None:
    found = load(write(tmp_path, {"loan_file": RULE}, people=ACCESS))
    assert [(p.access, p.logins) for p in found.people] == [
        ((AccessRole.OWNER, AccessRole.AUDITOR), ("wang", "4711")),
        ((AccessRole.EXECUTOR,), ("li",)),
        ((), ()),
    ]
    assert load_people(tmp_path).people == found.people


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "[executor]",
            "[executer]",
            (
                "4:64: 'executer' is not one of: owner, approver, executor, witness, auditor, dpo, "
                "administrator. Did you mean 'executor'?"
            ),
        ),
        (
            "[li]",
            "[li, wang]",
            "4:88: This login is one of E1 already; it signs in one person.",
        ),
        (
            '"4711"',
            "4711",
            "3:90: A login is one word without blanks; one of digits alone stands in quotes.",
        ),
        (
            "[li]",
            '["Li Wei"]',
            "4:84: A login is one word without blanks; one of digits alone stands in quotes.",
        ),
        (
            "access: [executor]",
            "acess: [executor]",
            "4:55: 'acess' is not a key here. Did you mean 'access'?",
        ),
    ],
)
def test_mistake_about_access_is_refused_where_it_stands(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    folder = write(tmp_path, {"loan_file": RULE}, people=ACCESS.replace(old, new))
    assert refusal(folder) == [f"people.yaml:{sentence}"]


@pytest.mark.parametrize(
    ("old", "new", "warned"),
    [
        (", logins: [li]", "", ["E2 has an access role and no login, so cannot use it."]),
        (
            ACCESS[ACCESS.index("  - {id: E1") :],
            PEOPLE[PEOPLE.index("  - {id: E1") :].replace(", access: [dpo], logins: [e3]", ""),
            [
                (
                    "Nobody has an access role, so the operating system alone decides who may use "
                    "which command."
                )
            ],
        ),
    ],
)
def test_access_that_cannot_be_used_or_holds_nobody_back_is_warned_of(
    old: str, new: str, warned: list[str], tmp_path: Path
) -> None:
    found = load(write(tmp_path, {"loan_file": RULE}, people=ACCESS.replace(old, new))).warnings
    said = [each.sentence for each in found if each.file == "people.yaml"]
    assert said == [f"warning: {sentence}" for sentence in warned]


def test_who_may_is_read_whatever_the_rules_are_like(tmp_path: Path) -> None:
    folder = write(tmp_path, {"loan_file": "category: loan_file\n"}, people=ACCESS)
    assert len(load_people(folder).people) == 3
    (folder / "people.yaml").unlink()
    with pytest.raises(RuleError, match=r"people\.yaml:1:1: There is no such file"):
        load_people(folder)


@pytest.mark.parametrize("name", ["cn", "eu", "us", "first", "shipped"])
def test_the_people_that_starters_hide_in_comments_are_valid(name: str, tmp_path: Path) -> None:
    written = {"first": tmp_path / "set" / "people.yaml", "shipped": SHIPPED / "people.yaml"}
    if name == "first":
        write_starting_point(tmp_path / "set")
    text = written.get(name, STARTER / name / "people.yaml").read_text(encoding="utf-8")
    shown = re.sub(r"^  # (- \{id: E\d+.*access:)", r"  \1", text, flags=re.MULTILINE)
    shown = re.sub(r", public_key: keys/\w+\.pem", "", shown)
    (tmp_path / "people.yaml").write_text(shown, encoding="utf-8")
    people = load_people(tmp_path).people
    assert {role for person in people for role in person.access} >= {
        *(AccessRole.OWNER, AccessRole.EXECUTOR, AccessRole.WITNESS, AccessRole.DPO),
        *(AccessRole.AUDITOR, AccessRole.ADMINISTRATOR),
    }


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
