"""Anthropic's messages as they were really answered. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats.anthropic.messages import MESSAGES


@pytest.fixture(scope="module")
def exchanges(recorded: list[Any]) -> list[Any]:
    return [x for x in recorded if x.family == "messages"]


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


def blocks(tool: Any, document: dict[str, Any]) -> Any:
    whole = tool.assemble("messages", MESSAGES.render(document, Mode.WHOLE), False)
    return [block for block in whole["blocks"] if block[:2] != ("text", "")]
