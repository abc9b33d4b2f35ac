"""Embeds texts with Alibaba Cloud's DashScope, through its SDK, on threads only. It keeps no text."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aicache.adapters.embedders.http_base import HttpEmbedder, TemporaryError, UnreachableError, error_for_status
from aicache.adapters.threads import Pool
from aicache.domain.ports import Purpose, StoreError

MAX_THREADS = 8
"""Twice the requests in flight, so that threads whose calls outlive their deadlines delay no others."""


@dataclass(frozen=True, slots=True)
class Model:
    """The documented limits of a model: help.aliyun.com/zh/model-studio/text-embedding-synchronous-api."""

    dimensions: tuple[int, ...]
    """The first is the default. Where there is only one, the service does not accept the parameter."""
    max_batch: int
    """Texts in one request. One text may have 8192 tokens, and 2048 in v1 and v2."""


MODELS = {
    "text-embedding-v1": Model((1536,), 25),
    "text-embedding-v2": Model((1536,), 25),
    "text-embedding-v3": Model((1024, 768, 512, 256, 128, 64), 10),
    "text-embedding-v4": Model((1024, 2048, 1536, 768, 512, 256, 128, 64), 10),
}


class DashScopeEmbedder(HttpEmbedder):
    """text-embedding-v1 to v4. All four embed queries and documents differently (``text_type``).

    Texts are cut at 2000 characters: always within the 8192 tokens of v3 and v4, and within the 2048 of v1 and v2
    where a character is at most one token. Should a text be rejected nevertheless, it alone is a StoreError.
    """

    def __init__(
        self,
        model: str,
        api_key: str,
        base_url: str,
        dimensions: int | None,
        timeout: float,
        stored_as: Purpose = "query",
    ) -> None:
        """*dimensions* None: the model's default. ValueError for a model or dimensions that do not exist.

        *stored_as* is the purpose that stored questions are embedded for; with ``document`` the vectors form a vector
        space of their own.
        """
        if model not in MODELS:
            raise ValueError(f"{model}: not one of {', '.join(MODELS)}")
        known = MODELS[model]
        if dimensions is not None and dimensions not in known.dimensions:
            raise ValueError(f"{model}: {dimensions} dimensions, but it has {', '.join(map(str, known.dimensions))}")
        super().__init__("dashscope", model, dimensions or known.dimensions[0], timeout, max_batch=known.max_batch)
        self.asymmetric = stored_as == "document"
        self._parameters = {"dimension": self.dimensions} if len(known.dimensions) > 1 else {}
        self._api_key = api_key.strip()
        self._base_url = base_url
        self._threads = Pool("ai-cache-dashscope", MAX_THREADS, max_waiting=MAX_THREADS)

    @property
    def model(self) -> str:
        return f"{self._model}-document" if self.asymmetric else self._model

    async def close(self) -> None:
        await super().close()
        # Calls that hang are left behind on daemon threads, which is no failure.
        with contextlib.suppress(StoreError):
            await self._threads.close(within=0.5)

    async def _prepare(self) -> None:
        await self._threads.run(_sdk)

    async def _request(self, texts: list[str], purpose: Purpose, timeout_s: float) -> Sequence[tuple[Any, Any]]:
        return await self._threads.run(self._call, texts, purpose, timeout_s)

    def _call(self, texts: list[str], purpose: Purpose, timeout_s: float) -> Sequence[tuple[Any, Any]]:
        """Blocks, on a thread. `requests` has no deadline for a call: *timeout_s* limits connecting, and each read."""
        text_embedding = _sdk()
        try:
            answer = text_embedding.call(
                self._model,
                texts,
                api_key=self._api_key,
                text_type=purpose,
                base_address=self._base_url,
                # The SDK connects a second time when the first attempt fails, also when that has timed out.
                request_timeout=(timeout_s / 2, timeout_s),
                **self._parameters,
            )
        # No error is raised from its cause, which may quote a header, and in it the key.
        except _requests().ConnectionError as exc:
            raise UnreachableError(self._name, self._base_url, exc) from None
        except OSError as exc:  # the base of all errors of `requests`, also for a body that is not JSON
            raise TemporaryError(f"{self._name}: {type(exc).__name__}") from None
        except Exception as exc:  # what the SDK raises for JSON of another shape
            raise StoreError(f"{self._name}: the SDK cannot parse the reply ({type(exc).__name__})") from None
        if answer.status_code != 200:
            raise error_for_status(self._name, answer.status_code, answer.code, _retry_after(answer))
        try:
            return [(row["text_index"], row["embedding"]) for row in answer.output["embeddings"]]
        except (TypeError, KeyError) as exc:
            raise StoreError(f"{self._name}: the reply has no embeddings") from exc


def _sdk() -> Any:
    """Import the SDK; takes more than a second, so never on the event loop."""
    try:
        from dashscope import TextEmbedding
    except ImportError as exc:
        raise StoreError("dashscope: the package dashscope is not installed") from exc
    # It logs every failure with its traceback, and request bodies, our users' questions, at DEBUG.
    logging.getLogger("dashscope").propagate = False
    return TextEmbedding


def _requests() -> Any:
    """Import the SDK's HTTP client, which is installed with it."""
    return importlib.import_module("requests")


def _retry_after(answer: Any) -> object:
    headers = getattr(answer, "headers", None) or {}
    return next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
