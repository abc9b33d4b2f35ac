"""Asks through the official google-genai client."""

import functools

from asks import WEATHER, serve
from google import genai
from google.genai import types


@functools.cache
def client(url, key):
    return genai.Client(api_key=key, vertexai=False, http_options=types.HttpOptions(base_url=url, timeout=20_000))


def ask(url, key, api, mode, model, question, system, tools):
    gemini = client(url, key)
    config = types.GenerateContentConfig(system_instruction=system)
    if tools:
        schema = {"parameters_json_schema": WEATHER["parameters"]}
        declared = {name: WEATHER[name] for name in ("name", "description")} | schema
        config.tools = [types.Tool(function_declarations=[declared])]
    asked = {"model": model, "config": config}
    match mode:
        case "whole":
            chunks = [gemini.models.generate_content(contents=question, **asked)]
        case "stream":
            chunks = list(gemini.models.generate_content_stream(contents=question, **asked))
        case "helper":
            chunks = list(gemini.chats.create(**asked).send_message_stream(question))
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts or []]
    last = chunks[-1]
    usage = last.usage_metadata
    headers = (chunks[0].sdk_http_response and chunks[0].sdk_http_response.headers) or {}
    return {
        "cache": headers.get("x-cache-status"),
        "id": last.response_id,
        "model": last.model_version,
        "text": "".join(part.text or "" for part in parts if not part.thought),
        "thought": "".join(part.text or "" for part in parts if part.thought),
        "signature": [part.thought_signature.hex() for part in parts if part.thought_signature],
        "calls": [
            [part.function_call.id, part.function_call.name, part.function_call.args]
            for part in parts
            if part.function_call
        ],
        "end": last.candidates[0].finish_reason.value,
        "usage": [
            usage.prompt_token_count,
            usage.candidates_token_count,
            usage.thoughts_token_count,
            usage.total_token_count,
        ],
    }


serve(ask)
