"""What the log holds of findings and campaigns: who did what and when, and a digest of the rest.

What a check found by itself every night is not entered: nobody did it. What people wrote
stands behind a keyed digest, so the log shows that it was not changed, and not what it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from keepuntil.disposal.installation import Installation
from keepuntil.disposal.sample_events import Event
from keepuntil.disposal.statements import LEDGER_ENTRY, instant
from keepuntil.evidence import canonical, statement
from keepuntil.evidence.statement import Statement, Subject
from keepuntil.register import Register, ledger, unlogged
from keepuntil.register.ledger import Line

ENTERED: Final = "ledger"


def events(installation: Installation) -> Iterator[Event]:
    """What people did and is not in the log, a subject at a time."""
    register = installation.register
    for subject, seq in unlogged.ledger_entries(register, ENTERED):
        line = ledger.lines(register, subject)[seq - 1]
        yield ENTERED, f"{subject}/{seq}", _entered(installation, line)


def _entered(installation: Installation, line: Line) -> Statement:
    content = content_digest(installation.register, line)
    predicate = {
        "act": line.act,
        "actedBy": line.person,
        "actedOn": instant(line.at),
        "contentDigest": content,
        "controller": installation.schedule.controller,
        "decisionDigest": line.envelope and canonical.digest_of_bytes(line.envelope),
        "seq": line.seq,
        "subject": line.subject,
    }
    about = Subject(f"ledger/{line.subject}/{line.seq}", content.partition(":")[2])
    return statement.make([about], LEDGER_ENTRY, predicate)


def content_digest(register: Register, line: Line) -> str:
    """A keyed digest over all that a line says: a short text could be guessed."""
    content = {
        "act": line.act,
        "at": instant(line.at),
        "details": line.details,
        "person": line.person,
        "seq": line.seq,
        "subject": line.subject,
    }
    return register.keys.digest(b"keepuntil/ledger/v1\n" + canonical.encode(content))
