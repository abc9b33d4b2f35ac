"""Open WebUI in front of the cache: its answers stream, its chores stay each chat's own, and nothing in it changes."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from browser.chromium import Screenshots, page_of
from browser.openwebui import OpenWebUI, OpenWebUIOnOllama, OpenWebUIPerson
from browser.ways import WAYS, Site
from demo.answers import FAMILIAR, Reply, Request, tokens

pytestmark = [
    pytest.mark.timeout(900),  # the first use makes its environment
    pytest.mark.skipif(
        "AI_CACHE_OPENWEBUI" not in os.environ,
        reason="Open WebUI takes 800 MB and minutes: AI_CACHE_OPENWEBUI=1 scripts/test tests/browser runs it, too",
    ),
]

Lay = Callable[[str], Site]

QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "How can I reset my password?"
ANSWER = FAMILIAR["password"]
CHORE = "### Task:"
WITH_TOOLS = "semantic: {tools: true}\n"
"""Every question of Open WebUI's comes with its built-in tools."""


def upstream(request: Request) -> Reply:
    """Be a model's API: answer word by word, and do the chores for the chat that they are about."""
    if request.path.endswith("/models"):
        return Reply(body=json.dumps({"object": "list", "data": [{"id": "gpt-test", "object": "model"}]}).encode())
    if not request.question.startswith(CHORE):
        return Reply((ANSWER,), first_token=0.2, per_token=0.05)
    forgotten = IN_OTHER_WORDS in request.question
    done = {
        "title": "Forgotten Password" if forgotten else "Password Reset",
        "tags": ["Forgetfulness" if forgotten else "Security"],
        "follow_ups": ["What if I forget it again?" if forgotten else "How long is the link valid?"],
    }
    chore = next(name for name in done if f'"{name}":' in request.question)
    return Reply((json.dumps({chore: done[chore]}),))


def ollama(request: Request) -> Reply:
    """Be an Ollama that says the same."""
    if not request.path.startswith("/api/chat"):
        models = [{"name": "gpt-test:latest", "model": "gpt-test:latest", "size": 1, "digest": "0", "details": {}}]
        return Reply(body=json.dumps({"version": "0.12.0", "models": models}).encode())
    said = upstream(request).texts[0]
    if not request.json.get("stream", True):
        return Reply(body=ollama_line(said, done=True))
    lines = [*(ollama_line(token) for token in tokens(said)), ollama_line("", done=True)]
    return Reply(body=b"\n".join(lines) + b"\n", content_type="application/x-ndjson", framing="chunked")


def ollama_line(text: str, done: bool = False) -> bytes:
    line = {
        "model": "gpt-test:latest",
        "created_at": "2026-01-01T12:00:00.654321Z",
        "message": {"role": "assistant", "content": text},
        "done": done,
    }
    end = {"done_reason": "stop", "total_duration": 4883583458, "prompt_eval_count": 19, "eval_count": 46}
    return json.dumps(line | end if done else line).encode()


@contextlib.contextmanager
def opened(ui: OpenWebUI, site: Site) -> Iterator[tuple[Page, str]]:
    """Start it, and give a page, and its address."""
    with site.opened(ui) as browser, page_of(browser) as page:
        yield page, ui.url


def of_the_chats(asked: Sequence[tuple[str, str]]) -> list[str]:
    return [became for question, became in asked if not question.startswith(CHORE)]


def of_the_chores(asked: Sequence[tuple[str, str]], about: str) -> list[str]:
    return [became for question, became in asked if question.startswith(CHORE) and f"USER: {about}" in question]


def ask_again_and_in_other_words(person: OpenWebUIPerson, screenshot: Screenshots) -> list[list[str]]:
    """Ask in three chats, and return what was to be read of each answer."""
    first = person.ask(QUESTION, ANSWER)
    person.sees_chores("Password Reset", "How long is the link valid?")
    screenshot(person.page, "first")
    person.new_chat()
    again = person.ask(QUESTION, ANSWER)
    person.sees_chores("Password Reset", "How long is the link valid?")
    screenshot(person.page, "again")
    person.new_chat()
    reworded = person.ask(IN_OTHER_WORDS, ANSWER)
    person.sees_chores("Forgotten Password", "What if I forget it again?")
    screenshot(person.page, "reworded")
    return [first, again, reworded]


def check(asked: Sequence[tuple[str, str]]) -> None:
    """Hold what became of these: answers are hits, and every chat has title, tags and suggestions of its own."""
    assert of_the_chats(asked) == ["miss", "exact", "semantic"]
    assert of_the_chores(asked, QUESTION) == ["miss"] * 3 + ["exact"] * 3
    assert of_the_chores(asked, IN_OTHER_WORDS) == ["miss"] * 3


@pytest.mark.parametrize("way", WAYS)
def test_a_person_asks_open_webui_again_and_in_other_words(lay: Lay, screenshot: Screenshots, way: str) -> None:
    site = lay(WITH_TOOLS)
    site.upstream.script = upstream
    with opened(OpenWebUI(site.api(way), site.home), site) as (page, url):
        seen = ask_again_and_in_other_words(OpenWebUIPerson(page, url), screenshot)

    assert len(seen[0]) > 5  # it was there to read as it came
    check(site.asked())
    assert "Traceback" not in site.web.log


def test_a_person_asks_open_webui_on_an_ollama(lay: Lay, screenshot: Screenshots) -> None:
    site = lay(WITH_TOOLS)
    site.upstream.script = ollama
    api = site.api("reverse")
    api = replace(api, base_url=api.base_url.removesuffix("/v1"))
    with opened(OpenWebUIOnOllama(api, site.home), site) as (page, url):
        ask_again_and_in_other_words(OpenWebUIPerson(page, url), screenshot)

    check(site.asked("/api/chat"))
    assert "Traceback" not in site.web.log


def test_within_one_chat_questions_are_answered_again_where_the_history_does_not_count(
    lay: Lay, screenshot: Screenshots
) -> None:
    site = lay(WITH_TOOLS + "context: last_question\nscope: 'header:X-OpenWebUI-User-Id'\n")
    site.upstream.script = upstream
    with opened(OpenWebUI(site.api("reverse"), site.home), site) as (page, url):
        person = OpenWebUIPerson(page, url)

        person.ask(QUESTION, ANSWER)
        person.sees_chores("Password Reset", "How long is the link valid?")
        person.ask(QUESTION, ANSWER)
        person.ask(IN_OTHER_WORDS, ANSWER)
        person.sees_chores("Password Reset", "What if I forget it again?")
        screenshot(page, "one-chat")
        person.new_chat()
        person.ask(QUESTION, ANSWER)
        person.sees_chores("Password Reset", "How long is the link valid?")

    assert of_the_chats(site.asked()) == ["miss", "exact", "semantic", "exact"]
    assert site.upstream.last.headers["x-openwebui-user-id"]
    assert "Traceback" not in site.web.log


def test_an_answer_that_a_person_stops_is_not_kept(lay: Lay, screenshot: Screenshots) -> None:
    site = lay(WITH_TOOLS)
    site.upstream.script = lambda request: replace(upstream(request), per_token=0.5)
    with opened(OpenWebUI(site.api("reverse"), site.home), site) as (page, url):
        person = OpenWebUIPerson(page, url)

        person.send(QUESTION)
        expect(page.get_by_text("Choose", exact=False).first).to_be_visible()
        person.stop()
        stopped = person.answers()[-1]
        screenshot(page, "stopped")
        site.upstream.script = upstream
        person.new_chat()
        person.ask(QUESTION, ANSWER)

    assert stopped != ANSWER
    assert of_the_chats(site.asked()) == ["miss", "miss"]
    assert "Traceback" not in site.web.log
