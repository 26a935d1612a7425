"""A destruction firm whose licence has run out is a gap where a rule's paper could go to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal import consigning
from keepuntil.domain.ledger_words import ProblemClass
from keepuntil.oversight import coverage
from keepuntil.oversight.gaps import Lack
from keepuntil.oversight.ledger import cases
from paper_centre import FIRM, STORE, build_centre


def test_a_licence_is_good_on_its_last_day_and_a_gap_on_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_centre(world, monkeypatch)
    with world.open() as installation:
        for name, until in (("Expired", date(2026, 11, 22)), ("Good", AS_OF)):
            papers = replace(FIRM, licence_expires_on=until)
            consigning.keep_vendor(installation, STORE, name, papers)
        seen = coverage.cover(installation, AS_OF)
        expired = [gap.where for gap in seen.gaps if gap.code is Lack.VENDOR_EXPIRED]
        assert expired == [f"{STORE}/Expired"]
        coverage.report(installation, seen)
        found = [one for one in cases(installation, AS_OF) if one.finding.kind == "vendor_expired"]
    assert [one.problem_class for one in found] == [ProblemClass.THIRD_PARTY]
