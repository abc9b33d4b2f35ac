"""Fingerprints mitmproxy's source, so that code which relies on it runs only with source that was reviewed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any


def fingerprint_source(functions: Iterable[Callable[..., Any]]) -> str | None:
    """Return a digest of the functions' source; None if the source is not available."""
    return _fingerprint(tuple(functions))


@functools.cache  # to take a function's source from its file takes milliseconds, and there are dozens
def _fingerprint(functions: tuple[Callable[..., Any], ...]) -> str | None:
    try:
        source = "".join(inspect.getsource(each) for each in functions)
    except (OSError, TypeError):
        return None
    return blake2b(source.encode(), digest_size=8).hexdigest()
