"""What Higress left: a call is served only where its question is all there is to it, and by a proper answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aicache.config import Config, ConfigError, Exact, Redis
from aicache.domain.conversation import Context
from aicache.domain.keys import Identity, KeyRules
from aicache.domain.model import Call, Mode
from aicache.domain.policy import check_entry
from aicache.domain.request_directives import Directives
from aicache.entries import higress_answers
from aicache.formats.format import RequestContext
from aicache.formats.openai.chat import CHAT
from aicache.runtime.preflight import check_config

FULL = KeyRules("", Context.FULL, frozenset({"stream", "user"}), ())
LAST = replace(FULL, context=Context.LAST_QUESTION)
ALL = replace(FULL, context=Context.ALL_QUESTIONS)
IDENTITY = Identity("a1" * 20, "b2" * 20)
SYSTEM, ONE, REPLY, TWO = (
    {"role": role, "content": content}
    for role, content in (("system", "Be brief."), ("user", "One?"), ("assistant", "1"), ("user", "Two?"))
)
ABOUT = {"role": "user", "content": "A title for our conversation, please."}
TOOLS = [{"type": "function", "function": {"name": "f"}}]


def a_call(*messages: dict[str, Any], tools_semantic: bool = False, **fields: Any) -> Call:
    body = {"model": "m", "messages": messages or [ONE], **fields}
    return CHAT.parse_request(
        "/v1/chat/completions", json.dumps(body).encode(), RequestContext(tools_semantic=tools_semantic)
    )


@pytest.mark.parametrize(
    ("rules", "messages", "question"),
    [
        (FULL, [ONE], "One?"),
        (FULL, [SYSTEM, ONE], "One?"),
        (FULL, [SYSTEM, ONE, REPLY, TWO], None),
        (FULL, [ONE, TWO], None),
        (LAST, [SYSTEM, ONE, REPLY, TWO], "Two?"),
        (ALL, [SYSTEM, ONE, REPLY, TWO], "One?\nTwo?"),
        (ALL, [ONE], "One?"),
        (LAST, [SYSTEM, ONE, REPLY, ABOUT], None),
        (LAST, [SYSTEM, ABOUT], ABOUT["content"]),
        (LAST, [ONE, REPLY], None),
        (LAST, [{"role": "user", "content": " "}], None),
        (LAST, [{"role": "user", "content": " One?\n"}], " One?\n"),
        (LAST, [{"role": "user", "content": [{"type": "text", "text": "One?"}]}], "One?"),
        (LAST, [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}], None),
        (LAST, [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a"}}]}], None),
        (LAST, [{"role": "user", "content": "One?", "name": "alice"}], None),
        (ALL, [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a"}}]}, TWO], None),
        (ALL, [ONE, {"role": "user", "content": ""}, TWO], "One?\n\nTwo?"),
    ],
)
def test_the_key_is_higress_own_where_nothing_else_was_said(
    rules: KeyRules, messages: list[dict[str, Any]], question: str | None
) -> None:
    assert higress_answers.question(a_call(*messages), rules) == question


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": True},
        {"temperature": 0.2, "top_p": 1, "max_tokens": 100, "seed": 1, "n": 1},
        {"user": "alice", "tools": [], "stop": None, "logprobs": False},
    ],
)
def test_how_an_answer_is_sampled_does_not_count(fields: dict[str, Any]) -> None:
    assert higress_answers.question(a_call(**fields), FULL) == "One?"


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 2},
        {"tools": TOOLS},
        {"tools": TOOLS, "tools_semantic": True},
        {"functions": [{"name": "f"}]},
        {"response_format": {"type": "json_object"}},
        {"response_format": "text"},
        {"stop": ["."]},
        {"logprobs": True},
        {"logit_bias": {"1": 100}},
        {"guided_json": {"type": "object"}},
        {"enable_search": True},
        {"metadata": {"tenant": "b"}},
    ],
)
def test_a_call_that_asks_for_more_than_its_question_is_not_served(fields: dict[str, Any]) -> None:
    """Fault 2, as far as it can be mended: the text knows nothing of tools and parameters."""
    assert higress_answers.question(a_call(**fields), FULL) is None


@pytest.mark.parametrize("api", ["messages", "responses"])
def test_another_api_is_not_served(api: str) -> None:
    assert higress_answers.question(replace(a_call(), api=api), FULL) is None


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("text", ['Say "hi"', "100%", "a\x00b\r\n\u2028", "你好 😀"])
def test_a_text_becomes_an_answer_of_the_mode_and_model_that_are_asked_for(stream: bool, text: str) -> None:
    call = a_call(stream=stream)

    made = higress_answers.build_entry(text, call, IDENTITY, CHAT, 5.0)
    mode, answer = CHAT.parse_answer(made.body)

    assert mode is call.mode is made.mode is (Mode.STREAM if stream else Mode.WHOLE)
    assert (answer.model, answer.created, answer.usage) == ("m", 5, None)
    assert answer.id.startswith("chatcmpl-")
    (choice,) = answer.choices
    assert (choice.message["content"], choice.message["role"], choice.finish_reason) == (text, "assistant", "stop")


@pytest.mark.parametrize(
    ("call", "directives", "page", "why"),
    [
        (a_call(), Directives(), None, None),
        (a_call(), Directives(max_age=10**9), None, "max-age"),
        (a_call(), Directives(), "https://chat.example.com", "other-page"),
        (a_call(stream=True, stream_options={"include_usage": True}), Directives(), None, "usage-unknown"),
    ],
)
def test_what_is_not_known_of_it_is_not_claimed(call: Call, directives: Directives, page: str | None, why: str) -> None:
    made = higress_answers.build_entry("1", call, IDENTITY, CHAT, 5.0)

    assert check_entry(made, call, IDENTITY, directives, 6.0, page) == why


def test_without_a_prefix_nothing_tells_an_answer_from_any_other_text(tmp_path: Path) -> None:
    redis = Redis("redis://127.0.0.1:6379/0", prefix="", legacy_text=True)

    with pytest.raises(ConfigError, match=r"exact\.redis\.legacy_text: true, but exact\.redis\.prefix is empty"):
        check_config(Config(exact=Exact(redis=redis)), tmp_path)
