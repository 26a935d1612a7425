"""The forms of one consignment: from the registers to PDFs that people print and sign.

What a form says comes from the consignment's signed lines, from the register of paper and
from the rule; this module gathers it and decides which forms there are to write.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

from keepuntil.disposal import custody
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper import signed
from keepuntil.disposal.paper_registers import register_of
from keepuntil.documents.appraisal_opinion import (
    Appraisal,
    AppraisedGroup,
    PanelMember,
    appraisal_pages,
)
from keepuntil.documents.box_labels import Label, label_pages
from keepuntil.documents.dossier import Dossier, years
from keepuntil.documents.hand_over_form import hand_over_pages
from keepuntil.documents.paper_certificate import paper_certificate_pages
from keepuntil.documents.paper_list import ListLine, paper_list_pages
from keepuntil.documents.typesetting import LANGUAGES, Language
from keepuntil.documents.witness_record import witness_pages
from keepuntil.documents.words import spoken
from keepuntil.domain.categories import FromColumn, PaperInstance, Rule
from keepuntil.domain.consignments import Consignment, State, StepRecord
from keepuntil.domain.course import Clockwork, Run
from keepuntil.domain.decision import Undetermined
from keepuntil.domain.paper import Box, Item
from keepuntil.domain.periods import Period, YearStart, last_day
from keepuntil.domain.plans import Warrant
from keepuntil.register import runs
from keepuntil.stores.paper import holdings, journeys, shelf_states

Pages = Callable[[Language], bytes]

PANEL_BESIDE = ("audit", "discipline_inspection")
"""Who appraises accounting archives beside archives and accounting (会计档案管理办法 17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """An item of the consignment as the register and the rule know it."""

    box: str
    line: ListLine
    retain_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """Everything the forms of one consignment are made of."""

    dossier: Dossier
    rule: Rule
    instance: PaperInstance
    warrant: Warrant
    known: Mapping[str, _Known]
    boxes: Mapping[str, Box]

    @property
    def complete(self) -> bool:
        """Whether the register still has every item: they are struck off when a run closes."""
        listed = self.dossier.consignment.boxes.values()
        return all(item in self.known for box in listed for item in box.items)


def write_forms(
    installation: Installation, store: str, consignment: str, folder: Path
) -> list[Path]:
    """Write the forms that a consignment has as it stands, each in both languages.

    Always the witness record and the labels. The appraisal opinion until the list is
    signed; the list while the register still has its items; the hand-over form where boxes
    leave the records centre; the certificate once the consignment is reconciled, signed.
    Existing files of the same name are replaced. Raises UsageError when there is no such
    consignment, EvidenceError when a signed line of it was changed.
    """
    gathered = _gathered(installation, store, consignment)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, pages in _forms(installation, gathered).items():
        for language in LANGUAGES:
            path = folder / f"{name}.{language}.pdf"
            path.write_bytes(pages(language))
            written.append(path)
    return written


def _forms(installation: Installation, gathered: _Gathered) -> dict[str, Pages]:
    dossier = gathered.dossier
    now = dossier.consignment
    forms: dict[str, Pages] = {}
    if now.state is State.LISTED and gathered.complete:
        forms["appraisal_opinion"] = lambda language: appraisal_pages(
            _appraisal(gathered), language
        )
    if gathered.complete:
        lines = {item: known.line for item, known in gathered.known.items()}
        forms["destruction_list"] = lambda language: paper_list_pages(dossier, lines, language)
    if now.rule.transported and now.remaining_boxes:
        forms["hand_over_form"] = lambda language: hand_over_pages(dossier, language)
    forms["witness_record"] = lambda language: witness_pages(dossier, language)
    if now.state is State.RECONCILED:
        forms["destruction_certificate"] = lambda language: signed(
            installation, paper_certificate_pages(dossier, language)
        )
    forms["box_labels"] = lambda language: _labels(gathered, language)
    return forms


def _gathered(installation: Installation, store: str, name: str) -> _Gathered:
    journey = custody.journey(installation, store, name)
    consignment = journey.consignment
    with register_of(installation, store) as register, register.reading() as connection:
        plan_id, instance_id = journeys.source_of(connection, name)
        boxes = shelf_states.boxes_of(connection, list(consignment.boxes))
        found = {each.item: each for each in holdings.items_in(connection, list(boxes))}
    warrant = runs.load(installation.register, plan_id).warrant
    rule = installation.rule(warrant.category)
    (instance,) = (each for each in rule.paper if each.id == instance_id)
    return _Gathered(
        dossier=_dossier(installation, rule, consignment, journey.records),
        rule=rule,
        instance=instance,
        warrant=warrant,
        known=_known(consignment, found, rule, instance, warrant.as_of),
        boxes=boxes,
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


def _known(
    consignment: Consignment,
    found: Mapping[str, Item],
    rule: Rule,
    instance: PaperInstance,
    as_of: date,
) -> dict[str, _Known]:
    # Working days only move the day of disposal, never how long something had to be kept.
    clockwork = Clockwork(replace(rule.clock, calendar=None), as_of, None)
    return {
        number: _item(
            box, found[number], rule, _governing(clockwork, instance, found[number]), as_of
        )
        for box, listed in consignment.boxes.items()
        for number in listed.items
        if number in found
    }


def _governing(clockwork: Clockwork, instance: PaperInstance, item: Item) -> Run | None:
    """The period that ended last; None: an event of it is not in this register."""
    facts = {
        event: getattr(item, source.column)
        for event, source in instance.events
        if isinstance(source, FromColumn)
    }
    course = clockwork.run(facts)
    if isinstance(course, Undetermined):
        return None
    ended: list[Run] = [*course.runs, *([] if course.floor is None else [course.floor])]
    return max(ended, key=lambda run: run.ends_on)


def _item(box: str, item: Item, rule: Rule, run: Run | None, as_of: date) -> _Known:
    line = ListLine(
        item=item.item,
        folder=item.folder,
        volumes=item.volumes,
        year_from=item.year_from,
        year_to=item.year_to,
        reference=item.reference,
        retention=rule.clock.keep_at_least if run is None else run.period,
        kept=None if run is None else years_kept(run, as_of, rule.clock.fiscal_year_starts),
    )
    return _Known(box=box, line=line, retain_until=None if run is None else run.ends_on)


def years_kept(run: Run, as_of: date, year_start: YearStart) -> Period:
    """The whole years of a period that are over on a day, counted as the period itself is."""
    longest = max(as_of.year - run.happened_on.year, 0)
    over = (
        number
        for number in range(longest, 0, -1)
        if last_day(run.happened_on, run.start, Period(number), year_start) < as_of
    )
    return Period(next(over, 0))


def _appraisal(gathered: _Gathered) -> Appraisal:
    """The opinion to be given, with one line for what has the same years and periods."""
    dossier, warrant = gathered.dossier, gathered.warrant
    beside = gathered.instance.witness_departments or (gathered.rule.owner.unit,)
    panel = dict.fromkeys(("archives", *beside, *PANEL_BESIDE))
    return Appraisal(
        number=dossier.consignment.consignment,
        controller=dossier.controller,
        category=dossier.category,
        title=dossier.title,
        authorities=dossier.authorities,
        list_number=warrant.plan_id,
        list_digest=dossier.consignment.plan_digest,
        groups=tuple(_groups(gathered.known.values())),
        panel=tuple(PanelMember(role="", department=each) for each in panel),
        zone=dossier.consignment.rule.zone,
        on=dossier.printed_on,
    )


def _groups(known: Iterable[_Known]) -> Iterator[AppraisedGroup]:
    def alike(one: _Known) -> tuple[str, str, str]:
        line = one.line
        return years(line.year_from, line.year_to), str(line.retention), str(one.retain_until)

    for (span, _, _), group in groupby(sorted(known, key=alike), key=alike):
        members = list(group)
        boxes = sorted({one.box for one in members})
        yield AppraisedGroup(
            what=" · ".join(filter(None, (span, " – ".join(dict.fromkeys((boxes[0], boxes[-1])))))),
            items=len(members),
            retention=members[0].line.retention,
            retain_until=members[0].retain_until,
        )


def _labels(gathered: _Gathered, language: Language) -> bytes:
    dossier, spans = gathered.dossier, _spans(gathered.known.values())
    labels = [
        Label(
            barcode=barcode,
            title=spoken(dossier.title, language),
            place=" · ".join(filter(None, (box.site, box.shelf))),
            note=spans.get(barcode, ""),
        )
        for barcode in dossier.consignment.boxes
        if (box := gathered.boxes.get(barcode)) is not None
    ]
    return label_pages(dossier.controller, labels, dossier.printed_on, language)


def _spans(known: Iterable[_Known]) -> dict[str, str]:
    """By box, from the first to the last year of what goes of it."""
    found: dict[str, set[int]] = defaultdict(set)
    for each in known:
        found[each.box].update(
            year for year in (each.line.year_from, each.line.year_to) if year is not None
        )
    return {box: years(min(all_), max(all_)) for box, all_ in found.items() if all_}
