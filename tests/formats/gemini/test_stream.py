"""Streamed Gemini: what the service sends, put together; what we send, taken apart again."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.gemini.generate_content import GEMINI
from formats.gemini.documents import NUMBER, TEXT, VARIANTS, events, good

HEAD = {"modelVersion": "gemini-2.5-flash", "responseId": "r-1"}
USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11}


def chunk(*parts: dict[str, Any], finish: str | None = None, index: int | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk in the shape of Google's, of one candidate; *fields* are the candidate's."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, **fields}
    candidate |= {} if finish is None else {"finishReason": finish}
    candidate |= {} if index is None else {"index": index}
    return {"candidates": [candidate], **HEAD}


def parts(*chunks: dict[str, Any]) -> Any:
    """The parts that a stream's only candidate amounts to; the end is told in a chunk of its own."""
    _, document = GEMINI.parse_answer(events(*chunks, chunk({"text": ""}, finish="STOP")))
    (candidate,) = document["candidates"]
    return candidate["content"]["parts"]


def faithful(document: Any) -> bytes:
    """Tells 1, 1.0 and true apart, which ``==`` does not."""
    return msgspec.json.encode(document, order="deterministic")


def called(**call: Any) -> dict[str, Any]:
    return chunk({"functionCall": call})


# what the service sends


def test_chunks_are_joined_into_one_response() -> None:
    body = events(
        chunk({"text": "Hel"}, index=0) | {"usageMetadata": {"promptTokenCount": 8}},
        chunk({"text": "lo"}, index=0),
        chunk({"text": "!"}, finish="STOP", index=0) | {"usageMetadata": USAGE},
    )

    assert GEMINI.parse_answer(body) == (
        Mode.STREAM,
        {
            "candidates": [
                {"content": {"parts": [{"text": "Hello!"}], "role": "model"}, "finishReason": "STOP", "index": 0}
            ],
            "usageMetadata": USAGE,
            **HEAD,
        },
    )


def test_an_array_is_a_stream_too() -> None:
    chunks = [chunk({"text": "Hel"}), chunk({"text": "lo"}, finish="STOP")]
    body = b"[" + b"\n,\r\n".join(json.dumps(each, indent=2).encode() for each in chunks) + b"\n]\n"

    assert GEMINI.parse_answer(body) == GEMINI.parse_answer(events(*chunks))


def test_the_usage_may_come_after_the_end() -> None:
    body = events(chunk({"text": "x"}, finish="STOP"), {"usageMetadata": USAGE, **HEAD})

    assert GEMINI.parse_answer(body)[1]["usageMetadata"] == USAGE


def test_thoughts_and_what_is_said_stay_apart() -> None:
    said = parts(
        chunk({"text": "H", "thought": True}),
        chunk({"text": "m", "thought": True}, {"text": "4"}),
        chunk({"text": "2"}),
    )

    assert said == [{"text": "Hm", "thought": True}, {"text": "42"}]


def test_a_signature_joins_the_text_before_it_and_closes_it() -> None:
    said = parts(
        chunk({"text": "4"}),
        chunk({"text": "2"}),
        chunk({"text": "", "thoughtSignature": "AA=="}),
        chunk({"text": "!"}),
    )

    assert said == [{"text": "42", "thoughtSignature": "AA=="}, {"text": "!"}]


def test_parts_of_one_chunk_are_parts_of_the_answer() -> None:
    assert parts(chunk({"text": "a"}, {"text": "b"}), chunk({"text": "c"})) == [{"text": "a"}, {"text": "bc"}]


def test_a_blank_text_at_the_end_says_nothing() -> None:
    """Gemini 3 tells the end in a chunk with one."""
    call = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "AA=="}

    assert parts(chunk(call)) == [call]
    assert parts(chunk({"text": "x"})) == [{"text": "x"}]


def test_what_says_more_than_text_is_not_joined() -> None:
    odd = {"text": "b", "partMetadata": {"a": 1}}

    assert parts(chunk({"text": "a"}), chunk(odd), chunk({"text": "c"})) == [{"text": "a"}, odd, {"text": "c"}]


def test_calls_code_and_images_stand_in_their_order() -> None:
    said = [
        {"text": "See:"},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"functionCall": {"name": "f", "args": {"x": 1}}},
        {"functionCall": {"name": "f", "args": {"x": 2}}},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"text": "."},
    ]

    assert parts(*map(chunk, said)) == said


def test_what_stands_around_the_parts_is_kept() -> None:
    """What a search found may come in two chunks, and an empty word takes nothing back."""
    logprobs = [{"chosenCandidates": [{"token": token}], "logProbabilitySum": -0.5} for token in "ab"]
    body = events(
        chunk({"text": "a"}, groundingMetadata={"webSearchQueries": ["q"]}, logprobsResult=logprobs[0])
        | {"promptFeedback": {"safetyRatings": []}},
        chunk({"text": "b"}, groundingMetadata={}, logprobsResult=logprobs[1], safetyRatings=[{"blocked": False}]),
        chunk(
            {"text": ""},
            finish="STOP",
            groundingMetadata={"groundingChunks": [{"web": {"uri": "u"}}]},
            avgLogprobs=-0.5,
            safetyRatings=[],
        ),
    )

    document = GEMINI.parse_answer(body)[1]

    assert document == {
        "candidates": [
            {
                "content": {"parts": [{"text": "ab"}], "role": "model"},
                "finishReason": "STOP",
                "groundingMetadata": {"webSearchQueries": ["q"], "groundingChunks": [{"web": {"uri": "u"}}]},
                "logprobsResult": {"chosenCandidates": [{"token": "a"}, {"token": "b"}], "logProbabilitySum": -0.5},
                "safetyRatings": [{"blocked": False}],
                "avgLogprobs": -0.5,
            }
        ],
        "promptFeedback": {"safetyRatings": []},
        **HEAD,
    }


def test_candidates_may_come_mixed() -> None:
    body = events(
        chunk({"text": "a"}),
        chunk({"text": "b"}, index=1),
        {"candidates": [chunk({"text": "B"}, index=1)["candidates"][0], chunk({"text": "A"})["candidates"][0]]},
        chunk(finish="STOP", index=1),
        chunk(finish="STOP"),
    )

    candidates = GEMINI.parse_answer(body, n=2)[1]["candidates"]

    assert [each["content"]["parts"] for each in candidates] == [[{"text": "aA"}], [{"text": "bB"}]]
    with pytest.raises(ValueError, match="2 where 3"):
        GEMINI.parse_answer(body, n=3)


# arguments in pieces


def test_arguments_in_pieces_are_put_together() -> None:
    """As Vertex AI streams them for who asks for it."""
    said = parts(
        chunk({"functionCall": {"name": "f", "id": "1", "willContinue": True}, "thoughtSignature": "AA=="}),
        called(partialArgs=[{"jsonPath": "$.city", "stringValue": "New", "willContinue": True}], willContinue=True),
        called(partialArgs=[{"jsonPath": "$.city", "stringValue": " Delhi"}], willContinue=True),
        called(
            partialArgs=[
                {"jsonPath": "$.days[0].date", "stringValue": "Mon"},
                {"jsonPath": "$.days[1]['the date']", "stringValue": "Tue"},
                {"jsonPath": '$.limits["max"]', "numberValue": 7},
                {"jsonPath": "$.exact", "boolValue": False},
                {"jsonPath": "$.none", "nullValue": None},
                {"jsonPath": "$.announced", "willContinue": True},
            ],
            willContinue=True,
        ),
        called(),
        called(name="g", args={}),
    )

    assert said == [
        {
            "functionCall": {
                "name": "f",
                "id": "1",
                "args": {
                    "city": "New Delhi",
                    "days": [{"date": "Mon"}, {"the date": "Tue"}],
                    "limits": {"max": 7},
                    "exact": False,
                    "none": None,
                },
            },
            "thoughtSignature": "AA==",
        },
        {"functionCall": {"name": "g", "args": {}}},
    ]


def test_the_last_piece_may_bring_a_value_and_a_mark_may_follow() -> None:
    said = parts(
        called(name="f", willContinue=True),
        called(partialArgs=[{"jsonPath": "$.x", "stringValue": "a"}], willContinue=False),
        called(),
    )

    assert said == [{"functionCall": {"name": "f", "args": {"x": "a"}}}]


@pytest.mark.parametrize(
    "pieces",
    [
        [called(name="f", willContinue=True)],
        [called(willContinue=True), called()],
        [called(name="f", willContinue=True), called(name="g")],
        [called(name="f", id="1", willContinue=True), called(id="2")],
        [called(name="f", partialArgs=[{"jsonPath": "city", "stringValue": "x"}])],
        [called(name="f", partialArgs=[{"jsonPath": "$", "stringValue": "x"}])],
        [called(name="f", partialArgs=[{"jsonPath": "$..city", "stringValue": "x"}])],
        [called(name="f", partialArgs=[{"jsonPath": "$.a[*]", "stringValue": "x"}])],
        [called(name="f", partialArgs=[{"jsonPath": "$.a[1]", "stringValue": "x"}])],
        [called(name="f", partialArgs=[{"jsonPath": "$[0]", "stringValue": "x"}])],
        [called(name="f", partialArgs=[{"jsonPath": "$" + ".a" * 65, "stringValue": "x"}])],
        [called(name="f", args={"a": 1}, partialArgs=[{"jsonPath": "$.a.b", "stringValue": "x"}])],
        [called(name="f", partialArgs=[{"jsonPath": "$.a", "stringValue": "x", "numberValue": 1}])],
        [called(name="f", partialArgs=[{"jsonPath": "$.a", "stringValue": 1}])],
        [called(name="f", partialArgs=["x"])],
    ],
)
def test_pieces_that_do_not_fit_are_refused(pieces: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError):
        parts(*pieces)


@settings(max_examples=60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"jsonPath": st.sampled_from(["$.a", "$.a.b", "$.a[0]", "$.a[1].c", "$['a']", "$", "x"])},
            optional={
                "stringValue": TEXT,
                "numberValue": NUMBER,
                "nullValue": st.none(),
                "willContinue": st.booleans(),
            },
        ),
        max_size=6,
    )
)
def test_no_pieces_raise_anything_but_value_error(partial: list[Any]) -> None:
    try:
        GEMINI.parse_answer(events(chunk({"functionCall": {"name": "f", "partialArgs": partial}}, finish="STOP")))
    except ValueError:
        return


# how a stream ends


@pytest.mark.parametrize(
    "body",
    [
        events(chunk({"text": "x"})),
        events(chunk({"text": "x"}) | {"usageMetadata": USAGE}),
        events(chunk({"text": "x"}), chunk({"text": "y"}, finish="STOP", index=1)),
        events({"usageMetadata": USAGE}),
        events(chunk({"text": "x"})) + b"data: [DONE]\n\n",
        b"[" + json.dumps(chunk({"text": "x"})).encode() + b"]",
        b"[" + json.dumps(chunk({"text": "x"}, finish="STOP")).encode(),
        b"[]",
        b": ping\n\n",
    ],
)
def test_a_stream_without_an_end_is_cut_off(body: bytes) -> None:
    with pytest.raises(ValueError):
        GEMINI.parse_answer(body)


@pytest.mark.parametrize("tail", [b"", b"\r\n", b"\r\n\r\n", b"\r\n\r\ndata: [DONE]\n\n", b"\r\n\r\n: ping\n\n"])
def test_nothing_need_follow_the_end(tail: bytes) -> None:
    body = events(chunk({"text": "x"}, finish="STOP")).removesuffix(b"\r\n\r\n")

    assert GEMINI.parse_answer(body + tail)[0] is Mode.STREAM


@pytest.mark.parametrize(
    "spoilt",
    [
        {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}},
        {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
        chunk(finish="SAFETY"),
        chunk(finish="MAX_TOKENS"),
        {"candidates": [chunk({"text": "x"})["candidates"][0]] * 2},
        {"candidates": {}},
        {"usageMetadata": []},
        chunk({"text": 5}),
    ],
)
def test_a_spoilt_stream_is_refused_though_it_ends_well(spoilt: dict[str, Any]) -> None:
    chunks = [chunk({"text": "x"}), spoilt, chunk(finish="STOP")]

    for body in (events(*chunks), json.dumps(chunks).encode()):
        with pytest.raises(ValueError):
            GEMINI.parse_answer(body)


@pytest.mark.parametrize("body", [b'[{"error": {"code": 400, "message": "m"}}]', b'data: {"error": {"code": 400}}\n\n'])
def test_an_error_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError, match="error"):
        GEMINI.parse_answer(body)


@pytest.mark.parametrize("junk", [b"data: {\n\n", b"data: []\n\n", b"data: oops\n\n", b"event: error\ndata: {}\n\n"])
def test_junk_in_a_stream_is_refused(junk: bytes) -> None:
    with pytest.raises(ValueError):
        GEMINI.parse_answer(junk + events(chunk({"text": "x"}, finish="STOP")))


# what we send


def test_a_stream_is_written_as_the_service_sends_it() -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    said = [{"text": "Hm", "thought": True}, {"text": "a"}, {"text": "b"}, call]
    document = {
        "candidates": [
            {
                "content": {"parts": said, "role": "model"},
                "finishReason": "STOP",
                "index": 0,
                "safetyRatings": [{"category": "c"}],
            }
        ],
        "promptFeedback": {"safetyRatings": []},
        "usageMetadata": USAGE,
        **HEAD,
    }

    body = GEMINI.render(document, Mode.STREAM, include_usage=False)

    def piece(*parts: Any) -> Any:
        return {"content": {"parts": list(parts), "role": "model"}, "index": 0}

    assert [json.loads(event.data) for event in sse.decode(body)] == [
        {"candidates": [piece(said[0])], "promptFeedback": {"safetyRatings": []}, **HEAD},
        {"candidates": [piece(said[1], said[2])], **HEAD},
        {
            "candidates": [piece(call) | {"finishReason": "STOP", "safetyRatings": [{"category": "c"}]}],
            "usageMetadata": USAGE,
            **HEAD,
        },
    ]
    assert body.startswith(b'data: {"candidates":') and body.endswith(b"}\r\n\r\n")
    array = GEMINI.render(document, Mode.STREAM, variant="array")
    assert json.loads(array) == [json.loads(event.data) for event in sse.decode(body)]
    assert GEMINI.without_usage(body) == body


@pytest.mark.parametrize(
    ("mode", "variant", "content_type"),
    [
        (Mode.WHOLE, "", "application/json; charset=UTF-8"),
        (Mode.STREAM, "", "text/event-stream"),
        (Mode.STREAM, "array", "application/json; charset=UTF-8"),
    ],
)
def test_the_content_type_is_the_services(mode: Mode, variant: str, content_type: str) -> None:
    assert GEMINI.content_type(mode, variant) == content_type


def test_all_candidates_end_together() -> None:
    """So that a stream cut after the first one does not look complete to who asked for one."""
    document = GEMINI.parse_answer(
        events(
            chunk({"text": "a"}),
            chunk({"functionCall": {"name": "f"}}, finish="STOP"),
            chunk({"text": "b"}, finish="STOP", index=1),
        )
    )[1]

    first, last = (json.loads(event.data) for event in sse.decode(GEMINI.render(document, Mode.STREAM)))

    assert [each.get("finishReason") for each in first["candidates"]] == [None]
    assert [each.get("finishReason") for each in last["candidates"]] == ["STOP", "STOP"]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_stream_truncated_at_any_byte_is_not_complete(variant: str) -> None:
    document = good(chunk({"text": "Hm", "thought": True}, {"text": "語"}, finish="STOP") | {"usageMetadata": USAGE})
    body = GEMINI.render(document, Mode.STREAM, variant=variant).removesuffix(b"\r\n\r\n")

    for cut in range(len(body)):
        with pytest.raises(ValueError):
            GEMINI.parse_answer(body[:cut])
    assert GEMINI.parse_answer(body)[1] == document
