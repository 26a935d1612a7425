"""Questions and batches for tests of buckets, where the contract's own are too plain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from keepuntil.domain.clock import Fact
from keepuntil.domain.decision import Decision, Doubt, Due, Keep, Undetermined
from keepuntil.domain.items import Key
from keepuntil.stores import protocol
from keepuntil.stores.protocol import Batch, Effect, Intent, Query
from keepuntil.stores.s3 import S3Bucket
from s3_servers import instance_of
from store_contract import EVENT, contract_query, contract_warrant

DUE = Due(since=date(2012, 1, 1), delete_by=None, overdue=True)


@dataclass
class Journal:
    """Remembers intents."""

    intents: list[Intent] = field(default_factory=list)

    def intend(self, intent: Intent) -> None:
        self.intents.append(
            Intent(
                present=bytearray(intent.present),
                parts=list(intent.parts),
                counts=list(intent.counts),
            )
        )


def everything_due(prefix: str = "", *, batch_items: int = 1000) -> Query:
    """Whatever lies below the prefix is due."""
    query = contract_query(instance_of(EVENT, prefix=prefix), batch_items=batch_items)
    return replace(query, decide=lambda _: DUE)


def due_until(query: Query, last: date) -> Query:
    """Due when its one event was on this day or before; without event, not computable."""

    def decide(facts: Sequence[Fact]) -> Decision:
        (fact,) = facts
        if fact is None:
            return Undetermined(Doubt.MISSING_TRIGGER, EVENT)
        if not isinstance(fact, date):
            return Undetermined(Doubt.UNREADABLE_EVENT, EVENT)
        return DUE if fact <= last else Keep(until=fact)

    return replace(query, decide=decide)


def batch_of(*keys: str, earlier: Intent | None = None) -> Batch:
    """A chunk of a plan, as its caller would hand it over."""
    size = len(keys)
    return Batch(
        keys=[(key,) for key in keys],
        marks=[""] * size,
        groups=[None] * size,
        spared=[False] * size,
        earlier=earlier,
    )


def destroyed(
    bucket: S3Bucket, query: Query, batch: Batch, journal: protocol.Journal | None = None
) -> Effect:
    return bucket.destroy(query, batch, contract_warrant(), journal or Journal())


def found_keys(bucket: S3Bucket, query: Query) -> list[Key]:
    return [key for found in bucket.find(query) for key in found.keys]
