"""The garbage collector of a process that works on a shard."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

COLLECT_AFTER: Final = 200_000
"""New objects before the collector looks for cycles among them: some batches, a few megabytes."""


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Keep the collector from walking, once a batch, all that Airflow and we had loaded before,
    and many times a batch the batch's own keys.

    The one took a quarter of a worker's processor time, the other a twentieth; both found
    nothing. The collector is the process's: a process works on one shard at a time.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
