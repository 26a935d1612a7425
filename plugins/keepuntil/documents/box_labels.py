"""Labels for boxes, 24 a sheet (70 × 37 mm): a barcode to scan, and the same to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from keepuntil.documents.dossier import box_code
from keepuntil.documents.typesetting import Language, typeset
from keepuntil.errors import EvidenceError

WIDEST_BARS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands on one box. It is read in the stacks by anyone: never a customer's name."""

    barcode: str
    title: str
    """The category, or what else the archive calls the box."""
    place: str
    """Site and shelf, so that a box finds its way back."""
    note: str = ""
    """Years, or the journey it is on."""


def label_pages(controller: str, labels: Sequence[Label], on: date, language: Language) -> bytes:
    """An unsigned PDF of label sheets. Raises EvidenceError when there is no label."""
    if not labels:
        raise EvidenceError("There are no boxes to print labels for.")
    return typeset(
        "box_labels",
        {
            "controller": controller,
            "labels": [
                {
                    "code": box_code(label.barcode, widest=WIDEST_BARS),
                    "title": label.title,
                    "place": label.place,
                    "note": label.note,
                }
                for label in labels
            ],
            "on": on.isoformat(),
        },
        language,
    )
