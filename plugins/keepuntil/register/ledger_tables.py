"""The ledger's own tables, beside those of :mod:`keepuntil.register.tables`.

ledger_entry    every line of a finding's or a campaign's history; nothing else is ever
                written of them, and no line is changed or taken away
campaign        what a campaign is about; what happened in it stands in ledger_entry
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, Table, Text

from keepuntil.register.moments import Moment
from keepuntil.register.tables import metadata

ledger_entry = Table(
    "ledger_entry",
    metadata,
    # ``finding/12`` or ``campaign/C-…``.
    Column("subject", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("act", Text, nullable=False),
    # Empty: a check that runs by itself. Every person's act is entered into the log.
    Column("person", Text),
    Column("entered_at", Moment, nullable=False),
    Column("sealed_details", LargeBinary),
    # The signed line of who decides on another's work.
    Column("envelope", LargeBinary),
)

campaign = Table(
    "campaign",
    metadata,
    Column("campaign_id", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
)
