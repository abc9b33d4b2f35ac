"""Responses as real vendors gave them. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.errors import Stateful
from aicache.formats.openai.responses import RESPONSES


@pytest.fixture(scope="module")
def exchanges(tool: Any, datasets: Path) -> list[Any]:
    return [x for x in tool.load(str(datasets / "traffic" / "recorded.jsonl.gz")) if x.family == "responses"]


def test_every_good_answer_says_the_same_in_both_modes(tool: Any, exchanges: list[Any]) -> None:
    seen: Counter[Mode] = Counter()
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        path = x.target.partition("?")[0]
        call = RESPONSES.parse_request(path, x.request)

        mode, document = RESPONSES.parse_answer(x.response, n=call.n)

        seen[mode] += 1
        assert RESPONSES.matches(x.method, path)
        assert mode is (Mode.STREAM if x.sse else Mode.WHOLE), x.where
        recorded = tool.assemble("responses", x.response, x.sse)
        for other in Mode:
            rendered = RESPONSES.render(document, other)
            assert RESPONSES.parse_answer(rendered) == (other, document), x.where
            assert tool.assemble("responses", rendered, other is Mode.STREAM) == recorded, x.where
    assert min(seen.values()) > 40, seen


def test_every_asking_in_the_other_mode_is_the_same_request(tool: Any, exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() == "hit":
            path, body, _, streams = tool.other_mode(x)

            call, other = (RESPONSES.parse_request(path.partition("?")[0], each) for each in (x.request, body))

            assert other.mode is (Mode.STREAM if streams else Mode.WHOLE)
            assert call.turns == other.turns
            assert unlike(call.params) == unlike(other.params)


def unlike(params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != "stream"}


def test_every_stream_is_written_in_the_vendors_own_order(exchanges: list[Any]) -> None:
    written = 0
    for x in exchanges:
        if x.sse and x.verdict() == "hit":
            _, document = RESPONSES.parse_answer(x.response)

            assert order(RESPONSES.render(document, Mode.STREAM)) == order(x.response), x.where
            written += 1
    assert written > 40


def order(body: bytes) -> list[tuple[Any, ...]]:
    """Return what each event is and is of; deltas that follow each other count once, sources wherever they come."""
    events: list[tuple[Any, ...]] = []
    sources: list[tuple[Any, ...]] = []
    for each in sse.decode(body):
        fields = json.loads(each.data)
        names = ("item_id", "output_index", "content_index", "summary_index", "annotation_index", "text", "arguments")
        event = (fields["type"], *(fields.get(name) for name in names))
        if event[0].endswith("annotation.added"):
            sources.append(event)
        elif not (event[0].endswith(".delta") and events[-1] == event):
            events.append(event)
    return events + sources


def test_every_cut_or_stateful_exchange_is_refused(exchanges: list[Any]) -> None:
    refused: Counter[str] = Counter()
    for x in exchanges:
        if x.status == 200 and x.verdict() != "hit":
            with pytest.raises(ValueError) as caught:
                RESPONSES.parse_request(x.target.partition("?")[0], x.request)
                RESPONSES.parse_answer(x.response)
            refused[type(caught.value).__name__] += 1
            assert isinstance(caught.value, Stateful) is x.stateful()
    assert len(refused) == 2
