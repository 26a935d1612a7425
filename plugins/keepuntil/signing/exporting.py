"""Public halves, for who verifies: every key that each role ever had, and the log's as note keys.

certificate.1.pub.pem ...  the keys of a role, oldest first; the last one signs now
keys.json                  which of them counted from when until when
"""

import json
import re
from datetime import datetime
from typing import Final

from keepuntil.errors import UsageError
from keepuntil.evidence.note import ED25519, NoteKey
from keepuntil.signing import roles
from keepuntil.signing.generations import instant
from keepuntil.signing.ring import KeyRing

KEYS: Final = "keys.json"

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def public_halves(ring: KeyRing) -> dict[str, str]:
    """The files above by name, ASCII; nothing in them is secret."""
    texts: dict[str, str] = {}
    listed: dict[str, list[dict[str, str | None]]] = {}
    for role in (each for each in roles.ROLES if each in ring.keys):
        listed[role] = []
        for number, generation in enumerate(ring.keys[role], 1):
            name = f"{role}.{number}.pub.pem"
            texts[name] = generation.pem
            listed[role].append(
                {
                    "algorithm": roles.kind_name(role),
                    "file": name,
                    "from": _said(generation.since),
                    "keyid": generation.keyid,
                    "until": _said(generation.until),
                }
            )
    texts[KEYS] = json.dumps(listed, indent=1) + "\n"
    return texts


def log_keys(ring: KeyRing, origin: str) -> list[NoteKey]:
    """The log's keys under its name, oldest first; raise `UsageError` for a name no log can have.

    Verifiers in the field compare the name with the host of an address, so it is one.
    """
    if not _HOST.fullmatch(origin):
        raise UsageError(
            f"the name of the log has to be a bare host name like log.bank.example, not {origin!r}"
        )
    return [NoteKey(origin, ED25519, key) for key in ring.public_keys("log")]


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)
