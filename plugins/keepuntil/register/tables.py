"""The register's tables. Columns that hold anything personal are named ``sealed_…``.

    rule_version
    item_list ─ list_key, item_chunk        a plan's items, sealed, and the keys to them
             ─ surroundings                 what stood around them just before the run
    plan ─ plan_instance, approval
    run ─ shard ─ intent, observation       what may be, is about to be, and was done
        ─ verification, certificate ─ correction
    hold   finding   night   register_key
    log_entry ─ log_head                    what the log accepted, and what it signed
    sample ─ sample_check                   spot checks of a certificate, and who saw what
    refusal                                 who was refused what, for want of an access role

What the web pages keep stands in ``page_tables.py``.

Moments are UTC. Documents are canonical JSON. Enumerations are their words.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from keepuntil.domain.outcomes import ORDER
from keepuntil.register.moments import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# SQLite numbers rows by itself only in a column of exactly this type.
Number = BigInteger().with_variant(Integer, "sqlite")


rule_version = Table(
    "rule_version",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("category", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("published_at", Moment, nullable=False),
    Index(None, "category", "published_at"),
)

register_key = Table(
    "register_key",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)

item_list = Table(
    "item_list",
    metadata,
    Column("list_id", Text, primary_key=True),
    Column("category", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("destroyed_at", Moment),
)

list_key = Table(
    "list_key",
    metadata,
    # Numbered, so that a new row goes to the end of the last page and no page with a
    # wrapped key is ever split: a split would leave a copy where it is not looked for.
    Column("number", Number, primary_key=True),
    Column("list_id", Text, ForeignKey("item_list.list_id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    UniqueConstraint("list_id", "purpose"),
)

item_chunk = Table(
    "item_chunk",
    metadata,
    Column("list_id", Text, ForeignKey("item_list.list_id"), primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("item_count", Integer, nullable=False),
    Column("sealed_items", LargeBinary, nullable=False),
)

surroundings = Table(
    "surroundings",
    metadata,
    Column("list_id", Text, ForeignKey("item_list.list_id"), primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("sealed_neighbours", LargeBinary),
    Column("total", BigInteger),
    Column("method", Text, nullable=False),
    Column("caveat_zh", Text, nullable=False),
    Column("caveat_en", Text, nullable=False),
)

plan = Table(
    "plan",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("plan_id", Text, nullable=False, unique=True),
    Column("list_id", Text, ForeignKey("item_list.list_id"), nullable=False, unique=True),
    Column("category", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("rule_digest", Text, ForeignKey("rule_version.digest"), nullable=False),
    Column("stores_digest", Text, nullable=False),
    Column("holds_digest", Text, nullable=False),
    Column("exceeded", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("frozen_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Index(None, "frozen_at", "plan_id"),
    Index(None, "category", "frozen_at"),
)

plan_instance = Table(
    "plan_instance",
    metadata,
    Column("plan_digest", Text, ForeignKey("plan.digest"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("instance", Text, nullable=False),
    Column("store", Text, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("overdue", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
    Column("restricted", BigInteger, nullable=False),
    Column("undetermined", Text, nullable=False),
    Column("oldest_due_on", Date),
    Column("newest_due_on", Date),
    Column("chunks", Integer, nullable=False),
    Column("items_digest", Text, nullable=False),
    UniqueConstraint("plan_digest", "instance"),
)

approval = Table(
    "approval",
    metadata,
    Column("number", Number, primary_key=True),
    Column("plan_digest", Text, ForeignKey("plan.digest"), nullable=False),
    Column("envelope_digest", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accepts_exceeded", Boolean(create_constraint=False), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("via", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    UniqueConstraint("plan_digest", "envelope_digest"),
)

hold = Table(
    "hold",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("mandate", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("instance", Text),
    Column("scope", Text, nullable=False),
    Column("sealed_value", LargeBinary, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("review_by", Date),
    Column("lifted_by", Text),
    Column("lifted_at", Moment),
    Column("sealed_lift_reason", LargeBinary),
    Index(None, "category", "lifted_at"),
)

run = Table(
    "run",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("plan_digest", Text, ForeignKey("plan.digest"), nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("executor", Text, nullable=False),
    Column("approvers", Text, nullable=False),
    Column("approvals_digest", Text, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("not_after", Moment, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("stopped_by", Text, nullable=False),
    Index(None, "started_at", "run_id"),
)

shard = Table(
    "shard",
    metadata,
    Column("run_id", Text, ForeignKey("run.run_id"), primary_key=True),
    Column("shard_no", Integer, primary_key=True),
    Column("phase", Integer, nullable=False),
    Column("instance", Text, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    Column("observed", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("worker", Text),
    Column("leased_until", Moment),
)

intent = Table(
    "intent",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("shard_no", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
    Column("sealed_columns", LargeBinary),
    ForeignKeyConstraint(["run_id", "shard_no"], ["shard.run_id", "shard.shard_no"]),
)

observation = Table(
    "observation",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("instance", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("shard_no", Integer, nullable=False),
    Column("token", Integer, nullable=False),
    Column("worker", Text, nullable=False),
    Column("observed_at", Moment, nullable=False),
    Column("item_count", Integer, nullable=False),
    *(Column(outcome.value, Integer, nullable=False) for outcome in ORDER),
    Column("outcomes", LargeBinary, nullable=False),
    Column("commitments", LargeBinary, nullable=False),
    Column("part_counts", LargeBinary, nullable=False),
    Column("part_commitments", LargeBinary, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("sealed_groups_left", LargeBinary),
    ForeignKeyConstraint(["run_id", "shard_no"], ["shard.run_id", "shard.shard_no"]),
)

verification = Table(
    "verification",
    metadata,
    Column("number", Number, primary_key=True),
    Column("run_id", Text, ForeignKey("run.run_id"), nullable=False, index=True),
    Column("verifier", Text, nullable=False),
    Column("expectations", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("verified_at", Moment, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("certificate_id", Text, primary_key=True),
    Column("run_id", Text, ForeignKey("run.run_id"), nullable=False, index=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("provisional_until", Date),
    Column("path", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("issued_at", Moment, nullable=False),
    # The signed note the payload is about, and the time stamp over the payload's signature.
    Column("run_checkpoint", LargeBinary),
    Column("token", LargeBinary),
    Index(None, "issued_at", "certificate_id"),
)

correction = Table(
    "correction",
    metadata,
    Column("digest", Text, primary_key=True),
    Column(
        "certificate_id",
        Text,
        ForeignKey("certificate.certificate_id"),
        nullable=False,
        index=True,
    ),
    Column("kind", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("corrected_at", Moment, nullable=False),
)

finding = Table(
    "finding",
    metadata,
    Column("number", Number, primary_key=True),
    Column("fingerprint", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("sentence_zh", Text, nullable=False),
    Column("sentence_en", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("seen", Integer, nullable=False),
    Column("reopened", Integer, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("closed_at", Moment, index=True),
    Column("closed_by", Text),
    Column("remedy", Text),
)

night = Table(
    "night",
    metadata,
    Column("number", Number, primary_key=True),
    Column("category", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("result", Text, nullable=False),
    Column("statement", LargeBinary, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index(None, "category", "recorded_at"),
)

log_entry = Table(
    "log_entry",
    metadata,
    # Given out under a lock, without gaps: it is the number of the leaf.
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("statement", Text, nullable=False, unique=True),
    Column("envelope", LargeBinary, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    UniqueConstraint("kind", "subject"),
)

log_head = Table(
    "log_head",
    metadata,
    # One size, one checkpoint, for ever.
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("checkpoint", LargeBinary, nullable=False),
    Column("signed_at", Moment, nullable=False),
    Column("cosigned", LargeBinary),
    Column("tokens", Text, nullable=False),
)

sample = Table(
    "sample",
    metadata,
    Column("sample_id", Text, primary_key=True),
    Column("certificate_id", Text, ForeignKey("certificate.certificate_id"), nullable=False),
    Column("plan", Text, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("ordered_at", Moment, nullable=False),
    # Empty until a head of the log covers the order: the draw hangs on that head.
    Column("head_size", BigInteger),
    Column("seed", Text),
    Column("drawn", Text),
    Column("verdict", Text),
    Column("closed_by", Text),
    Column("closed_at", Moment),
)

sample_check = Table(
    "sample_check",
    metadata,
    Column("sample_id", Text, ForeignKey("sample.sample_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("leaf", BigInteger, nullable=False),
    Column("checker", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("sealed_note", LargeBinary),
    Column("checked_at", Moment, nullable=False),
)

refusal = Table(
    "refusal",
    metadata,
    Column("number", Number, primary_key=True),
    # Empty: whoever it was, none of the people declared.
    Column("person", Text),
    # "right" is a word of SQL's own.
    Column("refused_right", Text, nullable=False),
    Column("refused_at", Moment, nullable=False),
)
