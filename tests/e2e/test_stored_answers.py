"""What leans on state at the upstream is never answered, and what is of no use or soon expires is not kept for long."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from demo.answers import Reply
from e2e.apis import APIS, answering, ask
from e2e.proxy import READY_EXACT, Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

EXACT = "semantic: {enabled: false}\n"
MCP = {"mcp_servers": [{"type": "url", "url": "https://mcp.test", "name": "mail"}]}
TODAY, WHY = "What happened today?", "Why is the sky blue?"


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("proxy"), EXACT).start(wait_for=READY_EXACT) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def allowing(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    config = EXACT + "store: {private_tools: true, cache_control: obey}\n"
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("allowing"), config).start(wait_for=READY_EXACT) as proxy:
        yield proxy


def ttl_of(proxy: Proxy, name: str, question: str) -> int:
    """Ask until it is a hit, and return the seconds that it has left."""
    proxy.wait_for(lambda: ask(proxy, name, question).cache == "exact")
    found = re.search(r"ttl=(\d+)", ask(proxy, name, question).headers["cache-status"])
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("name", APIS)
def test_a_parameter_that_says_state_goes_upstream_each_time(proxy: Proxy, upstream: Upstream, name: str) -> None:
    upstream.script = answering("So.")
    for field in ({"thread": {"type": "create"}}, {"resumeFrom": "r1"}, {"extra": {"session_id": "s"}}):
        for _ in range(2):
            calls = upstream.calls

            reply = ask(proxy, name, f"{name}: which {next(iter(field))}?", **field)

            assert (reply.status, reply.cache, upstream.calls) == (200, "bypass", calls + 1)


def test_what_reads_private_data_is_looked_up_where_that_is_allowed(
    proxy: Proxy, allowing: Proxy, upstream: Upstream
) -> None:
    upstream.script = answering("You have no new mail.")

    assert [ask(proxy, "messages", "Any mail?", **MCP).cache for _ in range(2)] == ["bypass", "bypass"]
    assert ask(allowing, "messages", "Any mail?", **MCP).cache == "miss"
    allowing.wait_for(lambda: ask(allowing, "messages", "Any mail?", **MCP).cache == "exact")


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("chat", {"stream_options": {"session_id": "s"}}),
        ("chat", {"plugins": [{"id": "calendar"}]}),
        ("responses", {"text": {"format": {"type": "text", "thread": "t"}}}),
        ("messages", {"system": [{"type": "text", "text": "a", "memory_id": "m"}]}),
        ("gemini", {"tools": [{"googleSheets": {}}]}),
        ("gemini", {"generationConfig": {"thinkingConfig": {"resumeHandle": "h"}}}),
        ("ollama", {"options": {"restore_state": "slot.bin"}}),
    ],
)
def test_state_within_documented_settings_goes_upstream_each_time(
    proxy: Proxy, upstream: Upstream, name: str, field: dict[str, Any]
) -> None:
    upstream.script = answering("So.")

    replies = [ask(proxy, name, f"{name}: what of {next(iter(field))}?", **field) for _ in range(2)]

    assert [reply.cache for reply in replies] == ["bypass", "bypass"]


@pytest.mark.parametrize("word", ["no-store", "no-cache, No-Store, max-age=0", "private, no-store"])
def test_what_an_upstream_forbids_to_store_is_kept_unless_it_is_obeyed(
    proxy: Proxy, allowing: Proxy, upstream: Upstream, word: str
) -> None:
    question, body = f"What does {word} mean?", json.dumps(APIS["chat"].answer("So.")).encode()
    upstream.script = lambda _: Reply(body=body, headers={"cache-control": word})

    ask(proxy, "chat", question)
    proxy.wait_for(lambda: ask(proxy, "chat", question).cache == "exact")
    assert [ask(allowing, "chat", question).cache for _ in range(3)] == ["miss"] * 3

    upstream.script = lambda _: Reply(body=body, headers={"cache-control": "private, no-cache"})  # each caller's own
    ask(allowing, "chat", question)
    allowing.wait_for(lambda: ask(allowing, "chat", question).cache == "exact")


@pytest.mark.parametrize("name", APIS)
@pytest.mark.parametrize("text", [" \n", "<think>Hm.</think>"])
def test_an_answer_that_says_nothing_is_asked_for_again(proxy: Proxy, upstream: Upstream, name: str, text: str) -> None:
    upstream.script = answering(text)
    for _ in range(2):
        calls = upstream.calls

        reply = ask(proxy, name, f"{name}: what is {len(text)}?")

        assert (reply.status, reply.cache, upstream.calls) == (200, "miss", calls + 1)
        assert APIS[name].text(json.loads(reply.body)) == text
        assert "stored" not in reply.headers["cache-status"]


@pytest.mark.parametrize("name", APIS)
def test_an_answer_with_a_mark_of_an_error_is_asked_for_again(proxy: Proxy, upstream: Upstream, name: str) -> None:
    marked = APIS[name].answer("So.") | {"moderation": {"input": {"type": "error", "code": "unavailable"}}}
    upstream.script = lambda _: Reply(body=json.dumps(marked).encode())

    assert [ask(proxy, name, f"{name}: is it moderated?").cache for _ in range(3)] == ["miss"] * 3


def test_an_answer_of_another_form_than_asked_for_is_asked_for_again(proxy: Proxy, upstream: Upstream) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}}
    upstream.script = answering("The number is 7.")
    assert [ask(proxy, "chat", "Which number?", **form).cache for _ in range(2)] == ["miss", "miss"]

    upstream.script = answering('{"n": 7}')
    assert ask(proxy, "chat", "Which number?", **form).cache == "miss"
    proxy.wait_for(lambda: ask(proxy, "chat", "Which number?", **form).cache == "exact")


def test_an_entry_lives_as_long_as_what_its_answer_names(proxy: Proxy, upstream: Upstream) -> None:
    held = {"container": {"id": "container_1", "expires_at": int(time.time()) + 100}}
    named = APIS["messages"].answer("Found it.") | held
    upstream.script = lambda _: Reply(body=json.dumps(named).encode())

    assert 0 < ttl_of(proxy, "messages", "What does the web say?") <= 100


@pytest.mark.parametrize("name", APIS)
def test_the_exact_request_about_today_lives_for_minutes(proxy: Proxy, upstream: Upstream, name: str) -> None:
    upstream.script = answering("So.")

    assert 0 < ttl_of(proxy, name, TODAY) <= 600
    assert ttl_of(proxy, name, WHY) > 86400
