"""Identity: what is the same question, and what must never be."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.config import Config
from aicache.domain.caller_identity import digest_selecting_fields, identify_caller, target_without_credentials
from aicache.domain.conversation import Context, select_turns
from aicache.domain.digests import vector_namespace
from aicache.domain.end_user import DEFAULT_IGNORED, END_USER_PARAMETERS, TRANSPORT_PARAMETERS
from aicache.domain.keys import Identity, KeyRules, Origin, identify
from aicache.domain.model import Turn
from aicache.domain.request_fields import FieldRules, RequestFields, classify_fields
from aicache.formats.openai.chat import CHAT

RULES = KeyRules("", Context.FULL, frozenset({"stream", "stream_options", "user"}), ())
FIELDS = FieldRules()
ORIGIN = Origin("https://api.example.com:443", "/v1/chat/completions", "alice")
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
    rules = replace(ANY_API, mask=(re.compile(r"\d{4}-\d\d-\d\d"),))
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


def test_what_common_words_leave_out_is_what_the_settings_ignore_by_default() -> None:
    assert frozenset(Config().ignore) == DEFAULT_IGNORED


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


def who(headers: dict[str, str], query: str = "", *, any_api: bool = False, rules: FieldRules = FIELDS) -> str:
    return identify_caller(classify_fields(headers, rules), query, any_api=any_api).digest


def test_credentials_of_any_header_tell_callers_apart() -> None:
    headers = [
        {"authorization": "Bearer a"},
        {"authorization": "Bearer b"},
        {"x-api-key": "a"},
        {"api-key": "a"},
        {"authorization": "Bearer a", "openai-organization": "o"},
        {"authorization": "Bearer a", "cookie": "sid=1"},
        {"cookie": "sid=1"},
        {"cookie": "sid=2"},
        {"apikey": "a"},
        {"x-unheard-of-token": "a"},
        {"x-plain": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."},
        {"x-plain": "Bearer a"},
        {},
    ]

    assert len({who(each) for each in headers}) == len(headers)
    assert who({}, "key=a") != who({}, "key=b")
    assert who({}, "sig=a") == who({}, "sig=b") != who({}, "signature=b")


def test_a_load_balancers_cookie_does_not_split_the_cache() -> None:
    alone = who({"authorization": "Bearer a"})

    assert (
        who({"authorization": "Bearer a", "cookie": "AWSALB=7; __cf_bm=x.y-z; BIGipServerpool=1677787402.36895.0000"})
        == alone
    )
    assert who({"authorization": "Bearer a", "cookie": "AWSALB=7; lb=7"}) != alone
    assert who({"cookie": "AWSALB=7, sid=alice"}) != who({"cookie": "AWSALB=7, sid=bob"})


def test_who_shows_nothing_like_a_credential_can_prove_nothing() -> None:
    nameless = [{}, {"x-custom": "a"}, {"authorization": " "}, {"x-real-ip": "10.0.0.1"}, {"cookie": "AWSALB=7"}]

    assert all(identify_caller(classify_fields(each, FIELDS), "").proof is None for each in nameless)
    assert identify_caller(classify_fields({"cookie": "sid=1"}, FIELDS), "").proof is not None
    assert identify_caller(classify_fields({}, FIELDS), "", [("(proxyauth)", "alice:x")]).proof is not None


def test_addresses_tell_apart_who_has_no_credential() -> None:
    one, other = {"x-forwarded-for": "10.0.0.1"}, {"x-forwarded-for": "10.0.0.2"}

    assert who(one) != who(other)
    assert who(one | {"authorization": "Bearer a"}) == who(other | {"authorization": "Bearer a"})


def test_what_only_looks_like_a_credential_is_no_part_of_the_proof_but_of_the_key() -> None:
    """Else a header with a name that guesses wrong could choose what callers of other keys are answered."""
    plain = classify_fields({"authorization": "Bearer a"}, FIELDS)
    routed = classify_fields({"authorization": "Bearer a", "x-client-region": "eu"}, FIELDS)

    assert identify_caller(plain, "").proof == identify_caller(routed, "").proof
    assert identify_caller(plain, "").digest != identify_caller(routed, "").digest
    assert digest_selecting_fields(plain) != digest_selecting_fields(routed)


def test_settings_say_who_asks_and_what_says_nothing() -> None:
    rules = FieldRules(ignore=frozenset({"x-a", "authorization"}), credential=frozenset({"x-b"}))
    rules = replace(rules, key=frozenset({"user-agent"}))

    sent = {"content-type": "application/json", "x-a": "1", "x-b": "2", "user-agent": "3", "authorization": "4"}
    fields = classify_fields(sent, rules)

    assert fields == RequestFields((("x-b", "2"),), (), (("user-agent", "3"),), ())


def test_bytes_that_are_no_utf8_stay_apart() -> None:
    assert who({}, "key=%E9") != who({}, "key=%FF")
    assert who({"authorization": "\udce9"}) != who({"authorization": "\udcff"})
    assert target_without_credentials("/v1", "a=%E9") != target_without_credentials("/v1", "a=%FF")
    assert who({}, "key=a+b") != who({}, "key=a%20b")
    assert who({}, "key=%F") != who({}, "key=%25F")
    assert target_without_credentials("/v1", "a=b+c") != target_without_credentials("/v1", "a=b%20c")


def test_with_any_api_two_keys_are_not_their_exchange() -> None:
    one = {"authorization": "A", "x-api-key": "B"}

    assert who(one, any_api=True) != who({"authorization": "B", "x-api-key": "A"}, any_api=True)


ONE_CALLER = [
    ({"authorization": "Bearer k"}, ""),
    ({"authorization": "bearer  k"}, ""),
    ({"authorization": "k"}, ""),
    ({"x-api-key": "k"}, ""),
    ({"api-key": "k"}, ""),
    ({"x-goog-api-key": "k"}, ""),
    ({}, "key=k"),
    ({}, "alt=sse&key=k"),
    ({"x-api-key": "k", "authorization": "Bearer k"}, ""),
    ({"authorization": "Bearer k", "cookie": "AWSALB=7"}, ""),
]
OTHER_CALLERS = [
    ({}, ""),
    ({"authorization": "Bearer K"}, ""),
    ({"authorization": "Bearer k2"}, ""),
    ({"authorization": "Basic k"}, ""),
    ({"authorization": "Bearer"}, ""),
    ({"authorization": "Bearer k", "openai-organization": "o"}, ""),
    ({"authorization": "Bearer k", "openai-project": "o"}, ""),
    ({"authorization": "Bearer k", "x-api-key": "k2"}, ""),
    ({"x-auth-token": "k"}, ""),
    ({"x-dashscope-workspace": "k"}, ""),
    ({}, "token=k"),
    ({}, "access_token=k"),
    ({"cookie": "k"}, ""),
]


def test_with_any_api_a_key_is_the_same_caller_wherever_an_api_wants_it() -> None:
    assert len({who(headers, query, any_api=True) for headers, query in ONE_CALLER}) == 1


def test_with_any_api_other_credentials_are_other_callers() -> None:
    callers = [ONE_CALLER[0], *OTHER_CALLERS]

    assert len({who(headers, query, any_api=True) for headers, query in callers}) == len(callers)


def test_without_any_api_where_the_key_is_tells_callers_apart() -> None:
    assert len({who(headers, query) for headers, query in ONE_CALLER[:7]}) == 7


def test_credentials_in_the_query_are_no_part_of_the_target() -> None:
    assert target_without_credentials("/v1/x", "api-version=2&key=secret") == "/v1/x?api-version=2"
    assert target_without_credentials("/v1/x", "") == "/v1/x"


def test_vectors_of_two_models_never_share_a_namespace() -> None:
    assert len({vector_namespace("n", "a", 512), vector_namespace("n", "b", 512), vector_namespace("n", "a", 256)}) == 3


def test_a_picture_earlier_in_the_conversation_always_counts() -> None:
    def chat(url: str) -> bytes:
        picture = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
        turns = [picture, {"role": "assistant", "content": "A cat."}, {"role": "user", "content": "Which colour?"}]
        return json.dumps({"model": "m", "messages": turns}).encode()

    rules = replace(RULES, context=Context.LAST_QUESTION)
    keys = {identify(CHAT.parse_request("/v1/chat/completions", chat(url)), ORIGIN, rules).key for url in ("a", "b")}

    assert len(keys) == 2


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


DEFAULTS = KeyRules("", Context.FULL, DEFAULT_IGNORED, ())


def asked(*said: Any, rules: KeyRules = DEFAULTS, **fields: Any) -> tuple[str, str]:
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
    mine, others = asked(question, **alice), asked(question, **bob)

    assert mine[0] != others[0]
    assert mine[1] != others[1]  # so no answer goes from one to the other by meaning, either
    assert mine == asked(question, **alice)


@pytest.mark.parametrize("question", ["What is the capital of France?", "How do I boil an egg?", "怎么煮鸡蛋？"])
def test_what_all_ask_alike_is_shared_by_end_users(question: str) -> None:
    assert asked(question, user="alice", metadata={"a": "b"}) == asked(question, user="bob") == asked(question)


def test_a_question_is_personal_by_what_was_asked_before() -> None:
    before = "Where is my first order?", "On its way.", "And the second one?"

    assert asked(*before, user="alice")[0] != asked(*before, user="bob")[0]
    assert asked("Who was Ada?", "My idol.", "Go on", user="a") == asked("Who was Ada?", "My idol.", "Go on", user="b")


def test_requests_with_tools_are_personal_too() -> None:
    tools = [{"type": "function", "function": {"name": "balance", "parameters": {}}}]

    assert asked("What is my balance?", tools=tools, user="a") != asked("What is my balance?", tools=tools, user="b")


def test_where_no_end_user_is_named_nothing_changes() -> None:
    personal = "What is my account balance?"

    assert asked(personal) == asked(personal, user=None, metadata={}) == asked(personal, stream=True, store=True)


@pytest.mark.parametrize("name", sorted(TRANSPORT_PARAMETERS))
def test_how_it_is_sent_never_counts(name: str) -> None:
    value = {"stream": True, "stream_options": {"include_usage": True}}.get(name, "x")

    assert asked("What is my balance?", **{name: value}) == asked("What is my balance?")


def test_whatever_else_is_left_out_of_a_key_names_an_end_user() -> None:
    assert {"user", "metadata", "safety_identifier"} == END_USER_PARAMETERS


def test_what_an_operator_ignores_stays_ignored_unless_its_name_is_a_persons() -> None:
    rules = replace(DEFAULTS, ignore=DEFAULT_IGNORED | {"trace", "customer"})
    personal = "What is my account balance?"

    assert asked(personal, rules=rules, trace="1") == asked(personal, rules=rules, trace="2")
    assert asked(personal, rules=rules, customer="1") != asked(personal, rules=rules, customer="2")


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
