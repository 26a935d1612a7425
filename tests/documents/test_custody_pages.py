"""The forms of custody, blank and filled in, as poppler's programs and a scanner see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from custody_papers import (
    CONTROLLER,
    DIGEST,
    HEAD,
    ISSUE,
    NAME,
    ON,
    OPINIONS,
    REPORT,
    appraisal,
    dossier,
    journey,
    lines,
    of,
    road,
)
from custody_world import (
    WITH_VENDOR,
    destroying,
    honest,
    in_state,
    lines_of,
    scanning,
    until,
    vendor_journey,
    weeding_journey,
)
from keepuntil.documents.appraisal_opinion import appraisal_pages
from keepuntil.documents.box_labels import Label, label_pages
from keepuntil.documents.dossier import Dossier
from keepuntil.documents.hand_over_form import hand_over_pages
from keepuntil.documents.paper_certificate import paper_certificate_pages
from keepuntil.documents.paper_list import paper_list_pages, volumes_of
from keepuntil.documents.typesetting import LANGUAGES, Language
from keepuntil.documents.unit_report import unit_report_pages
from keepuntil.documents.witness_record import witness_pages
from keepuntil.domain.categories import Text
from keepuntil.domain.consignments import (
    State,
    Step,
    StepRecord,
    VendorCertificate,
    Withdrawal,
)
from keepuntil.domain.custody import advance
from keepuntil.domain.treatments import Treatment
from keepuntil.errors import EvidenceError
from paper import codes, fonts, overlapping, run_together, texts, words
from papers_world import MARKUP

BOXES, ITEMS = 12, 7
LONGEST: Final = "a_role_of_sixty_three_letters_is_the_longest_that_a_rule_may_have"
HOST: Final = "records-and-evidence." * 6 + "bank.example"
MARGIN: Final = 59.5
HALF_A_SIGN: Final = 6
WIDE, HIGH = 841.9, 595.3

Make = Callable[[Dossier, Language], bytes]


def the_list(made_of: Dossier, language: Language) -> bytes:
    """All of it as one volume, however long."""
    (volume,) = volumes_of(made_of.consignment, size=3_000)
    return paper_list_pages(made_of, HEAD, lines(made_of.consignment), volume, language)


def opinion(made_of: Dossier, language: Language) -> bytes:
    return appraisal_pages(appraisal(title=made_of.title), language)


def certificate(made_of: Dossier, language: Language) -> bytes:
    return paper_certificate_pages(made_of, ISSUE, language)


def report(made_of: Dossier, language: Language) -> bytes:
    return unit_report_pages(made_of, REPORT, language)


FORMS: Final[Mapping[str, Make]] = {
    "appraisal": opinion,
    "list": the_list,
    "hand_over": hand_over_pages,
    "witness": witness_pages,
    "certificate": certificate,
    "report": report,
}
BLANK: Final = ("list", "hand_over", "witness")
EVERY: Final = [
    *((name, True, language) for name in FORMS for language in LANGUAGES),
    *((name, False, language) for name in BLANK for language in LANGUAGES),
]


@cache
def journeyed(filled: bool) -> Dossier:
    title = Text(zh=f"会计凭证 {MARKUP}", en=f"Vouchers {MARKUP}")
    opening = journey(BOXES, ITEMS)
    return dossier(opening, road(opening) if filled else (), title=title)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, bool, str], Path]:
    """Every form, blank and filled in, in both languages."""
    folder = tmp_path_factory.mktemp("forms")
    found = {}
    for name, filled, language in EVERY:
        path = folder / f"{name}.{filled}.{language}.pdf"
        path.write_bytes(FORMS[name](journeyed(filled), language))
        found[name, filled, language] = path
    return found


def written(pages: bytes, folder: Path) -> Path:
    (folder / "pages.pdf").write_bytes(pages)
    return folder / "pages.pdf"


def text_of(pages: bytes, folder: Path) -> str:
    return run_together("".join(texts(written(pages, folder))))


Printed = Mapping[tuple[str, bool, str], Path]


@pytest.mark.parametrize("form", EVERY)
def test_every_font_is_embedded_and_one_of_them_is_chinese(
    printed: Printed, form: tuple[str, bool, str]
) -> None:
    found = fonts(printed[form])
    assert any("NotoSansSC" in line[0] for line in found)
    assert {line[-5] for line in found} == {"yes"}
    assert {line[-3] for line in found} == {"yes"}


@pytest.mark.parametrize("form", EVERY)
def test_a_title_that_looks_like_markup_is_printed_as_it_is(
    printed: Printed, form: tuple[str, bool, str]
) -> None:
    (first, *_) = texts(printed[form])
    assert run_together(MARKUP) in run_together(first)


@pytest.mark.parametrize("form", EVERY)
def test_every_page_names_the_digest_of_the_list(
    printed: Printed, form: tuple[str, bool, str]
) -> None:
    for page in texts(printed[form]):
        assert DIGEST in page


@pytest.mark.parametrize("form", EVERY)
def test_nothing_runs_off_the_sheet_or_over_other_words(
    printed: Printed, form: tuple[str, bool, str]
) -> None:
    width = WIDE if form[0] == "list" else HIGH
    for page in words(printed[form]):
        assert min(word.left for word in page) >= MARGIN - HALF_A_SIGN
        assert max(word.right for word in page) <= width - MARGIN + 1
        assert overlapping(page) == []


@pytest.mark.parametrize("form", [each for each in EVERY if each[0] in BLANK])
def test_every_box_is_read_by_a_scanner(
    printed: Printed, form: tuple[str, bool, str], tmp_path: Path
) -> None:
    found = {code for page in codes(printed[form], tmp_path) for code in page}
    assert found == {f"B{number:07}" for number in range(BOXES)} | {f"keepuntil:{NAME}:{DIGEST}"}


def test_the_list_has_the_eight_columns_of_the_law_in_its_order(tmp_path: Path) -> None:
    (first, *_) = words(written(the_list(dossier(journey(BOXES, ITEMS)), "zh"), tmp_path))
    (names,) = (word for word in first if word.text == "名称")
    heads = sorted((w for w in first if abs(w.top - names.top) < 1), key=lambda word: word.left)
    statutory = "序号 名称 卷号 册数 起止年度 档案编号 应保管期限 已保管期限 销毁时间"
    assert [word.text for word in heads] == statutory.split()


def test_the_five_signatories_and_both_witnesses_have_their_places(tmp_path: Path) -> None:
    text = text_of(the_list(journeyed(False), "zh"), tmp_path)
    for role in (
        "单位负责人",
        "档案管理机构负责人",
        "会计管理机构负责人",
        "档案管理机构经办人",
        "会计管理机构经办人",
        "监销人·档案管理机构",
        "监销人·会计管理机构",
    ):
        assert role in text
    assert text.count("签名或盖章、日期") == 7


def test_the_day_of_destruction_is_printed_only_when_all_is_reconciled(tmp_path: Path) -> None:
    opening = journey(2, 3)
    steps = road(opening)
    for count in range(len(steps) + 1):
        text = text_of(the_list(dossier(opening, steps[:count]), "en"), tmp_path)
        done = count == len(steps)
        # A day, not the moment of a step.
        assert len(re.findall(r"2026-03-02(?!\d\d:\d\d)", text)) == (6 if done else 0)


def test_who_signed_stands_in_the_place_with_the_time(tmp_path: Path) -> None:
    text = text_of(the_list(journeyed(True), "en"), tmp_path)
    for person in ("s010", "s011", "s012", "s013", "s014", "s040", "s041"):
        assert person in text
    assert text.count("2026-03-0209:00") == 5
    assert text.count("2026-03-0210:10") == 2
    assert "Signatureorstamp" not in text


def test_an_item_that_was_withdrawn_is_on_the_list_as_such(tmp_path: Path) -> None:
    opening = journey(2, 3)
    now = advance(opening, signed := honest(opening, Step.SIGN))
    out = replace(
        honest(now, Step.WITHDRAW), payload=Withdrawal(reason="H-1", items=("I00000001",))
    )
    made_of = of(advance(now, out), [signed, out])
    text = text_of(the_list(made_of, "zh"), tmp_path)
    assert text.count("已撤出") == 1
    assert "2箱，5件，5册" in text


def test_a_list_without_one_of_its_items_is_refused() -> None:
    made_of = dossier(journey(2, 3))
    known = lines(made_of.consignment)
    del known["I00000004"]
    with pytest.raises(EvidenceError, match=r"no longer has every item of 1 boxes, B0000001"):
        paper_list_pages(made_of, HEAD, known, volumes_of(made_of.consignment)[0], "zh")


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_three_thousand_items_go_on_over_pages(language: Language, tmp_path: Path) -> None:
    made_of = dossier(journey(300, 10))
    pages = texts(written(the_list(made_of, language), tmp_path))
    whole = "".join(pages)
    references = [line.reference for line in lines(made_of.consignment).values()]
    assert [whole.count(str(each)) for each in references] == [1] * 3_000
    heading = "档案编号" if language == "zh" else "archive reference"
    for page in pages:
        if "PZ-1994" in page:
            assert heading in page, "a table goes on without its heading"
            # The first item of a page stands below the heading of its box.
            assert page.index("B0000") < page.index("PZ-1994")


@pytest.mark.parametrize("name", ["hand_over", "witness", "certificate"])
def test_three_hundred_boxes_go_on_over_pages(name: str, tmp_path: Path) -> None:
    opening = journey(300, 2)
    pdf = written(FORMS[name](dossier(opening, road(opening)), "zh"), tmp_path)
    pages = texts(pdf)
    barcodes = [f"B{number:07}" for number in range(300)]
    rows = {word.text for page in words(pdf) for word in page}
    assert rows >= set(barcodes)
    for number, page in enumerate(pages, start=1):
        assert f"{number}/{len(pages)}" in run_together(page)
        if "B0000" in page:
            assert "箱号" in page, "a table goes on without its heading"
    assert "600" in "".join(pages[-2:]) or name == "witness"


def test_a_barcode_is_never_torn_from_its_bars(tmp_path: Path) -> None:
    """Every page reads as many codes as it prints numbers."""
    pdf = written(hand_over_pages(dossier(journey(40, 2)), "zh"), tmp_path)
    for page, read in zip(texts(pdf), codes(pdf, tmp_path), strict=True):
        assert page.count("B0000") == len([code for code in read if code.startswith("B")])


def test_a_hand_over_names_both_sides_seals_and_weights(tmp_path: Path) -> None:
    text = text_of(hand_over_pages(journeyed(True), "zh"), tmp_path)
    for expected in ("移交人", "s020", "接收人", "s030", "到达验收人", "s031", "T-B0000003"):
        assert expected in text
    assert "合计12" in text
    assert "12.000" in text
    assert "LIC-7（有效期至2026-12-31）" in text
    assert "C-2026-01（含返还或销毁条款）" in text


def test_a_hand_over_that_is_still_to_be_made_leaves_seal_and_weight_open(tmp_path: Path) -> None:
    text = text_of(hand_over_pages(journeyed(False), "en"), tmp_path)
    assert "Z-00003" not in text, "the shelf's seal is replaced before the journey"
    assert "0.000" not in text
    assert text.count("Signatureorstamp,date") == 3


def test_without_a_journey_there_is_no_hand_over_form() -> None:
    with pytest.raises(EvidenceError, match="no hand-over"):
        hand_over_pages(dossier(weeding_journey()), "zh")


def test_without_a_vendor_who_signs_second_takes_over(tmp_path: Path) -> None:
    opening = vendor_journey(rule=WITH_VENDOR, vendor=None)
    made_of = dossier(opening, (Step.SIGN, Step.PICK, Step.SEAL, Step.HAND_OVER))
    text = text_of(hand_over_pages(made_of, "en"), tmp_path)
    assert "Theinstitutionitself" in text
    assert text.index("s020") < text.index("s030")


def test_a_witness_record_has_counts_before_and_signatures_after(tmp_path: Path) -> None:
    text = text_of(witness_pages(journeyed(True), "en"), tmp_path)
    for expected in ("ShreddedtoP-5", "s031", "s040", "s041", "None."):
        assert expected in text
    assert text.count("2026-03-0210:10") == 2
    opening = journey(2, 3)
    counted = dossier(opening, road(opening)[:6])
    text = text_of(witness_pages(counted, "en"), tmp_path)
    assert "2026-03-0209:50" in text, "counted, and not destroyed yet"
    assert "Ifany,writedowneachandsign" in text


def test_a_mishap_stands_in_the_witness_record_with_what_came_of_it(tmp_path: Path) -> None:
    now, records = journey(2, 3), list[StepRecord]()
    while (step := road(now)[len(records)]) is not Step.COUNT:
        records.append(honest(now, step))
        now = advance(now, records[-1])
    short = honest(now, Step.COUNT)
    line = lines_of(short)["B0000001"]
    short = scanning(short, replace(line, items=line.items[1:]))
    now = advance(now, short)
    text = text_of(witness_pages(of(now, [*records, short]), "zh"), tmp_path)
    assert "缺件" in text
    assert "未处理" in text
    assert "I00000003" not in text, "which item is for those who look for it"


def withdrawn_after_the_count() -> Dossier:
    """A reconciled journey of two boxes that lost an item between count and destruction."""
    now, records = journey(2, 3), list[StepRecord]()
    for step in road(now):
        if step is Step.DESTROY:
            out = Withdrawal(reason="H-1", items=("I00000001",), seals=(("B0000000", "N-1"),))
            records.append(replace(honest(now, Step.WITHDRAW), payload=out))
            now = advance(now, records[-1])
        record = honest(now, step)
        if isinstance(record.payload, VendorCertificate):
            # Nobody weighed the box anew.
            record = replace(record, payload=replace(record.payload, grams=None))
        records.append(record)
        now = advance(now, record)
    return of(now, records)


def test_an_item_that_was_withdrawn_later_is_counted_nowhere(tmp_path: Path) -> None:
    made_of = withdrawn_after_the_count()
    text = text_of(certificate(made_of, "en"), tmp_path)
    assert "B000000022222" in text
    assert "B000000133333" in text
    assert "total55555" in text
    assert "1boxes,1items" in text, "withdrawn, not destroyed"
    record = text_of(witness_pages(made_of, "en"), tmp_path)
    assert "33" in record
    assert "23" not in record.replace("2026", "")


def test_what_was_shredded_too_coarsely_is_not_the_method(tmp_path: Path) -> None:
    now, records = journey(2, 3), list[StepRecord]()
    while (step := road(now)[len(records)]) is not Step.DESTROY:
        records.append(honest(now, step))
        now = advance(now, records[-1])
    coarse = destroying(now, *now.remaining_boxes, treatment=Treatment.P2)
    for record in (coarse, None, None, None, None):
        steps = {State.HALTED: Step.RESOLVE, State.COUNTED: Step.DESTROY}
        after = {State.DESTROYED: Step.WITNESS, State.WITNESSED: Step.CERTIFY}
        records.append(record or honest(now, {**steps, **after}[now.state]))
        now = advance(now, records[-1])
    records.append(honest(now, Step.RECONCILE))
    now = advance(now, records[-1])
    text = text_of(certificate(of(now, records), "en"), tmp_path)
    assert "P-5" in text
    assert "P-2" not in text
    assert "allresolved1" in text


def test_times_are_those_of_the_rule_whatever_zone_a_record_came_in(tmp_path: Path) -> None:
    opening = journey(2, 3)
    signed = honest(opening, Step.SIGN)
    utc = replace(signed, at=signed.at.astimezone(UTC))
    text = text_of(the_list(of(advance(opening, utc), [utc]), "en"), tmp_path)
    assert "2026-03-0209:00" in text
    assert "01:00" not in text


def test_who_signed_twice_stands_with_the_later_time() -> None:
    now = until(vendor_journey(), Step.COUNT)
    records = []
    for box in now.boxes:
        record = honest(now, Step.COUNT)
        records.append(scanning(record, lines_of(record)[box]))
        now = advance(now, records[-1])
    made_of = of(now, records)
    assert made_of.signed_at(Step.COUNT, "s040") == records[-1].at
    assert made_of.signed_at(Step.WITNESS, "s040") is None
    assert made_of.at(Step.COUNT) == "2026-03-02 09:50 – 2026-03-02 10:10"


def test_there_is_nothing_to_hand_over_when_all_was_withdrawn() -> None:
    with pytest.raises(EvidenceError, match="all were withdrawn"):
        hand_over_pages(of(in_state(State.WITHDRAWN), []), "zh")


@pytest.mark.parametrize("step", road(journey()))
def test_there_is_no_certificate_of_what_is_not_reconciled(step: Step) -> None:
    made_of = of(until(vendor_journey(), step), [])
    with pytest.raises(EvidenceError, match="not reconciled"):
        certificate(made_of, "zh")


def test_there_is_no_certificate_of_a_difference() -> None:
    """Also where a state says otherwise."""
    now = journeyed(True).consignment
    tally = replace(now.tallies["B0000002"], received=())
    made_of = replace(journeyed(True), consignment=now.with_tallies({"B0000002": tally}))
    with pytest.raises(EvidenceError, match=r"Box B0000002: .*received 0"):
        certificate(made_of, "zh")


def test_a_certificate_says_box_by_box_what_was_seen_at_every_point(tmp_path: Path) -> None:
    text = text_of(certificate(journeyed(True), "zh"), tmp_path)
    for expected in (
        "移交、接收、清点、销毁与销毁方证明逐箱相符",
        "B0000011777771.000",
        "合计848484848412.000",
        "DC-19",
        "ab" * 32,
        "P-5级",
        "C-2026-01",
        "2026-03-0210:00",
    ):
        assert expected in text


def test_a_certificate_names_nothing_that_lay_in_a_box(tmp_path: Path) -> None:
    for language in LANGUAGES:
        text = text_of(certificate(journeyed(True), language), tmp_path)
        known = lines(journeyed(True).consignment)
        assert not [item for item in known if item in text]
        assert not [line for line in known.values() if str(line.reference) in text]


def test_a_certificate_of_the_institution_itself_speaks_of_no_vendor(tmp_path: Path) -> None:
    opening = weeding_journey()
    text = text_of(certificate(dossier(opening, road(opening)), "en"), tmp_path)
    assert "Theinstitutionitself" in text
    assert "W2333" in text
    assert "certified" not in text.replace("certifies", "")


def test_an_opinion_is_counted_once_there_is_one_on_everything(tmp_path: Path) -> None:
    text = text_of(appraisal_pages(appraisal(), "zh"), tmp_path)
    assert "结论：销毁1,480件，延期保管312件，未了事项抽出立卷1件。" in text
    assert "延至2031-12-31。" in text
    first, *others = OPINIONS
    open_ = appraisal(replace(first, opinion=None), *others)
    assert "结论" not in text_of(appraisal_pages(open_, "zh"), tmp_path)


@pytest.mark.parametrize(
    ("group", "missing"),
    [
        (replace(OPINIONS[1], until=None), "the day until which it is kept"),
        (replace(OPINIONS[1], reason=" "), "a reason"),
        (replace(OPINIONS[2], reason=""), "a reason"),
    ],
)
def test_an_opinion_to_keep_without_its_grounds_is_refused(group: object, missing: str) -> None:
    made = replace(appraisal(), groups=(OPINIONS[0], group))  # type: ignore[arg-type]
    with pytest.raises(EvidenceError, match=f"Line 2 .* without {missing}"):
        appraisal_pages(made, "en")


@pytest.mark.parametrize("nobody", [{"groups": ()}, {"panel": ()}])
def test_an_opinion_on_nothing_or_by_nobody_is_refused(nobody: dict[str, tuple[()]]) -> None:
    with pytest.raises(EvidenceError, match="no group or no panel"):
        appraisal_pages(replace(appraisal(), **nobody), "zh")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FORMS)
def test_a_missing_title_is_named(name: str) -> None:
    for language, title in (("zh", Text(zh=" ", en="x")), ("en", Text(zh="x", en=""))):
        made_of = replace(journeyed(True), title=title)
        with pytest.raises(EvidenceError, match=f"title of the category .* language '{language}'"):
            FORMS[name](made_of, language)  # type: ignore[arg-type]


def test_labels_for_no_box_are_refused() -> None:
    with pytest.raises(EvidenceError, match="no boxes"):
        label_pages(CONTROLLER, [], ON, "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_label_is_printed_as_it_is_and_stays_in_its_place(
    language: Language, tmp_path: Path
) -> None:
    made = Label(barcode="B1", title=MARKUP, place=LONGEST, note="1994–1995")
    pdf = written(label_pages(HOST, [made] * 24, ON, language), tmp_path)
    (page,) = words(pdf)
    assert run_together(MARKUP) in run_together("".join(texts(pdf)))
    assert max(word.right for word in page) <= HIGH
    # The middle column keeps to its own 70 mm.
    lefts = sorted({round(word.left) for word in page if word.text.startswith("#panic")})
    assert lefts == [round((5 + 70 * column) * 72 / 25.4) for column in range(3)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [each for each in FORMS if each != "appraisal"])
def test_the_longest_names_stay_on_the_sheet(name: str, language: Language, tmp_path: Path) -> None:
    opening = journey(2, 3)
    made_of = replace(dossier(opening, road(opening)), controller=HOST, category=LONGEST)
    now = made_of.consignment
    rule = replace(now.rule, signatories=(LONGEST,) * 3)
    tallies = {box: replace(tally, seal="Z" * 64) for box, tally in now.tallies.items()}
    made_of = replace(made_of, consignment=replace(now, rule=rule, tallies=tallies))
    width = WIDE if name == "list" else HIGH
    for page in words(written(FORMS[name](made_of, language), tmp_path)):
        assert max(word.right for word in page) <= width - MARGIN + 1.5
        assert overlapping(page) == []


@pytest.mark.parametrize("name", FORMS)
def test_the_same_form_is_the_same_page_to_the_byte(name: str) -> None:
    assert FORMS[name](journeyed(True), "zh") == FORMS[name](journeyed(True), "zh")
