"""What embedders over a network share: patience within a deadline, distrust of what comes back. Knows no service."""

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
from aicache.domain.loop_time import LoopTimeout, loop_time, loop_timeout
from aicache.domain.model import Vector
from aicache.domain.ports import Busy, Purpose, StoreError

T = TypeVar("T")
Matrix: TypeAlias = npt.NDArray[np.float64]

MAX_CHARACTERS = 2000
"""A longer text is cut there. At the four bytes that a character has at most, and the one that a token has at least,
that is within 8192 tokens, whatever the tokenizer. Texts that differ only behind that have the same vector."""
GATHER = 0.002
"""Seconds that a first text waits for company."""
IN_FLIGHT = 4
"""Requests of one embedder at once."""
MAX_ATTEMPTS = 4
BACK_OFF = 0.05
"""Seconds before the second attempt, about; twice as long before each further one."""
WAYS_OUT = {
    401: "; check semantic.embedder.api_key",
    403: "; check semantic.embedder.api_key",
    404: "; check semantic.embedder.base_url and model",
}
LOAD_WITHIN = 15.0
"""Seconds for `load`, when there is no connection yet."""


class TemporaryError(StoreError):
    """May go well in a moment: too many requests, a server's own error, a connection that broke.

    *after*: seconds that the service asks for.
    """

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


class HttpEmbedder(ABC):
    """An Embedder whose rows come from a service; what to say to it is `_ask`.

    *timeout* (seconds) holds for one `embed` with all its waiting and all its attempts.
    """

    max_characters = MAX_CHARACTERS
    asymmetric = False
    threshold = 0.95
    """Not measured here, so on the careful side: it costs hits, not wrong answers. Evaluate before lowering it."""

    def __init__(self, name: str, model: str, dimensions: int | None, timeout: float, *, rows: int) -> None:
        self._name = name
        self._model = model
        self._dimensions = dimensions
        self._timeout = timeout
        self._batcher = Batcher(name, self._send, limit=rows, gather=GATHER, in_flight=IN_FLIGHT)

    @property
    def model(self) -> str:
        return self._model

    @property
    def dimensions(self) -> int:
        """Raises StoreError where they are not given and nothing was embedded yet; see `load`."""
        if self._dimensions is None:
            raise StoreError(f"{self._name}: the dimensions of {self._model} are not known before load()")
        return self._dimensions

    async def load(self) -> None:
        """Embed one short text: proves address, key and model, opens a connection, and learns the dimensions."""
        await self._prepare()
        if (await self._fetch(["ping"], "query", LOAD_WITHIN))[0] is None:
            raise StoreError(f"{self._name}: {self._model} gives rows without a direction")

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        """See the port. A text without any sign in it has the vector of a full stop: services refuse empty ones."""
        try:
            async with (waiting := loop_timeout(self._timeout)):
                rows = await self._batcher.embed([_clean(text) for text in texts], purpose, partition)
        except TimeoutError as exc:
            if waiting.loop_was_late:
                raise Busy(f"{self._name}: this process is too busy to listen") from exc
            raise StoreError(f"{self._name}: no answer within {self._timeout:g} s") from exc
        return np.stack(rows) if rows else np.empty((0, self.dimensions), np.float32)

    def clear_cache(self) -> None:
        """Keep no vector of what was embedded before."""
        self._batcher.forget()

    async def close(self) -> None:
        await self._batcher.close()

    @abstractmethod
    async def _prepare(self) -> None:
        """Do what takes long the first time, like an import; afterwards nothing."""

    @abstractmethod
    async def _ask(self, texts: list[str], purpose: Purpose, within: float) -> Sequence[tuple[Any, Any]]:
        """Send one request; return index and embedding of each row, unchecked.

        Raises TemporaryError, RejectedError, or another StoreError when asking again is no use.
        """

    async def _send(self, texts: list[str], purpose: Purpose) -> list[Vector | None]:
        return await self._fetch(texts, purpose, self._timeout)

    async def _fetch(self, texts: list[str], purpose: Purpose, within: float) -> list[Vector | None]:
        answer = await _persist(lambda left: self._ask(texts, purpose, left), within, self._name)
        rows = _matrix(answer, len(texts), self._dimensions, self._name)
        self._dimensions = rows.shape[1]
        norms = np.linalg.norm(rows, axis=1)
        good = np.isfinite(norms) & (norms > 0)
        return [
            (row / norm).astype(np.float32) if fine else None for row, norm, fine in zip(rows, norms, good, strict=True)
        ]


class UnreachableError(TemporaryError):
    """There is no connection to be had; *url* may be shown but for its user and query."""

    def __init__(self, name: str, url: str, exc: Exception) -> None:
        place = urlsplit(url).netloc.rpartition("@")[2]
        super().__init__(f"{name}: {place} cannot be reached ({type(exc).__name__}); check semantic.embedder.base_url")


def failure(name: str, status: int, code: object, after: object = None) -> StoreError:
    """Return the error for an HTTP *status* that is none of success; *after* is the Retry-After header.

    Of what the service says only its *code* is shown, and only if it looks like one: a message may quote the text.
    """
    word = code if isinstance(code, str) and re.fullmatch(r"[\w.\-]{1,64}", code, re.ASCII) else ""
    message = f"{name}: {status} {word}".rstrip() + WAYS_OUT.get(status, "")
    if status in (408, 429) or status >= 500:
        return TemporaryError(message, _seconds(after))
    return RejectedError(message) if status in (400, 413, 422) else StoreError(message)


async def _persist(ask: Callable[[float], Awaitable[T]], within: float, name: str) -> T:
    """Call *ask* with the seconds left, again after a `TemporaryError` failure while attempts and time allow."""
    time = loop_time()
    deadline = time.time() + within
    waiting = LoopTimeout(deadline, time)
    try:
        async with waiting:
            for attempt in range(MAX_ATTEMPTS):
                try:
                    return await ask(deadline - time.time())
                except TemporaryError as exc:
                    pause = max(BACK_OFF * 2**attempt * random.uniform(0.5, 1.5), exc.after)
                    if attempt == MAX_ATTEMPTS - 1 or time.time() + pause >= deadline:
                        raise
                await asyncio.sleep(pause)
    except TimeoutError as exc:
        if waiting.loop_was_late:
            raise Busy(f"{name}: this process is too busy to listen") from exc
        raise StoreError(f"{name}: no answer within {within:g} s") from exc
    raise AssertionError("the last attempt returns or raises")


def _matrix(answer: Sequence[tuple[Any, Any]], count: int, dimensions: int | None, name: str) -> Matrix:
    """Return ``(count, dimensions)`` float64 in the order of the indices. Raises StoreError for any other shape."""
    try:
        ordered = sorted(answer, key=lambda row: row[0])
        rows = np.array([embedding for _, embedding in ordered], dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as exc:
        raise StoreError(f"{name}: rows that are no rows of numbers") from exc
    if [index for index, _ in ordered] != list(range(count)):
        raise StoreError(f"{name}: {len(ordered)} rows for {count} texts, or rows of other texts")
    if rows.ndim != 2 or not rows.shape[1]:
        raise StoreError(f"{name}: rows that are no rows of numbers")
    if dimensions is not None and rows.shape[1] != dimensions:
        raise StoreError(f"{name}: rows of {rows.shape[1]} dimensions instead of {dimensions}")
    return rows


def _seconds(after: object) -> float:
    """Read a Retry-After header; its other form, a date, is as good as none."""
    try:
        seconds = float(after)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _clean(text: str) -> str:
    """Cut to `MAX_CHARACTERS`; lone surrogates, which UTF-8 cannot encode, become question marks."""
    text = text[:MAX_CHARACTERS]
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text if text.strip(" \t\r\n\f\v\x00") else "."
