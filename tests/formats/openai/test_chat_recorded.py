"""Chat completions as real vendors answered them. Needs the data set; nothing of it is in this repository."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats.openai.chat import CHAT


@pytest.fixture(scope="module")
def exchanges(tool: Any, datasets: Path) -> list[Any]:
    return [x for x in tool.load(str(datasets / "traffic" / "recorded.jsonl.gz")) if x.family == "chat"]


def test_every_good_answer_says_the_same_in_both_modes(tool: Any, exchanges: list[Any]) -> None:
    seen: Counter[Mode] = Counter()
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        path = x.target.partition("?")[0]
        call = CHAT.parse_request(path, x.request)

        mode, answer = CHAT.parse_answer(x.response, n=call.n)

        seen[mode] += 1
        assert CHAT.matches(x.method, path)
        assert mode is (Mode.STREAM if x.sse else Mode.WHOLE), x.where
        for other in Mode:
            rendered = CHAT.render(answer, other, include_usage=True)
            assert CHAT.parse_answer(rendered) == (other, answer), x.where
            said = tool.assemble("chat", rendered, other is Mode.STREAM)
            recorded = tool.assemble("chat", x.response, x.sse)
            assert said["usage"] == recorded["usage"], x.where
            assert texts(tool.loosen(said)) == texts(tool.loosen(recorded)), x.where
    assert min(seen.values()) > 50, seen


def test_every_cut_answer_is_refused(exchanges: list[Any]) -> None:
    cut = [x for x in exchanges if x.verdict() == "refuse" and x.status == 200]

    for x in cut:
        with pytest.raises(ValueError):
            CHAT.parse_answer(x.response)
    assert cut


def test_a_stream_without_usage_says_the_same(tool: Any, exchanges: list[Any]) -> None:
    for x in exchanges:
        if x.sse and x.verdict() == "hit":
            less = CHAT.without_usage(x.response)

            assert tool.loosen(tool.assemble("chat", less, True)) == tool.loosen(
                tool.assemble("chat", x.response, True)
            )
            assert b'"usage":null' not in less


def texts(said: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Bring Mistral's lists of parts to their text: the judge reads them in whole answers, but not in streams."""
    return [
        ("".join(part.get("text", "") for part in content) if isinstance(content, list) else content, *rest)
        for content, *rest in said["choices"]
    ]
