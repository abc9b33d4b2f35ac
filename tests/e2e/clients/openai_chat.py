"""Runs in an environment of its own: asks through the official openai client and prints what it read, as JSON.

usage: openai_chat.py BASE_URL QUESTION whole|stream|helper [tools]
"""

import json
import sys

from openai import OpenAI

base_url, question, mode, *rest = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key="sk-client", max_retries=0, timeout=20)
tools = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]
ask = {"model": "gpt-test", "messages": [{"role": "user", "content": question}]}
if "tools" in rest:
    ask["tools"] = tools

if mode == "whole":
    raw = client.chat.completions.with_raw_response.create(**ask)
    completion = raw.parse()
elif mode == "stream":  # the chunks themselves, joined by the client's own accumulator
    from openai.lib.streaming.chat import ChatCompletionStreamState

    raw = client.chat.completions.with_raw_response.create(**ask, stream=True, stream_options={"include_usage": True})
    state = ChatCompletionStreamState(input_tools=ask.get("tools", []))
    for chunk in raw.parse():
        state.handle_chunk(chunk)
    completion = state.get_final_completion()
else:  # the helper with typed events
    with client.chat.completions.stream(**ask, stream_options={"include_usage": True}) as stream:
        kinds = [event.type for event in stream]
        completion = stream.get_final_completion()
    raw = stream._response if hasattr(stream, "_response") else None
    assert "content.done" in kinds or "tool_calls.function.arguments.done" in kinds, kinds

message = completion.choices[0].message
print(
    json.dumps(
        {
            "cache": raw.headers.get("x-cache-status") if raw is not None else None,
            "id": completion.id,
            "model": completion.model,
            "content": message.content,
            "reasoning": getattr(message, "reasoning_content", None),
            "tools": [[c.id, c.function.name, json.loads(c.function.arguments)] for c in message.tool_calls or []],
            "finish_reason": completion.choices[0].finish_reason,
            "usage": [completion.usage.prompt_tokens, completion.usage.completion_tokens],
        }
    )
)
