"""A worker that is killed by the operating system at a named step of destroying one batch.

``python sql_crashing.py URL STEP JOURNAL``; the journal is a file that survives.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from keepuntil.domain.stores import Reference, ReferenceKind, SqlStore
from keepuntil.stores.protocol import Intent
from keepuntil.stores.sql import SqlDatabase
from keepuntil.stores.sql.connection import Session
from sql_world import LoanWorld
from store_contract import batches_of, contract_query, contract_warrant

STEPS = ("while_deleting", "before_intent", "after_intent", "after_commit")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class FileJournal:
    """Durable when it returns, like the register's."""

    def __init__(self, file: Path, step: str) -> None:
        self.file = file
        self.step = step

    def intend(self, intent: Intent) -> None:
        if self.step == "before_intent":
            die()
        text = json.dumps({**asdict(intent), "present": list(intent.present)})
        with self.file.open("w") as journal:
            journal.write(text)
            journal.flush()
            os.fsync(journal.fileno())
        if self.step == "after_intent":
            die()


def written(file: Path) -> Intent | None:
    """What an interrupted worker left in its journal."""
    if not file.exists():
        return None
    fields = json.loads(file.read_text())
    return Intent(
        present=bytearray(fields["present"]), parts=fields["parts"], counts=fields["counts"]
    )


def open_store(url: str) -> SqlDatabase:
    reference = Reference(kind=ReferenceKind.ENV, name="URL")
    declaration = SqlStore(
        name="core_banking",
        url=reference,
        reader=None,
        zone=None,
        replica_lag_limit_seconds=None,
    )
    return SqlDatabase(declaration, url)


def main(url: str, step: str, file: str) -> None:
    store = open_store(url)
    query = contract_query(LoanWorld.instance, batch_items=100)
    (batch,) = batches_of(store, query)
    if step == "while_deleting":
        changed = Session.changed

        def and_die(session: Session, sql: str, parameters: tuple[object, ...] = ()) -> int:
            changed(session, sql, parameters)
            die()
            return 0

        Session.changed = and_die  # type: ignore[method-assign]
    store.destroy(query, batch, contract_warrant(), FileJournal(Path(file), step))
    die()


if __name__ == "__main__":
    main(*sys.argv[1:])
