"""The destruction list on paper (销毁清册): items in the columns of 会计档案管理办法 18(一)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from keepuntil.documents.custody_words import ANNEXES, COLUMNS, FACTS, PAPER_LIST
from keepuntil.documents.dossier import (
    Dossier,
    box_code,
    columns,
    extent,
    form,
    role_of,
    seal_to_show,
    side,
    signature,
    title_of,
    treatments,
    vendor_of,
    what_of,
    witness_places,
    years,
)
from keepuntil.documents.paper_lines import ListLine, more_of
from keepuntil.documents.typesetting import Language, typeset, typeset_apart
from keepuntil.documents.words import in_language
from keepuntil.domain.consignments import Consignment, Duty, Step
from keepuntil.domain.reconciliation import End, ItemEnd, ends
from keepuntil.errors import EvidenceError

WIDEST_BARS = 80.0

VOLUME_LINES = 2_000
"""Lines a volume: to typeset these takes some 400 MB, and memory grows with the lines."""

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
class ListHead:
    """What stands above the items beside what the journey says of itself."""

    opinion: str
    """The number of the appraisal opinion (鉴定意见书编号); empty: nobody had to give one."""
    sensitivity: str | None
    """The level of personal information in the category, as its rule says it."""
    extracted: int
    """Items that the appraisal took out as unsettled (抽出立卷)."""
    fonds: str | None
    """The number of the fonds (全宗号); None: nobody has declared it."""
    linked: tuple[str, ...]
    """Other places in which the rule has copies of the same records."""
    places: Mapping[str, str]
    """Where each box stands, by barcode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A part of a list that is printed and bound by itself."""

    number: int
    """From 1."""
    of: int
    first: int
    """The running number of its first line, from 1."""
    boxes: tuple[tuple[str, tuple[str, ...]], ...]
    """Its lines, by box; a large box may go on in the next volume."""

    @property
    def is_last(self) -> bool:
        """Whether totals and signatures stand in it."""
        return self.number == self.of


def volumes_of(consignment: Consignment, size: int = VOLUME_LINES) -> tuple[Volume, ...]:
    """The lines of a consignment in their order, so many a volume, each in exactly one."""
    lines = [(box, item) for box, listed in consignment.boxes.items() for item in listed.items]
    starts = range(0, len(lines), size)
    return tuple(
        Volume(
            number=number,
            of=len(starts),
            first=start + 1,
            boxes=tuple(
                (box, tuple(item for _, item in items))
                for box, items in groupby(lines[start : start + size], key=itemgetter(0))
            ),
        )
        for number, start in enumerate(starts, start=1)
    )


def paper_list_pages(
    dossier: Dossier,
    head: ListHead,
    lines: Mapping[str, ListLine],
    volume: Volume,
    language: Language,
) -> bytes:
    """An unsigned PDF of one volume: its items by box; in the last one room for all who sign.

    ``lines`` by item, of the whole consignment. The day of destruction is printed once the
    consignment is reconciled; before, its column is empty. Raises EvidenceError when an item
    of the consignment has no line.
    """
    _refuse_incomplete(dossier, lines)
    # A volume of many is long, and there are more of them.
    compose = typeset if volume.of == 1 else typeset_apart
    return compose(
        "paper_list",
        {
            **form(dossier, PAPER_LIST, language),
            "boxes": _boxes(dossier, head, lines, volume, language),
            "columns": columns(language, *_COLUMNS),
            "is_last": volume.is_last,
            "sentence": _sentence(dossier, language),
            "signatures": _signatories(dossier, language),
            "totals": [[in_language(FACTS, language)["extent"], _extent(dossier, lines, language)]],
            "volume": _volume(volume, language),
            "what": _what(dossier, head, lines, language),
            "witnesses": witness_places(dossier, language),
        },
        language,
    )


def _volume(volume: Volume, language: Language) -> str:
    """Which part of the list it is; empty: all of it."""
    if volume.of == 1:
        return ""
    words = in_language(PAPER_LIST, language)
    said = words["volume"].format(volume.number, volume.of)
    return said if volume.is_last else f"{said} · {words['signed_in_last'].format(volume.of)}"


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


def _what(
    dossier: Dossier, head: ListHead, lines: Mapping[str, ListLine], language: Language
) -> list[list[str]]:
    names, consignment = in_language(FACTS, language), dossier.consignment
    (drafter, *_) = consignment.people[Duty.DRAFT]
    category, bases, _ = what_of(dossier, language)
    return [
        [names["fonds"], head.fonds or names["not_declared"]],
        category,
        bases,
        [names["opinion"], head.opinion or names["none"]],
        [names["extracted"], f"{head.extracted:,}"],
        [names["sensitivity"], head.sensitivity or names["not_stated"]],
        [names["linked"], ", ".join(head.linked) or names["none"]],
        [names["extent"], _extent(dossier, lines, language)],
        [names["method"], treatments(consignment.rule.treatments, language)],
        *vendor_of(dossier, language)[:1],
        [names["place"], "；".join(dossier.places) or names["not_set"]],
        [names["planned_at"], dossier.moment(consignment.intended.at) or names["not_set"]],
        [names["destroyed_at"], dossier.at(Step.DESTROY) or names["not_yet"]],
        [names["annexes"], _annexes(dossier, head, language)],
        [names["drafted_by"], f"{side(drafter, language)} · {drafter.person}"],
        [names["on"], dossier.printed_on.isoformat()],
    ]


def _annexes(dossier: Dossier, head: ListHead, language: Language) -> str:
    """What belongs to the list beside it (附件), with the numbers that there are."""
    words, consignment = in_language(ANNEXES, language), dossier.consignment
    found = [f"{words['opinion']} {head.opinion}"] if head.opinion else []
    found += [words["hand_over"]] if consignment.rule.transported else []
    found.append(words["witness"])
    if consignment.certificate is not None:
        found.append(f"{words['vendor']} {consignment.certificate.number}")
    return words["and"].join(found)


def _extent(dossier: Dossier, lines: Mapping[str, ListLine], language: Language) -> str:
    """With the volumes and pages, where the archive counted all of them."""
    consignment, words = dossier.consignment, in_language(FACTS, language)
    going = [
        lines[item] for box in consignment.remaining_boxes for item in consignment.remaining(box)
    ]
    said = [extent(dossier, language)]
    for name, counts in (
        ("volumes", [line.volumes for line in going]),
        ("pages", [line.pages for line in going]),
    ):
        known = [count for count in counts if count is not None]
        if going and len(known) == len(going):
            said.append(words[name].format(f"{sum(known):,}"))
    return words["and"].join(said)


def _boxes(
    dossier: Dossier,
    head: ListHead,
    lines: Mapping[str, ListLine],
    volume: Volume,
    language: Language,
) -> list[dict[str, object]]:
    words = in_language({**COLUMNS, **PAPER_LIST}, language)
    name, came_to, days = (
        title_of(dossier.title, language),
        ends(dossier.consignment),
        _days(dossier),
    )
    boxes: list[dict[str, object]] = []
    number = volume.first
    for barcode, items in volume.boxes:
        listed, rows = dossier.consignment.boxes[barcode], []
        for item in items:
            day = _day(came_to[item], days.get(barcode, ""), words)
            told = more_of(lines[item], language, appraised=bool(head.opinion))
            rows.append({"cells": _row(number, name, lines[item], day, language), "more": told})
            number += 1
        about = [words["whole"] if listed.whole else words["weeded"]]
        about += [f"{words['place']} {head.places[barcode]}"] if barcode in head.places else []
        seal = seal_to_show(dossier.consignment, barcode) or listed.seal
        about += [f"{words['seal']} {seal}"] if seal else []
        about.append(f"{words['items']} {len(listed.items):,}")
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
