"""The cells of the coverage matrix, each in a few words: how a category ends in one form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from keepuntil.domain.categories import (
    ApprovalKind,
    BackupInstance,
    Child,
    Disposition,
    FilesInstance,
    Instance,
    PaperInstance,
    Rule,
    S3Instance,
    SqlInstance,
    Text,
)
from keepuntil.domain.clock import Clock
from keepuntil.domain.explanation import COMBINATIONS, STARTS
from keepuntil.domain.periods import Period
from keepuntil.domain.treatments import SHREDS, Treatment
from keepuntil.oversight.gaps import LABELS, Gap


class State(StrEnum):
    COVERED = "covered"
    GAP = "gap"
    ABSENT = "absent"
    """The category is not known to exist in this form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. It is never empty: what is missing is said."""

    state: State
    short: str
    """For a narrow column: figures and the words of the rule file."""
    text: Text | None = None
    """What is settled; None: nothing is, and the gaps say why."""
    gaps: tuple[Gap, ...] = ()

    @property
    def words(self) -> Text:
        """Everything the cell says, what is missing last."""
        settled = [self.text] if self.text is not None else []
        return joined([*settled, *(gap.sentence for gap in self.gaps)])


def covered(short: str, text: Text) -> Cell:
    """A cell in which nothing is missing."""
    return Cell(state=State.COVERED, short=short, text=text)


def lacking(*gaps: Gap) -> Cell:
    """A cell that says what is missing, and nothing else."""
    short = ", ".join(dict.fromkeys(f"✗ {_label(gap)}" for gap in gaps))
    return Cell(state=State.GAP, short=short, text=None, gaps=gaps)


def _label(gap: Gap) -> str:
    label = LABELS[gap.code].en
    return f"{gap.items} {label}" if gap.items else label


def with_gaps(cell: Cell, gaps: Sequence[Gap]) -> Cell:
    """The cell, and behind what it says what is missing there all the same."""
    if not gaps:
        return cell
    missing = lacking(*gaps)
    return Cell(
        state=State.GAP,
        short=f"{cell.short} {missing.short}",
        text=cell.text,
        gaps=missing.gaps,
    )


def joined(texts: Iterable[Text]) -> Text:
    """Several sentences as one text."""
    each = list(texts)
    return Text(zh="".join(t.zh for t in each), en=" ".join(t.en for t in each))


def absent(*, stated: bool) -> Cell:
    """The category is not in this form; ``stated``: somebody said in which it is."""
    if stated:
        said = Text(zh="已声明不以此形式存在。", en="Declared not to exist in this form.")
    else:
        said = Text(
            zh="无此形式的存放处；规则未声明载体形式。",
            en="No instance of this form; nobody has said in what forms the category exists.",
        )
    return Cell(state=State.ABSENT, short="–", text=said)


def period(clock: Clock) -> Cell:
    """How long it is kept, and by when it has to be gone."""
    if clock.permanent:
        return covered("permanent", Text(zh="永久保存。", en="Permanently."))
    said, short = [], []
    for least in dict.fromkeys(t.keep_at_least or clock.keep_at_least for t in clock.triggers):
        if least is not None:
            said.append(_period("至少{}。", "At least {}.", least))
            short.append(f"≥{least}")
    if clock.keep_at_most is not None:
        said.append(_period("至多{}。", "At most {}.", clock.keep_at_most))
        short.append(f"≤{clock.keep_at_most}")
    if clock.floor is not None:
        event = clock.floor.event
        words = f"自 {event} 起总计不少于{{}}。", f"Never less than {{}} from {event}."
        said.append(_period(*words, clock.floor.period))
    if clock.delete_within is not None:
        said.append(
            _period("期满后{}内销毁。", "Gone within {} of falling due.", clock.delete_within)
        )
        short.append(f"+{clock.delete_within}")
    return covered(" ".join(short), joined(said))


def _period(zh: str, en: str, length: Period) -> Text:
    return Text(zh=zh.format(length.in_words("zh")), en=en.format(length.in_words("en")))


def trigger(clock: Clock) -> Cell:
    """From what the period runs, and how the first day is found."""
    if clock.permanent:
        return covered("none", Text(zh="永久保存，无起算点。", en="None: it is permanent."))
    events = [each.event for each in clock.triggers]
    zh, en = "、".join(events), ", ".join(events)
    if len(events) > 1:
        combined = COMBINATIONS[clock.combine]
        zh, en = f"{combined[0]}：{zh}", f"{combined[1]}: {en}"
    starts = [STARTS[s] for s in dict.fromkeys(t.start or clock.start for t in clock.triggers)]
    text = Text(
        zh=f"{zh}；{'；'.join(zh for zh, _ in starts)}。",
        en=f"{en}; {'; '.join(en for _, en in starts)}.",
    )
    return covered(" ".join(events), text)


def method(rule: Rule, instances: Sequence[Instance]) -> Cell:
    """How the copies of one form end."""
    if rule.clock.permanent:
        return covered("never", Text(zh="永久保存，不销毁。", en="Never destroyed."))
    ways = [_way(instance) for instance in instances]
    short = dict.fromkeys(way.short for way in ways)
    return covered(" ".join(short), joined(way.words for way in ways))


def _way(instance: Instance) -> Cell:
    match instance:
        case SqlInstance(table=table, children=children):
            zh, en = _below(_tables(children))
            return covered(
                "delete rows",
                Text(zh=f"删除 {table}{zh}的行。", en=f"Rows of {table}{en} deleted."),
            )
        case S3Instance(prefix=prefix):
            return covered(
                "delete versions",
                Text(
                    zh=f"删除 {prefix} 下的对象及其全部版本。",
                    en=f"Objects below {prefix} deleted, every version of them.",
                ),
            )
        case FilesInstance(under=under):
            return covered(
                "delete files",
                Text(zh=f"删除 {under} 下的文件。", en=f"Files below {under} deleted."),
            )
        case PaperInstance(method=treatment, series=series):
            return _paper(treatment, series)
        case BackupInstance(ages_out_after=after):
            return covered(
                f"age out {after}",
                _period(
                    "不单独删除，{}内随备份轮换消失。", "Not picked out; aged out within {}.", after
                ),
            )


_OTHER_TREATMENTS: Final = {
    Treatment.PULPING: Text(zh="化浆", en="pulped"),
    Treatment.INCINERATION: Text(zh="焚烧", en="incinerated"),
}


def _paper(treatment: Treatment, series: str) -> Cell:
    if treatment in SHREDS:
        how = Text(zh=f"粉碎至 {treatment} 级或更细", en=f"shredded to {treatment} or finer")
        short = f"shred {treatment}"
    else:
        how, short = _OTHER_TREATMENTS[treatment], treatment.value
    return covered(short, Text(zh=f"门类 {series}：{how.zh}。", en=f"Series {series}: {how.en}."))


def _below(tables: int) -> tuple[str, str]:
    if not tables:
        return "", ""
    return f"及其 {tables} 个下级表", f" and of {tables} table{'s' * (tables > 1)} below"


def _tables(children: Iterable[Child]) -> int:
    return sum(1 + _tables(child.children) for child in children)


def procedure(rule: Rule, instances: Sequence[Instance]) -> Cell:
    """Who decides; for paper also who signs the list and who has to watch."""
    if rule.clock.permanent:
        return covered("none", Text(zh="不销毁，无需审批。", en="Nothing to approve."))
    if all(isinstance(instance, BackupInstance) for instance in instances):
        return covered("unattended", _AGES_OUT)
    decided = _approval(rule.disposition)
    said, short = [decided.words, *_panel_and_witnesses(rule, instances)], [decided.short]
    for instance in instances:
        if isinstance(instance, PaperInstance):
            said.append(_watched(instance))
            short.append(f"{instance.witnesses} witnesses")
    return covered(", ".join(short), joined(said))


_AGES_OUT: Final = Text(
    zh="自动过期，无需审批；在此之前证明为临时证明。",
    en="Nobody decides; certificates are provisional until then.",
)


def _approval(disposition: Disposition) -> Cell:
    roles_zh, roles_en = _listed(disposition.approver_roles)
    match disposition.approval:
        case ApprovalKind.NONE:
            text = Text(zh="预先批准的类别。", en="Approved beforehand, as a class.")
        case ApprovalKind.OWNER:
            text = Text(zh=f"由 {roles_zh} 审批。", en=f"Approved by {roles_en}.")
        case ApprovalKind.DUAL:
            text = Text(
                zh=f"由 {roles_zh} 分别审批，不得为同一人。",
                en=f"Approved by {roles_en}, each another person.",
            )
    return covered(disposition.approval.value, text)


def _panel_and_witnesses(rule: Rule, instances: Sequence[Instance]) -> Iterator[Text]:
    """Who appraises each list, and which departments witness what a machine destroys."""
    panel, departments = rule.disposition.appraised_by, rule.disposition.witness_departments
    if panel:
        zh, en = _listed(panel)
        yield Text(zh=f"清册先由 {zh} 鉴定并签署。", en=f"The list is appraised first, by {en}.")
    if departments and any(each in rule.electronic for each in instances):
        zh, en = _listed(departments)
        yield Text(zh=f"由 {zh} 共同监销。", en=f"Witnessed by {en} together.")


def _watched(paper: PaperInstance) -> Text:
    zh, en = f"监销人至少 {paper.witnesses} 名", f"At least {paper.witnesses} witnesses"
    if paper.witness_departments:
        departments_zh, departments_en = _listed(paper.witness_departments)
        zh, en = f"{zh}，须含 {departments_zh}", f"{en}, among them {departments_en}"
    if paper.signatories:
        signers_zh, signers_en = _listed(paper.signatories)
        zh, en = f"{zh}；清册由 {signers_zh} 签署", f"{en}; the list is signed by {signers_en}"
    return Text(zh=f"{zh}。", en=f"{en}.")


def _listed(words: Sequence[str]) -> tuple[str, str]:
    if len(words) < len(("one", "other")):
        return "、".join(words), ", ".join(words)
    return "、".join(words), f"{', '.join(words[:-1])} and {words[-1]}"


def owner(rule: Rule) -> Cell:
    """Who answers for the rule."""
    unit, contact = rule.owner.unit, rule.owner.contact
    reviewed = rule.review_by
    return covered(
        unit,
        Text(
            zh=f"{unit}，{contact}；{reviewed} 前复审。",
            en=f"{unit}, {contact}; reviewed by {reviewed}.",
        ),
    )
