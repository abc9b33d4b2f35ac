"""One browser for a module's tests, a stand-in upstream, and pages and mitmwebs that end with their test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser import chromium
from browser.mitmweb import Web
from browser.ways import Site, laid
from e2e.conftest import module_upstream, upstream
from e2e.proxy import READY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from e2e.conftest import Upstream

__all__ = ["module_upstream", "upstream"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with chromium.page_of(browser) as page:
        yield page


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> chromium.Screenshots:
    """Keep a picture: ``screenshot(page, "hit-selected")``."""
    return chromium.Screenshots(request.node.name)


@pytest.fixture
def start_web(upstream: Upstream, tmp_path: Path) -> Iterator[Callable[..., Web]]:
    """Start mitmwebs of the test's own: ``start_web(config, mode="regular", options=…)``."""
    started: list[Web] = []

    def start(config: str | None = None, *, wait_for: str | None = READY, **how: Any) -> Web:
        web = Web(upstream.url, tmp_path, config, **how)
        started.append(web)
        web.start(wait_for=wait_for)
        return web

    yield start
    for web in started:
        if web.process is not None and web.process.poll() is None:
            web.stop()


@pytest.fixture
def lay(tmp_path: Path) -> Iterator[Callable[[str], Site]]:
    """Lay the ways to a proxy of the test's own: ``lay(config)``."""
    with contextlib.ExitStack() as stack:
        yield lambda config: stack.enter_context(laid(tmp_path, config))
