"""The places of a rule against its clock and against each other."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from keepuntil.domain.categories import (
    BackupInstance,
    Child,
    EventSource,
    FilesInstance,
    FromExpression,
    FromInstance,
    FromName,
    PaperInstance,
    Rule,
    S3Instance,
    SqlInstance,
    StoredInstance,
    reached,
    subject_of,
)
from keepuntil.rules.document import Document, Path
from keepuntil.rules.problems import nearest, quoted
from keepuntil.rules.sql_text import fault_of

_DATE_GROUPS: Final = frozenset({"year", "month", "day"})


def lint_instances(document: Document, rule: Rule) -> None:
    """Note what cannot be right about where copies live and how their events are read."""
    _names(document, rule)
    _subjects(document, rule)
    stored = {instance.id: instance for instance in rule.stored_instances}
    for at, instance in enumerate(rule.instances):
        if not isinstance(instance, SqlInstance | S3Instance | FilesInstance | PaperInstance):
            continue
        path = ("instances", at)
        _events(document, (*path, "events"), rule, instance)
        _joined(document, path, instance, stored)
        match instance:
            case SqlInstance():
                _sql(document, path, instance)
            case S3Instance():
                _s3(document, path, instance)
            case FilesInstance():
                for key, pattern in _patterns(instance):
                    _group_pattern(document, (*path, key, "from_name"), pattern)


def _names(document: Document, rule: Rule) -> None:
    seen: set[str] = set()
    for at, instance in enumerate(rule.instances):
        if instance.id in seen:
            document.note_at(("instances", at, "id"), f"There are two instances '{instance.id}'.")
        seen.add(instance.id)
    if not rule.stored_instances:
        document.note_at_key(
            ("instances",),
            "A backup alone is not enough: name the place the data is backed up from.",
        )


def _subjects(document: Document, rule: Rule) -> None:
    """Whoever answers one person has to reach every copy, or say that some cannot be reached."""
    event = rule.erase_event
    triggers = {trigger.event for trigger in rule.clock.triggers}
    if event is not None and event not in triggers:
        document.note_at(
            ("requests", "erase"),
            f"A request for erasure sets off a trigger, and the clock has no trigger '{event}'."
            f"{nearest(event, triggers)}",
        )
    if all(subject_of(each) is None for each in rule.stored_instances):
        return
    for at, instance in enumerate(rule.instances):
        if not isinstance(instance, BackupInstance) and not reached(instance):
            document.warn_at(
                ("instances", at),
                f"Instance '{instance.id}' has neither a subject nor a record_group, so the "
                "copies of one person are not found in it.",
            )


def _events(document: Document, path: Path, rule: Rule, instance: StoredInstance) -> None:
    clock = rule.clock
    given = {event for event, _ in instance.events}
    for event in clock.events:
        if event not in given:
            document.note_at_key(
                path, f"Instance '{instance.id}' does not say where the event '{event}' is read."
            )
    for event, source in instance.events:
        here = (*path, event)
        if event not in clock.events:
            document.note_at_key(
                here,
                f"The clock has no event '{event}'.{nearest(event, clock.events)}",
            )
        if event in clock.flags and not _can_be_a_flag(instance, source):
            document.note_at(
                here,
                f"'{event}' is a flag, and a flag is read from a SQL instance: write {{from: …}}.",
            )
        _source(document, here, source)


def _can_be_a_flag(instance: StoredInstance, source: EventSource) -> bool:
    return isinstance(instance, SqlInstance) or isinstance(source, FromInstance)


def _source(document: Document, path: Path, source: EventSource) -> None:
    match source:
        case FromExpression(sql=sql) if (fault := fault_of(sql)) is not None:
            document.note_at((*path, "sql"), fault)
        case FromName(pattern=pattern):
            lacking = sorted(_DATE_GROUPS - set(re.compile(pattern).groupindex))
            if lacking:
                document.note_at(
                    (*path, "name"),
                    f"The pattern lacks the named group (?P<{lacking[0]}>…): a date needs year, "
                    "month and day.",
                )


def _joined(
    document: Document, path: Path, instance: StoredInstance, stored: dict[str, StoredInstance]
) -> None:
    sources = {event: s.instance for event, s in instance.events if isinstance(s, FromInstance)}
    if not sources:
        return
    events = (*path, "events")
    if len(set(sources.values())) > 1 or len(sources) < len(instance.events):
        document.note_at_key(
            events,
            "An instance reads all its events itself, or all of them from one other instance.",
        )
    for event, name in sources.items():
        fault = _fault_of_join(instance, name, stored)
        if fault is not None:
            document.note_at((*events, event, "from"), fault)
    if not isinstance(instance, PaperInstance) and instance.record_group is None:
        document.note_at_key(
            path, f"Instance '{instance.id}' needs a record_group, by which its events are found."
        )


def _fault_of_join(
    instance: StoredInstance, name: str, stored: dict[str, StoredInstance]
) -> str | None:
    source = stored.get(name)
    if source is None:
        return f"There is no instance '{name}'.{nearest(name, stored)}"
    if source.id == instance.id:
        return "An instance cannot read its events from itself."
    if not isinstance(source, SqlInstance):
        return f"'{name}' is not a SQL instance: events are read from rows."
    if any(isinstance(each, FromInstance) for _, each in source.events):
        return f"'{name}' reads its own events from another instance: name that one."
    if source.record_group is None:
        return f"'{name}' has no record_group, so its rows cannot be found from here."
    return None


def _sql(document: Document, path: Path, instance: SqlInstance) -> None:
    for column, count in Counter(instance.key).items():
        if count > 1:
            document.note_at((*path, "key"), f"The key names the column {quoted(column)} twice.")
    if instance.where is not None and (fault := fault_of(instance.where)) is not None:
        document.note_at((*path, "where"), fault)
    _children(document, (*path, "children"), instance.children, instance)


def _children(
    document: Document, path: Path, children: tuple[Child, ...], instance: SqlInstance
) -> None:
    for at, child in enumerate(children):
        here = (*path, at)
        if (child.table, child.by) in [(other.table, other.by) for other in children[:at]]:
            document.note_at(here, f"The child table {quoted(child.table)} is named twice.")
        top = children is instance.children
        if top and child.by and len(child.by) != len(instance.key):
            document.note_at(
                (*here, "by"),
                f"'by' names {len(child.by)} columns, and the key {len(instance.key)}.",
            )
        if child.table == instance.table and not child.by:
            document.note_at(
                here, "A table that is its own child says by which columns: {table: …, by: …}."
            )
        _children(document, (*here, "children"), child.children, instance)


def _s3(document: Document, path: Path, instance: S3Instance) -> None:
    if not instance.prefix.endswith("/"):
        document.note_at(
            (*path, "prefix"),
            f"The prefix {quoted(instance.prefix)} also begins names beside the one meant: "
            "end it with / and narrow it with 'pattern'.",
        )
    for key, pattern in _patterns(instance):
        _group_pattern(document, (*path, key, "from_key"), pattern)


def _patterns(instance: S3Instance | FilesInstance) -> tuple[tuple[str, str | None], ...]:
    return (("record_group", instance.record_group), ("subject", instance.subject))


def _group_pattern(document: Document, path: Path, pattern: str | None) -> None:
    if pattern is not None and len(re.compile(pattern).groupindex) != 1:
        document.note_at(
            path, "The pattern has exactly one named group, the record's: (?P<file_no>[^/]+)."
        )
