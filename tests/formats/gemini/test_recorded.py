"""Gemini as Google answered it. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aicache.domain.model import Call, Mode
from aicache.formats.format import RequestContext
from aicache.formats.gemini.generate_content import GEMINI

WAYS = ((Mode.WHOLE, ""), (Mode.STREAM, ""), (Mode.STREAM, "array"))


@pytest.fixture(scope="module")
def exchanges(tool: Any, datasets: Path) -> list[Any]:
    return [x for x in tool.load(str(datasets / "traffic" / "recorded.jsonl.gz")) if x.family == "gemini"]


def parse(target: str, body: bytes) -> Call:
    path, _, query = target.partition("?")
    return GEMINI.parse_request(path, body, RequestContext(query=query))


def test_every_good_answer_says_the_same_however_it_is_sent(tool: Any, exchanges: list[Any]) -> None:
    seen: Counter[Mode] = Counter()
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        path = x.target.partition("?")[0]
        call = parse(x.target, x.request)

        mode, document = GEMINI.parse_answer(x.response, n=call.n, variant=call.variant)

        seen[mode] += 1
        assert GEMINI.matches(x.method, path)
        assert mode is call.mode is (Mode.STREAM if x.sse else Mode.WHOLE), x.where
        assert mode is Mode.STREAM or document == json.loads(x.response), x.where
        for other, variant in WAYS:
            rendered = GEMINI.render(document, other, variant=variant)
            assert GEMINI.parse_answer(rendered) == (other, document), x.where
            events = GEMINI.content_type(other, variant) == "text/event-stream"
            assert tool.assemble("gemini", rendered, events) == tool.assemble("gemini", x.response, x.sse), x.where
    assert seen[Mode.WHOLE] > 100
    assert seen[Mode.STREAM] > 20


def test_both_modes_of_a_question_are_one_request(tool: Any, exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() == "hit":
            target, body, _, stream = tool.other_mode(x)

            one, other = parse(x.target, x.request), parse(target, body)

            assert other.mode is (Mode.STREAM if stream else Mode.WHOLE)
            assert (one.model, one.params, one.turns) == (other.model, other.params, other.turns), x.where
            assert GEMINI.normalize_target(*x.target.partition("?")[::2]) == GEMINI.normalize_target(
                *target.partition("?")[::2]
            ), x.where


def test_every_cut_or_spoilt_answer_is_refused(exchanges: list[Any]) -> None:
    spoilt = [x for x in exchanges if x.verdict() != "hit" and x.status == 200]

    for x in spoilt:
        with pytest.raises(ValueError):
            GEMINI.parse_answer(x.response)
    assert spoilt


def test_every_cut_stream_is_refused(exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.sse and x.verdict() == "hit":
            end = x.response.rindex(b"data:")

            for cut in (*range(0, end, 97), end, len(x.response.rstrip()) - 1):
                with pytest.raises(ValueError):
                    GEMINI.parse_answer(x.response[:cut])


def test_nearly_every_answer_is_understood_by_others(exchanges: list[Any]) -> None:
    understood: Counter[bool] = Counter()
    for x in exchanges:
        if x.verdict() == "hit":
            document = GEMINI.parse_answer(x.response)[1]
            try:
                answer = GEMINI.to_answer(document)
            except ValueError:
                understood[False] += 1
                continue
            understood[True] += 1
            assert answer.choices[0].parts, x.where
            assert answer.usage is not None, x.where
    assert understood[True] > 20 * understood[False]
