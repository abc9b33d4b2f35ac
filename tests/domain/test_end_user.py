"""Parameters that name an end user: part of the key where the answer may be personal, and only there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from aicache.config import Config
from aicache.domain.conversation import Context
from aicache.domain.end_user import DEFAULT_IGNORED, END_USER_PARAMETERS, TRANSPORT_PARAMETERS
from aicache.domain.keys import KeyRules, identify
from aicache.formats.openai.chat import CHAT
from domain.identities import BODY, ORIGIN, RULES, identity


def test_what_common_words_leave_out_is_what_the_settings_ignore_by_default() -> None:
    assert frozenset(Config().ignore) == DEFAULT_IGNORED


DEFAULTS = KeyRules("", Context.FULL, DEFAULT_IGNORED, ())


def identify_turns(*said: Any, rules: KeyRules = DEFAULTS, **fields: Any) -> tuple[str, str]:
    """Identify a conversation in which the user and the assistant speak in turn."""
    turns = [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(said)]
    return identity({"model": "m", "messages": turns, **fields}, rules)


@pytest.mark.parametrize(
    "question",
    [
        "What is my account balance?",
        "Wie hoch ist mein Kontostand?",
        "私の注文はどこですか？",
        "Who won yesterday?",
        [{"type": "text", "text": "Where is my parcel?"}],
        [{"type": "image_url", "image_url": {"url": "https://example.com/bill.png"}}],
        "x " * 20_000 + "and what do I owe?",
    ],
)
@pytest.mark.parametrize(
    ("alice", "bob"),
    [
        ({"user": "alice"}, {"user": "bob"}),
        ({"user": "alice"}, {}),
        ({"safety_identifier": "alice"}, {"safety_identifier": "bob"}),
        ({"metadata": {"user_id": "alice"}}, {"metadata": {"user_id": "bob"}}),
    ],
)
def test_a_personal_question_is_each_end_users_own(question: Any, alice: dict[str, Any], bob: dict[str, Any]) -> None:
    mine, others = identify_turns(question, **alice), identify_turns(question, **bob)

    assert mine[0] != others[0]
    assert mine[1] != others[1]  # so no answer goes from one to the other by meaning, either
    assert mine == identify_turns(question, **alice)


@pytest.mark.parametrize("question", ["What is the capital of France?", "How do I boil an egg?", "怎么煮鸡蛋？"])
def test_what_all_ask_alike_is_shared_by_end_users(question: str) -> None:
    assert (
        identify_turns(question, user="alice", metadata={"a": "b"})
        == identify_turns(question, user="bob")
        == identify_turns(question)
    )


def test_a_question_is_personal_by_what_was_asked_before() -> None:
    before = "Where is my first order?", "On its way.", "And the second one?"

    assert identify_turns(*before, user="alice")[0] != identify_turns(*before, user="bob")[0]
    assert identify_turns("Who was Ada?", "My idol.", "Go on", user="a") == identify_turns(
        "Who was Ada?", "My idol.", "Go on", user="b"
    )


def test_requests_with_tools_are_personal_too() -> None:
    tools = [{"type": "function", "function": {"name": "balance", "parameters": {}}}]

    assert identify_turns("What is my balance?", tools=tools, user="a") != identify_turns(
        "What is my balance?", tools=tools, user="b"
    )


def test_where_no_end_user_is_named_nothing_changes() -> None:
    personal = "What is my account balance?"

    assert (
        identify_turns(personal)
        == identify_turns(personal, user=None, metadata={})
        == identify_turns(personal, stream=True, store=True)
    )


@pytest.mark.parametrize("name", sorted(TRANSPORT_PARAMETERS))
def test_how_it_is_sent_never_counts(name: str) -> None:
    value = {"stream": True, "stream_options": {"include_usage": True}}.get(name, "x")

    assert identify_turns("What is my balance?", **{name: value}) == identify_turns("What is my balance?")


def test_whatever_else_is_left_out_of_a_key_names_an_end_user() -> None:
    assert {"user", "metadata", "safety_identifier"} == END_USER_PARAMETERS


def test_what_an_operator_ignores_stays_ignored_unless_its_name_is_a_persons() -> None:
    rules = replace(DEFAULTS, ignore=DEFAULT_IGNORED | {"trace", "customer"})
    personal = "What is my account balance?"

    assert identify_turns(personal, rules=rules, trace="1") == identify_turns(personal, rules=rules, trace="2")
    assert identify_turns(personal, rules=rules, customer="1") != identify_turns(personal, rules=rules, customer="2")


def test_a_personal_question_of_a_named_end_user_is_not_shared_by_other_apis() -> None:
    rules = replace(DEFAULTS, any_api=True)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Where is my order?"}], "user": "alice"})

    assert not identify(CHAT.parse_request("/v1/chat/completions", body.encode()), ORIGIN, rules).any_api


def test_a_session_number_of_claude_code_is_no_end_user() -> None:
    def key(user: str) -> str:
        rules = replace(RULES, ignore=DEFAULT_IGNORED)
        return identity(
            BODY | {"messages": [{"role": "user", "content": "Where is my order?"}]} | {"metadata": {"user_id": user}},
            rules,
        )[0]

    def json_id(device: str, session: str) -> str:
        return json.dumps({"device_id": device, "account_uuid": "", "session_id": session})

    hashed = "user_" + "0" * 64 + "_account_a1-b2_session_{}"

    assert key(json_id("d1", "341bb9d1-1631")) == key(json_id("d1", "cb618c25-3792"))
    assert key(json_id("d1", "341bb9d1-1631")) != key(json_id("d2", "341bb9d1-1631"))
    assert key(hashed.format("1")) == key(hashed.format("2")) != key(hashed.replace("a1", "a2").format("1"))
    assert key(json.dumps({"session_id": "1"})) != key(json.dumps({"session_id": "2"}))
    assert key("alice_session_1") != key("alice_session_2")
