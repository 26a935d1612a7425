"""会计档案管理办法 第十七至十九条, step by step, against what the road of paper really leaves.

One journey is taken from the list to the certificate; each numbered step, state and field of
the statute and of archive practice is looked up in its forms, registers and statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from custody_world import SHANGHAI, honest
from disposal_world import APPRAISED_BY, World
from keepuntil.disposal import appraisal_form, appraising, custody, publishing
from keepuntil.disposal.appraising import Opinion
from keepuntil.disposal.custody_forms import write_forms
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.kept_lists import digests, kept_list
from keepuntil.domain.consignments import (
    Consignment,
    Destruction,
    IncidentKind,
    Intended,
    Recordings,
    Scans,
    State,
    Step,
    StepRecord,
)
from keepuntil.domain.treatments import Treatment
from keepuntil.errors import CustodyError, RunPending
from keepuntil.evidence import statement
from keepuntil.evidence.envelope import Envelope
from keepuntil.register import certificates, log, plans
from paper import run_together, texts
from paper_centre import DUE, KEPT, STORE, Centre, build_centre, next_step
from paper_world import FIVE_SIGNATORIES, voucher_rule

HELD, GOES, UNSETTLED, UNKNOWN, EARLY = range(5)
GROUP = "LOAN-6217001"
FILMED, WATCHED = "ab" * 32, "cd" * 32
INTENDED = Intended(place="一号库销毁间", at=datetime(2026, 11, 24, 9, tzinfo=SHANGHAI))


@dataclass
class Road:
    """What one journey left behind."""

    centre: Centre
    plan_id: str
    journey: Consignment
    states: list[State] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)
    """By form and language, everything that stands on it."""
    report: str = ""
    """The report to the head of the unit, once the run is certified."""
    certified: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("law")
    with pytest.MonkeyPatch.context() as monkeypatch:
        centre = law_centre(folder, monkeypatch)
        with centre.open() as installation:
            yield travelled(centre, installation, folder / "forms")


def law_centre(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Centre:
    """Items of every kind, each in a box of its own, under a rule with a panel."""
    centre = build_centre(World(folder).build(), monkeypatch)
    (centre.world.policies / "rules" / "voucher.yaml").write_text(
        voucher_rule(
            approval=f"owner\n  roles: [data_owner]\n  appraised_by: [{APPRAISED_BY}]"
        ).replace("subjects: [customer]", "subjects: [customer]\nsensitivity: C2")
        + "  - {id: tape, kind: backup, ages_out_after: P180D}\n"
    )
    stores = centre.world.policies / "stores.yaml"
    stores.write_text(stores.read_text().replace("{kind: paper,", "{kind: paper, fonds: J042,"))
    days = {HELD: DUE, GOES: DUE, UNSETTLED: DUE, UNKNOWN: None, EARLY: KEPT}
    for place, day in days.items():
        centre.paper.put(4 * place, day, group=GROUP if place == GOES else None)
        centre.paper.describe(4 * place, reference=f"PZ-2012-{place:03}", year=2012, volumes=2)
    centre.paper.detail(4 * GOES, pages=37, opened_on=date(2012, 1, 5), period="P30Y")
    return centre


def barcode(place: int) -> str:
    return f"I{4 * place:06}"


def travelled(centre: Centre, installation: Installation, forms: Path) -> Road:
    centre.hold(installation, barcode(HELD))
    plan_id = centre.world.plan(installation, "voucher")
    appraising.keep(
        installation,
        plan_id,
        "paper",
        [(barcode(UNSETTLED),)],
        opinion=Opinion.UNSETTLED,
        reason="debt open",
        by="E4",
    )
    centre.world.appraise(installation, plan_id)
    centre.world.approve(installation, plan_id, ("E1", "data_owner"))
    with pytest.raises(RunPending):
        centre.world.destroy(installation, plan_id)
    run_id = f"run.{plan_id}"
    found = Road(centre, plan_id, centre.journey(installation, run_id, intended=INTENDED))
    found.states.append(found.journey.state)
    while found.journey.state is not State.RECONCILED:
        record = told(honest(found.journey, next_step(found.journey)))
        found.journey = centre.take(installation, found.journey, record)
        found.states.append(found.journey.state)
    for path in write_forms(installation, STORE, found.journey.consignment, forms):
        found.pages[path.stem] = run_together("".join(texts(path)))
    centre.go_on(installation, run_id)
    made = centre.world.certify(installation, run_id)
    stored = certificates.load(installation.register, made.certificate_id)
    written = write_forms(installation, STORE, found.journey.consignment, forms / "after")
    (page,) = texts(next(path for path in written if path.name == "unit_report.zh.pdf"))
    found.report = run_together(page)
    found.certified = statement.parse(Envelope.parse(stored.payload.strip()).payload).predicate
    return found


def told(record: StepRecord) -> StepRecord:
    """The record with everything that people may say of the destruction."""
    match record.payload:
        case Destruction():
            said = replace(
                record.payload,
                place=INTENDED.place,
                equipment="SHRED-07",
                residue="化浆再生",
                recordings=(FILMED,),
            )
            return replace(record, payload=said)
        case None if record.step is Step.WITNESS:
            return replace(record, payload=Recordings(recordings=(WATCHED,)))
        case _:
            return record


# ---- the steps


def test_step_1_what_is_held_unknown_or_not_due_is_on_no_list(road: Road) -> None:
    with road.centre.open() as installation:
        plan = plans.load(installation.register, road.plan_id).plan
    (tally,) = plan.instances
    assert (tally.due, tally.held, tally.kept) == (2, 1, 1)
    assert dict(tally.undetermined) == {"missing_trigger": 1}
    listed = [item for box in road.journey.boxes.values() for item in box.items]
    assert listed == [barcode(GOES)]


def test_step_2_the_opinion_has_a_number_and_the_names_of_the_panel(road: Road) -> None:
    opinion = road.pages["appraisal_opinion.zh"]
    for expected in (f"AO-{road.plan_id}", "鉴定意见书", "E4", "E5", "销毁1件", "2022-12-31"):
        assert expected in opinion


def test_step_3_what_is_unsettled_is_taken_out_told_and_kept(road: Road) -> None:
    assert "PZ-2012-002" in road.pages["appraisal_opinion.zh"]
    assert "debtopen" in road.pages["appraisal_opinion.zh"]
    assert "PZ-2012-002" not in road.pages["destruction_list.zh"]
    assert "未了事项抽出（件）1" in road.pages["destruction_list.zh"]
    assert (barcode(UNSETTLED),) in set(road.centre.paper.keys())
    assert road.certified["records"]["outcomes"] == {"destroyed": 1, "held": 2}


@pytest.mark.parametrize(
    "column",
    ["名称", "卷号", "册数", "起止年度", "档案编号", "应保管期限", "已保管期限", "销毁时间"],
)
def test_step_4_the_list_has_the_eight_columns_of_the_statute(road: Road, column: str) -> None:
    assert column in road.pages["destruction_list.zh"]


@pytest.mark.parametrize(
    "signatory",
    [
        "单位负责人",
        "档案管理机构负责人",
        "会计管理机构负责人",
        "档案管理机构经办人",
        "会计管理机构经办人",
    ],
)
def test_step_5_five_people_sign_the_list(road: Road, signatory: str) -> None:
    assert signatory in road.pages["destruction_list.zh"]
    assert road.journey.rule.signatories == tuple(FIVE_SIGNATORIES.split(", "))


# ---- what goes wrong on the way


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Centre:
    centre = build_centre(World(tmp_path).build(), monkeypatch)
    centre.paper.put(0, DUE)
    centre.paper.put(1, DUE)
    return centre


def before(centre: Centre, installation: Installation, step: Step) -> Consignment:
    journey = centre.journey(installation, centre.released(installation))
    while next_step(journey) is not step:
        journey = centre.step(installation, journey, next_step(journey))
    return journey


def test_step_5_a_signature_is_under_one_list_and_no_other(centre: Centre) -> None:
    with centre.open() as installation:
        journey = before(centre, installation, Step.SIGN)
        other = replace(honest(journey, Step.SIGN), plan_digest="sha256:another")
        with pytest.raises(CustodyError):
            custody.take(installation, STORE, journey.consignment, other)


def test_step_6_two_people_hand_over(centre: Centre) -> None:
    with centre.open() as installation:
        journey = before(centre, installation, Step.HAND_OVER)
        record = honest(journey, Step.HAND_OVER)
        with pytest.raises(CustodyError):
            centre.take(installation, journey, replace(record, by=record.by[:1]))


def test_step_7_another_seal_on_arrival_halts(centre: Centre) -> None:
    with centre.open() as installation:
        journey = before(centre, installation, Step.RECEIVE)
        record = honest(journey, Step.RECEIVE)
        assert isinstance(record.payload, Scans)
        lines = tuple(replace(line, seal="X-9") for line in record.payload.lines)
        halted = centre.take(installation, journey, replace(record, payload=Scans(lines=lines)))
    assert halted.state is State.HALTED
    assert {each.kind for each in halted.incidents} == {IncidentKind.SEAL_BROKEN}


def test_step_8_a_count_that_differs_halts_before_anything_is_destroyed(centre: Centre) -> None:
    with centre.open() as installation:
        journey = before(centre, installation, Step.COUNT)
        record = honest(journey, Step.COUNT)
        assert isinstance(record.payload, Scans)
        lines = tuple(replace(line, items=line.items[:1]) for line in record.payload.lines)
        halted = centre.take(installation, journey, replace(record, payload=Scans(lines=lines)))
        assert halted.state is State.HALTED
        with pytest.raises(CustodyError):
            centre.step(installation, journey, Step.DESTROY)


def test_step_9_what_is_shredded_too_coarsely_halts(centre: Centre) -> None:
    with centre.open() as installation:
        journey = before(centre, installation, Step.DESTROY)
        coarse = Destruction(boxes=journey.remaining_boxes, treatment=Treatment.P2)
        record = replace(honest(journey, Step.DESTROY), payload=coarse)
        assert centre.take(installation, journey, record).state is State.HALTED


def test_step_10_witnesses_sign_after_the_destruction_only(centre: Centre) -> None:
    with centre.open() as installation:
        journey = before(centre, installation, Step.DESTROY)
        with pytest.raises(CustodyError):
            centre.step(installation, journey, Step.WITNESS)


# ---- the end


def test_step_11_the_register_says_destroyed_and_the_vendors_certificate_is_named(
    road: Road,
) -> None:
    assert road.centre.paper.orders()[barcode(GOES)] == "destroyed"
    assert road.centre.paper.boxes()["B0001"] == "destroyed"
    (account,) = road.certified["custody"]
    assert account["vendor"]["certificate"] == "DC-19"
    assert "DC-19" in road.pages["destruction_certificate.zh"]


def test_step_12_the_list_is_kept_for_good_and_its_digest_is_certified(road: Road) -> None:
    name = road.journey.consignment
    with road.centre.open() as installation:
        kept = kept_list(installation.home, name)
        assert road.certified["custody"][0]["lists"] == digests(installation.home, name)
        assert {path.name for path in kept.iterdir()} == {
            "destruction_list.zh.pdf",
            "destruction_list.en.pdf",
        }
        assert "PZ-2012-001" in run_together("".join(texts(kept / "destruction_list.zh.pdf")))
        publishing.publish(installation)
        size = log.size(installation.register)
        kinds = {entry.kind for entry in log.entries(installation.register, 0, size)}
    assert kinds >= {"plan", "appraisal", "decision", "intent", "custody", "certificate"}


STATES = {
    "REGISTERED": State.LISTED,
    "SIGNED": State.SIGNED,
    "PICKED": State.PICKED,
    "IN_TRANSIT": State.HANDED_OVER,
    "COUNTED": State.COUNTED,
    "DESTROYED": State.DESTROYED,
    "WITNESSED": State.WITNESSED,
    "CERTIFIED": State.VENDOR_CERTIFIED,
    "CLOSED": State.RECONCILED,
}
"""DRAFT and APPRAISED are the list's, before anything is on a journey; HALTED is above."""


@pytest.mark.parametrize("name", STATES)
def test_a_journey_goes_through_every_state(road: Road, name: str) -> None:
    assert STATES[name] in road.states
    assert list(STATES.values()) == [state for state in road.states if state in STATES.values()]


# ---- the fields


LIST_HEAD = {
    "清册编号": ".paper.1",
    "单位名称": "bank.example",
    "全宗号": "全宗号J042",
    "档案类别／数据类别编码": "数据类别voucher",
    "编制部门": "编制档案管理机构·s001",
    "编制日期": "日期2026-11-23",
    "鉴定意见书编号": "鉴定意见书编号AO-voucher",
    "依据": "处置依据会计档案管理办法第十七条",
    "总件数／册数／页数／箱数": "1箱，1件，2册，37页",
    "销毁方式": "销毁方式粉碎，P-4级",
    "销毁地点": "销毁地点一号库销毁间",
    "计划销毁时间": "计划销毁时间2026-11-24",
    "实际销毁时间": "销毁时间2026-03-",
    "个人信息及级别": "个人信息级别C2",
    "未了事项抽出数": "未了事项抽出（件）1",
    "附件": "；档案移交单；监销记录；销毁方证明DC-19",
    "正文哈希": "sha256:",
}
"""Every field of the head of a 销毁清册, and what stands on this one."""

LIST_LINES = {
    "序号": "序号",
    "档案编号": "PZ-2012-001",
    "名称": "会计凭证",
    "卷号": "卷号",
    "册数": "册数",
    "页数": "页数37",
    "起止年度": "2012",
    "形成日期": "形成日期2012-01-05",
    "触发事件及日期": "触发事件及日期year_ended2012-12-31",
    "应保管期限": "10年",
    "已保管期限": "13年",
    "期满日": "期满日2022-12-31",
    "载体": "载体纸质、扫描件（未质检）",
    "存放位置": "存放位置centre",
    "箱号": "B0001",
    "封签号": "封签号T-B0001",
    "鉴定意见": "鉴定意见销毁",
    "备注": "备注档案原注期限：30年",
}
"""Every field of its lines; 关联电子标识 is below, because it is a digest."""

CERTIFICATE = {
    "证明编号与对应清册编号": "清册编号run.voucher.",
    "清册哈希": "清册摘要sha256:",
    "委托方": "bank.example",
    "承运／销毁方及资质": "销毁方资质LIC-7",
    "合同编号": "合同编号C-2026-01",
    "交接单号": "交接单号run.voucher.",
    "交接重量": "1.000",
    "交接箱数": "移交接收清点销毁销毁方证明重量（kg）B0001",
    "封签核对结果": "封签核对结果逐箱相符",
    "销毁方法及等级": "实际方式与等级粉碎，P-5级",
    "设备编号": "设备编号SHRED-07",
    "开始时间": "开始时间2026-03-",
    "结束时间": "结束时间2026-03-",
    "地点": "销毁地点一号库销毁间",
    "残渣处理": "残渣处理化浆再生",
    "执行人": "销毁操作人（工号）s031",
    "复核人": "复核人（工号）s020",
    "监销人": "s041",
    "影像证据哈希（销毁）": f"影像证据哈希（SHA-256）{FILMED}",
    "影像证据哈希（监销）": f"影像证据哈希（SHA-256）{WATCHED}",
    "差异说明": "异常（已处理）0",
    "备份到期日": "备份到期日2026-08-29",
    "结论": "结论逐箱核对一致，销毁完成",
    "签发人": "签发人bank.example",
    "签发时间": "签发时间2026-11-23",
    "前一证明哈希": "前一证明哈希无（首份证明）",
    "电子签名／时间戳": "电子签名／时间戳证明密钥",
}
"""Every field of a 销毁证明."""


@pytest.mark.parametrize("name", LIST_HEAD)
def test_the_head_of_the_list_has_its_fields(road: Road, name: str) -> None:
    assert LIST_HEAD[name] in road.pages["destruction_list.zh"]


@pytest.mark.parametrize("name", LIST_LINES)
def test_a_line_of_the_list_has_its_fields(road: Road, name: str) -> None:
    assert LIST_LINES[name] in road.pages["destruction_list.zh"]


def test_a_line_names_its_linked_copies_by_a_keyed_digest_alone(road: Road) -> None:
    with road.centre.open() as installation:
        digest = installation.register.keys.digest(GROUP.encode()).partition(":")[2]
    for language in ("zh", "en"):
        page = road.pages[f"destruction_list.{language}"]
        assert digest[:16] in page
        assert GROUP not in page
    assert f"关联电子标识{digest[:16]}" in road.pages["destruction_list.zh"]


@pytest.mark.parametrize("name", CERTIFICATE)
def test_the_certificate_of_paper_has_its_fields(road: Road, name: str) -> None:
    assert CERTIFICATE[name] in road.pages["destruction_certificate.zh"]


@pytest.mark.parametrize(
    "expected",
    [
        "报：单位负责人",
        "1箱，1件",
        "全程未中止",
        "清册中2项依规保留",
        "备份副本（tape）",
        "paper·records_centre",
        "DC-voucher",
        "单位负责人签名或盖章",
    ],
)
def test_step_12_the_head_of_the_unit_is_told_how_it_went(road: Road, expected: str) -> None:
    assert expected in road.report


@pytest.mark.parametrize("form", ["destruction_certificate", "witness_record", "box_labels"])
def test_what_leaves_the_archive_names_no_item(road: Road, form: str) -> None:
    for language in ("zh", "en"):
        assert "PZ-2012" not in road.pages[f"{form}.{language}"]


def test_an_opinion_nobody_gave_yet_is_left_to_a_pen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    centre = law_centre(tmp_path, monkeypatch)
    with centre.open() as installation:
        plan_id = centre.world.plan(installation, "voucher")
        zh, _ = appraisal_form.write(installation, plan_id, tmp_path / "forms")
    assert "结论" not in run_together("".join(texts(zh)))
