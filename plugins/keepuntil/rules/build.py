"""Shapes to the values of the domain. What no single key can be blamed for is noted here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from keepuntil.domain.categories import (
    Authority,
    BackupInstance,
    Child,
    Confidence,
    Confirmation,
    Disposition,
    EventSource,
    FilesInstance,
    Form,
    FromAge,
    FromColumn,
    FromExpression,
    FromInstance,
    FromMetadata,
    FromName,
    FromTag,
    Instance,
    Limits,
    Nightly,
    Owner,
    PaperInstance,
    Rule,
    S3Instance,
    SqlInstance,
    Text,
)
from keepuntil.domain.clock import Clock, Combine, Extension, Floor, Trigger
from keepuntil.domain.periods import CALENDAR_YEAR, StartRule
from keepuntil.rules.document import Document, Path
from keepuntil.rules.instance_schema import (
    BackupShape,
    ChildShape,
    FileEventShape,
    FilesShape,
    MethodShape,
    ObjectEventShape,
    PaperEventShape,
    PaperShape,
    S3Shape,
    SqlEventShape,
    SqlShape,
)
from keepuntil.rules.schema import (
    AuthorityShape,
    ClockShape,
    ConfirmationShape,
    DispositionShape,
    NightlyShape,
    RuleShape,
    TriggerShape,
)

EventShape = SqlEventShape | ObjectEventShape | FileEventShape | PaperEventShape


def build_rule(document: Document, shape: RuleShape) -> Rule | None:
    """The rule of a file, without its digest; None when something was noted."""
    clock = build_clock(document, shape.clock)
    instances = tuple(
        _instance(document, ("instances", at), each) for at, each in enumerate(shape.instances)
    )
    if clock is None or document.problems:
        return None
    return Rule(
        category=shape.category,
        title=Text(zh=shape.title.zh, en=shape.title.en),
        purpose=shape.purpose,
        subjects=tuple(shape.subjects),
        owner=Owner(unit=shape.owner.unit, contact=shape.owner.contact),
        sensitivity=shape.sensitivity,
        effective_from=shape.effective.from_,
        review_by=shape.effective.review_by,
        authorities=tuple(_authority(each) for each in shape.authorities),
        clock=clock,
        disposition=_disposition(shape.disposition),
        nightly=_nightly(shape.nightly),
        instances=instances,
        digest="",
        source=document.file,
        forms=in_order(shape.forms),
        erase_event=shape.requests.erase if shape.requests else None,
    )


def in_order(forms: Iterable[Form]) -> tuple[Form, ...]:
    """Forms in one order, so that the order in which they were written means nothing."""
    given = set(forms)
    return tuple(form for form in Form if form in given)


def _authority(shape: AuthorityShape) -> Authority:
    return Authority(
        cite=shape.cite,
        rank=shape.rank,
        obligation=shape.obligation,
        period=shape.period,
        confidence=shape.confidence or Confidence.UNVERIFIED,
        verified_on=shape.verified_on,
        necessity_memo=shape.necessity_memo,
        confirmed=_confirmation(shape.confirmed) if shape.confirmed else None,
    )


def _confirmation(shape: ConfirmationShape) -> Confirmation:
    return Confirmation(by=shape.by, on=shape.on, note=shape.note)


def _disposition(shape: DispositionShape) -> Disposition:
    return Disposition(
        approval=shape.approval,
        approver_roles=tuple(shape.roles),
        cooling_off=shape.cooling_off,
        approval_expires_after=shape.expires_after,
        limits=Limits(items=shape.limits.items, share=shape.limits.share),
        appraised_by=tuple(shape.appraised_by),
        witness_departments=tuple(shape.witness_departments),
    )


def _nightly(shape: NightlyShape) -> Nightly:
    return Nightly(at=shape.at, until=shape.until, retries=shape.retries, pool=shape.pool)


def build_clock(document: Document, shape: ClockShape) -> Clock | None:
    """The clock, when it has what its kind of clock needs and nothing else."""
    before = len(document.problems)
    if shape.permanent:
        _permanent_stands_alone(document, shape)
    else:
        _something_to_count(document, shape)
    if len(document.problems) > before:
        return None
    combine = shape.triggers.combine if shape.triggers is not None else Combine.LATEST
    return Clock(
        combine=combine,
        triggers=_triggers(shape),
        start=shape.start or StartRule.EVENT_NEXT_DAY,
        keep_at_least=shape.keep_at_least,
        keep_at_most=shape.keep_at_most,
        delete_within=shape.delete_within,
        floor=Floor(event=shape.floor.from_, period=shape.floor.period) if shape.floor else None,
        extend_while=tuple(
            Extension(event=each)
            if isinstance(each, str)
            else Extension(event=each.event, plus=each.plus)
            for each in shape.extend_while
        ),
        restrict_from=shape.restrict_from,
        zone=shape.zone,
        calendar=shape.calendar,
        permanent=shape.permanent,
        fiscal_year_starts=shape.fiscal_year_starts or CALENDAR_YEAR,
    )


_NEEDS_AN_END = (
    "triggers",
    "start",
    "keep_at_least",
    "keep_at_most",
    "delete_within",
    "floor",
    "extend_while",
    "calendar",
    "fiscal_year_starts",
)


def _permanent_stands_alone(document: Document, shape: ClockShape) -> None:
    for key in _NEEDS_AN_END:
        if key in shape.model_fields_set:
            document.note_at_key(
                ("clock", key),
                f"'{key}' has no meaning where 'permanent: true' stands; leave one out.",
            )


def _something_to_count(document: Document, shape: ClockShape) -> None:
    for key in ("triggers", "start"):
        if getattr(shape, key) is None:
            wanted = ClockShape.model_fields[key].description
            document.note_at_key(("clock",), f"'clock' lacks '{key}': {wanted}.")
    if shape.keep_at_most is None and not _has_minimum(shape):
        document.note_at_key(
            ("clock",),
            "'clock' has no keep_at_least, no keep_at_most and no 'permanent: true': "
            "nothing is kept or destroyed for a period nobody wrote.",
        )
    if shape.fiscal_year_starts is not None and not _counts_fiscal_years(shape):
        document.note_at_key(
            ("clock", "fiscal_year_starts"),
            "'fiscal_year_starts' has a meaning with the start rule fiscal_year_after only.",
        )


def _own_periods(shape: ClockShape) -> list[TriggerShape]:
    if shape.triggers is None or shape.triggers.combine is not Combine.ALL_OF:
        return []
    return [each for each in shape.triggers.events if isinstance(each, TriggerShape)]


def _has_minimum(shape: ClockShape) -> bool:
    if shape.keep_at_least is not None:
        return True
    own = _own_periods(shape)
    every = shape.triggers is not None and len(own) == len(shape.triggers.events)
    return every and all(each.keep_at_least is not None for each in own)


def _counts_fiscal_years(shape: ClockShape) -> bool:
    starts = {shape.start} | {each.start for each in _own_periods(shape)}
    return StartRule.FISCAL_YEAR_AFTER in starts


def _triggers(shape: ClockShape) -> tuple[Trigger, ...]:
    if shape.triggers is None:
        return ()
    return tuple(
        Trigger(event=each)
        if isinstance(each, str)
        else Trigger(
            event=each.event,
            optional=each.optional,
            start=each.start,
            keep_at_least=each.keep_at_least,
        )
        for each in shape.triggers.events
    )


def _instance(
    document: Document,
    path: Path,
    shape: SqlShape | S3Shape | FilesShape | PaperShape | BackupShape,
) -> Instance:
    match shape:
        case SqlShape():
            return _sql_instance(document, path, shape)
        case S3Shape():
            return S3Instance(
                id=shape.id,
                store=shape.store,
                prefix=shape.prefix,
                pattern=shape.pattern,
                events=_events(document, path, shape.events, _age),
                record_group=shape.record_group.from_key if shape.record_group else None,
                subject=shape.subject.from_key if shape.subject else None,
                form=_form(shape.form),
            )
        case FilesShape():
            return FilesInstance(
                id=shape.id,
                store=shape.store,
                under=shape.under,
                pattern=shape.pattern,
                events=_events(document, path, shape.events, _age),
                record_group=shape.record_group.from_name if shape.record_group else None,
                subject=shape.subject.from_name if shape.subject else None,
                commit_contents=shape.commit is not None,
                form=_form(shape.form),
            )
        case PaperShape():
            return _paper_instance(document, path, shape)
        case BackupShape():
            return BackupInstance(id=shape.id, ages_out_after=shape.ages_out_after)


def _sql_instance(document: Document, path: Path, shape: SqlShape) -> SqlInstance:
    return SqlInstance(
        id=shape.id,
        store=shape.store,
        table=shape.table,
        schema=shape.schema_,
        key=tuple(shape.key),
        where=shape.where,
        events=_events(document, path, shape.events, _column),
        record_group=shape.record_group,
        subject=shape.subject,
        children=tuple(_child(each) for each in shape.children),
        form=_form(shape.form),
    )


def _form(written: Form | None) -> Form | None:
    """``electronic`` is what is meant by leaving it out, and one meaning has one digest."""
    return None if written is Form.ELECTRONIC else written


def _paper_instance(document: Document, path: Path, shape: PaperShape) -> PaperInstance:
    return PaperInstance(
        id=shape.id,
        store=shape.store,
        series=shape.series,
        events=_events(document, path, shape.events, _column),
        method=shape.method.shred if isinstance(shape.method, MethodShape) else shape.method,
        witnesses=shape.witnesses,
        witness_departments=tuple(shape.witness_departments),
        signatories=tuple(shape.signatories),
        remind_after=shape.remind_after,
        escalate_after=shape.escalate_after,
    )


def _child(shape: str | ChildShape) -> Child:
    if isinstance(shape, str):
        return Child(table=shape)
    by = (shape.by,) if isinstance(shape.by, str) else tuple(shape.by or ())
    return Child(table=shape.table, by=by, children=tuple(_child(each) for each in shape.children))


def _column(text: str) -> EventSource:
    return FromColumn(column=text)


def _age(_: str) -> EventSource:
    return FromAge()


def _events(
    document: Document,
    path: Path,
    events: Mapping[str, str | EventShape],
    bare: Callable[[str], EventSource],
) -> tuple[tuple[str, EventSource], ...]:
    """Each event's source, by name. ``bare`` says what a single word means in such a place."""
    found = []
    for name, shape in sorted(events.items()):
        source = (
            bare(shape)
            if isinstance(shape, str)
            else _source(document, (*path, "events", name), shape)
        )
        if source is not None:
            found.append((name, source))
    return tuple(found)


def _source(document: Document, path: Path, shape: EventShape) -> EventSource | None:
    given = {key: value for key, value in shape if value is not None}
    zone = given.pop("zone", None)
    sources = _SOURCES[type(shape)]
    if len(given) != 1:
        document.note_at_key(path, f"'{path[-1]}' is read in one way: name one of {sources}.")
        return None
    ((key, value),) = given.items()
    if zone is not None and key == "from_":
        document.note_at_key((*path, "zone"), "'zone' has no meaning beside 'from'.")
    return _named_source(key, value, zone)


_SOURCES: dict[type, str] = {
    SqlEventShape: "column, sql, from",
    ObjectEventShape: "tag, metadata, name, from",
    FileEventShape: "name, from",
    PaperEventShape: "from",
}


def _named_source(key: str, value: str, zone: str | None) -> EventSource | None:
    match key:
        case "column":
            return FromColumn(column=value, zone=zone)
        case "sql":
            return FromExpression(sql=value, zone=zone)
        case "tag":
            return FromTag(tag=value)
        case "metadata":
            return FromMetadata(name=value)
        case "name":
            return FromName(pattern=value)
        case _:
            return FromInstance(instance=value)
