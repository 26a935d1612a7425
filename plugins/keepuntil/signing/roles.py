"""The roles a key of the installation can have. No two ever share a key.

A key that served two roles would let a signature made for one be shown for the
other, and could not be replaced for one alone. People's own keys (``people.yaml``)
and witnesses' keys are others' and stand elsewhere.
"""

from collections.abc import Mapping

from keepuntil.errors import KeyFileError
from keepuntil.evidence.keys import KeyKind

SM2 = "sm2"

KINDS: Mapping[str, KeyKind] = {
    "certificate": KeyKind.P256,
    "approvals": KeyKind.P256,
    "run": KeyKind.ED25519,
    "log": KeyKind.ED25519,
    "timestamp": KeyKind.P256,
}
"""Algorithm by role; ``sm2`` stands beside them, since SM2 keys are opened by ``openssl``."""

PURPOSES: Mapping[str, str] = {
    "certificate": "signs certificates and every other statement",
    "approvals": "vouches for decisions given inside Airflow or the pages",
    "run": "signs the checkpoint of each run's tree",
    "log": "signs the checkpoints of the organisation's log",
    "timestamp": "the embedded development time-stamping authority",
    SM2: "signs the SM2 sibling of each certificate",
}

ROLES = tuple(PURPOSES)
ALWAYS = ("certificate", "approvals", "run", "log")
"""Roles that every installation has; the others are there once they were asked for."""


def kind_name(role: str) -> str:
    """The algorithm of a role, for people."""
    return "SM2" if role == SM2 else str(KINDS[role])


def refuse_unknown(role: str) -> None:
    """Raise `KeyFileError` unless there is such a role."""
    if role not in PURPOSES:
        raise KeyFileError(f"there is no key role {role!r}; there are {', '.join(ROLES)}")
