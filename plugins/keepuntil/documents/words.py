"""Every fixed phrase of the documents, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keepuntil.documents.typesetting import Language
from keepuntil.domain.categories import Text
from keepuntil.domain.outcomes import Outcome


def in_language(words: Mapping[str, Text], language: Language) -> dict[str, str]:
    """The phrases of one language, by name."""
    return {name: spoken(text, language) for name, text in words.items()}


def spoken(text: Text, language: Language) -> str:
    """One phrase in one language."""
    return text.zh if language == "zh" else text.en


OUTCOMES: Final = {
    Outcome.DESTROYED: Text(zh="已销毁", en="destroyed"),
    Outcome.ALREADY_ABSENT: Text(zh="此前已不存在", en="absent before"),
    Outcome.HELD: Text(zh="冻结保留", en="held"),
    Outcome.NO_LONGER_DUE: Text(zh="不再到期", en="no longer due"),
    Outcome.SHARED: Text(zh="共享保留", en="shared, kept"),
}

VIA: Final = {
    "airflow": Text(zh="Airflow 页面", en="Airflow"),
    "cli": Text(zh="命令行（本人密钥）", en="command line, own key"),
    "pages": Text(zh="网页", en="pages"),
    "rule": Text(zh="规则预先批准", en="pre-approved by rule"),
}

CERTIFICATE: Final = {
    "title": Text(zh="销毁证明", en="Certificate of destruction"),
    "what": Text(zh="销毁对象", en="What this is about"),
    "ends": Text(zh="处置结果", en="What became of each item"),
    "methods": Text(zh="方法及其不承诺之事", en="Methods, and what they do not promise"),
    "people": Text(zh="审批与执行", en="Who approved and who acted"),
    "seen": Text(zh="独立复查", en="What a second reader saw"),
    "evidence": Text(zh="证据", en="Evidence"),
    "rendering": Text(
        zh="本页为已签名声明的打印形式；以签名声明为准。声明摘要（SHA-256）：",
        en="This page renders a signed statement, which is what counts. Its digest (SHA-256):",
    ),
    "check": Text(
        zh="核验方法见证据包内 README.md：仅需 openssl 与 sha256sum，无需信任签发方。",
        en="README.md in the bundle says how to check all of this with openssl and sha256sum, "
        "without trusting whoever issued it.",
    ),
}

LIST: Final = {
    "title": Text(zh="销毁清册", en="Destruction list"),
    "what": Text(zh="清册", en="The list"),
    "counts": Text(zh="各存放处统计", en="Counted in each place"),
    "doubts": Text(zh="无法计算期限，保留", en="Cannot be computed, kept"),
    "signatures": Text(zh="签署", en="Signatures"),
    "rendering": Text(
        zh="本页为冻结清册的汇总；逐项清单加密保存于登记库，审批针对其摘要：",
        en="This page sums up a frozen list; its items lie sealed in the register. "
        "Approvals are bound to the list's digest:",
    ),
}

RECEIPT: Final = {
    "title": Text(zh="销毁回执", en="Receipt of destruction"),
    "sentence": Text(
        zh="兹确认：下列记录列于所述销毁证明，处置结果如下所示。本回执仅披露下列记录，不含他人信息。",
        en="The records below were on the list of the certificate named above; what became of "
        "each stands beside it. This receipt discloses these records and nothing of others.",
    ),
    "what": Text(zh="证明", en="The certificate"),
    "records": Text(zh="记录", en="The records"),
    "check": Text(
        zh="随附文件可离线核验：keepuntil cert verify-receipt，或仅用 Python 与 openssl 运行 "
        "verify_receipt.py。文件摘要见页脚。",
        en="The file that comes with this page can be checked offline: keepuntil cert "
        "verify-receipt, or verify_receipt.py with Python and openssl alone. Its digest is below.",
    ),
    "rendering": Text(
        zh="本页为随附回执文件的打印形式；以文件为准。文件摘要（SHA-256）：",
        en="This page renders the receipt file that comes with it, which is what counts. "
        "Its digest (SHA-256):",
    ),
}

REQUEST: Final = {
    "title": Text(zh="删除请求的答复", en="Answer to your request for erasure"),
    "open": Text(
        zh="您请求删除个人信息。下表逐项说明您的记录在何处、将如何处置、何时、依据为何。情况变化时，"
        "我们将主动再次答复，您无须再次请求。",
        en="You asked us to erase your personal data. Below is where your records are, what "
        "happens to them, when, and why. When that changes we write again; you need not ask again.",
    ),
    "over": Text(
        zh="您请求删除个人信息。在可以查找之处，已没有您的记录；本请求就此办结。",
        en="You asked us to erase your personal data. Where records can be looked for, none of "
        "yours is left. Your request is closed.",
    ),
    "what": Text(zh="您的请求", en="Your request"),
    "received": Text(zh="收到日期", en="Received on"),
    "answer_by": Text(zh="答复期限", en="To be answered by"),
    "rests_on": Text(zh="期限依据", en="By"),
    "lines": Text(zh="您的记录", en="Your records"),
    "answer": Text(zh="答复", en="answer"),
    "none": Text(zh="未找到您的记录。", en="No records of yours were found."),
    "certificates": Text(
        zh="您的记录已不存在的类别：其销毁证明",
        en="Certificates of destruction in the categories in which nothing of yours is left",
    ),
    "not_searched": Text(
        zh="未能查找之处（无法按个人查找）",
        en="Not searched, because records cannot be found by person there",
    ),
    "rights": Text(
        zh="备份中的副本随备份到期自行消失。如不同意本答复，您可以向履行个人信息保护职责的部门投诉、"
        "举报，或者依法向人民法院提起诉讼。",
        en="Copies in backups go as the backups expire. If you disagree you may complain to the "
        "authority that protects personal data, or go to court.",
    ),
    "rendering": Text(
        zh="本页为登记库所存答复的打印形式。答复摘要（SHA-256）：",
        en="This page renders the answer that is kept in the register. Its digest (SHA-256):",
    ),
}

NAMES: Final = {
    "record": Text(zh="记录标识", en="record"),
    "category": Text(zh="数据类别", en="Category"),
    "as_of": Text(zh="基准日", en="As of"),
    "authorities": Text(zh="处置依据", en="Legal bases"),
    "rule": Text(zh="规则版本", en="Rule version"),
    "plan": Text(zh="销毁清册", en="List"),
    "run": Text(zh="运行", en="Run"),
    "period": Text(zh="执行起止", en="Carried out"),
    "place": Text(zh="存放处", en="place"),
    "listed": Text(zh="清册项数", en="on the list"),
    "method": Text(zh="方法", en="method"),
    "caveat": Text(zh="说明", en="what it does not promise"),
    "role": Text(zh="角色", en="role"),
    "person": Text(zh="人员（工号）", en="person (staff number)"),
    "via": Text(zh="方式", en="by"),
    "at": Text(zh="时间（UTC）", en="when (UTC)"),
    "executor": Text(zh="执行", en="carried out by"),
    "witnessed": Text(zh="监销", en="witnessed by"),
    "verifier": Text(zh="复查人", en="Second reader"),
    "reread": Text(zh="复查已销毁项", en="Destroyed items looked for"),
    "remaining": Text(zh="仍存在的部分", en="Parts still found"),
    "behind": Text(zh="遗漏的到期项", en="Due items left behind"),
    "neighbours": Text(zh="邻近保留项（变动）", en="Kept neighbours (changed)"),
    "expectations": Text(zh="核验断言", en="Expectations met"),
    "parts": Text(zh="随之销毁（子行、版本、链接）", en="Child rows, versions, links gone"),
    "root": Text(zh="运行树根", en="Root of the run's tree"),
    "log": Text(zh="日志", en="Log"),
    "entry": Text(zh="日志条目", en="Entry"),
    "in_log_of": Text(zh="{}（日志共 {} 条，从 0 起编号）", en="{} (of {} in the log, from 0)"),
    "outcome": Text(zh="处置结果", en="outcome"),
    "log_root": Text(zh="日志树根", en="Root of the log"),
    "witnesses": Text(zh="见证方", en="Witnesses"),
    "stamped": Text(zh="可信时间戳", en="Time stamp"),
    "total": Text(zh="总数", en="total"),
    "due": Text(zh="到期", en="due"),
    "overdue": Text(zh="逾期", en="overdue"),
    "held": Text(zh="冻结", en="held"),
    "kept": Text(zh="未到期", en="kept"),
    "restricted": Text(zh="停止处理", en="restricted"),
    "doubt": Text(zh="原因", en="why"),
    "items": Text(zh="项数", en="items"),
    "digest": Text(zh="清册摘要", en="Digest"),
    "opinion": Text(zh="鉴定意见书编号", en="Appraisal opinion"),
    "oldest": Text(zh="最早与最晚到期日", en="Oldest and newest due date"),
    "proposed": Text(zh="提出", en="Proposed by"),
    "exceeded": Text(zh="超出限额", en="Above the rule's limits"),
    "none": Text(zh="无", en="none"),
}
