"""Joins function calls whose arguments are streamed in pieces. Pure.

Vertex AI streams them so for callers that set ``streamFunctionCallArguments``: a part with the name, parts with
``partialArgs``, each a value and its path, and a part whose call has no ``willContinue``. A path is a JSONPath of names
and indexes (https://www.rfc-editor.org/rfc/rfc9535); text at the same path is appended.
Source: https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, TypeAlias

from aicache.formats.gemini import fields
from aicache.formats.json_body import JSONObject, object_list

_Step: TypeAlias = str | int
_STEP = re.compile(r"""\.([^.\[\]'"\s]+) | \[(\d{1,6})\] | \['([^'\\]*)'\] | \["([^"\\]*)"\]""", re.VERBOSE)
_MAX_PATH_STEPS = 64  # the arguments of real functions have three or four levels
_PIECE_FIELDS = frozenset({"partialArgs", "willContinue"})
_PARTIAL_ARG: fields.Table = {
    "jsonPath": (str,),
    "stringValue": (str,),
    "numberValue": (int, float),
    "boolValue": (bool,),
    "willContinue": (bool,),
}
END_MARK: JSONObject = {"functionCall": {}}
"""A part that only ends a call in pieces."""


@dataclass(slots=True)
class CallBuilder:
    """Builds the open call from its pieces, if there is one. Its part is complete once the call has ended."""

    _part: JSONObject | None = None
    _growing: set[tuple[_Step, ...]] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        return self._part is not None

    def add(self, part: JSONObject) -> JSONObject | None:
        """Merge a piece of a call, as `is_piece` recognizes it; return the part that it begins, if it begins one.

        Raises ValueError for a piece that does not fit.
        """
        piece = fields.submessage(part, "functionCall", fields.FUNCTION_CALL)
        begun = None
        if self._part is None:
            if not piece.get("name"):
                raise ValueError("functionCall: a piece of a call without a name")
            self._part = begun = {**part, "functionCall": {"args": {}}}
            self._growing = set()
        call = self._part["functionCall"]
        if any(piece.get(name, call.get(name)) != call.get(name, piece.get(name)) for name in ("id", "name")):
            raise ValueError("functionCall: a piece of another call than the one that is open")
        call["args"] |= piece.get("args", {})
        for container, more in ((self._part, part), (call, piece)):
            container |= {
                name: value for name, value in more.items() if name not in container and name not in _PIECE_FIELDS
            }
        for partial in object_list(piece.get("partialArgs"), "partialArgs"):
            self._put(call["args"], partial)
        if not piece.get("willContinue"):
            self._part = None
        return begun

    def is_piece(self, part: Mapping[str, Any]) -> bool:
        """Tell whether a part is a piece of a call: more pieces follow, or a call is open."""
        call = part.get("functionCall")
        return isinstance(call, dict) and bool(self.is_open or call.get("willContinue") or call.get("partialArgs"))

    def _put(self, args: JSONObject, partial: JSONObject) -> None:
        normalized = fields.normalize(partial, _PARTIAL_ARG)
        values = [normalized[name] for name in ("stringValue", "numberValue", "boolValue") if name in normalized]
        if "nullValue" in partial:
            values.append(None)
        if len(values) > 1:
            raise ValueError("partialArgs: several values for one path")
        if not values:
            return  # announces a path
        place = _parse_path(normalized.get("jsonPath", ""))
        holder, last = _holder(args, place)
        (value,) = values
        if isinstance(value, str):
            before = _get(holder, last) if place in self._growing else None
            value = before + value if isinstance(before, str) else value
            self._growing.add(place)
        else:
            self._growing.discard(place)
        _set(holder, last, value)


def _parse_path(path: str) -> tuple[_Step, ...]:
    """Parse a JSONPath to one place. Raises ValueError for any other."""
    steps: list[_Step] = []
    at = 1
    while at < len(path) and path.startswith("$") and len(steps) < _MAX_PATH_STEPS and (step := _STEP.match(path, at)):
        at = step.end()
        name, index, *quoted = step.groups()
        steps.append(int(index) if index else next(each for each in (name, *quoted) if each is not None))
    if not steps or at < len(path):
        raise ValueError("jsonPath: not a path to one place")
    return tuple(steps)


def _holder(args: JSONObject, place: tuple[_Step, ...]) -> tuple[Any, _Step]:
    """Return the object or list that holds a place, created if absent, and the last step to it."""
    container: Any = args
    for step, following in pairwise(place):
        inner = _get(container, step)
        if inner is None:
            inner = [] if isinstance(following, int) else {}
            _set(container, step, inner)
        container = inner
    return container, place[-1]


def _get(container: Any, step: _Step) -> Any:
    if isinstance(container, dict) and isinstance(step, str):
        return container.get(step)
    if isinstance(container, list) and isinstance(step, int):
        return container[step] if step < len(container) else None
    raise ValueError("jsonPath: leads through a value of another type")


def _set(container: Any, step: _Step, value: Any) -> None:
    if isinstance(container, dict) and isinstance(step, str):
        container[step] = value
    elif isinstance(container, list) and isinstance(step, int) and step <= len(container):
        container[step : step + 1] = [value]
    else:
        raise ValueError("jsonPath: leads through a value of another type")
