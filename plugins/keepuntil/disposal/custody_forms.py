"""The forms of one consignment: from the registers to PDFs that people print and sign.

What a form says comes from the consignment's signed lines, from the register of paper and
from the rule; this module gathers it and decides which forms there are to write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from keepuntil.disposal import appraisal_form, appraising, custody, paper_issue
from keepuntil.disposal.appraising import Opinion
from keepuntil.disposal.form_files import Pages, write_each
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper import signed as signed_pages
from keepuntil.disposal.paper_items import KnownItem, known_items
from keepuntil.disposal.paper_registers import register_of
from keepuntil.documents.appraisal_opinion import Appraisal, appraisal_pages
from keepuntil.documents.box_labels import Label, label_pages
from keepuntil.documents.dossier import Dossier, years
from keepuntil.documents.hand_over_form import hand_over_pages
from keepuntil.documents.paper_certificate import paper_certificate_pages
from keepuntil.documents.paper_lines import ListLine, bare_line
from keepuntil.documents.paper_list import (
    ListHead,
    paper_list_pages,
    volumes_of,
)
from keepuntil.documents.typesetting import Language
from keepuntil.documents.unit_report import unit_report_pages
from keepuntil.documents.witness_record import witness_pages
from keepuntil.documents.words import spoken
from keepuntil.domain.categories import PaperInstance, Rule
from keepuntil.domain.consignments import Consignment, State, StepRecord
from keepuntil.domain.paper import Box, Item
from keepuntil.domain.plans import Plan
from keepuntil.domain.stores import PaperStore
from keepuntil.register import plans
from keepuntil.register.plans import PlanState
from keepuntil.stores.paper import holdings, journeys, shelf_states


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """Everything the forms of one consignment are made of."""

    dossier: Dossier
    head: ListHead
    rule: Rule
    plan: Plan
    known: Mapping[str, KnownItem]
    boxes: Mapping[str, Box]
    opinion: Appraisal | None
    """None: it was never asked for in time, or the list it is about is destroyed."""

    @property
    def complete(self) -> bool:
        """Whether the register still has every item: they are struck off when a run closes."""
        listed = self.dossier.consignment.boxes.values()
        return all(item in self.known for box in listed for item in box.items)


def write_forms(
    installation: Installation, store: str, consignment: str, folder: Path
) -> list[Path]:
    """Write the forms that a consignment has as it stands, each in both languages.

    Always the witness record and the labels. The appraisal opinion and the list while the
    register still has their items; the hand-over form where boxes leave the records centre;
    the certificate once the consignment is reconciled, signed; the report to the head of the
    unit once the run is certified.
    Existing files of the same name are replaced. Raises UsageError when there is no such
    consignment, EvidenceError when a signed line of it was changed.
    """
    gathered = _gathered(installation, store, consignment)
    return write_each(folder, _forms(installation, gathered))


def list_forms(installation: Installation, store: str, consignment: str) -> dict[str, Pages]:
    """The destruction list alone, by document.

    An item that somebody took off the register meanwhile stands in it by its barcode.
    """
    gathered = _gathered(installation, store, consignment)
    forgotten = {
        item: bare_line(item)
        for box in gathered.dossier.consignment.boxes.values()
        for item in box.items
        if item not in gathered.known
    }
    return _list_of(gathered, forgotten)


def _forms(installation: Installation, gathered: _Gathered) -> dict[str, Pages]:
    dossier = gathered.dossier
    now = dossier.consignment
    forms: dict[str, Pages] = {}
    if gathered.opinion is not None:
        forms["appraisal_opinion"] = partial(appraisal_pages, gathered.opinion)
    if gathered.complete:
        forms.update(_list_of(gathered, {}))
    if now.rule.transported and now.remaining_boxes:
        forms["hand_over_form"] = lambda language: hand_over_pages(dossier, language)
    forms["witness_record"] = lambda language: witness_pages(dossier, language)
    if now.state is State.RECONCILED:
        forms["destruction_certificate"] = lambda language: signed_pages(
            installation,
            paper_certificate_pages(
                dossier, paper_issue.issue_of(installation, gathered.rule, dossier), language
            ),
        )
        if (report := paper_issue.report_of(installation, gathered.plan, dossier)) is not None:
            forms["unit_report"] = partial(unit_report_pages, dossier, report)
    forms["box_labels"] = lambda language: _labels(gathered, language)
    return forms


def _list_of(gathered: _Gathered, forgotten: Mapping[str, ListLine]) -> dict[str, Pages]:
    """The list: one document, or one for each of its volumes."""
    lines = {item: known.line for item, known in gathered.known.items()} | dict(forgotten)
    found = volumes_of(gathered.dossier.consignment)
    return {
        f"destruction_list{_suffix(each.number, each.of)}": partial(
            paper_list_pages, gathered.dossier, gathered.head, lines, each
        )
        for each in found
    }


def _suffix(number: int, of: int) -> str:
    return "" if of == 1 else f".{number:0{len(str(of))}}-of-{of}"


def _gathered(installation: Installation, store: str, name: str) -> _Gathered:
    journey = custody.journey(installation, store, name)
    consignment = journey.consignment
    with register_of(installation, store) as register, register.reading() as connection:
        plan_id, instance_id = journeys.source_of(connection, name)
        boxes = shelf_states.boxes_of(connection, list(consignment.boxes))
        found = {each.item: each for each in holdings.items_in(connection, list(boxes))}
    stored = plans.load(installation.register, plan_id)
    plan, rule = stored.plan, installation.rule(stored.plan.category)
    (instance,) = (each for each in rule.paper if each.id == instance_id)
    known = known_items(installation, _listed(consignment, found), rule, instance, plan.as_of)
    appraised = stored.state is not PlanState.CERTIFIED and _is_wanted(
        installation, rule, plan, consignment
    )
    return _Gathered(
        dossier=_dossier(installation, rule, consignment, journey.records),
        head=_head(installation, rule, plan, instance, boxes),
        rule=rule,
        plan=plan,
        known=known,
        boxes=boxes,
        opinion=appraisal_form.appraisal_of(installation, plan_id) if appraised else None,
    )


def _is_wanted(
    installation: Installation, rule: Rule, plan: Plan, consignment: Consignment
) -> bool:
    """Whether there is an opinion, or still time for a pen to give one."""
    given = rule.disposition.appraised_by or appraising.decisions(installation, plan)
    return bool(given) or consignment.state is State.LISTED


def _head(
    installation: Installation,
    rule: Rule,
    plan: Plan,
    instance: PaperInstance,
    boxes: Mapping[str, Box],
) -> ListHead:
    declared = installation.schedule.stores.get(instance.store)
    kept = appraising.decisions(installation, plan).values()
    return ListHead(
        opinion=appraisal_form.given_number(installation, rule, plan),
        sensitivity=rule.sensitivity,
        extracted=sum(each.opinion is Opinion.UNSETTLED for each in kept),
        fonds=declared.fonds if isinstance(declared, PaperStore) else None,
        linked=tuple(each.id for each in rule.stored_instances if each.id != instance.id),
        places={barcode: _place(box) for barcode, box in boxes.items()},
    )


def _dossier(
    installation: Installation,
    rule: Rule,
    consignment: Consignment,
    records: tuple[StepRecord, ...],
) -> Dossier:
    return Dossier(
        controller=installation.schedule.controller,
        category=rule.category,
        title=rule.title,
        authorities=tuple(authority.cite for authority in rule.authorities),
        consignment=consignment,
        records=records,
        printed_on=installation.today(rule),
    )


def _listed(consignment: Consignment, found: Mapping[str, Item]) -> Iterator[tuple[str, Item]]:
    """What the register still has of the consignment, with its box on the list."""
    for box, listed in consignment.boxes.items():
        yield from ((box, found[item]) for item in listed.items if item in found)


def _place(box: Box) -> str:
    return " · ".join(filter(None, (box.site, box.shelf)))


def _labels(gathered: _Gathered, language: Language) -> bytes:
    dossier, spans = gathered.dossier, _spans(gathered.known.values())
    labels = [
        Label(
            barcode=barcode,
            title=spoken(dossier.title, language),
            place=_place(box),
            note=spans.get(barcode, ""),
        )
        for barcode in dossier.consignment.boxes
        if (box := gathered.boxes.get(barcode)) is not None
    ]
    return label_pages(dossier.controller, labels, dossier.printed_on, language)


def _spans(known: Iterable[KnownItem]) -> dict[str, str]:
    """By box, from the first to the last year of what goes of it."""
    found: dict[str, set[int]] = defaultdict(set)
    for each in known:
        found[each.box].update(
            year for year in (each.line.year_from, each.line.year_to) if year is not None
        )
    return {box: years(min(all_), max(all_)) for box, all_ in found.items() if all_}
