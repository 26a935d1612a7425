"""The second reader counts for itself: what it finds left, no certificate covers."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from disposal_world import LOAN_RULE, World
from keepuntil.disposal import verifying
from keepuntil.errors import VerificationFailed
from keepuntil.register import verifications

DEEPER = LOAN_RULE.replace(
    "children: [loan_note]",
    "children: [{table: loan_note, children: [{table: note_page, by: [note_id]}]}]",
)


def pages(world: World, *rows: tuple[int, int]) -> None:
    """Pages hang on notes, and no foreign key holds them there."""
    with closing(sqlite3.connect(world.core)) as bank, bank:
        bank.execute("CREATE TABLE IF NOT EXISTS note_page (id INTEGER PRIMARY KEY, note_id INT)")
        bank.executemany("INSERT INTO note_page VALUES (?, ?)", rows)


@pytest.fixture
def deep(world: World) -> World:
    """Loan 1 is due and has the notes 1 and 2, loan 2 is kept and has the notes 3 and 4."""
    assert DEEPER != LOAN_RULE
    (world.policies / "rules" / "loan.yaml").write_text(DEEPER)
    world.build_core({1: "2015-05-05", 2: "2024-05-05"})
    pages(world, (11, 1), (12, 2), (13, 3))
    return world


def test_a_page_left_below_a_note_that_is_gone_withholds_the_certificate(deep: World) -> None:
    with deep.open() as installation:
        plan_id = deep.plan(installation, "loan")
        deep.approve(installation, plan_id)
        run_id = deep.destroy(installation, plan_id)
        pages(deep, (21, 2))
        with pytest.raises(VerificationFailed, match="gone_means_gone"):
            verifying.verify(installation, run_id, verifier="verifier")
        kept = verifications.latest(installation.register, run_id)
    assert kept is not None
    assert b'"parts_remaining":1' in kept.document


def test_a_page_that_never_hung_on_what_is_gone_does_not(deep: World) -> None:
    with deep.open() as installation:
        plan_id = deep.plan(installation, "loan")
        deep.approve(installation, plan_id)
        run_id = deep.destroy(installation, plan_id)
        pages(deep, (22, 99))
        certificate = deep.certify(installation, run_id)
    assert certificate.outcomes == {"destroyed": 2}
