"""The part of a privacy notice that the rules know, as text and as a page.

PIPL 17 (categories, purposes, period), GDPR 13(2)(a) and 14(2)(a): the period, or by what
it is determined. Said from the rules that are carried out, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from keepuntil.documents.dossier import treatments
from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import spoken
from keepuntil.domain.categories import Form, Rule, Text, form_of
from keepuntil.domain.clock import Clock, Trigger
from keepuntil.domain.explanation import COMBINATIONS, STARTS
from keepuntil.domain.periods import Period

_TITLE: Final = Text(zh="个人信息的保存期限与到期处理", en="How long we keep personal data")
_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:46em;margin:2em auto;padding:0 1em}"
    "h2{margin:1.6em 0 .3em;font-size:1.15em}dt{color:#5b6875;margin-top:.5em}dd{margin:0}"
)
_LABELS: Final = {
    "purpose": Text(zh="处理目的", en="Purpose"),
    "subjects": Text(zh="所涉人员", en="Whose data"),
    "period": Text(zh="保存期限或其确定方法", en="Period, or how it is determined"),
    "basis": Text(zh="依据", en="Because of"),
    "expiry": Text(zh="到期处理", en="What happens then"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """What is said of one category: a label and a text each."""

    title: str
    entries: tuple[tuple[str, str], ...]


def as_text(rules: Sequence[Rule], controller: str, language: Language) -> str:
    """Markdown, a heading a category."""
    lines = [f"# {spoken(_TITLE, language)} ({controller})", ""]
    for section in _sections(rules, language):
        lines += [f"## {section.title}", ""]
        lines += [f"- **{label}**: {said}" for label, said in section.entries]
        lines.append("")
    return "\n".join(lines)


def as_html(rules: Sequence[Rule], controller: str, language: Language) -> str:
    """One HTML page: no script, nothing fetched."""
    title = escape(f"{spoken(_TITLE, language)} ({controller})")
    body = "".join(_html(section) for section in _sections(rules, language))
    tongue = "zh-CN" if language == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{tongue}">\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n<h1>{title}</h1>\n{body}</html>\n"
    )


def _html(section: _Section) -> str:
    entries = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(said)}</dd>" for label, said in section.entries
    )
    return f"<h2>{escape(section.title)}</h2>\n<dl>{entries}</dl>\n"


def _sections(rules: Sequence[Rule], language: Language) -> Iterator[_Section]:
    for rule in rules:
        said = {
            "purpose": rule.purpose,
            "subjects": _and(rule.subjects, language),
            "period": _sentences(_period(rule.clock), language),
            "basis": _and([each.cite for each in rule.authorities], language),
            "expiry": _sentences(_expiry(rule, language), language),
        }
        yield _Section(
            title=spoken(rule.title, language),
            entries=tuple((spoken(_LABELS[key], language), text) for key, text in said.items()),
        )


def _and(words: Sequence[str], language: Language) -> str:
    return ("、" if language == "zh" else ", ").join(words)


def _sentences(said: Iterator[Text], language: Language) -> str:
    return ("" if language == "zh" else " ").join(spoken(each, language) for each in said)


def _period(clock: Clock) -> Iterator[Text]:
    if clock.permanent:
        yield Text(zh="永久保存。", en="Kept permanently.")
        return
    for trigger in clock.triggers:
        yield _from(clock, trigger)
    if len(clock.triggers) > 1:
        zh, en = COMBINATIONS[clock.combine]
        yield Text(zh=f"{zh}。", en=f"{en}.")
    if clock.keep_at_most is not None:
        yield _bounded(clock.keep_at_most, Text(zh="最长{}。", en="At most {}."))
    if clock.floor is not None:
        yield _bounded(
            clock.floor.period,
            Text(
                zh=f"自“{clock.floor.event}”起合计不少于{{}}。",
                en=f"Never less than {{}} from '{clock.floor.event}'.",
            ),
        )
    for extension in clock.extend_while:
        yield Text(
            zh=f"因“{extension.event}”可以延长。", en=f"Longer because of '{extension.event}'."
        )


def _from(clock: Clock, trigger: Trigger) -> Text:
    minimum = trigger.keep_at_least or clock.keep_at_least
    zh, en = STARTS[trigger.start or clock.start]
    if minimum is None or minimum == Period():
        return Text(
            zh=f"自“{trigger.event}”起算（{zh}）。", en=f"Counted from '{trigger.event}' ({en})."
        )
    return Text(
        zh=f"自“{trigger.event}”起至少{minimum.in_words('zh')}（{zh}）。",
        en=f"At least {minimum.in_words('en')} from '{trigger.event}' ({en}).",
    )


def _bounded(period: Period, said: Text) -> Text:
    return Text(zh=said.zh.format(period.in_words("zh")), en=said.en.format(period.in_words("en")))


def _expiry(rule: Rule, language: Language) -> Iterator[Text]:
    if rule.clock.permanent:
        yield Text(zh="不删除。", en="Not deleted.")
        return
    forms = {form_of(each) for each in rule.instances}
    if forms & {Form.ELECTRONIC, Form.SCAN}:
        yield _EXPIRY_OF_FILES
    if rule.paper:
        how = treatments([each.method for each in rule.paper], language)
        yield Text(zh=f"纸质件销毁（{how}）。", en=f"Paper is destroyed ({how}).")
    for backup in rule.backups:
        yield _bounded(
            backup.ages_out_after,
            Text(zh="备份中的副本在其后{}内消失。", en="Copies in backups are gone {} later."),
        )
    if rule.clock.delete_within is not None:
        yield _bounded(
            rule.clock.delete_within,
            Text(zh="期满后{}内完成。", en="Carried out within {} of the end."),
        )


_EXPIRY_OF_FILES: Final = Text(zh="电子数据删除。", en="Electronic data is deleted.")
