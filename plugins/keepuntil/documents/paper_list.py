"""The destruction list on paper (销毁清册): items in the columns of 会计档案管理办法 18(一)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keepuntil.documents.custody_words import COLUMNS, FACTS, PAPER_LIST
from keepuntil.documents.dossier import (
    Dossier,
    box_code,
    columns,
    extent,
    form,
    role_of,
    side,
    signature,
    title_of,
    treatments,
    what_of,
    witness_places,
    years,
)
from keepuntil.documents.typesetting import Language, typeset
from keepuntil.documents.words import in_language
from keepuntil.domain.consignments import Duty, Step
from keepuntil.domain.periods import Period
from keepuntil.domain.reconciliation import End, ItemEnd, ends
from keepuntil.errors import EvidenceError

WIDEST_BARS = 80.0

_COLUMNS = (
    "number",
    "name",
    "folder",
    "volumes",
    "years",
    "reference",
    "retention",
    "kept",
    "destroyed_on",
)
"""The statute's eight in its own order, behind a running number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """One item of the list. What is None is not known and is written by hand."""

    item: str
    """Its barcode."""
    folder: str | None
    volumes: int | None
    year_from: int | None
    year_to: int | None
    reference: str | None
    retention: Period | None
    """How long it has to be kept by the rule."""
    kept: Period | None
    """How long it has been kept, in whole years."""


def paper_list_pages(dossier: Dossier, lines: Mapping[str, ListLine], language: Language) -> bytes:
    """An unsigned PDF of every item, by box, with room for all who sign.

    Typesetting takes about 180 kB of memory an item: some thousand items are one list, and
    more are several consignments.

    ``lines`` by item. The day of destruction is printed once the consignment is
    reconciled; before, its column is empty. Raises EvidenceError when an item of the
    consignment has no line.
    """
    _refuse_incomplete(dossier, lines)
    return typeset(
        "paper_list",
        {
            **form(dossier, PAPER_LIST, language),
            "boxes": _boxes(dossier, lines, language),
            "columns": columns(language, *_COLUMNS),
            "sentence": _sentence(dossier, language),
            "signatures": _signatories(dossier, language),
            "what": _what(dossier, lines, language),
            "witnesses": witness_places(dossier, language),
        },
        language,
    )


def _refuse_incomplete(dossier: Dossier, lines: Mapping[str, ListLine]) -> None:
    boxes = dossier.consignment.boxes
    lacking = [box for box, listed in boxes.items() if not set(listed.items) <= lines.keys()]
    if lacking:
        raise EvidenceError(
            f"The list of {dossier.consignment.consignment} cannot be printed: the register no "
            f"longer has every item of {len(lacking)} boxes, {lacking[0]} first. A list is "
            "printed before its items are struck off."
        )


def _sentence(dossier: Dossier, language: Language) -> str:
    title, how_many = title_of(dossier.title, language), extent(dossier, language)
    if language == "zh":
        return (
            f"下列“{title}”共 {how_many}，保管期限已满，经鉴定无继续保存价值，拟予销毁。"
            "任何人签署后清册如有改动，全部签署作废。"
        )
    return (
        f"The {how_many} of “{title}” below have reached the end of their retention and are "
        "proposed for destruction. A change after anyone has signed voids all signatures."
    )


def _what(dossier: Dossier, lines: Mapping[str, ListLine], language: Language) -> list[list[str]]:
    names, consignment = in_language(FACTS, language), dossier.consignment
    (drafter, *_) = consignment.people[Duty.DRAFT]
    category, bases, _ = what_of(dossier, language)
    return [
        category,
        bases,
        [names["extent"], _extent(dossier, lines, language)],
        [names["method"], treatments(consignment.rule.treatments, language)],
        [names["drafted_by"], f"{side(drafter, language)} · {drafter.person}"],
        [names["on"], dossier.printed_on.isoformat()],
    ]


def _extent(dossier: Dossier, lines: Mapping[str, ListLine], language: Language) -> str:
    """With the volumes, where the archive counted all of them."""
    consignment = dossier.consignment
    boxes = consignment.remaining_boxes
    staying = [lines[item] for box in boxes for item in consignment.remaining(box)]
    known = [line.volumes for line in staying if line.volumes is not None]
    if len(known) < len(staying):
        return extent(dossier, language)
    words = in_language(FACTS, language)["boxes_items_volumes"]
    return words.format(f"{len(boxes):,}", f"{len(staying):,}", f"{sum(known):,}")


def _boxes(
    dossier: Dossier, lines: Mapping[str, ListLine], language: Language
) -> list[dict[str, object]]:
    words = in_language({**COLUMNS, **PAPER_LIST}, language)
    name, came_to, days = (
        title_of(dossier.title, language),
        ends(dossier.consignment),
        _days(dossier),
    )
    boxes: list[dict[str, object]] = []
    number = 0
    for barcode, listed in dossier.consignment.boxes.items():
        rows = []
        for item in listed.items:
            number += 1
            day = _day(came_to[item], days.get(barcode, ""), words)
            rows.append(_row(number, name, lines[item], day, language))
        about = [words["whole"] if listed.whole else words["weeded"]]
        about += [f"{words['seal']} {listed.seal}"] if listed.seal else []
        about.append(f"{words['items']} {len(rows):,}")
        boxes.append(
            {
                "code": box_code(barcode, widest=WIDEST_BARS),
                "about": " · ".join(about),
                "rows": rows,
            }
        )
    return boxes


def _days(dossier: Dossier) -> dict[str, str]:
    """The day each box was destroyed."""
    return {
        box: dossier.moment(record.at)[:10]
        for record, destruction in dossier.destructions()
        for box in destruction.boxes
    }


def _day(end: ItemEnd, day: str, words: Mapping[str, str]) -> str:
    match end.end:
        case End.DESTROYED:
            return day
        case End.WITHDRAWN:
            return words["withdrawn"]
        case End.PENDING:
            return ""


def _row(number: int, name: str, line: ListLine, day: str, language: Language) -> list[str]:
    return [
        f"{number:,}",
        name,
        line.folder or "",
        "" if line.volumes is None else f"{line.volumes:,}",
        years(line.year_from, line.year_to),
        line.reference or line.item,
        "" if line.retention is None else line.retention.in_words(language),
        "" if line.kept is None else line.kept.in_words(language),
        day,
    ]


def _signatories(dossier: Dossier, language: Language) -> list[dict[str, str]]:
    consignment = dossier.consignment
    signed = {each.role: each.person for each in consignment.people.get(Duty.APPROVE, ())}
    return [
        signature(
            role_of(role, language),
            signed.get(role, ""),
            dossier.moment(dossier.signed_at(Step.SIGN, signed[role])) if role in signed else "",
        )
        for role in consignment.rule.signatories
    ]
