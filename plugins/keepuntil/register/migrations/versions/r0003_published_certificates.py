"""What a certificate's bundle is written from again, and corrections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("certificate", sa.Column("run_checkpoint", sa.LargeBinary(), nullable=True))
    op.add_column("certificate", sa.Column("token", sa.LargeBinary(), nullable=True))
    op.create_table(
        "correction",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("certificate_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.certificate_id"],
            name=op.f("fk_correction_certificate_id"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_certificate_id"), "correction", ["certificate_id"])
