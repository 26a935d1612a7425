"""Consignments and their steps as they were signed. Lines are only ever added.

What the lines say is not this module's business; their order is. Two people who enter a
step at once get one number, and the second is told to look again.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from keepuntil.stores.paper.tables import paper_consignment, paper_step


def begin(
    connection: Connection, consignment: str, plan: str, instance: str, opening: bytes
) -> None:
    """Keep a new consignment's opening."""
    row = {
        "consignment": consignment,
        "plan": plan,
        "instance": instance,
        "opening": opening,
    }
    connection.execute(insert(paper_consignment).values(row))


def opening(connection: Connection, consignment: str) -> bytes | None:
    """The signed opening; None: there is no such consignment."""
    query = select(paper_consignment.c.opening).where(
        paper_consignment.c.consignment == consignment
    )
    line = connection.execute(query).scalar()
    return None if line is None else bytes(line)


def source_of(connection: Connection, consignment: str) -> tuple[str, str]:
    """The plan whose list the consignment carries, and the instance it is of."""
    query = select(paper_consignment.c.plan, paper_consignment.c.instance).where(
        paper_consignment.c.consignment == consignment
    )
    plan, instance = connection.execute(query).one()
    return plan, instance


def steps(connection: Connection, consignment: str) -> list[bytes]:
    """The signed steps, in their order."""
    query = (
        select(paper_step.c.line)
        .where(paper_step.c.consignment == consignment)
        .order_by(paper_step.c.seq)
    )
    return [bytes(line) for line in connection.execute(query).scalars()]


def add_step(connection: Connection, consignment: str, seq: int, line: bytes) -> None:
    """Keep the step of this number; a number that is taken ends the transaction."""
    row = {"consignment": consignment, "seq": seq, "line": line}
    connection.execute(insert(paper_step).values(row))


def of_plan(connection: Connection, plan: str, instance: str) -> list[str]:
    """The consignments of a plan's items in one instance, by name."""
    query = (
        select(paper_consignment.c.consignment)
        .where(paper_consignment.c.plan == plan, paper_consignment.c.instance == instance)
        .order_by(paper_consignment.c.consignment)
    )
    return list(connection.execute(query).scalars())


def names(connection: Connection, plan: str | None = None) -> list[str]:
    """Consignments there ever were, by name: all, or a plan's."""
    query = select(paper_consignment.c.consignment).order_by(paper_consignment.c.consignment)
    if plan is not None:
        query = query.where(paper_consignment.c.plan == plan)
    return list(connection.execute(query).scalars())
