"""When it was: time stamps over signatures, by the authority that ``evidence.yaml`` names."""

from __future__ import annotations

from pathlib import Path

from keepuntil.disposal.installation import Installation
from keepuntil.errors import EvidenceError
from keepuntil.evidence.envelope import Envelope
from keepuntil.transparency import timestamps
from keepuntil.transparency.development_authority import DevelopmentAuthority
from keepuntil.transparency.timestamps import Authority


def authority_of(installation: Installation) -> Authority | None:
    """Whose stamps are trusted; None: nobody is asked. Raises EvidenceError."""
    declared = installation.schedule.publication.time_authority
    if declared is None:
        return None
    if declared.url is None:
        return _embedded(installation).authority
    return Authority.parse(declared.certificate)


def authority_pem(installation: Installation) -> bytes | None:
    """The authority's certificates, for those who verify."""
    declared = installation.schedule.publication.time_authority
    if declared is None:
        return None
    return declared.certificate if declared.url else _embedded(installation).pem


def stamp(installation: Installation, line: bytes) -> bytes | None:
    """A fresh stamp over a signed line's signature (Sigstore's convention); None: nobody stamps.

    Raises OutsiderUnreachable, EvidenceError.
    """
    declared = installation.schedule.publication.time_authority
    if declared is None:
        return None
    signature = Envelope.parse(line.strip()).signature
    if declared.url is not None:
        return timestamps.fetch(declared.url, signature, Authority.parse(declared.certificate))
    return _embedded(installation).answer(timestamps.request(signature).der)


def stamp_request(installation: Installation, request: bytes) -> bytes | None:
    """The authority's answer to a request that somebody else made (for signed pages)."""
    declared = installation.schedule.publication.time_authority
    if declared is None:
        return None
    if declared.url is None:
        return _embedded(installation).answer(request)
    return timestamps.ask(declared.url, request)


def _embedded(installation: Installation) -> DevelopmentAuthority:
    """The development authority, whose certificate is made once for its key and kept."""
    key = installation.key_ring.signing_key("timestamp")
    path = _certificates(installation, key.public.keyid)
    if not path.exists():
        made = DevelopmentAuthority.create(key)
        scratch = path.with_suffix(".partial")
        scratch.write_bytes(made.pem)
        scratch.rename(path)
    return DevelopmentAuthority(key, Authority.parse(path.read_bytes()))


def _certificates(installation: Installation, keyid: str) -> Path:
    return installation.home / "keys" / f"timestamp.{keyid[:16]}.crt"


def stamped_at(installation: Installation, token: bytes, line: bytes) -> str:
    """When the authority saw a line's signature, and which authority, for people."""
    authority = authority_of(installation)
    if authority is None:
        raise EvidenceError("A time stamp is here, and evidence.yaml names no authority.")
    moment = timestamps.verify(token, Envelope.parse(line.strip()).signature, authority)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ} · {authority.name}"
