"""What lies in the shared folder of statements: one text file a customer and month."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from keepuntil.demo import invented
from keepuntil.demo.scenario import Scale

FOLDER: Final = "statements"
FIRST_YEAR: Final = 2011
LAST_YEAR: Final = 2025

GBK_NAME: Final = b"7000002_" + "\u738b\u82b3".encode("gbk") + b"_2013-12-31.txt"
"""Written by a system of before UTF-8: not a text in any encoding we could know."""
NEWLINE_NAME: Final = b"7000003_\nmoved_2014-06-30.txt"
LINKED_NAME: Final = b"7000004_\xe6\x9d\x8e_2012-12-31.txt"
"""Has a second name outside the folder: destroying one name would not destroy the bytes."""
ESCAPE_NAME: Final = b"7000005_\xe9\x99\x88_2012-12-31.txt"
"""A symbolic link to a file outside the share, which must survive."""
EDGE_NAMES: Final = (b"7000006_\xe8\xb5\xb5_2015-12-31.txt", b"7000007_\xe9\x92\xb1_2016-01-01.txt")
"""The last statement of 2015 is due since 1 January 2026; the first of 2016 in a year."""
UNDATED_NAMES: Final = (b"7000008_\xe5\xad\x99_2013-02-30.txt", b"notes.txt")
"""30 February is not a date: not computable. The other is no statement at all."""

_TEXT: Final = b"Account statement. Opening balance 0.00. Closing balance 0.00.\n"


def build(root: Path, outside: Path, scale: Scale, seed: int) -> None:
    """Fill ``root``; ``outside`` gets what links out of it point at. Both must be new."""
    folder = os.fsencode(root / FOLDER)
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        Path(os.fsdecode(folder), str(year)).mkdir(parents=True)
    outside.mkdir(parents=True)
    for path in _generated(scale, seed):
        _write(folder + b"/" + path)
    _plant(folder, os.fsencode(outside))


def _generated(scale: Scale, seed: int) -> Iterator[bytes]:
    random = Random(seed)
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    for number in range(scale.statements):
        year = years[number % len(years)]
        name = invented.chinese_name(random)
        day = f"{year}-{number % 12 + 1:02d}-28"
        yield f"{year}/{8_000_000 + number}_{name}_{day}.txt".encode()


def _plant(folder: bytes, outside: bytes) -> None:
    for name in (GBK_NAME, NEWLINE_NAME, LINKED_NAME, *EDGE_NAMES, *UNDATED_NAMES):
        _write(folder + b"/2013/" + name)
    os.link(folder + b"/2013/" + LINKED_NAME, outside + b"/second-name.txt")
    _write(outside + b"/target.txt")
    escape = Path(os.fsdecode(folder + b"/2013/" + ESCAPE_NAME))
    escape.symlink_to(os.fsdecode(outside + b"/target.txt"))


def _write(path: bytes) -> None:
    with open(path, "xb") as file:  # noqa: PTH123 - the name is bytes on purpose
        file.write(_TEXT)
