"""Whoever looks at one person's records is written down first, with whose they were sealed away."""

from __future__ import annotations

import secrets

from keepuntil.disposal.installation import Installation
from keepuntil.register import reads, requests_made
from keepuntil.register.reads import RecordRead

EVERY_CATEGORY = ""


def record_read(
    installation: Installation, *, by: str, verb: str, category: str, subject: str
) -> None:
    """Write down that ``by`` reads the records of ``subject``. Durable before anything is read.

    ``subject`` is whatever the reader named them by; only a keyed commitment of it is kept.
    """
    commitment = requests_made.commitment_of(installation.register, subject)
    _keep(installation, by, verb, category, commitment, None)


def record_list(
    installation: Installation, *, by: str, verb: str, category: str, digest: str, items: int
) -> None:
    """Write down that ``by`` took a list of records out; ``digest`` is keyed."""
    _keep(installation, by, verb, category, digest, items)


def _keep(
    installation: Installation,
    by: str,
    verb: str,
    category: str,
    commitment: str,
    items: int | None,
) -> None:
    reads.add(
        installation.register,
        RecordRead(
            read_id=f"read.{secrets.token_hex(8)}",
            reader=by,
            verb=verb,
            category=category,
            commitment=commitment,
            items=items,
            read_at=installation.now(),
        ),
    )
