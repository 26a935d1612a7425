"""The people who may approve, attest and witness. Who they are stays with the bank."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone with a signing key. ``id`` is a staff number or role account, never a name."""

    id: str
    unit: str
    roles: tuple[str, ...]
    public_key: str | None
    """Path of a PEM file, relative to the policy folder; None: may not sign yet."""
