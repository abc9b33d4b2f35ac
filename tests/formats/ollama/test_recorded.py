"""Ollama's own API as it really answered. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats.ollama.chat_and_generate import OLLAMA_CHAT, OLLAMA_GENERATE, OllamaChat, OllamaGenerate


@pytest.fixture(scope="module")
def exchanges(tool: Any, datasets: Path) -> list[Any]:
    return [x for x in tool.load(str(datasets / "traffic" / "recorded.jsonl.gz")) if x.family == "ollama"]


def format_of(x: Any) -> OllamaChat | OllamaGenerate:
    path = x.target.partition("?")[0]
    (format,) = (each for each in (OLLAMA_CHAT, OLLAMA_GENERATE) if each.matches(x.method, path))
    return format


def test_every_good_answer_says_the_same_in_both_modes(tool: Any, exchanges: list[Any]) -> None:
    seen: Counter[tuple[str, Mode]] = Counter()
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        format = format_of(x)
        call = format.parse_request(x.target.partition("?")[0], x.request)

        mode, document = format.parse_answer(x.response, n=call.n)

        seen[format.api, mode] += 1
        assert mode is call.mode is (Mode.STREAM if x.ndjson else Mode.WHOLE), x.where
        recorded = tool.assemble("ollama", x.response, x.sse, x.ndjson)
        for other in Mode:
            rendered = format.render(document, other)
            assert format.parse_answer(rendered) == (other, document), x.where
            assert tool.assemble("ollama", rendered, False, other is Mode.STREAM) == recorded, x.where
    assert len(seen) > 2, seen


def test_every_cut_answer_is_refused(exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() == "refuse" and x.status == 200:
            with pytest.raises(ValueError):
                format_of(x).parse_answer(x.response)


def test_every_stream_cut_short_is_refused(exchanges: list[Any]) -> None:
    streams = [x for x in exchanges if x.ndjson and x.verdict() == "hit"]

    for x in streams:
        body = x.response.rstrip()
        for cut in range(0, len(body), 7):
            with pytest.raises(ValueError):
                format_of(x).parse_answer(body[:cut])
    assert streams
