"""What an auditor is given beforehand, by another channel than the evidence: public halves only.

certificate.pub.pem        the current key of each role
certificate.1.pub.pem ...  every key it ever had, oldest first
keys.json                  which of them counted from when until when
vkeys.txt                  the log's keys as other tools of signed notes take them
log-policy.txt             C2SP tlog-policy: the log, to which one's witnesses are added
"""

import json
import re
from pathlib import Path

from keepuntil.errors import KeyFileError, UsageError
from keepuntil.evidence.note import ED25519, NoteKey
from keepuntil.signing import roles
from keepuntil.signing.generations import instant
from keepuntil.signing.ring import KeyRing

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def export(ring: KeyRing, folder: Path, origin: str) -> list[Path]:
    """Write the public halves into a new or empty folder; return what was written.

    ``origin`` is the name of the log. Raises `UsageError` when the folder holds
    something, `KeyFileError` when it cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; export into a folder of its own")
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, text in _texts(ring, origin).items():
            path = folder / name
            path.write_text(text, encoding="ascii")
            written.append(path)
    except OSError as error:
        raise KeyFileError(f"{folder} cannot be written: {error.strerror}") from None
    return written


def log_keys(ring: KeyRing, origin: str) -> list[NoteKey]:
    """The log's keys under its name, oldest first; raise `UsageError` for a name no log can have.

    Verifiers in the field compare the name with the host of an address, so it is one.
    """
    if not _HOST.fullmatch(origin):
        raise UsageError(
            f"the name of the log has to be a bare host name like log.bank.example, not {origin!r}"
        )
    return [NoteKey(origin, ED25519, key) for key in ring.public_keys("log")]


def _texts(ring: KeyRing, origin: str) -> dict[str, str]:
    texts, listed = {}, {}
    for role in (each for each in roles.ROLES if each in ring.keys):
        generations = ring.keys[role]
        for number, generation in enumerate(generations, 1):
            texts[f"{role}.{number}.pub.pem"] = generation.pem
        texts[f"{role}.pub.pem"] = generations[-1].pem
        listed[role] = [
            {
                "algorithm": roles.kind_name(role),
                "file": f"{role}.{number}.pub.pem",
                "from": generation.since and instant(generation.since),
                "keyid": generation.keyid,
                "until": generation.until and instant(generation.until),
            }
            for number, generation in enumerate(generations, 1)
        ]
    vkeys = [key.vkey for key in log_keys(ring, origin)]
    texts["keys.json"] = json.dumps(listed, indent=1) + "\n"
    texts["vkeys.txt"] = "".join(f"{vkey}\n" for vkey in vkeys)
    texts["log-policy.txt"] = (
        "# C2SP tlog-policy. Add `witness NAME VKEY` lines and put them into the quorum.\n"
        + "".join(f"log {vkey}\n" for vkey in vkeys)
        + "quorum none\n"
    )
    return texts
