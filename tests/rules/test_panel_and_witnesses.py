"""Who appraises a list and who witnesses its end: what a rule may ask for, and of whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from disposal_world import APPRAISED_BY, DEPARTMENTS, World
from keepuntil.errors import RuleError
from keepuntil.rules.load import load
from paper_world import voucher_rule


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).build()


def test_a_rule_says_who_appraises_and_who_witnesses(world: World) -> None:
    world.write_rule(appraised_by=APPRAISED_BY, witness_departments=DEPARTMENTS)
    (rule,) = load(world.policies).rules
    assert rule.disposition.appraised_by == tuple(APPRAISED_BY.split(", "))
    assert rule.disposition.witness_departments == tuple(DEPARTMENTS.split(", "))


def test_a_rule_that_asks_for_more_people_is_another_rule(world: World) -> None:
    digests = set()
    for asked in ({}, {"appraised_by": APPRAISED_BY}, {"witness_departments": DEPARTMENTS}):
        world.write_rule(**asked)
        digests.add(load(world.policies).rules[0].digest)
    assert len(digests) == 3


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"appraised_by": "head_of_archive"}, "Nobody in people.yaml has the role"),
        ({"appraised_by": "head_of_archives, head_of_archives"}, "is named twice"),
        ({"witness_departments": "archive"}, "Nobody in people.yaml belongs to the unit"),
        ({"witness_departments": "archives, archives"}, "is named twice"),
    ],
)
def test_people_who_are_not_there_are_missed_at_once(
    world: World, asked: dict[str, str], sentence: str
) -> None:
    world.write_rule(**asked)
    with pytest.raises(RuleError, match=sentence):
        load(world.policies)


def test_a_panel_needs_a_person_for_each_role(world: World) -> None:
    people = world.policies / "people.yaml"
    said = people.read_text().replace(
        "[head_of_archives]", "[head_of_archives, head_of_accounting]"
    )
    people.write_text(said.replace("roles: [head_of_accounting]", "roles: [clerk]"))
    world.write_rule(appraised_by=APPRAISED_BY)
    with pytest.raises(RuleError, match="not enough people to give each role another one"):
        load(world.policies)


def test_witnesses_of_electronic_copies_are_for_rules_that_have_some(world: World) -> None:
    stores = world.policies / "stores.yaml"
    stores.write_text(
        stores.read_text() + "  records_centre: {kind: paper, url: {env: KU_TEST_PAPER}}\n"
    )
    (world.policies / "rules" / "voucher.yaml").write_text(
        voucher_rule(approval=f"none\n  witness_departments: [{DEPARTMENTS}]")
    )
    with pytest.raises(RuleError, match="paper names its own in its instance"):
        load(world.policies)
