"""The bucket as it is, compared with what the rule says of it. Reads only."""

from __future__ import annotations

from collections.abc import Iterator

from keepuntil.domain.categories import Rule, S3Instance
from keepuntil.errors import StoreError, StoreMismatch
from keepuntil.stores.protocol import Description
from keepuntil.stores.s3 import locks
from keepuntil.stores.s3.connection import Connection, Refused
from keepuntil.stores.s3.declared import Declared
from keepuntil.stores.s3.listing import Versioning, pages, uploads, versioning_of
from keepuntil.stores.s3.sentences import MayNotError


def describe(connection: Connection, rule: Rule, instance: S3Instance) -> Description:
    """What stands in the way of a truthful purge, and what the operator should know.

    Raises StoreUnreachable when there is no such bucket, or nobody to ask.
    """
    problems = [*_undeclarable(rule, instance)]
    versioning = versioning_of(connection)
    problems += _unlistable(connection, instance, versioning)
    if problems:
        return Description(total=None, problems=tuple(problems), warnings=())
    about = f"Instance {instance.id}: "
    return Description(
        total=None,
        problems=tuple(about + line for line in _mfa_delete(connection)),
        warnings=tuple(
            about + line
            for line in (
                *_about_versions(versioning),
                *_about_locks(connection),
                *_about_replication(connection),
                *_about_lifecycle(connection, instance.prefix),
            )
        ),
    )


def _undeclarable(rule: Rule, instance: S3Instance) -> Iterator[str]:
    try:
        Declared.of(rule, instance)
    except StoreMismatch as error:
        yield error.sentence


def _unlistable(
    connection: Connection, instance: S3Instance, versioning: Versioning
) -> Iterator[str]:
    """Listing keys, all their versions, and uploads: without any of them nothing is provable."""
    try:
        next(iter(pages(connection, instance.prefix, versioning, first_page=1)), None)
        next(uploads(connection, instance.prefix), None)
    except MayNotError as error:
        yield error.sentence
    except StoreMismatch as error:
        yield error.sentence


def _mfa_delete(connection: Connection) -> Iterator[str]:
    answer = connection.attempt(connection.client.get_bucket_versioning, Bucket=connection.bucket)
    if not isinstance(answer, Refused) and answer.get("MFADelete") == "Enabled":
        yield (
            "the bucket asks for a second factor to delete versions (MFA Delete), which no "
            "service has. The bucket's owner has to turn it off."
        )


def _about_versions(versioning: Versioning) -> Iterator[str]:
    if versioning == "suspended":
        yield (
            "versioning is suspended: the version `null` can be overwritten in the moment it is "
            "deleted. Nothing else should write to due keys during a run."
        )
    if versioning == "unknown":
        yield (
            "the credentials may not see whether the bucket keeps versions, so all are asked "
            "for. Grant s3:GetBucketVersioning."
        )


def _about_locks(connection: Connection) -> Iterator[str]:
    try:
        configuration = locks.configured(connection)
    except StoreError as error:
        yield f"whether objects are locked cannot be seen up front. {error.sentence}"
        return
    if configuration is None:
        return
    yield (
        "the bucket has Object Lock: locked versions and legal holds are never bypassed; their "
        "items stay and are reported as held."
    )
    if "Rule" in configuration:
        yield (
            "every new object is locked by default; where the lock lasts longer than the rule "
            "keeps, items become overdue before they can be destroyed."
        )


def _about_replication(connection: Connection) -> Iterator[str]:
    answer = connection.attempt(connection.client.get_bucket_replication, Bucket=connection.bucket)
    if isinstance(answer, Refused):
        return
    rules = answer["ReplicationConfiguration"].get("Rules", [])
    if any(rule.get("Status") == "Enabled" for rule in rules):
        yield (
            "the bucket is replicated, and deleting a version is never replicated: declare the "
            "other bucket as an instance too, or copies stay there."
        )


def _about_lifecycle(connection: Connection, prefix: str) -> Iterator[str]:
    answer = connection.attempt(
        connection.client.get_bucket_lifecycle_configuration, Bucket=connection.bucket
    )
    if isinstance(answer, Refused):
        return
    for rule in answer.get("Rules", []):
        covered = rule.get("Filter", {}).get("Prefix", rule.get("Prefix", ""))
        touches = covered.startswith(prefix) or prefix.startswith(covered)
        expires = "Expiration" in rule or "NoncurrentVersionExpiration" in rule
        if touches and expires and rule.get("Status") == "Enabled":
            yield (
                f"the bucket's own lifecycle rule {rule.get('ID', 'without a name')} expires "
                "objects here: they vanish without evidence, and maybe before their time."
            )
