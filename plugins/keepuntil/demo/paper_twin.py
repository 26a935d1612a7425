"""What must be left of the register of paper, worked out beforehand by plain SQL.

Like :mod:`keepuntil.demo.twin`, for the day's work instead of the night's: the register is
copied before anything runs, and what the people of :mod:`keepuntil.demo.afternoon` are to
carry away is taken out of the copy by hand. Afterwards every item and every box, its state,
its version and its seal, must be as in the copy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from keepuntil.demo import planted
from keepuntil.demo.records_centre import LOANS, POLICIES, VOUCHERS, box_code, edge_box, item_code
from keepuntil.demo.twin import DUE as DUE_IN_THE_BANK
from keepuntil.demo.twin import count_of, unlike_tables

THIN_FOLDER: Final = item_code(POLICIES, planted.THIN_BOX, planted.THIN_PLACE)
"""Not in its box when the witnesses count: nobody has destroyed it."""

WEEDED_POLICY_BOXES: Final = 1
"""Of the mixed boxes of policies the first; what becomes of the others nobody has said yet."""

DUE: Final = {
    VOUCHERS: "fiscal_year_end <= '1995-12-31'",
    LOANS: f"record_group IN (SELECT file_no FROM ({DUE_IN_THE_BANK['loan_file']}))",
    POLICIES: f"expired_on <= '{planted.LAST_EXPIRED}'",
}
"""Items whose clock has run out on the night, by series; what has no date never has."""

_TABLES: Final = ("paper_item", "paper_box", "paper_site")


def purge_copy(register: Path, bank: Path, copy: Path, boxes: int) -> dict[str, tuple[int, int]]:
    """Copy the register, take out by hand what people are to destroy.

    By ``paper/`` and the series: how many due items went and stayed. ``boxes`` a series.
    """
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(register)) as source, closing(sqlite3.connect(copy)) as twin:
        source.backup(twin)
        twin.execute("ATTACH DATABASE ? AS bank", (f"file:{bank}?mode=ro",))
        counts = {f"paper/{series}": _purge(twin, series, boxes) for series in DUE}
        twin.commit()
    return counts


def mixed_boxes(register: Path, bank: Path, series: str) -> list[str]:
    """Boxes in which some items of the series are due and others are not, by barcode."""
    with closing(sqlite3.connect(f"file:{register}?mode=ro", uri=True)) as connection:
        connection.execute("ATTACH DATABASE ? AS bank", (f"file:{bank}?mode=ro",))
        return [box for (box,) in connection.execute(_MIXED.format(series=series, due=DUE[series]))]


_MIXED: Final = """
    SELECT box FROM paper_item WHERE series = '{series}'
    GROUP BY box HAVING sum(coalesce({due}, 0)) BETWEEN 1 AND count(*) - 1 ORDER BY box
"""


def _kept(series: str, boxes: int) -> str:
    """Of what is due, what stays all the same."""
    if series == LOANS:
        return f"record_group = '{planted.HELD_LOAN}'"
    waiting = f"box = '{box_code(series, edge_box(boxes))}'"
    if series == VOUCHERS:
        return waiting
    held = f"box = '{box_code(series, planted.HELD_BOX)}'"
    undecided = f"box IN (SELECT box FROM mixed LIMIT -1 OFFSET {WEEDED_POLICY_BOXES})"
    return f"{waiting} OR {held} OR {undecided} OR item = '{THIN_FOLDER}'"


def _purge(twin: sqlite3.Connection, series: str, boxes: int) -> tuple[int, int]:
    due, kept = DUE[series], _kept(series, boxes)
    twin.execute(f"CREATE TEMP TABLE mixed AS {_MIXED.format(series=series, due=due)}")
    twin.execute(
        f"CREATE TEMP TABLE due AS SELECT item, box FROM paper_item "
        f"WHERE series = '{series}' AND {due}"
    )
    all_due = count_of(twin, "due")
    twin.execute(f"DELETE FROM due WHERE item IN (SELECT item FROM paper_item WHERE {kept})")
    gone = count_of(twin, "due")
    twin.execute("DELETE FROM paper_item WHERE item IN (SELECT item FROM due)")
    # Of a box that lost something either nothing is left, or what is left is a new version.
    twin.execute(
        "UPDATE paper_box SET version = version + 1, seal = NULL WHERE box IN "
        "(SELECT box FROM due INTERSECT SELECT box FROM paper_item)"
    )
    twin.execute(
        "UPDATE paper_box SET state = 'destroyed' WHERE box IN "
        "(SELECT box FROM due EXCEPT SELECT box FROM paper_item)"
    )
    twin.execute("DROP TABLE due")
    twin.execute("DROP TABLE mixed")
    return gone, all_due - gone


def differences(register: Path, copy: Path) -> Iterator[str]:
    """Sentences on everything in the register that is not as in its copy."""
    yield from unlike_tables(register, copy, _TABLES)
