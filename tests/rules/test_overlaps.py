"""Two categories never claim the same copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from keepuntil.errors import RuleError
from keepuntil.rules.load import load
from policies import RULE, write

ONE_EVENT = RULE[: RULE.index("instances:\n")]


def refusal(folder: Path) -> list[str]:
    with pytest.raises(RuleError) as refused:
        load(folder)
    return refused.value.sentence.splitlines()


TWICE = (
    "rules/note_file.yaml:22:5: Instance 'rows' claims what instance 'rows' of loan_file also "
    "claims: tell them apart, with 'where' in both of them."
)


def test_two_categories_never_claim_the_same_rows(tmp_path: Path) -> None:
    theirs = RULE.replace("loan_file", "note_file")
    write(tmp_path, {"loan_file": RULE, "note_file": theirs})
    assert refusal(tmp_path) == [TWICE]
    narrowed = theirs.replace("    table: loan\n", "    table: loan\n    where: kind = 'N'\n")
    write(tmp_path, {"loan_file": RULE, "note_file": narrowed})
    assert refusal(tmp_path) == [TWICE]
    ours = RULE.replace("    table: loan\n", "    table: loan\n    where: kind = 'L'\n")
    write(tmp_path, {"loan_file": ours, "note_file": narrowed})
    assert len(load(tmp_path).rules) == 2


@pytest.mark.parametrize(
    ("one", "two", "clash"),
    [
        ("store: scans, prefix: a/", "store: scans, prefix: a/b/", True),
        ("store: scans, prefix: a/", "store: scans, prefix: ab/", False),
        ("store: share, under: a", "store: share, under: a/b", True),
        ("store: share, under: a", "store: share, under: ab", False),
        ("store: share, under: .", "store: share, under: a", True),
        ("store: share, under: a, pattern: p", "store: share, under: a, pattern: q", False),
        ("store: share, under: a, pattern: p", "store: share, under: a", True),
        ("store: share, under: a", "store: share, under: a, pattern: p", True),
        ("store: scans, prefix: a/, pattern: p", "store: scans, prefix: a/", True),
        ("store: scans, prefix: a/b/", "store: scans, prefix: a/, pattern: p", True),
        ("store: scans, prefix: a/", "store: share, under: a", False),
    ],
)
def test_two_categories_never_claim_the_same_objects_or_files(
    one: str, two: str, clash: bool, tmp_path: Path
) -> None:
    texts = {}
    for category, place in (("loan_file", one), ("note_file", two)):
        event = "mtime" if "under" in place else "age"
        text = ONE_EVENT.replace("loan_file", category)
        texts[category] = (
            f"{text}instances:\n  - {{id: x, {place}, events: {{settled: {event}}}}}\n"
        )
    write(tmp_path, texts)
    if clash:
        assert "also claims" in refusal(tmp_path)[0]
    else:
        assert len(load(tmp_path).rules) == 2
