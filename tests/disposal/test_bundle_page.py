"""docs/certificate.md names every file of a bundle, and none that is not there."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from keepuntil.disposal import certifying, correcting
from keepuntil.domain.categories import Text
from published_world import DUE, NOT_DUE, published

PAGE = Path(__file__).resolve().parents[2] / "docs" / "certificate.md"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """A bundle with everything that one can have: SM2, a time stamp, pages, a correction."""
    world = published(tmp_path_factory.mktemp("bank"), sm2=True)
    world.issue(DUE, NOT_DUE)
    with world.open() as installation:
        made = world.whole_road(installation)
        correcting.correct(
            installation,
            made.certificate_id,
            kind="correction",
            reason=Text(zh="误", en="wrong"),
            by="E2",
        )
        bundle = certifying.rewrite_bundle(installation, made.certificate_id)
    return {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}


def test_the_page_lists_the_files_of_a_bundle(files: set[str]) -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## What lies in a bundle")[2]
    rows = re.findall(r"^\| (`[^|]+`) \|", section.partition("\n## ")[0], re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    unknown = {name for name in files if not any(fnmatch(name, each) for each in listed)}
    absent = {each for each in listed if not any(fnmatch(name, each) for name in files)}
    assert (unknown, absent) == (set(), set())
