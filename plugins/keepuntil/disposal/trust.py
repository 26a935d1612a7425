"""Whom a verifier believes: public keys that came through another channel than the evidence.

certificate*.pem    keys that sign certificates, of every generation
run*.pem            keys that sign the checkpoints of run trees (may be left out)
log*.pem            the log's keys for openssl; we read them from the policy
keys.json           which key counted from when until when, for people
policy.txt          C2SP tlog-policy: the log's keys, its witnesses, the quorum
vkeys.txt           the same keys, a line each, for the small verifier in each bundle
tsa.pem             the time-stamping authority's certificates, where there is one
sm2*.pem            keys of the SM2 envelopes, where there are any
pages.crt           the certificate under which pages are signed, for PDF readers
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepuntil.errors import EvidenceError, KeyFileError, UsageError
from keepuntil.evidence import keys
from keepuntil.evidence.keys import VerifyingKey
from keepuntil.transparency import policy as policies
from keepuntil.transparency.policy import Policy
from keepuntil.transparency.timestamps import Authority

POLICY: Final = "policy.txt"
_LARGEST: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What is believed. Empty or None: that part is not asked for."""

    certificate_keys: tuple[VerifyingKey, ...]
    run_keys: tuple[VerifyingKey, ...] = ()
    policy: Policy | None = None
    authority: Authority | None = None
    sm2_keys: tuple[bytes, ...] = ()
    """SubjectPublicKeyInfo, PEM."""


def read_trust(folder: Path) -> Trust:
    """Read a folder of public keys. Raises UsageError, KeyFileError, EvidenceError."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder} with the public keys you trust.")
    certificate_keys = tuple(_keys(folder, "certificate"))
    if not certificate_keys:
        raise UsageError(f"There is no certificate*.pem in {folder}: whose signature would count?")
    policy, authority = folder / POLICY, folder / "tsa.pem"
    return Trust(
        certificate_keys=certificate_keys,
        run_keys=tuple(_keys(folder, "run")),
        policy=policies.parse(_text(policy)) if policy.exists() else None,
        authority=Authority.parse(_read(authority)) if authority.exists() else None,
        sm2_keys=tuple(_read(path) for path in sorted(folder.glob("sm2*.pem"))),
    )


def _keys(folder: Path, role: str) -> Iterator[VerifyingKey]:
    seen = set()
    for path in sorted(folder.glob(f"{role}*.pem")):
        key = keys.public_key(_read(path), str(path))
        if key.keyid not in seen:
            seen.add(key.keyid)
            yield key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}.") from None


def _text(path: Path) -> str:
    try:
        return _read(path).decode("utf-8")
    except UnicodeDecodeError:
        raise EvidenceError(f"{path} is not text.") from None
