"""mitmweb in a real browser: a person sees in the list of flows what the cache answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from browser.chromium import Screenshots
from browser.mitmweb import FlowList, Web

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_hits_are_in_the_list_of_flows_and_tell_what_they_are(
    start_web: Callable[..., Web], page: Page, screenshot: Screenshots
) -> None:
    web = start_web()
    web.ask("What is the capital of France?", stream=True)
    web.ask_until("exact", "What is the capital of France?", stream=True)
    web.ask_until("semantic", "What's the capital of France?", stream=True)
    became = web.became()

    flows = FlowList(page, web)

    expect(flows.rows).to_have_count(len(became))
    for number, detail in ((became.index("exact"), "exact"), (became.index("semantic"), "semantic")):
        details = flows.select(number)
        expect(details).to_contain_text("x-cache-status")
        expect(details).to_contain_text(f"ai-cache; hit; detail={detail}")
        screenshot(page, detail)
    assert "Traceback" not in web.log
