"""Base of embedders that call a service: batches, retries within a deadline, checks of the reply. Knows no service."""

from __future__ import annotations

import asyncio
import math
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from aicache.adapters.embedders.batching import Batcher, RejectedError
from aicache.adapters.embedders.input_text import truncate
from aicache.adapters.errors import time_limit
from aicache.domain.loop_time import LoopTimeout, loop_time, loop_timeout
from aicache.domain.model import Vector
from aicache.domain.ports import Purpose, StoreError

T = TypeVar("T")
Matrix: TypeAlias = npt.NDArray[np.float64]

MAX_TEXT_CHARS = 2000
"""Longer texts are cut. A character has at most four bytes and a token at least one, so whatever the tokenizer, that is
within 8192 tokens. Texts that differ only after it have the same vector."""
MAX_BATCH_DELAY_S = 0.002
"""The time that the first text of a batch waits for others."""
MAX_IN_FLIGHT = 4
"""Concurrent requests of one embedder."""
MAX_ATTEMPTS = 4
BACKOFF_S = 0.05
"""Mean pause before the second attempt; it doubles with each further one."""
ADVICE = {
    401: "; check semantic.embedder.api_key",
    403: "; check semantic.embedder.api_key",
    404: "; check semantic.embedder.base_url and model",
}
LOAD_TIMEOUT_S = 15.0
"""Limit of `load`, which opens the first connection."""


class TemporaryError(StoreError):
    """An error that a retry may resolve: too many requests, an error of the server, a broken connection.

    *retry_after_s* is how long the service asks to wait.
    """

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class HttpEmbedder(ABC):
    """An Embedder whose rows come from a service; `_request` of a subclass sends one request to it.

    *timeout* (seconds) bounds one `embed` with all its waiting and all its attempts.
    """

    asymmetric = False
    threshold = 0.95
    """Not measured for these models, so conservative: it costs hits, not wrong answers. Evaluate before lowering it."""

    def __init__(self, name: str, model: str, dimensions: int | None, timeout: float, *, max_batch: int) -> None:
        self._name = name
        self._model = model
        self._dimensions = dimensions
        self._timeout = timeout
        self._batcher = Batcher(
            name, self._send, max_batch=max_batch, max_delay_s=MAX_BATCH_DELAY_S, max_in_flight=MAX_IN_FLIGHT
        )

    @property
    def model(self) -> str:
        return self._model

    @property
    def dimensions(self) -> int:
        """Raises StoreError while they are unknown: not configured, and nothing embedded yet (see `load`)."""
        if self._dimensions is None:
            raise StoreError(f"{self._name}: the dimensions of {self._model} are not known before load()")
        return self._dimensions

    async def load(self) -> None:
        """Embed a short text: this checks address, key and model, opens a connection, and finds the dimensions."""
        await self._prepare()
        if (await self._fetch(["ping"], "query", LOAD_TIMEOUT_S))[0] is None:
            raise StoreError(f"{self._name}: {self._model} returns vectors that are zero or not finite")

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        """See the port. A blank text has the vector of a full stop, because services reject empty texts."""
        async with time_limit(loop_timeout(self._timeout), self._timeout, self._name):
            rows = await self._batcher.embed([_prepared(text) for text in texts], purpose, partition)
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)

    def clear_cache(self) -> None:
        """Drop all remembered vectors."""
        self._batcher.forget()

    async def close(self) -> None:
        await self._batcher.close()

    @abstractmethod
    async def _prepare(self) -> None:
        """Do slow one-time work, like an import."""

    @abstractmethod
    async def _request(self, texts: list[str], purpose: Purpose, timeout_s: float) -> Sequence[tuple[Any, Any]]:
        """Send one request; return index and embedding of each row, unchecked.

        Raises TemporaryError, RejectedError, or another StoreError when a retry is of no use.
        """

    async def _send(self, texts: list[str], purpose: Purpose) -> list[Vector | None]:
        return await self._fetch(texts, purpose, self._timeout)

    async def _fetch(self, texts: list[str], purpose: Purpose, timeout_s: float) -> list[Vector | None]:
        reply = await _retry(lambda left: self._request(texts, purpose, left), timeout_s, self._name)
        rows = _matrix(reply, len(texts), self._dimensions, self._name)
        self._dimensions = rows.shape[1]
        norms = np.linalg.norm(rows, axis=1)
        good = np.isfinite(norms) & (norms > 0)
        return [
            (row / norm).astype(np.float32) if fine else None for row, norm, fine in zip(rows, norms, good, strict=True)
        ]


class UnreachableError(TemporaryError):
    """No connection could be made. The message shows the host of *url*, never its user, path or query."""

    def __init__(self, name: str, url: str, exc: Exception) -> None:
        host = urlsplit(url).netloc.rpartition("@")[2]
        super().__init__(f"{name}: {host} cannot be reached ({type(exc).__name__}); check semantic.embedder.base_url")


def error_for_status(name: str, status: int, code: object, retry_after: object = None) -> StoreError:
    """Return the error for an unsuccessful HTTP *status*; *retry_after* is the value of the header Retry-After.

    Of the service's reply only its error *code* is shown, if it looks like one: a message may repeat the text.
    """
    word = code if isinstance(code, str) and re.fullmatch(r"[\w.\-]{1,64}", code, re.ASCII) else ""
    message = f"{name}: {status} {word}".rstrip() + ADVICE.get(status, "")
    if status in (408, 429) or status >= 500:
        return TemporaryError(message, _parse_retry_after(retry_after))
    return RejectedError(message) if status in (400, 413, 422) else StoreError(message)


async def _retry(request: Callable[[float], Awaitable[T]], timeout_s: float, name: str) -> T:
    """Call *request* with the seconds left, again after a TemporaryError while attempts and time allow."""
    clock = loop_time()
    deadline = clock.time() + timeout_s
    async with time_limit(LoopTimeout(deadline, clock), timeout_s, name):
        for attempt in range(MAX_ATTEMPTS):
            try:
                return await request(deadline - clock.time())
            except TemporaryError as exc:
                pause = max(BACKOFF_S * 2**attempt * random.uniform(0.5, 1.5), exc.retry_after_s)
                if attempt == MAX_ATTEMPTS - 1 or clock.time() + pause >= deadline:
                    raise
            await asyncio.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _matrix(reply: Sequence[tuple[Any, Any]], count: int, dimensions: int | None, name: str) -> Matrix:
    """Return ``(count, dimensions)`` float64 in the order of the indices. Raises StoreError for any other shape."""
    try:
        ordered = sorted(reply, key=lambda row: row[0])
        rows = np.array([embedding for _, embedding in ordered], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as exc:
        raise StoreError(f"{name}: the reply has embeddings that are not lists of numbers") from exc
    if [index for index, _ in ordered] != list(range(count)):
        raise StoreError(f"{name}: the reply has {len(ordered)} embeddings for {count} texts, or wrong indices")
    if rows.ndim != 2 or not rows.shape[1]:
        raise StoreError(f"{name}: the reply has embeddings that are not lists of numbers")
    if dimensions is not None and rows.shape[1] != dimensions:
        raise StoreError(f"{name}: embeddings of {rows.shape[1]} dimensions instead of {dimensions}")
    return rows


def _parse_retry_after(value: object) -> float:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3), or 0. Its other form, a date, is ignored."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _prepared(text: str) -> str:
    text = truncate(text, MAX_TEXT_CHARS)
    return text if text.strip(" \t\r\n\f\v\x00") else "."
