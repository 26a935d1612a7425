"""Tables of those who answer for what was done: changes of rules, requests, reads of records.

    rule_change ─ change_approval       what a change makes due, and who said yes to it
    subject_request ─ request_answer    what people asked for, and what they were told
    record_read                         who looked at one person's records, or took a list of them

What is written is never changed; a request is only ever closed, and its subject forgotten.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from keepuntil.register.moments import Moment
from keepuntil.register.tables import Number, metadata

rule_change = Table(
    "rule_change",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("category", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("as_of", Date, nullable=False),
    Column("document", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index(None, "before", "after"),
)

change_approval = Table(
    "change_approval",
    metadata,
    Column("number", Number, primary_key=True),
    Column("change_digest", Text, ForeignKey("rule_change.digest"), nullable=False),
    Column("envelope_digest", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("via", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    UniqueConstraint("change_digest", "envelope_digest"),
)

subject_request = Table(
    "subject_request",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("regime", Text, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("answer_by", Date, nullable=False),
    Column("commitment", Text, nullable=False),
    # Empty once the request is closed: then nobody needs to be found again.
    Column("sealed_subject", LargeBinary),
    Column("entered_by", Text, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Column("closed_because", Text),
)

request_answer = Table(
    "request_answer",
    metadata,
    Column("request_id", Text, ForeignKey("subject_request.request_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("document", Text, nullable=False),
    Column("answered_at", Moment, nullable=False),
)

record_read = Table(
    "record_read",
    metadata,
    Column("read_id", Text, primary_key=True),
    Column("reader", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("commitment", Text, nullable=False),
    Column("items", Integer),
    Column("read_at", Moment, nullable=False),
    Index(None, "commitment"),
)
