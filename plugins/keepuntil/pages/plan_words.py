"""What the pages about plans say, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keepuntil.domain.categories import Text
from keepuntil.domain.decision import Doubt
from keepuntil.domain.plans import Verdict
from keepuntil.register.plans import PlanState

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="销毁清册", en="Destruction lists"),
    "lead": Text(
        zh="每份清册都已冻结：内容、数量、摘要。变动一项，审批即作废。",
        en="Each list is frozen: counted, digested, sealed. Change one item and every approval "
        "of it is void.",
    ),
    "every_state": Text(zh="全部", en="all"),
    "filter": Text(zh="按状态筛选", en="By state"),
    "list": Text(zh="清册", en="list"),
    "state": Text(zh="状态", en="state"),
    "as_of": Text(zh="基准日", en="as of"),
    "due": Text(zh="到期", en="due"),
    "overdue": Text(zh="逾期", en="overdue"),
    "held": Text(zh="冻结", en="held"),
    "undetermined": Text(zh="无法计算", en="not computable"),
    "kept": Text(zh="未到期", en="kept"),
    "total": Text(zh="总数", en="total"),
    "oldest": Text(zh="最早到期", en="oldest due"),
    "newest": Text(zh="最晚到期", en="newest due"),
    "place": Text(zh="存放处", en="place"),
    "frozen": Text(zh="冻结于", en="frozen"),
    "proposed": Text(zh="提出者", en="proposed by"),
    "rule": Text(zh="规则", en="rule"),
    "rule_version": Text(zh="规则版本", en="rule version"),
    "digest": Text(zh="清册摘要", en="digest of the list"),
    "digest_note": Text(
        zh="审批签署的正是这个摘要。", en="This is what an approval signs, and nothing else."
    ),
    "counts": Text(zh="清册所列", en="What is on it"),
    "exceptions": Text(zh="未列入及其原因", en="What is not destroyed, and why"),
    "no_exceptions": Text(zh="无例外。", en="Nothing is held and nothing is in doubt."),
    "held_says": Text(zh="到期但被冻结，不销毁", en="due, but bound by a hold: stays"),
    "above": Text(zh="超出规则限额", en="Above the rule's limits"),
    "people": Text(zh="谁已决定，谁须决定", en="Who has decided, who must"),
    "dual": Text(
        zh="每个角色由不同的人决定；提出者不得决定。",
        en="Each role is another person; whoever proposed the list decides nothing.",
    ),
    "pre_approved": Text(
        zh="该类别在限额内预先批准，无需逐次审批。",
        en="Within its limits this class is approved beforehand; nobody is asked.",
    ),
    "waits_for": Text(zh="等待", en="waits for"),
    "nobody": Text(zh="无人担任此角色", en="nobody holds this role"),
    "by": Text(zh="方式", en="by way of"),
    "until": Text(zh="有效至", en="holds until"),
    "void": Text(zh="本清册已不能决定", en="This list takes no more decisions"),
    "cooling": Text(zh="冷静期", en="Cooling off"),
    "cooling_says": Text(
        zh="已批准。在此之前不销毁任何内容，且仍可停止：",
        en="Approved. Nothing is destroyed before this moment, and until then it can be stopped:",
    ),
    "left": Text(zh="剩余", en="left"),
    "decide": Text(zh="您的决定", en="Your decision"),
    "role": Text(zh="以何角色", en="In the role of"),
    "reason": Text(zh="理由（不含个人信息）", en="Reason, without personal data"),
    "accept": Text(
        zh="我已知悉清册超出限额，仍予批准。",
        en="I have seen that the list is above the rule's limits and say yes all the same.",
    ),
    "approve": Text(zh="批准销毁", en="Approve the destruction of"),
    "items": Text(zh="项", en="items"),
    "reject": Text(zh="否决", en="Reject"),
    "stop": Text(zh="撤回批准并停止", en="Take the approval back and stop"),
    "stop_says": Text(
        zh="您已批准。在销毁结束前可以撤回：尚未销毁的不再销毁。",
        en="You have approved. You may still say no: what is not gone yet stays.",
    ),
    "own": Text(
        zh="这份清册由您提出，因此不能由您决定。",
        en="You proposed this list, so you cannot decide on it.",
    ),
    "sample": Text(zh="清册样本", en="A sample of the list"),
    "sample_says": Text(
        zh="各存放处的前几项。项目标识可识别个人，请勿外传。",
        en="The first items of each place. Keys identify records: they are for your eyes.",
    ),
    "sample_closed": Text(
        zh="逐项内容只对有权者显示；证明签发后清册即销毁，只留承诺。",
        en="Items are shown to those whose access role lets them; after the certificate the list "
        "itself is destroyed, and commitments remain.",
    ),
    "keep": Text(zh="逐项鉴定：保留", en="Item by item: keep some"),
    "keep_says": Text(
        zh="勾选要保留的项目，写明理由。保留即冻结该项，无论批准与否。",
        en="Tick what is to be kept and say why. It is bound by a hold from then on, whatever is "
        "approved.",
    ),
    "named": Text(
        zh="其他项目标识，每行一个（JSON）", en="Other items by their key, one a line (JSON)"
    ),
    "opinion": Text(zh="意见", en="Opinion"),
    "extend": Text(zh="延期保存至", en="Extended until"),
    "unsettled": Text(zh="未结清，抽出立卷", en="A claim or debt is open: extracted"),
    "day": Text(zh="日期", en="Day"),
    "keep_them": Text(zh="保留所选项目", en="Keep these items"),
    "key": Text(zh="项目标识", en="item"),
    "due_on": Text(zh="到期日", en="due on"),
    "appraised": Text(zh="鉴定结果", en="Appraised"),
    "extended": Text(zh="延期", en="extended"),
    "unsettled_short": Text(zh="未结清", en="unsettled"),
    "to_destroy": Text(zh="待销毁", en="left to destroy"),
    "changes": Text(zh="冻结之后的变化", en="What changed since it was frozen"),
    "changes_says": Text(
        zh="查询各存储的当前状态，可能需要一些时间。",
        en="Asks the stores as they are now; it takes as long as they take.",
    ),
    "compare": Text(zh="与存储比较", en="Compare with the stores"),
    "on_list": Text(zh="在清册上", en="on the list"),
    "no_longer_due": Text(zh="不再到期", en="no longer due"),
    "newly_held": Text(zh="新冻结", en="newly held"),
    "newly_due": Text(zh="新到期", en="newly due"),
    "same": Text(zh="没有变化。", en="Nothing changed."),
    "back": Text(zh="回到清册", en="Back to the list"),
    "after": Text(zh="之后", en="What came of it"),
    "run": Text(zh="运行", en="run"),
    "certificate": Text(zh="销毁证明", en="certificate"),
}

STATES: Final[Mapping[PlanState, Text]] = {
    PlanState.FROZEN: Text(zh="待审批", en="waits"),
    PlanState.APPROVED: Text(zh="已批准", en="approved"),
    PlanState.REJECTED: Text(zh="已否决", en="rejected"),
    PlanState.EXECUTING: Text(zh="销毁中", en="being destroyed"),
    PlanState.EXECUTED: Text(zh="已执行", en="carried out"),
    PlanState.VERIFIED: Text(zh="已复查", en="verified"),
    PlanState.CERTIFIED: Text(zh="已证明", en="certified"),
    PlanState.SUPERSEDED: Text(zh="已被取代", en="superseded"),
}

VERDICTS: Final[Mapping[Verdict, Text]] = {
    Verdict.APPROVE: Text(zh="批准", en="approved"),
    Verdict.REJECT: Text(zh="否决", en="rejected"),
}

DOUBTS: Final[Mapping[str, Text]] = {
    Doubt.MISSING_TRIGGER: Text(zh="起算点没有日期", en="the trigger has no date"),
    Doubt.SENTINEL_DATE: Text(zh="日期是占位值", en="the date is a placeholder"),
    Doubt.FUTURE_TRIGGER: Text(zh="日期在将来", en="the date lies in the future"),
    Doubt.UNREADABLE_EVENT: Text(zh="值无法识别", en="the value cannot be read"),
    Doubt.UNKNOWN_FLAG: Text(zh="标志未知真假", en="a flag is neither true nor false"),
    Doubt.CALENDAR_YEAR_MISSING: Text(zh="工作日历缺年份", en="the calendar lacks a year"),
    Doubt.NO_LINKED_RECORD: Text(zh="没有对应的记录", en="the record it belongs to is missing"),
}
