"""What the rule says of items as they stand now: facts, then the decision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypedDict

from keepuntil.domain.clock import Unreadable
from keepuntil.domain.decision import Decision, Doubt, Keep, Undetermined
from keepuntil.errors import StoreUnreachable
from keepuntil.stores.protocol import Facts, Query
from keepuntil.stores.s3.connection import Connection, Refused
from keepuntil.stores.s3.declared import Declared, Notes, Seen
from keepuntil.stores.s3.sentences import MISSING
from keepuntil.stores.s3.states import KeyState, Version

NOTHING: Final[Notes] = {}

Read = Callable[[Connection, str, Version], Notes | Unreadable]


class _ById(TypedDict, total=False):
    VersionId: str


class Judged(NamedTuple):
    """One item, its facts and the rule's decision on them, holds aside."""

    state: KeyState
    group: str | None
    facts: Facts
    decision: Decision


def judge(
    connection: Connection, query: Query, declared: Declared, states: Sequence[KeyState]
) -> Iterator[Judged]:
    """Decide items from fresh facts. Tags and metadata cost a request an object, many at once.

    Raises StoreUnreachable, StoreBusy, StoreError; whatever ``query.linked`` raises.
    """
    groups = [declared.group_of(state.key) for state in states]
    linked = _linked(query, declared, groups)
    tags = _noted(connection, states, _tags) if declared.reads_tags else None
    metadata = _noted(connection, states, _metadata) if declared.reads_metadata else None
    for place, (state, group) in enumerate(zip(states, groups, strict=True)):
        seen = Seen(
            state=state,
            tags=tags[place] if tags else NOTHING,
            metadata=metadata[place] if metadata else NOTHING,
            linked=linked.get(group) if group is not None else None,
        )
        facts = declared.facts(seen)
        # An object whose record is not there cannot be dated, whatever else it says.
        alone = declared.linked and seen.linked is None
        unknown = Undetermined(Doubt.NO_LINKED_RECORD, "")
        yield Judged(state, group, facts, unknown if alone else query.decide(facts))


def why_not(decision: Decision) -> str:
    """The word under which an item that is not due is counted or left."""
    if isinstance(decision, Undetermined):
        return decision.doubt.value
    return "restricted" if isinstance(decision, Keep) and decision.restricted else "kept"


def _linked(query: Query, declared: Declared, groups: Sequence[str | None]) -> Mapping[str, Facts]:
    if not declared.linked or query.linked is None:
        return {}
    asked = list(dict.fromkeys(group for group in groups if group is not None))
    return query.linked(asked) if asked else {}


def _noted(
    connection: Connection, states: Sequence[KeyState], read: Read
) -> list[Notes | Unreadable]:
    def of_newest(state: KeyState) -> Notes | Unreadable:
        newest = state.newest
        return NOTHING if newest is None else read(connection, state.key, newest)

    return connection.spread(of_newest, states)


def _tags(connection: Connection, key: str, version: Version) -> Notes | Unreadable:
    answer = connection.attempt(
        connection.client.get_object_tagging, Bucket=connection.bucket, Key=key, **_named(version)
    )
    if isinstance(answer, Refused):
        return _unread(answer)
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def _metadata(connection: Connection, key: str, version: Version) -> Notes | Unreadable:
    answer = connection.attempt(
        connection.client.head_object, Bucket=connection.bucket, Key=key, **_named(version)
    )
    if isinstance(answer, Refused):
        return _unread(answer)
    return {name.lower(): value for name, value in answer["Metadata"].items()}


def _unread(refused: Refused) -> Notes | Unreadable:
    """An object that has gone has no notes; one that cannot be read is no reason to delete."""
    if refused.code in MISSING:
        return NOTHING
    if isinstance(refused.error, StoreUnreachable):
        raise refused.error
    return Unreadable.UNREADABLE


def _named(version: Version) -> _ById:
    return {} if version.id is None else {"VersionId": version.id}
