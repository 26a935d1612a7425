"""A real bank's books (PKDD'99): what goes is what an independent query says must go."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepuntil.domain.categories import Child, FromExpression, SqlInstance
from keepuntil.domain.decision import Doubt, Due
from keepuntil.domain.holds import Binding
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.reckoning import cutoffs, decider
from keepuntil.stores.protocol import Batch, Effect, Intent, Query
from sql_servers import KINDS, Place, fresh
from store_contract import AS_OF, EVENT, contract_rule, contract_warrant

TABLES = {
    "district": ["district_id INTEGER PRIMARY KEY", "name VARCHAR(40)", "region VARCHAR(40)"],
    "account": [
        "account_id INTEGER PRIMARY KEY",
        "district_id INTEGER NOT NULL",
        "created DATE NOT NULL",
        "frequency CHAR(1)",
        "FOREIGN KEY (district_id) REFERENCES district (district_id)",
    ],
    "client": [
        "client_id INTEGER PRIMARY KEY",
        "birth DATE",
        "gender CHAR(1)",
        "district_id INTEGER NOT NULL",
        "FOREIGN KEY (district_id) REFERENCES district (district_id)",
    ],
    "disp": [
        "disp_id INTEGER PRIMARY KEY",
        "client_id INTEGER NOT NULL",
        "account_id INTEGER NOT NULL",
        "type CHAR(1)",
        "FOREIGN KEY (client_id) REFERENCES client (client_id)",
        "FOREIGN KEY (account_id) REFERENCES account (account_id) ON DELETE CASCADE",
    ],
    "card": [
        "card_id INTEGER PRIMARY KEY",
        "disp_id INTEGER NOT NULL",
        "type CHAR(1)",
        "issued DATE",
        "FOREIGN KEY (disp_id) REFERENCES disp (disp_id)",
    ],
    "loan": [
        "loan_id INTEGER PRIMARY KEY",
        "account_id INTEGER NOT NULL",
        "granted DATE NOT NULL",
        "amount DECIMAL(10, 2)",
        "months INTEGER NOT NULL",
        "payments DECIMAL(10, 2)",
        "status CHAR(1)",
        "FOREIGN KEY (account_id) REFERENCES account (account_id)",
    ],
    "standing_order": [
        "order_id INTEGER PRIMARY KEY",
        "account_id INTEGER NOT NULL",
        "bank_to CHAR(2)",
        "account_to VARCHAR(20)",
        "amount DECIMAL(10, 2)",
        "category CHAR(2)",
        "FOREIGN KEY (account_id) REFERENCES account (account_id)",
    ],
}
INDEXES = (
    "disp (account_id)",
    "card (disp_id)",
    "loan (account_id)",
    "standing_order (account_id)",
)

END = {
    "sqlite": "date(granted, '+' || months || ' months')",
    "postgresql": "(granted + months * interval '1 month')::date",
    "mariadb": "granted + INTERVAL months MONTH",
}
"""The day a loan is settled, in each dialect; only loans of status A and B are."""


def rows_of(file: Path, width: int) -> list[list[str | None]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return [[v or None for v in row[:width]] for row in csv.reader(lines, delimiter="\t")]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, shared_dir: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as fresh_place:
        for table, columns in TABLES.items():
            fresh_place.run(f"CREATE TABLE {table} ({', '.join(columns)})")
            width = sum(not column.startswith("FOREIGN") for column in columns)
            file = shared_dir / "data" / "berka" / f"{table.removeprefix('standing_')}.tsv"
            fresh_place.fill(table, rows_of(file, width))
        for number, columns in enumerate(INDEXES):
            fresh_place.run(f"CREATE INDEX berka_{number} ON {columns}")
        yield fresh_place


class AnyJournal:
    def intend(self, intent: Intent) -> None:
        """Nothing to remember."""


def settled_loans(kind: str) -> SqlInstance:
    return SqlInstance(
        id="loans",
        store="core_banking",
        table="loan",
        schema=None,
        key=("loan_id",),
        where=None,
        events=(
            (
                EVENT,
                FromExpression(sql=f"CASE WHEN status IN ('A', 'B') THEN {END[kind]} END"),
            ),
        ),
        record_group=None,
        children=(),
    )


def closed_relationships(kind: str) -> SqlInstance:
    """Accounts whose loan is settled, with everything that hangs on them."""
    end = (
        f"SELECT max({END[kind]}) FROM loan "
        f"WHERE loan.account_id = account.account_id AND status IN ('A', 'B')"
    )
    return SqlInstance(
        id="accounts",
        store="core_banking",
        table="account",
        schema=None,
        key=("account_id",),
        where="frequency <> 'T'",
        events=((EVENT, FromExpression(sql=f"({end})")),),
        record_group=None,
        children=(
            Child(table="disp", children=(Child(table="card"),)),
            Child(table="loan"),
            Child(table="standing_order"),
        ),
    )


def query_of(instance: SqlInstance) -> Query:
    rule = contract_rule(instance)
    return Query(
        rule=rule,
        instance=instance,
        as_of=AS_OF,
        cutoffs=cutoffs(rule.clock, AS_OF),
        binding=Binding((), category=rule.category, instance=instance.id),
        batch_items=100,
        decide=decider(rule, AS_OF),
    )


def purge(place: Place, query: Query) -> tuple[list[Effect], Counter[str]]:
    store = place.store()
    passed: Counter[str] = Counter()
    batches = []
    for found in store.find(query):
        passed.update(found.passed_over)
        decided = zip(found.keys, map(query.decide, found.facts), strict=True)
        keys = [key for key, decision in decided if isinstance(decision, Due)]
        passed["handed out, not due"] += len(found.keys) - len(keys)
        if keys:
            size = len(keys)
            batches.append(
                Batch(keys=keys, marks=[""] * size, groups=[None] * size, spared=[False] * size)
            )
    journal = AnyJournal()
    effects = [store.destroy(query, batch, contract_warrant(), journal) for batch in batches]
    assert all(outcome is Outcome.DESTROYED for e in effects for outcome in e.outcomes)
    return effects, passed


FIVE_YEARS_BEFORE = "'2019-06-30'"
"""Settled before this day: due on 30 June 2024."""


def test_settled_loans_go_and_running_ones_stay(place: Place) -> None:
    gone = f"status IN ('A', 'B') AND {END[place.kind]} < {FIVE_YEARS_BEFORE}"
    stay = set(place.rows(f"SELECT loan_id FROM loan WHERE NOT ({gone})"))
    due = place.one(f"SELECT count(*) FROM loan WHERE {gone}")
    running = place.one("SELECT count(*) FROM loan WHERE status IN ('C', 'D')")
    effects, passed = purge(place, query_of(settled_loans(place.kind)))
    assert sum(len(effect.outcomes) for effect in effects) == due
    assert set(place.rows("SELECT loan_id FROM loan")) == stay
    assert passed[Doubt.MISSING_TRIGGER] == running
    assert due + passed.total() == 682
    assert running == 448


def test_closed_relationships_go_with_everything_that_hangs_on_them(place: Place) -> None:
    closed = (
        f"SELECT account_id FROM loan WHERE status IN ('A', 'B') "
        f"AND {END[place.kind]} < {FIVE_YEARS_BEFORE}"
    )
    due = f"SELECT account_id FROM account WHERE frequency <> 'T' AND account_id IN ({closed})"
    disps = f"SELECT disp_id FROM disp WHERE account_id IN ({due})"
    conditions = {
        "account": f"account_id IN ({due})",
        "disp": f"account_id IN ({due})",
        "card": f"disp_id IN ({disps})",
        "loan": f"account_id IN ({due})",
        "standing_order": f"account_id IN ({due})",
    }
    expected = {
        table: place.one(f"SELECT count(*) FROM {table} WHERE {condition}")
        for table, condition in conditions.items()
    }
    before = {table: place.one(f"SELECT count(*) FROM {table}") for table in TABLES}
    effects, _ = purge(place, query_of(closed_relationships(place.kind)))
    counted = Counter[str]()
    for effect in effects:
        counted["account"] += len(effect.outcomes)
        for parts, count in zip(effect.parts, effect.counts, strict=True):
            named = json.loads(parts)
            counted.update({table: len(keys) for table, keys in named.items()})
            assert sum(map(len, named.values())) == count
    assert counted == {table: size for table, size in expected.items() if size}
    after = {table: place.one(f"SELECT count(*) FROM {table}") for table in TABLES}
    assert after == {table: before[table] - expected.get(table, 0) for table in TABLES}
