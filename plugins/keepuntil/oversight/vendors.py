"""Destruction firms whose licence has run out, in the registers of paper that rules use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.paper_registers import register_of
from keepuntil.domain.categories import Text
from keepuntil.domain.consignments import Vendor
from keepuntil.errors import StoreError, UsageError
from keepuntil.oversight.gaps import Gap, Lack
from keepuntil.stores.paper import vendors


def vendors_expired(installation: Installation, as_of: date) -> Iterator[Gap]:
    """A gap for each firm that may be given nothing any more, though a rule's paper could go there.

    A licence is good on its last day. A register that cannot be asked is a gap of its own.
    """
    schedule = installation.schedule
    for store in sorted({paper.store for rule in schedule.rules for paper in rule.paper}):
        for name, vendor in _vendors(installation, store).items():
            if vendor.licence_expires_on < as_of:
                yield _expired(store, name, vendor)


def _vendors(installation: Installation, store: str) -> Mapping[str, Vendor]:
    try:
        with register_of(installation, store) as register, register.reading() as connection:
            known = {name: vendors.of_name(connection, name) for name in vendors.names(connection)}
    except (StoreError, UsageError):
        # The instances of this register are unreadable: that gap is told there, once.
        return {}
    return {name: vendor for name, vendor in known.items() if vendor is not None}


def _expired(store: str, name: str, vendor: Vendor) -> Gap:
    until = vendor.licence_expires_on
    return Gap(
        code=Lack.VENDOR_EXPIRED,
        where=f"{store}/{name}",
        sentence=Text(
            zh=f"{store} 登记的销毁方“{name}”资质已于 {until} 到期。",
            en=f"The licence of {name}, a destruction firm in {store}, ran out on {until}:"
            " enter a new one, or give it nothing.",
        ),
    )
