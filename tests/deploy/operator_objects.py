"""What the Prometheus operator takes of the fields that our objects have: any other field it would drop, unsaid.

The names, types and patterns are those of its API v1 (https://prometheus-operator.dev/docs/api-reference/api/).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

DURATION = re.compile(r"0|(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?")
TEXT = re.compile(r"(?s).+")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
LABELS = {LABEL: TEXT}
OBJECT = {"apiVersion": re.compile(r"monitoring\.coreos\.com/v1"), "kind": TEXT}
METADATA = {"name": re.compile(r"[a-z0-9-]+"), "labels": {TEXT: TEXT}}
SERVICE_MONITOR = OBJECT | {
    "metadata": METADATA,
    "spec": {
        "selector": {"matchLabels": {TEXT: TEXT}},
        "endpoints": [
            {
                "port": TEXT,
                "path": re.compile(r"/.*"),
                "interval": DURATION,
                "authorization": {"credentials": {"name": TEXT, "key": TEXT}},
            }
        ],
    },
}
RULE = {
    "alert": TEXT,
    "record": re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*"),
    "expr": TEXT,
    "for": DURATION,
    "labels": LABELS,
    "annotations": LABELS,
}
PROMETHEUS_RULE = OBJECT | {"metadata": METADATA, "spec": {"groups": [{"name": TEXT, "rules": [RULE]}]}}


def mistakes(found: Any, shape: Any, where: str = "") -> Iterator[str]:
    """Yield what in *found* is not of this *shape*: a pattern for a text, a list of one shape for all of its elements,
    or a shape by name, in which a pattern stands for any name like it. Fields may be left out."""
    match shape:
        case re.Pattern():
            if not isinstance(found, str) or not shape.fullmatch(found):
                yield f"{where}: {found!r}"
        case [each]:
            if not isinstance(found, list) or not found:
                yield f"{where}: not a list with anything in it"
            else:
                for number, element in enumerate(found):
                    yield from mistakes(element, each, f"{where}[{number}]")
        case _:
            if not isinstance(found, dict):
                yield f"{where}: not an object"
                return
            for name, value in found.items():
                like = (key for key in shape if isinstance(key, re.Pattern) and key.fullmatch(name))
                inner = shape.get(name) or next((shape[key] for key in like), None)
                if inner is None:
                    yield f"{where}.{name}: unknown"
                else:
                    yield from mistakes(value, inner, f"{where}.{name}")
