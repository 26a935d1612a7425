"""A manuscript as a PDF (PDF/A-3b), typeset like every other document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from keepuntil.documents.reports.manuscript import Figure, Manuscript, Part, Signatures
from keepuntil.documents.typesetting import code_to_scan, typeset


def pdf(manuscript: Manuscript) -> bytes:
    """The pages. Number and digest stand on each, also as a code to scan. Raises UsageError."""
    line = next((one.line for one in manuscript.parts if isinstance(one, Signatures)), "")
    content = {
        "code": code_to_scan(f"keepuntil:{manuscript.number}:{manuscript.digest}"),
        "controller": manuscript.organisation,
        "digest": manuscript.digest,
        "number": manuscript.number,
        "on": manuscript.on,
        "parts": [_plain(part) for part in manuscript.parts],
        "subtitle": manuscript.subtitle,
        "title": manuscript.title,
        "words": {"rendering": manuscript.rendering, "signature_line": line},
    }
    return typeset("report", content, manuscript.language)


def _plain(part: Part) -> Mapping[str, object]:
    kind = {"part": type(part).__name__.lower()}
    if isinstance(part, Figure):
        return kind | {"svg": part.picture.svg, "alt": part.picture.alt, "caption": part.caption}
    return kind | asdict(part)
