"""Destruction certificates (销毁证明): kept byte for byte, and only where one may exist."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, tuple_, update

from keepuntil.errors import RegisterError
from keepuntil.register import runs
from keepuntil.register.connection import Register
from keepuntil.register.finding_one import one_identifier
from keepuntil.register.inserting import insert_once
from keepuntil.register.tables import certificate as table
from keepuntil.register.tables import observation, plan, run, verification


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate as issued."""

    certificate_id: str
    run_id: str
    digest: str
    provisional_until: date | None
    """The day copies that age out are gone and a final certificate follows; None: final."""
    path: str
    """Where its bundle was written."""
    payload: bytes
    issued_at: datetime
    run_checkpoint: bytes | None = None
    """The signed note of the run's tree; None: issued before they were kept."""
    token: bytes | None = None
    """An RFC 3161 answer over the payload's signature."""


def add(register: Register, certificate: StoredCertificate) -> None:
    """Keep a certificate; keeping the same one twice keeps it once.

    Raises RegisterError when the journal does not bear it: no items, batches without
    outcomes, items without an observed end, no verification or a failed one.
    """
    row = {name: getattr(certificate, name) for name in certificate.__slots__}
    with register.writing() as connection:
        _refuse_unborne(connection, certificate.run_id)
        if insert_once(connection, table, row):
            return
        query = select(table.c.digest).where(
            table.c.certificate_id == certificate.certificate_id,
            table.c.digest == certificate.digest,
            table.c.run_id == certificate.run_id,
        )
        if connection.execute(query).scalar() is None:
            raise RegisterError(
                f"Another certificate stands under the identifier {certificate.certificate_id}"
                " or the same digest; certificates are never replaced."
            )


def _refuse_unborne(connection: Connection, run_id: str) -> None:
    known = select(run.c.run_id).where(run.c.run_id == run_id)
    if connection.execute(known).scalar() is None:
        raise RegisterError(f"There is no run '{run_id}' to certify.")
    items = select(func.sum(observation.c.item_count)).where(observation.c.run_id == run_id)
    if not connection.execute(items).scalar():
        raise RegisterError(f"Run {run_id} has no outcomes; a certificate over nothing is none.")
    batches, open_ends = runs.unfinished(connection, run_id), runs.not_at_an_end(connection, run_id)
    if batches or open_ends:
        raise RegisterError(
            f"Run {run_id} cannot be certified: {batches} batches have no outcomes and"
            f" {open_ends} items came to no observed end."
        )
    query = select(verification.c.failed).where(verification.c.run_id == run_id)
    failed = connection.execute(query.order_by(verification.c.number.desc()).limit(1)).scalar()
    if failed is None or failed:
        why = "was not verified" if failed is None else f"failed {failed} expectations"
        raise RegisterError(f"Run {run_id} cannot be certified: it {why}.")


def add_token(register: Register, certificate_id: str, token: bytes) -> None:
    """Keep the time stamp over a certificate's signature; the first one stands."""
    with register.writing() as connection:
        connection.execute(
            update(table)
            .where(table.c.certificate_id == certificate_id, table.c.token.is_(None))
            .values(token=token)
        )


def of_run(register: Register, run_id: str) -> list[StoredCertificate]:
    """The certificates of a run, the first issued first."""
    query = select(table).where(table.c.run_id == run_id)
    with register.reading() as connection:
        rows = connection.execute(query.order_by(table.c.issued_at, table.c.certificate_id))
        return [_certificate(row) for row in rows]


def of_category(register: Register, category: str, since: datetime) -> list[StoredCertificate]:
    """Certificates of a category that were issued from a moment on, the first issued first."""
    query = (
        select(table)
        .join(run, run.c.run_id == table.c.run_id)
        .join(plan, plan.c.digest == run.c.plan_digest)
        .where(plan.c.category == category, table.c.issued_at >= since)
    )
    with register.reading() as connection:
        rows = connection.execute(query.order_by(table.c.issued_at, table.c.certificate_id))
        return [_certificate(row) for row in rows]


def last_before(register: Register, at: datetime) -> StoredCertificate | None:
    """The newest certificate, of any category, that was issued before a moment."""
    query = select(table).where(table.c.issued_at < at)
    newest = query.order_by(table.c.issued_at.desc(), table.c.certificate_id.desc()).limit(1)
    with register.reading() as connection:
        row = connection.execute(newest).one_or_none()
    return None if row is None else _certificate(row)


def load(register: Register, name: str) -> StoredCertificate:
    """The certificate of this identifier or digest, or the only one that begins so.

    Raises RegisterError when there is none or more than one.
    """
    with register.reading() as connection:
        certificate_id = one_identifier(
            connection,
            table.c.certificate_id,
            name,
            what="certificate",
            error=RegisterError,
            aliases=(table.c.digest,),
        )
        query = select(table).where(table.c.certificate_id == certificate_id)
        return _certificate(connection.execute(query).one())


def list_certificates(
    register: Register,
    *,
    categories: Collection[str] | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[StoredCertificate]:
    """Certificates, the newest first; ``after`` is the identifier of the last one already seen.

    ``categories``: of these only, for somebody who may not see the others.
    """
    query = select(table).order_by(table.c.issued_at.desc(), table.c.certificate_id.desc())
    if categories is not None:
        query = query.where(table.c.run_id.in_(_runs_of(categories)))
    if after is not None:
        seen = select(table.c.issued_at).where(table.c.certificate_id == after).scalar_subquery()
        query = query.where(tuple_(table.c.issued_at, table.c.certificate_id) < tuple_(seen, after))
    with register.reading() as connection:
        return [_certificate(row) for row in connection.execute(query.limit(limit))]


def among(
    register: Register, names: Collection[str], *, categories: Collection[str]
) -> frozenset[str]:
    """Which of these certificates are about the categories, by identifier."""
    query = select(table.c.certificate_id).where(
        table.c.certificate_id.in_(names), table.c.run_id.in_(_runs_of(categories))
    )
    with register.reading() as connection:
        return frozenset(connection.execute(query).scalars())


def _runs_of(categories: Collection[str]) -> Select[tuple[str]]:
    listed = run.join(plan, plan.c.digest == run.c.plan_digest)
    return select(run.c.run_id).select_from(listed).where(plan.c.category.in_(categories))


def _certificate(row: Row[Any]) -> StoredCertificate:
    return StoredCertificate(
        certificate_id=row.certificate_id,
        run_id=row.run_id,
        digest=row.digest,
        provisional_until=row.provisional_until,
        path=row.path,
        payload=row.payload,
        issued_at=row.issued_at,
        run_checkpoint=row.run_checkpoint,
        token=row.token,
    )
