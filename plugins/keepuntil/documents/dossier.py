"""What every form of one consignment is made of, and what stands on each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from keepuntil.documents.barcodes import scannable
from keepuntil.documents.custody_words import (
    COLUMNS,
    DEPARTMENTS,
    FACTS,
    ROLES,
    SHARED,
    TREATMENTS,
    called,
)
from keepuntil.documents.predicate import sentence
from keepuntil.documents.typesetting import Language, code_to_scan
from keepuntil.documents.words import in_language
from keepuntil.domain.categories import Text
from keepuntil.domain.consignments import (
    VENDOR,
    Consignment,
    Destruction,
    Duty,
    Participant,
    Recordings,
    Step,
    StepRecord,
    VendorCertificate,
)
from keepuntil.domain.treatments import Treatment, is_enough

GRAMS: Final = 1_000
"""In a kilogram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One consignment with the records it was replayed from, and whose paper it is."""

    controller: str
    category: str
    title: Text
    """Of the category."""
    authorities: tuple[str, ...]
    consignment: Consignment
    records: tuple[StepRecord, ...]
    printed_on: date
    """A day in the rule's zone."""

    def moment(self, at: datetime | None) -> str:
        """A time in the rule's zone, to the minute; empty: not yet."""
        return "" if at is None else moment(at, self.consignment.rule.zone)

    def done(self, step: Step) -> list[StepRecord]:
        """The records of a step, in their order."""
        return [record for record in self.records if record.step is step]

    def last(self, step: Step) -> StepRecord | None:
        """The record that counts where one step was entered anew after an incident."""
        return next(reversed(self.done(step)), None)

    def at(self, step: Step) -> str:
        """When a step was done: once, or from the first to the last of its records."""
        times = [self.moment(record.at) for record in self.done(step)]
        return " – ".join(dict.fromkeys([times[0], times[-1]])) if times else ""

    def signed_at(self, step: Step, person: str) -> datetime | None:
        """When a person last signed for a step; None: not yet."""
        times = [r.at for r in self.done(step) if any(p.person == person for p in r.by)]
        return times[-1] if times else None

    def destructions(self) -> list[tuple[StepRecord, Destruction]]:
        """What was destroyed as the rule asks; what was too coarse was entered again."""
        accepted = self.consignment.rule.treatments
        return [
            (record, record.payload)
            for record in self.done(Step.DESTROY)
            if isinstance(record.payload, Destruction)
            and is_enough(record.payload.treatment, accepted)
        ]

    @property
    def places(self) -> tuple[str, ...]:
        """Where it was destroyed, each place once; before, where that is planned."""
        done = tuple(each.place for _, each in self.destructions() if each.place)
        planned = self.consignment.intended.place
        return tuple(dict.fromkeys(done)) or ((planned,) if planned else ())

    @property
    def recordings(self) -> tuple[str, ...]:
        """SHA-256 of every recording that was entered, each once."""
        said = [
            record.payload.recordings
            for record in self.records
            if isinstance(record.payload, Destruction | Recordings)
        ]
        return tuple(dict.fromkeys(digest for some in said for digest in some))

    def said_of(self, field: Literal["equipment", "residue"]) -> tuple[str, ...]:
        """What the destruction, or the vendor's certificate, says of it, each thing once."""
        sources: list[Destruction | VendorCertificate] = [each for _, each in self.destructions()]
        if self.consignment.certificate is not None:
            sources.append(self.consignment.certificate)
        told = [each.equipment if field == "equipment" else each.residue for each in sources]
        return tuple(dict.fromkeys(filter(None, told)))


def moment(at: datetime, zone: str) -> str:
    """A time in a zone, to the minute."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def form(dossier: Dossier, phrases: Mapping[str, Text], language: Language) -> dict[str, object]:
    """Head and foot of a form, and its fixed phrases."""
    consignment = dossier.consignment
    return {
        "category": title_of(dossier.title, language),
        "code": code_to_scan(f"keepuntil:{consignment.consignment}:{consignment.plan_digest}"),
        "controller": dossier.controller,
        "digest": consignment.plan_digest,
        "number": consignment.consignment,
        "on": dossier.printed_on.isoformat(),
        "words": in_language({**SHARED, **phrases}, language),
        "zone": in_language(FACTS, language)["zone"].format(consignment.rule.zone),
    }


def title_of(title: Text, language: Language) -> str:
    """The title of the category. Raises EvidenceError when it has none in the language."""
    return sentence({"zh": title.zh, "en": title.en}, language, "title of the category")


def columns(language: Language, *names: str) -> list[str]:
    """Headings of a table."""
    words = in_language(COLUMNS, language)
    return [words[name] for name in names]


def extent(dossier: Dossier, language: Language) -> str:
    """How many boxes and items are still on the journey."""
    consignment = dossier.consignment
    boxes = consignment.remaining_boxes
    items = sum(len(consignment.remaining(box)) for box in boxes)
    words = in_language(FACTS, language)["boxes_items"]
    return words.format(f"{len(boxes):,}", f"{items:,}")


def what_of(dossier: Dossier, language: Language) -> list[list[str]]:
    """Of which category and list, and on what bases."""
    names = in_language(FACTS, language)
    return [
        [names["category"], dossier.category],
        [names["authorities"], "；".join(dossier.authorities)],
        [names["extent"], extent(dossier, language)],
    ]


def vendor_of(dossier: Dossier, language: Language) -> list[list[str]]:
    """The destruction firm's papers; that there is none, where the institution destroys itself."""
    names, vendor = in_language(FACTS, language), dossier.consignment.vendor
    if vendor is None:
        return [[names["vendor"], names["in_house"]]]
    clause = names["return_clause"] if vendor.return_clause else "{}"
    licence = names["licence"].format(vendor.licence, vendor.licence_expires_on)
    return [[names["vendor"], licence], [names["contract"], clause.format(vendor.contract)]]


def treatments(kinds: Iterable[Treatment], language: Language) -> str:
    """Ways to destroy, each once, in words."""
    words = in_language(TREATMENTS, language)
    return in_language(FACTS, language)["or"].join(words[kind] for kind in dict.fromkeys(kinds))


def kilograms(grams: int | None) -> str:
    """A weight with all its grams; empty: nobody weighed it."""
    return "" if grams is None else f"{grams / GRAMS:,.3f}"


def seal_to_show(consignment: Consignment, box: str) -> str:
    """The seal a box has to bear; empty: it gets one for the journey and has none yet."""
    if consignment.rule.transported:
        return consignment.tallies[box].seal or ""
    return consignment.seal_of(box) or ""


def box_code(barcode: str, *, widest: float) -> dict[str, object]:
    """A box's barcode for a template: to scan and to read."""
    drawn = scannable(barcode, widest=widest)
    return {"svg": drawn.svg, "width": drawn.width, "square": drawn.square, "text": barcode}


def signature(role: str, person: str = "", given: str = "") -> dict[str, str]:
    """One place to sign; who signed already stands in it, with the time."""
    return {"role": role, "person": person, "given": given}


def side(participant: Participant, language: Language) -> str:
    """The department a person acts for, in words."""
    return called(DEPARTMENTS, participant.department, language)


def role_of(role: str, language: Language) -> str:
    """A signatory's role, in words."""
    return called(ROLES, role, language)


def of_vendor(people: Sequence[Participant]) -> list[Participant]:
    """Those whom the carrier or the destruction firm employs."""
    return [each for each in people if each.department == VENDOR]


def witness_places(dossier: Dossier, language: Language) -> list[dict[str, str]]:
    """A place for each witness who counted; before, one for each that the rule asks for."""
    consignment, names = dossier.consignment, in_language(FACTS, language)
    present = consignment.people.get(Duty.WITNESS, ())
    if present:
        return [
            signature(
                f"{names['witness']} · {side(each, language)}",
                each.person,
                dossier.moment(dossier.signed_at(Step.WITNESS, each.person)),
            )
            for each in present
        ]
    departments = [called(DEPARTMENTS, d, language) for d in consignment.rule.witness_departments]
    places: Sequence[str] = departments + [""] * (consignment.rule.witnesses - len(departments))
    return [signature(" · ".join(filter(None, (names["witness"], each)))) for each in places]


def years(first: int | None, last: int | None) -> str:
    """From the first to the last year, each once."""
    return "–".join(dict.fromkeys(str(year) for year in (first, last) if year is not None))
