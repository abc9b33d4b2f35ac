"""Ollama's own API as it really answered. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

from typing import Any

import pytest

from aicache.formats.ollama.chat_and_generate import OLLAMA_CHAT, OLLAMA_GENERATE, OllamaChat, OllamaGenerate


@pytest.fixture(scope="module")
def exchanges(recorded: list[Any]) -> list[Any]:
    return [x for x in recorded if x.family == "ollama"]


def format_of(x: Any) -> OllamaChat | OllamaGenerate:
    path = x.target.partition("?")[0]
    (format,) = (each for each in (OLLAMA_CHAT, OLLAMA_GENERATE) if each.matches(x.method, path))
    return format


def test_every_stream_cut_short_is_refused(exchanges: list[Any]) -> None:
    streams = [x for x in exchanges if x.ndjson and x.verdict() == "hit"]

    for x in streams:
        body = x.response.rstrip()
        for cut in range(0, len(body), 7):
            with pytest.raises(ValueError):
                format_of(x).parse_answer(body[:cut])
    assert streams
