"""The people who may approve, attest and witness. Who they are stays with the bank."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PERSON_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""A staff number or role account, and never a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone with a signing key. ``id`` is a staff number or role account, never a name."""

    id: str
    unit: str
    roles: tuple[str, ...]
    public_key: str | None
    """Path of a PEM file, relative to the policy folder; None: may not sign yet."""
