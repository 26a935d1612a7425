"""Objects that no rule claims: listed by their slashes, a few of them read from the beginning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keepuntil.domain.categories import S3Instance, StoredInstance
from keepuntil.stores.protocol import Sampled
from keepuntil.stores.s3 import listing
from keepuntil.stores.s3.connection import Connection, Refused
from keepuntil.stores.tree_sampling import MOST_NAMES, Level, TreeSampling


@dataclass(frozen=True, slots=True)
class _Bucket:
    """A bucket as a :class:`~keepuntil.stores.tree_sampling.Tree`."""

    connection: Connection

    def level(self, path: str) -> Level:
        return Level(*listing.level(self.connection, path, MOST_NAMES))

    def head(self, path: str, size: int) -> bytes | None:
        """None also for an object that lies in cold storage or is encrypted with a key of others,
        and for an empty one, of which no byte can be asked for."""
        answer = self.connection.attempt(lambda: self._read(path, size))
        return None if isinstance(answer, Refused) else answer

    def _read(self, path: str, size: int) -> bytes:
        found = self.connection.client.get_object(
            Bucket=self.connection.bucket, Key=path, Range=f"bytes=0-{size - 1}"
        )
        # A server that knows no ranges would send all of it.
        with found["Body"] as body:
            return body.read(size)


def unclaimed(connection: Connection, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
    """One sample for each place with objects that none of the instances claims."""
    claims = [
        (each.prefix, None if each.pattern is None else re.compile(each.pattern, re.DOTALL))
        for each in instances
        if isinstance(each, S3Instance)
    ]

    def claimed(key: str) -> bool:
        return any(
            key.startswith(prefix) and (pattern is None or pattern.fullmatch(key))
            for prefix, pattern in claims
        )

    def wholly(path: str) -> bool:
        return any(path.startswith(prefix) and pattern is None for prefix, pattern in claims)

    yield from TreeSampling(tree=_Bucket(connection), claimed=claimed, wholly=wholly).places()
