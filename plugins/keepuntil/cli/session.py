"""What every verb gets: where the installation is and how to answer."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepuntil.disposal.installation import Installation


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
    """Who is at the keyboard, as the operating system knows them."""
    return getpass.getuser()
