"""SQL that people write in rules and holds: one expression, nothing that ends or hides it."""

from __future__ import annotations

from typing import Final

_QUOTES: Final = "'\"`"
_FORBIDDEN: Final = (";", "--", "/*", "*/", "#", "$$")


def objection_to(sql: str) -> str | None:
    """What keeps ``sql`` from standing inside a statement of ours as one expression, or None.

    The database judges the rest: whether the names exist and the types fit.
    """
    if "\\'" in sql or '\\"' in sql:
        return "it escapes a quote with a backslash; write the quote twice"
    bare = _without_quoted(sql)
    if bare is None:
        return "a quote is not closed"
    for mark in _FORBIDDEN:
        if mark in bare:
            return f"it contains {mark} outside quotes"
    if not sql.strip():
        return "it is empty"
    return None if _balanced(bare) else "its parentheses do not match"


def _without_quoted(sql: str) -> str | None:
    """The text outside quotes; None when a quote stays open. A doubled quote closes and opens."""
    bare = []
    inside = ""
    for letter in sql:
        if inside:
            inside = "" if letter == inside else inside
        elif letter in _QUOTES:
            inside = letter
        else:
            bare.append(letter)
    return None if inside else "".join(bare)


def _balanced(bare: str) -> bool:
    depth = 0
    for letter in bare:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return False
    return depth == 0
