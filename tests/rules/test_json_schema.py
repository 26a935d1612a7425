"""Editors are told the same as the reader knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from keepuntil.rules.json_schema import KINDS, json_schema, keys_of
from policies import CALENDAR, CATEGORIES, PEOPLE, RULE, STORES

jsonschema = pytest.importorskip("jsonschema", reason="needs a JSON Schema validator")

ROOT = Path(__file__).resolve().parents[2]


def faults(kind: str, text: str) -> list[str]:
    content = json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=str))
    validator = jsonschema.Draft202012Validator(json_schema(kind))
    return [error.message for error in validator.iter_errors(content)]


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_a_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(kind))
    assert json.dumps(json_schema(kind))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("rule", RULE),
        ("rule", f"{RULE}forms: [electronic, scan, paper, backup, processor]\n"),
        ("stores", STORES),
        ("people", PEOPLE),
        ("calendar", CALENDAR),
        ("categories", CATEGORIES),
    ],
)
def test_what_is_right_passes(kind: str, text: str) -> None:
    assert faults(kind, text) == []


@pytest.mark.parametrize("path", sorted((ROOT / "retention_policies").rglob("*.yaml")), ids=str)
def test_shipped_policies_pass(path: Path) -> None:
    kinds = {"rules": "rule", "calendars": "calendar"}
    kind = kinds.get(path.parent.name, path.stem)
    assert faults(kind, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  start: event_next_day\n", "  strat: event_next_day\n"),
        ("combine: latest", "combine: newest"),
        ("keep_at_least: P5Y", "keep_at_least: 5Y"),
        ("category: loan_file", "category: Loan File"),
        ("items: 1000", "items: many"),
        ("share: 5%", "share: five"),
        ("key: [id]", "key: []"),
        ("  zone: Asia/Shanghai\n", ""),
    ],
)
def test_what_is_wrong_is_marked_while_one_types(old: str, new: str) -> None:
    assert old in RULE
    assert faults("rule", RULE.replace(old, new))


def test_every_key_is_known_by_name() -> None:
    assert {"category", "from", "schema", "keep_at_least", "from_key", "by"} <= keys_of("rule")
    assert "irrecoverable_after" in keys_of("stores")
