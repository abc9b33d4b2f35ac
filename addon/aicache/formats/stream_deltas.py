"""Joining the deltas of a streamed answer into the whole, by where in it a value stands. Pure; it guesses nothing.

OpenAI documents the deltas only by example (https://platform.openai.com/docs/api-reference/chat-streaming); what its
vendors add is known from recorded streams. A `Rule` says of a known place what a second piece there does to the first.
Fields that nobody has heard of survive where all agree on what they mean:

- null says nothing, and empty values replace nothing; what is told again is told once;
- objects are joined field by field;
- whatever else comes in several different pieces is `UNCLEAR`: it may grow, be replaced, be added up, or be a draft.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, TypeAlias

LOOKED_BACK = 128
"""Elements of a list that may be open at once: as many calls as any API allows. Else long lists cost their square."""

EMPTY: tuple[Any, ...] = (None, "", [], {})
_NO_RULES: Mapping[str, Rule] = {}


class _Unclear:
    """The type of `UNCLEAR` alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNCLEAR"


UNCLEAR: Final = _Unclear()
"""In place of what a stream said in pieces that nobody knows how to join. It cannot be written as JSON, so an answer
that holds it can be replayed as it was recorded, and rendered in no other way."""


class How(Enum):
    """What a second piece does to the first."""

    GROWS = auto()
    """It is the next piece of one text."""
    NAMES = auto()
    """It names the same thing again; what the first called it stays."""
    REPLACES = auto()
    """It tells the state anew; in objects, field by field."""
    COUNTS = auto()
    """It counts anew, some of what is counted or all; numbers and lists are replaced, unknown texts are not."""
    SWELLS = auto()
    """It tells all there is so far: texts and lists that hold what was told before, in objects field by field."""
    LISTED = auto()
    """It holds the next elements of one list, whole ones."""
    ADDED = auto()
    """It holds further elements of one list, or all of the list so far."""
    BASE64 = auto()
    """It holds the next bytes, in base64."""
    CONTENT = auto()
    """It is text, or a list of parts of which the first may go on with the last one before."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list whose elements come in pieces: *continues* tells whether a piece is of an earlier element.

    None says that nobody knows: texts that both have are `UNCLEAR` then.
    """

    rule: Mapping[str, Rule] | How
    """What a piece does to its element."""
    continues: Callable[[Mapping[str, Any], Mapping[str, Any]], bool | None]
    within: bool = False
    """Whether one delta may hold several pieces of one element; else its elements are elements of their own."""


Rule: TypeAlias = "How | Items | Mapping[str, Rule]"


def join(held: dict[str, Any], delta: Mapping[str, Any], rules: Mapping[str, Rule] = _NO_RULES) -> None:
    """Join a delta into *held*, in place; what the delta holds belongs to *held* from then on."""
    for name, value in delta.items():
        rule = rules.get(name)
        if isinstance(rule, Items) and rule.within and isinstance(value, list):
            held[name] = joined(held.get(name) or [], value, rule)
        else:
            held[name] = joined(held[name], value, rule) if name in held else value


def joined(held: Any, value: Any, rule: Rule | None = None) -> Any:
    """Join a value and what was told of it before; without a rule, only where there is no doubt."""
    if held is None or value is None:
        return value if held is None else held
    if isinstance(held, str) and isinstance(value, str):
        return _text(held, value, rule)
    match rule:
        case How.CONTENT:
            return _content(held, value)
        case _ if value in EMPTY:
            return held
        case How.REPLACES:
            return _replaced(held, value)
        case How.COUNTS:
            return _counted(held, value)
        case How.SWELLS:
            return _swollen(held, value)
        case How.ADDED if isinstance(held, list) and isinstance(value, list):
            return _added(held, value)
        case How.LISTED if isinstance(held, list) and isinstance(value, list):
            held += value
            return held
        case Items() if isinstance(held, list) and isinstance(value, list):
            known = len(held)
            for item in value:
                _put(held, item, rule, len(held) if rule.within else known)
            return held
        case Mapping() if isinstance(held, dict) and isinstance(value, dict):
            join(held, value, rule)
            return held
    return told(held, value)


def _text(held: str, value: str, rule: Rule | None) -> Any:
    if rule is How.GROWS or rule is How.CONTENT:
        return held + value
    if not held or not value:
        return held or value
    match rule:
        case How.NAMES:
            return held
        case How.REPLACES:
            return value
        case How.SWELLS:
            return value if value.startswith(held) else UNCLEAR
        case How.BASE64:
            return _bytes(held, value)
    return told(held, value)


def told(held: Any, value: Any) -> Any:
    """Join what nobody has heard of: `UNCLEAR` for what may mean one thing or another."""
    if held in EMPTY:
        return latest(held, value)
    if value in EMPTY:
        return held
    match held, value:
        case dict(), dict():
            for name, each in value.items():
                held[name] = told(held[name], each) if name in held else each
            return held
    return held if _kind(held) is _kind(value) and held == value else UNCLEAR


def latest(held: Any, value: Any) -> Any:
    """Pick the later value, unless it is empty."""
    return held if value in EMPTY and held is not None else value


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _replaced(held: Any, value: Any) -> Any:
    if isinstance(held, dict) and isinstance(value, dict):
        for name, each in value.items():
            held[name] = _replaced(held.get(name), each)
        return held
    return latest(held, value)


def _counted(held: Any, value: Any) -> Any:
    if held in EMPTY or value in EMPTY:
        return latest(held, value)
    match held, value:
        case dict(), dict():
            for name, each in value.items():
                held[name] = _counted(held.get(name), each)
            return held
        case (list(), list()):
            return value
    return value if _kind(held) is _kind(value) is float else told(held, value)


def _swollen(held: Any, value: Any) -> Any:
    if held in EMPTY or value in EMPTY:
        return latest(held, value)
    match held, value:
        case dict(), dict():
            for name, each in value.items():
                held[name] = _swollen(held.get(name), each)
            return held
        case (str(), str()):
            return value if value.startswith(held) else UNCLEAR
        case (list(), list()):
            return value if _holds(value, held) else UNCLEAR
    return told(held, value)


def _added(held: list[Any], value: list[Any]) -> Any:
    """Join a list to one of which it may hold all, or what came last, once more; UNCLEAR where it holds some of it.

    Elements of the same ``index`` are one, and must not contradict each other.
    """
    if _holds(value, held):
        return value
    if held[-len(value) :] == value:
        return held
    recent = held[-LOOKED_BACK:]
    if any(item in recent for item in value):
        return UNCLEAR
    for item in value:
        index = item.get("index") if isinstance(item, dict) else None
        numbered = recent if index is not None else []
        same = next((each for each in numbered if isinstance(each, dict) and each.get("index") == index), None)
        if same is None:
            held.append(item)
        else:
            told(same, item)
    return held


def _holds(value: list[Any], held: list[Any]) -> bool:
    """Tell whether a list holds all of an earlier one, in its order."""
    if len(value) < len(held):
        return False
    elements = iter(value)
    return all(any(each == item for each in elements) for item in held)


def _bytes(held: str, value: str) -> Any:
    """Join bytes in base64. Pieces that are not padded may be cut anywhere, or each lack its padding: UNCLEAR.

    Only the last four characters of what is held can be of less than three bytes.
    """
    if len(held) % 4 or len(value) % 4:
        return UNCLEAR
    try:
        tail = base64.b64decode(held[-4:], validate=True) + base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return UNCLEAR
    return held[:-4] + base64.b64encode(tail).decode()


def _put(items: list[Any], item: Any, rule: Items, known: int) -> None:
    """Continue the one of the first *known* elements that *item* is a piece of, or append it.

    Without an index only the last one can go on.
    """
    if isinstance(item, dict):
        places = range(known - 1, -1, -1)[: 1 if item.get("index") is None else LOOKED_BACK]
        for earlier in (items[place] for place in places):
            if not isinstance(earlier, dict):
                continue
            continues = rule.continues(earlier, item)
            if continues:
                joined(earlier, item, rule.rule)
                return
            if continues is None:
                _doubt(earlier, item)
    items.append(item)


# ------------------------------------------------------------------ content in parts


def _summarized(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Databricks' summary of its reasoning is one text, up to its signature."""
    return earlier.get("type") == item.get("type") == "summary_text" and not earlier.get("signature")


_PARTS: Mapping[str, Mapping[str, Rule]] = {
    "text": {"type": How.NAMES, "text": How.GROWS, "annotations": How.ADDED, "citations": How.ADDED},
    "thinking": {"type": How.NAMES, "thinking": How.CONTENT, "closed": How.REPLACES},
    "reasoning": {
        "type": How.NAMES,
        "summary": Items({"type": How.NAMES, "text": How.GROWS}, _summarized),
    },
}
"""Parts of content that come in pieces: Mistral's text and thinking, Databricks' reasoning."""


def _content(held: Any, value: Any) -> Any:
    """Join content, of which one delta at least may be a list of parts.

    Mistral sends many ``thinking`` parts for what is one, and plain strings for the text that follows.
    """
    held, value = (_as_parts(content) for content in (held, value))
    if not isinstance(held, list) or not isinstance(value, list):
        return UNCLEAR
    if held:
        value = [part for part in value if part != {"type": "text", "text": ""}]
    if held and value and (kind := _one_kind(held[-1], value[0])) is not None:
        if kind in _PARTS:
            join(held[-1], value[0], _PARTS[kind])
            value = value[1:]
        else:
            _doubt(held[-1], value[0])
    return held + value


def _as_parts(content: Any) -> Any:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def _one_kind(last: Any, part: Any) -> Any:
    """Return the type of two parts, of which the second may be a piece of the first; None where they are of two."""
    if not isinstance(last, dict) or not isinstance(part, dict) or last.get("type") != part.get("type"):
        return None
    return kind if isinstance(kind := part.get("type"), str) else ""


def _doubt(last: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Mark what may be two elements or two pieces of one: those with a text of their own."""
    for name, value in part.items():
        if name != "type" and isinstance(value, str) and isinstance(last.get(name), str):
            last[name] = UNCLEAR
