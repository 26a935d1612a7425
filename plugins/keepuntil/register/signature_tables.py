"""The table of signatures that are no approvals; see ``register/tables.py`` for all others."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from keepuntil.register.moments import Moment
from keepuntil.register.tables import Number, metadata

signature = Table(
    "signature",
    metadata,
    Column("number", Number, primary_key=True),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("envelope_digest", Text, nullable=False, unique=True),
    Column("signed_at", Moment, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Index(None, "act", "subject"),
)
