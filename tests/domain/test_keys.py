"""Identity: what is the same question, and what must never be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.conversation import Context
from aicache.domain.end_user import DEFAULT_IGNORED
from aicache.domain.keys import Identity, KeyRules, Origin, identify, question_alias
from aicache.domain.masks import Mask
from aicache.domain.model import Turn
from aicache.domain.request_headers import FieldRules
from aicache.formats.openai.chat import CHAT
from domain.identities import BODY, ORIGIN, RULES, identity

FIELDS = FieldRules()


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


@pytest.mark.parametrize("field", ["upstream", "target", "scope", "selecting"])
def test_where_it_goes_and_whose_it_is_take_part(field: str) -> None:
    other = replace(ORIGIN, **{field: "x"})

    assert not set(identity(BODY)) & set(identity(BODY, origin=other))


def test_a_new_session_is_an_empty_cache() -> None:
    assert not set(identity(BODY)) & set(identity(BODY, replace(RULES, session_id="2")))


@given(scopes=st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_two_scopes_never_share_a_key(scopes: list[str]) -> None:
    one, other = (identity(BODY, origin=replace(ORIGIN, scope=scope)) for scope in scopes)

    assert not set(one) & set(other)


def alias(question: str | None, rules: KeyRules = RULES, origin: Origin = ORIGIN, **fields: Any) -> str:
    body = {**BODY, "messages": [{"role": "user", "content": "x"}], **fields}
    found = identify(CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode()), origin, rules)
    return question_alias(found, question)


def test_the_same_words_have_an_alias_in_common_in_their_namespace_only() -> None:
    own = alias("How do I tie a tie?")

    assert re.fullmatch("[0-9a-f]{40}", own)
    assert alias("how do i tie a tie") == own
    assert alias("How do I tie two ties?") != own
    assert alias("How do I tie a tie?", temperature=1) != own
    assert alias("How do I tie a tie?", model="n") != own
    assert alias("How do I tie a tie?", origin=replace(ORIGIN, scope="bob")) != own
    assert alias('Who said "tie"?') == alias(None) == ""


def test_an_alias_takes_the_secret_of_the_deployment_beside_all_that_is_stored() -> None:
    salted = replace(RULES, salt=b"one")
    found = identify(CHAT.parse_request("/v1/chat/completions", json.dumps(BODY).encode()), ORIGIN, salted)

    assert alias("Hi", salted) != alias("Hi", replace(RULES, salt=b"other"))
    assert question_alias(found, "Hi") != question_alias(replace(found, alias_key=b""), "Hi")
    assert str(found.alias_key) not in repr(found)


def test_a_mask_without_places_blanks_system_prompts_only() -> None:
    rules = replace(RULES, mask=(Mask(re.compile(r"\d{4}-\d\d-\d\d")),))

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


# the same request of any API


ANY_API = replace(RULES, any_api=True, ignore=DEFAULT_IGNORED)


LONGER = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Today is 2026-01-05."},
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "two"},
        {"role": "user", "content": "three"},
    ],
}


def anywhere(body: dict[str, Any], rules: KeyRules = ANY_API, origin: Origin = ORIGIN) -> Identity:
    return identify(CHAT.parse_request("/v1/chat/completions", json.dumps(body).encode()), origin, rules)


def longer(**contents: str) -> dict[str, Any]:
    """The longer conversation with other words: of the system, the first user turn, the assistant, the last one."""
    places = {"system": 0, "first": 1, "assistant": 2, "last": 3}
    messages: list[Any] = list(LONGER["messages"])
    for name, content in contents.items():
        messages[places[name]] = {**messages[places[name]], "content": content}
    return LONGER | {"messages": messages}


def test_the_same_question_of_another_api_is_the_same_request() -> None:
    chat = CHAT.parse_request("/v1/chat/completions", json.dumps(BODY).encode())
    other = replace(chat, api="messages", params={"max_tokens": 9, "system": "Be brief."}, turns=(Turn("user", 1, {}),))

    assert identify(chat, ORIGIN, ANY_API) == identify(other, ORIGIN, ANY_API)
    assert identify(chat, ORIGIN, ANY_API).any_api
    assert identify(chat, ORIGIN, RULES) != identify(other, ORIGIN, RULES)


@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": 9},
        {"max_completion_tokens": 9},
        {"temperature": 0.0},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"user": "u", "metadata": {"a": "b"}, "store": True},
        {"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"}]},
        {"n": 1, "stop": []},
    ],
)
def test_how_an_api_puts_it_does_not_matter_anywhere(change: dict[str, Any]) -> None:
    assert anywhere(BODY | change) == anywhere(BODY)


def test_the_path_is_one_apis_own_and_the_query_counts() -> None:
    elsewhere = replace(ORIGIN, target="/openai/deployments/m/chat/completions")

    assert anywhere(BODY, origin=elsewhere) == anywhere(BODY)
    assert identity(BODY, origin=elsewhere) != identity(BODY)
    assert anywhere(BODY, origin=replace(ORIGIN, target=f"{ORIGIN.target}?beta=true")) != anywhere(BODY)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"temperature": 1},
        {"temperature": None},
        {"n": 2},
        {"top_p": 1},
        {"stop": "x"},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"tool_choice": "none"},
        {"messages": [{"role": "user", "content": "Hi"}]},
        {"messages": [{"role": "system", "content": "Be long."}, {"role": "user", "content": "Hi"}]},
        {"messages": [*BODY["messages"], {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Hi"}]},  # type: ignore[misc]
    ],
)
def test_whatever_matters_changes_key_and_namespace_anywhere(change: dict[str, Any]) -> None:
    one, other = anywhere(BODY), anywhere(BODY | change)

    assert one.any_api
    assert other.any_api
    assert not {one.key, one.namespace} & {other.key, other.namespace}


def test_who_said_what_matters_anywhere() -> None:
    """The same texts in other mouths are another conversation."""
    texts = ["a", "b", "c", "d", "e"]
    roles = [("user", "assistant", "user", "assistant", "user"), ("user", "user", "assistant", "user", "user")]
    bodies = [
        {"model": "m", "messages": [{"role": role, "content": text} for role, text in zip(each, texts, strict=True)]}
        for each in roles
    ]

    assert anywhere(bodies[0]).namespace != anywhere(bodies[1]).namespace


def test_the_last_user_text_changes_the_key_alone_anywhere() -> None:
    one, other = anywhere(longer()), anywhere(longer(last="four"))

    assert one.key != other.key
    assert one.namespace == other.namespace


@pytest.mark.parametrize("field", ["upstream", "scope", "selecting"])
def test_where_it_goes_and_whose_it_is_take_part_anywhere(field: str) -> None:
    other = replace(ORIGIN, **{field: "x"})

    assert not {anywhere(BODY).key, anywhere(BODY).namespace} & {
        anywhere(BODY, origin=other).key,
        anywhere(BODY, origin=other).namespace,
    }


def test_a_new_session_is_an_empty_cache_anywhere() -> None:
    assert anywhere(BODY).namespace != anywhere(BODY, replace(ANY_API, session_id="2")).namespace


@given(scopes=st.lists(st.text(), min_size=2, max_size=2, unique=True))
def test_two_scopes_never_share_a_key_anywhere(scopes: list[str]) -> None:
    one, other = (anywhere(BODY, origin=replace(ORIGIN, scope=scope)) for scope in scopes)

    assert not {one.key, one.namespace} & {other.key, other.namespace}


def test_the_mask_blanks_system_prompts_only_anywhere() -> None:
    rules = replace(ANY_API, mask=(Mask(re.compile(r"\d{4}-\d\d-\d\d")),))
    tuesday = "2026-01-06"

    assert anywhere(longer(system=f"Today is {tuesday}."), rules) == anywhere(longer(), rules)
    assert anywhere(longer(system=f"Today is {tuesday}.")) != anywhere(longer())
    assert anywhere(longer(last=tuesday), rules) != anywhere(longer(last="2026-01-05"), rules)
    assert anywhere(longer(first=tuesday), rules) != anywhere(longer(first="2026-01-05"), rules)


@pytest.mark.parametrize(
    ("context", "matter"),
    [
        (Context.FULL, {"system", "first", "assistant", "last"}),
        (Context.ALL_QUESTIONS, {"system", "first", "last"}),
        (Context.LAST_QUESTION, {"system", "last"}),
    ],
)
def test_context_says_how_much_history_counts_anywhere(context: Context, matter: set[str]) -> None:
    rules = replace(ANY_API, context=context)

    changed = {
        name
        for name in ("system", "first", "assistant", "last")
        if anywhere(longer(**{name: "changed"}), rules).key != anywhere(longer(), rules).key
    }

    assert changed == matter


@pytest.mark.parametrize("context", Context)
def test_no_request_of_any_api_has_the_key_of_one_apis_own(context: Context) -> None:
    bodies = [BODY, LONGER, BODY | {"logprobs": True}, {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}]
    own = {part for body in bodies for part in identity(body, replace(RULES, context=context))}
    common = [anywhere(body, replace(ANY_API, context=context)) for body in bodies]

    assert not own & {part for found in common if found.any_api for part in (found.key, found.namespace)}


def test_a_request_that_says_more_keeps_the_identity_of_its_own_api() -> None:
    more = BODY | {"logprobs": True}

    assert anywhere(more) == identify(
        CHAT.parse_request("/v1/chat/completions", json.dumps(more).encode()), ORIGIN, replace(ANY_API, any_api=False)
    )
    assert not anywhere(more).any_api


@pytest.mark.parametrize("name", sorted(DEFAULT_IGNORED))
def test_what_the_settings_do_not_ignore_is_not_left_out_either(name: str) -> None:
    rules = replace(ANY_API, ignore=DEFAULT_IGNORED - {name})
    values = {"stream": (True, False), "store": (True, False), "stream_options": ({"a": 1}, {}), "metadata": ({}, None)}
    one, other = (anywhere(BODY | {name: value}, rules) for value in values.get(name, ("a", "b")))

    assert one.key != other.key
    assert anywhere(BODY, rules) == anywhere(BODY)


@pytest.mark.parametrize(
    ("target", "crosses"),
    [
        ("/v1/chat/completions", True),
        ("/api/v1/chat/completions", True),
        ("/v1beta/openai/chat/completions", True),
        ("/v1/acct/gw/groq/chat/completions", False),
        ("/paas/v4/async/chat/completions", False),
    ],
)
def test_only_the_vendors_own_paths_cross(target: str, crosses: bool) -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'
    rules = replace(RULES, any_api=True)

    identity = identify(CHAT.parse_request("/v1/chat/completions", body), replace(ORIGIN, target=target), rules)

    assert identity.any_api is crosses
