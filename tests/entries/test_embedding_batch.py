"""Counts, lists and calls that a stream tells in pieces: whole where it is clear how they join, else as recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats import by_api, sse
from aicache.formats.errors import ReplayOnly

A, B, C = ({"type": "url_citation", "url_citation": {"url": each}} for each in "abc")
UNCLEAR = "unclear"


def whole(api: str, body: bytes) -> Any:
    """Return the whole answer that a stream amounts to; UNCLEAR for one that can only be replayed."""
    mode, document = by_api(api).parse_answer(body)
    assert mode is Mode.STREAM
    try:
        return json.loads(by_api(api).render(document, Mode.WHOLE))
    except ReplayOnly:
        return UNCLEAR


def events(*documents: Any, done: bool = False) -> bytes:
    written = [sse.Event("", json.dumps(document)) for document in documents]
    return sse.encode([*written, sse.Event("", "[DONE]")] if done else written)


def chat(*deltas: dict[str, Any], chunks: list[dict[str, Any]] | None = None) -> Any:
    pieces: list[dict[str, Any]] = [{"choices": [{"index": 0, "delta": {"content": "x"} | delta}]} for delta in deltas]
    pieces = [piece | more for piece, more in zip(pieces, chunks or [{}] * len(pieces), strict=True)]
    reason = "tool_calls" if any("tool_calls" in delta for delta in deltas) else "stop"
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    return whole("chat", events(*pieces, end, done=True))


def joined_field(name: str, *pieces: Any) -> Any:
    answer = chat(*({name: piece} for piece in pieces))
    return answer if answer == UNCLEAR else answer["choices"][0]["message"][name]


def candidate(*pieces: dict[str, Any]) -> Any:
    chunks: list[dict[str, Any]] = [
        {"candidates": [{"content": {"parts": [{"text": "x"}], "role": "model"}} | piece]} for piece in pieces
    ]
    chunks[-1]["candidates"][0]["finishReason"] = "STOP"
    answer = whole("gemini", events(*chunks))
    return answer if answer == UNCLEAR else answer["candidates"][0]


# counts


def chat_usage(*parts: Any) -> Any:
    chunks: list[dict[str, Any]] = [{"usage": part} for part in parts]
    return chat(*[{}] * len(parts), chunks=chunks)["usage"]


def completions_usage(*parts: Any) -> Any:
    pieces: list[dict[str, Any]] = [{"choices": [{"index": 0, "text": "x"}], "usage": part} for part in parts]
    pieces[-1]["choices"][0]["finish_reason"] = "stop"
    return whole("completions", events(*pieces, done=True))["usage"]


def gemini_usage(*parts: Any) -> Any:
    pieces: list[dict[str, Any]] = [
        {"candidates": [{"content": {"parts": [{"text": "x"}]}}], "usageMetadata": part} for part in parts
    ]
    pieces[-1]["candidates"][0]["finishReason"] = "STOP"
    return whole("gemini", events(*pieces))["usageMetadata"]


def dashscope_usage(*parts: Any) -> Any:
    pieces: list[dict[str, Any]] = [
        {"output": {"choices": [{"message": {"content": text}, "finish_reason": "null"}]}, "usage": part}
        for text, part in zip(("Tea ", "is ", "hot."), parts, strict=True)
    ]
    pieces[-1]["output"]["choices"][0]["finish_reason"] = "stop"
    return whole("dashscope", events(*pieces))["usage"]


@pytest.mark.parametrize("usage", [chat_usage, completions_usage, gemini_usage, dashscope_usage])
def test_usage_is_joined_count_by_count(usage: Any) -> None:
    """A later count of a name replaces the earlier; one that is left out, or null, stays."""
    told = usage(
        {"asked": 11, "details": {"cached": 2}, "kinds": [{"n": 1}]},
        {"thought": 3, "said": 1, "details": None, "kinds": [{"n": 2}]},
        {"said": 5, "asked": None, "details": {"spoken": 4}},
    )

    assert told == {"asked": 11, "details": {"cached": 2, "spoken": 4}, "kinds": [{"n": 2}], "thought": 3, "said": 5}


@pytest.mark.parametrize(
    ("api", "place", "usage"),
    [
        ("chat", "usage", {"prompt_tokens": 5}),
        ("chat", "usage", {"completion_tokens": 5, "prompt_tokens": None}),
        ("chat", "usage", {"prompt_tokens": 5, "total_tokens": 5}),
        ("completions", "usage", {"prompt_tokens": 5}),
        ("gemini", "usageMetadata", {"promptTokenCount": 5, "totalTokenCount": 5}),
        ("gemini", "usageMetadata", {"candidatesTokenCount": 5}),
        ("dashscope", "usage", {"input_tokens": 5}),
        ("dashscope", "usage", {"output_tokens": 5}),
    ],
)
def test_half_of_a_usage_is_none(api: str, place: str, usage: dict[str, Any]) -> None:
    message = {"role": "assistant", "content": "x"}
    document: dict[str, Any] = {
        "chat": {"choices": [{"message": message, "finish_reason": "stop"}]},
        "completions": {"choices": [{"text": "x", "finish_reason": "stop"}]},
        "gemini": {"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}]},
        "dashscope": {"output": {"choices": [{"message": message, "finish_reason": "stop"}]}},
    }[api]

    facts = by_api(api).summarize(by_api(api).parse_answer(json.dumps(document | {place: usage}).encode())[1])

    assert (facts.prompt_tokens, facts.completion_tokens) == (0, 0)


def test_ollamas_counts_may_stand_in_different_lines() -> None:
    lines: list[dict[str, Any]] = [
        {"message": {"role": "assistant", "content": "x"}, "done": False, "prompt_eval_count": 11, "eval_count": 1},
        {"message": {"content": "y"}, "done": False, "eval_count": 2},
        {"done": True, "done_reason": "stop", "eval_count": 7},
    ]

    answer = whole("ollama-chat", b"".join(json.dumps(line).encode() + b"\n" for line in lines))

    assert (answer["prompt_eval_count"], answer["eval_count"], answer["done"]) == (11, 7, True)


# lists


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([[A], [A], [A]], [A]),
        ([[A], [A, B]], [A, B]),
        ([[B], [A, B, C]], [A, B, C]),
        ([[A], [B], [C]], [A, B, C]),
        ([[A], [B], [B]], [A, B]),
        ([[A], [], [B]], [A, B]),
        ([[A, B], [B, C]], UNCLEAR),
        ([[A, B], [A]], UNCLEAR),
        ([[A], [B], [A]], UNCLEAR),
        ([[{"index": 0, "quote": "a"}], [{"index": 0, "url": "u"}]], [{"index": 0, "quote": "a", "url": "u"}]),
        ([[{"index": 0, "quote": "al"}], [{"index": 0, "quote": "pha"}]], UNCLEAR),
        ([[{"index": 0, "q": "a"}], [{"index": 1, "q": "b"}]], [{"index": 0, "q": "a"}, {"index": 1, "q": "b"}]),
    ],
)
@pytest.mark.parametrize("name", ["annotations", "images"])
def test_a_list_of_whole_things_holds_each_once(name: str, pieces: list[Any], told: Any) -> None:
    assert joined_field(name, *pieces) == told


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([["a"], ["a"]], ["a"]),
        ([["a"], ["a", "b"], ["a", "b", "c"]], ["a", "b", "c"]),
        ([["b"], ["a", "b"]], ["a", "b"]),
        ([["a"], ["b"]], UNCLEAR),
        ([["a", "b"], ["a"]], UNCLEAR),
        ([["a"], ["b"], ["a", "b"]], UNCLEAR),
    ],
)
@pytest.mark.parametrize("name", ["citations", "search_results", "images", "related_questions"])
def test_what_stands_around_an_answer_may_grow_and_is_not_replaced_by_something_else(
    name: str, pieces: list[Any], told: Any
) -> None:
    answer = chat(*[{}] * len(pieces), chunks=[{name: piece} for piece in pieces])

    assert answer == told == UNCLEAR or answer[name] == told


@pytest.mark.parametrize(
    ("name", "within"),
    [
        *(("groundingMetadata", each) for each in ("groundingChunks", "groundingSupports", "webSearchQueries")),
        ("urlContextMetadata", "urlMetadata"),
    ],
)
def test_what_gemini_found_may_grow_and_is_not_replaced_by_something_else(name: str, within: str) -> None:
    one, other = {"uri": "a"}, {"uri": "b"}

    def joined(*pieces: Any) -> Any:
        answer = candidate(*({name: {within: piece}} for piece in pieces))
        return answer if answer == UNCLEAR else answer[name][within]

    assert joined([one], [one]) == [one]
    assert joined([one], [one, other]) == joined([one], [], [one, other]) == [one, other]
    assert joined([one], [other]) == joined([one, other], [one]) == UNCLEAR


@pytest.mark.parametrize("name", ["citationSources", "citations", "citation_sources"])
def test_geminis_citations_are_further_ones_as_googles_sdk_for_vertex_has_them(name: str) -> None:
    one, other = {"startIndex": 0, "uri": "a"}, {"startIndex": 9, "uri": "b"}
    outer = "citation_metadata" if "_" in name else "citationMetadata"

    def joined(*pieces: Any) -> Any:
        return candidate(*({outer: {name: piece}} for piece in pieces))[outer][name]

    assert joined([one], [other]) == joined([one], [one, other]) == joined([one], [other], [other]) == [one, other]


def test_what_nobody_has_heard_of_in_geminis_grounding_is_not_guessed() -> None:
    assert candidate(*({"groundingMetadata": {"mood": {"t": piece}}} for piece in ("al", "pha"))) == UNCLEAR
    known = [{"groundingMetadata": {"searchEntryPoint": {"renderedContent": piece}}} for piece in ("a", "b")]
    assert candidate(*known)["groundingMetadata"]["searchEntryPoint"] == {"renderedContent": "b"}


def test_a_page_that_could_not_be_read_spoils_an_answer_wherever_it_is_told() -> None:
    def page(status: str, url: str) -> dict[str, Any]:
        return {"urlContextMetadata": {"urlMetadata": [{"retrievedUrl": url, "urlRetrievalStatus": status}]}}

    bad, good = "URL_RETRIEVAL_STATUS_ERROR", "URL_RETRIEVAL_STATUS_SUCCESS"

    with pytest.raises(ValueError, match="a tool failed"):
        candidate(page(good, "a"), page(bad, "b"))
    assert candidate(page(bad, "a"), page(good, "b")) == UNCLEAR


def test_what_dashscope_found_may_grow_and_is_not_replaced_by_something_else() -> None:
    def joined(*pieces: Any) -> Any:
        written: list[dict[str, Any]] = [
            {"output": {"text": text, "finish_reason": "null", "search_info": {"search_results": piece}}}
            for text, piece in zip(("Tea ", "is ", "hot."), pieces, strict=True)
        ]
        written[-1]["output"]["finish_reason"] = "stop"
        answer = whole("dashscope", events(*written))
        return answer if answer == UNCLEAR else answer["output"]["search_info"]["search_results"]

    assert joined([A], [A], [A, B]) == [A, B]
    assert joined([A], [A], [B]) == UNCLEAR


# tools


def call(index: int | None, arguments: str, id: str = "", name: str = "") -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return ({} if index is None else {"index": index}) | ({"id": id} if id else {}) | {"function": function}


def calls(*pieces: list[dict[str, Any]]) -> Any:
    answer = chat(*({"tool_calls": piece} for piece in pieces))
    told = answer["choices"][0]["message"]["tool_calls"]
    return [(each["id"], each["function"]["name"], each["function"]["arguments"]) for each in told]


def test_calls_stand_in_the_order_of_their_indexes() -> None:
    opened = [[call(2, "", "c", "h")], [call(0, "", "a", "f")], [call(1, "", "b", "g")]]

    assert calls(*opened, [call(0, "{}"), call(2, "{}")], [call(1, "{}")]) == [
        *(("a", "f", "{}"), ("b", "g", "{}"), ("c", "h", "{}"))
    ]


def test_calls_that_share_an_index_stand_in_the_order_they_came_in() -> None:
    assert calls([call(1, "{}", "b", "g")], [call(0, "{}", "a", "f")], [call(0, "{}", "c", "h")]) == [
        *(("b", "g", "{}"), ("a", "f", "{}"), ("c", "h", "{}"))
    ]


@pytest.mark.parametrize("index", [0, None])
def test_a_call_may_come_in_two_pieces_of_one_chunk(index: int | None) -> None:
    pieces = [call(index, "", "a", "f"), call(index, "{}")]

    assert calls(pieces) == calls([], pieces) == [("a", "f", "{}")]


def test_dashscopes_calls_stand_in_the_order_of_their_indexes() -> None:
    written: list[dict[str, Any]] = [
        {"output": {"choices": [{"message": {"content": "", "tool_calls": [each]}, "finish_reason": reason}]}}
        for each, reason in (
            (call(1, '{"b":', "b", "g"), "null"),
            (call(0, "{}", "a", "f"), "null"),
            (call(1, "1}"), "tool_calls"),
        )
    ]

    told = whole("dashscope", events(*written))["output"]["choices"][0]["message"]["tool_calls"]

    assert [(each["index"], each["id"], each["function"]["arguments"]) for each in told] == [
        *((0, "a", "{}"), (1, "b", '{"b":1}'))
    ]


def test_a_tool_that_was_run_is_told_again_with_more_and_with_nothing_else() -> None:
    run = {"index": 0, "type": "search", "arguments": "{}"}

    def joined(*outputs: Any) -> Any:
        return joined_field("executed_tools", *([run | {"output": output}] for output in outputs))

    assert joined(None, "", "alpha") == joined("al", "alpha") == joined("alpha", "alpha") == [run | {"output": "alpha"}]
    assert joined("al", "pha") == joined("alpha", "al") == UNCLEAR
    assert joined({"results": [A]}, {"results": [B]}) == UNCLEAR
    assert joined({"results": [A]}, {"results": [A, B]}) == [run | {"output": {"results": [A, B]}}]


def test_reasoning_in_pieces_without_an_index_is_not_guessed() -> None:
    one, other = ({"type": "reasoning.text", "text": text} for text in ("Let", " me"))
    summary = {"type": "reasoning.summary", "summary": "s"}

    assert joined_field("reasoning_details", [one], [other]) == UNCLEAR
    assert joined_field("reasoning_details", [one], [summary]) == [one, summary]
    assert joined_field("reasoning_details", [one, other]) == [one, other]


def test_the_number_of_a_pieces_own_token_is_no_part_of_the_message() -> None:
    assert "token_id" not in chat({"token_id": 1}, {"token_id": 2})["choices"][0]["message"]
