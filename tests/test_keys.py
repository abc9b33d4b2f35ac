"""Identity: what is the same question, and what must never be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.formats.chat import CHAT
from aicache.keys import Context, KeyRules, Origin, credential, identify, remembered, target, vector_namespace
from aicache.model import Turn

RULES = KeyRules("", Context.FULL, frozenset({"stream", "stream_options", "user"}), (), ())
ORIGIN = Origin("https://api.example.com:443", "/v1/chat/completions", "alice", ())
BODY = {
    "model": "m",
    "temperature": 0,
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
}


def identity(body: dict[str, Any], rules: KeyRules = RULES, origin: Origin = ORIGIN) -> tuple[str, str]:
    found = identify(CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode()), origin, rules)
    return found.key, found.namespace


def test_order_of_object_keys_and_white_space_do_not_matter() -> None:
    compact = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'
    loose = b'{ "messages" : [ {"content": "Hi", "role":"user"} ],\n "model":"m" }'

    one = identify(CHAT.parse_request("/v1/chat/completions", compact), ORIGIN, RULES)
    other = identify(CHAT.parse_request("/v1/chat/completions", loose), ORIGIN, RULES)

    assert one == other


def test_fields_on_the_ignore_list_do_not_matter() -> None:
    assert identity(BODY) == identity(BODY | {"stream": True, "stream_options": {"include_usage": True}, "user": "u"})


def test_a_single_text_part_is_the_same_question_as_its_text() -> None:
    parts = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]

    assert identity(BODY) == identity(BODY | {"messages": parts})


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"temperature": 1},
        {"temperature": None},
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"messages": [*BODY["messages"], {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Hi"}]},  # type: ignore[misc]
        {"messages": [{"role": "system", "content": "Be long."}, {"role": "user", "content": "Hi"}]},
        {"messages": [{"role": "user", "content": "Hi"}]},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi", "name": "Bob"}]},
    ],
)
def test_every_field_that_matters_changes_key_and_namespace(change: dict[str, Any]) -> None:
    key, namespace = identity(BODY)
    other_key, other_namespace = identity(BODY | change)

    assert key != other_key
    assert namespace != other_namespace


def test_the_last_user_text_changes_the_key_but_not_the_namespace() -> None:
    other = BODY | {"messages": [BODY["messages"][0], {"role": "user", "content": "Hello"}]}  # type: ignore[index]

    assert identity(BODY)[0] != identity(other)[0]
    assert identity(BODY)[1] == identity(other)[1]


def test_an_omitted_field_and_its_default_are_different() -> None:
    assert identity(BODY)[0] != identity(BODY | {"top_p": 1})[0]


@pytest.mark.parametrize("field", ["upstream", "target", "scope", "headers"])
def test_where_it_goes_and_whose_it_is_take_part(field: str) -> None:
    other = replace(ORIGIN, **{field: ("x",) if field == "headers" else "x"})

    assert not set(identity(BODY)) & set(identity(BODY, origin=other))


def test_a_new_session_is_an_empty_cache() -> None:
    assert not set(identity(BODY)) & set(identity(BODY, replace(RULES, session_id="2")))


@given(scopes=st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_two_scopes_never_share_a_key(scopes: list[str]) -> None:
    one, other = (identity(BODY, origin=replace(ORIGIN, scope=scope)) for scope in scopes)

    assert not set(one) & set(other)


def test_the_mask_blanks_system_prompts_only() -> None:
    rules = replace(RULES, mask=(re.compile(r"\d{4}-\d\d-\d\d"),))

    def body(system_date: str, user_date: str) -> dict[str, Any]:
        system = {
            "role": "system",
            "content": [{"type": "text", "text": f"Today is {system_date}."}, {"type": "text", "text": "x"}],
        }
        return {"model": "m", "messages": [system, {"role": "user", "content": user_date}]}

    monday, tuesday = "2026-01-05", "2026-01-06"

    assert identity(body(monday, monday), rules) == identity(body(tuesday, monday), rules)
    assert identity(body(monday, monday), rules)[0] != identity(body(monday, tuesday), rules)[0]
    assert identity(body(monday, monday))[0] != identity(body(tuesday, monday))[0]


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
    assert list(remembered(CONVERSATION, context)) == [CONVERSATION[i] for i in kept]


def test_a_conversation_without_a_user_turn_is_kept_whole() -> None:
    turns = [Turn("system", "s", {}), Turn("assistant", "a", {})]

    assert list(remembered(turns, Context.LAST_QUESTION)) == turns


def test_credentials_of_any_header_tell_callers_apart() -> None:
    headers = [
        {"authorization": "Bearer a"},
        {"authorization": "Bearer b"},
        {"x-api-key": "a"},
        {"api-key": "a"},
        {"authorization": "Bearer a", "openai-organization": "o"},
        {"cookie": "sid=1"},
        {"cookie": "sid=2"},
        {},
    ]

    assert len({credential(h, "") for h in headers}) == len(headers)
    assert credential({}, "key=a") != credential({}, "key=b")


def test_a_load_balancers_cookie_beside_a_key_does_not_split_the_cache() -> None:
    assert credential({"authorization": "Bearer a"}, "") == credential(
        {"authorization": "Bearer a", "cookie": "lb=7"}, ""
    )


def test_credentials_in_the_query_are_no_part_of_the_target() -> None:
    assert target("/v1/x", "api-version=2&key=secret") == "/v1/x?api-version=2"
    assert target("/v1/x", "") == "/v1/x"


def test_vectors_of_two_models_never_share_a_namespace() -> None:
    assert len({vector_namespace("n", "a", 512), vector_namespace("n", "b", 512), vector_namespace("n", "a", 256)}) == 3
