"""Whole runs of an agent that calls tools: repeated, they are answered from the cache, turn by turn.

A hit repeats the recorded ids of calls, and a fresh answer has others: neither may make a later turn miss.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow, Request, Response
from mitmproxy.test import tflow

from aicache.domain.model import Answer, Choice, Finish, Mode, Text, ToolCall, Usage
from aicache.formats import by_api
from in_process import InProcessProxy, in_process

CITIES = ("Rome", "Oslo", "Lima", "Bern")
USAGE = Usage(9, 5, 0, 0)


class Agent:
    """A client that asks for the weather of each city in turn. *api* is the format's name."""

    def __init__(self, api: str, mode: Mode) -> None:
        self.format, self.mode, self.api = by_api(api), mode, api
        self.turns: list[Any] = [self.user("Where is it warmest?")]
        self.keys: list[str] = []
        self._ids = itertools.count()

    def user(self, text: str) -> Any:
        parts = {"parts": [{"text": text}]} if self.api == "gemini" else {"content": text}
        return {"role": "user", **parts}

    def request(self) -> tuple[str, dict[str, Any]]:
        stream = {"stream": True} if self.mode is Mode.STREAM else {}
        match self.api:
            case "chat":
                return "/v1/chat/completions", {"model": "m", "messages": self.turns, **stream}
            case "responses":
                return "/v1/responses", {"model": "m", "store": False, "input": self.turns, **stream}
            case "messages":
                return "/v1/messages", {"model": "m", "max_tokens": 99, "messages": self.turns, **stream}
            case _:
                method = "streamGenerateContent?alt=sse" if stream else "generateContent"
                return f"/v1beta/models/m:{method}", {"contents": self.turns}

    def take(self, body: bytes) -> bool:
        """Go on with an answer: run the tool that it calls. False if there is none to run."""
        _, document = self.format.parse_answer(body)
        calls = [part for part in self.format.to_answer(document).choices[0].parts if isinstance(part, ToolCall)]
        match self.api:
            case "chat":
                self.turns.append(document.choices[0].message)
                self.turns += [{"role": "tool", "tool_call_id": call.id, "content": self.run(call)} for call in calls]
            case "responses":
                self.turns += document["output"]
                self.turns += [
                    {
                        "type": "function_call_output",
                        "id": f"fco_{id(self)}_{next(self._ids)}",
                        "call_id": call.id,
                        "output": self.run(call),
                    }
                    for call in calls
                ]
            case "messages":
                results = [{"type": "tool_result", "tool_use_id": call.id, "content": self.run(call)} for call in calls]
                self.turns += [
                    {"role": "assistant", "content": document["content"]},
                    {"role": "user", "content": results},
                ]
            case _:
                results = [
                    {"functionResponse": {"id": call.id, "name": call.name, "response": {"output": self.run(call)}}}
                    for call in calls
                ]
                self.turns += [document["candidates"][0]["content"], {"role": "user", "parts": results}]
        return bool(calls)

    def run(self, call: ToolCall) -> str:
        return f"{len(call.arguments['city'])} degrees"

    @property
    def results(self) -> int:
        return json.dumps(self.turns).count(" degrees")


def upstream(api: str) -> Callable[[Agent], Response]:
    """An upstream that calls the tool for the next city, with fresh ids in each answer, and at last says which."""
    numbers = itertools.count(1)

    def answer(agent: Agent) -> Response:
        number = next(numbers)
        if agent.results == len(CITIES):
            choice = Choice((Text("In Rome."),), Finish.STOP)
        else:
            call = ToolCall(f"call_fresh{number:06d}", "weather", {"city": CITIES[agent.results]})
            choice = Choice((Text("I look."), call), Finish.TOOL_CALLS)
        call_ = agent.format.parse_request(path(agent), json.dumps(agent.request()[1]).encode())
        document = agent.format.from_answer(Answer(f"fresh{number:06d}", "m", 1, (choice,), USAGE), call_)
        body = agent.format.render(document, agent.mode)
        return Response.make(200, body, {"content-type": agent.format.content_type(agent.mode)})

    return answer


def path(agent: Agent) -> str:
    return agent.request()[0].partition("?")[0]


def flow_of(agent: Agent) -> HTTPFlow:
    target, body = agent.request()
    flow = tflow.tflow(req=Request.make("POST", f"https://api.test{target}"))
    flow.live = True
    flow.request.content = json.dumps(body).encode()
    for name, value in {"authorization": "Bearer sk-1", "content-type": "application/json", "host": "api.test"}.items():
        flow.request.headers[name] = value
    return flow


async def run(proxy: InProcessProxy, agent: Agent, answer: Callable[[Agent], Response]) -> list[str]:
    """Let an agent run to its end; return whether each of its requests was a hit or a miss."""
    became: list[str] = []
    goes_on = True
    while goes_on:
        fresh = answer(agent)
        sent = fresh.content
        flow = await proxy.send(flow_of(agent), fresh)
        assert flow.response is not None
        became.append(flow.response.headers["x-cache-status"])
        agent.keys.append(flow.response.headers["x-ai-cache-key"])
        async with asyncio.timeout(5):
            while agent.keys[-1] not in proxy.runtime.store.entries:
                await asyncio.sleep(0.001)
        body = sent if became[-1] == "miss" else flow.response.content
        assert body is not None
        goes_on = agent.take(body)
    return became


each_api = pytest.mark.parametrize("api", ["chat", "responses", "messages", "gemini"])
each_mode = pytest.mark.parametrize("mode", list(Mode))


@each_api
@each_mode
async def test_a_repeated_run_is_answered_from_the_cache(api: str, mode: Mode) -> None:
    answer = upstream(api)
    async with in_process() as proxy:
        first = await run(proxy, Agent(api, mode), answer)
        again = await run(proxy, Agent(api, mode), answer)

    assert first == ["miss"] * 5
    assert again == ["hit"] * 5


@each_api
@each_mode
@pytest.mark.parametrize("gone", range(4))
async def test_a_fresh_answer_on_the_way_has_other_ids_and_what_follows_still_hits(
    api: str, mode: Mode, gone: int
) -> None:
    answer, recorded, repeated = upstream(api), Agent(api, mode), Agent(api, mode)
    async with in_process() as proxy:
        await run(proxy, recorded, answer)
        del proxy.runtime.store.entries[recorded.keys[gone]]
        became = await run(proxy, repeated, answer)

    assert became == ["hit"] * gone + ["miss"] + ["hit"] * (4 - gone)
    assert json.dumps(repeated.turns) != json.dumps(recorded.turns), "the fresh answer has other ids"
    assert repeated.keys == recorded.keys


@each_api
async def test_a_run_in_the_other_mode_is_answered_from_the_cache(api: str) -> None:
    answer = upstream(api)
    async with in_process() as proxy:
        await run(proxy, Agent(api, Mode.WHOLE), answer)
        again = await run(proxy, Agent(api, Mode.STREAM), answer)

    assert again == ["hit"] * 5


@each_api
async def test_another_result_of_a_tool_makes_another_run(api: str) -> None:
    answer, other = upstream(api), Agent(api, Mode.WHOLE)
    other.run = lambda call: f"{len(call.arguments['city']) + 1} degrees"  # type: ignore[method-assign]
    async with in_process() as proxy:
        await run(proxy, Agent(api, Mode.WHOLE), answer)
        became = await run(proxy, other, answer)

    assert became == ["hit"] + ["miss"] * 4
