"""Debian's Chromium, driven through Playwright, whose own browsers nobody here can download. It knows loopback only."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from e2e.proxy import ROOT

SCREENSHOTS = ROOT / "test-output" / "screenshots"
SIZE = (1280, 800)
PATIENCE = 60_000
"""Milliseconds that something may take to show on a busy machine."""
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def executable() -> str:
    """Return the browser's path; skips the test where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium on the path: `apt install chromium` brings it")
    return found


@contextlib.contextmanager
def browsing() -> Iterator[Browser]:
    """Run a browser.

    While it runs its thread has a running event loop, so that asynchronous tests cannot run in between.
    """
    path = executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=[*FLAGS])
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@contextlib.contextmanager
def page_of(browser: Browser) -> Iterator[Page]:
    """Open a page that shares no cookie and nothing stored with any other."""
    page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, locale="en-US")
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


class Screenshots:
    """Pictures of what a test saw, kept under ``test-output/screenshots/`` by the test's name."""

    def __init__(self, test: str) -> None:
        self._test = re.sub(r"\W+", "-", test.removeprefix("test_")).strip("-")

    def __call__(self, page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{self._test}--{name}.png"
        page.screenshot(path=path)
        return path
