"""The coverage matrix: category × form × what has to be settled, and no cell of it empty."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from keepuntil.disposal.deciding import due_items
from keepuntil.disposal.findings import problem_found
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.nights import ENDED_WELL
from keepuntil.domain.categories import (
    BackupInstance,
    Form,
    Instance,
    KnownCategory,
    Rule,
    StoredInstance,
    Text,
    form_of,
)
from keepuntil.errors import KeepuntilError
from keepuntil.oversight import cells, discovery_findings, lacking
from keepuntil.oversight.cells import Cell, State
from keepuntil.oversight.classes import DeletionClass, deletion_classes
from keepuntil.oversight.gaps import Gap, Lack
from keepuntil.oversight.vendors import vendors_expired
from keepuntil.register import findings, holds, nights
from keepuntil.register.nights import Night

COLUMNS: Final = {
    "period": Text(zh="期限", en="Period"),
    "trigger": Text(zh="起算点", en="Trigger"),
    "method": Text(zh="方法", en="Method"),
    "procedure": Text(zh="流程", en="Procedure"),
    "owner": Text(zh="责任部门", en="Owner"),
    "last_run": Text(zh="最近成功运行", en="Last successful run"),
    "overdue": Text(zh="当前逾期", en="Overdue now"),
}
"""What has to be settled, by the name of the row's field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One category in one form."""

    category: str
    title: Text
    form: Form | None = None
    """None: a listed category without a rule of which nobody said in what forms it exists."""
    period: Cell
    trigger: Cell
    method: Cell
    procedure: Cell
    owner: Cell
    last_run: Cell
    overdue: Cell

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The seven, in the order of :data:`COLUMNS`."""
        return tuple(getattr(self, name) for name in COLUMNS)

    @property
    def state(self) -> State:
        """The worst of its cells."""
        states = {cell.state for cell in self.cells}
        return next(s for s in (State.GAP, State.ABSENT, State.COVERED) if s in states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Everything on one day. Covered when there are no gaps."""

    as_of: date
    controller: str
    rows: tuple[Row, ...]
    """By category; each rule has one row a form."""
    gaps: tuple[Gap, ...]
    """Each once, also those that stand in no cell."""
    classes: tuple[DeletionClass, ...]


CountOverdue = Callable[[Rule, StoredInstance], int]
"""How many records of a place are overdue; raises KeepuntilError where it cannot be asked."""


def cover(
    installation: Installation, as_of: date, count_overdue: CountOverdue | None = None
) -> Coverage:
    """The matrix on a civil date, read in each rule's own zone.

    ``count_overdue`` is for who has asked the stores already; None: they are asked here.

    Stores are asked for what is overdue and nothing is changed; one that cannot be asked
    is a gap. Raises RuleError, RegisterError.
    """
    count = count_overdue or partial(_count_overdue, installation, as_of)
    schedule = installation.schedule
    known = {each.category: each for each in schedule.known}
    ruled = {rule.category for rule in schedule.rules}
    rows: list[Row] = []
    for rule in schedule.rules:
        rows += _rows_of(installation, rule, known.get(rule.category), as_of, count)
    for category in schedule.known:
        if category.category not in ruled:
            rows += _unruled(category)
    rows.sort(key=lambda row: row.category)
    beside = [
        *lacking.stores_unclaimed(schedule),
        *lacking.holds_unreviewed(schedule, holds.in_force(installation.register), as_of),
        *vendors_expired(installation, as_of),
        *discovery_findings.gaps(installation),
    ]
    in_cells = [gap for row in rows for cell in row.cells for gap in cell.gaps]
    return Coverage(
        as_of=as_of,
        controller=schedule.controller,
        rows=tuple(rows),
        gaps=tuple(dict.fromkeys([*in_cells, *beside])),
        classes=deletion_classes(schedule.rules),
    )


def report(installation: Installation, coverage: Coverage) -> None:
    """Raise a finding for each gap; one that was met before is counted once more.

    A gap that was a finding and is not there any more is gone. What is overdue is the
    backlog's to say, with the same figure every morning, and what discovery found is a
    finding already.
    """
    for gap in coverage.gaps:
        if gap.code not in (Lack.OVERDUE, Lack.UNCLAIMED_PERSONAL_DATA):
            problem_found(
                installation,
                kind=gap.code.value,
                subject=gap.where,
                zh=gap.sentence.zh,
                en=gap.sentence.en,
                items=gap.items,
            )
    _close_gone(installation, {gap.fingerprint for gap in coverage.gaps}, coverage.as_of)


def _close_gone(installation: Installation, there: Set[str], as_of: date) -> None:
    kinds = {lack.value for lack in Lack} - {Lack.OVERDUE, Lack.UNCLAIMED_PERSONAL_DATA}
    for found, _ in findings.everything(installation.register):
        if found.kind in kinds and found.closed_at is None and found.fingerprint not in there:
            why = f"The coverage of {as_of} has no such gap."
            findings.gone(installation.register, found.fingerprint, why, installation.now())


def _unruled(known: KnownCategory) -> Iterator[Row]:
    missing = cells.lacking(lacking.rule_missing(known))
    for form in known.forms or (None,):
        yield Row(
            category=known.category,
            title=known.title,
            form=form,
            **dict.fromkeys(COLUMNS, missing),
        )


def _rows_of(
    installation: Installation,
    rule: Rule,
    known: KnownCategory | None,
    as_of: date,
    count: CountOverdue,
) -> Iterator[Row]:
    by_form = {form: [i for i in rule.instances if form_of(i) is form] for form in Form}
    stated = rule.forms or (known.forms if known else ())
    expected = {*rule.forms, *(known.forms if known else ())}
    last = nights.last(installation.register, rule.category, ENDED_WELL)
    for form, instances in by_form.items():
        if instances:
            yield _settled(rule, form, instances, last, as_of, count)
        elif form in expected:
            yield _unreached(rule, form, as_of)
        else:
            cell = cells.absent(stated=bool(stated))
            yield _row(rule, form, **dict.fromkeys(COLUMNS, cell))


def _row(rule: Rule, form: Form, **found: Cell) -> Row:
    return Row(category=rule.category, title=rule.title, form=form, **found)


def _unreached(rule: Rule, form: Form, as_of: date) -> Row:
    """The rule says how long, and nobody has said how copies of this form end."""
    missing = cells.lacking(lacking.media_missing(rule.category, form))
    rest = dict.fromkeys(("method", "procedure", "last_run", "overdue"), missing)
    return _row(rule, form, **_said_by_the_rule(rule, as_of), **rest)


def _settled(
    rule: Rule,
    form: Form,
    instances: Sequence[Instance],
    last: Night | None,
    as_of: date,
    count: CountOverdue,
) -> Row:
    return _row(
        rule,
        form,
        **_said_by_the_rule(rule, as_of),
        method=cells.method(rule, instances),
        procedure=cells.procedure(rule, instances),
        last_run=_last_run(rule, last, as_of),
        overdue=_overdue(rule, instances, count),
    )


def _said_by_the_rule(rule: Rule, as_of: date) -> dict[str, Cell]:
    memo, review = lacking.memo_missing(rule), lacking.review_overdue(rule, as_of)
    return {
        "period": cells.with_gaps(cells.period(rule.clock), _those(memo)),
        "trigger": cells.trigger(rule.clock),
        "owner": cells.with_gaps(cells.owner(rule), _those(review)),
    }


def _those(*gaps: Gap | None) -> list[Gap]:
    return [gap for gap in gaps if gap is not None]


_RESULTS: Final = {
    "certified": Text(zh="已出具证明", en="certified"),
    "nothing_due": Text(zh="无到期项", en="nothing was due"),
}
"""The words of :data:`keepuntil.disposal.nights.ENDED_WELL`."""


def _last_run(rule: Rule, last: Night | None, as_of: date) -> Cell:
    missed = lacking.run_lacking(rule, last, as_of)
    if last is not None:
        how = _RESULTS[last.result]
        text = Text(zh=f"{last.as_of}，{how.zh}。", en=f"{last.as_of}: {how.en}.")
        return cells.with_gaps(cells.covered(str(last.as_of), text), _those(missed))
    if missed is not None:
        return cells.lacking(missed)
    begins = rule.effective_from
    return cells.covered(
        f"from {begins}", Text(zh=f"自 {begins} 起施行。", en=f"In force from {begins}.")
    )


def _overdue(rule: Rule, instances: Iterable[Instance], count: CountOverdue) -> Cell:
    """What is past its last day in these places; backups have nothing to ask."""
    stored = [each for each in instances if not isinstance(each, BackupInstance)]
    if not stored:
        return cells.covered("0", Text(zh="不适用：自动过期。", en="None: it ages out by itself."))
    late, unread = 0, []
    for instance in stored:
        try:
            late += count(rule, instance)
        except KeepuntilError as error:
            unread.append(_unreadable(rule, instance, error))
    gaps = [*unread, *([_past(rule, stored, late)] if late else [])]
    if gaps:
        return cells.lacking(*gaps)
    return cells.covered("0", Text(zh="无。", en="None."))


def _count_overdue(
    installation: Installation, as_of: date, rule: Rule, instance: StoredInstance
) -> int:
    found = due_items(installation, rule, instance, as_of)
    return sum(due.overdue for due, held_by in found if not held_by)


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{number} items"


def _past(rule: Rule, instances: Sequence[StoredInstance], late: int) -> Gap:
    return Gap(
        code=Lack.OVERDUE,
        where=f"{rule.category}/{form_of(instances[0]).value}",
        sentence=Text(
            zh=f"{rule.category} 逾期 {late} 项。",
            en=f"{_items(late)} of {rule.category} overdue.",
        ),
        items=late,
    )


def _unreadable(rule: Rule, instance: StoredInstance, error: KeepuntilError) -> Gap:
    where = f"{rule.category}/{instance.id}"
    return Gap(
        code=Lack.UNREADABLE,
        where=where,
        sentence=Text(
            zh=f"{where} 无法读取：{error.sentence}", en=f"{where} cannot be read: {error.sentence}"
        ),
    )
