"""A template and its data to a PDF (PDF/A-3b) or a picture: the same bytes for the same data."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any, Final, Literal

from keepuntil.errors import UsageError

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

_FONTS: Final = "pylopdf_fonts_zh_cn"
_STANDARD: Final = "a-3b"
_PIXELS_PER_INCH: Final = 220


def typeset(template: str, data: Mapping[str, object], language: Language) -> bytes:
    """The pages of ``templates/<template>.typ``. Texts in ``data`` are text, never markup.

    Raises UsageError when the library that typesets is not installed.
    """
    return _compiled(template, {**data, "language": language}, pdf_standards=[_STANDARD])


def pixels(svg: str, width: float, height: float) -> bytes:
    """A drawing of that size, in points, as a PNG fine enough to print.

    Raises UsageError when the library that typesets is not installed.
    """
    content = {"svg": svg, "width": width, "height": height}
    return _compiled("picture", content, format="png", ppi=_PIXELS_PER_INCH)


def _compiled(template: str, data: Mapping[str, object], **wanted: object) -> bytes:
    typst, fonts = _library()
    with as_file(files("keepuntil.documents") / "templates") as folder:
        made: bytes = typst.compile(
            str(folder / f"{template}.typ"),
            root=str(folder),
            font_paths=[fonts],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            **wanted,
        )
    return made


def typeset_apart(template: str, data: Mapping[str, object], language: Language) -> bytes:
    """:func:`typeset` in a process of its own, whose memory is free again when it ends.

    What typesets keeps what it made for the next time, so one process that writes many long
    documents would grow by hundreds of megabytes a document.
    """
    asked = json.dumps([template, data, language], ensure_ascii=False).encode()
    made = subprocess.run(
        [sys.executable, "-m", "keepuntil.documents.apart"],
        input=asked,
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    if made.returncode:
        raise UsageError(
            "A document could not be typeset in a process of its own: "
            f"{made.stderr.decode(errors='replace').strip().rpartition(chr(10))[2]}"
        )
    return made.stdout


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
