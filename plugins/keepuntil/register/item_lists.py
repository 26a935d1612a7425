"""Sealed item lists: the keys of one, its chunks, and its end.

A list belongs to a plan from the moment the plan is frozen. Its data key seals the
chunks, the intents and whatever else names records; deleting that key destroys all
of them at once. The run key, which salts the commitments, stays.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Final

from sqlalchemy import Connection, delete, select, update

from keepuntil.domain.chunks import Chunk, unpack
from keepuntil.errors import PlanError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import sealing_places
from keepuntil.register.connection import Register
from keepuntil.register.tables import (
    intent,
    item_chunk,
    item_list,
    list_key,
    observation,
    plan,
    run,
    surroundings,
)

DATA: Final = "data"
RUN: Final = "run"
_READ_AT_ONCE = 4
_DELETED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class ListKeys:
    """A list and the key that opens it."""

    list_id: str
    data_key: SealingKey = field(repr=False)

    def opened(self, instance: str, seq: int, sealed: bytes) -> bytes:
        """A packed chunk. EvidenceError when it was altered or belongs elsewhere."""
        return self.data_key.open(sealed, sealing_places.items(self.list_id, instance, seq))


class ItemsDigest:
    """``hmac-sha256:<hex>`` over the packed chunks of one instance, each after its length.

    Keyed with the installation's digest key: a short list cannot be guessed from it.
    """

    def __init__(self, register: Register, instance: str) -> None:
        begun = f"keepuntil/items-digest/v1\n{instance}\n".encode()
        self._digest = hmac.new(register.keys.digest_key, begun, "sha256")

    def add(self, packed: bytes) -> None:
        """The next chunk, in order."""
        self._digest.update(len(packed).to_bytes(8, "big") + packed)

    def text(self) -> str:
        """The digest so far."""
        return f"hmac-sha256:{self._digest.hexdigest()}"


def purpose(list_id: str, kind: str) -> str:
    """What a wrapped key is for; it opens for nothing else."""
    return f"{kind} key of item list {list_id}"


def make_key(connection: Connection, register: Register, list_id: str, kind: str) -> SealingKey:
    """A new key of a list, kept wrapped."""
    key = SealingKey.fresh()
    wrapped = register.keys.key.wrap(key, purpose(list_id, kind))
    row = {"list_id": list_id, "purpose": kind, "wrapped": wrapped}
    connection.execute(list_key.insert().values(row))
    return key


def find_key(
    register: Register, connection: Connection, list_id: str, kind: str
) -> SealingKey | None:
    """A key of a list, or None when it was deleted."""
    query = select(list_key.c.wrapped).where(
        list_key.c.list_id == list_id, list_key.c.purpose == kind
    )
    wrapped = connection.execute(query).scalar()
    return None if wrapped is None else register.keys.key.unwrap(wrapped, purpose(list_id, kind))


def keys_of_plan(register: Register, connection: Connection, plan_id: str) -> ListKeys:
    """What opens a plan's list. Raises PlanError when there is no such plan or no list any more."""
    query = (
        select(item_list.c.list_id, item_list.c.destroyed_at)
        .join(plan, plan.c.list_id == item_list.c.list_id)
        .where(plan.c.plan_id == plan_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise PlanError(f"There is no plan '{plan_id}'.")
    key = find_key(register, connection, row.list_id, DATA)
    if key is None:
        raise destroyed(plan_id, row.destroyed_at)
    return ListKeys(row.list_id, key)


def destroyed(plan_id: str, at: datetime | None) -> PlanError:
    """What to say when an item list is asked for after its end."""
    when = f" on {at:%Y-%m-%d}" if at else ""
    return PlanError(
        f"The item list of plan {plan_id} was destroyed{when}; only its commitments remain."
    )


def chunk(register: Register, plan_id: str, instance: str, seq: int) -> Chunk:
    """One chunk of a plan. Raises PlanError when it does not exist (any more)."""
    with register.reading() as connection:
        keys = keys_of_plan(register, connection, plan_id)
        query = select(item_chunk.c.sealed_items).where(
            item_chunk.c.list_id == keys.list_id,
            item_chunk.c.instance == instance,
            item_chunk.c.seq == seq,
        )
        sealed = connection.execute(query).scalar()
    if sealed is None:
        raise PlanError(f"Plan {plan_id} has no chunk {seq} in instance '{instance}'.")
    return unpack(keys.opened(instance, seq, sealed))


def chunks(register: Register, plan_id: str, instance: str) -> Iterator[tuple[int, Chunk]]:
    """All chunks of an instance in order, a few at a time. Raises PlanError."""
    for seq, packed in _packed_chunks(register, plan_id, instance):
        yield seq, unpack(packed)


def _packed_chunks(register: Register, plan_id: str, instance: str) -> Iterator[tuple[int, bytes]]:
    with register.reading() as connection:
        keys = keys_of_plan(register, connection, plan_id)
    last = -1
    while rows := _page(register, keys.list_id, instance, last):
        for seq, sealed in rows:
            yield seq, keys.opened(instance, seq, sealed)
        last = rows[-1][0]


def items_digest(register: Register, plan_id: str, instance: str) -> str:
    """The digest of a plan's list as it is sealed now. Raises PlanError, EvidenceError."""
    digest = ItemsDigest(register, instance)
    for _, packed in _packed_chunks(register, plan_id, instance):
        digest.add(packed)
    return digest.text()


def first_items(register: Register, plan_id: str, instance: str) -> list[int]:
    """For each chunk, how many items of the instance come before it."""
    query = (
        select(item_chunk.c.item_count)
        .join(plan, plan.c.list_id == item_chunk.c.list_id)
        .where(plan.c.plan_id == plan_id, item_chunk.c.instance == instance)
        .order_by(item_chunk.c.seq)
    )
    with register.reading() as connection:
        counts = connection.execute(query).scalars().all()
    return [0, *accumulate(counts)][:-1]


def _page(register: Register, list_id: str, instance: str, after: int) -> list[tuple[int, bytes]]:
    # One short transaction a page: a reader that stays open keeps a SQLite
    # write-ahead log from being emptied.
    query = (
        select(item_chunk.c.seq, item_chunk.c.sealed_items)
        .where(
            item_chunk.c.list_id == list_id,
            item_chunk.c.instance == instance,
            item_chunk.c.seq > after,
        )
        .order_by(item_chunk.c.seq)
        .limit(_READ_AT_ONCE)
    )
    with register.reading() as connection:
        return [(row.seq, row.sealed_items) for row in connection.execute(query)]


def lock(connection: Connection, list_id: str) -> None:
    """Make freezing and discarding one list wait for each other."""
    connection.execute(
        select(item_list.c.list_id).where(item_list.c.list_id == list_id).with_for_update()
    )


def discard(register: Register, list_id: str) -> None:
    """Remove a list unless a plan names it. A crash leaves the rest of it, without a key."""
    with register.writing() as connection:
        lock(connection, list_id)
        # A freeze whose answer was lost may have succeeded; its list is not a draft any more.
        named = select(plan.c.plan_id).where(plan.c.list_id == list_id)
        if connection.execute(named).scalar() is not None:
            return
        _delete_key(connection, list_id, DATA)
    _delete_chunks(register, list_id)
    with register.writing() as connection:
        connection.execute(delete(list_key).where(list_key.c.list_id == list_id))
        connection.execute(delete(surroundings).where(surroundings.c.list_id == list_id))
        connection.execute(delete(item_list).where(item_list.c.list_id == list_id))


def destroy(register: Register, list_id: str, at: datetime) -> None:
    """Make a list and everything sealed under its key unreadable for good; safe to repeat.

    Raises RegisterBusy when remains of the key could not be dropped yet: call again.
    """
    with register.writing() as connection:
        _delete_key(connection, list_id, DATA)
    # A crash after this line leaves noise that nobody can open; the next call clears it.
    _delete_chunks(register, list_id)
    _forget_sealed_columns(register, list_id)
    register.scrub()
    # Written last: the date stands only once nothing is left.
    with register.writing() as connection:
        connection.execute(
            update(item_list)
            .where(item_list.c.list_id == list_id, item_list.c.destroyed_at.is_(None))
            .values(destroyed_at=at)
        )


def _delete_key(connection: Connection, list_id: str, kind: str) -> None:
    mine = (list_key.c.list_id == list_id) & (list_key.c.purpose == kind)
    wrapped = connection.execute(select(list_key.c.wrapped).where(mine)).scalar()
    if wrapped is None:
        return
    # Overwritten where it stands before the row goes.
    connection.execute(update(list_key).where(mine).values(wrapped=bytes(len(wrapped))))
    connection.execute(delete(list_key).where(mine))


def _delete_chunks(register: Register, list_id: str) -> None:
    mine = item_chunk.c.list_id == list_id
    while True:
        with register.writing() as connection:
            some = select(item_chunk.c.instance, item_chunk.c.seq).where(mine)
            rows = connection.execute(some.limit(_DELETED_AT_ONCE)).all()
            if not rows:
                return
            for instance in {row.instance for row in rows}:
                numbers = [row.seq for row in rows if row.instance == instance]
                here = (item_chunk.c.instance == instance) & item_chunk.c.seq.in_(numbers)
                connection.execute(delete(item_chunk).where(mine, here))


def _forget_sealed_columns(register: Register, list_id: str) -> None:
    runs = (
        select(run.c.run_id)
        .join(plan, plan.c.digest == run.c.plan_digest)
        .where(plan.c.list_id == list_id)
    )
    with register.writing() as connection:
        connection.execute(
            update(surroundings)
            .where(surroundings.c.list_id == list_id)
            .values(sealed_neighbours=None)
        )
        for table, column in (
            (intent, intent.c.sealed_columns),
            (observation, observation.c.sealed_groups_left),
        ):
            connection.execute(
                update(table)
                .where(table.c.run_id.in_(runs), column.is_not(None))
                .values({column: None})
            )
