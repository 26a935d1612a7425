"""The destruction certificate of paper (销毁证明): a reconciled journey, box by box, on one page.

It names boxes, counts and staff numbers: nothing of what lay in a box, and nobody it was about.
"""

from __future__ import annotations

from collections import Counter

from keepuntil.documents.custody_words import COLUMNS, FACTS, PAPER_CERTIFICATE, STEPS
from keepuntil.documents.dossier import (
    Dossier,
    columns,
    extent,
    form,
    kilograms,
    role_of,
    side,
    title_of,
    treatments,
    vendor_of,
    what_of,
)
from keepuntil.documents.typesetting import Language, typeset
from keepuntil.documents.words import in_language
from keepuntil.domain.consignments import Consignment, Duty, State, Step, Tally
from keepuntil.domain.reconciliation import differences, totals
from keepuntil.errors import EvidenceError


def paper_certificate_pages(dossier: Dossier, language: Language) -> bytes:
    """An unsigned PDF. Raises EvidenceError while the consignment is not reconciled."""
    _refuse_unreconciled(dossier.consignment)
    return typeset(
        "paper_certificate",
        {
            **form(dossier, PAPER_CERTIFICATE, language),
            "boxes": {
                "columns": columns(language, "box", *_points(dossier.consignment), "weight"),
                "rows": [
                    _row(dossier.consignment, box) for box in dossier.consignment.remaining_boxes
                ],
                "total": _total(dossier, language),
            },
            "road": _road(dossier, language),
            "sentence": _sentence(dossier, language),
            "vendor": _vendor(dossier, language),
            "what": _what(dossier, language),
            "witnesses": _witnesses(dossier, language),
        },
        language,
    )


def _refuse_unreconciled(consignment: Consignment) -> None:
    found = differences(consignment)
    if consignment.state is not State.RECONCILED or found:
        first = found[0].sentence if found else f"It stands at {consignment.state}."
        raise EvidenceError(
            f"There is no certificate of {consignment.consignment}: it is not reconciled. {first}"
        )


def _sentence(dossier: Dossier, language: Language) -> str:
    title, how_many = title_of(dossier.title, language), extent(dossier, language)
    vendor = dossier.consignment.vendor is not None
    if language == "zh":
        agree = "移交、接收、清点、销毁" if dossier.consignment.rule.transported else "清点、销毁"
        agree += "与销毁方证明" if vendor else ""
        return f"兹证明：“{title}”{how_many} 已销毁；{agree}逐箱相符，无差异。"
    agree = (
        "sent, received, counted and destroyed"
        if dossier.consignment.rule.transported
        else ("counted and destroyed")
    )
    agree += ", and as the vendor certifies it" if vendor else ""
    return (
        f"The {how_many} of “{title}” were destroyed. Every box is the same as {agree}; there is "
        "no difference."
    )


def _what(dossier: Dossier, language: Language) -> list[list[str]]:
    names, counted = in_language(FACTS, language), totals(dossier.consignment)
    withdrawn = names["none"]
    if counted.withdrawn.items:
        words = names["boxes_items"]
        withdrawn = words.format(f"{counted.withdrawn.boxes:,}", f"{counted.withdrawn.items:,}")
    return [
        *what_of(dossier, language),
        [names["digest"], dossier.consignment.plan_digest],
        [names["withdrawn"], withdrawn],
        [names["incidents"], f"{len(dossier.consignment.incidents):,}"],
    ]


def _vendor(dossier: Dossier, language: Language) -> list[list[str]]:
    names, certificate = in_language(FACTS, language), dossier.consignment.certificate
    rows = vendor_of(dossier, language)
    if certificate is not None:
        rows += [
            [names["vendor_certificate"], certificate.number],
            [names["vendor_file"], certificate.sha256],
        ]
    done = [each.treatment for _, each in dossier.destructions()]
    return [*rows, [names["done_by"], treatments(done, language)]]


def _road(dossier: Dossier, language: Language) -> list[list[str]]:
    words = in_language(STEPS, language)
    return [
        [words[step], dossier.at(step)] for step in Step if step in STEPS and dossier.done(step)
    ]


def _points(consignment: Consignment) -> tuple[str, ...]:
    """The points of the journey at which this consignment was counted."""
    journey = ("sent", "received") if consignment.rule.transported else ("picked",)
    vendor = ("certified",) if consignment.vendor is not None else ()
    return (*journey, "counted", "destroyed", *vendor)


def _row(consignment: Consignment, box: str) -> list[str]:
    expected = set(consignment.remaining(box))
    tally = consignment.tallies[box]
    counts = (_seen(consignment, box, tally, point, expected) for point in _points(consignment))
    return [box, *(f"{count:,}" for count in counts), kilograms(tally.grams)]


def _seen(consignment: Consignment, box: str, tally: Tally, point: str, expected: set[str]) -> int:
    """Items of a box at one point; those that were withdrawn later are not counted."""
    if point == "certified":
        stated = consignment.certificate.boxes if consignment.certificate else ()
        return len(tally.destroyed) * Counter(stated)[box]
    seen: tuple[str, ...] = getattr(tally, point)
    return len(expected.intersection(seen))


def _total(dossier: Dossier, language: Language) -> list[str]:
    consignment = dossier.consignment
    rows = [_row(consignment, box) for box in consignment.remaining_boxes]
    sums = [
        sum(int(row[place].replace(",", "")) for row in rows)
        for place in range(1, 1 + len(_points(consignment)))
    ]
    weight = kilograms(totals(consignment).destroyed.grams)
    return [in_language(COLUMNS, language)["total"], *(f"{each:,}" for each in sums), weight]


def _witnesses(dossier: Dossier, language: Language) -> dict[str, object]:
    return {
        "columns": columns(language, "department", "person", "counted_at", "signed_at"),
        "rows": [
            [
                " · ".join(dict.fromkeys((side(each, language), role_of(each.role, language)))),
                each.person,
                dossier.moment(dossier.signed_at(Step.COUNT, each.person)),
                dossier.moment(dossier.signed_at(Step.WITNESS, each.person)),
            ]
            for each in dossier.consignment.people[Duty.WITNESS]
        ],
    }
