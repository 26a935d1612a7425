"""Access: refusals, and how a worker that owns no table drops the remains of deleted keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SCRUB = """\
DO $do$
BEGIN
  EXECUTE format($sql$
    CREATE FUNCTION %1$I.scrub_list_key() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $body$ BEGIN CLUSTER %1$I.list_key USING pk_list_key; END $body$
  $sql$, current_schema());
  EXECUTE format('REVOKE ALL ON FUNCTION %I.scrub_list_key() FROM PUBLIC', current_schema());
END $do$
"""


def upgrade() -> None:
    op.create_table(
        "refusal",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("refused_right", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_refusal")),
    )
    # VACUUM FULL asks for the table's owner, who may drop it as well, and skips the table
    # of anybody else without an error. CLUSTER writes the table anew just the same, and
    # may stand in a function that runs with its owner's rights.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_SCRUB)
