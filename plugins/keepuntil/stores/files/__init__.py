"""Folder trees: regular files below a root, found in one order and unlinked by descriptor."""

from keepuntil.stores.files.tree import FileTree

__all__ = ["FileTree"]
