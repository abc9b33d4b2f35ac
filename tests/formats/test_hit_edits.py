"""What hits tell of their usage and identity in each API: zeros, a cached prompt, fresh ids; all else as recorded."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats import FORMATS, Format, by_api, sse
from aicache.formats.hit_edits import HitEdit, HitEdits, HitUsage, edit_body, fresh_id
from formats.rich_bodies import ANSWERS

NOW = 1_900_000_000.25
ISO_NOW = "2030-03-17T17:46:40.250000Z"
ZERO, CACHED, FRESH = HitEdits(HitUsage.ZERO), HitEdits(HitUsage.CACHED), HitEdits(fresh_ids=True)
of_every_api = pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.api)


def edited(format: Format, body: bytes, edits: HitEdits) -> bytes:
    return edit_body(body, partial(format.edit_hit, edit=HitEdit(edits, NOW)))


def edited_document(api: str, document: Any, edits: HitEdits) -> Any:
    return json.loads(edited(by_api(api), json.dumps(document).encode(), edits))


def events(*documents: Any) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps(each).encode() for each in documents) + b"data: [DONE]\n\n"


def data_of(body: bytes) -> list[Any]:
    if sse.is_stream(body):
        return [json.loads(event.data) for event in sse.decode(body) if event.data != "[DONE]"]
    return [json.loads(line) for line in sse.decode_ndjson(body)]


def bodies(format: Format) -> list[bytes]:
    """A whole answer, and it as a stream."""
    whole = json.dumps(ANSWERS[format.api][0]).encode()
    return [whole, format.render(format.parse_answer(whole)[1], Mode.STREAM)]


@of_every_api
def test_an_answer_without_counts_is_the_same_otherwise(format: Format) -> None:
    for body in bodies(format):
        (mode, recorded), (told_mode, told) = (format.parse_answer(each) for each in (body, edited(format, body, ZERO)))
        counted, uncounted = format.summarize(recorded), format.summarize(told)

        assert counted.prompt_tokens > 0, "tests nothing"
        assert counted.completion_tokens > 0
        assert uncounted.prompt_tokens == uncounted.completion_tokens == 0
        assert told_mode is mode


@of_every_api
def test_what_is_not_edited_stays_byte_for_byte(format: Format) -> None:
    for body in bodies(format):
        assert edited(format, body, HitEdits()) == body


@of_every_api
def test_a_cached_prompt_has_as_many_tokens(format: Format) -> None:
    """Where a provider counts what its cache did, totals stay: only the price of the prompt is another."""
    for body in bodies(format):
        recorded, told = (
            format.summarize(format.parse_answer(each)[1]) for each in (body, edited(format, body, CACHED))
        )

        assert (told.prompt_tokens, told.completion_tokens) == (recorded.prompt_tokens, recorded.completion_tokens)


@of_every_api
def test_a_fresh_id_is_the_same_in_the_whole_stream_and_another_each_time(format: Format) -> None:
    if format.api.startswith("ollama"):
        pytest.skip("the API has no ids")
    name = {"gemini": "responseId", "dashscope": "request_id"}.get(format.api, "id")

    def ids(body: bytes) -> set[str]:
        found = [(each, each.get("response"), each.get("message")) for each in data_of(body)]
        nested = [holder for each in found for holder in each if isinstance(holder, dict)]
        return {holder[name] for holder in nested if name in holder}

    for body in bodies(format):
        (first,), (second,) = ids(edited(format, body, FRESH)), ids(edited(format, body, FRESH))
        assert len({first, second, *ids(body)}) == 3


OPENAI = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}
USAGES = [
    pytest.param(
        "chat",
        {"usage": OPENAI | {"prompt_tokens_details": {"audio_tokens": 3, "cached_tokens": 64}}},
        {"usage": OPENAI | {"prompt_tokens_details": {"audio_tokens": 3, "cached_tokens": 90}}},
        id="OpenAI",
    ),
    pytest.param(
        "chat",
        {"usage": OPENAI},
        {"usage": OPENAI | {"prompt_tokens_details": {"cached_tokens": 90}}},
        id="no details",
    ),
    pytest.param(
        "chat",
        {"usage": OPENAI | {"prompt_cache_hit_tokens": 10, "prompt_cache_miss_tokens": 80}},
        {
            "usage": OPENAI
            | {"prompt_cache_hit_tokens": 90, "prompt_cache_miss_tokens": 0}
            | {"prompt_tokens_details": {"cached_tokens": 90}}
        },
        id="DeepSeek",
    ),
    pytest.param(
        "chat",
        {"usage": OPENAI | {"cost": 0.5, "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 80}}},
        {"usage": OPENAI | {"cost": 0.5, "prompt_tokens_details": {"cached_tokens": 90, "cache_write_tokens": 0}}},
        id="OpenRouter",
    ),
    pytest.param(
        "chat",
        {"choices": [], "x_groq": {"id": "r", "usage": OPENAI}},
        {"choices": [], "x_groq": {"id": "r", "usage": OPENAI | {"prompt_tokens_details": {"cached_tokens": 90}}}},
        id="Groq's stream",
    ),
    pytest.param(
        "completions",
        {"usage": OPENAI | {"prompt_tokens_details": None}},
        {"usage": OPENAI | {"prompt_tokens_details": {"cached_tokens": 90}}},
        id="completions",
    ),
    pytest.param(
        "responses",
        {"output": [], "usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 2}},
        {"output": [], "usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 9}, "output_tokens": 2}},
        id="responses",
    ),
    pytest.param(
        "messages",
        {
            "type": "message",
            "usage": {
                "input_tokens": 5,
                "cache_creation_input_tokens": 30,
                "cache_read_input_tokens": 60,
                "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 7,
                "service_tier": "standard",
            },
        },
        {
            "type": "message",
            "usage": {
                "input_tokens": 0,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 95,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 7,
                "service_tier": "standard",
            },
        },
        id="messages",
    ),
    pytest.param(
        "messages",
        {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 5, "output_tokens": 1}}},
        {
            "type": "message_start",
            "message": {"id": "m", "usage": {"input_tokens": 0, "cache_read_input_tokens": 5, "output_tokens": 1}},
        },
        id="the beginning of a message",
    ),
    pytest.param(
        "messages",
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 15}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 15}},
        id="the end of a message, which tells no input",
    ),
    pytest.param(
        "gemini",
        {"usageMetadata": {"promptTokenCount": 8, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}]}},
        {
            "usageMetadata": {
                "promptTokenCount": 8,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 8}],
                "cachedContentTokenCount": 8,
                "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 8}],
            }
        },
        id="Gemini",
    ),
    pytest.param(
        "dashscope",
        {"usage": {"input_tokens": 8, "output_tokens": 2, "total_tokens": 10}},
        {
            "usage": {
                "input_tokens": 8,
                "output_tokens": 2,
                "total_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 8},
            }
        },
        id="DashScope",
    ),
    pytest.param(
        "ollama-chat",
        {"prompt_eval_count": 8, "eval_count": 2},
        {"prompt_eval_count": 8, "eval_count": 2},
        id="Ollama, which has no words for it",
    ),
]


@pytest.mark.parametrize(("api", "recorded", "told"), USAGES)
def test_each_api_has_its_own_words_for_a_cached_prompt(api: str, recorded: Any, told: Any) -> None:
    assert edited_document(api, recorded, CACHED) == told


def test_zero_is_every_number_of_the_usage_and_no_other() -> None:
    details = {"cached_tokens": 64, "note": "n"}
    usage = OPENAI | {"cost": 0.25, "is_byok": False, "prompt_tokens_details": details, "tier": None}
    document = {"created": 5, "choices": [{"index": 1}], "usage": usage}

    told = edited_document("chat", document, ZERO)

    assert told == document | {
        "usage": {
            "prompt_tokens": 0,
            "completion_tokens": 0,
            "total_tokens": 0,
            "cost": 0,
            "is_byok": False,
            "prompt_tokens_details": {"cached_tokens": 0, "note": "n"},
            "tier": None,
        }
    }


def test_durations_of_ollama_are_no_usage() -> None:
    counts = {"prompt_eval_count": 8, "eval_count": 2, "eval_duration": 5}

    assert edited_document("ollama-generate", counts, ZERO) == {
        "prompt_eval_count": 0,
        "eval_count": 0,
        "eval_duration": 5,
    }


def test_a_stream_without_usage_is_given_none() -> None:
    body = events({"id": "", "choices": []}, {"id": "c", "choices": [], "usage": None})

    assert edited(by_api("chat"), body, ZERO) == body
    assert edited(by_api("chat"), body, CACHED) == body


def test_ids_of_calls_and_items_stay() -> None:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1"}
    response = {"id": "resp_" + "1a" * 24, "created_at": 5, "completed_at": 6.5, "output": [call]}

    told = edited_document("responses", {"type": "response.completed", "response": response}, FRESH)["response"]

    assert told["output"] == [call]
    assert told["id"] != response["id"]
    assert (told["created_at"], told["completed_at"]) == (int(NOW), NOW)
    item = {"type": "response.output_item.done", "item": call, "item_id": "fc_1"}
    assert edited_document("responses", item, FRESH) == item


def test_times_have_the_form_that_was_recorded() -> None:
    recorded = {"created_at": "2023-08-04T19:22:45.499127Z"}

    assert edited_document("ollama-chat", recorded, FRESH) == {"created_at": ISO_NOW}
    assert edited_document("chat", {"id": "", "created": 0}, FRESH) == {"id": "", "created": 0}  # Azure's first chunk
    assert edited_document("gemini", {"createTime": "2024-12-13T17:30:00Z"}, FRESH) == {"createTime": ISO_NOW}


@pytest.mark.parametrize(
    ("recorded", "prefix"),
    [
        ("chatcmpl-AbC123dEfGhIjKlMnOpQrStUvWxYz", "chatcmpl-"),
        ("chatcmpl-9e1f0c52-0e6f-9d3a-8a4b-0123456789ab", "chatcmpl-"),
        ("resp_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "resp_"),
        ("msg_01XFDUDYJgAACzvnptvVoYEL", "msg_01"),
        ("msg_bdrk_01XFDUDYJgAACzvnptvVoYEL", "msg_bdrk_01"),
        ("0fdc0d0c-bc00-4000-8e00-00bf00a00cb0", ""),
        ("aBcDeFgHiJkLmNoP-_rStU", ""),
    ],
)
def test_a_fresh_id_has_the_form_of_the_recorded_one(recorded: str, prefix: str) -> None:
    fresh = fresh_id(recorded)

    assert fresh != recorded
    assert fresh.startswith(prefix)
    assert len(fresh) == len(recorded)
    assert [c for c in fresh if not c.isalnum()] == [c for c in recorded if not c.isalnum()]
    if "A" not in recorded and "D" not in recorded:
        assert fresh.lower() == fresh


def test_a_short_id_becomes_one_that_nobody_has() -> None:
    assert len(fresh_id("chatcmpl-1")) > 30


def test_only_the_data_of_an_event_is_written_anew() -> None:
    """DashScope's SDK reads what other lines of an event say."""
    block = b'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"request_id":"r","usage":{"input_tokens":3}}\n\n'
    body = b": ping\r\n\r\n" + block

    told = edited(by_api("dashscope"), body, ZERO)

    assert told == body.replace(b'"input_tokens":3', b'"input_tokens":0')


def test_a_stream_that_is_an_array_stays_one() -> None:
    elements = [{"responseId": "r" * 20, "usageMetadata": {"promptTokenCount": n}} for n in (3, 4)]

    told = json.loads(edited(by_api("gemini"), json.dumps(elements).encode(), ZERO))

    assert told == [{"responseId": "r" * 20, "usageMetadata": {"promptTokenCount": 0}}] * 2


def test_lines_stay_lines() -> None:
    lines = b'{"done":false}\n{"done":true,"eval_count":4}\n'

    assert edited(by_api("ollama-chat"), lines, ZERO) == lines.replace(b"4", b"0")


@pytest.mark.parametrize(
    ("api", "told", "cached"),
    [
        ("chat", {"usage": OPENAI | {"prompt_tokens_details": {"cached_tokens": 64}}}, 64),
        ("chat", {"usage": OPENAI | {"prompt_cache_hit_tokens": 32}}, 32),
        ("chat", {"usage": OPENAI | {"cached_tokens": 16}}, 16),
        ("chat", {"usage": OPENAI | {"prompt_tokens_details": {"cached_tokens": "64"}}}, 0),
        ("completions", {"usage": OPENAI | {"prompt_tokens_details": {"cached_tokens": 64}}}, 64),
        ("responses", {"usage": {"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}}}, 4),
        ("messages", {"usage": {"input_tokens": 5, "cache_read_input_tokens": 6, "output_tokens": 7}}, 6),
        (
            "gemini",
            {"usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 1, "cachedContentTokenCount": 3}},
            3,
        ),
        (
            "dashscope",
            {"usage": {"input_tokens": 8, "output_tokens": 2, "prompt_tokens_details": {"cached_tokens": 2}}},
            2,
        ),
        ("ollama-chat", {"prompt_eval_count": 8}, 0),
    ],
)
def test_what_the_provider_had_cached_is_recorded(api: str, told: Any, cached: int) -> None:
    answer = json.dumps(ANSWERS[api][0] | told).encode()

    summary = by_api(api).summarize(by_api(api).parse_answer(answer)[1])

    assert summary.cached_tokens == cached
    assert summary.prompt_tokens > 0
