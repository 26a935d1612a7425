"""What a server's refusal means, said to the person who can do something about it.

Codes and permission names only: messages and addresses of an answer may hold object keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from keepuntil.domain.stores import S3Store
from keepuntil.errors import StoreBusy, StoreError, StoreMismatch, StoreUnreachable

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError


class MayNotError(StoreUnreachable):
    """The credentials are good, but not for this."""


class NobodyThereError(StoreUnreachable):
    """Nothing listens where the server should be; maybe it is being restarted."""


class NoAnswerError(StoreBusy):
    """The server gave no usable answer: too busy, or the answer was lost on the way.

    Whether the request was carried out is unknown. ``code`` is the server's, or LOST.
    """

    def __init__(self, sentence: str, code: str) -> None:
        super().__init__(sentence)
        self.code = code


class UnreadableAnswerError(NoAnswerError):
    """The server answered with something that is no S3 answer, or only half of one."""


THROTTLED: Final = frozenset(
    {
        "429",
        "503",
        "BandwidthLimitExceeded",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
    }
)
"""Codes that ask for fewer requests."""

BROKEN: Final = frozenset({"500", "502", "504", "InternalError", "OperationAborted"})
"""Codes of a server that did not manage; a later attempt may."""

BUSY: Final = THROTTLED | BROKEN | {"RequestTimeout"}

DENIED: Final = frozenset({"403", "AccessDenied", "AllAccessDisabled", "AccountProblem"})

NOT_OFFERED: Final = frozenset({"501", "405", "NotImplemented", "MethodNotAllowed"})
"""The server has no such operation."""

MISSING: Final = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NoSuchUpload"})

LOST: Final = "lost_answer"
"""Our word for a request whose answer never came: it may or may not have been carried out."""

_CREDENTIALS: Final = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)

PERMISSIONS: Final[Mapping[str, str]] = {
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObject": "s3:DeleteObject and s3:DeleteObjectVersion",
    "DeleteObjects": "s3:DeleteObject and s3:DeleteObjectVersion",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "GetBucketReplication": "s3:GetReplicationConfiguration",
    "GetBucketVersioning": "s3:GetBucketVersioning",
    "GetObjectLegalHold": "s3:GetObjectLegalHold",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "GetObjectRetention": "s3:GetObjectRetention",
    "GetObjectTagging": "s3:GetObjectTagging and s3:GetObjectVersionTagging",
    "HeadObject": "s3:GetObject and s3:GetObjectVersion",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListObjectsV2": "s3:ListBucket",
}
"""The permission an operation needs, in the words of IAM policies."""


def code_of(error: ClientError) -> str:
    """The server's code; the HTTP status where an answer has no body (HEAD)."""
    said = error.response.get("Error", {}).get("Code") or ""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return said if said and not said.isdigit() else str(status)


def is_busy(error: ClientError) -> bool:
    """Whether waiting may help: throttled, overloaded, or broken for the moment."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return code_of(error) in BUSY or status in (429, 500, 502, 503, 504)


def refusal(store: S3Store, error: ClientError) -> StoreError:
    """A ClientError as the error of ours that it means."""
    code, operation = code_of(error), error.operation_name
    if is_busy(error):
        return NoAnswerError(
            f"Store {store.name}: the server answers {code} to {operation} and does not recover; "
            "try again later.",
            code,
        )
    if (sentence := _about_everything(store, code)) is not None:
        return StoreUnreachable(f"Store {store.name}: {sentence}")
    if code in DENIED:
        permission = PERMISSIONS.get(operation, operation)
        return MayNotError(
            f"Store {store.name}: the credentials may not use {operation}. Grant {permission} on "
            f"the bucket {store.bucket}."
        )
    if code in NOT_OFFERED:
        return StoreMismatch(
            f"Store {store.name}: the server does not offer {operation}, without which nothing "
            "can be destroyed with proof."
        )
    return StoreError(f"Store {store.name}: the server answers {code} to {operation}.")


def _about_everything(store: S3Store, code: str) -> str | None:
    """The sentence for a refusal that any other request would meet as well."""
    if code == "NoSuchBucket":
        return (
            f"there is no bucket {store.bucket} at {where(store)}. Correct `bucket` or "
            "`endpoint` in stores.yaml, or find out who removed it."
        )
    if code in _CREDENTIALS:
        return (
            f"the server refuses the credentials ({code}). Check the access key, its secret, "
            "and `region` in stores.yaml."
        )
    if code == "RequestTimeTooSkewed":
        return (
            "the clocks of this machine and of the server differ by more than fifteen minutes. "
            "Set this machine's clock."
        )
    return None


def failure(store: S3Store, error: BotoCoreError) -> StoreError:
    """An error on the way to or from the server, or before it, as ours."""
    from botocore import exceptions

    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return StoreUnreachable(
            f"Store {store.name}: no complete credentials were found. Name them under "
            "`credentials` in stores.yaml."
        )
    if isinstance(error, exceptions.ReadTimeoutError | exceptions.ConnectionClosedError):
        return NoAnswerError(
            f"Store {store.name}: {where(store)} took the request and gave no answer; try again "
            "later.",
            LOST,
        )
    if isinstance(error, exceptions.SSLError):
        return StoreUnreachable(
            f"Store {store.name}: the certificate of {where(store)} is not trusted here. Add its "
            "authority with AWS_CA_BUNDLE."
        )
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        return NobodyThereError(f"Store {store.name}: nothing answers at {where(store)}.")
    return StoreError(
        f"Store {store.name}: the request could not be made or its answer not be read "
        f"({type(error).__name__})."
    )


def unreadable(store: S3Store) -> UnreadableAnswerError:
    """An answer that could not be parsed."""
    return UnreadableAnswerError(
        f"Store {store.name}: {where(store)} gave an answer that is damaged or not S3's; try "
        "again later, and check `endpoint` in stores.yaml.",
        LOST,
    )


def where(store: S3Store) -> str:
    """The server, for a sentence."""
    return store.endpoint or "AWS"
