"""A log in an S3 bucket, so that anybody the bucket is open to can follow it.

What an attacker gains who can write here: the same as in a folder. Versioning and
Object Lock of the bucket keep what he overwrites; the log needs neither.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from keepuntil.errors import EvidenceError, StoreBusy, StoreError, StoreUnreachable, UsageError
from keepuntil.transparency.storage import CHECKPOINT, LARGEST_OBJECT

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")

_ATTEMPTS: Final = 5
_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 60
_ABSENT: Final = frozenset({"NoSuchKey", "404"})
_BUSY: Final = frozenset({"SlowDown", "ServiceUnavailable", "InternalError", "503", "500"})


class BucketStorage:
    """Objects below a prefix of a bucket. One object is written whole or not at all."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str | None = None,
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint = endpoint
        self._credentials = credentials

    def __str__(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def read(self, path: str) -> bytes | None:
        """See :class:`~keepuntil.transparency.storage.Storage`."""
        content = self._ask(lambda: self._read(path))
        if content is not None and len(content) > LARGEST_OBJECT:
            raise EvidenceError(
                f"the object {path} of the log at {self} has more than the {LARGEST_OBJECT}"
                " bytes that are read"
            )
        return content

    def write(self, path: str, content: bytes) -> None:
        """See :class:`~keepuntil.transparency.storage.Storage`."""
        kind = "application/octet-stream"
        caching = "public, max-age=31536000, immutable"
        if path == CHECKPOINT:
            kind, caching = "text/plain; charset=utf-8", "no-cache"
        self._ask(
            lambda: self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + path,
                Body=content,
                ContentType=kind,
                CacheControl=caching,
            )
        )

    def _read(self, path: str) -> bytes | None:
        from botocore.exceptions import ClientError

        try:
            found = self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)
        except ClientError as error:
            if error.response["Error"].get("Code") in _ABSENT:
                return None
            raise
        with found["Body"] as body:
            return body.read(LARGEST_OBJECT + 1)

    def _ask(self, call: Callable[[], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            return call()
        except ClientError as error:
            raise self._refusal(error.response["Error"].get("Code", "")) from None
        except (BotoCoreError, ResponseParserError) as error:
            raise StoreUnreachable(
                f"The log at {self} cannot be reached ({type(error).__name__}). Check the address,"
                " the credentials of the environment, and whether the server runs."
            ) from None

    def _refusal(self, code: str) -> StoreError:
        if code in _BUSY:
            return StoreBusy(f"The server of the log at {self} is busy ({code}); try again later.")
        return StoreUnreachable(
            f"The server of the log at {self} refuses ({code or 'no code'}). Check the name of the"
            " bucket and what these credentials may do."
        )

    @cached_property
    def _client(self) -> S3Client:
        import boto3
        from botocore.config import Config

        key, secret = self._credentials or (None, None)
        own_server = self._endpoint is not None
        config = Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
            s3={"addressing_style": "path"} if own_server else {},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            user_agent_extra="keepuntil",
        )
        try:
            return boto3.client(
                "s3",
                endpoint_url=self._endpoint,
                # A server of one's own has no regions; the signature needs a word all the same.
                region_name="us-east-1" if own_server else None,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                config=config,
            )
        except ValueError:
            raise UsageError(
                f"The address of the server of the log at {self} is not of the form"
                " https://HOST[:PORT]."
            ) from None
