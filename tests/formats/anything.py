"""Values that nobody expects: any JSON, and any JSON in the place of any part of a good body."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def replaced(value: Any, path: list[int], with_: Any) -> Any:
    """Put a value in the place of whatever the path leads to."""
    if not path or not isinstance(value, dict | list) or not value:
        return with_
    step = path[0] % len(value)
    if isinstance(value, list):
        return [replaced(v, path[1:], with_) if i == step else v for i, v in enumerate(value)]
    return {k: replaced(v, path[1:], with_) if i == step else v for i, (k, v) in enumerate(value.items())}
