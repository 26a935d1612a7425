"""Legal holds of the demonstration: by key, by record group, by SQL condition, by prefix."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from keepuntil.demo import planted
from keepuntil.demo.records_centre import POLICIES, item_code
from keepuntil.domain.holds import Hold, HoldScope

_FIRST, _SECOND = planted.HELD_IDENTITIES

HELD_POLICY: Final = item_code(POLICIES, planted.HELD_BOX, planted.HELD_PLACE)

_HOLDS: Final = (
    ("customer_identity", HoldScope.KEY, f"[{_FIRST}]", "Court order (2025) 0731"),
    ("customer_identity", HoldScope.KEY, f"[{_SECOND}]", "Court order (2025) 0731"),
    ("customer_identity", HoldScope.KEY, f"[{_SECOND}]", "Anti-money-laundering case 2026-014"),
    ("personal_loan_file", HoldScope.RECORD_GROUP, planted.HELD_LOAN, "Arbitration 2024-88"),
    ("personal_loan_file", HoldScope.RECORD_GROUP, planted.HELD_LOAN, "Audit engagement 2026-03"),
    (
        "transaction_record",
        HoldScope.PREDICATE,
        f"account_no = {planted.INVESTIGATED_ACCOUNT}",
        "Anti-money-laundering case 2026-014",
    ),
    ("wealth_sales_recording", HoldScope.PREFIX, planted.HELD_RECORDINGS, "Complaint 2026-551"),
    ("insurance_policy_short", HoldScope.KEY, f'["{HELD_POLICY}"]', "Arbitration 2026-17"),
)


def holds(placed_at: datetime) -> list[Hold]:
    """The holds in force before the night. Identifiers are fixed, so placing them twice is one."""
    return [
        Hold(
            hold_id=f"H-DEMO-{number:02d}",
            mandate=mandate,
            owner="legal-affairs",
            category=category,
            instance=None,
            scope=scope,
            value=value,
            placed_at=placed_at,
            review_by=None,
        )
        for number, (category, scope, value, mandate) in enumerate(_HOLDS, start=1)
    ]
