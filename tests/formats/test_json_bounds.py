"""How much JSON is parsed: a scan refuses what is over the bounds within milliseconds, and lets the rest through."""

from __future__ import annotations

import contextlib
import json
import random
import time
from typing import Any

import pytest

from aicache.formats import FORMATS, sse
from aicache.formats.errors import TooComplex
from aicache.formats.json_body import parse_array, parse_object, parse_request_object
from aicache.formats.json_bounds import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_NUMBER_DIGITS,
    MAX_REQUEST_NODES,
    MAX_VALUES,
    check_bounds,
)
from aicache.formats.openai.embeddings import OPENAI_EMBEDDINGS

MB = 1024**2


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def wide(unit: bytes, count: int) -> bytes:
    return b"[" + b",".join([unit] * count) + b"]"


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (nested(MAX_DEPTH + 1), "nested too deeply"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "nested too deeply"),
        (b'[{"a":' * MAX_DEPTH + b"1" + b"}]" * MAX_DEPTH, "nested too deeply"),
        (wide(b"[]", MAX_NODES + 1), "arrays, objects and names"),
        (wide(b"{}", MAX_NODES + 1), "arrays, objects and names"),
        (b"{" + b",".join(b'"%d":1' % i for i in range(MAX_NODES + 1)) + b"}", "arrays, objects and names"),
        (wide(b"1", MAX_VALUES + 2), "values"),
        (wide(b'""', MAX_VALUES + 2), "values"),
        (b'"' * (2 * (MAX_VALUES + MAX_NODES) + 2), "names and values"),
        (b"[" + b"1" * (MAX_NUMBER_DIGITS + 1) + b"]", "digits"),
        (b"[0." + b"1" * MAX_NUMBER_DIGITS + b"]", "digits"),
        (b"[1e" + b"1" * MAX_NUMBER_DIGITS + b"]", "digits"),
    ],
    ids=lambda value: value[:12].decode() if isinstance(value, bytes) else "",
)
def test_what_would_take_long_to_parse_is_refused(document: bytes, why: str) -> None:
    with pytest.raises(TooComplex, match=why):
        check_bounds(document)
    with pytest.raises(TooComplex, match=why):
        check_bounds(document.decode())


@pytest.mark.parametrize(
    "document",
    [
        nested(MAX_DEPTH),
        wide(b"[]", MAX_NODES - 1),
        wide(b"12345", 300_000),
        json.dumps({"a": "[" * 1000 + "{" * 1000 + '"' * 1000 + "\\" * 1001 + ":," * 300_000}).encode(),
        json.dumps({"\\": "[" * 1000, '"': "[" * 1000, '\\\\"': "]"}).encode(),
        wide(b"1" * (MAX_NUMBER_DIGITS - 1), 3),
        b'{"a":"' + b"1" * 10_000 + b'"}',
        b"",
    ],
    ids=range(8),
)
def test_what_only_looks_like_it_is_let_through(document: bytes) -> None:
    check_bounds(document)


def test_the_scan_counts_as_a_parser_does() -> None:
    chance = random.Random(1)
    texts = ["", "[", "{", '"', "\\", '\\"', '\\\\"', "a", ":", ",", "]}", "½"]

    def some(depth: int) -> Any:
        match chance.randrange(4 if depth else 2):
            case 0:
                return chance.choice(texts)
            case 1:
                return chance.choice([1, -2.5, None, True])
            case 2:
                return [some(depth - 1) for _ in range(chance.randrange(4))]
            case _:
                return {chance.choice(texts) + str(i): some(depth - 1) for i in range(chance.randrange(4))}

    def nodes(value: Any) -> int:
        if isinstance(value, dict):
            return 1 + len(value) + sum(map(nodes, value.values()))
        return 1 + sum(map(nodes, value)) if isinstance(value, list) else 0

    def depth(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return (1 if isinstance(value, dict | list) else 0) + max(map(depth, inner), default=0)

    for _ in range(300):
        value = [[some(5) for _ in range(20)]]
        # in so many arrays that a level more is one too many, so that the depth is told exactly
        levels = MAX_DEPTH - depth(value)
        document = b"[" * levels + json.dumps(value, ensure_ascii=chance.random() < 0.5).encode() + b"]" * levels
        check_bounds(document, max_nodes=max(nodes(value) + levels, 20))
        with pytest.raises(TooComplex, match="deeply"):
            check_bounds(b"[" + document + b"]", max_nodes=MAX_NODES)
        with pytest.raises(TooComplex):
            check_bounds(b" " * MAX_NUMBER_DIGITS + document, max_nodes=nodes(value) + levels - 1)


@pytest.mark.parametrize(
    "unit",
    [b"[],", b"[", b'"', b'\\"', b"\\\\", b" ", b",", b":", b"1" * 999 + b",", b"-", b'"a":', b"\xff", b'"\\u0000",'],
    ids=lambda unit: unit[:6].decode("latin-1"),
)
def test_the_scan_is_linear_in_whatever_it_is_given(unit: bytes) -> None:
    """Four times as much takes some four times as long: sixteen times would be quadratic."""

    def seconds(size: int) -> float:
        document, best = b"[" + unit * (size // len(unit)), 9.0
        for _ in range(3):
            began = time.thread_time()
            with contextlib.suppress(TooComplex):
                check_bounds(document)
            best = min(best, time.thread_time() - began)
        return best

    small, large = seconds(MB), seconds(4 * MB)
    assert large < 0.5
    assert large < 10 * small + 0.01


def test_a_request_may_hold_half_of_what_an_answer_may() -> None:
    body = b'{"p":' + wide(b"[]", MAX_REQUEST_NODES + 10) + b"}"
    assert parse_object(body)
    with pytest.raises(TooComplex):
        parse_request_object(body)


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.api)
@pytest.mark.parametrize(
    "body", [b"[" * MB, wide(b"{}", MAX_NODES * 3), b'{"a":' + wide(b"[]", MAX_NODES * 3) + b"}"], ids="owl"
)
def test_no_answer_over_the_bounds_is_parsed(format: Any, body: bytes) -> None:
    for sent in (body, b"data: " + body + b"\n\n", body + b"\n"):
        began = time.thread_time()
        with pytest.raises(ValueError):
            format.parse_answer(sent)
        assert time.thread_time() - began < 0.3


def test_a_stream_of_very_many_lines_is_no_answer() -> None:
    for body in (b"data: {}\n\n" * 300_000, b"\n" * MB, b"\r" * MB, b"{}\n" * 500_000):
        with pytest.raises(ValueError, match="lines"):
            sse.decode(body)
        with pytest.raises(ValueError, match="lines"):
            sse.decode_ndjson(body)
        with pytest.raises(ValueError, match="lines"):
            list(sse.split_blocks(body))


def test_a_stream_that_is_an_array_is_bounded_as_well() -> None:
    with pytest.raises(TooComplex):
        parse_array(wide(b"[]", MAX_NODES + 1))


def test_vectors_may_have_any_number_of_numbers_and_no_great_number_of_anything_else() -> None:
    batch = OPENAI_EMBEDDINGS.parse_request("/v1/embeddings", b'{"model":"m","input":["a"]}')

    def response(vector: bytes) -> bytes:
        return b'{"data":[{"index":0,"embedding":' + vector + b'}],"usage":{}}'

    assert OPENAI_EMBEDDINGS.parse_response(response(wide(b"0.5", 2 * MAX_VALUES)), batch, [0])
    with pytest.raises(TooComplex):
        OPENAI_EMBEDDINGS.parse_response(response(wide(b"[]", MAX_NODES)), batch, [0])
