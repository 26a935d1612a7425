"""A template and its data to the bytes of a PDF (PDF/A-3b), the same bytes for the same data."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any, Final, Literal

from keepuntil.errors import UsageError

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_FONTS: Final = "pylopdf_fonts_zh_cn"
_STANDARD: Final = "a-3b"


def typeset(template: str, data: Mapping[str, object], language: Language) -> bytes:
    """The pages of ``templates/<template>.typ``. Texts in ``data`` are text, never markup.

    Raises UsageError when the library that typesets is not installed.
    """
    typst, fonts = _library()
    with as_file(files("keepuntil.documents") / "templates") as folder:
        pages: bytes = typst.compile(
            str(folder / f"{template}.typ"),
            root=str(folder),
            font_paths=[fonts],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps({**data, "language": language}, ensure_ascii=False)},
            pdf_standards=[_STANDARD],
        )
    return pages


def code_to_scan(text: str) -> str:
    """A QR code (ISO/IEC 18004, error correction M) as SVG, black on nothing."""
    import segno

    drawn = io.BytesIO()
    # Without a word on its encoding (ECI) a reader guesses, and takes Chinese for other Chinese.
    encoding = None if text.isascii() else "utf-8"
    segno.make(text, error="m", micro=False, encoding=encoding, eci=encoding is not None).save(
        drawn, kind="svg", border=0, xmldecl=False, svgclass=None, lineclass=None
    )
    return drawn.getvalue().decode("ascii")


def _library() -> tuple[Any, str]:
    try:
        import typst

        with as_file(files(_FONTS)) as folder:
            return typst, str(folder)
    except ImportError:
        raise UsageError(
            "Documents cannot be typeset here. Install what it takes: "
            "pip install 'keepuntil[documents]'"
        ) from None
