"""People type the beginning of an identifier; it must mean exactly one thing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from keepuntil.errors import KeepuntilError

_SHOWN = 5


def one_identifier(
    connection: Connection,
    column: ColumnElement[str],
    text: str,
    *,
    what: str,
    error: type[KeepuntilError],
    aliases: tuple[ColumnElement[Any], ...] = (),
) -> str:
    """The identifier that ``text`` is, is an alias of, or is the only beginning of.

    ``what`` names the thing in the sentence of the ``error``.
    """
    exact = or_(column == text, *(alias == text for alias in aliases))
    found = connection.execute(select(column).where(exact)).scalars().all()
    if not found and text:
        # Not LIKE, which ignores case in SQLite and knows wildcards.
        begins = func.substr(column, 1, len(text)) == text
        query = select(column).where(begins).order_by(column).limit(_SHOWN + 1)
        found = connection.execute(query).scalars().all()
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise error(f"There is no {what} '{text}', and none that begins so.")
    shown = ", ".join(map(str, found[:_SHOWN])) + (", …" if len(found) > _SHOWN else "")
    raise error(f"More than one {what} begins with '{text}': {shown}. Write more of it.")
