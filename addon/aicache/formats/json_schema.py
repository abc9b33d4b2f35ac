"""Validates a JSON value against a JSON schema, for the keywords of structured output. Pure.

Unknown keywords are ignored, and so are patterns and formats, whose evaluation a caller could make slow. A value also
conforms when its validation would take more steps than any real schema needs.

Sources: https://json-schema.org/draft/2020-12/json-schema-validation, and for types in capitals, ``nullable`` and
``propertyOrdering`` https://ai.google.dev/api/caching#Schema.
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
    """Tell whether a value conforms to a schema. Every value conforms to an invalid schema."""
    return _Validation(schema).conforms(value, schema, 0)


class _Validation:
    """One validation, whose steps are counted: nested alternatives would take exponential time."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps_left = _MAX_STEPS

    def conforms(self, value: Any, schema: Any, depth: int) -> bool:
        self._steps_left -= 1
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict) or self._steps_left < 0 or depth > _MAX_DEPTH:
            return True
        if value is None and schema.get("nullable") is True:
            return True
        if isinstance(reference := schema.get("$ref"), str) and not self.conforms(
            value, self._resolve(reference), depth + 1
        ):
            return False
        return (
            _has_type(value, schema.get("type"))
            and ("const" not in schema or _equal(value, schema["const"]))
            and self._is_listed(value, schema.get("enum"))
            and self._matches_combined(value, schema, depth)
            and (not isinstance(value, dict) or self._properties_conform(value, schema, depth))
            and (not isinstance(value, list) or self._items_conform(value, schema, depth))
            and _is_within_limits(value, schema)
        )

    def _is_listed(self, value: Any, allowed: Any) -> bool:
        if not isinstance(allowed, list):
            return True
        self._steps_left -= len(allowed)
        return any(_equal(value, each) for each in allowed)

    def _matches_combined(self, value: Any, schema: Mapping[str, Any], depth: int) -> bool:
        for name, quantifier in (("anyOf", any), ("oneOf", any), ("allOf", all)):
            others = schema.get(name)
            if not isinstance(others, list) or not others:
                continue
            if not quantifier(self.conforms(value, each, depth + 1) for each in others):
                return False
        return True

    def _properties_conform(self, value: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> bool:
        required = schema.get("required")
        if isinstance(required, list) and not all(name in value for name in required if isinstance(name, str)):
            return False
        known = properties if isinstance(properties := schema.get("properties"), dict) else {}
        others = True if "patternProperties" in schema else schema.get("additionalProperties", True)
        return all(self.conforms(inner, known.get(name, others), depth + 1) for name, inner in value.items())

    def _items_conform(self, value: list[Any], schema: Mapping[str, Any], depth: int) -> bool:
        first = listed if isinstance(listed := schema.get("prefixItems"), list) else []
        rest = schema.get("items", True)
        schemas = (first[at] if at < len(first) else rest for at in range(len(value)))
        return all(self.conforms(item, each, depth + 1) for item, each in zip(value, schemas, strict=True))

    def _resolve(self, reference: str) -> Any:
        """Return the schema that a reference within this one names; True, which allows everything, for any other."""
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


def _is_within_limits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Check the number of items or characters, and the range of a number."""
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
