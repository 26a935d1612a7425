"""The destruction certificate of paper (销毁证明): a reconciled journey, box by box.

It names boxes, counts and staff numbers: nothing of what lay in a box, and nobody it was about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

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
from keepuntil.domain.consignments import Consignment, Duty, IncidentKind, State, Step
from keepuntil.domain.reconciliation import differences, totals
from keepuntil.errors import EvidenceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What the certificate says of its own issue, and of copies elsewhere."""

    key: str
    """The identifier of the key that signs it."""
    stamped: bool
    """Whether an authority stamps its time (可信时间戳)."""
    previous: str | None
    """``sha256:<hex>`` of the last certificate of destruction before it; None: there was none."""
    copies_gone_by: date | None
    """The day copies in backups have aged out; None: there are none."""


def paper_certificate_pages(dossier: Dossier, issue: Issue, language: Language) -> bytes:
    """An unsigned PDF. Raises EvidenceError while the consignment is not reconciled."""
    _refuse_unreconciled(dossier.consignment)
    return typeset(
        "paper_certificate",
        {
            **form(dossier, PAPER_CERTIFICATE, language),
            "boxes": _boxes(dossier, language),
            "end": _end(dossier, issue, language),
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
        return f"兹证明：“{title}”{how_many}已销毁；{agree}逐箱相符，无差异。"
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
        [names["list"], dossier.consignment.consignment],
        [names["digest"], dossier.consignment.plan_digest],
        [names["withdrawn"], withdrawn],
        [names["incidents"], f"{len(dossier.consignment.incidents):,}"],
        *_carried(dossier.consignment, language),
    ]


def _carried(consignment: Consignment, language: Language) -> list[list[str]]:
    """The form it was handed over with, where it was, and what its seals came to."""
    names = in_language(FACTS, language)
    broken = sum(each.kind is IncidentKind.SEAL_BROKEN for each in consignment.incidents)
    seals = names["seals_differed"].format(broken) if broken else names["seals_agree"]
    form_number = [[names["hand_over_form"], consignment.consignment]]
    return [*(form_number if consignment.rule.transported else []), [names["seals"], seals]]


def _end(dossier: Dossier, issue: Issue, language: Language) -> list[list[str]]:
    names = in_language(FACTS, language)
    stamp = names["stamped"] if issue.stamped else names["unstamped"]
    until = issue.copies_gone_by
    return [
        [names["conclusion"], names["concluded"]],
        [names["copies_gone_by"], names["no_backups"] if until is None else until.isoformat()],
        [names["issuer"], dossier.controller],
        [names["issued_on"], dossier.printed_on.isoformat()],
        [names["previous"], issue.previous or names["first"]],
        [names["signature"], f"{names['under_key'].format(issue.key)} · {stamp}"],
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
    times = [dossier.moment(record.at) for record, _ in dossier.destructions()]
    unsaid = names["not_recorded"]
    return [
        *rows,
        [names["done_by"], treatments(done, language)],
        [names["machine"], "；".join(dossier.said_of("equipment")) or unsaid],
        [names["started"], times[0]],
        [names["finished"], times[-1]],
        [names["place"], "；".join(dossier.places) or unsaid],
        [names["residue"], "；".join(dossier.said_of("residue")) or unsaid],
        [names["operator"], ", ".join(_people(dossier, Step.DESTROY))],
        [names["reconciled_by"], ", ".join(_people(dossier, Step.RECONCILE))],
        *([names["recordings"], digest] for digest in dossier.recordings or (unsaid,)),
    ]


def _people(dossier: Dossier, step: Step) -> list[str]:
    """Staff numbers of those who did a step, each once."""
    return list(dict.fromkeys(each.person for record in dossier.done(step) for each in record.by))


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


def _boxes(dossier: Dossier, language: Language) -> dict[str, object]:
    consignment = dossier.consignment
    counts = {box: _counts(consignment, box) for box in consignment.remaining_boxes}
    sums = [sum(at_one_point) for at_one_point in zip(*counts.values(), strict=True)]
    total, grams = in_language(COLUMNS, language)["total"], totals(consignment).destroyed.grams
    weight = ("weight",) if consignment.rule.transported else ()
    return {
        "columns": columns(language, "box", *_points(consignment), *weight),
        "rows": [
            _row(consignment, box, each, consignment.tallies[box].grams)
            for box, each in counts.items()
        ],
        "total": _row(consignment, total, sums, grams),
    }


def _row(
    consignment: Consignment, name: str, counts: Sequence[int], grams: int | None
) -> list[str]:
    """Counts at every point, and the weight where there was a hand-over to weigh at."""
    weight = [kilograms(grams)] if consignment.rule.transported else []
    return [name, *(f"{count:,}" for count in counts), *weight]


def _counts(consignment: Consignment, box: str) -> list[int]:
    """Items of a box at every point; those that were withdrawn later are not counted."""
    expected, tally = set(consignment.remaining(box)), consignment.tallies[box]
    return [
        _times_certified(consignment, box) * len(tally.destroyed)
        if point == "certified"
        else len(expected.intersection(getattr(tally, point)))
        for point in _points(consignment)
    ]


def _times_certified(consignment: Consignment, box: str) -> int:
    stated = consignment.certificate.boxes if consignment.certificate else ()
    return stated.count(box)


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
