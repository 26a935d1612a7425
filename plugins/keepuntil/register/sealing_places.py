"""The associated bytes of everything sealed in the register: where it belongs.

Sealed bytes moved to another list, batch or hold do not open.
"""

from __future__ import annotations

import json


def _place(*parts: str | int) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode("ascii")


def items(list_id: str, instance: str, seq: int) -> bytes:
    """A chunk of a plan's item list."""
    return _place("keepuntil/items/v1", list_id, instance, seq)


def neighbours(list_id: str, instance: str) -> bytes:
    """Kept items beside those of a list."""
    return _place("keepuntil/neighbours/v1", list_id, instance)


def intent(run_id: str, instance: str, seq: int, attempt: int) -> bytes:
    """What a store was about to make final."""
    return _place("keepuntil/intent/v1", run_id, instance, seq, attempt)


def groups_left(run_id: str, instance: str, seq: int) -> bytes:
    """Record groups of a batch that are not gone."""
    return _place("keepuntil/groups-left/v1", run_id, instance, seq)


def hold_value(hold_id: str) -> bytes:
    """What a hold names its records by."""
    return _place("keepuntil/hold/v1", hold_id)


def lift_reason(hold_id: str) -> bytes:
    """Why a hold was lifted, in a person's words."""
    return _place("keepuntil/lift/v1", hold_id)


def check_note(sample_id: str, seq: int) -> bytes:
    """What a checker wrote about one entry of a sample."""
    return _place("keepuntil/sample-note/v1", sample_id, seq)


def ledger_details(subject: str, seq: int) -> bytes:
    """What a line of a finding's or campaign's history says."""
    return _place("keepuntil/ledger/v1", subject, seq)
