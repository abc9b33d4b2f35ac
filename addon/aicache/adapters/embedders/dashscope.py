"""Texts to vectors with Alibaba Cloud's text embedding, over its SDK. Keeps no text; the SDK never runs on the loop."""

from __future__ import annotations

import contextlib
import importlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aicache.adapters.embedders.http_base import HttpEmbedder, TemporaryError, UnreachableError, failure
from aicache.adapters.threads import Pool
from aicache.domain.ports import Purpose, StoreError

BASE_URL = "https://dashscope.aliyuncs.com/api/v1"
"""Beijing. Singapore: ``https://dashscope-intl.aliyuncs.com/api/v1``, or ``https://{workspace}.{region}.maas.aliyuncs.com/api/v1``."""
THREADS = 8
"""Twice the requests in flight: a thread whose call outlives its deadline holds up nobody."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is documented of a model: help.aliyun.com/zh/model-studio/text-embedding-synchronous-api."""

    dimensions: tuple[int, ...]
    """The first is the default. Where there is only one, the service does not take the parameter."""
    rows: int
    """Texts in one request."""
    tokens: int
    """Tokens in one text."""


MODELS = {
    "text-embedding-v1": Model((1536,), 25, 2048),
    "text-embedding-v2": Model((1536,), 25, 2048),
    "text-embedding-v3": Model((1024, 768, 512, 256, 128, 64), 10, 8192),
    "text-embedding-v4": Model((1024, 2048, 1536, 768, 512, 256, 128, 64), 10, 8192),
}


class DashScopeEmbedder(HttpEmbedder):
    """text-embedding-v1 to v4. All four tell queries from documents (``text_type``).

    Texts are cut at 2000 characters: always within the 8192 tokens of v3 and v4, and within the 2048 of v1 and v2
    where a character is a token at most. Should one of them be refused nevertheless, it alone is a StoreError.
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
        """*dimensions* None: the model's default. Raises ValueError for a model or dimensions that do not exist.

        *stored_as* is the purpose of what is stored; with ``document`` the vectors are a space of their own.
        """
        if model not in MODELS:
            raise ValueError(f"{model}: not one of {', '.join(MODELS)}")
        known = MODELS[model]
        if dimensions is not None and dimensions not in known.dimensions:
            raise ValueError(f"{model}: {dimensions} dimensions, but it has {', '.join(map(str, known.dimensions))}")
        super().__init__("dashscope", model, dimensions or known.dimensions[0], timeout, rows=known.rows)
        self.asymmetric = stored_as == "document"
        self._parameters = {"dimension": self.dimensions} if len(known.dimensions) > 1 else {}
        self._api_key = api_key.strip()
        self._base_url = base_url
        self._threads = Pool("ai-cache-dashscope", THREADS, max_waiting=THREADS)

    @property
    def model(self) -> str:
        return f"{self._model}-document" if self.asymmetric else self._model

    async def close(self) -> None:
        await super().close()
        # Calls that hang are left behind, on daemon threads; they are no failure any more.
        with contextlib.suppress(StoreError):
            await self._threads.close(within=0.5)

    async def _prepare(self) -> None:
        await self._threads.run(_sdk)

    async def _ask(self, texts: list[str], purpose: Purpose, within: float) -> Sequence[tuple[Any, Any]]:
        return await self._threads.run(self._call, texts, purpose, within)

    def _call(self, texts: list[str], purpose: Purpose, within: float) -> Sequence[tuple[Any, Any]]:
        """Blocks, on a thread. `requests` has no deadline of a call: *within* limits the connecting, and each read."""
        text_embedding = _sdk()
        try:
            answer = text_embedding.call(
                self._model,
                texts,
                api_key=self._api_key,
                text_type=purpose,
                base_address=self._base_url,
                # The SDK connects a second time when the first fails, also when that has timed out.
                request_timeout=(within / 2, within),
                **self._parameters,
            )
        # None names its cause: that one may quote a header, and in it the key.
        except _requests().ConnectionError as exc:
            raise UnreachableError(self._name, self._base_url, exc) from None
        except OSError as exc:  # of which all errors of `requests` are, a body that is no JSON among them
            raise TemporaryError(f"{self._name}: {type(exc).__name__}") from None
        except Exception as exc:  # what the SDK does with JSON of another shape
            raise StoreError(f"{self._name}: an answer that the SDK cannot read ({type(exc).__name__})") from None
        if answer.status_code != 200:
            raise failure(self._name, answer.status_code, answer.code, _retry_after(answer))
        try:
            return [(row["text_index"], row["embedding"]) for row in answer.output["embeddings"]]
        except (TypeError, KeyError) as exc:
            raise StoreError(f"{self._name}: an answer without embeddings") from exc


def _sdk() -> Any:
    """Import the SDK; takes a second and more, so never on the loop."""
    try:
        from dashscope import TextEmbedding
    except ImportError as exc:
        raise StoreError("dashscope: the package dashscope is not installed") from exc
    # It logs every failure with its traceback, and request bodies, our users' questions, at DEBUG.
    logging.getLogger("dashscope").propagate = False
    return TextEmbedding


def _requests() -> Any:
    """Import what the SDK asks with; it is there when the SDK is."""
    return importlib.import_module("requests")


def _retry_after(answer: Any) -> object:
    headers = getattr(answer, "headers", None) or {}
    return next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
