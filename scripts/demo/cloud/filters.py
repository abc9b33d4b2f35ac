"""DashVector's filter expressions, as far as the emulator needs them: ``field op constant``, joined by and, or."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Predicate = Callable[[Mapping[str, Any]], bool]

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISON = re.compile(r"""\s*([\w-]+)\s*(!=|<=|>=|=|<|>)\s*('[^']*'|"[^"]*"|-?\d+(?:\.\d+)?|true|false)\s*""")
JOINT = re.compile(r"(and|or)\b", re.IGNORECASE)


def parse(expression: str) -> Predicate:
    """Parse an expression into a predicate of a document. Raises ValueError. ``and`` binds tighter than ``or``."""
    alternatives: list[list[Predicate]] = [[]]
    position = 0
    while True:
        found = COMPARISON.match(expression, position)
        if found is None:
            raise ValueError(f"no comparison at character {position}")
        alternatives[-1].append(_comparison(*found.groups()))
        position = found.end()
        if position == len(expression):
            return lambda fields: any(all(each(fields) for each in both) for both in alternatives)
        joint = JOINT.match(expression, position)
        if joint is None:
            raise ValueError(f"neither and nor or at character {position}")
        if joint[1].lower() == "or":
            alternatives.append([])
        position = joint.end()


def _comparison(field: str, symbol: str, constant: str) -> Predicate:
    compare, wanted = OPERATORS[symbol], _constant(constant)

    def matches(fields: Mapping[str, Any]) -> bool:
        # a missing field, or one of another type, does not match
        return field in fields and type(fields[field]) is type(wanted) and compare(fields[field], wanted)

    return matches


def _constant(text: str) -> Any:
    if text[0] in "'\"":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    return float(text) if "." in text else int(text)
