"""The records centre: what the archive delivers, what stands on its shelves, what has to go."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from keepuntil.demo import paper_twin, planted, records_centre
from keepuntil.demo.holds import HELD_POLICY
from keepuntil.demo.home import Home
from keepuntil.demo.records_centre import LOANS, POLICIES, SERIES, VOUCHERS
from keepuntil.demo.scenario import FULL, SEED, SMALL
from keepuntil.errors import UsageError

SIZE = SMALL.boxes_a_series


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def purged(small_home: Home, tmp_path: Path) -> Path:
    copy = tmp_path / "twin.db"
    paper_twin.purge_copy(small_home.paper, small_home.bank, copy, SIZE)
    return copy


def test_the_full_centre_is_as_large_as_promised() -> None:
    assert len(SERIES) * FULL.boxes_a_series == 3_000
    assert len(SERIES) * FULL.boxes_a_series * records_centre.PER_BOX == 60_000


def test_the_list_is_a_gbk_file_under_a_title(small_home: Home) -> None:
    delivered = small_home.paper_list.read_bytes()
    with pytest.raises(UnicodeDecodeError):
        delivered.decode("utf-8")
    title, headings, first, *_ = delivered.decode("gbk").splitlines()
    assert title.startswith("云州银行档案中心")
    assert "会计年度终了日" in headings
    assert first.startswith("城东档案库,")


def test_every_line_of_the_list_is_in_the_register(small_home: Home) -> None:
    delivered = small_home.paper_list.read_bytes().decode("gbk").splitlines()[2:]
    assert rows(small_home.paper, "SELECT count(*) FROM paper_item") == [(len(delivered),)]
    assert len(delivered) == len(SERIES) * SIZE * records_centre.PER_BOX
    by_box = "SELECT count(*) FROM paper_item GROUP BY box"
    assert Counter(rows(small_home.paper, by_box)) == {(records_centre.PER_BOX,): 3 * SIZE}


@pytest.mark.parametrize(
    "notation", [r"\d{4}年\d+月\d+日", r"\d{4}/\d+/\d+", r"\d{8}", r"\d{4}-\d\d-\d\d"]
)
def test_dates_are_written_in_each_of_four_ways(small_home: Home, notation: str) -> None:
    delivered = small_home.paper_list.read_bytes().decode("gbk").splitlines()[2:]
    dated = [line.split(",")[-2:] for line in delivered]
    assert any(re.fullmatch(notation, day) for days in dated for day in days)


def test_dates_are_read_as_the_days_that_were_meant(small_home: Home) -> None:
    found = rows(
        small_home.paper,
        "SELECT DISTINCT fiscal_year_end FROM paper_item WHERE fiscal_year_end IS NOT NULL",
    )
    assert len(found) > SIZE // 2
    assert all(day.endswith("-12-31") for (day,) in found)


def test_placeholders_are_kept_as_unknown(small_home: Home) -> None:
    for series, column in ((VOUCHERS, "fiscal_year_end"), (POLICIES, "expired_on")):
        unknown = rows(
            small_home.paper,
            f"SELECT box FROM paper_item WHERE series = '{series}' AND {column} IS NULL",
        )
        last = records_centre.box_code(series, SIZE - 1)
        assert unknown == [(last,)] * len(planted.UNKNOWN_DATES)


def test_one_box_in_five_is_mixed(tmp_path: Path, small_home: Home) -> None:
    # At the full scale the planted boxes do not weigh; the books are not needed for two series.
    register = tmp_path / "paper.db"
    report = records_centre.build(register, tmp_path / "list.csv", small_home.bank, FULL, SEED)
    assert report.items_added > 40_000
    for series in (VOUCHERS, POLICIES):
        mixed = paper_twin.mixed_boxes(register, small_home.bank, series)
        assert 0.19 < len(mixed) / FULL.boxes_a_series < 0.21


def test_loan_files_have_their_row_and_the_scanned_ones_their_scan(small_home: Home) -> None:
    groups = {
        group
        for (group,) in rows(
            small_home.paper, f"SELECT record_group FROM paper_item WHERE series = '{LOANS}'"
        )
    }
    books = {group for (group,) in rows(small_home.bank, "SELECT file_no FROM loan_file")}
    assert groups - books == {"PL-777777777"}
    scanned = rows(
        small_home.paper,
        "SELECT count(*) FROM paper_item WHERE scan_status = 'quality_checked'",
    )
    assert scanned == [(SMALL.scanned_loans,)]


def test_the_same_seed_fills_the_same_shelves(small_home: Home) -> None:
    shelves = list(records_centre.contents(small_home.bank, SMALL, SEED))
    assert shelves == list(records_centre.contents(small_home.bank, SMALL, SEED))
    assert shelves != list(records_centre.contents(small_home.bank, SMALL, SEED + 1))


def test_a_list_that_is_read_otherwise_stops_the_demonstration(
    small_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planted, "PAPER_WARNINGS", 3)
    with pytest.raises(UsageError, match="read otherwise"):
        records_centre.build(
            tmp_path / "paper.db", tmp_path / "list.csv", small_home.bank, SMALL, SEED
        )


def test_of_the_paper_what_is_held_waits_or_is_missing_stays(
    small_home: Home, purged: Path
) -> None:
    left = {item for (item,) in rows(purged, "SELECT item FROM paper_item")}
    gone = {item for (item,) in rows(small_home.paper, "SELECT item FROM paper_item")} - left
    box = {item[:7] for item in gone}
    assert {HELD_POLICY, paper_twin.THIN_FOLDER} <= left
    assert f"{POLICIES}{planted.HELD_BOX:05d}" not in box
    for series in (VOUCHERS, POLICIES):
        assert f"{series}{records_centre.edge_box(SIZE):05d}" not in box
    kept = rows(purged, f"SELECT 1 FROM paper_item WHERE record_group = '{planted.HELD_LOAN}'")
    assert len(kept) == 1


def test_of_the_mixed_boxes_of_policies_one_is_weeded(small_home: Home, purged: Path) -> None:
    mixed = paper_twin.mixed_boxes(small_home.paper, small_home.bank, POLICIES)
    weeded = rows(purged, f"SELECT box FROM paper_box WHERE version = 2 AND box LIKE '{POLICIES}%'")
    thin = records_centre.box_code(POLICIES, planted.THIN_BOX)
    assert {box for (box,) in weeded} == {mixed[0], thin}


def changes() -> Iterator[tuple[str, str, str]]:
    yield (
        "UPDATE paper_item SET settled_on = '2020-01-01' WHERE item = 'KJ0001500'",
        "item",
        "alter",
    )
    yield "DELETE FROM paper_item WHERE item = 'KJ0001500'", "item", "gone that had to be kept"
    yield "UPDATE paper_box SET version = 9 WHERE box = 'KJ-H00015'", "box", "altered"
    yield "UPDATE paper_box SET state = 'shelved' WHERE box = 'KJ-H00000'", "box", "altered"


@pytest.mark.parametrize(("statement", "table", "said"), changes())
def test_one_wrong_folder_or_box_is_seen(
    purged: Path, tmp_path: Path, statement: str, table: str, said: str
) -> None:
    wrong = tmp_path / "wrong.db"
    shutil.copy(purged, wrong)
    assert list(paper_twin.differences(wrong, purged)) == []
    with closing(sqlite3.connect(wrong)) as register:
        changed = register.execute(statement)
        register.commit()
    assert changed.rowcount == 1
    found = list(paper_twin.differences(wrong, purged))
    assert {line.split(":")[0] for line in found} == {f"paper_{table}"}
    assert any(said in line for line in found)


def test_before_the_afternoon_the_comparison_sees_what_is_still_there(
    small_home: Home, purged: Path
) -> None:
    assert list(paper_twin.differences(small_home.paper, purged))
