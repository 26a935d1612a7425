"""When the last copy in a backup is gone, that nobody can pick single records out of."""

from __future__ import annotations

from datetime import date

from keepuntil.domain.categories import Rule
from keepuntil.domain.periods import add


def copies_gone_by(rule: Rule, destroyed_on: date) -> date | None:
    """The day the last backup with a copy of what was destroyed has aged out (备份到期日).

    None: the rule has no backups.
    """
    return max((add(destroyed_on, each.ages_out_after) for each in rule.backups), default=None)
