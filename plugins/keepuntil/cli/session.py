"""What every verb gets: where the installation is and how to answer."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from keepuntil.disposal.installation import Installation

ACTING: Final = "keepuntil.acting"
"""Where a context keeps the id of whoever acts, once access is enforced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The options before the verb."""

    home: Path
    policies: Path
    as_json: bool

    @contextmanager
    def installation(self) -> Iterator[Installation]:
        """The installation, opened; closed again at the end."""
        from keepuntil.disposal.installation import Installation

        with Installation.open(self.home, self.policies) as installation:
            yield installation


def operator() -> str:
    """Who acts: their id in people.yaml once access is enforced, until then their login.

    One person is one name, so that whoever approved is not told apart from whoever runs.
    """
    context = click.get_current_context(silent=True)
    acting = None if context is None else context.meta.get(ACTING)
    return str(acting) if acting else login()


def login() -> str:
    """Who is at the keyboard, as the operating system knows them.

    Not from LOGNAME or USER, which anybody may set for themselves. Only the account that
    owns an installation can open one, so others come through sudo, which says who they are.
    """
    if caller := os.environ.get("SUDO_USER"):
        return caller
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
