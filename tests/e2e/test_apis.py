"""Every API through the whole chain: a miss, an exact hit, a hit by meaning, and what is never kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e.apis import APIS, answering, ask
from e2e.proxy import Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

STOPS = {  # where each API says why an answer ended, and a word for one that was cut
    "chat": (("choices", 0, "finish_reason"), "length"),
    "responses": (("status",), "incomplete"),
    "messages": (("stop_reason",), "max_tokens"),
    "gemini": (("candidates", 0, "finishReason"), "MAX_TOKENS"),
    "ollama": (("done_reason",), "length"),
    "dashscope": (("output", "choices", 0, "finish_reason"), "length"),
}


@pytest.mark.parametrize("name", APIS)
def test_a_question_is_asked_of_the_upstream_once(proxy: Proxy, upstream: Upstream, name: str) -> None:
    api, text = APIS[name], f"An answer of {name}: 好的."
    upstream.script = answering(text)
    question = f"How do I reset my password for {name}?"
    first = ask(proxy, name, question)
    proxy.wait_for(lambda: ask(proxy, name, question).cache == "exact")
    calls = upstream.calls

    again = ask(proxy, name, question)
    assert first.cache == "miss"
    assert again.body == first.body
    assert upstream.calls == calls

    near = f"How can I reset my password for {name}?"
    proxy.wait_for(lambda: ask(proxy, name, near, headers={"cache-control": "no-store"}).cache == "semantic")
    calls = upstream.calls
    found = ask(proxy, name, near)
    assert (found.cache, api.text(json.loads(found.body)), upstream.calls) == ("semantic", text, calls)


@pytest.mark.parametrize("name", APIS)
def test_a_cut_answer_an_error_and_a_broken_one_are_never_kept(proxy: Proxy, upstream: Upstream, name: str) -> None:
    api = APIS[name]
    path, word = STOPS[name]
    cut = api.answer("Half an")
    place = cut
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = word
    bodies = [json.dumps(cut).encode(), b'{"error": {"message": "no"}}', json.dumps(api.answer("")).encode()]

    for number, body in enumerate(bodies):
        upstream.script = lambda _, body=body: Reply(body=body)  # type: ignore[misc]
        question = f"{name}: question {number}, which gets no answer?"
        for _ in range(2):
            calls = upstream.calls
            reply = ask(proxy, name, question)

            assert (reply.cache, reply.body) == ("miss", body)
            assert upstream.calls == calls + 1
