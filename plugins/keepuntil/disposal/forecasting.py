"""What falls due in the months ahead, counted in the stores; the last count is kept for people
who look at it more often than stores should be asked."""

from __future__ import annotations

from datetime import date
from typing import Final

from keepuntil.disposal import deciding
from keepuntil.disposal.installation import Installation
from keepuntil.domain.categories import Rule
from keepuntil.domain.periods import Period, add
from keepuntil.register import forecasts
from keepuntil.register.forecasts import Forecast

MONTHS_AHEAD: Final = 24


def look_ahead(installation: Installation, rule: Rule, months: int = MONTHS_AHEAD) -> Forecast:
    """Count what falls due until that many months from today, in the rule's zone. Reads only.

    Raises StoreError.
    """
    today = installation.today(rule)
    until: date = add(today, Period(0, months, 0))
    counted = deciding.forecast(installation, rule, until)
    return Forecast(category=rule.category, as_of=today, months=counted)


def remember(installation: Installation, rule: Rule) -> Forecast:
    """Look two years ahead, and keep what was counted. Raises StoreError."""
    counted = look_ahead(installation, rule)
    forecasts.keep(installation.register, counted)
    return counted
