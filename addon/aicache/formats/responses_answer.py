"""What a whole response says, and whether it is an answer worth keeping. Pure; knows nothing of streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats.body import JSONObject, objects

_TEXT_OF = {"output_text": "text", "reasoning_text": "text", "summary_text": "text", "refusal": "refusal"}
_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
_STEPS = frozenset({"web_search_call", "file_search_call", "mcp_list_tools", "tool_search_call", "compaction"})
_UNDONE_AS_YET = frozenset({"shell_call", "local_shell_call", "apply_patch_call", "computer_call"})


def read(document: JSONObject) -> JSONObject:
    """Check a ``response`` object and return it as it is.

    Raises ValueError, with the reason, unless it is a completed answer of which every item ended well and one at least
    says something.
    """
    refuse_error(document)
    if document.get("object") != "response":
        raise ValueError("a document that is no response")
    if (status := document.get("status")) != "completed":
        raise ValueError(f"status: {status if _is_word(status) else 'none, or not a word'}")
    if document.get("incomplete_details"):
        raise ValueError("incomplete_details: the answer is cut")
    if not isinstance(document.get("usage"), dict | None):
        raise ValueError("usage: not an object")
    items = objects(document.get("output"), "output")
    for item in items:
        _check(item)
    if not any(_says(item) for item in items):
        raise ValueError("output: nothing is said")
    return document


def refuse_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error that came with status 200: a document's, an event's or a single item's."""
    if document.get("error") or document.get("object") == "error" or document.get("type") == "error":
        raise ValueError("an error in place of an answer")


def refused(document: Mapping[str, Any]) -> bool:
    """Tell whether the model declined to answer."""
    return any(
        part.get("type") == "refusal" and part.get("refusal")
        for item in document["output"]
        if item["type"] == "message"
        for part in parts_of(item, "content")
    )


def parts_of(item: Mapping[str, Any], name: str) -> list[JSONObject]:
    return objects(item.get(name), f"output.{name}")


def _check(item: JSONObject) -> None:
    """Check that an item ended well and that what it says is of the types the API documents."""
    refuse_error(item)
    kind = item.get("type")
    if not isinstance(kind, str):
        raise ValueError("output: an item without a type")
    if not _ended_well(kind, item):
        raise ValueError("output: an item that was not completed")
    if kind in _CALLS and not all(isinstance(item.get(name), str) for name in ("name", "call_id", _CALLS[kind])):
        raise ValueError("output: a call that is none")
    if kind in ("message", "reasoning"):
        for part in (*parts_of(item, "content"), *parts_of(item, "summary")):
            said = _TEXT_OF.get(part["type"]) if isinstance(part.get("type"), str) else ""
            if said == "" or (said is not None and not isinstance(part.get(said), str)):
                raise ValueError("output: a part whose text is none")
            for name in ("annotations", "logprobs"):
                objects(part.get(name), f"output.{name}")


def _ended_well(kind: str, item: Mapping[str, Any]) -> bool:
    """Tell by an item's status. What the caller is to do is in progress; pictures stay ``generating`` when done."""
    match item.get("status"):
        case None | "completed":
            return True
        case "in_progress":
            return kind in _UNDONE_AS_YET
        case "generating":
            return kind == "image_generation_call" and bool(item.get("result"))
        case _:
            return False


def _says(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is more than a step on the way. Reasoning counts where it can be read.

    A search for tools that the caller is to make ends an answer as a function's call does.
    """
    if item["type"] in ("message", "reasoning"):
        parts = (*parts_of(item, "content"), *parts_of(item, "summary"))
        return any(part.get(_TEXT_OF.get(part["type"], "type")) for part in parts)
    return item["type"] not in _STEPS or item.get("execution") == "client"


def _is_word(status: Any) -> bool:
    return isinstance(status, str) and status.isidentifier() and len(status) <= 40
