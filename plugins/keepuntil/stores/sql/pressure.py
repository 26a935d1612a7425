"""Whether the database asks for a pause: replicas that have fallen behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from keepuntil.domain.stores import SqlStore
from keepuntil.stores.sql.connection import Session

_POSTGRESQL: Final = """
SELECT application_name, state, EXTRACT(EPOCH FROM replay_lag)::float8
FROM pg_catalog.pg_stat_replication
WHERE state IS NULL OR state = 'streaming'
"""


def pressure(session: Session, declaration: SqlStore) -> str | None:
    """A sentence when a replica is further behind than the declared limit, else None.

    PostgreSQL tells its primary how far each streaming replica is behind. MariaDB and
    MySQL tell only the replica itself: on a primary nothing can be seen, which
    :func:`cannot_see` says before anything runs.
    """
    limit = declaration.replica_lag_limit_seconds
    if limit is None or session.dialect.name == "sqlite":
        return None
    behind = _seconds_behind(session)
    if behind is None:
        return (
            f"The replicas of the store {declaration.name} hide how far behind they are; "
            f"destroying pauses until that can be read."
        )
    if behind <= limit:
        return None
    return (
        f"A replica of the store {declaration.name} is {behind:.0f} seconds behind; "
        f"the limit is {limit}."
    )


def cannot_see(session: Session, declaration: SqlStore) -> str | None:
    """Why a declared limit on replica lag would watch nothing here, or None."""
    if declaration.replica_lag_limit_seconds is None or session.dialect.name == "sqlite":
        return None
    if session.dialect.name == "postgresql":
        if _seconds_behind(session) is None:
            return (
                f"the user of the store {declaration.name} may not see how far replicas are "
                f"behind; grant it pg_monitor, or leave out replica_lag_limit_seconds"
            )
        return None
    if session.rows("SHOW REPLICA STATUS"):
        return None
    return (
        f"the store {declaration.name} is no replica, and {session.dialect.name} tells only "
        f"replicas how far behind they are; leave out replica_lag_limit_seconds"
    )


def _seconds_behind(session: Session) -> float | None:
    """How far the slowest replica is behind; None when it exists and cannot be seen."""
    if session.dialect.name == "postgresql":
        return _slowest(session.rows(_POSTGRESQL))
    lags = [_lag_of(row) for row in session.named_rows("SHOW REPLICA STATUS")]
    if None in lags:
        return None
    return max((lag for lag in lags if lag is not None), default=0.0)


def _slowest(rows: Sequence[Sequence[Any]]) -> float | None:
    """No lag beside a visible state means that the replica has nothing left to replay."""
    if any(state is None for _, state, _ in rows):
        return None
    return max((lag or 0.0 for _, _, lag in rows), default=0.0)


def _lag_of(row: dict[str, Any]) -> float | None:
    for name in ("Seconds_Behind_Source", "Seconds_Behind_Master"):
        if name in row:
            return None if row[name] is None else float(row[name])
    return None
