"""The dashboard in a real browser: a person sees what the cache does while it does it, and steps in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from browser.accessible import CONTRAST, UNNAMED
from browser.chromium import PATIENCE, Screenshots
from demo.answers import answer
from e2e.page_visitor import page as as_page
from e2e.proxy import EXACT_ONLY, Proxy, free_port

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from e2e.conftest import Upstream

TOKEN = "a-token-of-24-characters"
WITH_TOKEN = f"dashboard: {{token: {TOKEN}}}\n{EXACT_ONLY}"
CONFIG = "log: {text: true}\nprices: [gpt-test=2.5/10]\nsemantic: {threshold: 0.85}\n"
QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "How can I reset my password?"
PAIRS = [
    (QUESTION, IN_OTHER_WORDS),
    ("What is the capital of France?", "What exactly is the capital of France?"),
    ("How many kilometres are 5 miles?", "How many kilometres are 50 miles?"),
    ("Why is the sky blue?", "Why exactly is the sky blue?"),
    ("When does the shop open?", "Where does the shop open?"),
]


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("proxy"), CONFIG) as running:
        yield running


@pytest.fixture
def new_proxy(upstream: Upstream, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy that nobody has asked anything, of an upstream that takes its time."""
    upstream.script = lambda request: answer(request, first_token=0.1, per_token=0.005)
    with Proxy(upstream.url, tmp_path, CONFIG) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy whose configuration has the token."""
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("guarded"), WITH_TOKEN) as running:
        yield running


@pytest.fixture
def noted(page: Page) -> list[str]:
    """What the page complained of, and whatever it asked of anybody but the proxy."""
    noted: list[str] = []
    page.on("console", lambda message: noted.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: noted.append(str(error)))
    return noted


def url(proxy: Proxy) -> str:
    """Return the address that the proxy's log has to be clicked."""
    return f"{proxy.url}/_ai_cache/?token={proxy.token}"


def tile(page: Page, name: str) -> Locator:
    """Return the figure on the tile whose name begins like this."""
    return page.locator(".tiles li").filter(has_text=re.compile(f"^{name}")).locator(".value")


def work(proxy: Proxy, rounds: int = 1) -> None:
    for _ in range(rounds):
        for question, other in PAIRS:
            proxy.ask(question)
            proxy.ask_until("exact", question)
            proxy.ask(other)


def test_traffic_shows_while_it_comes_without_a_reload(
    new_proxy: Proxy, page: Page, screenshot: Screenshots, noted: list[str]
) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url.partition("/_ai_cache/")[0]))
    page.goto(url(new_proxy))
    expect(page.get_by_role("status").first).to_have_text("Serving")
    expect(page.get_by_text("No requests yet.")).to_be_visible()
    expect(tile(page, "Requests")).to_have_text("0")
    screenshot(page, "empty")

    work(new_proxy)

    expect(tile(page, "Hit ratio")).to_contain_text(re.compile(r"\d\d\.\d %"))
    expect(page.get_by_text("No requests yet.")).to_be_hidden()
    expect(tile(page, "Time upstream")).to_contain_text(" ms")
    expect(tile(page, "Money saved")).to_contain_text("$0.0")
    expect(page.locator("#guards")).to_contain_text("numbers")
    expect(page.locator("#top")).to_contain_text(QUESTION)
    expect(page.locator("#health").get_by_role("row", name="exact store (writes)")).to_contain_text("answers")
    expect(page.locator("#threshold-note")).to_contain_text("0.85")
    for chart in ("requests", "latency", "similarity"):
        assert painted(page, chart) > 40, chart  # an empty one has none
    now = as_page(new_proxy).overview()
    expect(tile(page, "Tokens saved")).to_have_text(
        f"{now['since']['prompt_tokens'] + now['since']['completion_tokens']:,}"
    )
    screenshot(page, "traffic")
    assert asked == {new_proxy.url}
    assert noted == []


def painted(page: Page, chart: str) -> int:
    """Count the points of a chart in its series' colors: grey lines and letters are none."""
    return int(
        page.locator(f"#{chart} canvas").evaluate(
            """(canvas) => { const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let found = 0;
            for (let i = 0; i < data.length; i += 4) {
              const [r, g, b, a] = data.slice(i, i + 4);
              if (a > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) found++;
            }
            return found; }"""
        )
    )


def test_an_entry_is_found_read_pinned_and_purged_by_keyboard_alone(
    proxy: Proxy, page: Page, screenshot: Screenshots, noted: list[str], upstream: Upstream
) -> None:
    question = "Where is the key to the cellar?"
    proxy.ask(question)
    proxy.ask_until("exact", question)
    page.goto(url(proxy))
    keys = page.keyboard

    keys.press("Tab")
    expect(page.get_by_role("link", name="Skip to the figures")).to_be_focused()
    keys.press("Enter")
    tab_to(page, page.get_by_label("Find"))
    keys.type("the key to the cellar please")
    keys.press("Enter")
    expect(page.locator("#said")).to_have_text("1 entry")
    tab_to(page, page.get_by_role("button", name=f"Pin: {question}"))
    keys.press("Enter")
    expect(page.locator("#said")).to_have_text("The entry is pinned.")
    expect(page.get_by_role("button", name=f"Unpin: {question}")).to_be_focused()
    keys.press("Shift+Tab")
    expect(page.get_by_role("button", name=f"Read: {question}")).to_be_focused()
    keys.press("Enter")
    dialog = page.get_by_role("dialog", name="Entry")
    expect(dialog).to_contain_text(f"You asked: {question}")
    expect(dialog).to_contain_text("pinned")
    screenshot(page, "read")
    tab_to(page, dialog.get_by_role("button", name="Purge …"))
    keys.press("Enter")
    sure = page.get_by_role("alertdialog", name="Purge this entry?")
    expect(sure.get_by_role("button", name="Keep")).to_be_focused()
    expect(sure).to_contain_text(question)
    screenshot(page, "sure")
    keys.press("Escape")
    expect(sure).to_be_hidden()
    expect(dialog.get_by_role("button", name="Purge …")).to_be_focused()
    keys.press("Enter")
    tab_to(page, sure.get_by_role("button", name="Purge", exact=True))
    keys.press("Enter")

    expect(page.locator("#said")).to_have_text("The entry is purged.")
    expect(page.get_by_text("No entry was found.")).to_be_visible()
    calls = upstream.calls
    assert proxy.ask(question).cache == "miss"
    assert upstream.calls == calls + 1
    assert noted == []


def test_a_wrong_answer_is_marked_and_the_cache_is_bypassed_and_used_again(
    proxy: Proxy, page: Page, noted: list[str]
) -> None:
    question, other = "How do I open my safe?", "How can I open my safe?"
    proxy.ask(question)
    proxy.ask_until("semantic", other)
    page.goto(url(proxy))

    page.get_by_label("Find").fill(question)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name=f"Read: {question}").click()
    page.get_by_role("button", name="Mark as wrong").click()
    expect(page.locator("#said")).to_have_text("The entry answers its own request only.")
    now = proxy.ask(other).cache, proxy.ask(question).cache
    page.get_by_role("button", name="Bypass the cache").click()
    expect(page.locator("#state")).to_have_text("Bypassed: every request passes by the cache")
    bypassed = proxy.ask(question).cache
    page.get_by_role("button", name="Use the cache again").click()
    expect(page.get_by_role("button", name="Bypass the cache")).to_be_visible()

    assert now == ("miss", "exact")
    assert (bypassed, proxy.ask(question).cache) == ("bypass", "exact")
    assert noted == []


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("(each) => each === document.activeElement"):
            return
    raise AssertionError(f"no way to {wanted} by Tab")


def test_the_keyboards_place_is_kept_while_the_figures_change(proxy: Proxy, page: Page) -> None:
    proxy.ask(QUESTION)
    page.goto(url(proxy))
    asked = page.locator("#top").get_by_role("row", name=QUESTION).locator("td").nth(1)
    button = page.get_by_role("button", name=f"Read the entry of {QUESTION}")
    button.focus()
    before = asked.inner_text()

    work(proxy)
    [now] = [each["count"] for each in as_page(proxy).overview()["top"] if each["question"] == QUESTION]
    expect(asked).to_have_text(str(now))

    assert now > int(before)
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Entry")).to_be_visible()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_the_light_and_in_the_dark_and_by_those_who_hear_it(
    proxy: Proxy, page: Page, screenshot: Screenshots, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    work(proxy)
    page.goto(url(proxy))
    expect(page.locator("#top")).to_contain_text(QUESTION)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for summary in page.get_by_text("As a table").all():
        summary.click()
    page.get_by_role("button", name="Show some").click()
    expect(page.locator("#found table")).to_be_visible()

    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) is (scheme == "dark")
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(CONTRAST) == []
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["AI cache"]
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("navigation").count() == 2  # pages, sections
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))
    charts = page.get_by_role("img").filter(has=page.locator("canvas"))
    assert charts.count() == 3
    expect(page.get_by_role("table", name="Requests").get_by_role("row").nth(1)).to_contain_text("M")  # a time of day
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=screenshot(page, "top").with_name(f"whole-page-{scheme}.png"), full_page=True)


def test_on_a_phone_nothing_is_cut_off(proxy: Proxy, page: Page, screenshot: Screenshots) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    work(proxy)
    page.goto(url(proxy))
    expect(page.locator("#top")).to_contain_text(QUESTION)
    page.get_by_role("button", name="Show some").click()
    expect(page.locator("#found table")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    screenshot(page, "phone")
    page.goto(f"{proxy.url}/_ai_cache/requests")
    expect(page.get_by_role("table", name="Latest requests")).to_contain_text(QUESTION)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator("#found .wide-table").evaluate("(each) => each.matches('.overflows')")
    screenshot(page, "phone-requests")
    page.goto(f"{proxy.url}/_ai_cache/")
    page.get_by_role("button", name="Show some").click()
    page.get_by_role("button", name=f"Read: {QUESTION}").click()
    box = page.get_by_role("dialog", name="Entry").bounding_box()
    screenshot(page, "entry")
    assert box is not None
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 360


def test_the_latest_requests_are_shown_with_their_reasons_and_searched(
    proxy: Proxy, page: Page, screenshot: Screenshots, noted: list[str]
) -> None:
    work(proxy)
    page.goto(url(proxy))
    page.get_by_role("link", name="Requests").click()
    rows = page.get_by_role("table", name="Latest requests").get_by_role("row")
    page.get_by_label("Contains").fill("NUMBERS")
    expect(rows.nth(1)).to_contain_text("How many kilometres are 50 miles?")
    screenshot(page, "found")
    page.get_by_role("button", name="Pause updates").click()
    expect(page.locator("#paused")).to_contain_text("the proxy goes on answering requests")
    expect(page.get_by_role("status").first).to_have_text("Paused")
    page.get_by_label("Contains").fill("")
    page.get_by_label("Outcome").select_option("semantic")
    expect(rows.nth(1)).to_contain_text("hit by meaning")
    page.get_by_role("button", name="Resume updates").click()
    expect(page.get_by_role("status").first).to_have_text("Up to date")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate(UNNAMED) == page.evaluate(CONTRAST) == []

    rows.nth(1).get_by_role("link").click()
    expect(page.locator("#said")).to_have_text("1 entry")
    assert noted == []


def test_the_settings_in_force_are_shown_with_their_origins(
    proxy: Proxy, page: Page, screenshot: Screenshots, noted: list[str]
) -> None:
    page.goto(url(proxy))
    page.get_by_role("link", name="Settings").click()
    expect(page.locator("#shown")).to_contain_text("3 of which differ from the default")
    page.get_by_label("Contains").fill("THRESHOLD")
    page.get_by_label("Only those that differ").check()
    rows = page.get_by_role("table", name="Settings in force").get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text(f"{proxy.config_file.name} line 3")
    screenshot(page, "found")
    page.get_by_label("Only those that differ").uncheck()
    page.get_by_label("Contains").fill("")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate(UNNAMED) == page.evaluate(CONTRAST) == []

    assert noted == []


def test_a_proxy_that_has_gone_is_said_to_have_and_is_found_again(
    guarded: Proxy, page: Page, screenshot: Screenshots
) -> None:
    page.goto(f"{guarded.url}/_ai_cache/?token={TOKEN}")
    expect(page.get_by_role("status").first).to_have_text("Serving")

    guarded.stop()
    expect(page.get_by_role("alert")).to_contain_text("The proxy does not answer.")
    expect(page.get_by_role("status").first).to_have_text("No contact")
    screenshot(page, "gone")
    guarded.start()

    expect(page.get_by_role("status").first).to_have_text("Serving", timeout=2 * PATIENCE)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_with_a_token_a_person_is_asked_for_it_once(
    guarded: Proxy, upstream: Upstream, page: Page, screenshot: Screenshots, noted: list[str]
) -> None:
    calls = upstream.calls
    page.goto(f"{guarded.url}/_ai_cache/requests")
    expect(page.get_by_label("Token")).to_be_focused()
    screenshot(page, "asked")
    page.get_by_label("Token").fill("not the token at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not the token.")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Up to date")
    page.reload()
    expect(page.get_by_role("status").first).to_have_text("Up to date")

    assert page.url == f"{guarded.url}/_ai_cache/requests"
    assert [each for each in noted if "401" not in each] == []
    assert upstream.calls == calls  # which a browser would ask for an icon


def test_another_sites_page_learns_nothing_and_changes_nothing(proxy: Proxy, upstream: Upstream, page: Page) -> None:
    """A page of another origin, in a browser on this machine, asks the proxy in every way that a script has."""
    proxy.ask(QUESTION)
    key = proxy.ask_until("exact", QUESTION).headers["x-ai-cache-key"]
    elsewhere = f"http://127.0.0.1:{free_port()}/"
    page.goto(url(proxy))  # this browser has the cookie
    expect(page.get_by_role("status").first).to_have_text("Serving")
    page.route(elsewhere, lambda route: route.fulfill(body="<p>elsewhere</p>", content_type="text/html"))
    page.goto(elsewhere)

    found = page.evaluate(
        """async ([root, key]) => {
          const tries = [
            ["api/overview", {}],
            ["api/overview", { mode: "no-cors" }],
            ["metrics", { headers: { "user-agent": "Prometheus" } }],
            [`api/entries/${key}/purge`, { method: "POST", headers: { "x-ai-cache-dashboard": "1" } }],
            [`api/entries/${key}/purge`, { method: "POST", mode: "no-cors", body: "{}" }],
          ];
          return Promise.all(tries.map(async ([path, how]) => {
            try { return await (await fetch(`${root}/_ai_cache/${path}`, how)).text(); } catch { return "refused"; }
          }));
        }""",
        [proxy.url, key],
    )

    assert set(found) <= {"refused", ""}
    assert proxy.ask(QUESTION).cache == "exact"
    page.evaluate(
        """(root) => new Promise((done) => {
          const frame = document.createElement("iframe");
          frame.onload = () => done();
          frame.src = root;
          document.body.append(frame);
        })""",
        f"{proxy.url}/_ai_cache/",
    )
    assert page.frames[1].get_by_text("AI cache").count() == 0
