"""The people who work with this installation. Who they are stays with the bank."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PERSON_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""A staff number or role account, and never a name."""


class AccessRole(StrEnum):
    """What somebody is to this installation. The words stand in ``people.yaml``."""

    OWNER = "owner"
    APPROVER = "approver"
    EXECUTOR = "executor"
    WITNESS = "witness"
    AUDITOR = "auditor"
    DPO = "dpo"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone with a signing key. ``id`` is a staff number or role account, never a name."""

    id: str
    unit: str
    roles: tuple[str, ...]
    public_key: str | None
    """Path of a PEM file, relative to the policy folder; None: may not sign yet."""
    access: tuple[AccessRole, ...] = ()
    """What the person is to this installation; none: may approve where a rule asks, and no more."""
    logins: tuple[str, ...] = ()
    """What signs them in: the operating system's user, Airflow's user name, an OIDC subject."""
