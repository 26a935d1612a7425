"""How many requests may be in flight: found out, not configured.

Additive increase, multiplicative decrease, as TCP does it; and, as TCP Vegas does, the
increase ends when more requests only make each wait longer; and until then, or the first
refusal, it is one for every answer (L. Brakmo, S. O'Malley,
L. Peterson, "TCP Vegas", SIGCOMM 1994).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

MOST_IN_FLIGHT: Final = 32
FIRST_LIMIT: Final = 8.0
FEW_QUEUED, MANY_QUEUED = 3.0, 8.0
"""Requests that wait inside the server: below, there is room for more; above, too many."""

PRESSURE_SECONDS: Final = 15.0
"""A server that asked to slow down is left alone this long between two batches."""


class Pace:
    """A gate that lets as many requests through as the server takes without queueing them."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._limit = FIRST_LIMIT
        self._in_flight = 0
        self._settled = False
        self._quickest = float("inf")
        self._halved_at = self._throttled_at = float("-inf")

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return int(self._limit)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place among the requests in flight, and give it back."""
        with self._changed:
            self._changed.wait_for(lambda: self._in_flight < self.limit)
            self._in_flight += 1
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def answered(self, seconds_per_key: float) -> None:
        """A request went well and took this long for each of its keys."""
        with self._changed:
            self._quickest = min(self._quickest, seconds_per_key)
            queued = self._limit * (1 - self._quickest / max(seconds_per_key, 1e-9))
            self._settled |= queued >= FEW_QUEUED
            if queued < FEW_QUEUED:
                more = 1 / self._limit if self._settled else 1.0
                self._limit = min(MOST_IN_FLIGHT, self._limit + more)
            elif queued > MANY_QUEUED:
                self._limit = max(1.0, self._limit - 1 / self._limit)
            self._changed.notify_all()

    def throttled(self, sent_at: float) -> None:
        """A request sent at this monotonic time was refused as too much, or got lost.

        Requests sent before the last decrease say nothing about the limit after it.
        """
        with self._changed:
            self._settled = True
            self._throttled_at = time.monotonic()
            if sent_at >= self._halved_at:
                self._limit = max(1.0, self._limit / 2)
                self._halved_at = self._throttled_at

    @property
    def under_pressure(self) -> bool:
        """Whether the server asked to slow down a moment ago."""
        return time.monotonic() - self._throttled_at < PRESSURE_SECONDS
