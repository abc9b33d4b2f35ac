"""Embeds texts with any service that has OpenAI's ``/embeddings``. It keeps no text and follows no redirect."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from aicache.adapters.embedders.http_base import HttpEmbedder, TemporaryError, UnreachableError, error_for_status
from aicache.domain.ports import Purpose, StoreError

if TYPE_CHECKING:
    from aiohttp import ClientSession

MAX_BATCH_TEXTS = 10
"""The limit of DashScope's compatible mode, which is the lowest (TEI 32, OpenAI 2048)."""
AZURE_SUFFIXES = (".azure.com", ".azure.us", ".azure.cn")


class _Row(msgspec.Struct):
    embedding: list[float]
    index: int | None = None


class _Reply(msgspec.Struct):
    """https://platform.openai.com/docs/api-reference/embeddings/object"""

    data: list[_Row]


class OpenAIEmbedder(HttpEmbedder):
    """OpenAI, Azure, Ollama, vLLM, TEI, Xinference, DashScope's compatible mode. They make no use of *purpose*."""

    def __init__(self, model: str, api_key: str | None, base_url: str, dimensions: int | None, timeout: float) -> None:
        """*base_url* is the part before ``/embeddings``; its query (Azure's ``api-version``) is kept.

        *dimensions* None: the model's own number, known after `load`. Otherwise that many are requested.
        """
        super().__init__("openai", model, dimensions, timeout, max_batch=MAX_BATCH_TEXTS)
        self._url = endpoint_url(base_url, "/embeddings")
        self._headers = {"content-type": "application/json", **credential_header(base_url, api_key)}
        self._parameters = {} if dimensions is None else {"dimensions": dimensions}
        self._session: ClientSession | None = None

    async def close(self) -> None:
        await super().close()
        if self._session is not None:
            await self._session.close()

    async def _prepare(self) -> None:
        await self._connected()

    async def _request(self, texts: list[str], purpose: Purpose, timeout_s: float) -> Sequence[tuple[Any, Any]]:
        session = await self._connected()
        body = {"model": self._model, "input": texts, "encoding_format": "float", **self._parameters}
        try:
            async with session.post(
                self._url, data=msgspec.json.encode(body), headers=self._headers, allow_redirects=False
            ) as response:
                reply = await response.read()
        except TimeoutError:  # an OSError, but not the service's: our caller's deadline has passed
            raise
        # The others are not raised from their cause, which may quote a header, and in it the key.
        except _aiohttp().ClientConnectorError as exc:
            raise UnreachableError(self._name, self._url, exc) from None
        except (_aiohttp().ClientError, OSError) as exc:
            raise TemporaryError(f"{self._name}: {type(exc).__name__}") from None
        except Exception as exc:  # a key that is not valid in a header, a closed session
            raise StoreError(f"{self._name}: the request cannot be sent ({type(exc).__name__})") from None
        if response.status != 200:
            raise error_for_status(self._name, response.status, error_code(reply), response.headers.get("retry-after"))
        try:
            rows = msgspec.json.decode(reply, type=_Reply).data
        except msgspec.MsgspecError as exc:  # its message names a path, never a value
            raise StoreError(f"{self._name}: the reply has no embeddings") from exc
        return [(position if row.index is None else row.index, row.embedding) for position, row in enumerate(rows)]

    async def _connected(self) -> ClientSession:
        if self._session is None:
            aiohttp = await asyncio.to_thread(_aiohttp)  # 0.3 s the first time
            if self._session is None:
                # No timeout of its own: the deadline is ours. The environment (HTTPS_PROXY, ~/.netrc) is not read: it
                # may well name this very proxy.
                self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        return self._session


def _aiohttp() -> Any:
    try:
        return importlib.import_module("aiohttp")
    except ImportError as exc:
        raise StoreError("openai: the package aiohttp is not installed") from exc


def endpoint_url(base_url: str, path_suffix: str) -> str:
    """Return the URL to post to; a base URL without a path gets the usual ``/v1``."""
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    if not path.endswith(path_suffix):
        path = f"{path or '/v1'}{path_suffix}"
    return parts._replace(path=path, fragment="").geturl()


def credential_header(base_url: str, api_key: str | None) -> dict[str, str]:
    """Return the header with the key. Azure has one of its own; its ``Authorization`` is for tokens of Entra ID."""
    if not (api_key := (api_key or "").strip()):
        return {}
    parts = urlsplit(base_url)
    if (parts.hostname or "").endswith(AZURE_SUFFIXES) or "api-version" in parse_qs(parts.query):
        return {"api-key": api_key}
    return {"authorization": f"Bearer {api_key}"}


def error_code(body: bytes) -> object:
    """Return the code of an error reply: ``error.code``, ``error.type``, ``code`` or ``error_type``."""
    try:
        reply = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(reply, dict):
        return None
    error = reply.get("error")
    if not isinstance(error, dict):
        return reply.get("code") or reply.get("error_type")
    return error.get("code") or error.get("type")
