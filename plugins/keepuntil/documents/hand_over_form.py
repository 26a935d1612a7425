"""The hand-over form (交接单): which boxes, under which seals, how heavy, and who signs."""

from __future__ import annotations

from keepuntil.documents.custody_words import COLUMNS, FACTS, HAND_OVER
from keepuntil.documents.dossier import (
    Dossier,
    box_code,
    columns,
    form,
    kilograms,
    of_vendor,
    seal_to_show,
    signature,
    vendor_of,
    what_of,
)
from keepuntil.documents.typesetting import Language, typeset
from keepuntil.documents.words import in_language
from keepuntil.domain.consignments import Participant, Step
from keepuntil.domain.reconciliation import totals
from keepuntil.errors import EvidenceError

WIDEST_BARS = 48.0


def hand_over_pages(dossier: Dossier, language: Language) -> bytes:
    """An unsigned PDF, to be filled in and signed or as it was.

    Raises EvidenceError when the boxes of the consignment do not leave the records centre,
    or none is left.
    """
    _refuse_nothing_to_hand_over(dossier)
    return typeset(
        "hand_over_form",
        {
            **form(dossier, HAND_OVER, language),
            "boxes": _boxes(dossier),
            "columns": columns(
                language, "number", "box", "seal", "items", "weight", "gave", "took"
            ),
            "signatures": _signatures(dossier, language),
            "total": _total(dossier, language),
            "what": _what(dossier, language),
        },
        language,
    )


def _refuse_nothing_to_hand_over(dossier: Dossier) -> None:
    consignment = dossier.consignment
    if not consignment.rule.transported:
        raise EvidenceError(
            f"The boxes of {consignment.consignment} stay in the records centre: there is no "
            "hand-over to write down."
        )
    if not consignment.remaining_boxes:
        raise EvidenceError(f"No box is left of {consignment.consignment}: all were withdrawn.")


def _what(dossier: Dossier, language: Language) -> list[list[str]]:
    names = in_language(FACTS, language)
    return [
        *what_of(dossier, language),
        *vendor_of(dossier, language),
        [names["handed_over"], dossier.at(Step.HAND_OVER)],
        [names["vehicle"], ""],
        [names["escort"], ""],
    ]


def _boxes(dossier: Dossier) -> list[dict[str, object]]:
    consignment = dossier.consignment
    return [
        {
            "number": f"{number:,}",
            "code": box_code(box, widest=WIDEST_BARS),
            "seal": seal_to_show(consignment, box),
            "items": f"{len(consignment.remaining(box)):,}",
            "weight": kilograms(consignment.tallies[box].grams),
            "gave": box_was_seen(consignment.tallies[box].sent),
            "took": box_was_seen(consignment.tallies[box].received),
        }
        for number, box in enumerate(consignment.remaining_boxes, start=1)
    ]


def box_was_seen(items: tuple[str, ...]) -> bool:
    """Whether a step was entered for a box: its tick is printed; else it is made by hand."""
    return bool(items)


def _total(dossier: Dossier, language: Language) -> dict[str, str]:
    consignment = dossier.consignment
    items = sum(len(consignment.remaining(box)) for box in consignment.remaining_boxes)
    sent = totals(consignment).sent
    return {
        "label": in_language(COLUMNS, language)["total"],
        "boxes": f"{len(consignment.remaining_boxes):,}",
        "items": f"{items:,}",
        "weight": kilograms(sent.grams) if sent.boxes else "",
    }


def _signatures(dossier: Dossier, language: Language) -> list[dict[str, str]]:
    names = in_language(FACTS, language)
    gives, takes = _sides(dossier)
    return [
        _place(dossier, names["gives"], gives, Step.HAND_OVER),
        _place(dossier, names["takes"], takes, Step.HAND_OVER),
        _place(dossier, names["arrival"], _arrived(dossier), Step.RECEIVE),
    ]


def _sides(dossier: Dossier) -> tuple[Participant | None, Participant | None]:
    """Who gives and who takes: the vendor's side takes, or whoever signed second."""
    record = dossier.last(Step.HAND_OVER)
    if record is None:
        return None, None
    takes = next(iter(of_vendor(record.by)), record.by[-1])
    gives = next(each for each in record.by if each != takes)
    return gives, takes


def _arrived(dossier: Dossier) -> Participant | None:
    record = dossier.last(Step.RECEIVE)
    return None if record is None else record.by[0]


def _place(dossier: Dossier, role: str, who: Participant | None, step: Step) -> dict[str, str]:
    if who is None:
        return signature(role)
    return signature(role, who.person, dossier.moment(dossier.signed_at(step, who.person)))
