"""What the pages about evidence say, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keepuntil.documents.words import OUTCOMES
from keepuntil.domain.categories import Text

ENDS: Final[Mapping[str, Text]] = {outcome.value: text for outcome, text in OUTCOMES.items()}

WORDS: Final[Mapping[str, Text]] = {
    "title": Text(zh="证据", en="Evidence"),
    "lead": Text(
        zh="销毁证明、仅追加的日志、回执：任何人都可核验，无需信任本机构。",
        en="Certificates, the append-only log, receipts: anybody can check them without "
        "trusting whoever issued them.",
    ),
    "check_here": Text(zh="核验证据", en="Check evidence"),
    "drop": Text(zh="把证据包（zip）或回执拖到这里", en="Drop a bundle (zip) or a receipt here"),
    "drop_says": Text(
        zh="由本服务器用本机构自己的公钥核验，不保存任何内容。不信任本机构者，请用另行取得的公钥在"
        "自己的电脑上核验：keepuntil cert verify。",
        en="This server checks it with the issuer's own public keys, and keeps nothing of it. "
        "Whoever does not trust the issuer checks on a machine of their own, with keys they got "
        "another way: keepuntil cert verify.",
    ),
    "largest": Text(zh="最大 64 MiB", en="64 MiB at most"),
    "check": Text(zh="核验", en="Check"),
    "certificates": Text(zh="销毁证明", en="Certificates"),
    "certificate": Text(zh="证明", en="certificate"),
    "category": Text(zh="类别", en="category"),
    "issued": Text(zh="签发", en="issued"),
    "items": Text(zh="项目", en="items"),
    "destroyed": Text(zh="已销毁", en="destroyed"),
    "kept": Text(zh="保留", en="kept"),
    "provisional": Text(zh="暂定至", en="provisional until"),
    "final": Text(zh="最终", en="final"),
    "log": Text(zh="日志", en="The log"),
    "acts": Text(zh="网页操作记录", en="What people did here"),
    "acts_says": Text(
        zh="每次更改前后各记一行，只增不改。只有 asked 而无下文者，是中途中断的。",
        en="A line before each change and one after, never altered. An “asked” that nothing "
        "follows was cut off in the middle.",
    ),
    "no_acts": Text(zh="还没有人在网页上做过更改。", en="Nobody has changed anything here yet."),
    "person": Text(zh="人员", en="person"),
    "verb": Text(zh="操作", en="verb"),
    "object": Text(zh="对象", en="object"),
    "result": Text(zh="结果", en="result"),
    "when": Text(zh="时间", en="when"),
    "trail": Text(zh="从法律到每一项", en="From the law to each item"),
    "law": Text(zh="处置依据", en="The law"),
    "rule": Text(zh="规则", en="The rule"),
    "plan": Text(zh="清册", en="The list"),
    "says": Text(zh="证明所述", en="What it says"),
    "outcome": Text(zh="处置结果", en="outcome"),
    "rule_version": Text(zh="规则版本", en="rule version"),
    "as_of": Text(zh="基准日", en="as of"),
    "run": Text(zh="运行", en="run"),
    "carried_out": Text(zh="执行", en="carried out"),
    "approved_by": Text(zh="审批", en="approved by"),
    "second_reader": Text(zh="独立复查", en="a second reader"),
    "expectations": Text(zh="项断言全部满足", en="expectations met"),
    "parts": Text(zh="随之销毁的子行、版本、链接", en="child rows, versions, links gone with them"),
    "root": Text(zh="运行树根", en="root of the run's tree"),
    "methods": Text(zh="方法及其不承诺之事", en="Methods, and what they do not promise"),
    "in_log": Text(zh="在日志中", en="In the log"),
    "announced": Text(zh="销毁前的公告", en="announced before anything was destroyed"),
    "stands": Text(zh="证明本身", en="the certificate itself"),
    "entry": Text(zh="条目", en="entry"),
    "not_logged": Text(zh="尚未写入日志", en="not in the log yet"),
    "corrected": Text(zh="签发方的更正", en="Corrected by the issuer"),
    "down": Text(zh="逐项承诺", en="Down to each item"),
    "down_says": Text(
        zh="每一项在运行树中有一个叶子。承诺是加盐哈希：不知其内容者无从得知是哪条记录；持回执者可以证明。",
        en="Each item is one leaf of the run's tree. A commitment is a salted hash: it tells "
        "nobody which record it was, and lets whoever has the receipt show it.",
    ),
    "number": Text(zh="编号", en="no."),
    "place": Text(zh="存放处", en="place"),
    "method": Text(zh="方法", en="method"),
    "commitment": Text(zh="承诺", en="commitment"),
    "more_items": Text(zh="后面的项目", en="Further items"),
    "check_now": Text(zh="核验此证据包", en="Check this bundle now"),
    "take": Text(zh="下载证据包", en="Take the bundle along"),
    "holds": Text(zh="核验通过", en="It holds"),
    "fails": Text(zh="核验未通过", en="It does not hold"),
    "why": Text(zh="原因", en="Why"),
    "means": Text(zh="这意味着", en="What that means"),
    "steps": Text(zh="逐步", en="Step by step"),
    "ok": Text(zh="通过", en="holds"),
    "failed": Text(zh="不通过", en="fails"),
    "skipped": Text(zh="未核验", en="not checked"),
    "by_server": Text(
        zh="由本服务器、用本机构的公钥核验。", en="Checked by this server, with the issuer's keys."
    ),
    "receipt": Text(zh="回执", en="Receipt"),
    "receipt_says": Text(
        zh="回执成立：下列记录列于所述证明。",
        en="The receipt holds: these records are on the certificate named.",
    ),
    "not_readable": Text(
        zh="这不是本系统的证据包或回执，或已损坏。",
        en="This is neither a bundle nor a receipt of ours, or it is damaged.",
    ),
    "again": Text(zh="核验另一份", en="Check another one"),
    "head": Text(zh="最新检查点", en="Newest checkpoint"),
    "size": Text(zh="条目数", en="entries"),
    "signed": Text(zh="签署", en="signed"),
    "kind": Text(zh="种类", en="kind"),
    "subject": Text(zh="关于", en="about"),
    "statement": Text(zh="声明摘要", en="digest of the statement"),
    "log_says": Text(
        zh="规则、清册、审批、冻结、公告、证明依次写入，只增不改，由外部见证方联署。",
        en="Rules, lists, decisions, holds, announcements and certificates, in order, only ever "
        "added to, cosigned by witnesses outside.",
    ),
    "nothing_logged": Text(zh="日志为空。", en="Nothing was entered yet."),
    "no_head": Text(zh="尚未签署检查点。", en="No checkpoint was signed yet."),
}

STEPS: Final[Mapping[str, tuple[Text, Text]]] = {
    "files": (
        Text(zh="文件完整", en="Files as listed"),
        Text(
            zh="证据包中的某个文件在装订之后被更改、替换或丢失。",
            en="A file of the bundle was changed, replaced or lost after it was put together.",
        ),
    ),
    "signature": (
        Text(zh="签名", en="Signature"),
        Text(
            zh="证明不是由本机构的证明密钥签署，或签署后被改动。",
            en="The certificate was not signed by this issuer's key, or was altered since.",
        ),
    ),
    "run": (
        Text(zh="所述运行", en="About this run"),
        Text(
            zh="文件内容与其声称的运行不符。",
            en="What is signed speaks of something else than the run in the bundle.",
        ),
    ),
    "checkpoint": (
        Text(zh="运行检查点", en="The run's checkpoint"),
        Text(
            zh="项目树与签署的检查点不一致。",
            en="The tree of items is not the one whose checkpoint was signed.",
        ),
    ),
    "entries": (
        Text(zh="逐项与合计", en="Every item, and the totals"),
        Text(
            zh="有项目被增加、删除或更改，或合计与证明不符。",
            en="Items were added, taken out or changed, or the totals are not the certified ones.",
        ),
    ),
    "announced": (
        Text(zh="事先公告", en="Announced before"),
        Text(
            zh="销毁的并非事先公告的那些项目。",
            en="Other items were destroyed than were announced beforehand.",
        ),
    ),
    "reader": (
        Text(zh="独立复查", en="A second reader"),
        Text(
            zh="独立复查的计数与证明不一致。",
            en="The counts of the second reader do not agree with the certificate.",
        ),
    ),
    "rule": (
        Text(zh="规则", en="The rule"),
        Text(
            zh="所附规则不是证明所依据的版本。",
            en="The rule beside it is not the version the certificate rests on.",
        ),
    ),
    "log": (
        Text(zh="日志", en="The log"),
        Text(
            zh="证明或公告不在日志中、次序颠倒，或见证不足。",
            en="Certificate or announcement do not stand in the log, stand in the wrong order, or "
            "too few witnesses saw them.",
        ),
    ),
    "time": (
        Text(zh="可信时间", en="Time stamp"),
        Text(
            zh="时间戳不是所信任的机构所签，或不属于此签名。",
            en="The time stamp is not of the authority trusted, or of another signature.",
        ),
    ),
    "sm2": (
        Text(zh="国密 SM2", en="SM2 envelope"),
        Text(zh="SM2 信封内容不同或签名无效。", en="The SM2 envelope says something else."),
    ),
    "corrections": (
        Text(zh="更正", en="Corrections"),
        Text(zh="签发方已撤销此证明。", en="The issuer took this certificate back."),
    ),
}
"""Each step of a check: its title, and what it means when it fails."""

KINDS: Final[Mapping[str, Text]] = {
    "rule": Text(zh="规则", en="rule"),
    "plan": Text(zh="清册", en="list"),
    "decision": Text(zh="审批", en="decision"),
    "hold": Text(zh="冻结", en="hold"),
    "lift": Text(zh="解除冻结", en="hold lifted"),
    "key": Text(zh="密钥更换", en="key"),
    "intent": Text(zh="销毁前公告", en="announcement"),
    "certificate": Text(zh="销毁证明", en="certificate"),
    "quiet": Text(zh="无到期声明", en="nothing due"),
    "correction": Text(zh="更正", en="correction"),
    "custody": Text(zh="纸质交接", en="custody"),
}
