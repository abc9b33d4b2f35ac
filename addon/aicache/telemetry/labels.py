"""Label values for metrics, bounded in number: callers choose model names, and errors choose words. Pure."""

from __future__ import annotations

import re
from typing import Any

OTHER = "other"
MAX_NAME_CHARS = 64
DEPENDENCIES = ("exact store", "answers of Higress", "embedder", "vector index", "judge model")

_KNOWN = re.compile(r"\d+/\d+ known")
_DETAIL = re.compile(r"[:(].*|\s\d+\b.*", re.DOTALL)


class BoundedNames:
    """Admits the first *limit* names; all later ones become `OTHER`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._names: set[str] = set()

    def of(self, name: str) -> str:
        """Return the name if it is admitted, now or before, else `OTHER`."""
        name = name[:MAX_NAME_CHARS]
        if name not in self._names:
            if len(self._names) >= self._limit:
                return OTHER
            self._names.add(name)
        return name

    def known(self, name: str) -> str:
        """Return the name if it was admitted before, else `OTHER`."""
        name = name[:MAX_NAME_CHARS]
        return name if name in self._names else OTHER


def reason_label(reason: str | None) -> str:
    """Return a reason without its variable details: ``store-error``, ``guard:numbers``, ``status``."""
    if not reason:
        return OTHER
    if reason.startswith(("guard:", "unexplained:", "content-encoding:")):  # of a few words each
        return reason[:MAX_NAME_CHARS]
    if _KNOWN.fullmatch(reason):
        return "known in part"
    return _DETAIL.sub("", reason).strip()[:MAX_NAME_CHARS] or OTHER


def dependency_label(reason: str) -> str:
    """Return the dependency in a reason ``store-error: DEPENDENCY: …``."""
    part = reason.removeprefix("store-error:").strip().partition(":")[0]
    return part if part in DEPENDENCIES else OTHER


def replace_surrogates(value: Any) -> Any:
    """Return plain values with lone surrogates, which UTF-8 cannot encode, replaced."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {name: replace_surrogates(each) for name, each in value.items()}
        case list() | tuple():
            return [replace_surrogates(each) for each in value]
        case _:
            return value
