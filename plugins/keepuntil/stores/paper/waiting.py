"""Mixed boxes that wait: a justified date until which their due items stay where they are.

Taking single items out of a box costs hands and risks; a box whose last item falls due soon
may wait for it. The wait has an end and a reason, and the due items count as ``shared``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, delete, insert, select

from keepuntil.stores.paper.orders import pieces
from keepuntil.stores.paper.tables import paper_wait


def of_boxes(connection: Connection, boxes: Iterable[str]) -> dict[str, date]:
    """Until when each of these boxes waits; those that do not are left out."""
    found: dict[str, date] = {}
    for some in pieces(sorted(boxes)):
        query = select(paper_wait.c.box, paper_wait.c.until).where(paper_wait.c.box.in_(some))
        found.update((box, until) for box, until in connection.execute(query).tuples())
    return found


def wait(connection: Connection, box: str, until: date, reason: str, person: str) -> None:
    """Have a box wait until a day, included. A later word replaces an earlier one."""
    connection.execute(delete(paper_wait).where(paper_wait.c.box == box))
    row = {"box": box, "until": until, "reason": reason, "person": person}
    connection.execute(insert(paper_wait).values(row))
