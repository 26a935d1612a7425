"""Code 128 as zbar reads it, which nobody here wrote."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custody_papers import CONTROLLER, ON
from keepuntil.documents.barcodes import FINEST_MODULE, MODULE, QUIET, scannable, widths
from keepuntil.documents.box_labels import Label, label_pages
from paper import codes, texts

PRINTABLE = "".join(map(chr, range(ord(" "), ord("~") + 1)))
DIGITS = [
    "7",
    "12",
    "123",
    "1234",
    "12345",
    "B1234567",
    "12AB3456",
    "1234AB56789",
    "A1B2C3",
    "99" * 8,
]


def labels(folder: Path, *barcodes: str) -> Path:
    made = [Label(barcode=each, title="凭证", place="centre") for each in barcodes]
    (folder / "labels.pdf").write_bytes(label_pages(CONTROLLER, made, ON, "zh"))
    return folder / "labels.pdf"


def test_every_printable_character_is_read_as_it_was_written(tmp_path: Path) -> None:
    pieces = [f"B{PRINTABLE[at : at + 5]}E" for at in range(0, len(PRINTABLE), 5)]
    (read,) = codes(labels(tmp_path, *pieces), tmp_path, dots=300)
    assert sorted(read) == sorted(pieces)


def test_digits_in_pairs_are_read_wherever_they_stand(tmp_path: Path) -> None:
    (read,) = codes(labels(tmp_path, *DIGITS), tmp_path, dots=300)
    assert sorted(read) == sorted(DIGITS)


def test_every_pair_of_digits_is_read(tmp_path: Path) -> None:
    pieces = ["".join(f"{at + n:02}" for n in range(10)) for at in range(0, 100, 10)]
    (read,) = codes(labels(tmp_path, *pieces), tmp_path, dots=300)
    assert sorted(read) == sorted(pieces)


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    barcodes=st.sets(
        st.text(string.ascii_letters + string.digits + "-./", min_size=2, max_size=12),
        min_size=24,
        max_size=24,
    )
)
def test_a_sheet_of_labels_is_read_to_the_last(barcodes: set[str], tmp_path: Path) -> None:
    (read,) = codes(labels(tmp_path, *barcodes), tmp_path, dots=300)
    assert set(read) == barcodes


@pytest.mark.parametrize(
    "barcode", ["盒-0001", "é", "B\t1", "x" * 64], ids=["Chinese", "accent", "tab", "longest"]
)
def test_what_bars_cannot_say_is_a_code_in_a_square(barcode: str, tmp_path: Path) -> None:
    assert scannable(barcode, widest=60).square
    (read,) = codes(labels(tmp_path, barcode), tmp_path, dots=300)
    assert "\n".join(read) == barcode


def test_bars_are_never_finer_than_a_printer_can_keep_apart() -> None:
    for length in range(1, 65):
        for text in ("x" * length, "1" * length):
            drawn = scannable(text, widest=60)
            modules = sum(widths(text)) + 2 * QUIET
            if drawn.square:
                assert modules * FINEST_MODULE > 60
            else:
                assert FINEST_MODULE <= drawn.width / modules + 1e-3 <= MODULE + 2e-3
                assert drawn.width <= 60


def test_a_symbol_is_eleven_modules_wide_and_the_stop_thirteen() -> None:
    for text in (PRINTABLE, "0123456789" * 3):
        assert (sum(widths(text)) - 13) % 11 == 0
    # Start, two pairs, check, stop: half the symbols of four letters.
    assert sum(widths("1234")) == 11 * 4 + 13
    assert sum(widths("ABCD")) == 11 * 6 + 13


def test_25_labels_take_a_second_sheet(tmp_path: Path) -> None:
    barcodes = [f"B{number:06}" for number in range(25)]
    pdf = labels(tmp_path, *barcodes)
    first, second = codes(pdf, tmp_path, dots=300)
    assert (sorted(first), second) == (barcodes[:24], barcodes[24:])
    assert [page.count("centre") for page in texts(pdf)] == [24, 1]
