"""The text of every rule a plan was made with, kept as long as the register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from keepuntil.errors import RegisterError
from keepuntil.evidence import canonical
from keepuntil.register.connection import Register
from keepuntil.register.inserting import insert_once
from keepuntil.register.tables import rule_version


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a category's rule."""

    category: str
    digest: str
    """``sha256:<hex>`` over ``canonical_json``."""
    canonical_json: bytes
    published_at: datetime


def publish(
    register: Register, category: str, digest: str, canonical_json: bytes, at: datetime
) -> None:
    """Keep a rule's text under its digest; keeping it twice keeps it once.

    Raises RegisterError when the digest is not the text's.
    """
    if canonical.digest_of_bytes(canonical_json) != digest:
        raise RegisterError(f"The rule of {category} does not have the digest {digest}.")
    row = {
        "digest": digest,
        "category": category,
        "document": canonical_json.decode("utf-8"),
        "published_at": at,
    }
    with register.writing() as connection:
        insert_once(connection, rule_version, row)


def get(register: Register, digest: str) -> RuleVersion:
    """The rule of this digest. Raises RegisterError when it was never published here."""
    with register.reading() as connection:
        row = connection.execute(
            select(rule_version).where(rule_version.c.digest == digest)
        ).one_or_none()
    if row is None:
        raise RegisterError(f"No rule with the digest {digest} was ever published here.")
    return _version(row)


def history(register: Register, category: str) -> list[RuleVersion]:
    """Every version of a category's rule that a plan was made with, the newest first."""
    query = select(rule_version).where(rule_version.c.category == category)
    newest = query.order_by(rule_version.c.published_at.desc(), rule_version.c.digest)
    with register.reading() as connection:
        return [_version(row) for row in connection.execute(newest)]


def _version(row: Row[Any]) -> RuleVersion:
    return RuleVersion(
        category=row.category,
        digest=row.digest,
        canonical_json=row.document.encode("utf-8"),
        published_at=row.published_at,
    )
