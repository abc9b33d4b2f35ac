"""DashScope's native API as it really answered. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from aicache.domain.model import Call, Mode
from aicache.formats import sse
from aicache.formats.dashscope.generation import DASHSCOPE
from aicache.formats.dashscope.increments import CUMULATIVE, INCREMENTAL
from aicache.formats.format import RequestContext

VARIANTS = ("", INCREMENTAL, CUMULATIVE)


@pytest.fixture(scope="module")
def exchanges(recorded: list[Any]) -> list[Any]:
    return [x for x in recorded if x.family == "dashscope" and x.verdict() == "hit"]


def test_every_good_answer_says_the_same_however_it_is_written(tool: Any, exchanges: list[Any]) -> None:
    seen: Counter[Mode] = Counter()
    for x in exchanges:
        call = parse(x)

        mode, answer = DASHSCOPE.parse_answer(x.response, n=call.n, variant=call.variant)

        seen[mode] += 1
        assert mode is call.mode is (Mode.STREAM if x.sse else Mode.WHOLE), x.where
        said = tool.assemble("dashscope", DASHSCOPE.render(answer, Mode.WHOLE), False)
        if x.sse:
            assert summary_of(answer) == joined(x.response), x.where
        else:
            assert said == tool.assemble("dashscope", x.response, False), x.where
        for variant in VARIANTS:
            rendered = DASHSCOPE.render(answer, Mode.STREAM, variant=variant)
            assert DASHSCOPE.parse_answer(rendered, variant=variant) == (Mode.STREAM, answer), x.where
            *_, last = tool.assemble("dashscope", rendered, True)["events"]
            assert [end for _, end in last] == [end for _, end in said["choices"]], x.where
    assert min(seen[Mode.WHOLE] // 4, seen[Mode.STREAM] // 20) > 0, seen


def test_no_stream_needs_to_be_told_how_it_is_read(exchanges: list[Any]) -> None:
    for x in exchanges:
        read = [DASHSCOPE.parse_answer(x.response, variant=variant) for variant in VARIANTS]

        assert read[0] == read[1] == read[2], x.where


def test_a_stream_cut_before_its_end_is_refused(exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.sse:
            *before, last = sse.split_blocks(x.response)

            for cut in (b"".join(before), b"".join(before) + last.rstrip()[:-1]):
                with pytest.raises(ValueError):
                    DASHSCOPE.parse_answer(cut)


def parse(x: Any) -> Call:
    path = x.target.partition("?")[0]
    assert DASHSCOPE.matches(x.method, path)
    return DASHSCOPE.parse_request(path, x.request, RequestContext(headers=x.headers()))


def summary_of(answer: Any) -> tuple[str, str, str, int]:
    """Return text, arguments, end and count of tokens."""
    output, tokens = answer["output"], answer["usage"]["output_tokens"]
    if "text" in output:
        return output["text"], "", output["finish_reason"], tokens
    (choice,) = output["choices"]
    arguments = [call["function"].get("arguments") or "" for call in choice["message"].get("tool_calls", ())]
    return choice["message"]["content"], "".join(arguments), choice["finish_reason"], tokens


def joined(body: bytes) -> tuple[str, str, str, int]:
    """Join what each event tells, all recordings being of pieces."""
    texts, arguments, ends, counts = zip(
        *(summary_of(json.loads(event.data)) for event in sse.decode(body)), strict=True
    )
    return "".join(texts), "".join(arguments), ends[-1], counts[-1]
