"""Which recording answers which request, in which order, mode and API, and what a refusal says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from aicache.cassette import refusal
from aicache.cassette.cassette import Cassette, Missing, Played
from aicache.cassette.interaction import Interaction, RecordedRequest, make_request, make_response
from aicache.cassette.matching import MatchRules
from aicache.cassette.redaction import Redaction
from aicache.config import Config, load
from aicache.config.request_settings import Settings

ORIGIN = "https://api.test"
CHAT = "/v1/chat/completions"


def asked(
    body: Any = None, target: str = CHAT, method: str = "POST", origin: str = ORIGIN, **headers: str
) -> RecordedRequest:
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return make_request(method, origin, target, fields, content)


def question(text: str, **fields: Any) -> RecordedRequest:
    return asked({"model": "m", "messages": [{"role": "user", "content": text}], **fields})


def answer(text: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    ).encode()


def stream(*texts: str) -> bytes:
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas: list[tuple[dict[str, str], str | None]] = [({"content": text}, None) for text in texts]
    events = [
        head | {"choices": [{"index": 0, "delta": delta, "finish_reason": end}]}
        for delta, end in [*deltas, ({}, "stop")]
    ]
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode() + b"data: [DONE]\n\n"


def recorded(
    request: RecordedRequest, body: bytes = b'{"ok":true}', status: int = 200, sse: bool = False
) -> Interaction:
    headers = {"content-type": "text/event-stream" if sse else "application/json", "x-request-id": "r1"}
    return Interaction(request, make_response(status, headers, body))


def cassette(*interactions: Interaction, config: str = "", repeat_last: bool = True) -> Cassette:
    settings = Settings.of(load(config, "c.yaml", {}) if config else Config())
    return Cassette(interactions, MatchRules(settings.key_rules, settings.edits), Redaction(), repeat_last=repeat_last)


def play(tape: Cassette, request: RecordedRequest) -> bytes:
    found = tape.play(tape.match(request))
    assert isinstance(found, Played), found
    return found.response.body


def miss(tape: Cassette, request: RecordedRequest) -> Missing:
    asked = tape.match(request)
    found = tape.play(asked)
    assert isinstance(found, Missing)
    return tape.explain(asked, found)


def test_any_caller_and_any_order_of_names_is_the_same_request() -> None:
    tape = cassette(recorded(question("hi", temperature=0.5), answer("yes")))
    other = asked(
        b'{"temperature":0.5,"messages":[{"content":"hi","role":"user"}],"model":"m"}', authorization="Bearer x"
    )

    assert play(tape, other) == answer("yes")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (question("hi"), question("hello")),
        (question("hi"), question("hi", temperature=1)),
        (asked(method="GET", target="/v1/models"), asked(method="GET", target="/v1/models?limit=2")),
        (asked(method="GET", target="/v1/models"), asked(method="HEAD", target="/v1/models")),
        (asked({"input": "a", "model": "e"}, "/v1/embeddings"), asked({"input": "b", "model": "e"}, "/v1/embeddings")),
        (asked(b"\x00\x01", "/upload"), asked(b"\x00\x02", "/upload")),
    ],
)
def test_another_request_is_not_answered(one: RecordedRequest, other: RecordedRequest) -> None:
    tape = cassette(recorded(one))

    assert miss(tape, other).reason == "is not recorded"
    assert play(tape, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (asked(method="GET", target="/v1/models?key=one"), asked(method="GET", target="/v1/models?key=two")),
        (asked(b'{"a":1,"b":[2]}', "/other"), asked(b'{ "b": [2], "a": 1 }', "/other")),
        (asked(method="HEAD", target="/"), asked(method="HEAD", target="/")),
        (
            asked({"input": "a", "model": "e", "user": "u1"}, "/v1/embeddings"),
            asked({"input": "a", "model": "e", "user": "u2"}, "/v1/embeddings"),
        ),
        (
            asked(b"--x1\r\nA\r\n--x1--", "/v1/files", content_type="multipart/form-data; boundary=x1"),
            asked(b"--y22\r\nA\r\n--y22--", "/v1/files", content_type="multipart/form-data; boundary=y22"),
        ),
    ],
)
def test_every_kind_of_request_is_matched(one: RecordedRequest, other: RecordedRequest) -> None:
    assert play(cassette(recorded(one)), other)


def test_a_call_with_state_at_the_upstream_is_matched_by_its_body() -> None:
    body = {"model": "m", "input": "go on", "previous_response_id": "resp_1"}
    tape = cassette(recorded(asked(body, "/v1/responses"), b'{"id":"resp_2"}'))

    assert play(tape, asked(body, "/v1/responses")) == b'{"id":"resp_2"}'
    assert miss(tape, asked(body | {"previous_response_id": "resp_9"}, "/v1/responses"))


def test_another_upstream_answers_only_if_there_is_no_recording_of_the_same() -> None:
    one, other = (
        asked(method="GET", target="/v1/models"),
        asked(method="GET", target="/v1/models", origin="https://b.test"),
    )
    tape = cassette(recorded(one, b'{"a":1}'), recorded(other, b'{"b":1}'))

    assert play(tape, other) == b'{"b":1}'
    assert play(tape, other) == b'{"b":1}'
    assert play(tape, asked(method="GET", target="/v1/models", origin="http://127.0.0.1:1")) == b'{"a":1}'


def test_repeats_are_answered_in_order_then_the_last_again() -> None:
    tape = cassette(*(recorded(question("hi"), answer(text)) for text in "abc"))

    assert [play(tape, question("hi")) for _ in range(5)] == [answer(text) for text in "abccc"]


def test_repeats_beyond_the_recorded_ones_can_be_refused() -> None:
    tape = cassette(recorded(question("hi"), answer("a")), repeat_last=False)
    play(tape, question("hi"))

    missing = miss(tape, question("hi"))
    assert "is recorded once" in missing.reason
    assert missing.nearest is None


def test_a_stream_answers_a_whole_request_and_the_other_way_round() -> None:
    tape = cassette(
        recorded(question("one", stream=True), stream("Hel", "lo"), sse=True), recorded(question("two"), answer("Bye"))
    )

    whole = json.loads(play(tape, question("one")))
    events = play(tape, question("two", stream=True)).decode()

    assert whole["choices"][0]["message"]["content"] == "Hello"
    assert "Bye" in events and events.endswith("data: [DONE]\n\n")


def test_a_recording_in_the_same_mode_goes_before_one_in_the_other() -> None:
    tape = cassette(
        recorded(question("hi", stream=True), stream("Hel", "lo"), sse=True), recorded(question("hi"), answer("Bye"))
    )

    assert play(tape, question("hi")) == answer("Bye")
    assert play(tape, question("hi", stream=True)) == stream("Hel", "lo")


def test_across_apis_where_the_settings_allow_it() -> None:
    messages = asked(
        {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": "hi"}]},
        "/v1/messages",
        anthropic_version="2023-06-01",
    )
    one = recorded(question("hi"), answer("Hello"))

    assert miss(cassette(one), messages)
    found = json.loads(play(cassette(one, config="answers: any-api"), messages))
    assert found["content"] == [{"type": "text", "text": "Hello"}]


def test_an_error_is_replayed_as_it_was_and_only_so() -> None:
    tape = cassette(recorded(question("hi"), b'{"error":{}}', 429))

    found = tape.play(tape.match(question("hi")))

    assert isinstance(found, Played)
    assert (found.response.status, found.response.body) == (429, b'{"error":{}}')


def test_masked_parts_may_differ() -> None:
    def dated(day: str) -> RecordedRequest:
        messages = [{"role": "system", "content": f"Today is {day}."}, {"role": "user", "content": "hi"}]
        return asked({"model": "m", "messages": messages})

    tape = cassette(recorded(dated("2026-11-29"), answer("x")), config=r"mask: ['\d{4}-\d\d-\d\d']")

    assert play(tape, dated("2027-01-02")) == answer("x")


def test_a_redacted_request_matches_its_recording() -> None:
    tape = cassette()
    sent = question("my password is sk-proj-0123456789abcdefghij", api_key="k1")
    interaction = tape.add(tape.match(sent, ["k1"]).request, make_response(200, {}, answer("x")), ["k1"])

    assert b"0123456789abcdefghij" not in interaction.request.body
    assert play(cassette(interaction), sent) == answer("x")


def test_nothing_of_the_exchange_but_what_replay_needs_is_kept() -> None:
    request = asked({}, "/v1/messages?api_key=s3cr3t", cookie="a=b", user_agent="x", anthropic_version="v")
    response = make_response(200, {"set-cookie": "s", "x-request-id": "r", "retry-after": "1", "date": "d"}, b"")

    assert request.headers == (("anthropic-version", "v"),)
    assert request.url == "https://api.test/v1/messages"
    assert response.headers == (("retry-after", "1"),)


def test_of_recordings_that_differ_in_as_much_the_most_similar_is_the_nearest() -> None:
    taped = cassette(recorded(question("What is 12 * 12?")), recorded(question("Reset my password")))

    missing = miss(taped, question("Reset my passport"))

    assert missing.nearest is not None
    assert missing.nearest.number == 2


def test_a_run_that_was_only_recorded_counts_its_recordings() -> None:
    taped = cassette()
    taped.add(question("hi"), make_response(200, {}, answer("Hello")), ())

    assert str(taped.tally) == "1 recorded"


def test_a_refusal_names_the_nearest_recording_and_what_differs() -> None:
    system = {"role": "system", "content": "Be brief. " * 20}
    far = recorded(asked({"model": "m", "messages": [{"role": "user", "content": "something else"}] * 3}))
    near = recorded(asked({"model": "m", "messages": [system, {"role": "user", "content": "What is 12 * 12?"}]}))
    request = asked({"model": "m", "messages": [system, {"role": "user", "content": "What is 12 * 13?"}]})

    missing = miss(cassette(far, near), request)

    assert refusal.describe(missing, "run.yaml", with_texts=True) == (
        "Cassette run.yaml: the request POST /v1/chat/completions is not recorded. Recording 2 is nearest; it differs "
        "in message 2 (user): recorded 'What is 12 * 12?', asked 'What is 12 * 13?'."
    )
    assert "12" not in refusal.describe(missing, "run.yaml", with_texts=False)


def test_a_refusal_shows_no_secret_and_no_masked_part() -> None:
    def sent(day: str, text: str) -> RecordedRequest:
        messages = [{"role": "system", "content": f"Day {day}"}, {"role": "user", "content": text}]
        return asked({"model": "m", "messages": messages})

    tape = cassette(recorded(sent("2026-01-01", "one")), config=r"mask: ['\d{4}-\d\d-\d\d']")

    told = refusal.describe(
        miss(tape, sent("2026-02-02", "two sk-proj-0123456789abcdefghij")), "c.yaml", with_texts=True
    )

    assert re.findall(r"message \d", told) == ["message 2"]
    assert "0123456789" not in told


def test_many_differences_are_counted() -> None:
    tape = cassette(recorded(asked({f"f{n}": n for n in range(20)}, "/x")))

    missing = miss(tape, asked({f"f{n}": -n - 1 for n in range(20)}, "/x"))

    assert missing.nearest is not None
    assert (len(missing.nearest.differences), missing.nearest.more) == (5, 15)


def test_an_empty_cassette_has_nothing_near() -> None:
    assert miss(cassette(), question("hi")).nearest is None


def test_what_becomes_of_the_requests_is_counted() -> None:
    tape = cassette(recorded(question("hi")))
    play(tape, question("hi"))
    tape.tally.missing += 2

    assert str(tape.tally) == "1 replayed, 2 missing"
    assert str(cassette(recorded(question("hi")), recorded(question("ho"))).tally) == (
        "0 replayed, 0 missing, 2 recordings not used"
    )
