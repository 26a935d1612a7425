"""Every page a person can reach: whole, in both languages, and asking nobody else for anything."""

from __future__ import annotations

import re
from collections import deque
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import keepuntil.pages
from keepuntil.domain.categories import Text
from pages_world import Bank, Browser

ROOM = Path(keepuntil.pages.__file__).parent
ADDRESSES = {"href", "src", "action", "srcset", "poster", "data", "formaction", "cite"}


class Page(HTMLParser):
    """What a page links to, and whether it is put together as browsers and readers need it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        self.addresses += [value or "" for name, value in attrs if name in ADDRESSES]
        if tag == "a":
            self.anchors.append(given.get("href") or "")


def walk(browser: Browser, language: str) -> dict[str, Page]:
    """Every page that links lead to, from the first one on."""
    browser.get(f"/?lang={language}")
    found: dict[str, Page] = {}
    ahead = deque(["/"])
    while ahead:
        path = ahead.popleft().partition("#")[0]
        if path in found or not path or path.startswith("?") or path.endswith((".zip", ".pdf")):
            continue
        if "/export/" in path:
            continue
        found[path] = Page(browser.get(path))
        ahead.extend(found[path].anchors)
    return found


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("login", ["A1", "E3"])
def test_every_page_stays_on_its_own_host_and_says_what_it_is(
    bank: Bank, login: str, language: str
) -> None:
    with bank.browser(login) as browser:
        pages = walk(browser, language)
    assert len(pages) > (12 if login == "A1" else 8)
    for path, page in pages.items():
        assert all(not urlsplit(each).netloc for each in page.addresses), path
        tags = [tag for tag, _ in page.tags]
        assert tags.count("h1") == tags.count("main") == 1, path
        assert dict(page.tags[0][1])["lang"] == ("zh-CN" if language == "zh" else "en")
        assert not {"style", "iframe", "object", "embed"} & set(tags), path
        for tag, given in page.tags:
            assert "style" not in given, path
            assert not any(name.startswith("on") for name in given), path
            assert tag != "script" or given.get("src"), path


def test_the_language_is_the_one_asked_for_and_is_remembered(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        assert "Tonight</h1>" in browser.get("/", headers={"accept-language": "en-GB,en;q=0.9"})
        assert "今夜</h1>" in browser.get("/", headers={"accept-language": "zh-CN"})
        assert "今夜</h1>" in browser.get("/?lang=zh", headers={"accept-language": "en"})
        assert "今夜</h1>" in browser.get("/", headers={"accept-language": "en"})
        assert "今夜</h1>" in browser.get("/?lang=tlh")


def texts() -> list[tuple[str, Text]]:
    found: list[tuple[str, Text]] = []
    for path in ROOM.glob("*.py"):
        module: Any = import_module(f"keepuntil.pages.{path.stem}")
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, dict):
                flat = [each for one in value.values()
                        for each in (one if isinstance(one, tuple) else (one,))]  # fmt: skip
                found += [(f"{path.stem}.{name}", t) for t in flat if isinstance(t, Text)]
    return found


def test_every_phrase_is_there_in_both_languages() -> None:
    phrases = texts()
    assert len(phrases) > 150
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for where, text in phrases:
        assert text.zh.strip(), where
        assert text.en.strip(), where
        assert text == Text(zh="English", en="中文") or not chinese.search(text.en), (where, text)
        assert text.zh == "English" or chinese.search(text.zh), (where, text)


def test_templates_hold_no_words_of_their_own() -> None:
    """A phrase in a template would be there in one language only."""
    for path in (ROOM / "templates").glob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(), flags=re.DOTALL)
        words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", " ", text))
        assert set(words) <= {"Keepuntil"}, (path.name, words)


def test_lists_are_paged_by_key(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    for subject in ("tonight", "plans", "rules", "evidence"):
        monkeypatch.setattr(f"keepuntil.pages.{subject}.PAGE", 1)
    with bank.browser("A1") as browser:
        for first in ("/rules", "/plans", "/evidence/log"):
            page, seen = first, []
            while page:
                text = browser.get(page)
                seen.append(re.findall(r'<th scope="row"|<td data-name="编号"', text))
                link = re.search(r'<p class="further"><a class="button" href="([^"]+)"', text)
                page = link.group(1).replace("&amp;", "&") if link else ""
            assert len(seen) > 1, first
            assert all(len(rows) == 1 for rows in seen), first


def test_a_rule_reckons_the_sample_that_somebody_fills_in(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        page = browser.get("/rules/loan?lang=en&settled=2016-02-29&as_of=2026-03-01")
        assert "Due since 2026-03-01." in page
        assert "反洗钱法 第三十四条" in page
        assert 'role="img" aria-label="Time line of the sample record"' in page
        assert browser.client.get("/rules/loan?settled=soon").status_code == 404


def test_the_forecast_is_said_in_figures_beside_its_picture(bank: Bank) -> None:
    with bank.browser("A1") as browser:
        page = browser.get("/?lang=en")
    assert "<title>2027-05 · Account statement: 1</title>" in page
    assert re.search(r'<time datetime="2027-05">2027-05</time></th>.*?>1</td></tr>', page)
    assert "Counted on" in page
