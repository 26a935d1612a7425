"""When to stop between two batches, and when to wait: safely, and saying why."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule
from keepuntil.domain.plans import Warrant
from keepuntil.errors import ApprovalError, RunInterrupted
from keepuntil.stores.protocol import Store

STOP_FILE = "STOP"
"""Put a file of this name into the home folder and every run stops after its batch."""

PAUSE_SECONDS = 5.0
MOST_PAUSES = 60


def stop_or_wait(
    installation: Installation,
    rule: Rule,
    warrant: Warrant,
    store: Store,
    *,
    concluding: bool = False,
) -> None:
    """Return when the next batch may start. ``concluding``: nothing new is begun in it.

    Raises RunInterrupted (stop file, end of the window, pressure that does not end)
    or ApprovalError (the approval has expired while the run was on).
    """
    if (installation.home / STOP_FILE).exists():
        raise RunInterrupted(
            f"Stopped by {installation.home / STOP_FILE}. Remove it and run again to go on."
        )
    now = installation.now()
    if now >= warrant.not_after and not concluding:
        raise ApprovalError(
            f"The approval of {warrant.plan_id} expired at {warrant.not_after:%Y-%m-%d %H:%M %Z}; "
            "what is left needs a new plan."
        )
    if not in_window(rule, now):
        raise RunInterrupted(
            f"The run window of {rule.category} ended at {rule.nightly.until}; "
            "the run goes on in the next one."
        )
    _wait_for(store)


def in_window(rule: Rule, now: datetime) -> bool:
    """Whether the rule's nightly window, in its own zone, is open. No ``until``: always."""
    opens, closes = rule.nightly.at, rule.nightly.until
    if closes is None:
        return True
    clock = now.astimezone(ZoneInfo(rule.clock.zone)).time()
    if opens <= closes:
        return opens <= clock < closes
    return clock >= opens or clock < closes


def _wait_for(store: Store) -> None:
    for _ in range(MOST_PAUSES):
        pressure = store.pressure()
        if pressure is None:
            return
        time.sleep(PAUSE_SECONDS)
    raise RunInterrupted(f"{pressure} It did not get better in five minutes; resume later.")
