"""Masks reach each text of a conversation in its place, in every API's form of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify, keyed_parts, masked_question
from aicache.domain.masks import Mask, Place
from aicache.formats import by_api

ORIGIN = Origin("https://api.example.com:443", "/", "alice")
CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
GEMINI = "/v1beta/models/m:generateContent"
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def chat(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages)}


def responses(*items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "m", "input": list(items), **fields}


def messages(*turns: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "m", "max_tokens": 9, "messages": list(turns), **fields}


def gemini(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": list(parts)}], **fields}


USER = {"role": "user", "content": "Go."}
T = "<<2026-01-05>>"
RESULT = {"type": "tool_result", "tool_use_id": "a"}
OUTPUT = {"type": "function_call_output", "call_id": "a"}
TEXTS = [
    (Place.SYSTEM, "chat", CHAT, chat({"role": "system", "content": T}, USER)),
    (Place.SYSTEM, "chat", CHAT, chat({"role": "developer", "content": [{"type": "text", "text": T}]}, USER)),
    (Place.USER, "chat", CHAT, chat({"role": "user", "content": T})),
    (
        Place.USER,
        "chat",
        CHAT,
        chat({"role": "user", "content": [{"type": "text", "text": T}, {"type": "text", "text": "x"}]}),
    ),
    (Place.TOOL, "chat", CHAT, chat(USER, {"role": "tool", "tool_call_id": "a", "content": T})),
    (
        Place.TOOL,
        "chat",
        CHAT,
        chat(USER, {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": T}]}),
    ),
    (Place.SYSTEM, "responses", RESPONSES, responses(USER, instructions=T)),
    (
        Place.SYSTEM,
        "responses",
        RESPONSES,
        responses({"role": "developer", "content": [{"type": "input_text", "text": T}]}, USER),
    ),
    (Place.USER, "responses", RESPONSES, responses({"role": "user", "content": [{"type": "input_text", "text": T}]})),
    (Place.TOOL, "responses", RESPONSES, responses(USER, {**OUTPUT, "output": T})),
    (Place.TOOL, "responses", RESPONSES, responses(USER, {**OUTPUT, "output": [{"type": "input_text", "text": T}]})),
    (Place.TOOL, "responses", RESPONSES, responses(USER, {**OUTPUT, "type": "custom_tool_call_output", "output": T})),
    (
        Place.TOOL,
        "responses",
        RESPONSES,
        responses(
            USER,
            {
                **OUTPUT,
                "type": "shell_call_output",
                "output": [{"stdout": T, "stderr": T, "outcome": {"type": "exit"}}],
            },
        ),
    ),
    (Place.SYSTEM, "messages", MESSAGES, messages(USER, system=T)),
    (Place.SYSTEM, "messages", MESSAGES, messages(USER, system=[{"type": "text", "text": T}])),
    (Place.USER, "messages", MESSAGES, messages({"role": "user", "content": T})),
    (Place.TOOL, "messages", MESSAGES, messages({"role": "user", "content": [{**RESULT, "content": T}]})),
    (
        Place.TOOL,
        "messages",
        MESSAGES,
        messages({"role": "user", "content": [{**RESULT, "content": [{"type": "text", "text": T}]}]}),
    ),
    (
        Place.USER,
        "messages",
        MESSAGES,
        messages({"role": "user", "content": [{**RESULT, "content": "x"}, {"type": "text", "text": T}]}),
    ),
    (Place.SYSTEM, "gemini", GEMINI, gemini({"text": "Go."}, systemInstruction={"parts": [{"text": T}]})),
    (Place.USER, "gemini", GEMINI, gemini({"text": T}, {"text": "x"})),
    (
        Place.TOOL,
        "gemini",
        GEMINI,
        gemini({"functionResponse": {"name": "f", "response": {"output": T, "lines": [T, {"a": T}]}}}),
    ),
    (Place.TOOL, "gemini", GEMINI, gemini({"function_response": {"name": "f", "response": {"output": T}}})),
    (Place.USER, "gemini", GEMINI, gemini({"functionResponse": {"name": "f", "response": {}}}, {"text": T})),
    (Place.SYSTEM, "ollama-chat", "/api/chat", chat({"role": "system", "content": T}, USER)),
    (Place.TOOL, "ollama-chat", "/api/chat", chat(USER, {"role": "tool", "tool_name": "f", "content": T})),
    (Place.USER, "ollama-generate", "/api/generate", {"model": "m", "prompt": T}),
    (Place.SYSTEM, "ollama-generate", "/api/generate", {"model": "m", "prompt": "Go.", "system": T}),
    (
        Place.TOOL,
        "dashscope",
        "/api/v1/services/aigc/text-generation/generation",
        {"model": "m", "input": chat(USER, {"role": "tool", "content": T})},
    ),
    (
        Place.USER,
        "dashscope",
        "/api/v1/services/aigc/multimodal-generation/generation",
        {"model": "m", "input": {"messages": [{"role": "user", "content": [{"text": T}, {"text": "x"}]}]}},
    ),
]


def key(api: str, path: str, body: dict[str, Any], *places: Place, date: str = "2026-01-05") -> str:
    sent = json.dumps(body).replace("2026-01-05", date).encode()
    mask = Mask(re.compile(r"\d{4}-\d\d-\d\d"), frozenset(places))
    return identify(by_api(api).parse_request(path, sent), ORIGIN, KeyRules("", Context.FULL, frozenset(), (mask,))).key


@pytest.mark.parametrize(("place", "api", "path", "body"), TEXTS)
def test_a_mask_reaches_the_texts_of_its_place_alone(place: Place, api: str, path: str, body: dict[str, Any]) -> None:
    others = [each for each in Place if each is not place]

    assert key(api, path, body, place) == key(api, path, body, place, date="2026-01-06")
    assert key(api, path, body, *others) != key(api, path, body, *others, date="2026-01-06")


@pytest.mark.parametrize(
    ("api", "path", "body"),
    [
        ("chat", CHAT, chat(USER, {"role": "assistant", "content": T}, USER)),
        (
            "chat",
            CHAT,
            chat(USER, {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": T}}]}),
        ),
        (
            "messages",
            MESSAGES,
            messages(
                USER,
                {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "f", "input": {"a": T}}]},
            ),
        ),
        (
            "responses",
            RESPONSES,
            responses(USER, {"type": "function_call", "call_id": "a", "name": "f", "arguments": T}),
        ),
        ("chat", CHAT, chat({"role": "user", "content": [{"type": "image_url", "image_url": {"url": T}}]})),
        ("chat", CHAT, chat({"role": "user", "name": T, "content": "Go."})),
    ],
)
def test_what_the_model_said_and_what_is_no_text_counts(api: str, path: str, body: dict[str, Any]) -> None:
    assert key(api, path, body, *Place) != key(api, path, body, *Place, date="2026-01-06")


def test_nothing_of_the_call_itself_changes() -> None:
    call = by_api("chat").parse_request(CHAT, json.dumps(chat({"role": "user", "content": T})).encode())
    rules = KeyRules("", Context.FULL, frozenset(), (Mask(re.compile(r"\d{4}-\d\d-\d\d"), frozenset({Place.USER})),))

    assert keyed_parts(call, rules).turns[0].content == "<<>>"
    assert masked_question(call, rules) == "<<>>"
    assert (call.turns[0].content, call.question) == (T, T)


def test_a_question_that_is_masked_entirely_is_none() -> None:
    call = by_api("chat").parse_request(CHAT, json.dumps(chat({"role": "user", "content": "Go."})).encode())

    assert (
        masked_question(
            call, KeyRules("", Context.FULL, frozenset(), (Mask(re.compile(".*"), frozenset({Place.USER})),))
        )
        is None
    )
