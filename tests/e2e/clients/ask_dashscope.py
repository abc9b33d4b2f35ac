"""Asks through the official dashscope client, in its native API."""

import itertools
import json

import dashscope
from asks import WEATHER, serve
from dashscope import Generation

INCREMENTAL = {"stream": True, "merged": False, "default": None}
"""Streams in pieces, in pieces that the client itself joins, and as the upstream has them unasked: each event with the
whole so far, but where the model thinks."""


def ask(url, key, api, mode, model, question, system, tools):
    dashscope.base_http_api_url = f"{url}/api/v1"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    asked = {"model": model, "api_key": key, "messages": messages, "result_format": "message", "request_timeout": 20}
    if api != "dashscope":
        asked["enable_thinking"] = api == "thinking"
    if tools:
        asked["tools"] = [{"type": "function", "function": WEATHER}]
    if mode == "whole":
        events = [read(Generation.call(**asked))]
    else:
        events = Generation.call(**asked, stream=True, incremental_output=INCREMENTAL[mode])
        events = [read(event) for event in events]
    last = events[-1]
    if mode == "stream":
        last |= joined(events)
    else:
        for before, after in itertools.pairwise(events):
            assert all(after[name].startswith(before[name]) for name in ("text", "thought")), (before, after)
    return last | {"calls": [[id, name, json.loads(arguments)] for _, id, name, arguments in last["calls"]]}


def read(response):
    assert response.status_code == 200, response
    choice, usage = response.output.choices[0], response.usage
    message = choice.message
    calls = [
        [call.get("index"), call.get("id"), call["function"].get("name"), call["function"].get("arguments") or ""]
        for call in message.get("tool_calls") or []
    ]
    return {
        "id": response.request_id,
        "text": message.content or "",
        "thought": message.get("reasoning_content") or "",
        "calls": calls,
        "end": choice.finish_reason,
        "usage": [
            usage.input_tokens,
            usage.output_tokens,
            usage["prompt_tokens_details"]["cached_tokens"],
            usage["output_tokens_details"]["reasoning_tokens"],
        ],
    }


def joined(events):
    calls = {}
    for index, id, name, arguments in (call for event in events for call in event["calls"]):
        held = calls.setdefault(index, [index, "", "", ""])
        calls[index] = [index, held[1] or id, held[2] or name, held[3] + arguments]
    texts = {name: "".join(event[name] for event in events) for name in ("text", "thought")}
    return {**texts, "calls": list(calls.values())}


serve(ask)
