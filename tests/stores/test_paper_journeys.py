"""Consignments in the register of paper, by plan."""

from __future__ import annotations

from pathlib import Path

from keepuntil.stores.paper import journeys, open_register
from paper_world import PaperWorld


def test_consignments_are_named_all_together_or_by_plan(tmp_path: Path) -> None:
    register = open_register("records_centre", PaperWorld(tmp_path).url)
    with register.writing() as connection:
        for name, plan in (("run.b.1", "b"), ("run.a.1", "a"), ("run.a.2", "a")):
            journeys.begin(connection, name, plan, "paper", b"opening")
        assert journeys.names(connection) == ["run.a.1", "run.a.2", "run.b.1"]
        assert journeys.names(connection, "a") == ["run.a.1", "run.a.2"]
    register.close()
