"""Whether a JSON value keeps to a JSON schema, as far as the keywords go that structured output has. Pure.

Keywords that are not known, and patterns and formats, whose evaluation a caller could make long, count as kept; so does
what takes more steps than anybody needs. Sources: https://json-schema.org/draft/2020-12/json-schema-validation, and for
types in capitals, ``nullable`` and ``propertyOrdering`` https://ai.google.dev/api/caching#Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MAX_STEPS = 20_000
_MAX_DEPTH = 100
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def conforms(value: Any, schema: Any) -> bool:
    """Tell whether a value keeps to a schema; anything that is no schema is kept to."""
    return _Validation(schema).holds(value, schema, 0)


class _Validation:
    """One check, whose steps are counted: alternatives within alternatives would take for ever."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = _MAX_STEPS

    def holds(self, value: Any, schema: Any, depth: int) -> bool:
        self._left -= 1
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict) or self._left < 0 or depth > _MAX_DEPTH:
            return True
        if value is None and schema.get("nullable") is True:
            return True
        if isinstance(reference := schema.get("$ref"), str) and not self.holds(
            value, self._referred(reference), depth + 1
        ):
            return False
        return (
            _has_type(value, schema.get("type"))
            and ("const" not in schema or _equal(value, schema["const"]))
            and self._is_listed(value, schema.get("enum"))
            and self._fits_others(value, schema, depth)
            and (not isinstance(value, dict) or self._fields_hold(value, schema, depth))
            and (not isinstance(value, list) or self._items_hold(value, schema, depth))
            and _within(value, schema)
        )

    def _is_listed(self, value: Any, allowed: Any) -> bool:
        if not isinstance(allowed, list):
            return True
        self._left -= len(allowed)
        return any(_equal(value, each) for each in allowed)

    def _fits_others(self, value: Any, schema: Mapping[str, Any], depth: int) -> bool:
        for name, enough in (("anyOf", any), ("oneOf", any), ("allOf", all)):
            others = schema.get(name)
            if not isinstance(others, list) or not others:
                continue
            if not enough(self.holds(value, each, depth + 1) for each in others):
                return False
        return True

    def _fields_hold(self, value: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> bool:
        required = schema.get("required")
        if isinstance(required, list) and not all(name in value for name in required if isinstance(name, str)):
            return False
        known = properties if isinstance(properties := schema.get("properties"), dict) else {}
        others = True if "patternProperties" in schema else schema.get("additionalProperties", True)
        return all(self.holds(inner, known.get(name, others), depth + 1) for name, inner in value.items())

    def _items_hold(self, value: list[Any], schema: Mapping[str, Any], depth: int) -> bool:
        first = listed if isinstance(listed := schema.get("prefixItems"), list) else []
        rest = schema.get("items", True)
        return all(self.holds(each, first[at] if at < len(first) else rest, depth + 1) for at, each in enumerate(value))

    def _referred(self, reference: str) -> Any:
        """Follow a reference within the schema; one that leads anywhere else says nothing."""
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:] if reference.startswith("#") else ("?",):
            step = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or step not in found:
                return True
            found = found[step]
        return found


def _has_type(value: Any, kind: Any) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    names = [each.lower() for each in kinds if isinstance(each, str)]
    if not names or not all(name in _TYPES for name in names):
        return True
    return any(_is_instance(value, name) for name in names)


def _is_instance(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _within(value: Any, schema: Mapping[str, Any]) -> bool:
    """Check how many items, characters or fields there are, and between what a number is."""
    if isinstance(value, list):
        return _between(len(value), schema.get("minItems"), schema.get("maxItems"))
    if isinstance(value, str):
        return _between(len(value), schema.get("minLength"), schema.get("maxLength"))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _between(value, schema.get("minimum"), schema.get("maximum"))
    return True


def _between(number: float, least: Any, most: Any) -> bool:
    if isinstance(least, int | float) and number < least:
        return False
    return not (isinstance(most, int | float) and number > most)


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
