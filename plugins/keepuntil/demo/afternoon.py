"""The afternoon after the night: people carry away the paper that the night released.

Of the vouchers everything due goes but one box, which waits for its last folders with a
reason. The loan files go without a rest. Of the policies one box stays because of a hold, one
waits, one is weeded, and one folder is not where it should be: the count halts, two people say
what is true, and the folder stays out. What nobody has decided stays on its shelf.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

from keepuntil.demo import archivists, planted
from keepuntil.demo.home import Home, scale_of
from keepuntil.demo.paper_twin import THIN_FOLDER, WEEDED_POLICY_BOXES
from keepuntil.demo.records_centre import NAME, POLICIES, SERIES, VOUCHERS, box_code, edge_box
from keepuntil.disposal import consigning, custody
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.released_boxes import boxes_waiting
from keepuntil.domain.consignments import Consignment, State, Step, Vendor, VendorCertificate
from keepuntil.domain.reconciliation import totals
from keepuntil.domain.treatments import Treatment
from keepuntil.stores.paper import PaperRegister, open_register, vendors, waiting

VENDOR_NAME: Final = "north-shredding"
LAST_VOUCHERS: Final = date(2026, 12, 31)
"""Until then the vouchers of 1996 are kept that share a box with those of 1995."""
LAST_POLICIES: Final = date(planted.WAITED_FOR.year + 5, 6, 30)

INSTANCE: Final = "paper"
"""What the demonstration's rules call their paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """How one consignment came out, for the table."""

    consignment: str
    by_vendor: bool
    boxes: int
    items: int
    destroyed: int
    incidents: tuple[str, ...]
    state: State


def play(home: Home, installation: Installation, runs: Mapping[str, str]) -> Iterator[Journey]:
    """Everything the people do with what the runs released, journey by journey.

    ``runs`` gives the identifier of each rule's run. Raises CustodyError where the story
    and the road disagree.
    """
    centre = _Centre(home, installation, _vendor(home, installation))
    yield from centre.vouchers(runs["accounting_voucher"])
    yield from centre.loans(runs["personal_loan_file"])
    yield from centre.policies(runs["insurance_policy_short"])


def _vendor(home: Home, installation: Installation) -> Vendor:
    """The firm, written down with its licence and contract before anything is given to it."""
    firm = Vendor(
        licence="LIC-2025-071",
        licence_expires_on=installation.now().date() + timedelta(days=365),
        contract="C-2025-19",
        return_clause=True,
    )
    with _desk(home) as register, register.writing() as connection:
        vendors.keep(connection, VENDOR_NAME, firm)
    return firm


@contextmanager
def _desk(home: Home) -> Iterator[PaperRegister]:
    """The register of paper, as the archive's own desk has it open."""
    register = open_register(NAME, f"sqlite:///{home.paper}")
    try:
        yield register
    finally:
        register.close()


def waits(home: Home) -> Mapping[str, date]:
    """The boxes that wait for their last folders, and until when."""
    with _desk(home) as register, register.reading() as connection:
        return waiting.of_boxes(connection, [_edge_box(home, each) for each in SERIES])


def _edge_box(home: Home, series: str) -> str:
    return box_code(series, edge_box(scale_of(home.settings()).boxes_a_series))


@dataclass(frozen=True, slots=True)
class _Centre:
    home: Home
    installation: Installation
    firm: Vendor

    def vouchers(self, run_id: str) -> Iterator[Journey]:
        kept = _edge_box(self.home, VOUCHERS)
        self._wait(kept, LAST_VOUCHERS, "1996 年凭证同盒，2027-01-01 到期后整盒销毁")
        yield self._walk(self._whole_boxes(run_id))
        yield self._walk(self._weeding(run_id, self._mixed(run_id, kept)))

    def loans(self, run_id: str) -> Iterator[Journey]:
        yield self._walk(self._whole_boxes(run_id))
        yield self._walk(self._weeding(run_id, self._mixed(run_id, "")))

    def policies(self, run_id: str) -> Iterator[Journey]:
        kept = _edge_box(self.home, POLICIES)
        self._wait(kept, LAST_POLICIES, "同盒其余合同 2026-07-01 到期后整盒销毁")
        yield self._walk(self._one_folder_missing(self._whole_boxes(run_id)))
        weeded = self._mixed(run_id, kept)[:WEEDED_POLICY_BOXES]
        yield self._walk(self._weeding(run_id, weeded))

    def _wait(self, box: str, until: date, reason: str) -> None:
        with _desk(self.home) as register, register.writing() as connection:
            waiting.wait(connection, box, until, reason, archivists.RESOLVERS[0].person)

    def _mixed(self, run_id: str, but: str) -> list[str]:
        """Boxes that can only be weeded, except one; those with a hold stay closed."""
        lines = boxes_waiting(self.installation, run_id)
        return [line.box for line in lines if line.mixed and line.free and line.box != but]

    def _whole_boxes(self, run_id: str) -> Consignment:
        """For the destruction firm: every box of which all is due and nothing is held."""
        return self._open(run_id, vendor=self.firm, weed=())

    def _weeding(self, run_id: str, boxes: Collection[str]) -> Consignment:
        """For the centre's own shredder: what is due out of mixed boxes."""
        return self._open(run_id, vendor=None, weed=boxes)

    def _open(self, run_id: str, *, vendor: Vendor | None, weed: Collection[str]) -> Consignment:
        return consigning.open_consignment(
            self.installation,
            run_id,
            INSTANCE,
            drafted_by=archivists.DRAFTER,
            vendor=vendor,
            transported=vendor is not None,
            weed=weed,
            only=weed,
        )

    def _walk(self, now: Consignment) -> Journey:
        """Every step that is left, by honest people."""
        while now.state is not State.RECONCILED:
            now = self._step(now, archivists.next_step(now))
        return _journey(now)

    def _step(self, now: Consignment, step: Step) -> Consignment:
        record = archivists.honest(now, step, self.installation.now())
        if step is Step.CERTIFY:
            record = replace(record, payload=self._certificate(now))
        return custody.take(self.installation, NAME, now.consignment, record)

    def _one_folder_missing(self, now: Consignment) -> Consignment:
        """Up to the count, which halts; and on, once two people have said what is true."""
        while archivists.next_step(now) is not Step.COUNT:
            now = self._step(now, archivists.next_step(now))
        seen = archivists.honest(now, Step.COUNT, self.installation.now())
        thin = archivists.without(seen, THIN_FOLDER)
        halted = custody.take(self.installation, NAME, now.consignment, thin)
        said = archivists.resolution(
            halted, self.installation.now(), "清点缺一卷，已报告并查找；该卷不予销毁", THIN_FOLDER
        )
        return custody.take(self.installation, NAME, halted.consignment, said)

    def _certificate(self, now: Consignment) -> VendorCertificate:
        """What the firm sends, as a file and as it is entered."""
        number = f"DC-{now.consignment.partition('.')[2]}"
        grams = totals(now).destroyed.grams
        text = "\n".join((f"销毁证明 {number}", self.firm.licence, *now.remaining_boxes, ""))
        self.home.from_the_vendor.mkdir(exist_ok=True)
        (self.home.from_the_vendor / f"{number}.txt").write_text(text, encoding="utf-8")
        return VendorCertificate(
            sha256=sha256(text.encode()).hexdigest(),
            number=number,
            vendor=self.firm,
            boxes=now.remaining_boxes,
            grams=grams,
            treatment=Treatment.P5,
        )


def _journey(now: Consignment) -> Journey:
    counted = totals(now)
    return Journey(
        consignment=now.consignment,
        by_vendor=now.vendor is not None,
        boxes=counted.listed.boxes,
        items=counted.listed.items,
        destroyed=counted.destroyed.items,
        incidents=tuple(each.kind for each in now.incidents),
        state=now.state,
    )
