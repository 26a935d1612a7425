"""The road of paper: which step may follow which, and what each makes of a consignment.

:func:`advance` is pure: a consignment and one record give the next consignment, or a
:class:`~keepuntil.errors.CustodyError` that changes nothing. :func:`replay` folds, so what a
list or a certificate states can be had again from the records alone.

Four things always hold. Nothing is destroyed that witnesses did not count before. Nothing
is reconciled whose sent, received, counted, destroyed and certified differ in one item.
Drafter, approver, executor and witness are distinct. An incident stops everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from keepuntil.domain import custody_end, custody_incidents, custody_shelf
from keepuntil.domain.consignments import (
    Consignment,
    CustodyRule,
    Duty,
    Incident,
    Intended,
    ListedBox,
    Participant,
    State,
    Step,
    StepRecord,
    Tally,
    Vendor,
)
from keepuntil.domain.custody_opening import (
    refuse_unfit_intention,
    refuse_unfit_list,
    refuse_unfit_rule,
)
from keepuntil.domain.custody_people import refuse_unfit_people, with_people
from keepuntil.domain.custody_words import out_of_turn, refusal

_MOVING: Final = (
    State.LISTED,
    State.SIGNED,
    State.PICKED,
    State.SEALED,
    State.HANDED_OVER,
    State.RECEIVED,
    State.COUNTED,
)
"""States in which something can still be taken off the journey."""

TRANSITIONS: Final[Mapping[tuple[State, Step], State]] = {
    (State.LISTED, Step.SIGN): State.SIGNED,
    (State.SIGNED, Step.PICK): State.PICKED,
    (State.PICKED, Step.SEAL): State.SEALED,
    (State.SEALED, Step.HAND_OVER): State.HANDED_OVER,
    (State.HANDED_OVER, Step.RECEIVE): State.RECEIVED,
    (State.RECEIVED, Step.COUNT): State.COUNTED,
    (State.PICKED, Step.COUNT): State.COUNTED,
    (State.COUNTED, Step.DESTROY): State.DESTROYED,
    (State.DESTROYED, Step.WITNESS): State.WITNESSED,
    (State.WITNESSED, Step.CERTIFY): State.VENDOR_CERTIFIED,
    # A corrected certificate takes the place of one that could not be reconciled.
    (State.VENDOR_CERTIFIED, Step.CERTIFY): State.VENDOR_CERTIFIED,
    (State.VENDOR_CERTIFIED, Step.RECONCILE): State.RECONCILED,
    (State.WITNESSED, Step.RECONCILE): State.RECONCILED,
    # Reached when nothing is left; until then a withdrawal leaves the state as it is.
    **{(state, Step.WITHDRAW): State.WITHDRAWN for state in _MOVING},
    **{
        (state, Step.REPORT): State.HALTED
        for state in State
        if state not in (State.RECONCILED, State.WITHDRAWN)
    },
    # And on, to the state before the halt, once no incident is open.
    (State.HALTED, Step.RESOLVE): State.HALTED,
}
"""The state that a step leads to once all of it is done. What is not here is refused."""

FOR_TRANSPORT: Final[Mapping[tuple[State, Step], bool]] = {
    (State.PICKED, Step.SEAL): True,
    (State.PICKED, Step.COUNT): False,
}
"""Where the road forks by whether the boxes leave the records centre."""

FOR_VENDOR: Final[Mapping[tuple[State, Step], bool]] = {
    (State.WITNESSED, Step.CERTIFY): True,
    (State.WITNESSED, Step.RECONCILE): False,
}
"""Where it forks by whether a vendor destroys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """The three parts of a step; see :mod:`.custody_shelf`."""

    judge: Callable[[Consignment, StepRecord], tuple[Incident, ...]]
    enter: Callable[[Consignment, StepRecord], Consignment]
    done: Callable[[Consignment], bool]


def _as_it_is(consignment: Consignment, _record: StepRecord) -> Consignment:
    return consignment


def _at_once(_consignment: Consignment) -> bool:
    return True


_DEEDS: Final[Mapping[Step, _Deed]] = {
    Step.SIGN: _Deed(
        judge=custody_shelf.judge_signing, enter=_as_it_is, done=custody_shelf.signing_done
    ),
    Step.PICK: _Deed(
        judge=custody_shelf.judge_picking,
        enter=custody_shelf.enter_picking,
        done=custody_shelf.picking_done,
    ),
    Step.SEAL: _Deed(
        judge=custody_shelf.judge_sealing,
        enter=custody_shelf.enter_sealing,
        done=custody_shelf.sealing_done,
    ),
    Step.HAND_OVER: _Deed(
        judge=custody_shelf.judge_hand_over, enter=custody_shelf.enter_hand_over, done=_at_once
    ),
    Step.RECEIVE: _Deed(
        judge=custody_shelf.judge_all_boxes, enter=custody_shelf.enter_receipt, done=_at_once
    ),
    Step.COUNT: _Deed(
        judge=custody_shelf.judge_count,
        enter=custody_shelf.enter_count,
        done=custody_shelf.count_done,
    ),
    Step.DESTROY: _Deed(
        judge=custody_end.judge_destruction,
        enter=custody_end.enter_destruction,
        done=custody_end.destruction_done,
    ),
    Step.WITNESS: _Deed(
        judge=custody_end.judge_witnessing,
        enter=custody_end.enter_witnessing,
        done=custody_end.witnessing_done,
    ),
    Step.CERTIFY: _Deed(
        judge=custody_end.judge_certificate, enter=custody_end.enter_certificate, done=_at_once
    ),
    Step.RECONCILE: _Deed(judge=custody_end.judge_reconciliation, enter=_as_it_is, done=_at_once),
    Step.REPORT: _Deed(judge=custody_incidents.judge_report, enter=_as_it_is, done=_at_once),
    Step.RESOLVE: _Deed(
        judge=custody_incidents.judge_resolution,
        enter=custody_incidents.enter_resolution,
        done=custody_incidents.resolution_done,
    ),
    Step.WITHDRAW: _Deed(
        judge=custody_incidents.judge_withdrawal,
        enter=custody_incidents.enter_withdrawal,
        done=custody_incidents.withdrawal_done,
    ),
}

_SHARED: Final = (Step.PICK, Step.SEAL, Step.COUNT, Step.DESTROY)
"""Steps done box by box: taking out the last undone box completes them."""


def opened(
    *,
    consignment: str,
    plan_digest: str,
    rule: CustodyRule,
    vendor: Vendor | None,
    boxes: Sequence[ListedBox],
    drafted_by: Participant,
    intended: Intended | None = None,
) -> Consignment:
    """A consignment at its beginning, from an approved list.

    Raises CustodyError where the list or the rule could pass by being empty: no box, no
    item, one number twice, no signatory, fewer than two witnesses, no treatment; or where
    the vendor's contract has no return-or-destroy clause (PIPL 21). ``intended`` says where
    and when it is to be destroyed; None: nobody has said.
    """
    intended = intended or Intended()
    refuse_unfit_rule(rule, vendor)
    refuse_unfit_list(boxes)
    refuse_unfit_intention(intended)
    return Consignment(
        consignment=consignment,
        plan_digest=plan_digest,
        rule=rule,
        vendor=vendor,
        intended=intended,
        boxes={box.barcode: box for box in boxes},
        state=State.LISTED,
        halted_in=None,
        last_at=None,
        people={Duty.DRAFT: (drafted_by,)},
        tallies={box.barcode: Tally() for box in boxes},
        destroyed_at=None,
        withdrawn=frozenset(),
        witnessed_by=(),
        certificate=None,
        incidents=(),
    )


def possible_steps(consignment: Consignment) -> tuple[Step, ...]:
    """The steps that can be taken now, in the order of the road."""
    return tuple(step for step in Step if _is_on_the_road(consignment, step))


def advance(consignment: Consignment, record: StepRecord) -> Consignment:
    """The consignment after one more record.

    A mishap that the record speaks of (a broken seal, a missing folder, a certificate that
    does not agree) gives a halted consignment with its incidents, and the step is not done.
    Raises CustodyError for a record that cannot be entered: out of turn, by someone who may
    not, about another list, or contradicting itself.
    """
    _refuse_foreign(consignment, record)
    if not _is_on_the_road(consignment, record.step):
        raise out_of_turn(consignment.state, record.step, possible_steps(consignment))
    refuse_unfit_people(consignment, record)
    deed = _DEEDS[record.step]
    incidents = deed.judge(consignment, record)
    noted = replace(consignment, people=with_people(consignment, record), last_at=record.at)
    if incidents:
        return _halted(noted, incidents)
    return _moved(deed.enter(noted, record), record.step)


def replay(opening: Consignment, records: Iterable[StepRecord]) -> Consignment:
    """The consignment after all the records, in their order. Raises as :func:`advance`."""
    consignment = opening
    for record in records:
        consignment = advance(consignment, record)
    return consignment


def _refuse_foreign(consignment: Consignment, record: StepRecord) -> None:
    if record.plan_digest != consignment.plan_digest:
        raise refusal(
            record.step,
            f"it was signed for another list than that of {consignment.consignment}; "
            "take the list in force and sign again.",
        )
    if record.at.utcoffset() is None:
        raise refusal(record.step, "its time has no zone; give the offset, such as +08:00.")
    if consignment.last_at is not None and record.at < consignment.last_at:
        raise refusal(
            record.step,
            f"it is dated {record.at:%Y-%m-%d %H:%M %z}, before the step entered last; "
            "enter steps in the order they were done.",
        )


def _is_on_the_road(consignment: Consignment, step: Step) -> bool:
    here = (consignment.state, step)
    return (
        here in TRANSITIONS
        and FOR_TRANSPORT.get(here) in (None, consignment.rule.transported)
        and FOR_VENDOR.get(here) in (None, consignment.vendor is not None)
    )


def _halted(consignment: Consignment, incidents: tuple[Incident, ...]) -> Consignment:
    halted = consignment.state is State.HALTED
    return replace(
        consignment,
        state=State.HALTED,
        halted_in=consignment.halted_in if halted else consignment.state,
        incidents=consignment.incidents + incidents,
    )


def _moved(consignment: Consignment, step: Step) -> Consignment:
    if step is Step.RESOLVE:
        return _resumed(consignment)
    if _DEEDS[step].done(consignment):
        return replace(consignment, state=TRANSITIONS[consignment.state, step])
    return _settled(consignment) if step is Step.WITHDRAW else consignment


def _resumed(consignment: Consignment) -> Consignment:
    """Back to the state before the halt, once nothing is open."""
    if consignment.halted_in is None or consignment.open_incidents:
        return consignment
    resumed = replace(consignment, state=consignment.halted_in, halted_in=None)
    if not resumed.remaining_boxes:
        return replace(resumed, state=State.WITHDRAWN)
    return _settled(resumed)


def _settled(consignment: Consignment) -> Consignment:
    """Go on where only what was taken out was still undone: no record would come for it."""
    for step in _SHARED:
        if _is_on_the_road(consignment, step) and _DEEDS[step].done(consignment):
            return replace(consignment, state=TRANSITIONS[consignment.state, step])
    return consignment
