"""The store of folder trees. See ``stores/protocol.py`` for what each method promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from keepuntil.domain.categories import FilesInstance, Rule, StoredInstance, Text
from keepuntil.domain.items import Key
from keepuntil.domain.plans import Warrant
from keepuntil.domain.stores import FilesStore
from keepuntil.errors import StoreMismatch
from keepuntil.stores.files import describing, rereading, sampling
from keepuntil.stores.files.destroying import Destruction
from keepuntil.stores.files.finding import Finding
from keepuntil.stores.files.folders import open_place
from keepuntil.stores.files.naming import Naming
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

FACTS: Final = StoreFacts(
    kind="files",
    method="files.unlink",
    transactional=False,
    batch_items=5_000,
    caveat=Text(
        zh=(
            "已删除（非介质清除）：文件名及其最后一个链接已移除，所在目录已同步到存储设备。"
            "残留数据块可能仍存于空闲空间、文件系统日志、快照、备份或闪存中，直至被重新使用。"
            "在固态硬盘、写时复制、日志型或网络文件系统上覆写没有意义，因此不作覆写。"
            "卷已加密的，销毁其密钥可使残留数据不可读（NIST SP 800-88r2）。空目录保留。"
        ),
        en=(
            "Deleted, not sanitized: the name, which was the file's last link, is removed and "
            "its folder synchronised. Blocks may survive in free space, journals, snapshots, "
            "backups or flash until reused. Overwriting means nothing on SSD, copy-on-write, "
            "journaled or network file systems and is not attempted. Where the volume is "
            "encrypted, destroying its key makes what is left unreadable (NIST SP 800-88r2). "
            "Empty folders are left."
        ),
    ),
)


class FileTree:
    """Regular files below one root, reached by descriptor only.

    Keys are paths below the instance's folder: text where they are UTF-8, else bytes.
    Candidates come in the order of their paths, component by component, each by its
    bytes. Marks are ``volume:inode:size:mtime_ns``.
    """

    facts = FACTS

    def __init__(self, declaration: FilesStore) -> None:
        self._declaration = declaration

    def describe(self, rule: Rule, instance: StoredInstance) -> Description:
        return describing.describe(self._declaration, rule, _folder(instance))

    def find(self, query: Query) -> Iterator[Found]:
        instance = _folder(query.instance)
        naming = Naming.of(query.rule, instance)
        with open_place(self._declaration, instance) as place:
            yield from Finding(place=place, query=query, naming=naming).batches()

    def look_up(self, query: Query, groups: Sequence[str]) -> Mapping[str, Facts]:  # noqa: ARG002 - the protocol's
        """Raises StoreMismatch: files carry no records for others to borrow from."""
        raise StoreMismatch(
            f"Instance {query.instance.id} is a folder; events are borrowed from a table."
        )

    def destroy(self, query: Query, batch: Batch, warrant: Warrant, journal: Journal) -> Effect:
        refuse_foreign_warrant(query, warrant)
        instance = _folder(query.instance)
        naming = Naming.of(query.rule, instance)
        with open_place(self._declaration, instance) as place:
            destruction = Destruction(
                place=place,
                query=query,
                naming=naming,
                batch=batch,
                commit_contents=instance.commit_contents,
            )
            return destruction.run(journal)

    def remains(
        self,
        query: Query,
        keys: Sequence[Key],
        parts: Sequence[str] = (),  # noqa: ARG002 - the protocol's; a file has none but itself
    ) -> list[int]:
        """Raises StoreUnreachable when the folder itself is gone: that proves nothing."""
        with open_place(self._declaration, _folder(query.instance)) as place:
            return rereading.remains(place, keys)

    def fingerprints(self, query: Query, keys: Sequence[Key]) -> list[str | None]:
        instance = _folder(query.instance)
        with open_place(self._declaration, instance) as place:
            return rereading.fingerprints(place, keys, contents=instance.commit_contents)

    def present(self, query: Query) -> Iterator[list[Key]]:
        """Raises StoreUnreachable where a folder cannot be read: what is in it is unknown."""
        instance = _folder(query.instance)
        naming = Naming.of(query.rule, instance)
        with open_place(self._declaration, instance) as place:
            yield from Finding(place=place, query=query, naming=naming).present()

    def unclaimed(self, instances: Sequence[StoredInstance]) -> Iterator[Sampled]:
        """By their names and the first bytes of some of them; links are never followed."""
        yield from sampling.unclaimed(self._declaration, instances)

    def pressure(self) -> str | None:
        """A folder never asks for a pause."""
        return None

    def close(self) -> None:
        """Nothing is held between calls."""


def _folder(instance: StoredInstance) -> FilesInstance:
    if not isinstance(instance, FilesInstance):
        raise StoreMismatch(f"Instance {instance.id} is not a folder, but its store is.")
    return instance
