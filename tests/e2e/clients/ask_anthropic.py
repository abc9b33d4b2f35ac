"""Asks through the official anthropic client."""

import functools
import json

from anthropic import Anthropic
from asks import WEATHER, serve


@functools.cache
def client(url, key):
    return Anthropic(base_url=url, api_key=key, max_retries=0, timeout=20)


def ask(url, key, api, mode, model, question, system, tools):
    anthropic = client(url, key)
    asked = {"model": model, "max_tokens": 1024, "system": system, "messages": [{"role": "user", "content": question}]}
    if tools:
        schema = {"input_schema": WEATHER["parameters"]}
        asked["tools"] = [{name: WEATHER[name] for name in ("name", "description")} | schema]
    headers = {}
    match mode:
        case "whole":
            raw = anthropic.messages.with_raw_response.create(**asked)
            headers, message = raw.headers, raw.parse().model_dump()
        case "stream":
            raw = anthropic.messages.with_raw_response.create(**asked, stream=True)
            headers, message = raw.headers, joined(raw.parse())
        case "helper":
            with anthropic.messages.stream(**asked) as stream:
                text = "".join(stream.text_stream)
                message = stream.get_final_message().model_dump()
            assert text == text_of(message, "text"), text
    blocks, usage = message["content"], message["usage"]
    return {
        "cache": headers.get("x-cache-status"),
        "id": message["id"],
        "model": message["model"],
        "text": text_of(message, "text"),
        "thought": text_of(message, "thinking"),
        "signature": [block["signature"] for block in blocks if block["type"] == "thinking"],
        "calls": [[block["id"], block["name"], block["input"]] for block in blocks if block["type"] == "tool_use"],
        "items": [block["type"] for block in blocks],
        "end": message["stop_reason"],
        "usage": [usage["input_tokens"], usage["cache_read_input_tokens"] or 0, usage["output_tokens"]],
    }


def text_of(message, kind):
    return "".join(block[kind] for block in message["content"] if block["type"] == kind)


def joined(events):
    """The message that the events amount to, joined by what the API's documentation says of them."""
    for event in events:
        match event.type:
            case "message_start":
                message = event.message.model_dump()
            case "content_block_start":
                assert event.index == len(message["content"]), event
                message["content"].append(event.content_block.model_dump())
                written = ""
            case "content_block_delta":
                block = message["content"][event.index]
                match event.delta.type:
                    case "text_delta":
                        block["text"] += event.delta.text
                    case "thinking_delta":
                        block["thinking"] += event.delta.thinking
                    case "signature_delta":
                        block["signature"] = event.delta.signature
                    case "input_json_delta":
                        written += event.delta.partial_json
            case "content_block_stop" if written:
                message["content"][event.index]["input"] = json.loads(written)
            case "message_delta":
                message["stop_reason"] = event.delta.stop_reason
                message["usage"] |= {name: n for name, n in event.usage.model_dump().items() if n is not None}
    assert event.type == "message_stop", event
    return message


serve(ask)
