"""Forms as files: each in every language, replaced where one of that name was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from keepuntil.documents.typesetting import LANGUAGES, Language

Pages = Callable[[Language], bytes]


def write_each(folder: Path, forms: Mapping[str, Pages]) -> list[Path]:
    """``<name>.<language>.pdf`` in the folder, typeset one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, pages in forms.items():
        for language in LANGUAGES:
            path = folder / f"{name}.{language}.pdf"
            path.write_bytes(pages(language))
            written.append(path)
    return written
