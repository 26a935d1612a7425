"""What the second reader counted in one instance after a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """Counts of one instance, never a key and never a value.

    The seven outcome counts come from the journal; everything below them was read
    again from the store with the verifier's own credential.
    """

    instance: str
    store: str
    items_on_list: int
    destroyed: int
    already_absent: int
    held: int
    no_longer_due: int
    shared: int
    failed: int
    pending_external: int
    gone_reread: int
    """Items reported destroyed or already absent that the second reader looked for."""
    parts_remaining: int
    """Parts of those items it still found: rows, versions, markers, uploads, and child rows at
    any depth, also where the row between is gone."""
    held_missing: int
    """Items left in place under a hold that it no longer found."""
    neighbours_seen: int
    """Kept items beside the destroyed ones that it compared with their state before."""
    neighbours_changed: int
    """Of these, how many changed or vanished."""
    due_left_behind: int
    """Due and unheld items that are not on the list."""
    total_before: int | None
    """Items in the instance when the run opened; None where the store cannot count cheaply."""
    total_after: int | None
    """Items in the instance when the second reader counted."""
