"""Destruction firms: under which licence and contract they may be given anything."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from keepuntil.domain.consignments import Vendor
from keepuntil.stores.paper.tables import paper_vendor


def keep(connection: Connection, name: str, vendor: Vendor) -> None:
    """Write down a vendor's papers; a later word replaces an earlier one."""
    connection.execute(delete(paper_vendor).where(paper_vendor.c.vendor == name))
    row = {
        "vendor": name,
        "licence": vendor.licence,
        "licence_expires_on": vendor.licence_expires_on,
        "contract": vendor.contract,
        "return_clause": vendor.return_clause,
    }
    connection.execute(insert(paper_vendor).values(row))


def of_name(connection: Connection, name: str) -> Vendor | None:
    """The vendor's papers; None: nobody wrote them down."""
    query = select(paper_vendor).where(paper_vendor.c.vendor == name)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Vendor(
        licence=row.licence,
        licence_expires_on=row.licence_expires_on,
        contract=row.contract,
        return_clause=row.return_clause,
    )


def names(connection: Connection) -> list[str]:
    """All vendors, by name."""
    return list(
        connection.execute(select(paper_vendor.c.vendor).order_by(paper_vendor.c.vendor)).scalars()
    )
