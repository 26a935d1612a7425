"""One batch of a run in the journal: intent before the deed, outcomes after it, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, update

from keepuntil.errors import RegisterError
from keepuntil.evidence.sealing import SealingKey
from keepuntil.register import columns, item_lists, sealing_places
from keepuntil.register.columns import IntentColumns, IntentLike, OutcomeColumns
from keepuntil.register.connection import Register
from keepuntil.register.inserting import insert_once
from keepuntil.register.leases import Lease
from keepuntil.register.runs import all_at_an_end
from keepuntil.register.tables import (
    intent,
    item_chunk,
    item_list,
    list_key,
    observation,
    plan,
    run,
    shard,
)


def batch(register: Register, lease: Lease, seq: int) -> Slot:
    """The place in the journal of one batch of a leased shard.

    Raises RegisterError when the batch is not of the shard or has its outcomes, and
    PlanError when the item list was destroyed.
    """
    if not lease.first <= seq <= lease.last:
        raise RegisterError(f"Batch {seq} is not of shard {lease.shard_no} of {lease.run_id}.")
    with register.reading() as connection:
        row = connection.execute(_about(lease, seq)).one()
    if row.has_outcomes:
        raise _outcomes_stand(lease, seq)
    if row.wrapped is None or row.item_count is None:
        raise item_lists.destroyed(row.plan_id, row.destroyed_at)
    purpose = item_lists.purpose(row.list_id, item_lists.DATA)
    data_key = register.keys.key.unwrap(row.wrapped, purpose)
    return Slot(register, lease, seq, row.item_count, row.attempts or 0, data_key)


def intended(
    register: Register, run_id: str, plan_id: str, instance: str, seq: int
) -> IntentColumns | None:
    """What all attempts at one batch had under their hands; None: nobody ever intended any of it.

    Several attempts are merged: an item counts with the last one that named it. Raises
    PlanError when the item list was destroyed.
    """
    with register.reading() as connection:
        data_key = item_lists.keys_of_plan(register, connection, plan_id).data_key
        found = _intents(connection, data_key, run_id, instance, seq)
    return columns.merge_intents(found) if found else None


def _intents(
    connection: Connection, data_key: SealingKey, run_id: str, instance: str, seq: int
) -> list[IntentColumns]:
    query = (
        select(intent.c.attempt, intent.c.sealed_columns)
        .where(intent.c.run_id == run_id, intent.c.instance == instance, intent.c.seq == seq)
        .order_by(intent.c.attempt)
    )
    return [
        columns.unpack_intent(
            data_key.open(
                row.sealed_columns, sealing_places.intent(run_id, instance, seq, row.attempt)
            )
        )
        for row in connection.execute(query)
    ]


def _about(lease: Lease, seq: int) -> Select[Any]:
    """Everything that is known of a batch, in one question."""
    attempts = select(func.max(intent.c.attempt)).where(*_at(intent, lease, seq))
    outcomes = select(observation.c.seq).where(*_at(observation, lease, seq), all_at_an_end())
    its_chunk = (
        (item_chunk.c.list_id == plan.c.list_id)
        & (item_chunk.c.instance == lease.instance)
        & (item_chunk.c.seq == seq)
    )
    its_key = (list_key.c.list_id == plan.c.list_id) & (list_key.c.purpose == item_lists.DATA)
    return (
        select(
            plan.c.plan_id,
            plan.c.list_id,
            item_list.c.destroyed_at,
            item_chunk.c.item_count,
            list_key.c.wrapped,
            attempts.scalar_subquery().label("attempts"),
            outcomes.exists().label("has_outcomes"),
        )
        .select_from(run)
        .join(plan, plan.c.digest == run.c.plan_digest)
        .join(item_list, item_list.c.list_id == plan.c.list_id)
        .join(item_chunk, its_chunk, isouter=True)
        .join(list_key, its_key, isouter=True)
        .where(run.c.run_id == lease.run_id)
    )


def _at(table: Table, lease: Lease, seq: int) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.run_id == lease.run_id,
        table.c.instance == lease.instance,
        table.c.seq == seq,
    )


def _outcomes_stand(lease: Lease, seq: int) -> RegisterError:
    return RegisterError(
        f"Batch {seq} of instance '{lease.instance}' in {lease.run_id} has its outcomes already;"
        " they are written once."
    )


class Slot:
    """Where one batch writes what it is about to do and what it observed."""

    def __init__(
        self,
        register: Register,
        lease: Lease,
        seq: int,
        items: int,
        attempts: int,
        data_key: SealingKey,
    ) -> None:
        self.items = items
        self.attempts = attempts
        """Intents written for this batch so far, by all workers: bound them."""
        self._register = register
        self._lease = lease
        self._seq = seq
        self._data_key = data_key
        self._announced = bytes(items)
        self._read_attempts = attempts == 0

    def earlier(self) -> IntentColumns | None:
        """What interrupted attempts at this batch had under their hands; None: there was none.

        Several attempts are merged: an item counts with the last one that named it.
        """
        if not self.attempts:
            return None
        lease = self._lease
        with self._register.reading() as connection:
            found = _intents(connection, self._data_key, lease.run_id, lease.instance, self._seq)
        merged = columns.merge_intents(found)
        self._announce(merged)
        self._read_attempts = True
        return merged

    def intend(self, intended: IntentLike, now: datetime) -> None:
        """Write, durably, what is about to become final. To be called before that commit.

        The lease runs anew from here, so that the deed has the whole of it. Raises LeaseLost
        when another worker has the shard: then nothing may become final.
        """
        if len(intended.present) != self.items:
            raise RegisterError(f"The intent is not one for each of {self.items} items.")
        attempt = self.attempts + 1
        place = sealing_places.intent(self._lease.run_id, self._lease.instance, self._seq, attempt)
        sealed = self._data_key.seal(columns.pack_intent(intended), place)
        row = self._key() | {
            "attempt": attempt,
            "written_at": now,
            "sealed_columns": sealed,
        }
        with self._register.writing() as connection:
            self._lease.extend(connection, now)
            connection.execute(intent.insert().values(row))
        # A crash here leaves an intent whose deed was not done: the store rolls back, the
        # next attempt finds the items present and intends them again.
        self.attempts = attempt
        self._announce(intended)

    def observe(
        self, observed: OutcomeColumns, now: datetime, groups_left: Sequence[str] = ()
    ) -> None:
        """Write what became of each item. To be called after the effect.

        Outcomes stand for good once every item came to an end; before that, a later
        attempt at what failed replaces them, where what was destroyed stays destroyed.

        ``groups_left`` are record groups of items that are not gone, for a later phase.
        Raises LeaseLost when another worker has the shard, and RegisterError when the
        batch has its outcomes already, when they do not fit the batch, or when an item
        counts as destroyed that no intent had named.
        """
        columns.refuse_unfit(observed, self.items)
        self._refuse_unannounced(observed.outcomes)
        rest = {"observed_at": now, "sealed_groups_left": self._sealed_groups(groups_left)}
        row = self._key() | self._observation(observed) | rest
        # A crash before the end of this transaction leaves the intent, from which the
        # next attempt knows what is gone by our hands.
        with self._register.writing() as connection:
            if insert_once(connection, observation, row):
                self._lease.change(connection, observed=shard.c.observed + 1)
            else:
                self._lease.confirm(connection)
                before = self._open_ends(connection)
                kept = self._observation(columns.keep_destroyed(before, observed))
                mine = _at(observation, self._lease, self._seq)
                connection.execute(update(observation).where(*mine).values(row | kept))

    def _open_ends(self, connection: Connection) -> OutcomeColumns:
        """Outcomes that may be replaced: some items failed or are pending."""
        mine = _at(observation, self._lease, self._seq)
        row = connection.execute(select(observation).where(*mine, ~all_at_an_end())).one_or_none()
        if row is None:
            raise _outcomes_stand(self._lease, self._seq)
        return OutcomeColumns(**columns.outcome_fields(row))

    def _observation(self, observed: OutcomeColumns) -> dict[str, Any]:
        return columns.tallies(observed.outcomes) | {
            "item_count": self.items,
            "outcomes": observed.outcomes,
            "commitments": observed.commitments,
            "part_counts": columns.pack_counts(observed.part_counts),
            "part_commitments": observed.part_commitments,
            "reasons": columns.pack_reasons(observed.reasons),
        }

    def _sealed_groups(self, groups_left: Sequence[str]) -> bytes | None:
        if not groups_left:
            return None
        lease = self._lease
        place = sealing_places.groups_left(lease.run_id, lease.instance, self._seq)
        return self._data_key.seal(columns.pack_groups(groups_left), place)

    def _refuse_unannounced(self, outcomes: bytes) -> None:
        if not self._read_attempts:
            self.earlier()
        if unannounced := columns.destroyed_unannounced(outcomes, self._announced):
            raise RegisterError(
                f"{unannounced} items of batch {self._seq} of {self._lease.run_id} count as"
                " destroyed, but no intent had named them. Their outcomes were not written;"
                " the store broke the order of intent and deed and must not be used on."
            )

    def _announce(self, intended: IntentLike) -> None:
        known = int.from_bytes(self._announced, "big") | int.from_bytes(intended.present, "big")
        self._announced = known.to_bytes(self.items, "big")

    def _key(self) -> dict[str, Any]:
        return {
            "run_id": self._lease.run_id,
            "instance": self._lease.instance,
            "seq": self._seq,
            "shard_no": self._lease.shard_no,
            "token": self._lease.token,
            "worker": self._lease.worker,
        }
