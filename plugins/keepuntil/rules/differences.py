"""What tells two versions of a rule apart, key by key, in words for whoever reviews the change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from keepuntil.domain.categories import Rule, Text
from keepuntil.domain.periods import Period
from keepuntil.domain.working_days import WorkingDays
from keepuntil.rules.canonical import rule_document

_NAMES: Final[Mapping[str, Text]] = {
    "approval": Text(zh="审批方式", en="approval"),
    "approval_expires_after": Text(zh="审批有效期", en="an approval expires after"),
    "approver_roles": Text(zh="审批角色", en="roles that approve"),
    "authorities": Text(zh="处置依据", en="authorities"),
    "combine": Text(zh="多个起算点的取法", en="how triggers combine"),
    "cooling_off": Text(zh="冷静期", en="cooling-off"),
    "delete_within": Text(zh="期满后多久内删除", en="to be deleted within"),
    "effective_from": Text(zh="生效日", en="in force from"),
    "extend_while": Text(zh="延长条件", en="extended while"),
    "fiscal_year_starts": Text(zh="会计年度起始日", en="first day of the fiscal year"),
    "floor": Text(zh="总保存期下限", en="floor"),
    "instances": Text(zh="存放处", en="places"),
    "keep_at_least": Text(zh="最短保存期限", en="kept for at least"),
    "keep_at_most": Text(zh="最长保存期限", en="kept for at most"),
    "limits": Text(zh="限额", en="limits"),
    "permanent": Text(zh="永久保存", en="permanent"),
    "restrict_from": Text(zh="停止处理起点", en="restricted from"),
    "review_by": Text(zh="复审日", en="to be reviewed by"),
    "start": Text(zh="起算方式", en="start rule"),
    "triggers": Text(zh="起算点", en="triggers"),
    "working_days": Text(zh="工作日历", en="working days"),
    "zone": Text(zh="时区", en="zone"),
}
"""Keys of the canonical form that people should not have to guess at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One key that says something else."""

    path: str
    """Where it stands: ``clock.keep_at_least``, ``instances.core.where``."""
    sentence: Text


def differences(
    before: tuple[Rule, WorkingDays | None], after: tuple[Rule, WorkingDays | None]
) -> list[Difference]:
    """Every key in which two versions differ, in the order of their paths."""
    was, becomes = (dict(_leaves(rule_document(*each)["rule"])) for each in (before, after))
    paths = sorted(path for path in was | becomes if was.get(path) != becomes.get(path))
    return [
        Difference(path=path, sentence=_sentence(path, was.get(path), becomes.get(path)))
        for path in paths
    ]


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{_name_of(inner, place)}")
    else:
        yield path, str(value)


def _name_of(entry: object, place: int) -> str:
    """What an entry of a list is called, so that one put before it changes nothing of it."""
    if isinstance(entry, Mapping):
        for key in ("id", "cite", "event"):
            if key in entry:
                return str(entry[key])
    if isinstance(entry, list) and entry:
        return str(entry[0])
    return str(place)


def _sentence(path: str, was: str | None, becomes: str | None) -> Text:
    name = next(
        (_NAMES[key] for key in reversed(path.split(".")) if key in _NAMES), Text(zh=path, en=path)
    )
    old, new = _words(was), _words(becomes)
    return Text(
        zh=f"{name.zh}（{path}）：{old.zh} → {new.zh}",
        en=f"{name.en} ({path}): {old.en} → {new.en}",
    )


def _words(value: str | None) -> Text:
    if value is None:
        return Text(zh="无", en="nothing")
    try:
        period = Period.parse(value)
    except ValueError:
        return Text(zh=value, en=value)
    return Text(zh=period.in_words("zh"), en=period.in_words("en"))
