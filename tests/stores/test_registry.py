"""A store is opened by its declaration, with the credential that the task calls for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keepuntil.domain.stores import FilesStore, Reference, ReferenceKind, S3Store, SqlStore
from keepuntil.errors import StoreError
from keepuntil.stores.registry import open_store

WRITER = Reference(kind=ReferenceKind.ENV, name="WRITER")
READER = Reference(kind=ReferenceKind.FILE, name="reader")


def database(folder: Path, reader: Reference | None) -> SqlStore:
    return SqlStore(
        name="core_banking", url=WRITER, reader=reader, zone=None, replica_lag_limit_seconds=None
    )


class Vault:
    """Gives a URL for any reference and remembers which was asked for."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.asked: list[Reference] = []

    def __call__(self, reference: Reference) -> str:
        self.asked.append(reference)
        return self.secret


@pytest.mark.parametrize(
    ("declared", "reader", "expected"),
    [(READER, True, READER), (READER, False, WRITER), (None, True, WRITER)],
)
def test_readers_get_the_second_credential_where_there_is_one(
    tmp_path: Path, declared: Reference | None, reader: bool, expected: Reference
) -> None:
    vault = Vault(f"sqlite:///{tmp_path}/bank.db")
    open_store(database(tmp_path, declared), vault, reader=reader).close()
    assert vault.asked == [expected]


def test_each_kind_opens_its_own_store(tmp_path: Path) -> None:
    bucket = S3Store(
        name="scans",
        bucket="scans",
        endpoint="http://127.0.0.1:1",
        region="us-east-1",
        credentials=WRITER,
        reader=None,
        irrecoverable_after=None,
    )
    folder = FilesStore(name="statements", root=str(tmp_path))
    opened = [
        open_store(database(tmp_path, None), Vault("sqlite:///bank.db"), reader=True),
        open_store(bucket, Vault("KEY:SECRET"), reader=True),
        open_store(folder, Vault(""), reader=True),
    ]
    assert [store.facts.kind for store in opened] == ["sql", "s3", "files"]
    for store in opened:
        store.close()


def test_a_secret_that_is_no_url_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(database(tmp_path, None), Vault("hunter2"), reader=False)
    assert "hunter2" not in str(caught.value)


def test_opening_one_kind_loads_no_library_of_another(tmp_path: Path) -> None:
    program = (
        "import sys; from keepuntil.stores.registry import open_store; "
        "from keepuntil.domain.stores import FilesStore; "
        f"open_store(FilesStore(name='s', root={str(tmp_path)!r}), print, reader=True); "
        "print([m for m in ('sqlalchemy', 'boto3', 'psycopg', 'pymysql') if m in sys.modules])"
    )
    plugins = Path(__file__).resolve().parents[2] / "plugins"
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(plugins)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"
