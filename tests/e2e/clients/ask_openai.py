"""Asks through the official openai client: chat completions and Responses."""

import functools
import json

from asks import WEATHER, serve
from openai import OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState


@functools.cache
def client(url, key):
    return OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)


def ask(url, key, api, **how):
    return {"chat": chat, "responses": responses}[api](client(url, key), **how)


def chat(openai, mode, model, question, system, tools):
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    asked = {"model": model, "messages": messages} | (
        {"tools": [{"type": "function", "function": WEATHER}]} if tools else {}
    )
    counted = {"stream_options": {"include_usage": True}}
    headers = {}
    match mode:
        case "whole":
            raw = openai.chat.completions.with_raw_response.create(**asked)
            headers, completion = raw.headers, raw.parse()
        case "stream" | "uncounted":  # the chunks themselves, joined by the client's own accumulator
            asked |= counted if mode == "stream" else {}
            raw = openai.chat.completions.with_raw_response.create(**asked, stream=True)
            headers, state = raw.headers, ChatCompletionStreamState(input_tools=asked.get("tools", []))
            for chunk in raw.parse():
                state.handle_chunk(chunk)
            completion = state.get_final_completion()
        case "helper":  # with typed events
            with openai.chat.completions.stream(**asked, **counted) as stream:
                kinds = {event.type for event in stream}
                completion = stream.get_final_completion()
            assert ("tool_calls.function.arguments.done" if tools else "content.done") in kinds, kinds
    choice = completion.choices[0]
    usage = completion.usage
    return {
        "cache": headers.get("x-cache-status"),
        "id": completion.id,
        "created": completion.created,
        "model": completion.model,
        "text": choice.message.content or "",
        "thought": choice.message.reasoning_content,
        "calls": [
            [call.id, call.function.name, json.loads(call.function.arguments)]
            for call in choice.message.tool_calls or []
        ],
        "end": choice.finish_reason,
        "usage": usage
        and [
            usage.prompt_tokens,
            usage.completion_tokens,
            usage.total_tokens,
            usage.prompt_tokens_details.cached_tokens,
            usage.completion_tokens_details.reasoning_tokens,
        ],
    }


def responses(openai, mode, model, question, system, tools):
    asked = {"model": model, "input": question, "instructions": system}
    if tools:
        asked["tools"] = [{"type": "function", "strict": False, **WEATHER}]
    headers, deltas = {}, None
    match mode:
        case "whole":
            raw = openai.responses.with_raw_response.create(**asked)
            headers, response = raw.headers, raw.parse()
        case "stream":
            raw = openai.responses.with_raw_response.create(**asked, stream=True)
            headers, events = raw.headers, list(raw.parse())
            deltas = deltas_of(events)
            response = events[-1].response
        case "helper":
            with openai.responses.stream(**asked) as stream:
                deltas = deltas_of(list(stream))
                response = stream.get_final_response()
    usage = response.usage
    read = {
        "cache": headers.get("x-cache-status"),
        "id": response.id,
        "created": response.created_at,
        "model": response.model,
        "text": response.output_text,
        "thought": "".join(s.text for item in response.output if item.type == "reasoning" for s in item.summary),
        "signature": [item.encrypted_content for item in response.output if item.type == "reasoning"],
        "calls": [
            [item.call_id, item.name, json.loads(item.arguments)]
            for item in response.output
            if item.type == "function_call"
        ],
        "items": [[item.id, item.type] for item in response.output],
        "end": response.status,
        "usage": [
            usage.input_tokens,
            usage.output_tokens,
            usage.total_tokens,
            usage.input_tokens_details.cached_tokens,
            usage.output_tokens_details.reasoning_tokens,
        ],
    }
    if deltas is not None:
        assert deltas == [read["text"], read["thought"]], deltas
    return read


def deltas_of(events):
    kinds = ("response.output_text.delta", "response.reasoning_summary_text.delta")
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed"), events
    return ["".join(event.delta for event in events if event.type == kind) for kind in kinds]


serve(ask)
