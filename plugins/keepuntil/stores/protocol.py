"""The contract every store keeps. One test suite (``tests/store_contract.py``) holds all to it.

A store works on batches of parallel columns, because ten million records must
neither fill the memory nor cost an object each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from keepuntil.domain.categories import Rule, StoredInstance, Text
from keepuntil.domain.clock import Cutoffs, Fact
from keepuntil.domain.decision import Decision
from keepuntil.domain.holds import Binding
from keepuntil.domain.items import Key
from keepuntil.domain.outcomes import Outcome
from keepuntil.domain.personal_data.judging import Field
from keepuntil.domain.personal_data.kinds import Kind
from keepuntil.domain.plans import Warrant
from keepuntil.errors import StoreError

Facts = tuple[Fact, ...]
"""One value for each event of ``rule.clock.events``, in that order."""

LookUp = Callable[[Sequence[str]], Mapping[str, Facts]]
"""Record groups to the facts of their source row; a group that is not there is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """What is true of a store, stated instead of guessed."""

    kind: str
    method: str
    """The word for how it destroys, for leaves and certificates: ``sql.delete``."""
    transactional: bool
    batch_items: int
    """A good batch size here: bounds memory, the length of a transaction, and a hold's wait."""
    caveat: Text
    """What this method does not promise (deleted, not sanitized), for the certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked of one instance on one day."""

    rule: Rule
    instance: StoredInstance
    as_of: date
    cutoffs: Cutoffs
    binding: Binding
    batch_items: int
    decide: Callable[[Facts], Decision]
    """The rule's decision on one item's facts, holds aside; remembers what it has seen."""
    linked: LookUp | None = None
    """Given when the instance borrows its events from another instance."""
    subject: str | None = None
    """Whose records alone are asked for, where rows have a column that says whose they are."""
    groups: frozenset[str] | None = None
    """Else: the record groups that alone are asked for. Rows of others are never handed out, due
    or not all of these are; stores of objects and files hand out by name, as ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the place looks like compared with what the rule says of it.

    ``problems`` stop the rule before anything runs (missing table or column, a child
    nobody declared, no primary key); ``warnings`` do not (a missing index).
    """

    total: int | None
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Found:
    """One batch of candidates, in the instance's fixed order; columns are parallel.

    ``passed_over`` counts items seen and not handed out, by why: ``kept``, ``restricted``
    or a :class:`~keepuntil.domain.decision.Doubt` code. Over all batches of one call,
    handed out plus passed over is every item of the instance.
    """

    keys: list[Key] = field(default_factory=list)
    facts: list[Facts] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    """Identity beyond the name (inode, size, version): ``""`` where the store has none."""
    held: list[tuple[str, ...]] = field(default_factory=list)
    """Holds by SQL predicate that bind the item; the others are the caller's to check."""
    passed_over: dict[str, int] = field(default_factory=dict)
    neighbours: list[Key] = field(default_factory=list)
    """A few kept items beside the due ones; verification looks at them again."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """Items of one plan chunk to destroy together; columns are parallel, in plan order.

    Keys are unique. The caller has checked every hold that needs no query of the store.
    """

    keys: list[Key]
    marks: list[str]
    groups: list[str | None]
    spared: list[bool]
    """True: do not touch (held when planned, held now, or its linked copy is not gone). It is
    looked at only where ``earlier`` says that it may be gone by our hands."""
    earlier: Intent | None = None
    """What an interrupted attempt at this very batch was about to make final."""
    concluding: bool = False
    """The approval has run out since: nothing new is begun, and what people were given to do
    while it stood is brought to its end."""

    def was_ours(self, place: int) -> bool:
        """Whether an interrupted attempt had this item under its hands."""
        return self.earlier is not None and bool(self.earlier.present[place])


@dataclass(slots=True, kw_only=True)
class Intent:
    """What a store is about to make final, item by item; columns are parallel to the batch.

    ``parts`` is ASCII JSON of what goes with the item, name to list of keys
    (``{"loan_note":[[1],[2]]}``, ``{"version":[["abc"]]}``), ``""`` for none;
    ``counts`` is how many parts that is.
    """

    present: bytearray
    """1: seen, eligible and about to be destroyed; 0: not."""
    parts: list[str]
    counts: list[int]


@dataclass(slots=True, kw_only=True)
class Effect:
    """What was observed; columns are parallel to the batch."""

    outcomes: list[Outcome]
    reasons: dict[int, str]
    """Why an item was not destroyed: a stable code such as ``object_lock_until:2031-01-01``."""
    parts: list[str]
    counts: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A place that no instance claims, with a few of the values in it: one column, or the
    objects or files of one prefix or folder."""

    where: str
    """Its name as it may be shown: what varies from record to record is left out."""
    items: int | None
    """About how many rows, objects, files; None: nobody knows without counting."""
    fields: tuple[Field, ...] = ()
    passed_over: int = 0
    """Files that were not looked into: office documents, pages, pictures, sound."""
    unread: str | None = None
    """Why it could not be looked at, in a sentence; None: it was."""
    kind: Kind | None = None
    """Known without looking: a series of paper."""


class Journal(Protocol):
    """Where a store writes down what it is about to do."""

    def intend(self, intent: Intent) -> None:
        """Durable when it returns. Raises (and so nothing may be destroyed) when it cannot be."""


class Store(Protocol):
    """Finds, destroys and re-reads the items of an instance. Holds no state between calls."""

    facts: StoreFacts

    def describe(self, rule: Rule, instance: StoredInstance) -> Description:
        """Compare the place with the declaration. Reads only.

        Raises StoreUnreachable.
        """

    def find(self, query: Query) -> Iterator[Found]:
        """Every item of the instance: candidates in fixed key order, the rest counted. Reads only.

        Candidates are a superset of what is due; the caller decides each.
        Raises StoreUnreachable, StoreMismatch.
        """

    def look_up(self, query: Query, groups: Sequence[str]) -> Mapping[str, Facts]:
        """Facts of the records of these groups, for instances that borrow them. Reads only.

        Raises StoreMismatch when this kind of store has no records to borrow from.
        """

    def destroy(self, query: Query, batch: Batch, warrant: Warrant, journal: Journal) -> Effect:
        """Destroy the batch's unspared items that are still present, eligible and unheld.

        Eligibility and predicate holds are checked again in the act itself. Calls
        ``journal.intend`` exactly once before anything becomes final, and not at all when
        nothing would. An item that ``batch.earlier`` says was under our hands and that is
        absent now counts as destroyed, with its earlier parts, also when it is spared by now;
        a spared item that is still there is held.

        Raises StoreBusy (nothing of the batch is final, or the intent covers it), StoreError.
        """

    def remains(self, query: Query, keys: Sequence[Key], parts: Sequence[str] = ()) -> list[int]:
        """For each key, how many of its parts are still there (rows, versions, markers, uploads,
        children). 0: gone. Reads only.

        ``parts``, where given, is parallel to ``keys``: what intents named of each item. It
        leads to what hung on a part that is gone itself, where the key leads no more.
        """

    def fingerprints(self, query: Query, keys: Sequence[Key]) -> list[str | None]:
        """For each key, a digest of its present state, or None when absent. Reads only."""

    def present(self, query: Query) -> Iterator[list[Key]]:
        """The key of everything that stands in the instance now, due or not, in batches of at
        most ``query.batch_items``, in no order. Reads only.

        What ``remains`` would count under a key of this instance is among them. Raises
        StoreUnreachable, StoreMismatch: a listing that ended is a whole one.
        """

    def unclaimed(self, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
        """Samples of everything in this store that none of the instances claims. Reads only,
        a bounded number of rows or bytes a place, and never a whole table.

        The same data gives the same sample. A place that cannot be read is told as such.
        Raises StoreUnreachable.
        """

    def pressure(self) -> str | None:
        """A sentence when the store asks for a pause (replica lag, throttling), else None."""

    def close(self) -> None:
        """Give back connections."""


def refuse_foreign_warrant(query: Query, warrant: Warrant) -> None:
    """Every ``destroy`` begins with this: a warrant is for one category on one day.

    Raises StoreError; nothing has been read or destroyed by then.
    """
    if warrant.category != query.rule.category or warrant.as_of != query.as_of:
        raise StoreError(
            f"The warrant of plan {warrant.plan_id} is for {warrant.category} on {warrant.as_of}; "
            f"it does not cover {query.rule.category} on {query.as_of}. Nothing was destroyed."
        )
