"""Shares out what an embeddings response counted among its inputs, and adds it up again. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aicache.formats.json_body import JSONObject, render_json

_MAX_COUNT = 1 << 53  # larger numbers count nothing


def input_sizes(inputs: Iterable[Any]) -> list[int]:
    """Return the lengths of the inputs in bytes of JSON, by which counts are shared out."""
    return [len(render_json(each)) for each in inputs]


def share_count(counted: int, sizes: Sequence[int]) -> list[int]:
    """Share out a response's count by the lengths of the inputs, so that the shares add up to it."""
    whole = sum(sizes)
    shares, so_far, given = [], 0, 0
    for size in sizes:
        so_far += size
        share = counted * so_far // whole - given
        given += share
        shares.append(share)
    return shares


def share_usage(usage: JSONObject, sizes: Sequence[int]) -> list[JSONObject]:
    """Share out each counter of a response, whatever its name; other values go to every input."""
    whole = sum(sizes)
    shares: list[JSONObject] = [{} for _ in sizes]
    for name, value in usage.items():
        parts: Iterable[Any] = [value] * len(sizes)
        if isinstance(value, dict):
            parts = share_usage(value, sizes)
        elif _is_count(value) and isinstance(value, int):
            parts = share_count(value, sizes)
        elif _is_count(value):
            parts = [value * size / whole for size in sizes]
        for share, part in zip(shares, parts, strict=True):
            share[name] = part
    return shares


def sum_usage(usages: Sequence[Mapping[str, Any]]) -> JSONObject:
    """Add up each counter; of other values the first one stands."""
    names = dict.fromkeys(name for usage in usages for name in usage)
    return {name: _sum_values([usage[name] for usage in usages if usage.get(name) is not None]) for name in names}


def _sum_values(values: Sequence[Any]) -> Any:
    if values and all(isinstance(value, dict) for value in values):
        return sum_usage(values)
    if values and all(_is_count(value) for value in values):
        # Twelve digits: a cost is again what it was before it was shared out.
        return sum(values) if all(isinstance(each, int) for each in values) else float(f"{math.fsum(values):.12g}")
    return values[0] if values else None


def _is_count(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _MAX_COUNT
