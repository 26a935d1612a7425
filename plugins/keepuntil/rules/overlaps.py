"""Two categories never claim the same copies: then nobody could say which rule governs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from keepuntil.domain.categories import (
    FilesInstance,
    PaperInstance,
    Rule,
    S3Instance,
    SqlInstance,
    StoredInstance,
)
from keepuntil.rules.document import Document, Path

Claim = tuple[Rule, Document, Path, StoredInstance]


def lint_overlaps(rules: Sequence[tuple[Rule, Document]]) -> None:
    """Note every two instances, of any rules, that claim the same rows, objects or files."""
    claims = [
        (rule, document, ("instances", at), instance)
        for rule, document in rules
        for at, instance in enumerate(rule.instances)
        if isinstance(instance, SqlInstance | S3Instance | FilesInstance | PaperInstance)
    ]
    for one, other in combinations(claims, 2):
        if one[3].store == other[3].store and _overlap(one[3], other[3]):
            _note(one, other)


def _note(one: Claim, other: Claim) -> None:
    document, path = other[1], other[2]
    narrow = "where" if isinstance(other[3], SqlInstance) else "pattern"
    document.note_at(
        path,
        f"Instance '{other[3].id}' claims what instance '{one[3].id}' of {one[0].category} "
        f"also claims: tell them apart, with '{narrow}' in both of them.",
    )


def _overlap(one: StoredInstance, other: StoredInstance) -> bool:
    """Whether copies in the same store are claimed twice, as far as can be told without looking."""
    match one, other:
        case SqlInstance(), SqlInstance():
            same = (one.schema, one.table) == (other.schema, other.table)
            return same and (one.where is None or other.where is None)
        case S3Instance(), S3Instance():
            nested = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
            return nested and (one.pattern is None or other.pattern is None)
        case FilesInstance(), FilesInstance():
            nested = _below(one.under, other.under) or _below(other.under, one.under)
            return nested and (one.pattern is None or other.pattern is None)
        case PaperInstance(), PaperInstance():
            return one.series == other.series
        case _:
            return False


def _below(folder: str, other: str) -> bool:
    parts, outer = _parts(folder), _parts(other)
    return parts[: len(outer)] == outer


def _parts(folder: str) -> list[str]:
    return [part for part in folder.split("/") if part not in ("", ".")]
