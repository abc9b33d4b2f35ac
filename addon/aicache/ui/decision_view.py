"""A flow's decision and answer as lines for a person, from its metadata and its response. Pure.

Metadata from a file may have been written by anyone: what does not have the expected form is left out.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from aicache.maintenance import PINNED
from aicache.telemetry.phrases import SEPARATOR, format_amount, format_duration
from aicache.ui.answer_view import AnswerView
from aicache.ui.flow_fields import API, COMMENT, COMPLETION, DECISION, ENTRY, KEY, MODEL, OUTCOME, SIMILARITY, WHY
from aicache.ui.word_diff import diff_words

Line: TypeAlias = list[tuple[str, str]]
"""Pieces of a line, each with its style's name in mitmproxy 11: ``header``, ``text``, ``highlight``, ``offset``."""

NAME_WIDTH_CHARS = 22
BLANK: Line = [("text", " ")]  # mitmweb gives a line without any character no height

_LEGEND = "[-only in the stored question-] {+only in this one+}"


def decision_lines(metadata: Mapping[str, Any], answer: AnswerView | None) -> list[Line]:
    """Return the lines: outcome, steps and reasons, neighbors, request, answering entry, and answer."""
    decision = metadata.get(DECISION)
    lines: list[Line] = []
    if isinstance(decision, Mapping):
        comments = [str(decision[name]) for name in (COMMENT, COMPLETION) if decision.get(name)]
        lines += [[("highlight", SEPARATOR.join(comments))]]
        for title, part in (
            ("Decision", _decision(metadata, decision)),
            ("Neighbors", _neighbors(metadata, decision)),
            ("Request", _request(metadata, decision)),
            ("Answered by", _entry(metadata, decision)),
        ):
            lines += _section(title, part)
    else:
        lines += [[("text", "This flow has no decision of the cache.")]]
    return lines + (_section("Answer", _answer(answer)) if answer is not None else [])


def plain_text(lines: list[Line]) -> str:
    """Return lines without their styles."""
    return "\n".join("".join(text for _, text in line) for line in lines)


def _section(title: str, lines: Iterator[Line]) -> list[Line]:
    content = list(lines)
    return [BLANK, [("header", title)], *content] if content else []


def _decision(metadata: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterator[Line]:
    for name, seconds in _pairs(decision.get("steps")):
        yield _row(name, f"{1000 * seconds:8.2f} ms")
    if (whole := _number(decision.get("seconds"))) is not None:
        yield _row("in all", f"{1000 * whole:8.2f} ms")
    yield from _rows({"outcome": metadata.get(OUTCOME), "why": metadata.get(WHY)})
    if (similarity := _number(metadata.get(SIMILARITY))) is not None:
        yield _row("similarity", f"{similarity:.4f}")
    if (threshold := _number(decision.get("threshold"))) is not None:
        yield _row("threshold", f"{threshold:.4f}")
    for name, title in (("risk", "risk of this answer"), ("error_bound", "wrong answers at most")):
        if (share := _number(decision.get(name))) is not None:
            yield _row(title, f"{100 * share:.2g} %")


def _neighbors(metadata: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterator[Line]:
    recorded = decision.get("neighbors")
    neighbors = [each for each in recorded if isinstance(each, Mapping)] if isinstance(recorded, list) else []
    asked_question = decision.get("question")
    if any("question" in each for each in neighbors):
        yield [("offset", f"  {_LEGEND}")]
    for place, each in enumerate(neighbors, 1):
        similarity, refused = _number(each.get("similarity")), each.get("refused")
        answered = each.get("key") == metadata.get(ENTRY)
        verdict = f"refused: {refused}" if refused else "answered" if answered else "not chosen"
        if isinstance(judged := each.get("judged"), str):
            verdict += f", judge model: {judged}"
        head = f"  {place}. {0.0 if similarity is None else similarity:.4f}  {verdict}"
        yield [("highlight" if answered else "text", head), ("offset", f"  {each.get('key', '')}")]
        if isinstance(question := each.get("question"), str):
            yield from _difference(question, asked_question if isinstance(asked_question, str) else "")


def _difference(stored: str, new: str) -> Iterator[Line]:
    """Show two questions as one text; line ends in it become spaces."""
    line: Line = [("text", "     ")]
    marks = {"same": ("text", "{}"), "out": ("offset", "[-{}-]"), "in": ("highlight", "{{+{}+}}")}
    for kind, text in diff_words(" ".join(stored.split()), " ".join(new.split())):
        style, written = marks[kind]
        line.append((style, written.format(text)))
    yield line


def _request(metadata: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterator[Line]:
    question = decision.get("question")
    yield from _rows(
        {
            "question": " ".join(question.split()) if isinstance(question, str) else None,
            "model": metadata.get(MODEL),
            "API": _joined(metadata.get(API), decision.get("mode")),
            "scope": decision.get("scope"),
            "key": metadata.get(KEY),
            "namespace": decision.get("namespace"),
            "at": _time(decision.get("at")),
        }
    )


def _entry(metadata: Mapping[str, Any], decision: Mapping[str, Any]) -> Iterator[Line]:
    entry = decision.get("entry")
    if not isinstance(entry, Mapping):
        return
    at, stored = _number(decision.get("at")), _number(entry.get("stored_at"))
    expires, took = _number(entry.get("expires_at")), _number(entry.get("took"))
    known = at is not None and stored is not None and expires is not None
    legacy = metadata.get(OUTCOME) == "legacy hit"
    yield from _rows(
        {
            "key": metadata.get(ENTRY),
            "question": " ".join(str(entry["question"]).split()) if entry.get("question") else None,
            "model": entry.get("model"),
            "API": _joined(entry.get("api"), entry.get("mode")),
            "stored": None if legacy else _time(stored),
            "age": f"{format_duration(max(0.0, at - stored))}" if known and not legacy and at and stored else None,
            "ttl": _ttl(at, stored, expires) if known and not legacy and at and stored and expires else None,
            "tokens": _tokens(entry.get("prompt_tokens"), entry.get("completion_tokens")),
            "upstream took": format_amount(0, took) if took else None,
            "size": f"{entry['size']:,} bytes" if type(entry.get("size")) is int else None,
        }
    )


def _ttl(at: float, stored: float, expires: float) -> str:
    if expires >= PINNED:
        return "none: it is pinned"
    return f"{format_duration(expires - stored)}, of which {format_duration(max(0.0, expires - at))} were left"


def _answer(answer: AnswerView) -> Iterator[Line]:
    if answer.end != "complete":
        yield _row("not complete", answer.end)
    if (usage := answer.usage) is not None:
        more = [
            f"{count:,} {name}" for name, count in (("cached", usage.cached), ("reasoning", usage.reasoning)) if count
        ]
        yield _row("usage", SEPARATOR.join([_tokens(usage.input, usage.output) or "", *more]))
    for number, choice in enumerate(answer.choices):
        if len(answer.choices) > 1:
            yield [("header", f"  choice {number + 1}")]
        for name, text in choice:
            if name != "text" or len(choice) > 1:
                yield [("offset", f"  [{name}]")]
            for line in text.splitlines() or [""]:
                yield [("text", f"  {line}")]


def _rows(named: Mapping[str, Any]) -> Iterator[Line]:
    for name, value in named.items():
        if isinstance(value, str) and value:
            yield _row(name, value)


def _row(name: str, value: str) -> Line:
    return [("offset", f"  {name:<{NAME_WIDTH_CHARS}}"), ("text", value)]


def _pairs(steps: Any) -> Iterator[tuple[str, float]]:
    for step in steps if isinstance(steps, list | tuple) else ():
        match step:
            case [str(name), float() | int() as seconds]:
                yield name, float(seconds)


def _joined(*parts: Any) -> str:
    return ", ".join(part for part in parts if isinstance(part, str) and part)


def _tokens(prompt: Any, completion: Any) -> str | None:
    if type(prompt) is not int or type(completion) is not int or not (prompt or completion):
        return None
    return f"{prompt:,} in, {completion:,} out"


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) else None


def _time(value: Any) -> str | None:
    if (seconds := _number(value)) is None:
        return None
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (ValueError, OverflowError, OSError):
        return None
