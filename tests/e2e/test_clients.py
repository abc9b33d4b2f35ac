"""The official clients of every API read hits as they read the originals, whole and streamed, with tools."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from e2e import originals
from e2e.client import Askers, Client
from e2e.originals.said import CALLS, TEXT, THOUGHT
from e2e.proxy import READY_EXACT, Proxy, post

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = pytest.mark.timeout(600)  # the first use of a client makes its environment

MODES = ("whole", "stream")
AND_HELPER = (*MODES, "helper")
CLAUDE, GEMINI = "claude-sonnet-4-5", "gemini-2.5-flash"
# Both ends of each range were run: openai 2.0 and 3.57, anthropic 0.50 and 2.13, google-genai 1.40 and 3.6, ollama 0.5
# and 0.6, dashscope 1.25 and 2.0; of JavaScript's, up to what Node 20 runs, openai 5.12 and 6.49, ai 5.0 and 6.0.
SDKS = ("openai>=2,<4", "anthropic>=0.50,<3", "google-genai>=1.40,<4", "ollama>=0.5,<1", "dashscope>=1.25,<3")
OPENAI, ANTHROPIC = ("ask_openai.py", SDKS), ("ask_anthropic.py", SDKS)
GENAI, OLLAMA, DASHSCOPE = ("ask_genai.py", SDKS), ("ask_ollama.py", SDKS), ("ask_dashscope.py", SDKS)
OPENAI_JS = ("ask_openai.mjs", ("openai@>=5.12 <7",))
PROVIDERS = ("openai-compatible@>=1 <3", "openai@>=2 <4", "anthropic@>=2 <4", "google@>=2 <4")
AI = ("ask_ai.mjs", ("ai@>=5 <7", *(f"@ai-sdk/{provider}" for provider in PROVIDERS)))
CLIENTS = (
    Client("openai-chat", *OPENAI, "chat", (*AND_HELPER, "uncounted")),
    Client("openai-responses", *OPENAI, "responses", AND_HELPER),
    Client("anthropic", *ANTHROPIC, "messages", AND_HELPER, model=CLAUDE),
    Client("google-genai", *GENAI, "gemini", AND_HELPER, model=GEMINI),
    Client("ollama-chat", *OLLAMA, "chat", MODES),
    Client("ollama-generate", *OLLAMA, "generate", MODES, tools=False),
    Client("dashscope-thinking", *DASHSCOPE, "thinking", (*MODES, "merged")),
    Client("dashscope-plain", *DASHSCOPE, "plain", (*MODES, "merged", "default"), thinks=False),
    Client("openai.js-chat", *OPENAI_JS, "chat", MODES),
    Client("openai.js-responses", *OPENAI_JS, "responses", MODES),
    Client("ai.js-openai-compatible", *AI, "chat", MODES),
    Client("ai.js-openai", *AI, "responses", MODES),
    Client("ai.js-anthropic", *AI, "messages", MODES, model=CLAUDE),
    Client("ai.js-google", *AI, "gemini", MODES, model=GEMINI),
)
DASHSCOPE_COMMON = Client("dashscope", *DASHSCOPE, "dashscope", (*MODES, "merged"))
CROSSING = (*(client for client in CLIENTS if client.script != "ask_dashscope.py"), DASHSCOPE_COMMON)
"""Who ask in words that all APIs have: ``enable_thinking`` is none of those."""
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


def wait_stored(proxy: Proxy, upstream: Upstream) -> None:
    """Wait until what the upstream was asked last has its answer in the store, without asking the upstream again."""
    last = upstream.last
    headers = {**last.headers, "cache-control": "only-if-cached"}
    proxy.wait_for(lambda: post(proxy.port, last.body, headers, path=last.path).cache == "exact")


def apart(read: dict[str, Any], cache: str | None = None) -> dict[str, Any]:
    """What a client read of the body, once the header is as expected, where the client shows it."""
    assert read.get("cache") in (None, cache)
    return {name: value for name, value in read.items() if name != "cache"}


@pytest.mark.parametrize(
    ("client", "tools", "recorded"),
    [
        pytest.param(client, tools, recorded, id=f"{client}-{'tools' if tools else 'text'}-{recorded}")
        for client in CLIENTS
        for tools in ((False, True) if client.tools else (False,))
        for recorded in client.modes
        if recorded not in ("helper", "uncounted")  # a stream on the wire; one that lacks what other modes tell
    ],
)
def test_a_client_reads_hits_of_either_mode_as_the_originals(
    askers: Askers, proxy: Proxy, upstream: Upstream, client: Client, tools: bool, recorded: str
) -> None:
    upstream.script = originals.answer
    asker, question = askers[client], f"Weather, number {next(NUMBERS)}?"
    expected = {mode: apart(asker.ask(upstream.url, question, mode, client, tools=tools)) for mode in client.modes}

    first = asker.ask(proxy.url, question, recorded, client, tools=tools)
    wait_stored(proxy, upstream)
    calls = upstream.calls
    hits = {mode: asker.ask(proxy.url, question, mode, client, tools=tools) for mode in client.modes}

    for mode in client.modes:
        assert apart(hits[mode], "hit") == expected[mode], mode
    assert apart(first, "miss") == expected[recorded]
    assert upstream.calls == calls
    for read in expected.values():
        assert read["thought"] == (THOUGHT if client.thinks else "")
        assert read["text"] == TEXT or tools
        assert [call[2] for call in read["calls"]] == (list(CALLS) if tools else [])


@pytest.fixture(scope="module")
def any_api(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    config = "answers: any-api\nsemantic: {enabled: false}\n"
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("any"), config).start(wait_for=READY_EXACT) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("client", "tools"),
    [
        pytest.param(client, tools, id=f"{client}-{'tools' if tools else 'text'}")
        for client in CROSSING
        for tools in ((False, True) if client.tools else (False,))
        if not (tools and client.name == "ai.js-openai")  # its tools are strict ones, for want of a word
    ],
)
def test_what_was_said_in_chat_is_read_by_the_clients_of_all_apis(
    askers: Askers, any_api: Proxy, upstream: Upstream, client: Client, tools: bool
) -> None:
    upstream.script = originals.answer
    how = {"question": f"Weather, number {next(NUMBERS)}?", "model": "all-apis", "tools": tools}
    first = CLIENTS[0]
    said = askers[first].ask(any_api.url, mode="whole", client=first, **how)
    wait_stored(any_api, upstream)
    calls = upstream.calls

    hits = [askers[client].ask(any_api.url, mode=mode, client=client, **how) for mode in client.modes]

    assert upstream.calls == calls
    for hit in hits:
        assert hit.get("cache") in (None, "hit")
        assert hit["text"] == said["text"]
        assert [call[1:3] for call in hit["calls"]] == [call[1:3] for call in said["calls"]]
        assert {call[0] for call in hit["calls"]} <= {None, *(call[0] for call in said["calls"])}


def test_a_client_that_asks_whole_reads_the_usage_that_a_stream_lacked(
    askers: Askers, proxy: Proxy, upstream: Upstream
) -> None:
    """A stream that nobody asked to count comes first, as chat UIs ask for it."""
    upstream.script = originals.answer
    client, question = CLIENTS[0], f"Weather, number {next(NUMBERS)}?"
    asker = askers[client]
    expected = {mode: apart(asker.ask(upstream.url, question, mode, client)) for mode in client.modes}
    asker.ask(proxy.url, question, "uncounted", client)
    wait_stored(proxy, upstream)

    streamed, whole = (asker.ask(proxy.url, question, mode, client) for mode in ("uncounted", "whole"))
    wait_stored(proxy, upstream)
    calls = upstream.calls
    hits = {mode: asker.ask(proxy.url, question, mode, client) for mode in client.modes}

    assert apart(streamed, "hit") == expected["uncounted"]
    assert apart(whole, "miss") == expected["whole"]
    for mode in client.modes:
        assert apart(hits[mode], "hit") == expected[mode], mode
    assert upstream.calls == calls


@pytest.mark.parametrize("client", CROSSING, ids=str)
def test_the_clients_of_all_apis_read_the_usage_that_a_stream_of_chat_lacked(
    askers: Askers, any_api: Proxy, upstream: Upstream, client: Client
) -> None:
    upstream.script = originals.answer
    how = {"question": f"Weather, number {next(NUMBERS)}?", "model": "all-apis"}
    first, asker = CLIENTS[0], askers[client]
    expected = {mode: asker.ask(upstream.url, mode=mode, client=client, **how)["usage"] for mode in client.modes}
    askers[first].ask(any_api.url, mode="uncounted", client=first, **how)
    wait_stored(any_api, upstream)

    told = {mode: asker.ask(any_api.url, mode=mode, client=client, **how)["usage"] for mode in client.modes}

    assert told == expected
    assert all(told[mode] and any(told[mode]) for mode in client.modes if mode != "uncounted")
