"""What the log holds of appraisals and of witnesses: who signed what, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from keepuntil.disposal import signatures
from keepuntil.disposal.installation import Installation
from keepuntil.disposal.statements import (
    DESTRUCTION_WITNESSED,
    LIST_APPRAISED,
    signature_predicate,
)
from keepuntil.domain.signatures import Act
from keepuntil.evidence import statement
from keepuntil.evidence.statement import Statement, Subject
from keepuntil.register import unlogged

APPRAISED: Final = "appraisal"
WITNESSED: Final = "witness"

_LOGGED: Final[Mapping[Act, tuple[str, str]]] = {
    Act.APPRAISE: (APPRAISED, LIST_APPRAISED),
    Act.WITNESS: (WITNESSED, DESTRUCTION_WITNESSED),
}
"""The kind of the entry and the type of its statement."""


def events(installation: Installation, act: Act) -> Iterator[tuple[str, str, Statement]]:
    """Signatures of one kind that are not in the log: kind, subject, what is said."""
    kind, predicate_type = _LOGGED[act]
    for digest, line in unlogged.signatures(installation.register, kind, act):
        signature = signatures.read(line)
        predicate = signature_predicate(
            installation.schedule.controller, signature=signature, envelope_digest=digest
        )
        about = Subject(f"{kind}/{signature.subject}", digest.removeprefix("sha256:"))
        yield kind, digest, statement.make([about], predicate_type, predicate)
