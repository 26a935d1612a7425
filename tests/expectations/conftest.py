"""Facts of a run with nothing wrong, for tests to break one at a time."""

from __future__ import annotations

import pytest

from keepuntil.expectations.facts import InstanceFacts


@pytest.fixture
def sound() -> InstanceFacts:
    """One instance after a flawless run."""
    return InstanceFacts(
        instance="core",
        store="core_banking",
        items_on_list=10,
        destroyed=6,
        already_absent=1,
        held=2,
        no_longer_due=1,
        shared=0,
        failed=0,
        pending_external=0,
        gone_reread=7,
        parts_remaining=0,
        held_missing=0,
        neighbours_seen=5,
        neighbours_changed=0,
        due_left_behind=0,
        total_before=100,
        total_after=94,
    )
