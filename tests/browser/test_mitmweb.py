"""mitmweb in a real browser: a person sees in the list of flows what the cache answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser.chromium import Screenshots
from browser.mitmweb import FlowList, Web

QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "I forgot my password, how do I reset it?"

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


def test_commands_are_given_by_rest(start_web: Callable[..., Web], tmp_path: Path) -> None:
    web = start_web()
    web.ask(QUESTION)
    web.ask_until("exact", QUESTION)
    web.ask_until("semantic", IN_OTHER_WORDS)
    (semantic,) = [flow["id"] for flow in web.flows() if flow["comment"].startswith("semantic hit")]
    file = tmp_path / "entries"

    stats = web.give("aicache.stats")
    explained = web.give("aicache.explain", f"@{semantic}")

    assert "1 semantic" in stats[0]
    assert any("[-How-]{+I forgot my password, how+}" in line for line in explained)
    assert web.result("aicache.export", str(file)) == [f"aicache.export: 1 entry written to {file}"]
    assert web.result("aicache.wrong", f"@{semantic}")[0].endswith(
        "answers no other question by meaning any more, and still its own"
    )
    assert web.ask(IN_OTHER_WORDS, headers={"cache-control": "no-store"}).cache == "miss"
    assert web.ask(QUESTION).cache == "exact"
    assert web.result("aicache.purge", "~comment '^semantic hit'") == ["aicache.purge: 1 entry deleted"]
    assert web.ask(QUESTION, headers={"cache-control": "no-store"}).cache == "miss"
    assert web.result("aicache.import", str(file))[0].endswith("1 taken, 1 found by meaning, too")
    assert web.ask(QUESTION).cache == "exact"
    listed = web.result("aicache.purge.like", QUESTION, "0.9")
    assert listed[-1].endswith(QUESTION)
    assert web.result("aicache.purge.like", QUESTION, "0.9", "purge") == ["aicache.purge.like: 1 entry deleted"]
    assert web.give("aicache.bypass", "on") == "aicache.bypass is on: every request passes by the cache"
    assert web.ask(QUESTION).cache == "bypass"
    with pytest.raises(ValueError, match="on or off"):
        web.give("aicache.bypass", "perhaps")
    assert "my password" not in web.log
    assert "Traceback" not in web.log


def test_probe(start_web: Callable[..., Web], page: Page, screenshot: Screenshots) -> None:
    web = start_web()
    web.ask("How do I reset my password?", stream=True)
    web.ask_until("exact", "How do I reset my password?", stream=True)
    web.ask_until("semantic", "I forgot my password, how do I reset it?", stream=True)
    flows = FlowList(page, web)
    became = web.became()
    d = flows.select(became.index("semantic"))
    screenshot(page, "view")
    print(d.inner_html()[:6000])
    flows.filter("~comment 'semantic hit'")
    page.wait_for_timeout(500)
    screenshot(page, "filtered")
    flows.filter("")
    page.get_by_text("Options", exact=True).click()
    page.wait_for_timeout(300)
    page.get_by_text("Display Command Bar").click()
    page.wait_for_timeout(300)
    page.get_by_placeholder("Enter command").fill("aicache.stats")
    page.get_by_placeholder("Enter command").press("Enter")
    page.wait_for_timeout(700)
    screenshot(page, "command")
    print(page.locator(".command").inner_html()[:3000])
