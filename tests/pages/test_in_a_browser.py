"""People at a real browser: two approve, an auditor checks; and what axe finds on each page."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from keepuntil.register import plans
from keepuntil.register.plans import PlanState
from pages_world import Bank, altered

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = Path(__file__).parents[2] / ".venv/outsiders/npm/node_modules/axe-core/axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to look with"),
]


@pytest.fixture
def served(bank: Bank) -> Iterator[str]:
    """The pages over real HTTP."""
    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(bank.pages, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def person(chromium: Any, served: str, login: str, language: str, **look: Any) -> Iterator[Any]:
    """A person's window, signed in; it fails for any script error and any refused resource."""
    context = chromium.new_context(**look)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else 0)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith(served) or wrong.append(asked.url))
    page.goto(f"{served}/sign-in?lang={language}")
    page.click(f'button[value="{login}"]')
    yield page
    context.close()
    assert wrong == []


@pytest.mark.parametrize(
    ("language", "approve", "holds", "fails"),
    [
        ("zh", "批准销毁", "核验通过", "核验未通过"),
        ("en", "Approve the destruction", "It holds", "It does not hold"),
    ],
)
def test_two_people_approve_and_an_auditor_checks_a_bundle(
    bank: Bank,
    served: str,
    chromium: Any,
    archive: Path,
    language: str,
    approve: str,
    holds: str,
    fails: str,
) -> None:
    for login in ("E3", "e2@bank.example"):
        with person(chromium, served, login, language) as page:
            page.click(f'a[href="/plans/{bank.waiting}"]')
            page.fill("#reason", "Looked at the counts.")
            page.click(f'button:has-text("{approve}")')
            page.wait_for_load_state()
            assert page.locator(".mark.certified").count() >= 1
    with bank.world.open() as installation:
        assert plans.load(installation.register, bank.waiting).state is PlanState.APPROVED
    broken = archive.with_name("broken.zip")
    broken.write_bytes(altered(archive, "rule.json"))
    with person(chromium, served, "A1", language) as page:
        for path, verdict in ((archive, holds), (broken, fails)):
            page.goto(f"{served}/evidence")
            page.set_input_files("#evidence", path)
            page.press("#evidence", "Tab")
            page.keyboard.press("Enter")
            page.wait_for_selector(".verdict")
            assert verdict in page.inner_text(".verdict")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: make outsiders")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    bank: Bank, served: str, chromium: Any, width: int, scheme: str
) -> None:
    look = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    found: list[Any] = []
    for login in ("A1", "E3", "D1"):
        with person(chromium, served, login, "zh", **look) as page:
            for path in addresses(bank, login):
                page.goto(served + path)
                page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
                page.evaluate(AXE.read_text(encoding="utf-8"))
                result = page.evaluate("tags => axe.run({runOnly: tags})", STANDARDS)
                found += [
                    (path, each["id"], each["nodes"][0]["html"][:200])
                    for each in result["violations"]
                ]
                over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert over <= 0, path
    assert found == []


def addresses(bank: Bank, login: str) -> list[str]:
    if login == "E3":
        plan = f"/plans/{bank.waiting}"
        return [plan, f"{plan}/changes", "/findings/new", f"/campaigns/{bank.campaign}"]
    if login == "D1":
        return [
            *(f"/findings/{bank.finding}", "/holds"),
            *("/requests", f"/requests/{bank.request}"),
        ]
    certificate = f"/evidence/{bank.certificate}"
    return [
        *("/", "/plans", "/rules", "/rules/loan", "/evidence", "/evidence/log", "/evidence/acts"),
        *("/findings?shown=all", "/ledger", "/coverage", "/holds"),
        *("/campaigns", f"/campaigns/{bank.campaign}"),
        *(certificate, f"{certificate}/check"),
    ]


def test_the_first_key_leads_past_the_navigation_and_focus_is_seen(
    bank: Bank, served: str, chromium: Any
) -> None:
    with person(chromium, served, "A1", "en") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "content"
