"""Random steps, legal and not, honest and not, against what always has to hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from custody_world import (
    CLERK_AT_SHREDDER,
    DRAFTER,
    DRIVER,
    LIST,
    OPERATOR,
    PICKER,
    RESOLVERS,
    SIGNERS,
    START,
    VENDOR_ROAD,
    WITNESSES,
    certificate,
    honest,
    lines_of,
    scanning,
    vendor_journey,
    weeding_journey,
)
from keepuntil.domain.consignments import (
    VENDOR,
    Consignment,
    Destruction,
    Duty,
    Participant,
    Payload,
    Resolution,
    Scan,
    Scans,
    State,
    Step,
    StepRecord,
    Withdrawal,
)
from keepuntil.domain.custody import TRANSITIONS, advance, possible_steps, replay
from keepuntil.domain.reconciliation import ends, totals
from keepuntil.domain.treatments import Treatment
from keepuntil.errors import CustodyError

EVERYONE = (
    *SIGNERS,
    *WITNESSES,
    *RESOLVERS,
    DRAFTER,
    PICKER,
    DRIVER,
    OPERATOR,
    CLERK_AT_SHREDDER,
    replace(DRIVER, department="accounting"),
)
BARCODES = ("B1", "B2", "B3", "W1", "W2", "B9")
ITEMS = ("a1", "a2", "b1", "c1", "m1", "n1", "n2", "zz")
SEALS = (None, "Z1", "Z9", "T-B1", "T-B2", "X1", "X2")

CROWDS = st.lists(st.sampled_from(EVERYONE), max_size=3).map(tuple)
SOME_BOXES = st.lists(st.sampled_from(BARCODES), max_size=3).map(tuple)
SOME_ITEMS = st.lists(st.sampled_from(ITEMS), max_size=3).map(tuple)
SCANS = st.builds(
    Scan, box=st.sampled_from(BARCODES), seal=st.sampled_from(SEALS), items=SOME_ITEMS
)
PAYLOADS: st.SearchStrategy[Payload | None] = st.one_of(
    st.none(),
    st.builds(Scans, lines=st.lists(SCANS, max_size=3).map(tuple)),
    st.builds(Destruction, boxes=SOME_BOXES, treatment=st.sampled_from(Treatment)),
    st.builds(
        Resolution,
        incident=st.integers(0, 3),
        reason=st.just("So."),
        boxes=SOME_BOXES,
        items=SOME_ITEMS,
    ),
    st.builds(Withdrawal, reason=st.just("So."), boxes=SOME_BOXES, items=SOME_ITEMS),
)
USUAL = (*VENDOR_ROAD, Step.RESOLVE)
DUTIES_APART = (Duty.DRAFT, Duty.APPROVE, Duty.EXECUTE, Duty.WITNESS)


class Custody(RuleBasedStateMachine):
    """One consignment, and the records it accepted."""

    @initialize(opening=st.sampled_from([vendor_journey(), weeding_journey()]))
    def open(self, opening: Consignment) -> None:
        self.opening = self.consignment = opening
        self.records: list[StepRecord] = []
        self.counted_by: dict[str, tuple[str, ...]] = {}

    def _try(self, record: StepRecord) -> None:
        before = self.consignment
        try:
            after = advance(before, record)
        except CustodyError:
            assert before == replay(self.opening, self.records)
            return
        assert (before.state, record.step) in TRANSITIONS
        self.records.append(record)
        self.consignment = after

    @rule(data=st.data(), times=st.integers(1, 4))
    def go_on_honestly(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            usual = [step for step in possible_steps(self.consignment) if step in USUAL]
            if usual:
                self._try(honest(self.consignment, data.draw(st.sampled_from(usual))))

    @precondition(lambda self: {Step.PICK, Step.COUNT} & set(possible_steps(self.consignment)))
    @rule(data=st.data())
    def scan_only_a_part_of_it(self, data: st.DataObject) -> None:
        (step, *_) = {Step.PICK, Step.COUNT} & set(possible_steps(self.consignment))
        whole = honest(self.consignment, step)
        lines = tuple(lines_of(whole).values())
        part = data.draw(st.lists(st.sampled_from(lines), unique=True, min_size=1))
        self._try(scanning(whole, *part))

    @precondition(lambda self: Step.COUNT in possible_steps(self.consignment))
    @rule(data=st.data(), items=SOME_ITEMS)
    def miscount_a_box(self, data: st.DataObject, items: tuple[str, ...]) -> None:
        whole = honest(self.consignment, Step.COUNT)
        line, *others = data.draw(st.permutations(tuple(lines_of(whole).values())))
        kept = data.draw(st.integers(0, len(line.items)))
        self._try(scanning(whole, replace(line, items=line.items[:kept] + items), *others))

    @precondition(lambda self: Step.CERTIFY in possible_steps(self.consignment))
    @rule(boxes=SOME_BOXES)
    def certify_something_else(self, boxes: tuple[str, ...]) -> None:
        stated = replace(certificate(self.consignment), boxes=boxes, grams=None)
        self._try(replace(honest(self.consignment, Step.CERTIFY), payload=stated))

    @precondition(lambda self: possible_steps(self.consignment))
    @rule(data=st.data(), by=CROWDS)
    def let_anyone_do_it(self, data: st.DataObject, by: tuple[Participant, ...]) -> None:
        step = data.draw(st.sampled_from(possible_steps(self.consignment)))
        self._try(replace(honest(self.consignment, step), by=by))

    @precondition(lambda self: possible_steps(self.consignment))
    @rule(data=st.data(), stranger=st.sampled_from(EVERYONE))
    def let_somebody_stand_in(self, data: st.DataObject, stranger: Participant) -> None:
        usual = [step for step in possible_steps(self.consignment) if step in USUAL]
        whole = honest(self.consignment, data.draw(st.sampled_from(usual)))
        # Every usual witness may have signed while others, who counted too, have not.
        assume(whole.by)
        absent, *others = data.draw(st.permutations(whole.by))
        in_role = replace(absent, person=stranger.person)
        instead = data.draw(st.sampled_from([stranger, in_role]))
        self._try(replace(whole, by=(instead, *others)))

    @precondition(lambda self: possible_steps(self.consignment))
    @rule(data=st.data(), payload=PAYLOADS)
    def let_them_say_anything(self, data: st.DataObject, payload: Payload | None) -> None:
        step = data.draw(st.sampled_from(possible_steps(self.consignment)))
        self._try(replace(honest(self.consignment, step), payload=payload))

    @rule(step=st.sampled_from(Step), by=CROWDS, payload=PAYLOADS)
    def do_anything(self, step: Step, by: tuple[Participant, ...], payload: Payload | None) -> None:
        at = self.consignment.last_at or START
        self._try(StepRecord(step=step, plan_digest=LIST, at=at, by=by, payload=payload))

    @invariant()
    def nothing_is_destroyed_that_witnesses_did_not_count_before(self) -> None:
        counted: set[str] = set()
        witnesses: dict[str, int] = {}
        for record in self.records:
            match record.payload:
                case Scans(lines=lines) if record.step is Step.COUNT:
                    counted.update(line.box for line in lines)
                    witnesses |= {line.box: len({p.person for p in record.by}) for line in lines}
                case Destruction(boxes=boxes):
                    assert counted.issuperset(boxes)
                    assert all(witnesses[box] >= 2 for box in boxes)

    @invariant()
    def nothing_is_destroyed_beyond_the_list_or_after_it_was_withdrawn(self) -> None:
        for box, tally in self.consignment.tallies.items():
            assert set(tally.destroyed) <= set(self.opening.boxes[box].items)
            assert self.consignment.withdrawn.isdisjoint(tally.destroyed)
            assert set(tally.destroyed) <= set(tally.counted)

    @invariant()
    def what_is_reconciled_was_sent_received_destroyed_and_certified_alike(self) -> None:
        consignment = self.consignment
        if consignment.state is not State.RECONCILED:
            return
        assert not consignment.open_incidents
        alike = {
            box: set(each.items) - consignment.withdrawn
            for box, each in self.opening.boxes.items()
            if set(each.items) - consignment.withdrawn
        }
        assert alike
        for box, items in alike.items():
            tally = consignment.tallies[box]
            assert set(tally.destroyed) == set(tally.counted) - consignment.withdrawn == items
            if consignment.rule.transported:
                assert set(tally.sent) - consignment.withdrawn == items
                assert set(tally.received) - consignment.withdrawn == items
        if consignment.vendor is not None:
            assert consignment.certificate is not None
            assert sorted(consignment.certificate.boxes) == sorted(alike)

    @invariant()
    def people_are_distinct_and_nobody_of_the_vendor_witnesses(self) -> None:
        sets = [self.consignment.persons(duty) for duty in DUTIES_APART]
        assert sum(map(len, sets)) == len(frozenset().union(*sets))
        witnesses = self.consignment.people.get(Duty.WITNESS, ())
        assert all(each.department != VENDOR for each in witnesses)
        vendors = {
            each.person
            for people in self.consignment.people.values()
            for each in people
            if each.department == VENDOR
        }
        assert vendors.isdisjoint(each.person for each in witnesses)

    @invariant()
    def the_records_alone_give_the_same_consignment_and_totals(self) -> None:
        again = replay(self.opening, self.records)
        assert again == self.consignment
        assert totals(again) == totals(self.consignment)

    @invariant()
    def every_item_has_one_end_and_every_state_a_way_on(self) -> None:
        found = ends(self.consignment)
        assert sorted(found) == sorted(i for b in self.opening.boxes.values() for i in b.items)
        if possible_steps(self.consignment):
            assert self.consignment.state not in (State.RECONCILED, State.WITHDRAWN)
        else:
            assert all(each.pending_in is None for each in found.values())

    def teardown(self) -> None:
        if hasattr(self, "consignment"):
            event(f"ended {self.consignment.state}")


Custody.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_custody_holds_under_random_steps = Custody.TestCase
