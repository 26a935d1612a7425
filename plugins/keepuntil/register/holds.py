"""Legal holds (冻结): placed, lifted, never removed. What a hold names is sealed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update

from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.errors import RegisterBusy, RegisterError, UsageError
from keepuntil.register import sealing_places
from keepuntil.register.connection import Register
from keepuntil.register.fence import HOLD_WAITS_SECONDS
from keepuntil.register.inserting import insert_once
from keepuntil.register.tables import hold as table

_HOLD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRecord:
    """A hold and its end, if it has one."""

    hold: Hold
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: str | None


def add(register: Register, hold: Hold, wait_seconds: float = HOLD_WAITS_SECONDS) -> None:
    """Place a hold and wait for the batches in flight: once this returns, no batch that
    did not see the hold is running.

    The hold binds from its commit, also when the wait ends in RegisterBusy; placing the
    same hold again waits again. Raises UsageError for an unfit or taken identifier.
    """
    if not _HOLD_ID.fullmatch(hold.hold_id):
        raise UsageError(
            "A hold's identifier has 1 to 64 letters, digits, dots, hyphens and underscores,"
            " for example LIT-2026-014; it appears in outcomes and messages."
        )
    _commit(register, hold)
    # A crash here leaves a hold that binds every batch from now on; only the wait is lost.
    try:
        with register.fence().exclusive(wait_seconds):
            pass
    except RegisterBusy as error:
        raise RegisterBusy(
            f"Hold {hold.hold_id} is placed and binds every batch from now on, but a batch that"
            f" began before was still running after {wait_seconds:g} seconds and may yet destroy"
            " something the hold covers. Place the same hold again to wait for it, or stop the"
            " run."
        ) from error
    except RegisterError as error:
        raise RegisterError(
            f"Hold {hold.hold_id} is placed and binds every batch from now on, but batches that"
            f" began before could not be waited for: {error.sentence} Place the same hold again."
        ) from error


def _commit(register: Register, hold: Hold) -> None:
    row = {
        "hold_id": hold.hold_id,
        "mandate": hold.mandate,
        "owner": hold.owner,
        "category": hold.category,
        "instance": hold.instance,
        "scope": hold.scope.value,
        "sealed_value": register.keys.hold_key.seal(
            hold.value.encode("utf-8"), sealing_places.hold_value(hold.hold_id)
        ),
        "placed_at": hold.placed_at,
        "review_by": hold.review_by,
    }
    with register.writing() as connection:
        is_new = insert_once(connection, table, row)
        found = connection.execute(select(table).where(table.c.hold_id == hold.hold_id)).one()
    if not is_new:
        _refuse_another(register, found, hold)


def _refuse_another(register: Register, found: Row[Any], hold: Hold) -> None:
    if found.lifted_at is not None:
        raise UsageError(
            f"Hold {hold.hold_id} was lifted on {found.lifted_at:%Y-%m-%d}."
            " Place a new one under another identifier."
        )
    if _what_it_says(_hold(register, found)) != _what_it_says(hold):
        raise UsageError(
            f"There is another hold called {hold.hold_id} already."
            " Choose another identifier; nothing was changed."
        )


def _what_it_says(hold: Hold) -> tuple[object, ...]:
    # Not when it was placed: whoever places it again to wait does so later.
    return (
        hold.mandate,
        hold.owner,
        hold.category,
        hold.instance,
        hold.scope,
        hold.value,
        hold.review_by,
    )


def lift(register: Register, hold_id: str, by: str, reason: str, at: datetime) -> None:
    """End a hold. Raises UsageError when there is none or it has ended before."""
    sealed = register.keys.hold_key.seal(
        reason.encode("utf-8"), sealing_places.lift_reason(hold_id)
    )
    with register.writing() as connection:
        lifted = connection.execute(
            update(table)
            .where(table.c.hold_id == hold_id, table.c.lifted_at.is_(None))
            .values(lifted_by=by, lifted_at=at, sealed_lift_reason=sealed)
        )
        if lifted.rowcount:
            return
        query = select(table.c.lifted_at).where(table.c.hold_id == hold_id)
        found = connection.execute(query).one_or_none()
    if found is None:
        raise UsageError(f"There is no hold {hold_id}. `keepuntil hold list` shows them.")
    raise UsageError(f"Hold {hold_id} was lifted on {found.lifted_at:%Y-%m-%d} already.")


def in_force(register: Register, category: str | None = None) -> list[Hold]:
    """Every hold that was not lifted, of one category or of all, by identifier.

    A hold dated into the future is among them: it binds as soon as it stands here.
    """
    query = select(table).where(table.c.lifted_at.is_(None)).order_by(table.c.hold_id)
    if category is not None:
        query = query.where(table.c.category == category)
    with register.reading() as connection:
        rows = connection.execute(query).all()
    return [_hold(register, row) for row in rows]


def edition(register: Register) -> int:
    """A number that grows whenever a hold is placed or lifted: while it stays, so do the holds."""
    with register.reading() as connection:
        query = select(func.count() + func.count(table.c.lifted_at)).select_from(table)
        return int(connection.execute(query).scalar_one())


def history(register: Register, category: str | None = None) -> list[HoldRecord]:
    """Every hold there ever was, by the moment it was placed."""
    query = select(table).order_by(table.c.placed_at, table.c.hold_id)
    if category is not None:
        query = query.where(table.c.category == category)
    with register.reading() as connection:
        rows = connection.execute(query).all()
    return [_record(register, row) for row in rows]


def _record(register: Register, row: Row[Any]) -> HoldRecord:
    reason = None
    if row.sealed_lift_reason is not None:
        place = sealing_places.lift_reason(row.hold_id)
        reason = register.keys.hold_key.open(row.sealed_lift_reason, place).decode("utf-8")
    return HoldRecord(
        hold=_hold(register, row),
        lifted_by=row.lifted_by,
        lifted_at=row.lifted_at,
        lift_reason=reason,
    )


def _hold(register: Register, row: Row[Any]) -> Hold:
    place = sealing_places.hold_value(row.hold_id)
    return Hold(
        hold_id=row.hold_id,
        mandate=row.mandate,
        owner=row.owner,
        category=row.category,
        instance=row.instance,
        scope=HoldScope(row.scope),
        value=register.keys.hold_key.open(row.sealed_value, place).decode("utf-8"),
        placed_at=row.placed_at,
        review_by=row.review_by,
    )
