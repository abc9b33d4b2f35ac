"""Which header fields take part in what: the lists, and that nothing which is not on them goes unseen."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.domain.known_request_headers import ADDRESSES, CREDENTIALS, HARMLESS
from aicache.domain.request_directives import OWN_HEADERS
from aicache.domain.request_headers import FieldRole, FieldRules, classify_fields, field_role
from aicache.fastpath.request_head import IGNORED_FIELDS, NEVER_IGNORED_FIELDS
from aicache.formats.anthropic.messages import MESSAGES

NO_RULES = FieldRules()
TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~", min_size=1, max_size=24)


def part(name: str, value: str = "x", rules: FieldRules = NO_RULES) -> FieldRole:
    return field_role(name, value, rules)


@settings(max_examples=1000)  # the wire tries some of them
@given(name=TOKEN, value=st.text())
def test_a_field_that_is_on_no_list_selects_the_answer(name: str, value: str) -> None:
    known = name in HARMLESS or name in CREDENTIALS or name in ADDRESSES

    assert known or part(name, value) in (FieldRole.ANSWER, FieldRole.BOTH)


def test_every_entry_of_the_lists_has_a_source() -> None:
    assert all(source for fields in (HARMLESS, ADDRESSES, CREDENTIALS) for source in fields.values())


def test_names_are_in_lower_case_and_on_one_list_alone() -> None:
    names = [*HARMLESS, *ADDRESSES, *CREDENTIALS]

    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names)
    assert len(names) == len(set(names))
    assert not any(name in HARMLESS for name in (*ADDRESSES, *CREDENTIALS))


def test_what_the_fast_lane_leaves_out_is_harmless() -> None:
    assert all(part(name.decode()) is FieldRole.NOTHING for name in IGNORED_FIELDS)
    assert {name.encode() for name in OWN_HEADERS} <= NEVER_IGNORED_FIELDS


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("content-type", "application/json", FieldRole.NOTHING),
        ("content-type", 'application/json; charset="UTF-8"', FieldRole.NOTHING),
        ("content-type", "application/json; charset=latin1", FieldRole.ANSWER),
        ("content-type", "text/plain", FieldRole.ANSWER),
        ("content-type", "multipart/form-data; boundary=x", FieldRole.ANSWER),
        ("accept", "text/event-stream", FieldRole.NOTHING),
        ("accept", "application/json, text/event-stream;q=0.9, */*", FieldRole.NOTHING),
        ("accept", "application/vnd.custom+json", FieldRole.ANSWER),
        ("accept", "", FieldRole.ANSWER),
        ("connection", "keep-alive", FieldRole.NOTHING),
        ("connection", "keep-alive, x-persona", FieldRole.ANSWER),
        ("transfer-encoding", "gzip, chunked", FieldRole.ANSWER),
        ("x-dashscope-sse", "enable", FieldRole.NOTHING),
        ("x-dashscope-sse", "maybe", FieldRole.ANSWER),
        ("x-app", "cli", FieldRole.NOTHING),
        ("x-app", "tenant-a", FieldRole.ANSWER),
        ("baggage", "sentry-trace_id=a1,sentry-release=1.0", FieldRole.NOTHING),
        ("baggage", "sentry-trace_id=a1,sd-routing-key=b", FieldRole.ANSWER),
        ("forwarded", 'for=192.0.2.43;proto=https, for="[2001:db8::17]"', FieldRole.ADDRESS),
        ("forwarded", "for=192.0.2.43;host=b.example", FieldRole.ANSWER),
        ("forwarded", "secret=x", FieldRole.ANSWER),
        ("x-forwarded-for", "192.0.2.43, [2001:db8::17]:4711, unknown", FieldRole.ADDRESS),
        ("x-real-ip", "alice", FieldRole.ANSWER),
    ],
)
def test_some_say_nothing_with_certain_values_only(name: str, value: str, wanted: FieldRole) -> None:
    assert part(name, value) is wanted


@pytest.mark.parametrize(
    "name",
    [
        *("x-portkey-aws-session-token", "cf-access-client-secret", "x-serverless-authorization", "x-functions-key"),
        *("x-bf-vk", "private-token", "x-rapidapi-key", "remote-user", "x-ms-client-principal", "x-tenant-id"),
        *(
            "x-forwarded-client-cert",
            "x-ssl-client-dn",
            "x-consumer-id",
            "anthropic-workspace-id",
            "x-goog-user-project",
        ),
        *("from", "x-sid", "sub", "x-customer", "dpop-signature", "x-user-claims", "x-auth-request-email"),
    ],
)
def test_names_like_those_of_credentials_say_who_asks(name: str) -> None:
    assert part(name) is FieldRole.BOTH


@pytest.mark.parametrize(
    "name",
    [
        *("x-dashscope-datainspection", "x-amzn-bedrock-guardrailidentifier", "x-portkey-custom-host", "x-model"),
        *(
            "helicone-target-url",
            "x-target-url",
            "x-http-method-override",
            "accept-language",
            "openai-beta",
            "x-persona",
        ),
        *("x-stainless-tenant", "x-datadog-auth", "x-fern-token", "sec-fetch-storage-access", "helicone-session-owner"),
        *(
            "x-envoy-peer-metadata-id",
            "cf-aig-cache-ttl",
            "x-portkey-config",
            "x-portkey-provider",
            "referer",
            "x-forwarded-host",
        ),
    ],
)
def test_fields_that_route_or_shape_the_answer_select_it(name: str) -> None:
    assert part(name) in (FieldRole.ANSWER, FieldRole.BOTH)


def test_a_token_in_a_field_of_any_name_says_who_asks() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"

    assert (
        part("x-plain", token)
        is part("x-plain", f"v1 {token}")
        is part("accept-language", "Basic YTpi")
        is FieldRole.BOTH
    )


def test_what_an_api_reads_itself_is_left_to_it() -> None:
    json = {"content-type": "application/json"}
    headers = json | {"anthropic-version": "2023-06-01", "anthropic-beta": "b", "x-a": "1"}

    assert classify_fields(headers, NO_RULES, MESSAGES.parsed_headers).selecting == (("x-a", "1"),)
    assert len(classify_fields(headers, NO_RULES).selecting) == 3


def test_a_session_of_a_known_client_says_nothing_beside_its_mark_only() -> None:
    def identity(**headers: str) -> tuple[str, ...]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return tuple(name for name, _ in classify_fields(sent, NO_RULES).identity)

    assert identity(session_id="7", thread_id="7", originator="codex_exec") == ()
    assert identity(session_id="7", thread_id="7") == ("session-id", "thread-id")
    assert identity(session_id="7", originator="other") == ("session-id",)
    assert identity(x_session_id="ses_dd72492d7ffePgHd2E2hq", x_session_affinity="ses_dd72492d7ffePgHd2E2hq") == ()
    assert identity(x_session_id="ses_dd72492d7ffePgHd2E2hq") == ("x-session-id",)
    assert identity(x_session_id="alice", x_session_affinity="alice") == ("x-session-affinity", "x-session-id")


OF_CLIENTS = {
    FieldRole.NOTHING: """
        accept: */*
        accept: application/json
        accept: application/json; charset=utf-8
        accept: application/json, text/event-stream
        accept: text/event-stream
        accept-encoding: gzip, deflate, br, zstd
        accept-language: *
        anthropic-dangerous-direct-browser-access: true
        connection: keep-alive
        content-type: application/json
        content-type: application/json; charset=utf-8
        http-referer: https://litellm.ai
        originator: codex_exec
        sec-fetch-mode: cors
        traceparent: 00-13778bd0f2b8b5a8a7c1e4b4f6a0c1d2-bad4925a1b2c3d4e-03
        user-agent: OpenAI/Python 3.57.0
        x-accel-buffering: no
        x-amzn-trace-id: 282b5c6f-6d50-4c42-8f1a-8d1f8a4c8b7e
        x-app: cli
        x-claude-code-session-id: a54baa1f-7a9e-4b5c-9d7e-1f2a3b4c5d6e
        x-client-request-id: 01a228db-1225-76e1-9eeb-c7cebfc21668
        x-codex-turn-metadata: {"turn_id":"01a228db-1251-7a43-8850-825dd3534a81","sandbox":"seccomp"}
        x-codex-window-id: 01a228db-1225-76e1-9eeb-c7cebfc21668:0
        x-dashscope-sdk-client: python-sdk/2.0.2/aigc
        x-dashscope-sdk-session-id: ec4ca47e187d4fb8ab737c50a9caf172
        x-dashscope-sse: enable
        x-fern-language: Python
        x-fern-sdk-version: 5.15.0
        x-goog-api-client: google-genai-sdk/3.6.1 gl-python/3.12.1
        x-server-timeout: 30
        x-stainless-async: async:asyncio
        x-stainless-helper-method: stream
        x-stainless-lang: python
        x-stainless-package-version: 3.57.0
        x-stainless-raw-response: true
        x-stainless-read-timeout: 600
        x-stainless-retry-count: 1
        x-stainless-timeout: NOT_GIVEN
        x-title: liteLLM
    """,
    FieldRole.CALLER: """
        api-key: k
        authorization: Bearer sk-x
        openai-organization: org-x
        openai-project: proj_x
        x-api-key: k
        x-goog-api-key: k
    """,
    FieldRole.BOTH: """
        x-client-name: my-app
        x-dashscope-workspace: ws-x
    """,
    FieldRole.ANSWER: """
        anthropic-beta: claude-code-20250219
        anthropic-version: 2026-10-21
        x-codex-beta-features: remote_compaction_v2
    """,
}
"""What forty SDKs, frameworks and command lines send, recorded from them, by where it stands."""


@pytest.mark.parametrize(
    ("line", "wanted"),
    [(line.strip(), part) for part, lines in OF_CLIENTS.items() for line in lines.strip().splitlines()],
)
def test_headers_of_real_clients(line: str, wanted: FieldRole) -> None:
    name, _, value = line.partition(": ")

    assert part(name, value) is wanted


@pytest.mark.parametrize("value", ["1\r\n x-api-key: a", "1\rx-api-key: a", "1\x00x-api-key: a"])
@pytest.mark.parametrize("name", ["x-request-id", "user-agent", "x-real-ip"])
def test_control_characters_in_a_harmless_field_select_the_answer(name: str, value: str) -> None:
    assert (name, value) in classify_fields({name: value}, NO_RULES).selecting


def test_no_content_type_is_not_that_of_json() -> None:
    assert classify_fields({}, NO_RULES) != classify_fields({"content-type": "application/json"}, NO_RULES)
    assert classify_fields({"content-type": ""}, NO_RULES) != classify_fields({}, NO_RULES)


@pytest.mark.parametrize(
    "cookie",
    [
        *("AWSELBAuthSessionCookie=a", "AWSALBsid=a", "AWSALBAuthNonce=a", "ARRAffinityUser=a", "x-ms-routing-name=a"),
        *("BIGipServerpool=alice", "incap_ses_alice=1", "\x1cAWSALB=A", "_ga=1"),
    ],
)
def test_cookies_that_only_look_like_a_load_balancers_say_who_asks(cookie: str) -> None:
    assert classify_fields({"cookie": cookie}, NO_RULES).caller == (("cookie", cookie),)
