"""Builds the synthetic core banking database: one SQLite file, foreign keys and all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

from keepuntil.demo import invented, planted
from keepuntil.demo.bank_schema import INDEXES, TABLES
from keepuntil.demo.scenario import AS_OF, HISTORY_FROM, Scale

Row = tuple[object, ...]

_DAYS: Final = tuple(
    date.fromordinal(n).isoformat() for n in range(date(2001, 1, 1).toordinal(), AS_OF.toordinal())
)
"""Every day the bank has seen, as text: the last is the day before the night."""
_TODAY: Final = len(_DAYS)
_HISTORY: Final = _TODAY - (AS_OF - HISTORY_FROM).days

FIRST_ACCOUNT: Final = 6_000_000_000
SEGMENTS: Final = ("student", "family", "affluent", "business")
KINDS: Final = ("disbursement", "repayment", "rate_change")


def build(path: Path, scale: Scale, seed: int) -> None:
    """Make the database anew; the same seed and scale give the same rows."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + TABLES)
        connection.execute("BEGIN")
        for table, rows in _everything(scale, Random(seed)):
            _insert(connection, table, rows)
        for table, rows in planted.ROWS.items():
            _insert(connection, table, rows)
        connection.execute("COMMIT")
        connection.executescript(INDEXES + "ANALYZE; PRAGMA journal_mode=WAL;")
    finally:
        connection.close()


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    places = ",".join("?" * len(first))
    statement = f"INSERT INTO {table} VALUES ({places})"
    connection.execute(statement, first)
    connection.executemany(statement, rows)


def _everything(scale: Scale, random: Random) -> Iterator[tuple[str, Iterable[Row]]]:
    people = list(invented.people(scale.customers, random))
    customers = list(_customers(scale.customers, random))
    yield "customer", customers
    yield "customer_identity", _identities(people, customers, random)
    yield "identity_document", _documents(people)
    yield "customer_contact", _contacts(people, random)
    yield "account", _accounts(scale, customers)
    yield "account_transaction", _transactions(scale, random)
    yield "transaction_detail", _details(scale, people)
    yield "loan_file", _loans(scale, random)
    yield "loan_note", _loan_notes(scale, people)
    yield "loan_event", _loan_events(scale)
    yield "loan_application", _applications(scale, people, random)
    yield "application_score", _scores(scale)
    yield "marketing_profile", _profiles(scale, random)
    yield (
        "marketing_touch",
        ((n, n // 2 + 1, f"C{n % 40}") for n in range(2 * scale.marketing_profiles)),
    )
    yield from _complaints(scale, people, random)


def _between(first: int, last: int, random: Random) -> str:
    return _DAYS[first + int(random.random() * (last - first))]


def _customers(count: int, random: Random) -> Iterator[Row]:
    """Opened over the years; one in three has ended."""
    for number in range(1, count + 1):
        opened = int(random.random() * (_TODAY - 400))
        ended = None
        if random.random() < 0.35:
            ended = _between(max(opened + 200, _HISTORY), _TODAY, random)
        yield number, number % 90 + 1, _DAYS[opened], ended


def _identities(
    people: list[invented.Person], customers: list[Row], random: Random
) -> Iterator[Row]:
    """A few came back once for a one-off business after the relationship had ended."""
    for person, (number, _, _, ended) in zip(people, customers, strict=True):
        one_off = None
        if ended is not None and random.random() < 0.03:
            one_off = _between(_HISTORY, _TODAY, random)
        yield (
            *(number, person.full_name, person.birth_date, person.nationality, person.id_type),
            *(person.id_number, person.phone, person.email, person.address),
            *("open" if ended is None else "closed", ended, one_off),
        )


def _documents(people: list[invented.Person]) -> Iterator[Row]:
    for number, person in enumerate(people, start=1):
        yield number, number, "scan_front", person.id_number


def _contacts(people: list[invented.Person], random: Random) -> Iterator[Row]:
    for number, person in enumerate(people[::2], start=1):
        yield number, 2 * number - 1, _between(_HISTORY, _TODAY, random), f"回访 {person.full_name}"


def _accounts(scale: Scale, customers: list[Row]) -> Iterator[Row]:
    """One each, and a second for every fifth customer."""
    for number in range(account_count(scale)):
        customer = customers[number % scale.customers]
        yield FIRST_ACCOUNT + number, customer[0], customer[2]


def account_count(scale: Scale) -> int:
    return scale.customers + scale.customers // 5


def _place(serial: int, scale: Scale) -> tuple[int, int]:
    """Account and sequence number of the nth transaction: spread evenly, in key order."""
    accounts = account_count(scale)
    account = serial * accounts // scale.transactions
    first = -(-account * scale.transactions // accounts)
    return FIRST_ACCOUNT + account, serial - first + 1


def _transactions(scale: Scale, random: Random) -> Iterator[Row]:
    """Booked at any minute of fifteen years, in UTC as core systems do."""
    minutes = [f" {hour:02d}:{minute:02d}:00" for hour in range(24) for minute in range(60)]
    for serial in range(scale.transactions):
        account, sequence = _place(serial, scale)
        booked = _between(_HISTORY, _TODAY, random) + minutes[int(random.random() * 1440)]
        card = invented.card_number(account - FIRST_ACCOUNT) if serial % 4 == 0 else None
        yield account, sequence, booked, serial * 7919 % 5_000_000 + 1, "CNY", card


def _details(scale: Scale, people: list[invented.Person]) -> Iterator[Row]:
    for number, serial in enumerate(range(0, scale.transactions, 3), start=1):
        yield number, *_place(serial, scale), people[serial * 31 % len(people)].full_name


def _loans(scale: Scale, random: Random) -> Iterator[Row]:
    """Opened since 2008 for one to ten years; most of those that could be settled are.

    Those whose papers were scanned were opened since 2012, and all of them are settled.
    """
    since_2008, since_2012 = _day_number(2008), _day_number(2012)
    for loan in range(1, scale.loans + 1):
        is_scanned = loan <= scale.scanned_loans
        first, last = (since_2012, _TODAY - 400) if is_scanned else (since_2008, _TODAY - 30)
        opened = first + int(random.random() * (last - first))
        settled = opened + 365 + int(random.random() * 3_285)
        if is_scanned:
            settled = min(settled, _TODAY - 1 - loan % 300)
        is_settled = is_scanned or (settled < _TODAY and random.random() < 0.95)
        disputed = is_settled and random.random() < 0.01
        yield (
            *(loan, f"PL-{loan}", loan * 13 % scale.customers + 1),
            *("settled" if is_settled else "running", _DAYS[opened]),
            _DAYS[settled] if is_settled else None,
            random.random() < 0.004,
            _between(settled, _TODAY, random) if disputed else None,
            loan * 104_729 % 90_000_000 + 500_000,
        )


def _day_number(year: int) -> int:
    return (date(year, 1, 1) - date(2001, 1, 1)).days


def _loan_notes(scale: Scale, people: list[invented.Person]) -> Iterator[Row]:
    for number in range(1, scale.loans + scale.loans // 2 + 1):
        person = people[number * 17 % len(people)]
        yield (
            number,
            number % scale.loans + 1,
            "2012-06-01",
            f"电话核实 {person.full_name} {person.phone}",
        )


def _loan_events(scale: Scale) -> Iterator[Row]:
    for number in range(2 * scale.loans):
        yield number + 1, number // 2 + 1, KINDS[number % 3], number * 3571 % 1_000_000


def _applications(scale: Scale, people: list[invented.Person], random: Random) -> Iterator[Row]:
    """A year of applications; seven in ten came to nothing."""
    for number in range(1, scale.applications + 1):
        person = people[number * 19 % len(people)]
        decision = random.choices(("rejected", "withdrawn", "approved"), (5, 2, 3))[0]
        day = _between(_TODAY - 365, _TODAY, random)
        yield (
            *(number, person.full_name, person.id_number, decision),
            day if decision == "rejected" else None,
            day if decision == "withdrawn" else None,
        )


def _scores(scale: Scale) -> Iterator[Row]:
    for number in range(1, scale.applications + 1):
        yield number, "scorecard", number * 37 % 550 + 300


def _profiles(scale: Scale, random: Random) -> Iterator[Row]:
    """One in eight has ended, by one of three ways, some by two."""
    for number in range(1, scale.marketing_profiles + 1):
        days: list[str | None] = [None, None, None]
        has_ended = random.random() < 0.125
        if has_ended:
            days[number % 3] = _between(_TODAY - 300, _TODAY, random)
            if number % 5 == 0:
                days[(number + 1) % 3] = _between(_TODAY - 300, _TODAY, random)
        state = "ended" if has_ended else "active"
        yield number, number * 3 % scale.customers + 1, SEGMENTS[number % 4], state, *days


def _complaints(
    scale: Scale, people: list[invented.Person], random: Random
) -> Iterator[tuple[str, Iterable[Row]]]:
    numbers = range(1, scale.complaints + 1)
    closed = [_between(_HISTORY, _TODAY, random) for _ in numbers]
    names = [people[number * 23 % len(people)].full_name for number in numbers]
    yield (
        "complaint",
        (
            (number, number * 7 % scale.customers + 1, day, f"{name} 投诉收费")
            for number, day, name in zip(numbers, closed, names, strict=True)
        ),
    )
    yield "complaint_note", ((number, number, "已回复") for number in numbers)
    yield "complaint_attachment", ((number, number, f"{number}.pdf") for number in numbers[::2])
