"""Gemini as Google answered it. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats.gemini.generate_content import GEMINI


@pytest.fixture(scope="module")
def exchanges(recorded: list[Any]) -> list[Any]:
    return [x for x in recorded if x.family == "gemini"]


def test_a_whole_answer_is_its_own_document(exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() == "hit" and not x.sse:
            assert GEMINI.parse_answer(x.response) == (Mode.WHOLE, json.loads(x.response)), x.where


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
