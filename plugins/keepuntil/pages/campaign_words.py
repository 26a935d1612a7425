"""What the pages about campaigns say, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keepuntil.domain.campaigns import AnswerWord
from keepuntil.domain.categories import Text
from keepuntil.domain.sampling import SampleVerdict
from keepuntil.oversight.campaigns import Moment

WORDS: Final[Mapping[str, Text]] = {
    "campaigns": Text(zh="专项排查", en="Campaigns"),
    "campaigns_lead": Text(
        zh="向每个机构提出的问题；答“否”即为问题，须整改。",
        en="Questions put to every place. A no is a problem, and is remedied in the ledger.",
    ),
    "campaign": Text(zh="排查", en="campaign"),
    "from": Text(zh="起始", en="from"),
    "places": Text(zh="机构数", en="places"),
    "phases": Text(zh="阶段", en="Phases"),
    "answered": Text(zh="已答复", en="answered"),
    "problems": Text(zh="问题", en="Problems"),
    "samples": Text(zh="抽样包", en="Samples"),
    "ended": Text(zh="已结束", en="closed"),
    "progress": Text(zh="各机构、各类别进度", en="Place by place, class by class"),
    "place": Text(zh="机构", en="place"),
    "answers_for": Text(zh="由谁答复", en="answers for it"),
    "nobody": Text(zh="尚未指定", en="nobody yet"),
    "questions": Text(zh="问题数", en="questions"),
    "left": Text(zh="待答", en="open"),
    "mine": Text(zh="由您答复", en="For you to answer"),
    "your_answer": Text(zh="答复", en="Answer"),
    "note": Text(zh="说明（不含个人信息）", en="What you saw. No personal data"),
    "finding_number": Text(zh="答“否”时：问题编号", en="With a no: the finding's number"),
    "unanswered": Text(zh="待答", en="not answered"),
    "certificate": Text(zh="销毁证明", en="certificate"),
    "drawn": Text(zh="抽取", en="drawn"),
    "deviations": Text(zh="偏差", en="deviations"),
    "verdict": Text(zh="结论", en="verdict"),
    "sample": Text(zh="抽样包", en="sample"),
    "report": Text(zh="总结报告：", en="Summary report:"),
}

ANSWERS: Final[Mapping[AnswerWord, Text]] = {
    AnswerWord.YES: Text(zh="是", en="yes"),
    AnswerWord.NO: Text(zh="否", en="no"),
    AnswerWord.NOT_APPLICABLE: Text(zh="不适用", en="not for this place"),
}

MOMENTS: Final[Mapping[Moment, Text]] = {
    Moment.AHEAD: Text(zh="未开始", en="ahead"),
    Moment.RUNNING: Text(zh="进行中", en="running"),
    Moment.OVER: Text(zh="已结束", en="over"),
}

VERDICTS: Final[Mapping[SampleVerdict, Text]] = {
    SampleVerdict.ACCEPTED: Text(zh="接受", en="accepted"),
    SampleVerdict.REJECTED: Text(zh="不接受", en="rejected"),
    SampleVerdict.INCONCLUSIVE: Text(zh="无定论", en="inconclusive"),
}
