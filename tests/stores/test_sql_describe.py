"""What is wrong with a declaration is said before anything runs, in words a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from keepuntil.domain.categories import (
    Child,
    EventSource,
    FromColumn,
    FromExpression,
    FromInstance,
    FromTag,
    SqlInstance,
)
from keepuntil.domain.stores import Reference, ReferenceKind, SqlStore
from keepuntil.errors import StoreError, StoreMismatch, StoreUnreachable
from keepuntil.stores.protocol import Description
from keepuntil.stores.sql import SqlDatabase
from sql_servers import KINDS, Place, fresh, mariadb_server, postgres_server
from store_contract import EVENT, contract_query, contract_rule

LOAN = SqlInstance(
    id="core",
    store="core_banking",
    table="loan",
    schema=None,
    key=("id",),
    where=None,
    events=((EVENT, FromColumn(column="closed_on")),),
    record_group=None,
    children=(Child(table="note"),),
)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with fresh(request.param, tmp_path) as fresh_place:
        fresh_place.run(
            "CREATE TABLE loan (id BIGINT PRIMARY KEY, closed_on DATE, rate DOUBLE PRECISION, "
            "file_no VARCHAR(20), amount DECIMAL(12, 2))",
            "CREATE TABLE note (id BIGINT PRIMARY KEY, loan_id BIGINT NOT NULL, "
            "FOREIGN KEY (loan_id) REFERENCES loan (id))",
            "CREATE INDEX loan_closed ON loan (closed_on)",
            "CREATE INDEX note_loan ON note (loan_id)",
        )
        yield fresh_place


def described(
    place: Place, instance: SqlInstance, *, zone: str | None = "Asia/Shanghai"
) -> Description:
    store = place.store(zone=zone)
    try:
        description = store.describe(contract_rule(instance), instance)
        if description.problems:
            # What is described as a problem is also refused when it is tried all the same.
            with pytest.raises(StoreMismatch):
                list(store.find(contract_query(instance)))
        return description
    finally:
        store.close()


def problem(place: Place, instance: SqlInstance, *, zone: str | None = "Asia/Shanghai") -> str:
    (only,) = described(place, instance, zone=zone).problems
    return only


def reading(source: EventSource) -> SqlInstance:
    return replace(LOAN, events=((EVENT, source),))


def test_tables_as_declared_give_neither_problems_nor_warnings(place: Place) -> None:
    description = described(place, LOAN)
    assert (description.problems, description.warnings, description.total) == ((), (), 0)


def test_a_missing_table_is_named_with_the_nearest_one(place: Place) -> None:
    assert "did you mean loan?" in problem(place, replace(LOAN, table="loans"))


def test_a_renamed_column_is_named_with_the_nearest_one(place: Place) -> None:
    place.run("ALTER TABLE loan RENAME COLUMN closed_on TO closed_at")
    said = problem(place, LOAN)
    assert "closed_on does not exist in loan" in said
    assert "did you mean closed_at?" in said


def test_every_problem_is_said_at_once(place: Place) -> None:
    instance = replace(LOAN, key=("nr",), where="stat = 1", record_group="folder", children=())
    assert len(described(place, instance).problems) == 3


def test_a_table_without_a_primary_key_is_refused(place: Place) -> None:
    place.run("CREATE TABLE log_line (id BIGINT, closed_on DATE)")
    assert "no primary key" in problem(place, replace(LOAN, table="log_line", children=()))


def test_a_key_that_is_not_unique_is_refused(place: Place) -> None:
    assert "is not unique" in problem(place, replace(LOAN, key=("file_no",), children=()))


def test_a_unique_column_will_do_as_a_key(place: Place) -> None:
    place.run(
        "CREATE TABLE card (id BIGINT PRIMARY KEY, no VARCHAR(19) NOT NULL UNIQUE, closed_on DATE)"
    )
    assert described(place, replace(LOAN, table="card", key=("no",), children=())).problems == ()


def test_a_unique_key_with_empty_values_is_refused(place: Place) -> None:
    place.run(
        "CREATE TABLE card (id BIGINT PRIMARY KEY, no VARCHAR(19) UNIQUE, closed_on DATE)",
        "INSERT INTO card VALUES (1, NULL, '2012-01-01')",
    )
    said = problem(place, replace(LOAN, table="card", key=("no",), children=()))
    assert "is empty in some rows" in said


def test_a_floating_point_key_is_refused(place: Place) -> None:
    place.run("CREATE TABLE measure (rate DOUBLE PRECISION PRIMARY KEY, closed_on DATE)")
    said = problem(place, replace(LOAN, table="measure", key=("rate",), children=()))
    assert "cannot name a row exactly" in said


@pytest.mark.parametrize(
    "where",
    ["amount > 0; DROP TABLE note", "amount > 0 -- all", "amount > 0) OR (1=1", "file_no = 'x", ""],
)
def test_a_condition_that_is_not_one_expression_is_refused(place: Place, where: str) -> None:
    assert "cannot be used" in problem(place, replace(LOAN, where=where))


def test_a_condition_over_unknown_columns_is_refused_without_the_drivers_words(
    place: Place,
) -> None:
    said = problem(place, replace(LOAN, where="secret_name = '6222020000000000000'"))
    assert "where" in said
    assert "6222" not in said


def test_an_expression_the_database_cannot_read_is_refused(place: Place) -> None:
    assert f"event {EVENT}" in problem(place, reading(FromExpression(sql="closed_onn + 1")))


@pytest.mark.parametrize("source", [FromTag(tag="closed"), FromInstance(instance="other")])
def test_events_that_no_table_can_give_are_refused(place: Place, source: EventSource) -> None:
    assert EVENT in problem(place, reading(source))


def test_a_number_is_no_date(place: Place) -> None:
    if place.kind == "sqlite":
        pytest.skip("SQLite gives no types to expressions; its numbers are unreadable row by row")
    assert "is not a date" in problem(place, reading(FromColumn(column="id")))


def test_a_date_time_without_a_zone_needs_one_declared(place: Place) -> None:
    moment = "TIMESTAMP" if place.kind == "postgresql" else "DATETIME"
    place.run(f"ALTER TABLE loan ADD COLUMN closed_at {moment}")
    instance = reading(FromColumn(column="closed_at"))
    assert "without a zone" in problem(place, instance, zone=None)
    assert described(place, instance).problems == ()
    own = reading(FromColumn(column="closed_at", zone="Europe/Paris"))
    assert described(place, own, zone=None).problems == ()


# Children: declared against discovered


def test_a_child_nobody_declared_is_refused(place: Place) -> None:
    said = problem(place, replace(LOAN, children=()))
    assert "table note points at loan by loan_id and is not declared" in said


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL"])
def test_a_child_the_database_would_take_along_is_still_to_be_declared(
    place: Place, action: str
) -> None:
    place.run(
        f"CREATE TABLE event (id BIGINT PRIMARY KEY, loan_id BIGINT, "
        f"FOREIGN KEY (loan_id) REFERENCES loan (id) ON DELETE {action})",
    )
    assert "table event points at loan" in problem(place, LOAN)


def test_a_grandchild_nobody_declared_is_refused(place: Place) -> None:
    place.run(
        "CREATE TABLE mark (id BIGINT PRIMARY KEY, note_id BIGINT, "
        "FOREIGN KEY (note_id) REFERENCES note (id))",
    )
    assert "table mark points at note" in problem(place, LOAN)


def test_a_child_that_does_not_exist_is_refused(place: Place) -> None:
    instance = replace(LOAN, children=(Child(table="note"), Child(table="notes", by=("loan_id",))))
    assert "notes does not exist; did you mean note?" in problem(place, instance)


def test_a_child_without_foreign_key_and_without_columns_is_refused(place: Place) -> None:
    place.run("CREATE TABLE scan (id BIGINT PRIMARY KEY, loan_id BIGINT)")
    instance = replace(LOAN, children=(Child(table="note"), Child(table="scan")))
    assert "has no foreign key to loan" in problem(place, instance)


def test_a_child_without_foreign_key_may_name_its_columns(place: Place) -> None:
    place.run(
        "CREATE TABLE scan (id BIGINT PRIMARY KEY, loan_id BIGINT)",
        "CREATE INDEX scan_loan ON scan (loan_id)",
    )
    children = (Child(table="note"), Child(table="scan", by=("loan_id",)))
    assert described(place, replace(LOAN, children=children)).problems == ()


@pytest.mark.parametrize("by", [("loan",), ("id", "loan_id")])
def test_columns_of_a_child_that_do_not_fit_are_refused(place: Place, by: tuple[str, ...]) -> None:
    place.run("CREATE TABLE scan (id BIGINT PRIMARY KEY, loan_id BIGINT)")
    instance = replace(LOAN, children=(Child(table="note"), Child(table="scan", by=by)))
    assert "scan" in problem(place, instance)


def test_a_child_of_another_type_is_refused(place: Place) -> None:
    if place.kind == "sqlite":
        pytest.skip("SQLite compares by value whatever the column's type")
    place.run("CREATE TABLE scan (id BIGINT PRIMARY KEY, loan_id VARCHAR(20))")
    instance = replace(LOAN, children=(Child(table="note"), Child(table="scan", by=("loan_id",))))
    assert "is not of the type" in problem(place, instance)


def test_two_ways_to_the_parent_must_be_told_apart(place: Place) -> None:
    place.run(
        "CREATE TABLE transfer (id BIGINT PRIMARY KEY, from_loan BIGINT, to_loan BIGINT, "
        "FOREIGN KEY (from_loan) REFERENCES loan (id), "
        "FOREIGN KEY (to_loan) REFERENCES loan (id))",
        "CREATE INDEX transfer_from ON transfer (from_loan)",
        "CREATE INDEX transfer_to ON transfer (to_loan)",
    )
    once = replace(LOAN, children=(Child(table="note"), Child(table="transfer")))
    assert "more than once" in problem(place, once)
    half = replace(LOAN, children=(Child(table="note"), Child(table="transfer", by=("to_loan",))))
    assert "transfer points at loan by from_loan" in problem(place, half)
    both = (
        Child(table="note"),
        Child(table="transfer", by=("to_loan",)),
        Child(table="transfer", by=("from_loan",)),
    )
    assert described(place, replace(LOAN, children=both)).problems == ()


def test_a_table_that_points_at_itself_is_refused(place: Place) -> None:
    place.run(
        "ALTER TABLE loan ADD COLUMN refinances BIGINT REFERENCES loan (id)"
        if place.kind != "mariadb"
        else "ALTER TABLE loan ADD COLUMN refinances BIGINT, "
        "ADD FOREIGN KEY (refinances) REFERENCES loan (id)"
    )
    assert "points at itself by refinances" in problem(place, LOAN)


def test_a_circle_of_tables_is_refused(place: Place) -> None:
    place.run(
        "ALTER TABLE loan ADD COLUMN last_note BIGINT REFERENCES note (id)"
        if place.kind != "mariadb"
        else "ALTER TABLE loan ADD COLUMN last_note BIGINT, "
        "ADD FOREIGN KEY (last_note) REFERENCES note (id)"
    )
    assert "in a circle" in problem(place, LOAN)


def test_a_child_declared_below_itself_is_refused(place: Place) -> None:
    nested = Child(table="note", children=(Child(table="note", by=("id",)),))
    assert "below itself" in problem(place, replace(LOAN, children=(nested,)))


def test_a_child_without_a_primary_key_is_refused(place: Place) -> None:
    place.run("CREATE TABLE scan (loan_id BIGINT, FOREIGN KEY (loan_id) REFERENCES loan (id))")
    instance = replace(LOAN, children=(Child(table="note"), Child(table="scan")))
    assert "scan has no primary key" in problem(place, instance)


# Warnings


def test_missing_indexes_on_triggers_and_foreign_keys_are_warned_of(place: Place) -> None:
    place.run(
        "ALTER TABLE loan ADD COLUMN settled_on DATE",
        "CREATE TABLE scan (id BIGINT PRIMARY KEY, loan_id BIGINT)",
    )
    instance = replace(
        reading(FromColumn(column="settled_on")),
        children=(Child(table="note"), Child(table="scan", by=("loan_id",))),
    )
    description = described(place, instance)
    assert description.problems == ()
    trigger, foreign_key = description.warnings
    assert "no index of loan begins with settled_on" in trigger
    assert "no index of scan begins with loan_id" in foreign_key


def test_an_index_over_part_of_the_rows_does_not_count(place: Place) -> None:
    if place.kind == "mariadb":
        pytest.skip("MariaDB has no partial indexes")
    place.run(
        "DROP INDEX loan_closed", "CREATE INDEX loan_closed ON loan (closed_on) WHERE amount > 0"
    )
    (warning,) = described(place, LOAN).warnings
    assert "closed_on" in warning


@pytest.mark.mariadb
def test_a_table_that_keeps_its_deleted_rows_is_refused(tmp_path: Path) -> None:
    with fresh("mariadb", tmp_path) as place:
        place.run(
            "CREATE TABLE loan (id BIGINT PRIMARY KEY, closed_on DATE, KEY (closed_on)) "
            "WITH SYSTEM VERSIONING"
        )
        assert "system versioning" in problem(place, replace(LOAN, children=()))


@pytest.mark.postgres
def test_children_in_other_schemas_are_discovered(tmp_path: Path) -> None:
    with fresh("postgresql", tmp_path) as here, fresh("postgresql", tmp_path) as there:
        other = there.one("SELECT current_schema()")
        here.run(
            "CREATE TABLE loan (id BIGINT PRIMARY KEY, closed_on DATE)",
            "CREATE INDEX ON loan (closed_on)",
            f"CREATE TABLE {other}.scan (id BIGINT PRIMARY KEY, "
            f"loan_id BIGINT REFERENCES loan (id))",
            f"CREATE INDEX ON {other}.scan (loan_id)",
        )
        bare = replace(LOAN, children=())
        assert f"{other}.scan points at loan" in problem(here, bare)
        declared = replace(LOAN, children=(Child(table=f"{other}.scan"),))
        assert described(here, declared).problems == ()


# Places that cannot be reached


def store_at(url: str) -> SqlDatabase:
    reference = Reference(kind=ReferenceKind.ENV, name="CORE_BANKING_URL")
    return SqlDatabase(
        SqlStore(
            name="core_banking",
            url=reference,
            reader=None,
            zone=None,
            replica_lag_limit_seconds=None,
        ),
        url,
    )


def refusal(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        store_at(url).describe(contract_rule(LOAN), LOAN)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "bank.db"
    assert isinstance(refusal(f"sqlite:///{file}"), StoreUnreachable)
    assert not file.exists()


def test_a_file_that_is_no_database_is_said_to_be_unreachable(tmp_path: Path) -> None:
    file = tmp_path / "bank.db"
    file.write_bytes(b"not a database at all" * 100)
    assert isinstance(refusal(f"sqlite:///{file}"), StoreUnreachable)


@pytest.mark.parametrize(
    "url", ["oracle://scott:tiger@host/db", "no url", "sqlite://", "sqlite:///:memory:"]
)
def test_an_unusable_url_is_not_repeated(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        store_at(url)
    assert "core_banking" in caught.value.sentence
    assert "tiger" not in caught.value.sentence


@pytest.mark.postgres
def test_wrong_credentials_on_postgresql_give_away_no_password() -> None:
    url = postgres_server().set(username="nobody_of_this_name", password="hunter2")
    error = refusal(url.render_as_string(hide_password=False))
    assert isinstance(error, StoreUnreachable)
    assert "credentials" in error.sentence
    assert "hunter2" not in repr(error)


@pytest.mark.mariadb
def test_wrong_credentials_on_mariadb_give_away_no_password() -> None:
    url = mariadb_server().set(username="nobody_of_this_name", password="hunter2")
    error = refusal(url.render_as_string(hide_password=False))
    assert isinstance(error, StoreUnreachable)
    assert "credentials" in error.sentence
    assert "hunter2" not in repr(error)


@pytest.mark.parametrize(
    "url", ["postgresql://u:hunter2@127.0.0.1:1/bank", "mariadb://u:hunter2@127.0.0.1:1/bank"]
)
def test_a_server_that_does_not_answer_is_unreachable(url: str) -> None:
    error = refusal(url)
    assert isinstance(error, StoreUnreachable)
    assert "hunter2" not in repr(error)
