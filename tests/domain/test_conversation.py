"""Which turns of a conversation count for the key."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from aicache.domain.conversation import Context, select_turns
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.model import Turn
from aicache.formats.openai.chat import CHAT

RULES = KeyRules("", Context.FULL, frozenset({"stream", "stream_options", "user"}), ())
ORIGIN = Origin("https://api.example.com:443", "/v1/chat/completions", "alice")


CONVERSATION = [
    Turn("system", "s", {}),
    Turn("user", "one", {}),
    Turn("assistant", "two", {}),
    Turn("user", "three", {}),
    Turn("assistant", None, {"tool_calls": []}),
    Turn("tool", "four", {}),
]


@pytest.mark.parametrize(
    ("context", "kept"),
    [
        (Context.FULL, [0, 1, 2, 3, 4, 5]),
        (Context.ALL_QUESTIONS, [0, 1, 3, 4, 5]),
        (Context.LAST_QUESTION, [0, 3, 4, 5]),
    ],
)
def test_context_says_how_much_history_counts_and_never_drops_tool_results(context: Context, kept: list[int]) -> None:
    assert list(select_turns(CONVERSATION, context)) == [CONVERSATION[i] for i in kept]


@pytest.mark.parametrize("context", Context)
@pytest.mark.parametrize("content", ["Title our conversation!", [{"type": "text", "text": "Summarize this chat."}]])
def test_what_is_asked_about_the_conversation_is_asked_about_all_of_it(context: Context, content: Any) -> None:
    turns = [*CONVERSATION[:3], Turn("user", content, {})]

    assert list(select_turns(turns, context)) == turns


def test_a_conversation_without_a_user_turn_is_kept_whole() -> None:
    turns = [Turn("system", "s", {}), Turn("assistant", "a", {})]

    assert list(select_turns(turns, Context.LAST_QUESTION)) == turns


def test_a_picture_earlier_in_the_conversation_always_counts() -> None:
    def chat(url: str) -> bytes:
        picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
        turns = [picture, {"role": "assistant", "content": "A cat."}, {"role": "user", "content": "Which colour?"}]
        return json.dumps({"model": "m", "messages": turns}).encode()

    rules = replace(RULES, context=Context.LAST_QUESTION)
    keys = {identify(CHAT.parse_request("/v1/chat/completions", chat(url)), ORIGIN, rules).key for url in ("a", "b")}

    assert len(keys) == 2
