"""The words of problem list (问题清单) and ledger (整改台账), and how people read them.

The seven classes are those in which the notice of 2022 lists what goes wrong with personal
information; the rest is the common practice of both lists. Codes never change their meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from keepuntil.domain.categories import Text


class ProblemClass(StrEnum):
    """Where in the life of the data it went wrong: 一 to 七."""

    COLLECTION = "collection"
    STORAGE = "storage"
    QUERY = "query"
    USE = "use"
    PROVISION = "provision"
    DELETION = "deletion"
    THIRD_PARTY = "third_party"


class Discovery(StrEnum):
    """How a problem was found."""

    SELF_EXAMINATION = "self_examination"
    AUDIT = "audit"
    COMPLAINT = "complaint"
    REGULATOR = "regulator"
    SYSTEM = "system"
    """A check that runs by itself."""


class Risk(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class UnitLevel(StrEnum):
    HEAD_OFFICE = "head_office"
    BRANCH = "branch"
    SUB_BRANCH = "sub_branch"


class RootLevel(StrEnum):
    """Whose doing the cause is."""

    HEAD_OFFICE = "head_office"
    SUBORDINATE = "subordinate"


class RootKind(StrEnum):
    POLICY = "policy"
    SYSTEM = "system"
    PEOPLE = "people"


class EvidenceKind(StrEnum):
    """What may close a finding. A sentence alone is none."""

    CERTIFICATE = "certificate"
    SAMPLE = "sample"
    CHECK = "check"
    """The check that met the problem was made again and passed."""
    DOCUMENT = "document"


class Status(StrEnum):
    """How far a remedy is, as the ledger says it. Overdue is computed, never entered."""

    UNPLANNED = "unplanned"
    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    EXTENSION_ASKED = "extension_asked"
    OVERDUE = "overdue"
    DONE = "done"
    ACCEPTED = "accepted"
    GONE = "gone"


WORDS: Final[Mapping[StrEnum, Text]] = {
    ProblemClass.COLLECTION: Text(zh="一 收集", en="1 collection"),
    ProblemClass.STORAGE: Text(zh="二 存储传输", en="2 storage and transfer"),
    ProblemClass.QUERY: Text(zh="三 查询", en="3 query"),
    ProblemClass.USE: Text(zh="四 使用", en="4 use"),
    ProblemClass.PROVISION: Text(zh="五 提供", en="5 provision"),
    ProblemClass.DELETION: Text(zh="六 删除", en="6 deletion"),
    ProblemClass.THIRD_PARTY: Text(zh="七 第三方", en="7 third parties"),
    Discovery.SELF_EXAMINATION: Text(zh="自查", en="self-examination"),
    Discovery.AUDIT: Text(zh="审计", en="audit"),
    Discovery.COMPLAINT: Text(zh="投诉", en="complaint"),
    Discovery.REGULATOR: Text(zh="监管抽查", en="regulator"),
    Discovery.SYSTEM: Text(zh="系统", en="system"),
    Risk.HIGH: Text(zh="高", en="high"),
    Risk.MEDIUM: Text(zh="中", en="medium"),
    Risk.LOW: Text(zh="低", en="low"),
    UnitLevel.HEAD_OFFICE: Text(zh="总行", en="head office"),
    UnitLevel.BRANCH: Text(zh="分行", en="branch"),
    UnitLevel.SUB_BRANCH: Text(zh="支行", en="sub-branch"),
    RootLevel.HEAD_OFFICE: Text(zh="总部", en="head office"),
    RootLevel.SUBORDINATE: Text(zh="下级", en="subordinate unit"),
    RootKind.POLICY: Text(zh="制度", en="policy"),
    RootKind.SYSTEM: Text(zh="系统", en="system"),
    RootKind.PEOPLE: Text(zh="人员", en="people"),
    EvidenceKind.CERTIFICATE: Text(zh="销毁证明", en="certificate"),
    EvidenceKind.SAMPLE: Text(zh="抽查", en="sample"),
    EvidenceKind.CHECK: Text(zh="检查通过", en="check passed"),
    EvidenceKind.DOCUMENT: Text(zh="文件", en="document"),
    Status.UNPLANNED: Text(zh="未立项", en="no remedy yet"),
    Status.NOT_STARTED: Text(zh="未启动", en="not started"),
    Status.IN_PROGRESS: Text(zh="进行中", en="in progress"),
    Status.EXTENSION_ASKED: Text(zh="申请延期", en="extension asked"),
    Status.OVERDUE: Text(zh="逾期", en="overdue"),
    Status.DONE: Text(zh="已完成", en="done"),
    Status.ACCEPTED: Text(zh="已验收", en="accepted"),
    Status.GONE: Text(zh="已消除", en="no longer there"),
}
