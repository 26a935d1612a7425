"""Findings get a history, campaigns a place: see ``register/ledger_tables.py``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_details", sa.LargeBinary(), nullable=True),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("subject", "seq", name=op.f("pk_ledger_entry")),
    )
    op.create_table(
        "campaign",
        sa.Column("campaign_id", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign")),
    )
    _begin_histories()


def _begin_histories() -> None:
    """What was met before there were histories begins with its first line, and its last."""
    begun = (
        "INSERT INTO ledger_entry (subject, seq, act, entered_at)"
        " SELECT 'finding/' || number, {seq}, '{act}', {at} FROM finding{where}"
    )
    op.execute(begun.format(seq=1, act="opened", at="first_seen_at", where=""))
    op.execute(
        begun.format(seq=2, act="went", at="closed_at", where=" WHERE closed_at IS NOT NULL")
    )
