"""Joining the deltas of a streamed message into the message, as pure functions. Decides by JSON type and field name.

OpenAI documents the deltas only by example (https://platform.openai.com/docs/api-reference/chat-streaming); what its
vendors add is known from recorded streams. So the rules are general, and fields that nobody has heard of survive:

- null says nothing, and empty values replace nothing;
- text grows in the fields that stream text; it stays what it first was in those that name something (role, id, ...);
- objects are joined field by field; any other value is replaced by a later one;
- lists grow; an element that carries the ``index`` of an earlier one continues it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

GROWING = frozenset(
    {"content", "reasoning_content", "reasoning", "refusal", "thinking", "text", "summary"}
    | {"arguments", "input"}  # of a function call, of a custom tool call
    | {"data", "transcript"}  # of audio (base64), and data of OpenRouter's encrypted reasoning
)
NAMING = frozenset({"role", "id", "type", "name", "format"})
LOOKED_BACK = 128
"""Elements of a list that may be open at once: as many calls as any API allows. Else long lists cost their square."""
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def join(held: dict[str, Any], delta: Mapping[str, Any]) -> None:
    """Join a delta into *held*, in place; what the delta holds belongs to *held* from then on."""
    for name, value in delta.items():
        held[name] = _joined(name, held[name], value) if name in held else value


def latest(held: Any, value: Any) -> Any:
    """Pick the later value, unless it is empty."""
    return held if value in _EMPTY and held is not None else value


def _joined(name: str, held: Any, value: Any) -> Any:
    match held, value:
        case (None, _) | (_, None):
            return value if held is None else held
        case str(), str() if name in GROWING:
            return held + value
        case str(), str() if name in NAMING:
            return held or value
        case dict(), dict():
            join(held, value)
            return held
        case (list(), _) | (_, list()) if name == "content":
            return _parts(held, value)
        case list(), list():
            for item in value:
                _put(name, held, item)
            return held
    return latest(held, value)


def _parts(held: Any, value: Any) -> Any:
    """Join content of which one delta at least is a list of parts, as Mistral streams its reasoning.

    Mistral sends many ``thinking`` parts for what is one, and plain strings for the text that follows.
    """
    held, value = (_as_parts(content) for content in (held, value))
    if not isinstance(held, list) or not isinstance(value, list):
        return latest(held, value)
    if held:
        value = [part for part in value if part != {"type": "text", "text": ""}]
    if held and value and _one_part(held[-1], value[0]):
        last = held[-1]
        if last["type"] == "thinking" and isinstance(last.get("thinking"), list):
            last["thinking"] = _parts(last["thinking"], value[0].get("thinking"))
            value[0] = {**value[0], "thinking": None}
        join(last, value[0])
        value = value[1:]
    return held + value


def _as_parts(content: Any) -> Any:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def _one_part(last: Any, part: Any) -> bool:
    kinds = [p.get("type") if isinstance(p, dict) else None for p in (last, part)]
    return kinds[0] == kinds[1] and kinds[0] in ("text", "thinking")


def _put(name: str, items: list[Any], item: Any) -> None:
    """Continue the element that *item* is a piece of, or append it.

    Only a tool call is looked for without an index: there are log probabilities and annotations by the thousand.
    """
    if isinstance(item, dict) and (name == "tool_calls" or item.get("index") is not None):
        continues = _continues_call if name == "tool_calls" else _continues
        for earlier in islice(reversed(items), LOOKED_BACK):
            if isinstance(earlier, dict) and continues(earlier, item):
                join(earlier, item)
                return
            if name == "tool_calls" and item.get("index") is None:
                break  # without an index only the last call can go on
    items.append(item)


def _continues(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Tell by index, type, id and format; what a piece leaves out agrees with anything (OpenRouter's signatures)."""
    if item.get("index") is None or item["index"] != earlier.get("index"):
        return False
    return all(_agree(earlier.get(name), item.get(name)) for name in ("type", "id", "format"))


def _continues_call(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Tell by index, or, for vendors that send none, by the lack of id and name.

    A second id together with a second name is another call whatever the index: gateways to Gemini give every parallel
    call index 0. A second id alone is not: some servers make up a new one for every piece.
    """
    function = item.get("function")
    named = bool(isinstance(function, dict) and function.get("name"))
    if item.get("index") is None:
        return not named and not item.get("id")
    if item["index"] != earlier.get("index"):
        return False
    return not named or _agree(earlier.get("id"), item.get("id"))


def _agree(one: Any, other: Any) -> bool:
    return one == other or one in _EMPTY or other in _EMPTY
