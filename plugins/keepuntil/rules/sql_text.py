"""Whether a piece of SQL stays within the place it is put into.

A condition of a rule is put in parentheses into statements that delete. A comment
or an open quote in it would swallow what follows, which is what limits the deletion.
"""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = re.compile(
    r"""'(?:[^'\\]|'')*' | "(?:[^"\\]|"")*" | `[^`\\]*` | -- | /\* | \*/ | [#;()'"`\\\x00$]""",
    re.VERBOSE,
)
_FAULTS: Final = {
    "--": "a comment (--)",
    "/*": "a comment (/*)",
    "*/": "a comment (*/)",
    "#": "a # outside quotes, which begins a comment in some databases",
    ";": "a semicolon",
    "'": "a quote that is not closed, or a backslash in quotes",
    '"': "a quote that is not closed, or a backslash in quotes",
    "`": "a quote that is not closed, or a backslash in quotes",
    "\\": "a backslash, which databases read differently",
    "\x00": "a NUL",
    "$": "a dollar sign outside quotes, which quotes in some databases",
}


def fault_of(sql: str) -> str | None:
    """A sentence about what would reach out of the piece, or None.

    Stricter than any database: a piece that none of them could misread.
    """
    depth = 0
    for part in _PARTS.finditer(sql):
        found = part[0]
        if found in _FAULTS:
            return f"This SQL has {_FAULTS[found]}; it could reach beyond its place."
        depth += {"(": 1, ")": -1}.get(found, 0)
        if depth < 0:
            break
    if depth != 0:
        return "This SQL has parentheses that do not match; it could reach beyond its place."
    return None
