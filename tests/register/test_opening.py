"""Opening, migrating and refusing: the register is this version's and this installation's."""

from __future__ import annotations

import os
import stat
import threading
from functools import partial
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from keepuntil.domain.ledger import State
from keepuntil.errors import KeyFileError, RegisterBusy, RegisterError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import (
    Register,
    engines,
    findings,
    migrate,
    migrations,
    nights,
    rule_versions,
)
from keepuntil.register.places import Place
from keepuntil.register.tables import metadata
from register_world import CATEGORY, NOW, RULE, RULE_DIGEST, TODAY


def set_version(url: str, version: str) -> None:
    engine = create_engine(Place.of(url).url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE keepuntil_version SET version_num = '{version}'"))
    engine.dispose()


@pytest.fixture
def of_version(url: str) -> object:
    """Pretend the register was written by another version; put right afterwards."""
    yield lambda version: set_version(url, version)
    set_version(url, migrations.LATEST)


def test_migrated_schema_is_the_one_the_code_declares(url: str) -> None:
    engine = create_engine(Place.of(url).url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": migrations.VERSION_TABLE}
        )
        assert compare_metadata(context, metadata) == []
        # Alembic does not compare primary keys.
        found = inspect(connection)
        for name, table in metadata.tables.items():
            declared = [column.name for column in table.primary_key]
            assert found.get_pk_constraint(name)["constrained_columns"] == declared
    engine.dispose()


def test_latest_version_is_the_end_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [migrations.LATEST]
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)


def test_migrating_again_changes_nothing(url: str, key: SealingKey) -> None:
    with Register.open(url, key) as register:
        nights.record(register, CATEGORY, TODAY, "nothing_due", NOW)
    migrate(url)
    with Register.open(url, key) as register:
        assert nights.last(register, CATEGORY) is not None


def test_findings_from_before_there_were_histories_get_their_beginning(
    tmp_path: Path, key: SealingKey
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    columns = "kind, fingerprint, sentence_zh, sentence_en, counts, seen, reopened"
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        for name, closed in (("a", "NULL"), ("b", "'2026-03-02 18:30:00.000000'")):
            connection.execute(
                text(
                    f"INSERT INTO finding ({columns}, first_seen_at, last_seen_at, closed_at)"
                    f" VALUES ('overdue', '{name}', 'z', 'e', '{{}}', 1, 0,"
                    f" '2026-03-01 18:30:00.000000', '2026-03-01 18:30:00.000000', {closed})"
                )
            )
    engine.dispose()
    migrate(url)
    with Register.open(url, key) as register:
        first, second = findings.everything(register)
    assert [first[1].state, second[1].state] == [State.OPEN, State.GONE]
    assert second[1].closed_at == second[0].closed_at == NOW


def test_register_of_a_newer_version_is_refused_and_left_alone(
    url: str, key: SealingKey, of_version: object
) -> None:
    of_version("9999")  # type: ignore[operator]
    with pytest.raises(RegisterError, match="newer Keepuntil"):
        Register.open(url, key)
    with pytest.raises(RegisterError, match=r"newer Keepuntil.*Nothing was changed"):
        migrate(url)


def test_register_of_an_older_version_is_not_used(
    url: str, key: SealingKey, of_version: object
) -> None:
    of_version("0000")  # type: ignore[operator]
    with pytest.raises(RegisterError, match="is of version 0000; this Keepuntil needs"):
        Register.open(url, key)


def test_missing_register_is_not_made_by_opening_it(tmp_path: Path, key: SealingKey) -> None:
    with pytest.raises(RegisterError, match="There is no register at"):
        Register.open(f"sqlite:///{tmp_path}/none.db", key)
    assert not (tmp_path / "none.db").exists()


def test_database_without_a_register_is_told_apart(tmp_path: Path, key: SealingKey) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(RegisterError, match="There is no register at"):
        Register.open(f"sqlite:///{tmp_path}/empty.db", key)


@pytest.mark.parametrize("make_or_open", ["migrate", "open"])
def test_file_that_is_no_database_is_refused(
    tmp_path: Path, key: SealingKey, make_or_open: str
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look at\n" * 50)
    url = f"sqlite:///{path}"
    attempt = partial(Register.open, url, key) if make_or_open == "open" else partial(migrate, url)
    with pytest.raises(RegisterError, match="SQLITE_NOTADB"):
        attempt()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?cache=shared&uri=true"]
)
def test_register_in_memory_is_refused(url: str, key: SealingKey) -> None:
    with pytest.raises(RegisterError, match="plain file"):
        Register.open(url, key)


def test_other_kinds_of_database_are_refused_by_name(key: SealingKey) -> None:
    with pytest.raises(RegisterError, match="not in 'mysql\\+pymysql'"):
        Register.open("mysql+pymysql://root@127.0.0.1/x", key)


def test_unreachable_register_is_named_without_its_password(key: SealingKey) -> None:
    with pytest.raises(RegisterError, match="cannot be reached") as caught:
        Register.open("postgresql://clerk:s3cr3t@127.0.0.1:1/register", key)
    assert "127.0.0.1" in caught.value.sentence
    assert "s3cr3t" not in caught.value.sentence


def test_address_that_is_no_url_is_not_repeated(key: SealingKey) -> None:
    with pytest.raises(RegisterError) as caught:
        Register.open("clerk:s3cr3t@host", key)
    assert "s3cr3t" not in caught.value.sentence


def test_key_of_another_installation_opens_nothing(url: str, key: SealingKey) -> None:
    Register.open(url, key).close()
    with pytest.raises(RegisterError, match="not the one this register was made with"):
        Register.open(url, SealingKey.fresh())
    with Register.open(url, key) as register:
        assert register.keys.digest_key


def test_openings_share_the_keys_that_the_first_one_made(url: str, key: SealingKey) -> None:
    found: list[bytes] = []

    def open_once() -> None:
        with Register.open(url, key) as register:
            found.append(register.keys.digest_key)

    threads = [threading.Thread(target=open_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_closed_register_gives_no_keys(url: str, key: SealingKey) -> None:
    register = Register.open(url, key)
    register.close()
    with pytest.raises(RegisterError, match="closed"):
        _ = register.keys


def test_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(KeyFileError):
        SealingKey(b"short")


def test_sqlite_file_belongs_to_its_owner_only(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/deep/register.db")
    assert stat.S_IMODE((tmp_path / "deep" / "register.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("where", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_two_migrations_at_once_both_succeed(
    request: pytest.FixtureRequest, tmp_path: Path, where: str
) -> None:
    url = f"sqlite:///{tmp_path}/register.db"
    if where == "postgres":
        url = request.getfixturevalue("another_postgres")
    failures: list[Exception] = []

    def run() -> None:
        try:
            migrate(url)
        except RegisterError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_sqlite_syncs_every_commit_and_overwrites_what_it_deletes(
    sqlite_url: str, key: SealingKey
) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with Register.open(sqlite_url, key) as register, register.writing() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    assert found == wanted


@pytest.mark.postgres
def test_postgresql_commits_durably_whatever_the_database_says(
    postgres_url: str, key: SealingKey
) -> None:
    lax = f"{postgres_url}?options=-csynchronous_commit%3Doff"
    with Register.open(lax, key) as register, register.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"


def test_moment_without_a_zone_is_refused(register: Register) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        nights.record(register, CATEGORY, TODAY, "certified", NOW.replace(tzinfo=None))
    assert nights.last(register, CATEGORY) is None


def test_forked_child_and_parent_both_go_on(register: Register) -> None:
    nights.record(register, CATEGORY, TODAY, "before", NOW)
    inherited = register._engine.get()
    child = os.fork()
    if child == 0:
        # No assertion here: the child must end by _exit whatever happens.
        code = 1
        try:
            nights.record(register, CATEGORY, TODAY, "child", NOW)
            with register.fence().shared():
                code = int(register._engine.get() is inherited)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    last = nights.last(register, CATEGORY)
    assert last is not None
    assert last.result == "child"
    assert register._engine.get() is inherited
    with register.fence().exclusive(5):
        nights.record(register, CATEGORY, TODAY, "after", NOW)


def test_register_locked_by_another_program_is_busy_not_broken(
    sqlite_url: str, key: SealingKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "PATIENCE_SECONDS", 0)
    first, second = Register.open(sqlite_url, key), Register.open(sqlite_url, key)
    with first, second, first.writing(), pytest.raises(RegisterBusy, match="Try again later"):
        nights.record(second, CATEGORY, TODAY, "certified", NOW)


def test_failed_write_leaves_nothing(register: Register) -> None:
    def write_and_fail() -> None:
        with register.writing() as connection:
            insert = text("INSERT INTO register_key (purpose, wrapped) VALUES ('x', :w)")
            connection.execute(insert, {"w": b"y"})
            raise InterruptedError

    with pytest.raises(InterruptedError):
        write_and_fail()
    with register.reading() as connection:
        query = text("SELECT count(*) FROM register_key WHERE purpose = 'x'")
        assert connection.execute(query).scalar() == 0


def test_rule_text_is_kept_under_its_own_digest_only(register: Register) -> None:
    rule_versions.publish(register, CATEGORY, RULE_DIGEST, RULE, NOW)
    rule_versions.publish(register, CATEGORY, RULE_DIGEST, RULE, NOW)
    kept = rule_versions.get(register, RULE_DIGEST)
    assert (kept.canonical_json, kept.category, kept.published_at) == (RULE, CATEGORY, NOW)
    with pytest.raises(RegisterError, match="does not have the digest"):
        rule_versions.publish(register, CATEGORY, RULE_DIGEST, RULE + b" ", NOW)
    with pytest.raises(RegisterError, match="ever published"):
        rule_versions.get(register, "sha256:00")
