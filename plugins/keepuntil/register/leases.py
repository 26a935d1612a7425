"""Shards and the leases on them: two workers never hold the same one.

A lease carries a token that grows with every claim. Whatever a worker writes is
written only while its token is the shard's newest, under the lock of the shard's
row; a worker that slept through its lease writes nothing any more. What it had
written before, its successor reads: a claim and an intent never pass each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update
from sqlalchemy.sql.dml import Update

from keepuntil.errors import LeaseLost, RegisterError
from keepuntil.register.connection import Register
from keepuntil.register.tables import shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Consecutive chunks of one instance: the unit of parallel work."""

    no: int
    phase: int
    instance: str
    first: int
    last: int
    observed: int
    """Batches with outcomes."""
    claims: int
    """How often a worker took it up: bounded and visible, like every repetition."""
    worker: str | None
    leased_until: datetime | None

    @property
    def done(self) -> bool:
        """Every batch has its outcomes."""
        return self.observed == self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to work on one shard, until somebody else claims it."""

    run_id: str
    shard_no: int
    instance: str
    first: int
    last: int
    worker: str
    token: int
    seconds: float
    _register: Register = field(repr=False)

    def renew(self, now: datetime) -> None:
        """Keep the shard for as long again from ``now``. Raises LeaseLost when it is another's."""
        with self._register.writing() as connection:
            self.extend(connection, now)

    def extend(self, connection: Connection, now: datetime) -> None:
        """:meth:`renew` within a transaction; a claim that comes now waits for its end."""
        self.change(connection, leased_until=now + timedelta(seconds=self.seconds))

    def release(self) -> None:
        """Give the shard back; harmless when another worker has it."""
        free = {"worker": None, "leased_until": None}
        with self._register.writing() as connection:
            connection.execute(self._mine().values(free))

    def change(self, connection: Connection, **values: ColumnElement[int] | datetime) -> None:
        """Change the shard's row under its lock. Raises LeaseLost when it is another's."""
        if not connection.execute(self._mine().values(values)).rowcount:
            raise LeaseLost(
                f"Another worker has taken over shard {self.shard_no} of {self.run_id};"
                " this one stops. Nothing of the present batch was written."
            )

    def confirm(self, connection: Connection) -> None:
        """Lock the shard's row until the transaction ends. Raises LeaseLost when it is another's.

        A claim that comes now waits for this transaction and so sees what it wrote.
        """
        query = select(shard.c.token).where(*self._here()).with_for_update()
        if connection.execute(query).scalar() != self.token:
            raise LeaseLost(
                f"Another worker has taken over shard {self.shard_no} of {self.run_id};"
                " this one stops before anything becomes final."
            )

    def _mine(self) -> Update:
        return update(shard).where(*self._here(), shard.c.token == self.token)

    def _here(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return shard.c.run_id == self.run_id, shard.c.shard_no == self.shard_no


def claim(
    register: Register, run_id: str, shard_no: int, worker: str, now: datetime, seconds: float
) -> Lease | None:
    """Take a shard for some seconds. None: not now, since another worker has it or an
    earlier phase of the run is not finished.

    A worker of the same name may claim its shard again at once: it is the same task,
    started again; its former self is shut out by the token. Raises RegisterError when
    there is no such shard.
    """
    earlier = shard.alias()
    blocked = select(earlier.c.run_id).where(
        earlier.c.run_id == run_id,
        earlier.c.phase < shard.c.phase,
        earlier.c.observed <= earlier.c.last_seq - earlier.c.first_seq,
    )
    free = or_(
        shard.c.leased_until.is_(None), shard.c.leased_until <= now, shard.c.worker == worker
    )
    taken = (
        update(shard)
        .where(shard.c.run_id == run_id, shard.c.shard_no == shard_no, free, ~blocked.exists())
        .values(
            token=shard.c.token + 1,
            worker=worker,
            leased_until=now + timedelta(seconds=seconds),
        )
        .returning(shard)
    )
    with register.writing() as connection:
        row = connection.execute(taken).one_or_none()
        if row is None:
            _refuse_unknown(connection, run_id, shard_no)
            return None
    return Lease(
        run_id=run_id,
        shard_no=shard_no,
        instance=row.instance,
        first=row.first_seq,
        last=row.last_seq,
        worker=worker,
        token=row.token,
        seconds=seconds,
        _register=register,
    )


def _refuse_unknown(connection: Connection, run_id: str, shard_no: int) -> None:
    query = select(shard.c.phase).where(shard.c.run_id == run_id, shard.c.shard_no == shard_no)
    if connection.execute(query).scalar() is None:
        raise RegisterError(f"There is no shard {shard_no} of a run '{run_id}'.")


def shards(register: Register, run_id: str, phase: int | None = None) -> list[Shard]:
    """The shards of a run, or of one of its phases, by number."""
    query = select(shard).where(shard.c.run_id == run_id).order_by(shard.c.shard_no)
    if phase is not None:
        query = query.where(shard.c.phase == phase)
    with register.reading() as connection:
        return [_shard(row) for row in connection.execute(query)]


def _shard(row: Row[Any]) -> Shard:
    return Shard(
        no=row.shard_no,
        phase=row.phase,
        instance=row.instance,
        first=row.first_seq,
        last=row.last_seq,
        observed=row.observed,
        claims=row.token,
        worker=row.worker,
        leased_until=row.leased_until,
    )
