"""Templates, and how figures, days and moments are written in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from keepuntil.domain.categories import Text
from keepuntil.pages.words import COMMON, LANGUAGES, Language, spoken

FOLDER: Final = Path(__file__).parent
STATIC: Final = FOLDER / "static"


def environment() -> Environment:
    """The templates: everything is escaped, and what is not there is an error."""
    pages = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {
        "figure": figure,
        "day": day,
        "moment": moment,
        "said_at": said_at,
        "short": short,
    }
    return pages


def phrases(request: Request, language: Language) -> dict[str, Any]:
    """What every template may use: the language, its phrases, addresses below the mount."""

    def say(text: Text | None) -> str:
        return "" if text is None else spoken(text, language)

    def words(of: Mapping[str, Text]) -> SimpleNamespace:
        return SimpleNamespace(**{name: spoken(text, language) for name, text in of.items()})

    root = request.scope.get("root_path", "")
    return {
        "language": language,
        "html_language": "zh-CN" if language == "zh" else "en",
        "other": next(each for each in LANGUAGES if each != language),
        "common": words(COMMON),
        "say": say,
        "words_of": words,
        "at": lambda path: f"{root}{path}",
        "here": request.url.path.removeprefix(root) or "/",
    }


def figure(number: float) -> str:
    """``22,148``"""
    return f"{number:,}"


def day(value: date | None) -> Markup:
    """A civil date, of the rule's zone, as machines read it too."""
    if value is None:
        return Markup("–")
    return Markup('<time datetime="{0}">{0}</time>').format(value.isoformat())


def moment(value: datetime | None, zone: str) -> Markup:
    """A moment in a zone, which is named."""
    if value is None:
        return Markup("–")
    there = value.astimezone(ZoneInfo(zone))
    return Markup('<time datetime="{}">{} <span class="zone">{}</span></time>').format(
        value.isoformat(timespec="seconds"), f"{there:%Y-%m-%d %H:%M}", zone
    )


def said_at(text: str, zone: str) -> Markup:
    """A moment as a statement writes it."""
    return moment(datetime.fromisoformat(text), zone)


def short(digest: str) -> Markup:
    """A digest, of which the whole stands in the page and the beginning is seen."""
    name, _, digits = digest.rpartition(":")
    head = f"{name}:" if name else ""
    return Markup('<abbr class="digest" title="{}">{}{}…</abbr>').format(digest, head, digits[:12])
