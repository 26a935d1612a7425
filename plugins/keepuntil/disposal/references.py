"""Where the text behind a reference is fetched: environment, file; never from a rule file."""

from __future__ import annotations

import os
from pathlib import Path

from keepuntil.domain.stores import Reference, ReferenceKind
from keepuntil.errors import StoreError


def resolve_reference(reference: Reference) -> str:
    """The secret text a reference points at.

    Airflow connections are resolved by the orchestration, which passes its own
    function of this shape. Raises StoreError naming the reference, never its text.
    """
    if reference.kind is ReferenceKind.ENV:
        return _from_environment(reference.name)
    if reference.kind is ReferenceKind.FILE:
        return _from_file(Path(reference.name))
    raise StoreError(
        f"The Airflow connection {reference.name!r} can be read inside Airflow only. "
        "Run this from a DAG, or declare the store with {env: NAME} or {file: PATH}."
    )


def _from_environment(name: str) -> str:
    text = os.environ.get(name)
    if not text:
        raise StoreError(f"The environment variable {name} is not set; stores.yaml refers to it.")
    return text


def _from_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"The file {path} that stores.yaml refers to cannot be read ({type(error).__name__})."
        ) from None
