"""A real Chromium for the tests of the pages; it notes what a person would never see: errors, violations, requests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.console import PASSWORD

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = (1366, 768), (390, 844)
WITHIN_MS = 20_000


def chromium_path() -> str:
    """Where Debian's Chromium is; skips without one."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Screen:
    """One person's browser window on a server.

    Args:
        browser: A running one.
        url: The server; a request to anywhere else is noted.
        lang: The browser's language.
        dark: Whether the system asks for dark pages.
        size: Of the window.
        scripts: Whether the pages' script may run.
    """

    def __init__(
        self, browser: Browser, url: str, *, lang: str = "zh-CN", dark: bool = False,
        size: tuple[int, int] = DESKTOP, scripts: bool = True,
    ) -> None:  # fmt: skip
        self.url = url
        self.wrong: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale=lang, color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )  # fmt: skip
        self.context.set_default_timeout(WITHIN_MS)
        self.context.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective))"
        )
        self.page: Page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.wrong.append(f"request: {request.url}")

    def go(self, path: str) -> None:
        """Open a page of the server."""
        self.page.goto(self.url + path)

    def sign_in(self, user: str) -> None:
        """From the way in to today."""
        self.go("/sign-in")
        self.page.fill("input[name=user]", user)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/today")

    def claim(self, purpose: str) -> None:
        """Choose what personal records are looked at for, on the page that asks."""
        self.page.click(f"main button[value={purpose}]")
        self.page.wait_for_selector("#ask-purpose", state="detached")

    def measure(self, script: str) -> Any:
        """What a script finds on the page."""
        return self.page.evaluate(script)

    def close(self) -> None:
        """Close the window; nothing unseen may have gone wrong."""
        self.context.close()
        assert self.wrong == []
