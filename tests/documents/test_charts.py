"""Pictures of figures: whole, on a zero line, within their sheet, true to their values."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepuntil.documents.charts.bars import bars
from keepuntil.documents.charts.columns import columns
from keepuntil.documents.charts.drawing import (
    SERIES,
    WIDTH,
    Drawing,
    Series,
    shortened,
    ticks,
    width_of,
)
from keepuntil.documents.charts.heat_map import Heat, HeatCell, heat_map

COUNTS = st.integers(0, 10_000_000)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=40)


def boxes(picture: Drawing) -> list[dict[str, float | str]]:
    root = ET.fromstring(picture.svg)
    names = ("x", "y", "width", "height")
    return [
        {name: float(one.get(name, "")) for name in names} | {"fill": one.get("fill", "")}
        for one in root.iter("{http://www.w3.org/2000/svg}rect")
    ]


def figures(picture: Drawing) -> set[str]:
    return {
        one.text or ""
        for one in ET.fromstring(picture.svg).iter("{http://www.w3.org/2000/svg}text")
    }


@given(st.lists(st.tuples(NAMES, st.lists(COUNTS, min_size=6, max_size=6)), min_size=1, max_size=7))
def test_columns_stand_on_the_zero_line_within_the_sheet(
    given_series: list[tuple[str, list[int]]],
) -> None:
    series = [Series(name=name, values=tuple(values)) for name, values in given_series]
    months = [f"2026-{number:02}" for number in range(1, 7)]
    picture = columns(months, series, alt="words")
    assert all(float(box["x"]) >= 0 and float(box["y"]) >= 0 for box in boxes(picture))
    assert all(float(box["x"]) + float(box["width"]) <= WIDTH for box in boxes(picture))
    assert all(float(box["y"]) + float(box["height"]) <= picture.height for box in boxes(picture))
    assert {f"{one.total:,}" for one in series} <= figures(picture)


def test_a_column_is_twice_as_high_for_twice_as_much() -> None:
    series = [Series(name="n", values=(100, 50))]
    low, high = sorted(
        float(box["height"])
        for box in boxes(columns(["2026-01", "2026-02"], series, alt=""))
        if box["width"] != box["height"]
    )
    assert high == pytest.approx(2 * low, abs=0.02)


@pytest.mark.parametrize(("first", "years"), [(4, {"2026", "2027"}), (12, {"2027"})])
def test_years_never_run_into_each_other(first: int, years: set[str]) -> None:
    months = [f"{2026 + (first + at - 1) // 12}-{(first + at - 1) % 12 + 1:02}" for at in range(24)]
    said = figures(columns(months, [Series(name="n", values=(1,) * 24)], alt=""))
    assert {word for word in said if word.startswith("20")} - {"2028"} == years


def test_a_bar_is_as_long_as_its_parts_and_says_their_sum() -> None:
    series = [Series(name="a", values=(30, 1)), Series(name="b", values=(10, 0))]
    picture = bars(["one", "two"], series, alt="")
    lengths = [float(box["width"]) for box in boxes(picture) if box["height"] == 11]
    assert lengths[0] == pytest.approx(3 * lengths[1], abs=0.05)
    assert lengths[0] == pytest.approx(30 * lengths[2], abs=0.5)
    assert {"40", "1"} <= figures(picture)


def test_no_cell_of_a_map_speaks_by_colour_alone() -> None:
    cells = [HeatCell(heat=heat, mark=f"m{at}") for at, heat in enumerate(Heat)]
    picture = heat_map(["a", "b", "c", "d"], [("row", cells)], alt="")
    assert {cell.mark for cell in cells} <= figures(picture)
    assert len({box["fill"] for box in boxes(picture)}) == len(Heat)


def test_colours_differ_in_lightness_so_that_grey_paper_tells_them_apart() -> None:
    light = sorted(_lightness(colour) for colour in SERIES[:4])
    assert all(after - before > 12 for before, after in pairwise(light))


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


@given(COUNTS)
def test_the_scale_begins_at_zero_and_reaches_the_largest(largest: int) -> None:
    marks = ticks(largest)
    assert marks[0] == 0
    assert marks[-1] >= largest
    assert len({after - before for before, after in pairwise(marks)}) == 1
    assert len(marks) <= 7


@given(NAMES, st.floats(10, 300))
def test_what_is_shortened_fits_or_was_not_changed(words: str, room: float) -> None:
    kept = shortened(words, room)
    assert width_of(kept) <= room or kept == "…"
    assert kept == words or kept.endswith("…")
