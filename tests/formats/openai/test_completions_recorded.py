"""Legacy completions as real vendors answered them. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats.errors import Stateful
from aicache.formats.openai.completions import COMPLETIONS


@pytest.fixture(scope="module")
def exchanges(tool: Any, datasets: Path) -> list[Any]:
    found = [x for x in tool.load(str(datasets / "traffic" / "recorded.jsonl.gz")) if x.family == "completions"]
    if not found:
        pytest.skip("the data set holds no legacy completions")
    return found


def test_every_good_answer_says_the_same_in_both_modes(tool: Any, exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        path = x.target.partition("?")[0]
        call = COMPLETIONS.parse_request(path, x.request)

        mode, document = COMPLETIONS.parse_answer(x.response, n=call.n)

        assert COMPLETIONS.matches(x.method, path), x.where
        assert mode is (Mode.STREAM if x.sse else Mode.WHOLE), x.where
        recorded = tool.assemble("completions", x.response, x.sse)
        for other in Mode:
            rendered = COMPLETIONS.render(document, other)
            assert COMPLETIONS.parse_answer(rendered) == (other, document), x.where
            said = tool.assemble("completions", rendered, other is Mode.STREAM)
            assert tool.loosen(said) == tool.loosen(recorded), x.where
            assert said["usage"] == recorded["usage"], x.where


def test_every_cut_answer_and_stateful_call_is_refused(exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.verdict() != "refuse" or x.status != 200:
            continue
        if x.stateful():
            with pytest.raises(Stateful):
                COMPLETIONS.parse_request(x.target.partition("?")[0], x.request)
        else:
            with pytest.raises(ValueError):
                COMPLETIONS.parse_answer(x.response)
