"""Responses as real vendors gave them. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.openai.responses import RESPONSES


@pytest.fixture(scope="module")
def exchanges(recorded: list[Any]) -> list[Any]:
    return [x for x in recorded if x.family == "responses"]


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
