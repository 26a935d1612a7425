"""A real bank's books, the whole road with certificates, on every database that answers."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal.checking_certificates import check_bundle
from keepuntil.disposal.trust import Trust
from sql_servers import KINDS, Place, fresh

HEAD = """\
category: {category}
title: {{zh: {category}, en: {category}}}
purpose: servicing
subjects: [customer]
owner: {{unit: operations, contact: operations@bank.example}}
effective: {{from: 2020-01-01, review_by: 2030-01-01}}
authorities:
  - {{cite: 反洗钱法 第三十四条, rank: law, obligation: keep, period: P5Y, confidence: primary}}
clock:
  triggers: {{combine: latest, events: [ended]}}
  start: event_next_day
  keep_at_least: P5Y
  zone: Europe/Prague
disposition:
  approval: none
  expires_after: P30D
  limits: {{items: 100000, share: 100%}}
nightly: {{at: "01:00", retries: 1}}
instances:
  - id: books
    store: books
    table: {table}
    key: [{table}_id]
    events:
      ended: {{sql: "{ended}"}}
    children: [{children}]
"""
STORES = "stores:\n  books: {kind: sql, url: {env: KU_TEST_BOOKS}, zone: Europe/Prague}\n"
PEOPLE = "controller: bank.example\npeople: []\n"
END = {
    "sqlite": "date(granted, '+' || months || ' months')",
    "postgresql": "(granted + months * interval '1 month')::date",
    "mariadb": "granted + INTERVAL months MONTH",
}
TABLES = (
    "CREATE TABLE account (account_id INTEGER PRIMARY KEY, district INTEGER, created DATE)",
    (
        "CREATE TABLE loan (loan_id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, "
        "granted DATE NOT NULL, amount DECIMAL(10, 2), months INTEGER NOT NULL, "
        "payments DECIMAL(10, 2), status CHAR(1), "
        "FOREIGN KEY (account_id) REFERENCES account (account_id))"
    ),
    (
        "CREATE TABLE standing_order (order_id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL, "
        "FOREIGN KEY (account_id) REFERENCES account (account_id))"
    ),
    "CREATE INDEX loan_account ON loan (account_id)",
    "CREATE INDEX order_account ON standing_order (account_id)",
)
WIDTHS = {"account": 3, "loan": 7, "standing_order": 2}


@pytest.fixture(params=KINDS)
def books(request: pytest.FixtureRequest, tmp_path: Path, shared_dir: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as place:
        place.run(*TABLES)
        for table, width in WIDTHS.items():
            file = shared_dir / "data" / "berka" / f"{table.removeprefix('standing_')}.tsv"
            with file.open(newline="", encoding="utf-8") as lines:
                rows = [row[:width] for row in csv.reader(lines, delimiter="\t")]
            place.fill(table, rows)
        yield place


@pytest.fixture
def bank(books: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("KU_TEST_BOOKS", books.text)
    world = World(tmp_path).build()
    (world.policies / "rules" / "statement.yaml").unlink()
    (world.policies / "stores.yaml").write_text(STORES)
    (world.policies / "people.yaml").write_text(PEOPLE)
    end = END[books.kind]
    loan = HEAD.format(
        category="settled_loan",
        table="loan",
        ended=f"CASE WHEN status IN ('A', 'B') THEN {end} END",
        children="",
    )
    relation = HEAD.format(
        category="closed_relationship",
        table="account",
        ended=f"(SELECT max({end}) FROM loan WHERE loan.account_id = account.account_id "
        "AND status IN ('A', 'B'))",
        children="loan, standing_order",
    )
    (world.policies / "rules" / "settled_loan.yaml").write_text(loan)
    (world.policies / "rules" / "closed_relationship.yaml").write_text(relation)
    return world


def go(bank: World, category: str) -> tuple[dict[str, int], dict[str, int]]:
    """The whole road; outcomes as an outsider reads them, and what was not computable."""
    with bank.open() as installation:
        plan_id = bank.plan(installation, category)
        from keepuntil.register import plans

        (tally,) = plans.load(installation.register, plan_id).plan.instances
        certificate = bank.certify(installation, bank.destroy(installation, plan_id))
        trust = Trust(
            certificate_keys=installation.key_ring.public_keys("certificate"),
            run_keys=installation.key_ring.public_keys("run"),
        )
        checked = check_bundle(certificate.bundle, trust)
    return checked.outcomes, dict(tally.undetermined)


def due_before(books: Place) -> str:
    """Independent of the road: settled so long ago that five years and a day are over."""
    return {
        "sqlite": f"{END['sqlite']} < date('{AS_OF}', '-5 years')",
        "postgresql": f"{END['postgresql']} < DATE '{AS_OF}' - interval '5 years'",
        "mariadb": f"{END['mariadb']} < DATE '{AS_OF}' - INTERVAL 5 YEAR",
    }[books.kind]


def ids(books: Place, sql: str) -> set[int]:
    return {int(row[0]) for row in books.rows(sql)}


def test_settled_loans_go_and_running_ones_stay(books: Place, bank: World) -> None:
    settled = f"status IN ('A', 'B') AND {due_before(books)}"
    due = ids(books, f"SELECT loan_id FROM loan WHERE {settled}")
    everything = ids(books, "SELECT loan_id FROM loan")
    running = ids(books, "SELECT loan_id FROM loan WHERE status IN ('C', 'D')")
    outcomes, undetermined = go(bank, "settled_loan")
    assert outcomes == {"destroyed": len(due)}
    assert undetermined == {"missing_trigger": len(running)}
    assert ids(books, "SELECT loan_id FROM loan") == everything - due
    assert running <= everything - due


def test_closed_relationships_go_with_all_that_hangs_on_them(books: Place, bank: World) -> None:
    settled = f"status IN ('A', 'B') AND {due_before(books)}"
    due = ids(books, f"SELECT account_id FROM loan WHERE {settled}")
    accounts = ids(books, "SELECT account_id FROM account")
    loans = ids(books, "SELECT account_id FROM loan")
    outcomes, _ = go(bank, "closed_relationship")
    assert outcomes == {"destroyed": len(due)}
    assert ids(books, "SELECT account_id FROM account") == accounts - due
    assert ids(books, "SELECT account_id FROM loan") == loans - due
    assert not ids(books, "SELECT account_id FROM standing_order") & due
