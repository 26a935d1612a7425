"""Every fixed phrase of the forms of custody, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keepuntil.documents.typesetting import Language
from keepuntil.documents.words import in_language
from keepuntil.domain.categories import Text
from keepuntil.domain.consignments import IncidentKind, Step
from keepuntil.domain.paper import ScanStatus
from keepuntil.domain.treatments import Treatment

ROLES: Final = {
    "head_of_unit": Text(zh="单位负责人", en="Head of the unit"),
    "head_of_archives": Text(zh="档案管理机构负责人", en="Head of the archives office"),
    "head_of_accounting": Text(zh="会计管理机构负责人", en="Head of the accounting office"),
    "archives_officer": Text(zh="档案管理机构经办人", en="Officer of the archives office"),
    "accounting_officer": Text(zh="会计管理机构经办人", en="Officer of the accounting office"),
    "records_officer": Text(zh="档案管理员", en="Records officer"),
    "auditor": Text(zh="审计机构代表", en="Auditor"),
    "discipline_inspector": Text(zh="纪检监察机构代表", en="Discipline inspector"),
    "owner": Text(zh="数据属主", en="Owner of the category"),
}

DEPARTMENTS: Final = {
    "archives": Text(zh="档案管理机构", en="Archives"),
    "accounting": Text(zh="会计管理机构", en="Accounting"),
    "information_systems": Text(zh="信息系统管理机构", en="Information systems"),
    "audit": Text(zh="审计机构", en="Audit"),
    "discipline_inspection": Text(zh="纪检监察机构", en="Discipline inspection"),
    "vendor": Text(zh="承运／销毁单位", en="Carrier or destruction firm"),
}


def called(names: Mapping[str, Text], code: str, language: Language) -> str:
    """What a role or department is called; one that an institution added is its own name."""
    known = names.get(code)
    return code if known is None else in_language({code: known}, language)[code]


TREATMENTS: Final[Mapping[str, Text]] = {
    **{
        level: Text(
            zh=f"粉碎，{level} 级（ISO/IEC 21964-1）", en=f"Shredded to {level} (ISO/IEC 21964-1)"
        )
        for level in Treatment
        if level.startswith("P-")
    },
    Treatment.PULPING: Text(zh="化浆", en="Pulped"),
    Treatment.INCINERATION: Text(zh="焚烧", en="Incinerated"),
}

STEPS: Final[Mapping[str, Text]] = {
    Step.SIGN: Text(zh="签署清册", en="List signed"),
    Step.PICK: Text(zh="下架", en="Taken from the shelf"),
    Step.SEAL: Text(zh="封签", en="Sealed"),
    Step.HAND_OVER: Text(zh="移交", en="Handed over"),
    Step.RECEIVE: Text(zh="接收", en="Received"),
    Step.COUNT: Text(zh="销毁前清点", en="Counted before destruction"),
    Step.DESTROY: Text(zh="销毁", en="Destroyed"),
    Step.WITNESS: Text(zh="监销签字", en="Witnesses signed"),
    Step.CERTIFY: Text(zh="销毁方出具证明", en="Vendor's certificate entered"),
    Step.RECONCILE: Text(zh="逐箱核对", en="Reconciled"),
}

INCIDENTS: Final[Mapping[str, Text]] = {
    IncidentKind.SEAL_BROKEN: Text(zh="封签不符", en="Seal differs"),
    IncidentKind.BOX_MISSING: Text(zh="缺箱", en="Box missing"),
    IncidentKind.BOX_BEYOND_LIST: Text(zh="清册外的箱", en="Box beyond the list"),
    IncidentKind.ITEM_MISSING: Text(zh="缺件", en="Item missing"),
    IncidentKind.ITEM_BEYOND_LIST: Text(zh="清册外的件", en="Item beyond the list"),
    IncidentKind.ITEM_COUNTED_TWICE: Text(zh="重复清点", en="Item counted twice"),
    IncidentKind.TREATMENT_TOO_WEAK: Text(zh="销毁等级不足", en="Treatment too weak"),
    IncidentKind.LICENCE_EXPIRED: Text(zh="资质过期", en="Licence expired"),
    IncidentKind.UNRECONCILED: Text(zh="核对不符", en="Not reconciled"),
    IncidentKind.REPORTED: Text(zh="人员报告", en="Reported"),
}

SHARED: Final = {
    "rendering": Text(
        zh="本单据仅对下列摘要所指的已批准清册有效；清册改动后须重新签署。摘要：",
        en="This form goes with the approved list of this digest and no other; a list that "
        "changes has to be signed anew. Digest:",
    ),
    "signatures": Text(zh="签署", en="Signatures"),
    "signature_line": Text(zh="签名或盖章、日期", en="Signature or stamp, date"),
}

APPRAISAL: Final = {
    "title": Text(zh="鉴定意见书", en="Appraisal opinion"),
    "what": Text(zh="鉴定对象", en="What was appraised"),
    "groups": Text(zh="鉴定意见", en="Opinions"),
    "signatures": Text(zh="鉴定小组", en="The panel"),
    "rendering": Text(
        zh="本意见书仅对下列摘要所指的清册有效。摘要：",
        en="This opinion is about the list of this digest and no other. Digest:",
    ),
    "note": Text(
        zh="每行选择一项。延期须写明延至何日及理由；未了事项须单独抽出立卷，保管至事项完结。",
        en="Mark one box in each line. An extension says until when and why; what is unsettled "
        "is taken out and filed by itself until it is settled.",
    ),
}

PAPER_LIST: Final = {
    "title": Text(zh="档案销毁清册", en="Destruction list for paper"),
    "what": Text(zh="清册", en="The list"),
    "lines": Text(zh="明细", en="Its items"),
    "signatures": Text(zh="签署意见", en="Opinions and signatures"),
    "witnesses": Text(
        zh="监销人（销毁前清点核对，销毁后签名或盖章）",
        en="Witnesses: count before the destruction, sign after it",
    ),
    "agreed": Text(zh="同意销毁", en="Agreed"),
    "refused": Text(zh="不同意", en="Refused"),
    "counted": Text(zh="清点相符", en="Count agrees"),
    "differs": Text(zh="不符", en="Differs"),
    "volume": Text(zh="第 {} 册，共 {} 册", en="Volume {} of {}"),
    "signed_in_last": Text(zh="合计与签署见第 {} 册", en="totals and signatures are in volume {}"),
    "totals": Text(zh="合计", en="Total"),
    "weeded": Text(zh="仅抽出所列各件，其余留存", en="only the items below; the rest stays"),
    "whole": Text(zh="整箱", en="whole box"),
    "place": Text(zh="存放位置", en="place"),
}

HAND_OVER: Final = {
    "title": Text(zh="档案移交单", en="Hand-over form"),
    "what": Text(zh="移交", en="The hand-over"),
    "boxes": Text(zh="箱清单", en="Boxes"),
    "sentence": Text(
        zh="下列各箱封签完好，数量与重量经双方当面清点，自签字时起由接收方负责，直至逐箱销毁。",
        en="The boxes below were counted and weighed by both sides with their seals unbroken. "
        "From the signatures on, who takes them over answers for them until each is destroyed.",
    ),
}

WITNESS: Final = {
    "title": Text(zh="监销记录", en="Witness record"),
    "before": Text(zh="一、销毁前清点核对", en="1  Counted before the destruction"),
    "destruction": Text(zh="二、销毁", en="2  The destruction"),
    "incidents": Text(zh="三、差异与异常", en="3  Differences and incidents"),
    "signatures": Text(zh="四、销毁后签字", en="4  Signed after the destruction"),
    "oath": Text(
        zh="监销人在销毁前逐箱开启并按清册清点，全程在场至全部销毁，随后签名或盖章。",
        en="The witnesses opened every box and counted it against the list before the "
        "destruction, stayed until all of it was destroyed, and signed afterwards.",
    ),
    "no_incidents": Text(zh="无。", en="None."),
    "to_write": Text(zh="（如有，逐项写明并签字）", en="(If any, write down each and sign.)"),
}

PAPER_CERTIFICATE: Final = {
    "title": Text(zh="纸质档案销毁证明", en="Certificate of destruction of paper"),
    "what": Text(zh="清册与依据", en="List and legal bases"),
    "vendor": Text(zh="承运与销毁", en="Who carried and destroyed"),
    "road": Text(zh="经过", en="The road"),
    "boxes": Text(zh="逐箱核对（件数）", en="Reconciled box by box (items)"),
    "witnesses": Text(zh="监销人", en="Witnesses"),
    "end": Text(zh="结论与签发", en="Conclusion and issue"),
    "rendering": Text(
        zh="本页据已签名的逐步记录重新计算得出；对应清册摘要：",
        en="This page is computed from the signed records of every step. Digest of the list:",
    ),
}

COLUMNS: Final = {
    "number": Text(zh="序号", en="no."),
    "name": Text(zh="名称", en="name"),
    "folder": Text(zh="卷号", en="folder"),
    "volumes": Text(zh="册数", en="vols"),
    "years": Text(zh="起止年度", en="years"),
    "reference": Text(zh="档案编号", en="archive reference"),
    "retention": Text(zh="应保管期限", en="to be kept"),
    "kept": Text(zh="已保管期限", en="kept so far"),
    "destroyed_on": Text(zh="销毁时间", en="destroyed on"),
    "withdrawn": Text(zh="已撤出", en="withdrawn"),
    "box": Text(zh="箱号", en="box"),
    "seal": Text(zh="封签号", en="seal"),
    "items": Text(zh="件数", en="items"),
    "weight": Text(zh="重量（kg）", en="weight (kg)"),
    "gave": Text(zh="移交核对", en="given"),
    "took": Text(zh="接收核对", en="taken"),
    "total": Text(zh="合计", en="total"),
    "listed": Text(zh="清册件数", en="listed"),
    "picked": Text(zh="下架", en="picked"),
    "sent": Text(zh="移交", en="sent"),
    "received": Text(zh="接收", en="received"),
    "counted": Text(zh="清点", en="counted"),
    "destroyed": Text(zh="销毁", en="destroyed"),
    "certified": Text(zh="销毁方证明", en="certified"),
    "intact": Text(zh="封签完好", en="seal unbroken"),
    "agrees": Text(zh="清点相符", en="agrees"),
    "group": Text(zh="鉴定对象", en="what"),
    "retain_until": Text(zh="期满日", en="last day"),
    "destroy": Text(zh="销毁", en="destroy"),
    "extend": Text(zh="延期", en="extend"),
    "extract": Text(zh="抽出未了", en="unsettled"),
    "reason": Text(zh="延至、理由", en="until, reason"),
    "until": Text(zh="延至 {}。", en="Until {}. "),
    "step": Text(zh="步骤", en="step"),
    "incident": Text(zh="异常", en="incident"),
    "resolved": Text(zh="处理结果", en="resolved"),
    "open": Text(zh="未处理", en="open"),
    "said": Text(zh="记录", en="record"),
    "department": Text(zh="部门", en="department"),
    "person": Text(zh="人员（工号）", en="person (staff number)"),
    "counted_at": Text(zh="清点时间", en="counted"),
    "signed_at": Text(zh="销毁后签字时间", en="signed after"),
}

LINES: Final = {
    "pages": Text(zh="页数", en="pages"),
    "formed_on": Text(zh="形成日期", en="formed on"),
    "event": Text(zh="触发事件及日期", en="event"),
    "retain_until": Text(zh="期满日", en="last day"),
    "carrier": Text(zh="载体", en="carrier"),
    "linked": Text(zh="关联电子标识", en="linked copies"),
    "opinion": Text(zh="鉴定意见", en="appraisal"),
    "remark": Text(zh="备注", en="remarks"),
    "destroy": Text(zh="销毁", en="destroy"),
    "none": Text(zh="无", en="none"),
    "permanent": Text(zh="永久", en="permanent"),
    "stated": Text(zh="档案原注期限：{}", en="the archive wrote: {}"),
}
"""What a list says of an item below the columns of the statute."""

SCANS: Final[Mapping[str, Text]] = {
    ScanStatus.NONE: Text(zh="纸质", en="paper"),
    ScanStatus.SCANNED: Text(zh="纸质、扫描件（未质检）", en="paper, scanned (not checked)"),
    ScanStatus.QUALITY_CHECKED: Text(zh="纸质、扫描件（已质检）", en="paper, scanned and checked"),
}

ANNEXES: Final = {
    "opinion": Text(zh="鉴定意见书", en="appraisal opinion"),
    "hand_over": Text(zh="档案移交单", en="hand-over form"),
    "witness": Text(zh="监销记录", en="witness record"),
    "vendor": Text(zh="销毁方证明", en="vendor's certificate"),
    "and": Text(zh="；", en="; "),
}

UNIT_REPORT: Final = {
    "title": Text(zh="档案销毁情况报告", en="Report on a destruction of paper"),
    "to": Text(zh="报：单位负责人", en="To the head of the unit"),
    "what": Text(zh="一、已销毁", en="1  What was destroyed"),
    "halted": Text(zh="二、中止与处理", en="2  What was halted, and how it was resolved"),
    "open": Text(zh="三、尚未了结", en="3  What is still open"),
    "linked": Text(zh="四、各存放处的副本", en="4  The copies in every place"),
    "signatures": Text(zh="阅示", en="Seen by"),
    "no_halts": Text(zh="全程未中止。", en="Nothing was halted."),
    "more": Text(zh="另有 {} 项，见监销记录。", en="{} more stand in the witness record."),
    "nothing_open": Text(zh="无。", en="Nothing."),
    "copies": Text(
        zh="备份副本（{}）至 {} 方才过期消失；本次证明在此之前为暂定。",
        en="Copies in backups ({}) are gone by {}; until then the certificate is provisional.",
    ),
    "kept": Text(
        zh="清册中 {} 项依规保留，未销毁。",
        en="{} of the list's items were kept as the rules demand.",
    ),
    "out": Text(
        zh="撤出本次移送 {} 件，未销毁。",
        en="{} items were taken off the journey, and not destroyed.",
    ),
    "findings": Text(zh="未结问题：{}。", en="Findings that nobody has closed: {}."),
    "rendering": Text(
        zh="本报告据已签名的证明与逐步记录得出；对应清册摘要：",
        en="This report is computed from the signed certificate and steps. Digest of the list:",
    ),
    "place": Text(zh="存放处", en="place"),
    "listed": Text(zh="列入", en="listed"),
    "gone": Text(zh="已销毁", en="destroyed"),
    "absent": Text(zh="此前已不存在", en="absent before"),
    "stays": Text(zh="依规保留", en="kept"),
    "certificate": Text(zh="销毁证明", en="Certificate"),
    "certificate_digest": Text(zh="证明摘要", en="Its digest"),
    "sentence": Text(
        zh="“{}”{}已销毁，{}监销，并出具销毁证明。现将情况报告如下。",
        en="The {1} of “{0}” were destroyed before {2}, and are certified. This is how it went.",
    ),
    "watched_by": Text(zh="{} 人", en="{} witnesses"),
}

FACTS: Final = {
    "category": Text(zh="数据类别", en="Category"),
    "authorities": Text(zh="处置依据", en="Legal bases"),
    "list": Text(zh="清册编号", en="List"),
    "digest": Text(zh="清册摘要", en="Digest of the list"),
    "extent": Text(zh="数量", en="Extent"),
    "boxes_items": Text(zh="{} 箱，{} 件", en="{} boxes, {} items"),
    "volumes": Text(zh="{} 册", en="{} volumes"),
    "pages": Text(zh="{} 页", en="{} pages"),
    "and": Text(zh="，", en=", "),
    "opinion": Text(zh="鉴定意见书编号", en="Appraisal opinion"),
    "extracted": Text(zh="未了事项抽出（件）", en="Taken out as unsettled"),
    "sensitivity": Text(zh="个人信息级别", en="Personal information"),
    "not_stated": Text(zh="规则未注明", en="the rule does not say"),
    "destroyed_at": Text(zh="销毁时间", en="Destroyed at"),
    "not_yet": Text(zh="待销毁后登记", en="entered once it is done"),
    "method": Text(zh="销毁方式", en="To be destroyed by"),
    "or": Text(zh="或", en=" or "),
    "done_by": Text(zh="实际方式与等级", en="Method and level"),
    "drafted_by": Text(zh="编制", en="Drafted by"),
    "on": Text(zh="日期", en="Date"),
    "vendor": Text(zh="销毁方资质", en="Vendor's licence"),
    "licence": Text(zh="{}（有效期至 {}）", en="{} (good until {})"),
    "contract": Text(zh="合同编号", en="Contract"),
    "return_clause": Text(zh="{}（含返还或销毁条款）", en="{} (with a return-or-destroy clause)"),
    "in_house": Text(zh="本单位自行销毁", en="The institution itself"),
    "vendor_certificate": Text(zh="销毁方证明编号", en="Vendor's certificate"),
    "vendor_file": Text(zh="证明文件摘要（SHA-256）", en="Its file (SHA-256)"),
    "vehicle": Text(zh="车辆", en="Vehicle"),
    "escort": Text(zh="押运人", en="Escort"),
    "fonds": Text(zh="全宗号", en="Fonds"),
    "not_declared": Text(zh="未登记", en="not declared"),
    "linked": Text(zh="关联电子副本所在", en="Linked copies in"),
    "planned_at": Text(zh="计划销毁时间", en="Planned for"),
    "not_set": Text(zh="未定", en="not set"),
    "not_recorded": Text(zh="未登记", en="not recorded"),
    "annexes": Text(zh="附件", en="Annexes"),
    "place": Text(zh="销毁地点", en="Place"),
    "machine": Text(zh="设备编号", en="Machine"),
    "residue": Text(zh="残渣处理", en="Residue"),
    "recordings": Text(zh="影像证据哈希（SHA-256）", en="Recordings (SHA-256)"),
    "hand_over_form": Text(zh="交接单号", en="Hand-over form"),
    "seals": Text(zh="封签核对结果", en="Seals"),
    "seals_agree": Text(zh="逐箱相符", en="unbroken on every box"),
    "seals_differed": Text(
        zh="{} 次不符，均已开箱清点并处理", en="{} differed; each was opened, counted, resolved"
    ),
    "conclusion": Text(zh="结论", en="Conclusion"),
    "concluded": Text(
        zh="逐箱核对一致，销毁完成", en="every box agrees; the destruction is complete"
    ),
    "copies_gone_by": Text(zh="备份到期日", en="Backups gone by"),
    "no_backups": Text(zh="规则未列备份", en="the rule has no backups"),
    "issuer": Text(zh="签发人", en="Issued by"),
    "issued_on": Text(zh="签发时间", en="Issued on"),
    "previous": Text(zh="前一证明哈希", en="Certificate before it"),
    "first": Text(zh="无（首份证明）", en="none; it is the first"),
    "signature": Text(zh="电子签名／时间戳", en="Signature, time stamp"),
    "under_key": Text(zh="证明密钥 {}", en="certificate key {}"),
    "stamped": Text(zh="附可信时间戳", en="with a trusted time stamp"),
    "unstamped": Text(zh="未设时间戳机构", en="no time-stamping authority is declared"),
    "started": Text(zh="开始时间", en="Started"),
    "finished": Text(zh="结束时间", en="Finished"),
    "operator": Text(zh="销毁操作人（工号）", en="Operator (staff number)"),
    "reconciled_by": Text(zh="复核人（工号）", en="Reconciled by (staff number)"),
    "time": Text(zh="时间", en="Time"),
    "zone": Text(zh="本单据时间均为 {}。", en="All times are of {}."),
    "handed_over": Text(zh="移交时间", en="Handed over"),
    "withdrawn": Text(zh="撤出，未销毁", en="Withdrawn, not destroyed"),
    "incidents": Text(zh="异常（已处理）", en="Incidents, all resolved"),
    "gives": Text(zh="移交人", en="Hands over"),
    "takes": Text(zh="接收人", en="Takes over"),
    "arrival": Text(zh="到达验收人", en="Received on arrival"),
    "witness": Text(zh="监销人", en="Witness"),
    "none": Text(zh="无", en="none"),
}
