"""Checks a certificate as an auditor would: stock tools first, then our own verifier."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from keepuntil.demo.outsiders import small_verifier
from keepuntil.disposal.checking_certificates import check_bundle
from keepuntil.disposal.trust import Trust, read_trust
from keepuntil.evidence.keys import VerifyingKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found about one bundle."""

    category: str
    certificate_id: str
    outcomes: dict[str, int]
    provisional_until: str | None
    openssl: bool | None
    """Whether ``openssl dgst -verify`` accepted the signature; None: there is no openssl."""
    sums: bool
    """Whether every file has the SHA-256 that SHA256SUMS names."""
    steps: int
    """Steps of our own verifier that passed: all of them, or it would have raised."""
    small: bool
    """Whether the program inside the bundle, which knows nothing of us, says that it holds."""


def check(bundle: Path, folder: Path) -> Checked:
    """Check one bundle with the keys in a folder that did not come out of it.

    Raises EvidenceError with the first step of our verifier that fails.
    """
    trust: Trust = read_trust(folder)
    verdict = check_bundle(bundle, trust)
    return Checked(
        category=str(verdict.category),
        certificate_id=str(verdict.certificate_id),
        outcomes=verdict.outcomes,
        provisional_until=verdict.provisional_until,
        openssl=signed_by(bundle / "certificate.intoto.jsonl", trust.certificate_keys[-1]),
        sums=_sums_hold(bundle),
        steps=sum(step.held is True for step in verdict.steps),
        small=small_verifier(bundle, folder).holds,
    )


def signed_by(envelope_file: Path, key: VerifyingKey) -> bool | None:
    """Whether stock openssl accepts a DSSE envelope's signature; None: there is no openssl.

    The signed bytes are DSSE's pre-authentication encoding, put together here by hand.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    envelope = json.loads(envelope_file.read_bytes())
    kind, payload = envelope["payloadType"].encode(), base64.b64decode(envelope["payload"])
    encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    with tempfile.TemporaryDirectory() as folder:
        public, signature = Path(folder, "public.pem"), Path(folder, "signature")
        public.write_text(key.pem, encoding="ascii")
        signature.write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
        verdict = subprocess.run(
            [openssl, "dgst", "-sha256", "-verify", public, "-signature", signature],
            input=encoded,
            capture_output=True,
            check=False,
        )
    return verdict.returncode == 0


def _sums_hold(bundle: Path) -> bool:
    lines = (bundle / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    named = [line.split(maxsplit=1) for line in lines]
    return bool(named) and all(
        sha256((bundle / name.lstrip("*")).read_bytes()).hexdigest() == digest
        for digest, name in named
    )
