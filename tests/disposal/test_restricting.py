"""The restriction list: what is past its purpose and kept by law, for other systems, privately."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest

from disposal_world import AS_OF, World
from keepuntil.disposal import publishing
from keepuntil.disposal.restricting import COLUMNS, RestrictionList, write_list
from keepuntil.errors import UsageError
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import log
from subject_world import build, say


@pytest.fixture
def bank(world: World) -> World:
    return build(world)


def written(world: World, path: Path, category: str = "account") -> RestrictionList:
    with world.open() as installation:
        return write_list(installation, installation.rule(category), AS_OF, path, by="clerk")


def test_it_lists_what_is_past_its_purpose_and_inside_its_minimum_and_nothing_else(
    bank: World, tmp_path: Path
) -> None:
    say(bank, "INSERT INTO account VALUES (13, 'F13', 'C-3', '2001-01-01', '2001-01-01')")
    made = written(bank, tmp_path / "list.csv")
    with (tmp_path / "list.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [tuple(row) for row in rows] == [COLUMNS]
    assert rows == [
        {
            "category": "account",
            "instance": "core",
            "store": "core",
            "key": "[11]",
            "record_group": "F11",
            "kept_until": "2030-05-01",
        }
    ]
    assert made.items == {"core": 1}
    written(bank, tmp_path / "list.jsonl")
    (line,) = (tmp_path / "list.jsonl").read_text().splitlines()
    assert json.loads(line) == rows[0]


def test_only_its_owner_reads_it_and_it_replaces_nothing(bank: World, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    written(bank, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(UsageError, match="cannot be written"):
        written(bank, path)
    assert path.read_bytes() == before
    with pytest.raises(UsageError, match=r"\.csv or a \.jsonl"):
        written(bank, tmp_path / "list.txt")
    assert [each.name for each in tmp_path.glob("*.partial")] == []


def test_the_log_knows_who_took_how_many_and_no_key(bank: World, tmp_path: Path) -> None:
    written(bank, tmp_path / "list.csv")
    with bank.open() as installation:
        publishing.publish(installation)
        entries = log.entries(installation.register, 0, log.size(installation.register))
        (said,) = (
            json.loads(Envelope.parse(each.envelope.strip()).payload)["predicate"]
            for each in entries
            if each.kind == "read"
        )
    assert (said["readBy"], said["verb"], said["items"]) == ("clerk", "restrict list", 1)
    assert "F11" not in json.dumps(said)
