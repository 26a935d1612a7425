"""A report to a file. The bytes of its JSON are what the digest on every other format is of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from keepuntil.documents.reports.manuscript import Manuscript
from keepuntil.documents.reports.printed import pdf
from keepuntil.documents.reports.web_page import page
from keepuntil.documents.reports.word_file import docx
from keepuntil.documents.typesetting import Language
from keepuntil.domain.plain_values import plain
from keepuntil.errors import UsageError
from keepuntil.evidence.canonical import digest_of_bytes

Report = TypeVar("Report")

FORMATS: Final[Mapping[str, Callable[[Manuscript], bytes]]] = {
    ".html": lambda written: page(written).encode("utf-8"),
    ".docx": docx,
    ".pdf": pdf,
}
"""By the ending of the file's name; ``.json`` beside them."""

FIGURES: Final = ".json"


def figures(report: object) -> bytes:
    """The value as JSON: sorted keys, UTF-8, one line feed at the end."""
    text = json.dumps(plain(report), ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def refuse_unknown(path: Path) -> None:
    """Raise UsageError for a name whose ending is no format."""
    if path.suffix not in {*FORMATS, FIGURES}:
        known = ", ".join([*FORMATS, FIGURES])
        raise UsageError(f"{path.name} ends like no format of a report; the endings are: {known}.")


def write(
    report: Report,
    manuscript: Callable[[Report, str, Language], Manuscript],
    language: Language,
    path: Path,
) -> str:
    """Write one format, as the name ends; says the digest of the figures. Raises UsageError."""
    refuse_unknown(path)
    counted = figures(report)
    digest = digest_of_bytes(counted)
    made = counted
    if path.suffix != FIGURES:
        made = FORMATS[path.suffix](manuscript(report, digest, language))
    try:
        path.write_bytes(made)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from None
    return digest
