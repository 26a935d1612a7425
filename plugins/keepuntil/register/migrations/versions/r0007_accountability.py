"""Changes of rules, requests, reads: see ``register/accountability_tables.py``."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "rule_change",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rule_change")),
    )
    op.create_index(op.f("ix_rule_change_before_after"), "rule_change", ["before", "after"])
    op.create_table(
        "change_approval",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("change_digest", sa.Text(), nullable=False),
        sa.Column("envelope_digest", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_digest"],
            ["rule_change.digest"],
            name=op.f("fk_change_approval_change_digest"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_change_approval")),
        sa.UniqueConstraint(
            "change_digest",
            "envelope_digest",
            name=op.f("uq_change_approval_change_digest_envelope_digest"),
        ),
    )
    op.create_table(
        "subject_request",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("sealed_subject", sa.LargeBinary(), nullable=True),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("entered_at", moment, nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_because", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_subject_request")),
    )
    op.create_table(
        "request_answer",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("answered_at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["subject_request.request_id"],
            name=op.f("fk_request_answer_request_id"),
        ),
        sa.PrimaryKeyConstraint("request_id", "seq", name=op.f("pk_request_answer")),
    )
    op.create_table(
        "record_read",
        sa.Column("read_id", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=True),
        sa.Column("read_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("read_id", name=op.f("pk_record_read")),
    )
    op.create_index(op.f("ix_record_read_commitment"), "record_read", ["commitment"])
