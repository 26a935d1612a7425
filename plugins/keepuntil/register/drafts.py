"""A plan in the making: items are sealed as they come and belong to nobody until frozen."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, select

from keepuntil.domain.chunks import Chunk, pack
from keepuntil.domain.items import Key
from keepuntil.domain.plans import InstanceTally, Plan
from keepuntil.errors import PlanError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import item_lists, plan_rows, sealing_places
from keepuntil.register.connection import Register
from keepuntil.register.inserting import insert_once
from keepuntil.register.item_lists import ItemsDigest, ListKeys
from keepuntil.register.plan_rows import PlanState, StoredPlan
from keepuntil.register.surroundings import Marked, write_neighbours
from keepuntil.register.tables import item_chunk, item_list, plan, plan_instance, rule_version

MOST_NEIGHBOURS = 50
_WRITTEN_AT_ONCE_BYTES = 4 << 20


def begin(register: Register, category: str, as_of: date, at: datetime) -> Draft:
    """Open an empty item list with keys of its own.

    ``at`` dates the draft, so that one a crash left behind can be told from one at
    work: see :func:`sweep`.
    """
    list_id = secrets.token_hex(16)
    row = {"list_id": list_id, "category": category, "as_of": as_of, "begun_at": at}
    with register.writing() as connection:
        connection.execute(item_list.insert().values(row))
        data_key = item_lists.make_key(connection, register, list_id, item_lists.DATA)
        item_lists.make_key(connection, register, list_id, item_lists.RUN)
    return Draft(register, list_id, category, as_of, data_key)


def sweep(register: Register, begun_before: datetime) -> int:
    """Discard the drafts that were begun before a moment and never frozen; says how many."""
    frozen = select(plan.c.list_id)
    query = select(item_list.c.list_id).where(
        item_list.c.begun_at < begun_before, item_list.c.list_id.not_in(frozen)
    )
    with register.reading() as connection:
        abandoned = connection.execute(query).scalars().all()
    for list_id in abandoned:
        item_lists.discard(register, list_id)
    return len(abandoned)


@dataclass(slots=True)
class _Column:
    """What has been appended to one instance so far."""

    digest: ItemsDigest
    chunks: int = 0
    items: int = 0
    neighbours: list[Key] = field(default_factory=list)


@dataclass(slots=True)
class _Unwritten:
    rows: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0


class Draft:
    """One item list being written; used by one thread. As a context it discards itself
    unless it was frozen."""

    def __init__(
        self,
        register: Register,
        list_id: str,
        category: str,
        as_of: date,
        data_key: SealingKey,
    ) -> None:
        self._register = register
        self._list_id = list_id
        self._about = (category, as_of)
        self._data_key = data_key
        self._columns: dict[str, _Column] = {}
        self._unwritten = _Unwritten()
        self._open = True

    def append(self, instance: str, chunk: Chunk) -> int:
        """Seal the next chunk of an instance; says its number. Written a few megabytes at a time.

        Raises PlanError for an empty chunk and for a draft that is closed.
        """
        self._refuse_closed()
        if not len(chunk):
            raise PlanError(f"An empty chunk was planned for instance '{instance}'.")
        column = self._column(instance)
        seq = column.chunks
        packed = pack(chunk)
        column.digest.add(packed)
        column.chunks += 1
        column.items += len(chunk)
        place = sealing_places.items(self._list_id, instance, seq)
        self._keep(instance, seq, len(chunk), self._data_key.seal(packed, place))
        return seq

    def chunks(self, instance: str) -> int:
        """How many chunks the instance has so far."""
        return self._column(instance).chunks

    def digest(self, instance: str) -> str:
        """``hmac-sha256:<hex>`` over the instance's packed chunks so far, each after its length."""
        return self._column(instance).digest.text()

    def keep_neighbours(self, instance: str, keys: Sequence[Key]) -> None:
        """Remember a few kept items beside the due ones, to be looked at around the run."""
        neighbours = self._column(instance).neighbours
        neighbours.extend(keys[: MOST_NEIGHBOURS - len(neighbours)])

    def freeze(self, document: Plan, proposed_by: str, at: datetime) -> StoredPlan:
        """Make the draft the item list of a plan.

        When a plan of the same digest was frozen before, that one is returned and the
        draft discarded. Raises PlanError when plan and draft do not match, or when the
        rule it names was never published.
        """
        self._refuse_closed()
        self._refuse_mismatch(document)
        row = plan_rows.row_of(document) | {
            "list_id": self._list_id,
            "proposed_by": proposed_by,
            "frozen_at": at,
            "state": PlanState.FROZEN.value,
        }
        # One transaction: a crash before its end leaves a draft for `sweep`, after it a plan.
        with self._register.writing() as connection:
            self._refuse_swept(connection)
            _refuse_unpublished(connection, document)
            is_new = insert_once(connection, plan, row)
            if is_new:
                self._write(connection)
                self._write_neighbours(connection)
                connection.execute(plan_instance.insert(), plan_rows.instance_rows(document))
            found = plan_rows.read(connection, [document.digest])
        if not found:
            raise PlanError(
                f"Another plan is called {document.plan_id} already. Plan again tomorrow, or ask"
                " for help: two digests that begin alike are next to impossible."
            )
        if is_new:
            self._open = False
        else:
            self.discard()
        return found[0]

    def discard(self) -> None:
        """Remove the list and its keys; harmless when it is frozen or gone."""
        if self._open:
            self._open = False
            self._unwritten = _Unwritten()
            item_lists.discard(self._register, self._list_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.discard()

    def _column(self, instance: str) -> _Column:
        if instance not in self._columns:
            self._columns[instance] = _Column(ItemsDigest(self._register, instance))
        return self._columns[instance]

    def _keep(self, instance: str, seq: int, items: int, sealed: bytes) -> None:
        self._unwritten.rows.append(
            {
                "list_id": self._list_id,
                "instance": instance,
                "seq": seq,
                "item_count": items,
                "sealed_items": sealed,
            }
        )
        self._unwritten.size += len(sealed)
        if self._unwritten.size >= _WRITTEN_AT_ONCE_BYTES:
            with self._register.writing() as connection:
                self._write(connection)

    def _write(self, connection: Connection) -> None:
        if self._unwritten.rows:
            connection.execute(item_chunk.insert(), self._unwritten.rows)
        self._unwritten = _Unwritten()

    def _write_neighbours(self, connection: Connection) -> None:
        for instance, column in self._columns.items():
            marked: Marked = [(key, None) for key in column.neighbours]
            write_neighbours(connection, ListKeys(self._list_id, self._data_key), instance, marked)

    def _refuse_closed(self) -> None:
        if not self._open:
            raise PlanError("This draft was frozen or discarded; begin a new one.")

    def _refuse_swept(self, connection: Connection) -> None:
        item_lists.lock(connection, self._list_id)
        key = item_lists.find_key(self._register, connection, self._list_id, item_lists.DATA)
        if key is None:
            raise PlanError("This draft was swept away as abandoned; plan again.")

    def _refuse_mismatch(self, document: Plan) -> None:
        if (document.category, document.as_of) != self._about:
            raise PlanError(f"Plan {document.plan_id} is not what this draft was begun for.")
        names = [tally.instance for tally in document.instances]
        unnamed = {name for name, column in self._columns.items() if column.chunks} - set(names)
        if not names or unnamed or len(set(names)) != len(names):
            raise PlanError(
                f"Plan {document.plan_id} does not name each instance of its item list once."
            )
        for tally in document.instances:
            self._refuse_other_items(tally)

    def _refuse_other_items(self, tally: InstanceTally) -> None:
        column = self._column(tally.instance)
        planned = (tally.chunks, tally.due + tally.held, tally.items_digest)
        if planned != (column.chunks, column.items, self.digest(tally.instance)):
            raise PlanError(
                f"The plan counts {tally.due + tally.held} items in {tally.chunks} chunks of"
                f" instance '{tally.instance}', the sealed list {column.items} in"
                f" {column.chunks}, or their digests differ."
            )


def _refuse_unpublished(connection: Connection, document: Plan) -> None:
    known = select(rule_version.c.digest).where(rule_version.c.digest == document.rule_digest)
    if connection.execute(known).scalar() is None:
        raise PlanError(
            f"The rule behind plan {document.plan_id} was not published in the register first;"
            " a plan whose rule nobody can read again is not kept."
        )
