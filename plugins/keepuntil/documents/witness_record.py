"""The witness record (监销记录): counts before the destruction, signatures after it."""

from __future__ import annotations

from keepuntil.documents.custody_words import COLUMNS, FACTS, INCIDENTS, STEPS, WITNESS
from keepuntil.documents.dossier import (
    Dossier,
    box_code,
    columns,
    form,
    seal_to_show,
    treatments,
    what_of,
    witness_places,
)
from keepuntil.documents.predicate import phrase
from keepuntil.documents.typesetting import Language, typeset
from keepuntil.documents.words import in_language
from keepuntil.domain.consignments import Incident, Step

WIDEST_BARS = 48.0


def witness_pages(dossier: Dossier, language: Language) -> bytes:
    """An unsigned PDF, to be filled in and signed or as it was."""
    return typeset(
        "witness_record",
        {
            **form(dossier, WITNESS, language),
            "boxes": _boxes(dossier),
            "columns": columns(
                language, "number", "box", "seal", "intact", "listed", "counted", "agrees"
            ),
            "destruction": _destruction(dossier, language),
            "incidents": {
                "columns": columns(language, "step", "incident", "box", "said", "resolved"),
                "rows": [_incident(each, language) for each in dossier.consignment.incidents],
            },
            "is_over": dossier.last(Step.WITNESS) is not None,
            "signatures": witness_places(dossier, language),
            "what": _what(dossier, language),
        },
        language,
    )


def _what(dossier: Dossier, language: Language) -> list[list[str]]:
    names = in_language(FACTS, language)
    return [*what_of(dossier, language), [names["time"], dossier.at(Step.COUNT)]]


def _boxes(dossier: Dossier) -> list[dict[str, object]]:
    consignment = dossier.consignment
    rows: list[dict[str, object]] = []
    for number, box in enumerate(consignment.remaining_boxes, start=1):
        listed, counted = consignment.remaining(box), consignment.tallies[box].counted
        still = [item for item in counted if item not in consignment.withdrawn]
        rows.append(
            {
                "number": f"{number:,}",
                "code": box_code(box, widest=WIDEST_BARS),
                "seal": seal_to_show(consignment, box),
                "listed": f"{len(listed):,}",
                "counted": f"{len(still):,}" if counted else "",
                # A count is entered only where seal and items were what the list says.
                "agrees": bool(counted),
            }
        )
    return rows


def _destruction(dossier: Dossier, language: Language) -> list[list[str]]:
    """How, by whom and when; what the records do not know is written by hand."""
    names, done = in_language(FACTS, language), dossier.destructions()
    rule = dossier.consignment.rule
    people = dict.fromkeys(each.person for record, _ in done for each in record.by)
    times = [dossier.moment(record.at) for record, _ in done] or [""]
    return [
        [names["method"], treatments(rule.treatments, language)],
        [names["done_by"], treatments([each.treatment for _, each in done], language)],
        [names["place"], "；".join(dossier.places)],
        [names["machine"], "；".join(dossier.said_of("equipment"))],
        [names["residue"], "；".join(dossier.said_of("residue"))],
        [names["operator"], ", ".join(people)],
        [names["started"], times[0] if len(times) > 1 else ""],
        [names["finished"], times[-1]],
        [names["recordings"], " ".join(dossier.recordings)],
    ]


def _incident(incident: Incident, language: Language) -> list[str]:
    return [
        phrase(STEPS, incident.step, language, "step"),
        phrase(INCIDENTS, incident.kind, language, "incident"),
        incident.box or "",
        incident.sentence,
        incident.resolved or in_language(COLUMNS, language)["open"],
    ]
