"""The counts of plans and certificates against those that plain SQL worked out beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from keepuntil.demo import afternoon, building
from keepuntil.demo.home import Home
from keepuntil.demo.results import Result, Verdict

PLACES: Final = {
    ("personal_loan_file", "core"): "loan_file",
    ("personal_loan_file", "scans"): "loans/",
    ("personal_loan_file", "paper"): "paper/DK",
    ("accounting_voucher", "paper"): "paper/KJ",
    ("insurance_policy_short", "paper"): "paper/BX",
    ("transaction_record", "core"): "account_transaction",
    ("customer_identity", "core"): "customer_identity",
    ("declined_application", "core"): "loan_application",
    ("marketing_consent_data", "core"): "marketing_profile",
    ("wealth_sales_recording", "recordings"): "recordings/",
    ("account_statement", "share"): "statements",
}
"""Each instance of the rules, and what :mod:`keepuntil.demo.twin` and
:mod:`keepuntil.demo.leftovers` call the place."""

REFUSED: Final = "complaint_record"

PENDING: Final = "insurance_policy_short"
"""Has no certificate after the afternoon: a hold, a folder nobody found, undecided boxes."""

_EXCEPT: Final = {REFUSED: Verdict.REFUSED, PENDING: Verdict.PENDING}
"""How rules end that are not certified."""


_GO_AT_ONCE: Final = {("personal_loan_file", "scans")}
"""Of rules with paper, what goes in the night; the rows stay until the paper is gone."""

_WITH_PAPER: Final = {category for category, instance in PLACES if instance == afternoon.INSTANCE}


def against_releases(home: Home, found: Sequence[Result]) -> Iterator[str]:
    """After the night: what could end has ended as worked out, and the paper waits for people."""
    ended = [result for result in found if result.category not in _WITH_PAPER]
    yield from _absent(found)
    yield from _ends(home, ended)
    tolls = building.tolls(home)
    for result in found:
        if result.category not in _WITH_PAPER:
            continue
        if result.verdict is not Verdict.PENDING:
            yield f"{result.category} has paper and did not wait for people: {result.sentence}"
        for line in result.lines:
            place = result.category, line.instance
            toll = tolls[PLACES[place]]
            gone = toll.gone if place in _GO_AT_ONCE else 0
            if (line.destroyed, line.due) != (gone, toll.gone + toll.stay):
                yield (
                    f"{result.category}, {line.instance}: {line.destroyed} of {line.due} were "
                    f"destroyed before people came; by plain SQL {gone} of "
                    f"{toll.gone + toll.stay} had to be."
                )


def against_tolls(home: Home, found: Sequence[Result]) -> Iterator[str]:
    """After the afternoon: everything has come to the end that was worked out."""
    yield from _absent(found)
    yield from _ends(home, found)


def _absent(found: Sequence[Result]) -> Iterator[str]:
    """Nothing passes by not being there."""
    categories = {result.category: result.verdict for result in found}
    for category in sorted({category for category, _ in PLACES} - categories.keys()):
        yield f"{category} did not run."
    if categories.get(REFUSED) is not Verdict.REFUSED:
        yield f"{REFUSED} has a child that is not declared, and was not refused."


def _ends(home: Home, found: Sequence[Result]) -> Iterator[str]:
    tolls = building.tolls(home)
    for result in found:
        expected = _EXCEPT.get(result.category, Verdict.CERTIFIED)
        if result.verdict is not expected:
            yield f"{result.category} is {result.verdict}, not {expected}: {result.sentence}"
        for line in result.lines:
            toll = tolls[PLACES[result.category, line.instance]]
            if (line.destroyed, line.due - line.destroyed) != (toll.gone, toll.stay):
                yield (
                    f"{result.category}, {line.instance}: {line.destroyed} of {line.due} were "
                    f"destroyed; by plain SQL {toll.gone} of {toll.gone + toll.stay} had to be."
                )
