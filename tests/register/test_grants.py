"""Roles of the database: the auditor reads what is not sealed, the worker rewrites no history."""

from __future__ import annotations

import ast
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from disposal_world import World
from keepuntil import register as package
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import UsageError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import Register, findings, grants, holds, migrate, refusals
from keepuntil.register.findings import Met
from keepuntil.register.grants import CHANGED, DELETED, DatabaseRole, readable, statements
from keepuntil.register.refusals import Refusal
from keepuntil.register.tables import metadata
from register_world import NOW, filled, tables_after

APPEND_ONLY = sorted(set(metadata.tables) - set(CHANGED) - DELETED)
DUE, KEPT = "A000001-2016-11-21.pdf", "A000003-2024-01-01.pdf"


@dataclass
class Roles:
    """A register in PostgreSQL, with a login for each role."""

    owner: str
    prefix: str
    key: SealingKey

    def url(self, role: str) -> str:
        url = make_url(self.owner).set(username=self.prefix + role, password="x")
        return url.render_as_string(hide_password=False)

    def refused(self, role: str, statement: str) -> bool:
        """Whether the server denies the right; any other complaint fails the test."""
        with psycopg.connect(self.url(role)) as connection:
            try:
                connection.execute(sql.SQL(statement))  # type: ignore[arg-type, unused-ignore]
            except psycopg.errors.InsufficientPrivilege:
                return True
            finally:
                connection.rollback()
        return False


@pytest.fixture
def roles(another_postgres: str, key: SealingKey) -> Iterator[Roles]:
    made = Roles(another_postgres, f"ku_{uuid.uuid4().hex[:8]}_", key)
    names = [made.prefix + role.value for role in DatabaseRole]
    migrate(made.owner)
    with Register.open(made.owner, key) as register:
        printed = statements(register, list(DatabaseRole), made.prefix)
    with psycopg.connect(made.owner, autocommit=True) as admin:
        for name in names:
            admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'x'")  # type: ignore[call-overload, unused-ignore]
        for statement in printed * 2:
            admin.execute(statement)  # type: ignore[call-overload, unused-ignore]
    yield made
    with psycopg.connect(made.owner, autocommit=True) as admin:
        for name in names:
            admin.execute(f"DROP OWNED BY {name} CASCADE")  # type: ignore[call-overload, unused-ignore]
            admin.execute(f"DROP ROLE {name}")  # type: ignore[call-overload, unused-ignore]


@pytest.mark.postgres
def test_the_auditor_reads_what_is_not_sealed_and_nothing_else(roles: Roles) -> None:
    for table in metadata.sorted_tables:
        clear = readable(table)
        for column in table.columns:
            denied = roles.refused("auditor", f"SELECT {column.name} FROM {table.name}")
            assert denied == (column.name not in clear), f"{table.name}.{column.name}"
    assert readable(metadata.tables["list_key"]) == readable(metadata.tables["register_key"]) == ()
    assert "sealed_value" not in readable(metadata.tables["hold"])


@pytest.mark.postgres
def test_the_auditor_writes_no_table(roles: Roles) -> None:
    for name, table in metadata.tables.items():
        column = next(iter(table.columns)).name
        for statement in (
            f"INSERT INTO {name} DEFAULT VALUES",
            f"UPDATE {name} SET {column} = {column}",
            f"DELETE FROM {name}",
            f"TRUNCATE {name}",
        ):
            assert roles.refused("auditor", statement), statement
    assert roles.refused("auditor", "SELECT scrub_list_key()")


@pytest.mark.postgres
def test_the_worker_changes_no_history_and_no_table(roles: Roles) -> None:
    assert {"approval", "log_entry", "rule_version", "verification", "refusal"} <= set(APPEND_ONLY)
    for name in APPEND_ONLY:
        column = next(iter(metadata.tables[name].columns)).name
        assert roles.refused("worker", f"UPDATE {name} SET {column} = {column}"), name
    for name in metadata.tables:
        assert roles.refused("worker", f"DROP TABLE {name}"), name
        assert roles.refused("worker", f"ALTER TABLE {name} ADD COLUMN more text"), name
        assert roles.refused("worker", f"TRUNCATE {name} CASCADE"), name
        assert roles.refused("worker", f"DELETE FROM {name}") == (name not in DELETED), name
    assert roles.refused("worker", "CREATE TABLE mine (a text)")
    assert roles.refused("worker", "UPDATE certificate SET payload = payload")
    assert roles.refused("worker", "UPDATE hold SET sealed_value = sealed_value")


@pytest.mark.postgres
def test_the_whole_road_runs_under_the_workers_role(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KEEPUNTIL_INSTALLATION_KEY", raising=False)
    monkeypatch.delenv("KEEPUNTIL_REGISTER", raising=False)
    world = World(tmp_path).build()
    with psycopg.connect(roles.owner, autocommit=True) as admin:
        admin.execute("DELETE FROM register_key")
    monkeypatch.setenv("KEEPUNTIL_REGISTER", roles.url("worker"))
    world.issue(DUE, KEPT)
    with world.open() as installation:
        certificate = world.whole_road(installation)
        register = installation.register
        placed = Hold(
            hold_id="H-1",
            mandate="court 1",
            owner="legal",
            category="statement",
            instance=None,
            scope=HoldScope.CATEGORY,
            value="",
            placed_at=NOW,
            review_by=None,
        )
        holds.add(register, placed)
        holds.lift(register, "H-1", "E1", "settled", NOW)
        problem = Met(
            kind="kind",
            fingerprint="one",
            sentence_zh="问题",
            sentence_en="A problem",
            counts={},
            at=NOW,
        )
        for _ in range(2):
            findings.raise_finding(register, problem)
        findings.gone(register, "one", "It is no longer there.", NOW)
        refusals.add(register, Refusal(person=None, right="read", refused_at=NOW))
        filled(register, {"core": [2]}).discard()
    assert (certificate.certificate_id != "", world.left()) == (True, {KEPT})


@pytest.mark.postgres
def test_what_a_worker_scrubs_is_written_anew(roles: Roles) -> None:
    """A table that is another's is skipped by VACUUM without an error: the key would stay."""
    where = "SELECT pg_relation_filepath('list_key')"
    with psycopg.connect(roles.owner, autocommit=True) as admin:
        before = admin.execute(where).fetchone()
        with Register.open(roles.url("worker"), roles.key) as register:
            register.scrub()
        assert admin.execute(where).fetchone() != before


@pytest.mark.postgres
def test_the_administrator_migrates(roles: Roles) -> None:
    with psycopg.connect(roles.owner, autocommit=True) as admin:
        admin.execute("DROP FUNCTION scrub_list_key()")
        for table in tables_after("0005"):
            admin.execute(f"DROP TABLE {table}")  # type: ignore[call-overload, unused-ignore]
        admin.execute("UPDATE keepuntil_version SET version_num = '0005'")
    migrate(roles.url("administrator"))
    with Register.open(roles.url("administrator"), roles.key) as register:
        assert refusals.newest(register, 1) == []


def test_a_register_in_a_file_has_no_roles(sqlite_url: str, key: SealingKey) -> None:
    with (
        Register.open(sqlite_url, key) as register,
        pytest.raises(UsageError, match="its permissions"),
    ):
        statements(register, list(DatabaseRole), "x_")


def test_every_table_that_the_register_changes_is_granted_and_no_other() -> None:
    changed, deleted = set(), set()
    for module in Path(package.__file__).parent.glob("*.py"):
        tree = ast.parse(module.read_bytes())
        tables = _tables_by_name(tree)
        for word, named in _writes(tree):
            if (table := tables.get(named)) is not None:
                (deleted if word == "delete" else changed).add(table)
    assert (changed - set(CHANGED), deleted) == (set(), set(DELETED))
    # The rest is changed through a variable: what is sealed is forgotten when a list ends.
    assert set(CHANGED) - changed <= {"intent", "observation"}
    assert set(CHANGED) | DELETED <= set(metadata.tables)
    for name, columns in CHANGED.items():
        assert set(columns) <= set(metadata.tables[name].columns.keys()), name
    assert grants.SCRUB == "scrub_list_key"


def _tables_by_name(tree: ast.Module) -> dict[str, str]:
    """What a module calls each table, and the table's own name."""
    return {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("keepuntil.register.")
        and (node.module or "").endswith("tables")
        for alias in node.names
    }


def _writes(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Words that change or delete, each with the variable of the table."""
    upserts = any(
        isinstance(node, ast.Attribute) and node.attr == "on_conflict_do_update"
        for node in ast.walk(tree)
    )
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        match call:
            case ast.Call(
                func=ast.Name(id="update" | "delete" as word), args=[ast.Name(id=named), *_]
            ):
                yield word, named
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=named), attr="update" | "delete" as word)
            ):
                yield word, named
            case ast.Call(func=ast.Name(id="dialect_insert"), args=[_, ast.Name(id=named)]) if (
                upserts
            ):
                yield "update", named
            case _:
                pass
