"""The register of paper that stores.yaml declares, opened where paper is worked with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keepuntil.disposal.installation import Installation
from keepuntil.domain.stores import PaperStore
from keepuntil.errors import UsageError
from keepuntil.stores.paper import PaperRegister, create_tables, has_tables, open_register


@contextmanager
def register_of(installation: Installation, store: str) -> Iterator[PaperRegister]:
    """The register behind a store's name, with its tables.

    Raises UsageError when that store is none of paper or has no tables yet, StoreError when
    its database cannot be used.
    """
    with _declared(installation, store) as register:
        with register.reading() as connection:
            ready = has_tables(connection)
        if not ready:
            raise UsageError(
                f"The register of paper {store} has no tables yet, or not all of them. Make them "
                f"with: keepuntil paper init {store}"
            )
        yield register


def prepare(installation: Installation, store: str) -> None:
    """Make the register's tables where they are not there yet. Raises as :func:`register_of`."""
    with _declared(installation, store) as register, register.writing() as connection:
        create_tables(connection)


@contextmanager
def _declared(installation: Installation, store: str) -> Iterator[PaperRegister]:
    declared = installation.schedule.stores.get(store)
    if not isinstance(declared, PaperStore):
        raise UsageError(f"There is no register of paper '{store}' in stores.yaml.")
    register = open_register(declared.name, installation.resolve(declared.url))
    try:
        yield register
    finally:
        register.close()
