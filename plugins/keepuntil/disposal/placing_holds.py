"""Placing a legal hold (冻结): the same for every face."""

from __future__ import annotations

import uuid
from datetime import date

from keepuntil.disposal.installation import Installation
from keepuntil.domain.holds import Hold, HoldScope
from keepuntil.domain.items import key_text, parse_key
from keepuntil.register import holds


def place(
    installation: Installation,
    category: str,
    *,
    scope: HoldScope,
    value: str = "",
    mandate: str,
    owner: str,
    instance: str | None = None,
    review_by: date | None = None,
) -> Hold:
    """The hold that is in force when this returns: what it covers is destroyed no more.

    Raises RuleError for a category without a rule, EvidenceError for a key that is none, and what
    :func:`keepuntil.register.holds.add` raises.
    """
    installation.rule(category)
    placed = Hold(
        hold_id=f"H-{uuid.uuid4().hex[:12]}",
        mandate=mandate,
        owner=owner,
        category=category,
        instance=instance,
        scope=scope,
        value=key_text(parse_key(value)) if scope is HoldScope.KEY else value,
        placed_at=installation.now(),
        review_by=review_by,
    )
    holds.add(installation.register, placed)
    return placed
