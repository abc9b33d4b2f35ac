"""What looks like a credential is in no cassette, and what does not stays as it is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from aicache.cassette.interaction import RecordedRequest, RecordedResponse
from aicache.cassette.redaction import REDACTED, Redaction, RedactionTooSlow

SSE = (("content-type", "text/event-stream"),)


def redacted(body: Any, *credentials: str, patterns: tuple[str, ...] = ()) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    redaction = Redaction(tuple(map(re.compile, patterns)))
    found = redaction.response(RecordedResponse(200, (), content), credentials).body
    return found if isinstance(body, bytes) else json.loads(found)


@pytest.mark.parametrize(
    "secret",
    [
        "sk-ant-api03-abcDEF123456789012345",
        "sk-proj-0123456789abcdefghij",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11AAAAAAA0abcdefghijkl",
        "AIza" + "SyA1" * 9,
        "AKIAABCDEFGHIJKLMNOP",
        "xoxb-1234567890-abcdefghij",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_DEF-123",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_known_shapes_are_redacted_wherever_they_are(secret: str) -> None:
    assert redacted({"messages": [{"content": f"my key is {secret}, really"}]}) == {
        "messages": [{"content": f"my key is {REDACTED}, really"}]
    }
    assert secret.encode() not in redacted(f"plain {secret}".encode())


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "apiKey", "password", "Authorization", "x-api-key", "client_secret", "db_password"),
        *("github_token", "botToken", "HF_TOKEN", "aws_secret_access_key", "refreshToken"),
    ],
)
def test_fields_named_like_a_credential_are_redacted(name: str) -> None:
    arguments = json.dumps({name: 'o"pen', "path": "a"})

    assert redacted({name: "open", "n": 1}) == {name: REDACTED, "n": 1}
    assert json.loads(redacted({"arguments": arguments})["arguments"]) == {name: REDACTED, "path": "a"}


def test_what_only_sounds_like_one_stays() -> None:
    """Bodies are full of tokens, keys and ids that are none."""
    body = {
        "max_tokens": 5,
        "logprobs": [{"token": "Hello", "logprob": -0.1}],
        "key": "name",
        "next_page_token": "abc",
        "nextPageToken": "abc",
        "stop_token": "END",
        "pad_token": "<pad>",
        "id": "chatcmpl-8aBcDeFgHiJkLmNoPqRsTuVw",
        "content": "risk-management-of-things-2024-long and task-1234567890-abcdefghijkl",
        "tool_call_id": "call_0123456789abcdefABCDEF",
        "parameters": {"properties": {"api_key": {"type": "string"}, "password": {"type": "string"}}},
        "usage": {"prompt_tokens": 12},
    }

    assert redacted(body) == body


def test_a_body_without_secrets_keeps_its_bytes() -> None:
    body = b'{ "a" : 1.50,\n "b": "\\u00e9" }'

    assert redacted(body) == body


def test_the_credentials_of_the_request_are_redacted_in_every_part() -> None:
    request = RecordedRequest("GET", "https://api.test/v1/tenant-key-77/x", (), b'{"text": "tenant-key-77"}')

    found = Redaction().request(request, ["Bearer tenant-key-77"])

    assert b"tenant-key-77" not in found.body
    assert "tenant-key-77" not in found.url


def stream(*texts: str) -> bytes:
    events = [{"id": "c1", "choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode() + b"data: [DONE]\n\n"


def spoken(body: bytes) -> str:
    events = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"]["content"] for event in events)


def test_a_secret_in_the_pieces_of_a_stream_is_redacted() -> None:
    found = redacted(stream("Your key is ", "sk-", "proj-0123456789", "abcdefghij", ", keep it."))

    assert spoken(found) == f"Your key is {REDACTED}, keep it."
    assert found.count(b"data: ") == 6


def test_a_stream_without_secrets_keeps_its_bytes() -> None:
    body = stream("Your ", "answer ", "is 42.")

    assert redacted(body) == body


def test_streamed_arguments_are_redacted_by_their_names() -> None:
    found = redacted(stream('{"pass', 'word": "hun', 'ter2", "user": "ann"}'))

    assert json.loads(spoken(found)) == {"password": REDACTED, "user": "ann"}


def test_streams_that_repeat_the_text_so_far_are_not_joined() -> None:
    body = stream("a", "ab sk-proj-0123456789", "ab sk-proj-0123456789abcdefghij")

    found = redacted(body)

    assert b"0123456789abcdefghij" not in found
    assert found.count(b'"content": ""') == 0


def test_the_users_patterns_are_applied() -> None:
    assert redacted({"text": "order 4711 of Ann"}, patterns=(r"order \d+",)) == {"text": f"{REDACTED} of Ann"}


def test_redacting_again_changes_nothing() -> None:
    once = redacted({"api_key": "x", "text": "Bearer abcdefghijklmnopqrstuvwxyz"}, patterns=("order",))

    assert redacted(once) == once


def test_a_pattern_without_end_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicache.cassette.redaction.TIME_LIMIT_S", 0.05)

    with pytest.raises(RedactionTooSlow, match=re.escape("(a|aa)+$")):
        redacted({"text": "a" * 60 + "b"}, patterns=("(a|aa)+$",))
