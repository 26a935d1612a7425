"""A civil date on the command line."""

from __future__ import annotations

from datetime import date

import click


class Day(click.ParamType[date]):
    """``2026-11-23``; anything else is refused in words."""

    name = "YYYY-MM-DD"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """The date; click shows the sentence for anything else."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no date like 2026-11-23.", param, ctx)


DAY = Day()
