"""Declared against discovered: what was found becomes findings, what is settled closes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from keepuntil.disposal.findings import problem_found, problem_gone
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Text
from keepuntil.domain.discoveries import Discovery
from keepuntil.domain.personal_data.kinds import LABELS
from keepuntil.oversight.discovery import Discovered, Unread
from keepuntil.oversight.gaps import Gap, Lack
from keepuntil.register import findings
from keepuntil.register.findings import Finding

UNCLAIMED: Final = Lack.UNCLAIMED_PERSONAL_DATA.value
"""The kind of the finding about a place; its subject is the location."""

UNREAD: Final = "discovery_unreadable"
"""The kind of the finding about a place that could not be looked at; coverage has its own."""


def report(installation: Installation, found: Discovered) -> tuple[Discovery, ...]:
    """Raise a finding for each unclaimed place and each that could not be read, and close those
    that are settled. Gives the places that are new: no finding of theirs was open before.

    Safe to repeat. Only findings about the stores that were looked at are closed.
    """
    before = {each.fingerprint for each in _open(installation, UNCLAIMED)}
    for each in found.unclaimed:
        words = sentence(each)
        problem_found(
            installation,
            kind=UNCLAIMED,
            subject=each.location,
            zh=words.zh,
            en=words.en,
            items=each.items or 0,
        )
    for unread in found.unread:
        _raise_unread(installation, unread)
    _close_settled(installation, found)
    _close_read(installation, found)
    return tuple(each for each in found.unclaimed if f"{UNCLAIMED}/{each.location}" not in before)


def gaps(installation: Installation) -> Iterator[Gap]:
    """What discovery has found and nobody has settled, for the coverage matrix. No store is
    asked: discovery has its own hour."""
    for each in _open(installation, UNCLAIMED):
        yield Gap(
            code=Lack.UNCLAIMED_PERSONAL_DATA,
            where=each.fingerprint.removeprefix(f"{UNCLAIMED}/"),
            sentence=Text(zh=each.sentence_zh, en=each.sentence_en),
            items=each.counts["items"],
        )


def sentence(discovery: Discovery) -> Text:
    """What was found, where, and what to do. Without a value."""
    kinds = [LABELS[each.kind] for each in discovery.sightings]
    zh, en = "、".join(kind.zh for kind in kinds), ", ".join(kind.en for kind in kinds)
    surest = discovery.sightings[0].confidence
    expired = discovery.acknowledged
    late_zh = f"{expired.by} 的说明已于 {expired.until} 到期。" if expired else ""
    late_en = f" What {expired.by} said of it held until {expired.until}." if expired else ""
    return Text(
        zh=f"{discovery.location} 疑似存有个人信息（{zh}，可信度 {surest:.0%}），没有规则认领。"
        f"{late_zh}请为其制定规则，或在 discoveries.yaml 中说明。",
        en=f"{discovery.location} seems to hold personal data ({en}; confidence {surest:.0%}) that "
        f"no rule claims.{late_en} Write a rule for it, or say in discoveries.yaml what it is.",
    )


def _raise_unread(installation: Installation, unread: Unread) -> None:
    problem_found(
        installation,
        kind=UNREAD,
        subject=unread.location,
        zh=f"{unread.location} 无法检查：{unread.sentence}",
        en=f"{unread.location} could not be looked at: {unread.sentence}",
    )


def _close_settled(installation: Installation, found: Discovered) -> None:
    standing = {each.location for each in found.unclaimed}
    said = {each.location: each.acknowledged for each in found.discoveries}
    for each in _open(installation, UNCLAIMED):
        location = each.fingerprint.removeprefix(f"{UNCLAIMED}/")
        if location in standing or not _was_looked_at(location, found):
            continue
        verdict = said.get(location)
        why = (
            "Claimed by a rule, or not there any more."
            if verdict is None
            else f"Acknowledged as {verdict.verdict} by {verdict.by} until {verdict.until}."
        )
        problem_gone(installation, kind=UNCLAIMED, subject=location, why=why)


def _close_read(installation: Installation, found: Discovered) -> None:
    unread = {each.location for each in found.unread}
    for each in _open(installation, UNREAD):
        location = each.fingerprint.removeprefix(f"{UNREAD}/")
        if location not in unread and location.partition("/")[0] in found.stores:
            problem_gone(
                installation, kind=UNREAD, subject=location, why="It could be looked at again."
            )


def _was_looked_at(location: str, found: Discovered) -> bool:
    """False where its store was left out, or it lies in what could not be read."""
    hidden = any(location.startswith(each.location) for each in found.unread)
    return location.partition("/")[0] in found.stores and not hidden


def _open(installation: Installation, kind: str) -> Iterator[Finding]:
    seen = 0
    while page := findings.open_findings(installation.register, kind=kind, after=seen):
        yield from page
        seen = page[-1].number
