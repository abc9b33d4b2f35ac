"""The APIs as real vendors answered them. Needs the data set; nothing of it is in this repository.

What holds for one API only is in that API's test_recorded.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from aicache.domain.model import Mode
from aicache.formats import Format, match
from aicache.formats.errors import Stateful
from aicache.formats.format import RequestContext


def texts_of_parts(said: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Bring Mistral's lists of parts to their text: the tool reads them in whole answers, but not in streams."""
    return [
        ("".join(part.get("text", "") for part in content) if isinstance(content, list) else content, *rest)
        for content, *rest in said["choices"]
    ]


@dataclass(frozen=True)
class Family:
    """The exchanges of one API, and what of two answers must be the same."""

    name: str
    least: int
    """Good answers of each mode that the data set has at least."""
    loose: bool = False
    """Vendors count and number otherwise in each mode: only what is said, and the usage, is the same."""
    says: Callable[[Any], Any] = lambda said: said
    variants: tuple[str, ...] = ("",)
    keeps_mode: bool = True
    """Its upstreams answered in the requested mode."""


FAMILIES = (
    Family("chat", 50, loose=True, says=texts_of_parts, keeps_mode=False),
    Family("completions", 0, loose=True, keeps_mode=False),
    Family("responses", 40, keeps_mode=False),
    Family("messages", 40, loose=True),
    Family("gemini", 20, variants=("", "array")),
    Family("ollama", 1),
)
of_every_api = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@pytest.fixture
def exchanges(recorded: list[Any], family: Family) -> list[Any]:
    found = [x for x in recorded if x.family == family.name]
    if not found:
        pytest.skip(f"the data set holds no {family.name}")
    return found


@of_every_api
def test_every_good_answer_says_the_same_however_it_is_sent(tool: Any, exchanges: list[Any], family: Family) -> None:
    seen: Counter[Mode] = Counter()
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        format = format_of(x)
        call = parse(format, x.target, x.request)

        mode, document = format.parse_answer(x.response, n=call.n, variant=call.variant)

        seen[mode] += 1
        assert mode is (Mode.STREAM if x.sse or x.ndjson else Mode.WHOLE), x.where
        assert call.mode is mode or not family.keeps_mode, x.where
        recorded = tool.assemble(family.name, x.response, x.sse, x.ndjson)
        for other, variant in ((Mode.WHOLE, ""), *((Mode.STREAM, each) for each in family.variants)):
            rendered = format.render(document, other, variant=variant)
            assert format.parse_answer(rendered) == (other, document), x.where
            events = "event-stream" in format.content_type(other, variant)
            lines = "ndjson" in format.content_type(other, variant)
            said = tool.assemble(family.name, rendered, events, lines)
            if family.loose:
                assert said["usage"] == recorded["usage"], x.where
                assert family.says(tool.loosen(said)) == family.says(tool.loosen(recorded)), x.where
            else:
                assert said == recorded, x.where
    assert min(seen[mode] for mode in Mode) >= family.least, seen


@of_every_api
def test_every_cut_spoilt_or_stateful_exchange_is_rejected(exchanges: list[Any], family: Family) -> None:
    for x in exchanges:
        if x.status != 200 or x.verdict() == "hit":
            continue
        format = format_of(x)
        if x.stateful():
            with pytest.raises(Stateful):
                parse(format, x.target, x.request)
        elif x.verdict() == "refuse" or family.name in ("responses", "messages", "gemini"):
            with pytest.raises(ValueError):
                format.parse_answer(x.response)


@of_every_api
def test_both_modes_are_one_question(tool: Any, exchanges: list[Any], family: Family) -> None:
    for x in exchanges:
        if x.verdict() != "hit":
            continue
        format = format_of(x)
        target, body, headers, streams = tool.other_mode(x)

        one, other = parse(format, x.target, x.request), parse(format, target, body, headers)

        assert other.mode is (Mode.STREAM if streams else Mode.WHOLE), x.where
        assert (one.turns, one.model, one.common) == (other.turns, other.model, other.common), x.where
        assert params(one) == params(other), x.where
        assert format.normalize_target(*parts(x.target)) == format.normalize_target(*parts(target)), x.where


def format_of(x: Any) -> Format:
    format = match(x.method, x.target.partition("?")[0])
    assert format is not None, x.where
    return format


def parse(format: Format, target: str, body: bytes, headers: dict[str, str] | None = None) -> Any:
    path, query = parts(target)
    return format.parse_request(path, body, RequestContext(query=query, headers=headers or {}))


def parts(target: str) -> tuple[str, str]:
    path, _, query = target.partition("?")
    return path, query


def params(call: Any) -> dict[str, Any]:
    return {name: value for name, value in call.params.items() if name not in ("stream", "stream_options")}
