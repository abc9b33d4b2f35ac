"""Merges the deltas of a streamed answer into the whole answer, by a rule for each known field. Pure; never guesses.

A `Rule` says how to merge a second piece of a field with the first. Unknown fields are merged only where there is one
possible result:

- null is ignored, an empty value replaces nothing, and a repeated value counts once;
- objects are merged field by field;
- any other value that comes in several different pieces is `AMBIGUOUS`: it may be appended, replaced, added or a draft.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from aicache.formats.merge_rules import AMBIGUOUS, EMPTY, ListRule, Merge, Rule

MAX_OPEN_ITEMS = 128
"""Last elements of a list that a piece may continue, as many as calls any API allows: all would take quadratic time."""

_NO_RULES: Mapping[str, Rule] = {}


def merge_fields(merged: dict[str, Any], delta: Mapping[str, Any], rules: Mapping[str, Rule] = _NO_RULES) -> None:
    """Merge the fields of a delta into *merged*, in place; the delta's values become part of it."""
    for name, value in delta.items():
        rule = rules.get(name)
        if isinstance(rule, ListRule) and rule.within and isinstance(value, list):
            merged[name] = merge_values(merged.get(name) or [], value, rule)
        else:
            merged[name] = merge_values(merged[name], value, rule) if name in merged else value


def merge_values(merged: Any, value: Any, rule: Rule | None = None) -> Any:
    """Merge a value with the one before it; without a rule, only if there is one way to do so."""
    if merged is None or value is None:
        return value if merged is None else merged
    if isinstance(merged, str) and isinstance(value, str):
        return _merge_text(merged, value, rule)
    match rule:
        case Merge.CONTENT:
            return _merge_content(merged, value)
        case _ if value in EMPTY:
            return merged
        case Merge.REPLACE:
            return _replace(merged, value)
        case Merge.REPLACE_COUNTS:
            return _merge_counts(merged, value)
        case Merge.ACCUMULATED:
            return _merge_accumulated(merged, value)
        case Merge.UNION if isinstance(merged, list) and isinstance(value, list):
            return _merge_union(merged, value)
        case Merge.EXTEND if isinstance(merged, list) and isinstance(value, list):
            merged += value
            return merged
        case ListRule() if isinstance(merged, list) and isinstance(value, list):
            known = len(merged)
            for item in value:
                _merge_item(merged, item, rule, len(merged) if rule.within else known)
            return merged
        case Mapping() if isinstance(merged, dict) and isinstance(value, dict):
            merge_fields(merged, value, rule)
            return merged
    return merge_unknown(merged, value)


def _merge_text(merged: str, value: str, rule: Rule | None) -> Any:
    if rule is Merge.APPEND or rule is Merge.CONTENT:
        return merged + value
    if not merged or not value:
        return merged or value
    match rule:
        case Merge.KEEP_FIRST:
            return merged
        case Merge.REPLACE:
            return value
        case Merge.ACCUMULATED:
            return value if value.startswith(merged) else AMBIGUOUS
        case Merge.BASE64:
            return _merge_base64(merged, value)
    return merge_unknown(merged, value)


def merge_unknown(merged: Any, value: Any) -> Any:
    """Merge values of an unknown field: `AMBIGUOUS` if there are several ways to do so."""
    if merged in EMPTY:
        return prefer_later(merged, value)
    if value in EMPTY:
        return merged
    match merged, value:
        case dict(), dict():
            for name, each in value.items():
                merged[name] = merge_unknown(merged[name], each) if name in merged else each
            return merged
    return merged if _json_type(merged) is _json_type(value) and merged == value else AMBIGUOUS


def prefer_later(merged: Any, value: Any) -> Any:
    """Return the later value, unless it is empty."""
    return merged if value in EMPTY and merged is not None else value


def _json_type(value: Any) -> type:
    return float if type(value) is int else type(value)


def _replace(merged: Any, value: Any) -> Any:
    if isinstance(merged, dict) and isinstance(value, dict):
        for name, each in value.items():
            merged[name] = _replace(merged.get(name), each)
        return merged
    return prefer_later(merged, value)


def _merge_counts(merged: Any, value: Any) -> Any:
    if merged in EMPTY or value in EMPTY:
        return prefer_later(merged, value)
    match merged, value:
        case dict(), dict():
            for name, each in value.items():
                merged[name] = _merge_counts(merged.get(name), each)
            return merged
        case (list(), list()):
            return value
    return value if _json_type(merged) is _json_type(value) is float else merge_unknown(merged, value)


def _merge_accumulated(merged: Any, value: Any) -> Any:
    if merged in EMPTY or value in EMPTY:
        return prefer_later(merged, value)
    match merged, value:
        case dict(), dict():
            for name, each in value.items():
                merged[name] = _merge_accumulated(merged.get(name), each)
            return merged
        case (str(), str()):
            return value if value.startswith(merged) else AMBIGUOUS
        case (list(), list()):
            return value if _contains_in_order(value, merged) else AMBIGUOUS
    return merge_unknown(merged, value)


def _merge_union(merged: list[Any], value: list[Any]) -> Any:
    """Merge lists, the later of which may repeat all of the first or its end; AMBIGUOUS if it repeats other parts.

    Elements of the same ``index`` are one element, and must not contradict each other.
    """
    if _contains_in_order(value, merged):
        return value
    if merged[-len(value) :] == value:
        return merged
    recent = merged[-MAX_OPEN_ITEMS:]
    if any(item in recent for item in value):
        return AMBIGUOUS
    for item in value:
        index = item.get("index") if isinstance(item, dict) else None
        numbered = recent if index is not None else []
        same = next((each for each in numbered if isinstance(each, dict) and each.get("index") == index), None)
        if same is None:
            merged.append(item)
        else:
            merge_unknown(same, item)
    return merged


def _contains_in_order(value: list[Any], merged: list[Any]) -> bool:
    """Tell whether a list contains all elements of an earlier one, in their order."""
    if len(value) < len(merged):
        return False
    elements = iter(value)
    return all(any(each == item for each in elements) for item in merged)


def _merge_base64(merged: str, value: str) -> Any:
    """Append bytes in base64. AMBIGUOUS without padding: a piece may be cut anywhere, or be whole and unpadded.

    Only the last four characters of *merged* can encode fewer than three bytes.
    """
    if len(merged) % 4 or len(value) % 4:
        return AMBIGUOUS
    try:
        tail = base64.b64decode(merged[-4:], validate=True) + base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return AMBIGUOUS
    return merged[:-4] + base64.b64encode(tail).decode()


def _merge_item(items: list[Any], item: Any, rule: ListRule, known: int) -> None:
    """Merge *item* into the one of the first *known* elements that it continues, or append it.

    Without an index only the last one can be continued.
    """
    if isinstance(item, dict):
        places = range(known - 1, -1, -1)[: 1 if item.get("index") is None else MAX_OPEN_ITEMS]
        for earlier in (items[place] for place in places):
            if not isinstance(earlier, dict):
                continue
            continues = rule.continues(earlier, item)
            if continues:
                merge_values(earlier, item, rule.rule)
                return
            if continues is None:
                _mark_ambiguous(earlier, item)
    items.append(item)


def _continues_summary(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Tell whether a piece continues Databricks' summary of the reasoning: one text, which a signature ends."""
    return earlier.get("type") == item.get("type") == "summary_text" and not earlier.get("signature")


_PART_RULES: Mapping[str, Mapping[str, Rule]] = {
    "text": {"type": Merge.KEEP_FIRST, "text": Merge.APPEND, "annotations": Merge.UNION, "citations": Merge.UNION},
    "thinking": {"type": Merge.KEEP_FIRST, "thinking": Merge.CONTENT, "closed": Merge.REPLACE},
    "reasoning": {
        "type": Merge.KEEP_FIRST,
        "summary": ListRule({"type": Merge.KEEP_FIRST, "text": Merge.APPEND}, _continues_summary),
    },
}
"""Types of parts that come in pieces: Mistral's text and thinking, Databricks' reasoning."""


def _merge_content(merged: Any, value: Any) -> Any:
    """Merge content, of which at least one piece may be a list of parts.

    Mistral sends one ``thinking`` part in many pieces, and plain strings for the text that follows.
    """
    merged, value = (_as_parts(content) for content in (merged, value))
    if not isinstance(merged, list) or not isinstance(value, list):
        return AMBIGUOUS
    if merged:
        value = [part for part in value if part != {"type": "text", "text": ""}]
    if merged and value and (kind := _shared_type(merged[-1], value[0])) is not None:
        if kind in _PART_RULES:
            merge_fields(merged[-1], value[0], _PART_RULES[kind])
            value = value[1:]
        else:
            _mark_ambiguous(merged[-1], value[0])
    return merged + value


def _as_parts(content: Any) -> Any:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def _shared_type(last: Any, part: Any) -> Any:
    """Return the type of two parts if the second may continue the first; None if their types differ."""
    if not isinstance(last, dict) or not isinstance(part, dict) or last.get("type") != part.get("type"):
        return None
    return kind if isinstance(kind := part.get("type"), str) else ""


def _mark_ambiguous(last: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Mark fields with text in both as ambiguous: they may be two elements, or two pieces of one."""
    for name, value in part.items():
        if name != "type" and isinstance(value, str) and isinstance(last.get(name), str):
            last[name] = AMBIGUOUS
