"""Coverage on the pages: as it was drawn last, of what the person may see, asking no store."""

from __future__ import annotations

import json
import shutil

import pytest

from keepuntil.domain.categories import Form
from keepuntil.oversight import kept_coverage
from keepuntil.oversight.coverage import cover
from pages_world import Bank


@pytest.mark.parametrize(
    ("language", "told"), [("zh", ("覆盖", "电子", "缺口")), ("en", ("electronic", "never run"))]
)
def test_the_map_and_the_gaps_are_those_that_were_drawn_last(
    bank: Bank, language: str, told: tuple[str, ...]
) -> None:
    # Nothing is left that could be asked.
    shutil.rmtree(bank.world.statements.parent)
    with bank.browser("A1") as browser:
        page = browser.get(f"/coverage?lang={language}")
        only = browser.get("/coverage?gap=never_run")
    assert all(each in page for each in told)
    assert 'href="/findings?kind=never_run"' in only


def test_a_matrix_is_read_back_as_it_was_drawn(bank: Bank) -> None:
    with bank.world.open() as installation:
        drawn = cover(installation, installation.now().date())
        kept_coverage.remember(installation, drawn)
        kept_coverage.remember(installation, drawn)
        assert kept_coverage.last(installation) == drawn
        assert {row.form for row in drawn.rows} == set(Form)


def test_a_unit_sees_its_own_categories_on_the_page_and_in_every_file(bank: Bank) -> None:
    with bank.browser("E1") as owner, bank.browser("A1") as auditor:
        files = [owner.get(f"/coverage/export/{each}") for each in ("html", "json")]
        for page in (owner.get("/coverage"), *files):
            assert "statement" in page
            assert "loan" not in page
        everything = json.loads(auditor.get("/coverage/export/json"))
        assert {each["category"] for each in everything["rows"]} == {"loan", "statement"}
        assert auditor.client.get("/coverage/export/xlsx").content.startswith(b"PK")
