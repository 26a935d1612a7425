"""Lists of boxes and items as archives write them, and registers of paper to take them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from keepuntil.domain.paper import Item
from keepuntil.stores.paper import (
    ImportReport,
    ListRefused,
    PaperRegister,
    create_tables,
    import_list,
    open_register,
)
from keepuntil.stores.paper.holdings import holdings
from keepuntil.stores.paper.tables import metadata
from sql_servers import fresh

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)

HEADINGS = ("库房", "架号", "盒号", "封签号", "条码", "门类", "档号", "年度", "册数", "结清日期")


def line(barcode: object = "I-1", **cells: object) -> list[object]:
    """One good line under :data:`HEADINGS`, with some cells put another way."""
    good: dict[str, object] = {
        "库房": "West",
        "架号": "A-01",
        "盒号": "B-1",
        "封签号": "",
        "条码": barcode,
        "门类": "PL",
        "档号": f"PL-{barcode}",
        "年度": "2014",
        "册数": "1",
        "结清日期": "2019-04-02",
    }
    return list((good | cells).values())


def written(path: Path, *rows: Sequence[object], encoding: str = "utf-8") -> Path:
    """A CSV file of these rows."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    """An XLSX file with one sheet of these rows."""
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    book.save(path)
    return path


@contextmanager
def paper_register(kind: str, folder: Path) -> Iterator[PaperRegister]:
    """An empty register of paper on a fresh database of that kind."""
    with fresh(kind, folder) as place:
        register = open_register("records_centre", place.text)
        create_tables(register.engine)
        yield register
        register.close()


def take(register: PaperRegister, path: Path, **stated: str) -> ImportReport:
    return import_list(register, path, by="archivist-1", at=AT, stated=stated)


def refused(register: PaperRegister, path: Path, **stated: str) -> list[str]:
    """The problems for which the list is refused; fails unless nothing of it was kept."""
    before = contents(register)
    with pytest.raises(ListRefused) as refusal:
        take(register, path, **stated)
    assert contents(register) == before
    return [text.removeprefix(f"{path.name}:").strip() for text in refusal.value.problems.lines()]


def contents(register: PaperRegister) -> dict[str, list[Any]]:
    """Every row of every table."""
    with register.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
        }


def all_items(register: PaperRegister) -> list[Item]:
    with register.reading() as connection:
        return [item for _, item in holdings(connection) if item is not None]
