"""Texts to vectors from any service with OpenAI's ``/embeddings``, over HTTP. Keeps no text, follows no redirect."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from aicache.adapters.embedders.http_base import HttpEmbedder, TemporaryError, UnreachableError, failure
from aicache.domain.ports import Purpose, StoreError

if TYPE_CHECKING:
    from aiohttp import ClientSession

ROWS = 10
"""Texts in one request: what DashScope's compatible mode takes, and so does everyone (TEI 32, OpenAI 2048)."""
AZURE = (".azure.com", ".azure.us", ".azure.cn")


class _Row(msgspec.Struct):
    embedding: list[float]
    index: int | None = None


class _Answer(msgspec.Struct):
    """https://platform.openai.com/docs/api-reference/embeddings/object"""

    data: list[_Row]


class OpenAIEmbedder(HttpEmbedder):
    """OpenAI, Azure, Ollama, vLLM, TEI, Xinference, DashScope's compatible mode. They know no *purpose*."""

    def __init__(self, model: str, api_key: str | None, base_url: str, dimensions: int | None, timeout: float) -> None:
        """*base_url* is what comes before ``/embeddings``; its query (Azure's ``api-version``) is kept.

        *dimensions* None: what the model gives; known after `load`. Otherwise the service is asked for so many.
        """
        super().__init__("openai", model, dimensions, timeout, rows=ROWS)
        self._url = endpoint(base_url, "/embeddings")
        self._headers = {"content-type": "application/json", **credential(base_url, api_key)}
        self._parameters = {} if dimensions is None else {"dimensions": dimensions}
        self._session: ClientSession | None = None

    async def close(self) -> None:
        await super().close()
        if self._session is not None:
            await self._session.close()

    async def _prepare(self) -> None:
        await self._connected()

    async def _ask(self, texts: list[str], purpose: Purpose, within: float) -> Sequence[tuple[Any, Any]]:
        session = await self._connected()
        asked = {"model": self._model, "input": texts, "encoding_format": "float", **self._parameters}
        try:
            async with session.post(
                self._url, data=msgspec.json.encode(asked), headers=self._headers, allow_redirects=False
            ) as response:
                body = await response.read()
        except TimeoutError:  # an OSError, but no failure of the service: the deadline's, held by our caller
            raise
        # The others do not name their cause: that one may quote a header, and in it the key.
        except _aiohttp().ClientConnectorError as exc:
            raise UnreachableError(self._name, self._url, exc) from None
        except (_aiohttp().ClientError, OSError) as exc:
            raise TemporaryError(f"{self._name}: {type(exc).__name__}") from None
        except Exception as exc:  # a key that fits in no header, a session that is closed
            raise StoreError(f"{self._name}: the request cannot be sent ({type(exc).__name__})") from None
        if response.status != 200:
            raise failure(self._name, response.status, _code(body), response.headers.get("retry-after"))
        try:
            rows = msgspec.json.decode(body, type=_Answer).data
        except msgspec.MsgspecError as exc:  # its message names a place, never a value
            raise StoreError(f"{self._name}: an answer without embeddings") from exc
        return [(place if row.index is None else row.index, row.embedding) for place, row in enumerate(rows)]

    async def _connected(self) -> ClientSession:
        if self._session is None:
            aiohttp = await asyncio.to_thread(_aiohttp)  # 0.3 s the first time
            if self._session is None:
                # No time limit of its own: the deadline is ours. The proxy's environment (HTTPS_PROXY, ~/.netrc) is
                # not asked: it may well name this very proxy.
                self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        return self._session


def _aiohttp() -> Any:
    try:
        return importlib.import_module("aiohttp")
    except ImportError as exc:
        raise StoreError("openai: the package aiohttp is not installed") from exc


def endpoint(base_url: str, what: str) -> str:
    """Return the URL to post to; a base without any path gets the usual ``/v1``."""
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    if not path.endswith(what):
        path = f"{path or '/v1'}{what}"
    return parts._replace(path=path, fragment="").geturl()


def credential(base_url: str, api_key: str | None) -> dict[str, str]:
    """Azure takes a key in a header of its own; its ``Authorization`` is for tokens of Entra ID."""
    if not (api_key := (api_key or "").strip()):
        return {}
    parts = urlsplit(base_url)
    if (parts.hostname or "").endswith(AZURE) or "api-version" in parse_qs(parts.query):
        return {"api-key": api_key}
    return {"authorization": f"Bearer {api_key}"}


def _code(body: bytes) -> object:
    """Return the service's word for an error: ``error.code``, ``error.type``, or ``code``."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return None
    if not isinstance(said, dict):
        return None
    error = said.get("error")
    if not isinstance(error, dict):
        return said.get("code") or said.get("error_type")
    return error.get("code") or error.get("type")
