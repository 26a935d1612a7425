"""The last coverage matrix, as a document: replaced whenever it is drawn again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, insert, select

from keepuntil.register.connection import Register
from keepuntil.register.page_tables import coverage as table


def keep(register: Register, as_of: date, document: Mapping[str, Any]) -> None:
    """Keep a matrix in place of the last one."""
    text = json.dumps(document, ensure_ascii=False)
    with register.writing() as connection:
        connection.execute(delete(table))
        connection.execute(insert(table).values(as_of=as_of, document=text))


def last(register: Register) -> Any:
    """The matrix that was kept last; None: none has been drawn yet."""
    with register.reading() as connection:
        text = connection.execute(select(table.c.document)).scalar()
    return None if text is None else json.loads(text)
