"""Problem list (问题清单) and ledger (整改台账), column by column, as examiners know them.

No official template was found; the columns are the common practice of both lists. Each is
named in both languages, and by a field that JSON uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from keepuntil.domain.categories import Form, Text
from keepuntil.domain.ledger import Asked, Work
from keepuntil.domain.ledger_words import WORDS
from keepuntil.domain.problems import Particulars
from keepuntil.oversight import sheets
from keepuntil.oversight.gaps import FORMS
from keepuntil.oversight.ledger import Case, records_of


class Language(StrEnum):
    """Of the headings and the words of the list; what people wrote stays as it is."""

    ZH = "zh"
    EN = "en"


PROBLEM_COLUMNS: Final[Mapping[str, Text]] = {
    "problem_id": Text(zh="序号", en="Problem"),
    "problem_class": Text(zh="问题类别", en="Class"),
    "manifestation": Text(zh="乱象表现形式对应条目", en="Entry of the notice"),
    "description": Text(zh="问题描述", en="Description"),
    "unit": Text(zh="涉及机构", en="Unit"),
    "business_line": Text(zh="涉及业务条线/产品", en="Business line or product"),
    "system": Text(zh="涉及系统/库房", en="System or storehouse"),
    "category": Text(zh="数据类别", en="Data category"),
    "form": Text(zh="载体", en="Form"),
    "sensitivity": Text(zh="敏感级别", en="Sensitivity"),
    "clients_records": Text(zh="涉及客户数/记录数", en="Clients/records"),
    "occurred": Text(zh="发生期间", en="Occurred"),
    "found_on": Text(zh="发现日期", en="Found on"),
    "found_how": Text(zh="发现方式", en="Found by way of"),
    "found_by": Text(zh="发现人", en="Found by"),
    "provision": Text(zh="违反的法规条款", en="Provision breached"),
    "risk": Text(zh="风险等级", en="Risk"),
    "leaked": Text(zh="是否泄露", en="Leaked"),
    "crime_suspected": Text(zh="是否涉嫌犯罪", en="Crime suspected"),
    "documents": Text(zh="证据附件", en="Documents"),
    "fixed_at_once": Text(zh="是否立查立改", en="Fixed at once"),
    "root": Text(zh="根源", en="Root cause"),
    "regulator_on": Text(zh="监管提出日期", en="Raised by a regulator on"),
    "before_regulator": Text(zh="是否先于监管发现", en="Known before a regulator"),
    "status": Text(zh="当前状态", en="Status"),
}

LEDGER_COLUMNS: Final[Mapping[str, Text]] = {
    "ledger_id": Text(zh="台账编号", en="Ledger number"),
    "problem_id": Text(zh="关联问题编号", en="Problem"),
    "goal": Text(zh="整改目标", en="Goal"),
    "measures": Text(zh="整改措施", en="Measures"),
    "unit": Text(zh="责任部门", en="Responsible unit"),
    "owner": Text(zh="责任人", en="Owner"),
    "supervisor": Text(zh="督办部门/督办人", en="Supervised by"),
    "lead": Text(zh="牵头行领导", en="Lead"),
    "starts_on": Text(zh="开始日期", en="Begins on"),
    "due_on": Text(zh="计划完成时限", en="Last day"),
    "milestones": Text(zh="分阶段里程碑", en="Milestones"),
    "percent": Text(zh="完成进度%", en="Done %"),
    "status": Text(zh="当前状态", en="Status"),
    "extensions": Text(zh="延期原因及批准人", en="Extensions and who approved"),
    "interim": Text(zh="临时管控措施", en="Interim controls"),
    "policy_change": Text(zh="制度修订", en="Policy change"),
    "system_change": Text(zh="系统改造", en="System change"),
    "evidence": Text(zh="整改证据", en="Evidence"),
    "accepted_by": Text(zh="验收人", en="Accepted by"),
    "accepted_on": Text(zh="验收日期", en="Accepted on"),
    "conclusion": Text(zh="验收结论", en="Conclusion"),
    "accountability": Text(zh="问责情况", en="Accountability"),
    "similar_checked": Text(zh="是否举一反三", en="Same looked for elsewhere"),
    "feedback": Text(zh="监管反馈", en="Regulator's answer"),
    "closed_on": Text(zh="销号日期", en="Closed on"),
    "reviews": Text(zh="复查日期及结果", en="Reviews"),
}


def write_problem_list(path: Path, found: Iterable[Case], language: Language) -> None:
    """Write the problem list; see :func:`keepuntil.oversight.sheets.write_list`."""
    rows = [problem_row(case, language) for case in found]
    sheets.write_list(path, _NAMES[0][language], rows, headings=_in(PROBLEM_COLUMNS, language))


def write_ledger(path: Path, found: Iterable[Case], language: Language) -> None:
    """Write the ledger: a row for each finding that has a remedy."""
    rows = [
        ledger_row(case, case.standing.work, language)
        for case in found
        if case.standing.work is not None
    ]
    sheets.write_list(path, _NAMES[1][language], rows, headings=_in(LEDGER_COLUMNS, language))


_NAMES: Final = (
    {Language.ZH: "问题清单", Language.EN: "Problems"},
    {Language.ZH: "整改台账", Language.EN: "Ledger"},
)


def _in(columns: Mapping[str, Text], language: Language) -> dict[str, str]:
    return {field: getattr(text, language.value) for field, text in columns.items()}


def problem_row(case: Case, language: Language) -> dict[str, str]:
    """A finding as the problem list says it."""
    standing, said = case.standing, case.standing.particulars
    found = standing.discovered
    sentences = Text(zh=case.finding.sentence_zh, en=case.finding.sentence_en)
    form = None if case.form is None else FORMS[Form(case.form)]
    return {
        "problem_id": str(case.number),
        "problem_class": _word(case.problem_class, language),
        "manifestation": said.manifestation or "",
        "description": said.description or _said(sentences, language),
        "unit": " ".join(filter(None, (_word(said.unit_level, language), said.unit))),
        "business_line": said.business_line or "",
        "system": said.system or "",
        "category": case.category or "",
        "form": "" if form is None else _said(form, language),
        "sensitivity": said.sensitivity or "",
        "clients_records": f"{'' if said.clients is None else said.clients}/{records_of(case)}",
        "occurred": _span(said),
        "found_on": str(found.on),
        "found_how": _word(found.how, language),
        "found_by": found.by,
        "provision": said.provision or "",
        "risk": _word(said.risk, language),
        "leaked": _whether(said.leaked, language),
        "crime_suspected": _whether(said.crime_suspected, language),
        "documents": _lines(f"{each.title} sha256:{each.sha256}" for each in said.documents or ()),
        "fixed_at_once": _whether(said.fixed_at_once, language),
        "root": "; ".join(
            filter(None, (_word(said.root_level, language), _word(said.root_kind, language)))
        ),
        "regulator_on": str(standing.regulator_on or ""),
        "before_regulator": _whether(standing.before_regulator, language),
        "status": _word(case.status, language),
    }


def ledger_row(case: Case, work: Work, language: Language) -> dict[str, str]:
    """A finding's remedy as the ledger says it."""
    standing, remedy = case.standing, work.remedy
    accepted = work.accepted
    return {
        # A problem that comes back gets a remedy, and a number, of its own.
        "ledger_id": f"{case.number}-{standing.reopened + 1}",
        "problem_id": str(case.number),
        "goal": remedy.goal,
        "measures": _lines(f"{at}. {each}" for at, each in enumerate(remedy.measures, start=1)),
        "unit": remedy.unit,
        "owner": remedy.owner,
        "supervisor": "/".join(filter(None, (remedy.supervisor_unit, remedy.supervisor))),
        "lead": remedy.lead or "",
        "starts_on": str(remedy.starts_on or ""),
        "due_on": str(work.due_on),
        "milestones": _milestones(work),
        "percent": str(work.percent),
        "status": _word(case.status, language),
        "extensions": _lines(_extension(each) for each in work.asked),
        "interim": remedy.interim or "",
        "policy_change": remedy.policy_change or "",
        "system_change": remedy.system_change or "",
        "evidence": _lines(
            f"{_word(one.evidence.kind, language)} {one.evidence.title} {one.evidence.reference}"
            for one in standing.evidence
        ),
        "accepted_by": accepted.by if accepted else "",
        "accepted_on": _day(accepted.at) if accepted else "",
        "conclusion": accepted.words if accepted else "",
        "accountability": _lines(
            f"{each.whom} {each.how} {each.on} {each.document}" for each in standing.accountability
        ),
        "similar_checked": _whether(remedy.similar_checked, language),
        "feedback": _lines(f"{each.on} {each.document}" for each in standing.feedback),
        "closed_on": _day(standing.closed_at) if standing.closed_at else "",
        "reviews": _lines(f"{each.on} {each.words}" for each in standing.reviews),
    }


def _milestones(work: Work) -> str:
    return _lines(
        f"{each.name} {each.due_on}"
        + (f" ✓ {_day(work.reached[each.name])}" if each.name in work.reached else "")
        for each in work.remedy.milestones
    )


def _extension(asked: Asked) -> str:
    words = f"{asked.extension.until} {asked.extension.reason} ({asked.by})"
    if asked.decided is None:
        return f"{words} …"
    return f"{words} {'✓' if asked.approved else '✗'} {asked.decided.by}"


def _word(word: StrEnum | None, language: Language) -> str:
    return "" if word is None else _said(WORDS[word], language)


def _said(text: Text, language: Language) -> str:
    return text.zh if language is Language.ZH else text.en


def _whether(value: bool | None, language: Language) -> str:
    words = {True: Text(zh="是", en="yes"), False: Text(zh="否", en="no")}
    return "" if value is None else _said(words[value], language)


def _span(said: Particulars) -> str:
    ends: tuple[date | None, date | None] = (said.occurred_from, said.occurred_to)
    return "" if ends == (None, None) else f"{ends[0] or ''}/{ends[1] or ''}"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts)
