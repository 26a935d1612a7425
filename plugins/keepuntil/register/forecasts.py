"""What falls due when, as counted in the stores last: one forecast a category, the newest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from keepuntil.register.connection import Register
from keepuntil.register.inserting import dialect_insert
from keepuntil.register.page_tables import forecast as table


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How many items of one category fall due in each month."""

    category: str
    as_of: date
    """The day it was counted, in the rule's zone."""
    months: Mapping[str, Mapping[str, int]]
    """By instance and month (``YYYY-MM``); an item counts in the month of its ``due_on``."""


def keep(register: Register, forecast: Forecast) -> None:
    """Keep a forecast in place of the category's last one."""
    said = {
        "as_of": forecast.as_of,
        "months": json.dumps({name: dict(of) for name, of in forecast.months.items()}),
    }
    with register.writing() as connection:
        insert = dialect_insert(connection, table).values(category=forecast.category, **said)
        connection.execute(insert.on_conflict_do_update(index_elements=["category"], set_=said))


def all_kept(register: Register) -> list[Forecast]:
    """The forecast of every category that has one, by category."""
    with register.reading() as connection:
        return [
            Forecast(category=row.category, as_of=row.as_of, months=json.loads(row.months))
            for row in connection.execute(select(table).order_by(table.c.category))
        ]
