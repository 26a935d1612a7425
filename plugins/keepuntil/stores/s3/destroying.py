"""Destroying a batch: look, decide, read locks, write the intent, delete, look again.

S3 has no transactions. What makes the result true is that everything is named by its
version id, that the intent is durable before the first deletion, and that only what a
second listing no longer shows counts as destroyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from keepuntil.domain.decision import Due
from keepuntil.domain.items import Key
from keepuntil.domain.outcomes import Outcome
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import Batch, Effect, Intent, Journal, Query
from keepuntil.stores.s3.connection import Connection
from keepuntil.stores.s3.declared import Declared
from keepuntil.stores.s3.deleting import Refusals, delete_all
from keepuntil.stores.s3.judging import judge, why_not
from keepuntil.stores.s3.locks import locks_of
from keepuntil.stores.s3.states import (
    KeyState,
    Parts,
    count_of,
    parse_parts,
    parts_text,
    united,
    within,
)
from keepuntil.stores.s3.surveying import survey

CHANGED: Final = "changed"
"""Something was written to the key while it was being destroyed: a later run decides anew."""

STILL_THERE: Final = "still_there"
"""The server said deleted, and goes on listing it."""

ANOTHER_CATEGORY: Final = "another_category"
"""The key is not below the instance's prefix or does not match its pattern (any more)."""


@dataclass(slots=True, kw_only=True)
class Destruction:
    """One batch on its way. Columns are parallel to the batch."""

    connection: Connection
    query: Query
    declared: Declared
    batch: Batch
    keys: list[str] = field(init=False)
    outcomes: list[Outcome] = field(init=False)
    reasons: dict[int, str] = field(default_factory=dict)
    intent: Intent = field(init=False)
    doomed: dict[int, KeyState] = field(default_factory=dict)
    """Present, due, unlocked: what the intent is about."""

    def __post_init__(self) -> None:
        size = len(self.batch.keys)
        self.keys = [object_key(key) for key in self.batch.keys]
        self.outcomes = [Outcome.HELD] * size
        earlier = self.batch.earlier
        # Carried over, so that a second interruption forgets nothing of the first.
        self.intent = Intent(
            present=bytearray(earlier.present if earlier else size),
            parts=list(earlier.parts) if earlier else [""] * size,
            counts=list(earlier.counts) if earlier else [0] * size,
        )

    def run(self, journal: Journal) -> Effect:
        """Destroy what may be destroyed. Nothing is deleted before the intent is durable.

        Raises StoreBusy, StoreUnreachable, StoreError, and whatever ``journal.intend`` or
        the look-up of linked records raises.
        """
        places = self._not_held()
        held = self._may_be_gone(places)
        states = survey(self.connection, [self.keys[i] for i in (*places, *held)])
        self._choose(places, states)
        for i in held:
            if self.keys[i] not in states:
                self._absent(i)
        self._spare_the_locked()
        if self.doomed:
            self._write_down()
            journal.intend(self.intent)
            self._settle(delete_all(self.connection, self.doomed.values()))
        return self._effect()

    # Look and decide

    def _not_held(self) -> list[int]:
        """Items to destroy. Holds that no object can be asked about spare all of them."""
        if held_by := self.query.binding.unanswerable:
            self.reasons = dict.fromkeys(range(len(self.keys)), f"hold:{','.join(held_by)}")
            return []
        return [i for i, spared in enumerate(self.batch.spared) if not spared]

    def _may_be_gone(self, places: Sequence[int]) -> list[int]:
        """Items held by now that an interrupted attempt had under its hands: looked at, no more."""
        free = set(places)
        return [i for i in range(len(self.keys)) if i not in free and self.batch.was_ours(i)]

    def _choose(self, places: Sequence[int], states: dict[str, KeyState]) -> None:
        """Doom what is still due: what is there now decides, not what was there when planning."""
        undecided: dict[str, int] = {}
        for i in places:
            state = states.get(self.keys[i])
            if state is None:
                self._absent(i)
            elif not self.declared.belongs(state.key):
                self._end(i, Outcome.NO_LONGER_DUE, ANOTHER_CATEGORY)
            elif self._begun(i, state):
                self.doomed[i] = state
            else:
                undecided[state.key] = i
        present = [states[key] for key in undecided]
        for judged in judge(self.connection, self.query, self.declared, present):
            i = undecided[judged.state.key]
            if isinstance(judged.decision, Due):
                self.doomed[i] = judged.state
            else:
                self._end(i, Outcome.NO_LONGER_DUE, why_not(judged.decision))

    def _absent(self, i: int) -> None:
        ours = self.intent.present[i]
        self._end(i, Outcome.DESTROYED if ours else Outcome.ALREADY_ABSENT, None)

    def _begun(self, i: int, state: KeyState) -> bool:
        """Whether an interrupted attempt destroyed part of the item, and nothing came since.

        Half a record is of no use to anybody, and the half that told its age may be gone.
        """
        if not self.intent.present[i]:
            return False
        before, now = parse_parts(self.intent.parts[i]), state.parts
        return within(now, before) and count_of(now) < count_of(before)

    def _spare_the_locked(self) -> None:
        """Whole or not at all: one locked version keeps the item."""
        zone = self.query.rule.clock.zone
        locks = locks_of(self.connection, list(self.doomed.values()), zone)
        for i, state in list(self.doomed.items()):
            if lock := locks.get(state.key):
                del self.doomed[i]
                self._end(i, lock.outcome, lock.reason)

    # Destroy

    def _write_down(self) -> None:
        for i, state in self.doomed.items():
            parts = state.parts
            if self.intent.parts[i]:
                parts = united(parse_parts(self.intent.parts[i]), parts)
            self.intent.present[i] = 1
            self.intent.parts[i] = parts_text(parts)
            self.intent.counts[i] = count_of(parts)

    def _settle(self, refusals: Refusals) -> None:
        """Only what a new listing does not show is destroyed."""
        after = survey(self.connection, [state.key for state in self.doomed.values()])
        left = {i: after[state.key] for i, state in self.doomed.items() if state.key in after}
        for i in self.doomed:
            if i not in left:
                self._end(i, Outcome.DESTROYED, None)
        codes = _by_key(refusals)
        zone = self.query.rule.clock.zone
        refused = [state for state in left.values() if state.key in codes]
        locks = locks_of(self.connection, refused, zone)
        for i, state in left.items():
            intended = parse_parts(self.intent.parts[i])
            if lock := locks.get(state.key):
                self._end(i, lock.outcome, lock.reason)
            else:
                reason = _why_left(state.parts, intended, codes.get(state.key, set()))
                self._end(i, Outcome.FAILED, reason)

    # Say

    def _end(self, i: int, outcome: Outcome, reason: str | None) -> None:
        self.outcomes[i] = outcome
        if reason is None:
            self.reasons.pop(i, None)
        else:
            self.reasons[i] = reason

    def _effect(self) -> Effect:
        destroyed = [outcome is Outcome.DESTROYED for outcome in self.outcomes]
        return Effect(
            outcomes=self.outcomes,
            reasons=dict(sorted(self.reasons.items())),
            parts=[p if d else "" for p, d in zip(self.intent.parts, destroyed, strict=True)],
            counts=[n if d else 0 for n, d in zip(self.intent.counts, destroyed, strict=True)],
        )


def object_key(key: Key) -> str:
    """The object key of an item. StoreMismatch for what cannot be one."""
    if len(key) == 1 and isinstance(key[0], str) and key[0]:
        return key[0]
    raise StoreMismatch("An item of the list is not the key of an object; nothing was destroyed.")


def _by_key(refusals: Refusals) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = {}
    for target, code in refusals.items():
        codes.setdefault(target.key, set()).add(code)
    return codes


def _why_left(now: Parts, intended: Parts, codes: set[str]) -> str:
    if not within(now, intended):
        return CHANGED
    return min(codes, default=STILL_THERE)
