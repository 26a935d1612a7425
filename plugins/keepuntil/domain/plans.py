"""The destruction plan (销毁清册), the approvals on its digest, and the warrant they become.

The items themselves are not here: they may be ten million. A plan carries their
counts and one keyed digest over the packed list that the register keeps sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceTally:
    """What planning saw in one instance. Every item seen is in exactly one count."""

    instance: str
    store: str
    total: int
    due: int
    overdue: int
    held: int
    """Due, but bound by a hold when the plan was made."""
    kept: int
    restricted: int
    undetermined: Mapping[str, int]
    """Not computable, by :class:`~keepuntil.domain.decision.Doubt` code."""
    oldest_due_on: date | None
    newest_due_on: date | None
    chunks: int
    """Sealed chunks of the item list, numbered from 0 within the instance."""
    items_digest: str
    """``hmac-sha256:<hex>`` over the packed items, under the installation's digest key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The frozen, itemised list of one rule on one ``as_of`` date.

    Same data, same rule, same ``as_of``, same installation: the same plan, byte for
    byte. Who proposed it and when is not part of it.
    """

    plan_id: str
    """``<category>.<as_of>.<first 12 hex digits of the digest>``"""
    digest: str
    category: str
    as_of: date
    rule_digest: str
    stores_digest: str
    holds_digest: str
    """Over the identifiers of the holds in force when it was made."""
    instances: tuple[InstanceTally, ...]
    exceeded: tuple[str, ...]
    """Limits of the rule that this plan is above, as sentences; empty: none."""

    @property
    def items(self) -> int:
        """Items on the list: everything due, the held ones included."""
        return sum(tally.due + tally.held for tally in self.instances)

    @property
    def due(self) -> int:
        return sum(tally.due for tally in self.instances)

    @property
    def held(self) -> int:
        return sum(tally.held for tally in self.instances)

    @property
    def undetermined(self) -> int:
        return sum(sum(tally.undetermined.values()) for tally in self.instances)


class Verdict(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's signed decision on one plan digest (审批)."""

    plan_digest: str
    person: str
    role: str
    verdict: Verdict
    reason: str
    accepts_exceeded: bool
    """The person has seen that the plan is above its limits and says yes all the same."""
    decided_at: datetime
    expires_at: datetime
    via: str
    """``cli``, ``airflow``, ``pages`` or ``rule`` (a pre-approved class)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warrant:
    """The right to destroy exactly one plan's items (销毁令), within a time.

    Made by :mod:`keepuntil.disposal.approving` from a complete set of approvals and by
    nothing else; stores destroy nothing without one.
    """

    plan_id: str
    plan_digest: str
    category: str
    as_of: date
    approvers: tuple[str, ...]
    approvals_digest: str
    not_before: datetime
    not_after: datetime
