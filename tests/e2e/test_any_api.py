"""``answers: any-api``: a question asked through one API is answered with what was said through another one."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from aicache.formats import sse
from demo.answers import Reply
from e2e.apis import APIS, answering, ask
from e2e.proxy import Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

CONFIG = "answers: any-api\nsemantic: {enabled: false}\n"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def crossing(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Any:
    proxy = Proxy(module_upstream.url, tmp_path_factory.mktemp("any"), CONFIG)
    with proxy.start(wait_for="ready: exact hits"):
        yield proxy


@pytest.mark.parametrize("first", APIS)
def test_what_was_said_through_one_api_answers_all(crossing: Proxy, upstream: Upstream, first: str) -> None:
    text = "Said once: “ja”, 好的. \u2600"
    upstream.script = answering(text)
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, first, question)
    crossing.wait_for(lambda: ask(crossing, first, question).cache == "exact")
    calls = upstream.calls

    for name, api in APIS.items():
        reply = ask(crossing, name, question)

        assert reply.cache == "exact", name
        assert api.text(json.loads(reply.body)) == text, name
    assert upstream.calls == calls


@pytest.mark.parametrize("first", APIS)
def test_streams_cross_too(crossing: Proxy, upstream: Upstream, first: str) -> None:
    upstream.script = answering("Piece by piece.")
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, first, question)
    crossing.wait_for(lambda: ask(crossing, first, question).cache == "exact")

    reply = ask(crossing, "chat", question, stream=True)

    events = [event.data for event in sse.decode(reply.body)]
    deltas = [json.loads(data)["choices"] for data in events[:-1]]
    assert reply.cache == "exact"
    assert events[-1] == "[DONE]"
    assert "".join(c["delta"].get("content") or "" for choices in deltas for c in choices) == "Piece by piece."


def test_another_caller_question_model_or_system_prompt_is_another(crossing: Proxy, upstream: Upstream) -> None:
    upstream.script = answering("Mine.")
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, "chat", question)
    crossing.wait_for(lambda: ask(crossing, "messages", question).cache == "exact")

    assert ask(crossing, "messages", question, key="sk-other").cache == "miss"
    assert ask(crossing, "messages", f"{question}?").cache == "miss"
    assert ask(crossing, "messages", question, model="m-2").cache == "miss"
    assert ask(crossing, "messages", question, system="Be long.").cache == "miss"
    assert ask(crossing, "messages", question, temperature=0.5).cache == "miss"


def test_an_answer_longer_than_asked_for_is_none(crossing: Proxy, upstream: Upstream) -> None:
    upstream.script = answering("Seven tokens.")
    question = f"Question {next(NUMBERS)}?"
    ask(crossing, "chat", question)
    crossing.wait_for(lambda: ask(crossing, "messages", question).cache == "exact")

    assert ask(crossing, "messages", question, max_tokens=7).cache == "exact"
    assert ask(crossing, "messages", question, max_tokens=6).cache == "miss"


def test_a_tool_call_crosses(crossing: Proxy, upstream: Upstream) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    call = {"id": "call_7", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    choice = {"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [call]}}
    document = APIS["chat"].answer("") | {"choices": [choice | {"finish_reason": "tool_calls"}]}
    upstream.script = lambda _: Reply(body=json.dumps(document).encode())
    question = f"Question {next(NUMBERS)}?"
    function = {"name": "weather", "description": "now", "parameters": schema}
    chat = {"tools": [{"type": "function", "function": function}]}
    ask(crossing, "chat", question, **chat)
    crossing.wait_for(lambda: ask(crossing, "chat", question, **chat).cache == "exact")

    tool = {"name": "weather", "description": "now", "input_schema": schema}
    reply = ask(crossing, "messages", question, tools=[tool])

    assert reply.cache == "exact"
    said = json.loads(reply.body)
    assert said["stop_reason"] == "tool_use"
    assert [(b["type"], b["name"], b["input"]) for b in said["content"]] == [("tool_use", "weather", {"city": "Rome"})]


def test_without_the_setting_each_api_has_answers_of_its_own(exact_proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = answering("Mine alone.")
    question = f"Question {next(NUMBERS)}?"
    ask(exact_proxy, "chat", question)
    exact_proxy.wait_for(lambda: ask(exact_proxy, "chat", question).cache == "exact")

    assert ask(exact_proxy, "responses", question).cache == "miss"
    assert ask(exact_proxy, "ollama", question).cache == "miss"
