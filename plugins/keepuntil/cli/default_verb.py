"""A group of verbs of which one is meant where none is named."""

from __future__ import annotations

from typing import Any

import click


class VerbUnlessNamed(click.Group):
    """``sample RUN`` draws, ``sample show`` shows: a verb is named by the first word."""

    def __init__(
        self, *args: Any, unless_named: str, also_alone: bool = False, **more: Any
    ) -> None:
        """``unless_named`` is the verb; ``also_alone``: also where nothing follows the group."""
        super().__init__(*args, **more)
        self._unless_named = unless_named
        self._also_alone = also_alone
        self.no_args_is_help = not also_alone

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the word that is left out before what is given."""
        named = args and (args[0] in self.commands or args[0] in ctx.help_option_names)
        if not named and (args or self._also_alone):
            args = [self._unless_named, *args]
        return super().parse_args(ctx, args)
