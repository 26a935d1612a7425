"""The store of S3 buckets. See ``stores/protocol.py`` for what each method promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from keepuntil.domain.categories import Rule, S3Instance, StoredInstance, Text
from keepuntil.domain.items import Key
from keepuntil.domain.plans import Warrant
from keepuntil.domain.stores import S3Store
from keepuntil.errors import StoreMismatch
from keepuntil.stores.protocol import (
    Batch,
    Description,
    Effect,
    Facts,
    Found,
    Journal,
    Query,
    Sampled,
    StoreFacts,
    refuse_foreign_warrant,
)
from keepuntil.stores.s3 import describing, finding, sampling
from keepuntil.stores.s3.connection import Connection
from keepuntil.stores.s3.declared import Declared
from keepuntil.stores.s3.destroying import Destruction, object_key
from keepuntil.stores.s3.sentences import where
from keepuntil.stores.s3.surveying import survey


class S3Bucket:
    """One bucket of any S3 server. What an item is stands in the package's docstring.

    ``credentials`` is ``KEY:SECRET``; None takes the usual chain (environment, profile,
    machine role). Marks are digests of an item's state.
    """

    def __init__(self, declaration: S3Store, credentials: str | None) -> None:
        self.facts = _facts(declaration)
        self._connection = Connection(declaration, credentials)

    def describe(self, rule: Rule, instance: StoredInstance) -> Description:
        return describing.describe(self._connection, rule, _objects(instance))

    def find(self, query: Query) -> Iterator[Found]:
        declared = Declared.of(query.rule, _objects(query.instance))
        yield from finding.find(self._connection, query, declared)

    def look_up(self, query: Query, groups: Sequence[str]) -> Mapping[str, Facts]:  # noqa: ARG002 - the protocol's
        """Raises StoreMismatch: objects carry no records for others to borrow from."""
        raise StoreMismatch(
            f"Instance {query.instance.id} is a bucket; events are borrowed from a table."
        )

    def destroy(self, query: Query, batch: Batch, warrant: Warrant, journal: Journal) -> Effect:
        refuse_foreign_warrant(query, warrant)
        destruction = Destruction(
            connection=self._connection,
            query=query,
            declared=Declared.of(query.rule, _objects(query.instance)),
            batch=batch,
        )
        return destruction.run(journal)

    def remains(
        self,
        query: Query,
        keys: Sequence[Key],
        parts: Sequence[str] = (),  # noqa: ARG002 - the protocol's; all parts stand under the key
    ) -> list[int]:
        """Versions, delete markers and unfinished uploads of each key, by listing."""
        _objects(query.instance)
        names = [object_key(key) for key in keys]
        states = survey(self._connection, names)
        return [states[name].count if name in states else 0 for name in names]

    def fingerprints(self, query: Query, keys: Sequence[Key]) -> list[str | None]:
        _objects(query.instance)
        names = [object_key(key) for key in keys]
        states = survey(self._connection, names)
        return [states[name].mark if name in states else None for name in names]

    def present(self, query: Query) -> Iterator[list[Key]]:
        """Every key with any version, delete marker or unfinished upload."""
        declared = Declared.of(query.rule, _objects(query.instance))
        yield from finding.present(self._connection, query, declared)

    def unclaimed(self, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
        """By their keys and the first bytes of some of them, in their newest version."""
        yield from sampling.unclaimed(self._connection, instances)

    def pressure(self) -> str | None:
        if not self._connection.pace.under_pressure:
            return None
        store = self._connection.store
        return f"Store {store.name}: {where(store)} asked to slow down a moment ago."

    def close(self) -> None:
        self._connection.close()


def _objects(instance: StoredInstance) -> S3Instance:
    if not isinstance(instance, S3Instance):
        raise StoreMismatch(f"Instance {instance.id} is not a bucket, but its store is.")
    return instance


def _facts(declaration: S3Store) -> StoreFacts:
    return StoreFacts(
        kind="s3",
        method="s3.delete-all-versions",
        transactional=False,
        batch_items=5_000,
        caveat=_caveat(declaration.irrecoverable_after),
    )


def _caveat(irrecoverable_after: str | None) -> Text:
    zh = (
        "已删除（非介质清除）：该键下的全部版本、删除标记和未完成的分段上传均已移除，"
        "并经重新列举确认。服务器何时回收底层字节由其自行决定。"
    )
    en = (
        "Deleted, not sanitized: every version, delete marker and unfinished upload of the key "
        "is removed, and a new listing shows none. When the server reclaims the bytes is its "
        "own affair."
    )
    if irrecoverable_after is not None:
        zh += f"运营方声明：删除后 {irrecoverable_after} 起不可恢复。"
        en += f" The operator declares them irrecoverable {irrecoverable_after} after deletion."
    return Text(zh=zh, en=en)
