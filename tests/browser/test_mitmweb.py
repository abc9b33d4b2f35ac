"""mitmweb in a real browser: a person sees in the list of flows what the cache answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser.chromium import Screenshots, page_of
from browser.mitmweb import FlowList, Web

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from e2e.conftest import Upstream

QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "How can I reset my password?"


@pytest.fixture(scope="module")
def web(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A mitmweb through which a stream was asked for: as a miss, an exact and a semantic hit."""
    with Web(module_upstream.url, tmp_path_factory.mktemp("web")) as web:
        web.ask(QUESTION, stream=True)
        web.ask_until("exact", QUESTION, stream=True)
        web.ask_until("semantic", IN_OTHER_WORDS, stream=True)
        yield web


@pytest.fixture(scope="module")
def flows(web: Web, browser: Browser) -> Iterator[FlowList]:
    """mitmweb's page, for the tests that only look at single flows."""
    with page_of(browser) as page:
        yield FlowList(page, web)


def test_hits_are_in_the_list_of_flows_and_tell_what_they_are(
    web: Web, flows: FlowList, screenshot: Screenshots
) -> None:
    became = web.became()

    expect(flows.rows).to_have_count(len(became))
    for number, detail in ((became.index("exact"), "exact"), (became.index("semantic"), "semantic")):
        details = flows.select(number)
        expect(details).to_contain_text("x-cache-status")
        expect(details).to_contain_text(f"ai-cache; hit; detail={detail}")
        screenshot(flows.page, detail)
    assert "Traceback" not in web.log


def test_every_flow_of_the_list_has_a_marker_and_says_why(web: Web, page: Page, screenshot: Screenshots) -> None:
    became = web.became()

    flows = FlowList(page, web)

    for outcome, marker, comment in (
        ("miss", "🟡", "miss: no neighbor above 0.92 (none there)"),
        ("exact", "🟢", "exact hit · "),
        ("semantic", "🔵", "semantic hit 0.9"),
    ):
        row = flows.rows.nth(became.index(outcome))
        expect(row.locator(".marker")).to_have_text(marker)
        expect(row).to_contain_text(comment)
    expect(flows.rows.first).to_contain_text("kept")  # told when the stream was at its end
    screenshot(page, "list")
    flows.filter("~comment '^semantic hit'")
    expect(flows.rows).to_have_count(became.count("semantic"))
    screenshot(page, "filtered")


@pytest.mark.parametrize("outcome", ["miss", "exact", "semantic"])
def test_the_content_view_shows_the_decision_and_the_stream_in_one_piece(
    web: Web, flows: FlowList, screenshot: Screenshots, outcome: str
) -> None:
    details = flows.select(web.became().index(outcome))

    expect(details).to_contain_text("ai cache", ignore_case=True)
    expect(details).to_contain_text("Decision")
    expect(details).to_contain_text("exact look-up")
    if outcome == "semantic":
        expect(details).to_contain_text("[-do-]")
        expect(details).to_contain_text("{+can+}")
    expect(details).not_to_contain_text("chat.completion.chunk")
    screenshot(flows.page, "view")


def test_commands_are_given_in_the_command_bar(web: Web, page: Page, screenshot: Screenshots) -> None:
    """With a question of its own, as a purge is told in the list."""
    question, in_other_words = "What is the capital of France?", "What exactly is the capital of France?"
    web.ask(question, stream=True)
    web.ask_until("exact", question, stream=True)
    web.ask_until("semantic", in_other_words, stream=True)
    became = web.became()
    number = len(became) - 1
    flow = [each for each in web.flows() if each["request"]["path"].endswith("/chat/completions")][number]
    flows = FlowList(page, web)

    told = f"{became.count('exact')} exact, {became.count('semantic')} semantic"
    expect(flows.command("aicache.stats")).to_contain_text(told)
    screenshot(page, "stats")
    expect(flows.command(f"aicache.purge @{flow['id']}")).to_contain_text("begun")

    expect(flows.rows.nth(number)).to_contain_text("purged")
    expect(flows.command("aicache.result")).to_contain_text("aicache.purge: 1 entry deleted")
    screenshot(page, "purged")
    assert web.ask(question, stream=True, headers={"cache-control": "no-store"}).cache == "miss"
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
    assert any("[-do-]{+can+}" in line for line in explained)
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
