"""Chat completions as real vendors answered them. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

from typing import Any

import pytest

from aicache.formats.openai.chat import CHAT


@pytest.fixture(scope="module")
def exchanges(recorded: list[Any]) -> list[Any]:
    return [x for x in recorded if x.family == "chat"]


def test_a_stream_without_usage_says_the_same(tool: Any, exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.sse and x.verdict() == "hit":
            less = CHAT.without_usage(x.response)

            assert tool.loosen(tool.assemble("chat", less, True)) == tool.loosen(
                tool.assemble("chat", x.response, True)
            )
            assert b'"usage":null' not in less
