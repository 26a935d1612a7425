"""The first tables: see ``register/tables.py`` for what each is for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _rules_and_keys()
    _item_lists()
    _surroundings()
    _plans()
    _holds()
    _runs()
    _journal()
    _evidence()
    _oversight()


def _rules_and_keys() -> None:
    op.create_table(
        "rule_version",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_rule_version")),
    )
    op.create_index(
        op.f("ix_rule_version_category_published_at"),
        "rule_version",
        ["category", "published_at"],
        unique=False,
    )
    op.create_table(
        "register_key",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_register_key")),
    )


def _item_lists() -> None:
    op.create_table(
        "item_list",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_item_list")),
    )
    op.create_table(
        "list_key",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["item_list.list_id"], name=op.f("fk_list_key_list_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_list_key")),
        sa.UniqueConstraint("list_id", "purpose", name=op.f("uq_list_key_list_id_purpose")),
    )
    op.create_table(
        "item_chunk",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("sealed_items", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["item_list.list_id"], name=op.f("fk_item_chunk_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "instance", "seq", name=op.f("pk_item_chunk")),
    )


def _surroundings() -> None:
    op.create_table(
        "surroundings",
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("sealed_neighbours", sa.LargeBinary(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("caveat_zh", sa.Text(), nullable=False),
        sa.Column("caveat_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["item_list.list_id"], name=op.f("fk_surroundings_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "instance", name=op.f("pk_surroundings")),
    )


def _plans() -> None:
    op.create_table(
        "plan",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("rule_digest", sa.Text(), nullable=False),
        sa.Column("stores_digest", sa.Text(), nullable=False),
        sa.Column("holds_digest", sa.Text(), nullable=False),
        sa.Column("exceeded", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["list_id"], ["item_list.list_id"], name=op.f("fk_plan_list_id")),
        sa.ForeignKeyConstraint(
            ["rule_digest"], ["rule_version.digest"], name=op.f("fk_plan_rule_digest")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_plan")),
        sa.UniqueConstraint("list_id", name=op.f("uq_plan_list_id")),
        sa.UniqueConstraint("plan_id", name=op.f("uq_plan_plan_id")),
    )
    op.create_index(
        op.f("ix_plan_category_frozen_at"), "plan", ["category", "frozen_at"], unique=False
    )
    op.create_index(
        op.f("ix_plan_frozen_at_plan_id"), "plan", ["frozen_at", "plan_id"], unique=False
    )
    op.create_table(
        "plan_instance",
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("overdue", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("restricted", sa.BigInteger(), nullable=False),
        sa.Column("undetermined", sa.Text(), nullable=False),
        sa.Column("oldest_due_on", sa.Date(), nullable=True),
        sa.Column("newest_due_on", sa.Date(), nullable=True),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("items_digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_digest"], ["plan.digest"], name=op.f("fk_plan_instance_plan_digest")
        ),
        sa.PrimaryKeyConstraint("plan_digest", "place", name=op.f("pk_plan_instance")),
        sa.UniqueConstraint(
            "plan_digest", "instance", name=op.f("uq_plan_instance_plan_digest_instance")
        ),
    )
    op.create_table(
        "approval",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("envelope_digest", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepts_exceeded", sa.Boolean(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_digest"], ["plan.digest"], name=op.f("fk_approval_plan_digest")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_approval")),
        sa.UniqueConstraint(
            "plan_digest", "envelope_digest", name=op.f("uq_approval_plan_digest_envelope_digest")
        ),
    )


def _holds() -> None:
    op.create_table(
        "hold",
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("mandate", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("sealed_value", sa.LargeBinary(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_lift_reason", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_hold")),
    )
    op.create_index(
        op.f("ix_hold_category_lifted_at"), "hold", ["category", "lifted_at"], unique=False
    )


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("plan_digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("executor", sa.Text(), nullable=False),
        sa.Column("approvers", sa.Text(), nullable=False),
        sa.Column("approvals_digest", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["plan_digest"], ["plan.digest"], name=op.f("fk_run_plan_digest")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run")),
        sa.UniqueConstraint("plan_digest", name=op.f("uq_run_plan_digest")),
    )
    op.create_index(op.f("ix_run_started_at_run_id"), "run", ["started_at", "run_id"], unique=False)
    op.create_table(
        "shard",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("shard_no", sa.Integer(), nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("observed", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_shard_run_id")),
        sa.PrimaryKeyConstraint("run_id", "shard_no", name=op.f("pk_shard")),
    )


def _journal() -> None:
    op.create_table(
        "intent",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("shard_no", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_columns", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id", "shard_no"],
            ["shard.run_id", "shard.shard_no"],
            name=op.f("fk_intent_run_id_shard_no"),
        ),
        sa.PrimaryKeyConstraint("run_id", "instance", "seq", "attempt", name=op.f("pk_intent")),
    )
    op.create_table(
        "observation",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("shard_no", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("destroyed", sa.Integer(), nullable=False),
        sa.Column("already_absent", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("no_longer_due", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("pending_external", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.LargeBinary(), nullable=False),
        sa.Column("commitments", sa.LargeBinary(), nullable=False),
        sa.Column("part_counts", sa.LargeBinary(), nullable=False),
        sa.Column("part_commitments", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("sealed_groups_left", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id", "shard_no"],
            ["shard.run_id", "shard.shard_no"],
            name=op.f("fk_observation_run_id_shard_no"),
        ),
        sa.PrimaryKeyConstraint("run_id", "instance", "seq", name=op.f("pk_observation")),
    )


def _evidence() -> None:
    op.create_table(
        "verification",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("expectations", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_verification_run_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_verification")),
    )
    op.create_index(op.f("ix_verification_run_id"), "verification", ["run_id"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("certificate_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("provisional_until", sa.Date(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.run_id"], name=op.f("fk_certificate_run_id")),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("digest", name=op.f("uq_certificate_digest")),
    )
    op.create_index(
        op.f("ix_certificate_issued_at_certificate_id"),
        "certificate",
        ["issued_at", "certificate_id"],
        unique=False,
    )
    op.create_index(op.f("ix_certificate_run_id"), "certificate", ["run_id"], unique=False)


def _oversight() -> None:
    op.create_table(
        "finding",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sentence_zh", sa.Text(), nullable=False),
        sa.Column("sentence_en", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("remedy", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_finding")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_finding_fingerprint")),
    )
    op.create_index(op.f("ix_finding_closed_at"), "finding", ["closed_at"], unique=False)
    op.create_table(
        "night",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_night")),
    )
    op.create_index(
        op.f("ix_night_category_recorded_at"), "night", ["category", "recorded_at"], unique=False
    )
