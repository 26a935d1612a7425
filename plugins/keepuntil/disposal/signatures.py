"""What people sign beside approvals, each with their own key, as signed lines and back.

A signature counts while what was signed is still so: one more decision in an appraisal,
one outcome more in a run, and it has to be given anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter, ValidationError

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.own_keys import keys_of, refuse_other_key
from keepuntil.domain.people import Person
from keepuntil.domain.signatures import Act, Signature
from keepuntil.errors import EvidenceError
from keepuntil.evidence import canonical, envelope
from keepuntil.evidence.envelope import Envelope
from keepuntil.evidence.keys import SigningKey
from keepuntil.register import signatures as kept

PAYLOAD_TYPE: Final = "application/vnd.keepuntil.signature+json"
_SIGNATURES: Final = TypeAdapter(Signature)


def give(installation: Installation, signature: Signature, person: Person, key: SigningKey) -> None:
    """Keep a signature. Raises ApprovalError unless the key is the person's own."""
    refuse_other_key(installation, person, key)
    document = _SIGNATURES.dump_python(signature, mode="json")
    line = envelope.sign(canonical.encode(document), key, PAYLOAD_TYPE).encode()
    kept.add(installation.register, signature.act, signature.subject, line, signature.signed_at)


def standing(
    installation: Installation, act: Act, subject: str, said: Mapping[str, object]
) -> list[Signature]:
    """The signatures under exactly this, first to last, of people who are still declared.

    Raises EvidenceError when a line is not what its person signed.
    """
    found = []
    for line in kept.of(installation.register, act, subject):
        trusted = keys_of(installation, read(line).person)
        if not trusted:
            continue
        envelope.verify(line, trusted, PAYLOAD_TYPE)
        signature = read(line)
        if (signature.act, signature.subject) != (act, subject):
            raise EvidenceError(
                f"A signature of {signature.person} was given for {signature.subject}, not for "
                f"{subject}: the register was altered."
            )
        if signature.said == said:
            found.append(signature)
    return found


def read(line: bytes) -> Signature:
    """What a line says of itself, whoever signed it. Raises EvidenceError."""
    document = canonical.parse(Envelope.parse(line).payload)
    try:
        return _SIGNATURES.validate_python(document)
    except ValidationError:
        raise EvidenceError("A signed line of the register cannot be read.") from None
