"""The register of paper that stores.yaml declares, opened where paper is worked with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keepuntil.disposal.installation import Installation
from keepuntil.domain.stores import PaperStore
from keepuntil.errors import UsageError
from keepuntil.stores.paper import PaperRegister, create_tables, open_register


@contextmanager
def register_of(installation: Installation, store: str) -> Iterator[PaperRegister]:
    """The register behind a store's name. Raises UsageError when that is none of paper."""
    declared = installation.schedule.stores.get(store)
    if not isinstance(declared, PaperStore):
        raise UsageError(f"There is no register of paper '{store}' in stores.yaml.")
    register = open_register(declared.name, installation.resolve(declared.url))
    try:
        yield register
    finally:
        register.close()


def prepare(installation: Installation, store: str) -> None:
    """Make the register's tables where they are not there yet. Raises StoreError."""
    with register_of(installation, store) as register, register.writing() as connection:
        create_tables(connection)
