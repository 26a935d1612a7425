"""From a declaration to an open store. Each kind's libraries load only when it is used."""

from __future__ import annotations

from collections.abc import Callable

from keepuntil.domain.stores import (
    FilesStore,
    PaperStore,
    Reference,
    S3Store,
    SqlStore,
    StoreDeclaration,
)
from keepuntil.stores.protocol import Store

Resolve = Callable[[Reference], str]
"""Gives the secret behind a reference; raises an error that names the reference only."""


def open_store(declaration: StoreDeclaration, resolve: Resolve, *, reader: bool) -> Store:
    """The store behind ``declaration``; ``close`` it after use. No connection is made yet.

    ``reader``: planning and verification use the second credential where one is declared.
    Raises StoreError when what the kind needs is not installed or the reference gives
    something that cannot be used.
    """
    match declaration:
        case SqlStore():
            from keepuntil.stores.sql import SqlDatabase

            return SqlDatabase(declaration, resolve(_chosen(declaration, reader=reader)))
        case S3Store():
            from keepuntil.stores.s3 import S3Bucket

            reference = (declaration.reader if reader else None) or declaration.credentials
            return S3Bucket(declaration, resolve(reference) if reference else None)
        case PaperStore():
            from keepuntil.stores.paper.shelves import PaperShelves

            return PaperShelves(declaration, resolve(_chosen(declaration, reader=reader)))
        case FilesStore():
            from keepuntil.stores.files import FileTree

            return FileTree(declaration)


def _chosen(declaration: SqlStore | PaperStore, *, reader: bool) -> Reference:
    return (declaration.reader if reader else None) or declaration.url
