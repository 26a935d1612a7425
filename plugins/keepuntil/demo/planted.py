"""The awkward cases, planted at every scale: each is a record that careless code destroys.

Identifiers lie far above the generated ones. Every comment says what must happen on
the night of :data:`keepuntil.demo.scenario.AS_OF`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from keepuntil.demo.scenario import SENTINELS

_OLD, _RECENT = SENTINELS

LOANS_FROM: Final = 900_001
APPLICATIONS_FROM: Final = 900_001
IDENTITIES_FROM: Final = 900_001
TRANSACTIONS_ACCOUNT: Final = 6_900_000_000
INVESTIGATED_ACCOUNT: Final = 6_900_000_001
HELD_LOAN: Final = f"PL-{LOANS_FROM + 14}"
HELD_IDENTITIES: Final = (IDENTITIES_FROM + 6, IDENTITIES_FROM + 7)
HELD_RECORDINGS: Final = "recordings/BR901/"

UNKNOWN_DATES: Final = ("", _OLD, _RECENT)
"""How the last folders of a series of paper are dated: not computable, each of them."""
PAPER_WARNINGS: Final = 4
"""The two placeholders, in two series: the import keeps them as unknown and says so."""
LOAN_PAPER: Final = (
    f"PL-{LOANS_FROM + 14}",  # bound by two holds with its scans: kept
    f"PL-{LOANS_FROM + 5}",  # nobody wrote down when it was settled: not computable
    f"PL-{LOANS_FROM + 10}",  # litigation open: kept
    "PL-777777777",  # no loan of that number is in the books: not computable
)
"""Files that stand apart in the last box of the loans."""
LAST_EXPIRED: Final = date(2021, 2, 28)
"""Five years after it end on 28 February 2026: the last contracts whose paper is due tonight."""
WAITED_FOR: Final = date(2021, 6, 30)
"""The other contracts of the box that waits for its last folder end four months later."""
UNTOUCHED_BOXES: Final = 3
"""The first boxes of a series, in which nothing is misfiled."""
HELD_BOX: Final = 1
"""A hold on one policy keeps its whole box on the shelf."""
HELD_PLACE: Final = 5
THIN_BOX: Final = 2
"""One folder of this box of policies is not in it when the witnesses count."""
THIN_PLACE: Final = 9
PROFILES_FROM: Final = 900_001

_CUSTOMERS: Final = 20


def _loan(number: int, opened: str, settled: str | None, **more: object) -> tuple[object, ...]:
    loan = LOANS_FROM + number
    return (
        *(loan, f"PL-{loan}", IDENTITIES_FROM, "settled", opened, settled),
        *(more.get("litigation", False), more.get("dispute"), 1_000_000),
    )


_LOANS: Final = (
    _loan(0, "2016-02-29", "2019-05-01"),  # ten years of custody end on 28 February: due tonight
    _loan(1, "2016-02-28", "2019-05-01"),  # the same last day: due tonight
    _loan(2, "2016-03-01", "2019-05-01"),  # one day more: due tomorrow
    _loan(3, "2012-01-10", "2020-12-31"),  # last day of 2020: due since 1 January 2026
    _loan(4, "2012-01-10", "2021-01-01"),  # one day later, one year longer
    _loan(5, "2012-01-10", None),  # settled, but nobody wrote down when: not computable
    _loan(6, "2012-01-10", _OLD),  # sentinel: not computable
    _loan(7, "2012-01-10", _RECENT),  # sentinel: not computable
    _loan(8, "2012-01-10", "2027-06-30"),  # settled in the future: not computable
    _loan(9, "2012-01-10", "2017-06-30", litigation=None),  # nobody knows: not computable
    _loan(10, "2012-01-10", "2017-06-30", litigation=True),  # litigation open: kept
    _loan(11, "2012-01-10", "2017-06-30", dispute="2024-02-29"),  # two years end 28 February: due
    _loan(12, "2012-01-10", "2017-06-30", dispute="2024-03-01"),  # one day more: kept
    _loan(13, _OLD, "2017-06-30"),  # sentinel opening date: not computable
    _loan(14, "2012-01-10", "2017-06-30"),  # due, and bound by two holds with its scans: kept
)

_TRANSACTIONS: Final = tuple(
    (TRANSACTIONS_ACCOUNT, number, booked, 100, "CNY", None)
    for number, booked in enumerate(
        (
            "2016-02-28 10:00:00",  # due tonight
            "2016-02-29 10:00:00",  # leap day, ten years end 28 February 2026: due tonight
            "2016-02-29 15:59:59",  # still 29 February in Shanghai: due tonight
            "2016-02-29 16:00:00",  # already 1 March in Shanghai: due tomorrow
            None,  # not computable
            f"{_OLD} 00:00:00",  # not computable
            f"{_RECENT} 00:00:00",  # not computable
        ),
        start=1,
    )
)

_INVESTIGATED: Final = tuple(
    (INVESTIGATED_ACCOUNT, number, f"2012-{number % 12 + 1:02d}-05 09:30:00", 100, "CNY", None)
    for number in range(1, 41)
)
"""Due for years, and bound by a hold on the whole account: kept."""

_APPLICATIONS: Final = tuple(
    (APPLICATIONS_FROM + number, "测试申请人", "", "rejected", rejected, None)
    for number, rejected in enumerate(
        (
            *(
                "2025-08-28",
                "2025-08-29",
                "2025-08-30",
                "2025-08-31",
            ),  # all end on 28 February: due
            "2025-09-01",  # ends on 1 March: due tomorrow
            None,  # not computable
            _OLD,  # not computable
        )
    )
)

_PROFILES: Final = (
    (PROFILES_FROM, IDENTITIES_FROM, "family", "ended", "2026-02-28", None, None),  # since today
    (PROFILES_FROM + 1, IDENTITIES_FROM, "family", "ended", None, _RECENT, None),  # not computable
    (PROFILES_FROM + 2, IDENTITIES_FROM, "family", "ended", None, None, None),  # not computable
)


def _identity(number: int, ended: str | None, one_off: str | None = None) -> tuple[object, ...]:
    customer = IDENTITIES_FROM + number
    return (
        *(
            customer,
            "欧阳查验",
            "1980-01-01",
            "CHN",
            "resident_id",
            f"X{customer}",
            None,
            None,
            None,
        ),
        *("closed", ended, one_off),
    )


_IDENTITIES: Final = (
    _identity(0, "2016-02-29"),  # ten years end 28 February 2026: due tonight
    _identity(1, "2016-03-01"),  # due tomorrow
    _identity(2, "2012-05-05", "2016-03-01"),  # came back once more: due tomorrow
    _identity(3, None),  # closed, nobody knows when: not computable
    _identity(4, _OLD),  # not computable
    _identity(5, _RECENT),  # not computable
    _identity(6, "2012-05-05"),  # due and bound by a hold: kept
    _identity(7, "2012-05-05"),  # due and bound by two holds: kept
)

ROWS: Final[dict[str, Sequence[tuple[object, ...]]]] = {
    "customer": [(IDENTITIES_FROM + number, 1, "2005-01-01", None) for number in range(_CUSTOMERS)],
    "customer_identity": _IDENTITIES,
    "account": [
        (number, IDENTITIES_FROM, "2005-01-01")
        for number in (TRANSACTIONS_ACCOUNT, INVESTIGATED_ACCOUNT)
    ],
    "account_transaction": _TRANSACTIONS + _INVESTIGATED,
    "loan_file": _LOANS,
    "loan_application": _APPLICATIONS,
    "marketing_profile": _PROFILES,
}
