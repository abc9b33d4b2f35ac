"""Anthropic's messages as they were really answered. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats.anthropic.messages import MESSAGES
from aicache.formats.errors import Stateful
from aicache.formats.format import RequestContext


@pytest.fixture(scope="module")
def exchanges(tool: Any, datasets: Path) -> list[Any]:
    return [x for x in tool.load(str(datasets / "traffic" / "recorded.jsonl.gz")) if x.family == "messages"]


def test_every_good_answer_says_the_same_in_both_modes(tool: Any, exchanges: list[Any]) -> None:
    seen: Counter[Mode] = Counter()
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        path = x.target.partition("?")[0]
        call = MESSAGES.parse_request(path, x.request)

        mode, answer = MESSAGES.parse_answer(x.response, n=call.n)

        seen[mode] += 1
        assert MESSAGES.matches(x.method, path)
        assert mode is (Mode.STREAM if x.sse else Mode.WHOLE), x.where
        assert call.mode is mode, x.where
        for other in Mode:
            rendered = MESSAGES.render(answer, other, include_usage=False)
            assert MESSAGES.parse_answer(rendered) == (other, answer), x.where
            said = tool.assemble("messages", rendered, other is Mode.STREAM)
            recorded = tool.assemble("messages", x.response, x.sse)
            assert said["usage"] == recorded["usage"], x.where
            assert tool.loosen(said) == tool.loosen(recorded), x.where
    assert min(seen.values()) > 40, seen


def test_both_modes_are_one_question(tool: Any, exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() == "hit":
            _, body, headers, streams = tool.other_mode(x)

            one = MESSAGES.parse_request("/v1/messages", x.request)
            other = MESSAGES.parse_request("/v1/messages", body, RequestContext(headers=headers))

            assert other.mode is (Mode.STREAM if streams else Mode.WHOLE)
            assert (one.turns, one.model, one.common) == (other.turns, other.model, other.common)
            assert said(one.params) == said(other.params)


def test_what_was_answered_in_plain_words_can_be_told_to_others(tool: Any, exchanges: list[Any]) -> None:
    told = 0
    for x in exchanges:
        if x.verdict() == "hit":
            call, (_, answer) = MESSAGES.parse_request("/v1/messages", x.request), MESSAGES.parse_answer(x.response)
            if {block["type"] for block in answer["content"]} <= {"text", "tool_use"}:
                expressed = MESSAGES.from_answer(MESSAGES.to_answer(answer), call)

                assert blocks(tool, expressed) == blocks(tool, answer), x.where
                told += 1
    assert told > 200


def test_every_cut_answer_is_refused(exchanges: list[Any]) -> None:
    cut = [x for x in exchanges if x.verdict() == "refuse" and x.status == 200]

    for x in cut:
        with pytest.raises(Stateful if x.stateful() else ValueError):
            MESSAGES.parse_request("/v1/messages", x.request)
            MESSAGES.parse_answer(x.response)
    assert cut


def test_recordings_that_are_empty_or_not_json_are_refused(exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() == "either":
            with pytest.raises(ValueError):
                MESSAGES.parse_answer(x.response)


def said(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != "stream"}


def blocks(tool: Any, document: dict[str, Any]) -> Any:
    whole = tool.assemble("messages", MESSAGES.render(document, Mode.WHOLE), False)
    return [block for block in whole["blocks"] if block[:2] != ("text", "")]
