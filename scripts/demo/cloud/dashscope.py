"""A stand-in for DashScope's text embedding, in its own API and in OpenAI's, on loopback. It records requests.

    async with EmbeddingStandIn(embed) as service:
        service.inject(Fault(status=429), Fault(delay=0.2))     # for the next two requests only
        ... service.base_url, service.compatible_url, service.key, service.asked

*embed* turns texts into rows of one length; they are truncated or zero-padded to the requested dimensions.
Wire format: help.aliyun.com/zh/model-studio/text-embedding-synchronous-api and /error-code.
"""

import asyncio
import http
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from demo.answers import JSON, Request
from demo.upstream import StandIn, read_request

NATIVE = "/api/v1/services/embeddings/text-embedding/text-embedding"
COMPATIBLE = "/compatible-mode/v1/embeddings"
COMPATIBLE_PATHS = (COMPATIBLE, "/v1/embeddings")

Embed: TypeAlias = Callable[[list[str]], Awaitable[Sequence[Sequence[float]]]]


@dataclass(frozen=True, slots=True)
class Model:
    """The limits of a model: dimensions (the default first), texts per request, tokens per text."""

    dimensions: tuple[int, ...]
    rows: int
    tokens: int


MODELS = {
    "text-embedding-v1": Model((1536,), 25, 2048),
    "text-embedding-v2": Model((1536,), 25, 2048),
    "text-embedding-v3": Model((1024, 768, 512, 256, 128, 64), 10, 8192),
    "text-embedding-v4": Model((1024, 2048, 1536, 768, 512, 256, 128, 64), 10, 8192),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault injected into one request. Times are in seconds; *body* is sent unchanged."""

    status: int = 0  # 0: that of the answer
    body: bytes | None = None  # None: the documented body of that status
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    hang: bool = False  # no answer until the client disconnects
    drop: bool = False  # the connection closes without an answer
    forge: Callable[[list[dict[str, Any]]], Any] | None = None  # changes the rows of a good answer in place


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A request that could be parsed, valid or not."""

    model: str
    texts: tuple[str, ...]
    text_type: str | None
    dimensions: int | None


class ErrorAnswer(Exception):
    """An answer other than 200: status, code, message."""


ERRORS = {
    400: ("InvalidParameter", "Required parameter(s) missing or invalid, please check the request parameters."),
    401: ("InvalidApiKey", "Invalid API-key provided."),
    403: ("AccessDenied", "Access denied."),
    404: ("ModelNotFound", "The model does not exist."),
    429: ("Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    500: ("InternalError", "An internal error has occured, please try again later or contact service support."),
    503: ("ModelUnavailable", "Model is unavailable, please try again later."),
}


class EmbeddingStandIn(StandIn):
    """Serves v1 to v4 with their limits, for clients with *key* (as bearer token, or in Azure's header)."""

    def __init__(self, embed: Embed, key: str = "sk-stand-in", port: int = 0) -> None:
        super().__init__(port=port)
        self.key = key
        self.parsed: list[ParsedRequest] = []
        self.always: Fault | None = None
        """The fault for every request without one from `inject`."""
        self.most_at_once = 0
        self._embed = embed
        self._faults: deque[Fault] = deque()
        self._at_once = 0

    @property
    def base_url(self) -> str:
        return f"{self.url}/api/v1"

    @property
    def compatible_url(self) -> str:
        return f"{self.url}/compatible-mode/v1"

    def inject(self, *faults: Fault) -> None:
        """Set the faults of the next requests, one each."""
        self._faults.extend(faults)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        request = await read_request(reader)
        self.requests.append(request)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            fault = self._faults.popleft() if self._faults else self.always or Fault()
            if fault.hang:
                await reader.read()
            if fault.hang or fault.drop:
                return False
            await asyncio.sleep(fault.delay)
            status, body = await self._answer(request, fault)
            headers = {"content-type": fault.content_type, "content-length": str(len(body)), **fault.headers}
            lines = [f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            await writer.drain()
        finally:
            self._at_once -= 1
        return request.headers.get("connection", "").lower() != "close"

    async def _answer(self, request: Request, fault: Fault) -> tuple[int, bytes]:
        path = request.path.partition("?")[0]
        number = f"stand-in-{self.calls}"
        try:
            if path == NATIVE:
                parsed = self._read(request, request.json.get("input", {}), "texts", "dimension")
            elif path in COMPATIBLE_PATHS or path.startswith("/openai/deployments/"):
                parsed = self._read(request, request.json, "input", "dimensions")
            else:
                raise ErrorAnswer(404, "NotFound", f"no such route: {request.method} {path}")
            if fault.status:
                raise ErrorAnswer(fault.status, *ERRORS.get(fault.status, ("Unknown", "")))
            rows = await self._rows(parsed)
        except ErrorAnswer as exc:
            status, code, message = exc.args
            return status, fault.body or _pack(_error(code, message, number, native=path == NATIVE))
        count = sum(map(_tokens, parsed.texts))
        named = _named(rows, native=path == NATIVE)
        if fault.forge is not None:
            fault.forge(named)
        answer: dict[str, Any]
        if path == NATIVE:
            answer = {"request_id": number, "output": {"embeddings": named}, "usage": {"total_tokens": count}}
        else:
            usage = {"prompt_tokens": count, "total_tokens": count}
            answer = {"object": "list", "data": named, "model": parsed.model, "usage": usage, "id": number}
        return 200, _pack(answer) if fault.body is None else fault.body

    def _read(self, request: Request, given: Mapping[str, Any], texts: str, dimensions: str) -> ParsedRequest:
        """Parse and record a request. Raises ErrorAnswer where the service would refuse it."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        body = request.json
        parameters = body.get("parameters", {}) if texts == "texts" else body
        asked_texts = given.get(texts, ())
        parsed = ParsedRequest(
            model=str(body.get("model", "")),
            texts=(asked_texts,) if isinstance(asked_texts, str) else tuple(asked_texts),
            text_type=parameters.get("text_type"),
            dimensions=parameters.get(dimensions),
        )
        self.parsed.append(parsed)
        if self.key not in (bearer, request.headers.get("api-key")):
            raise ErrorAnswer(401, *ERRORS[401])
        if (model := MODELS.get(parsed.model)) is None:
            raise ErrorAnswer(400, "InvalidParameter", "Model not exist.")
        algorithm = "<400> InternalError.Algo.InvalidParameter: "
        if len(parsed.texts) > model.rows:
            limit = f"batch size is invalid, it should not be larger than {model.rows}.: input.contents"
            raise ErrorAnswer(400, "InvalidParameter", f"{algorithm}Value error, {limit}")
        if any(not 1 <= _tokens(text) <= model.tokens for text in parsed.texts) or not parsed.texts:
            raise ErrorAnswer(
                400, "InvalidParameter", f"{algorithm}Range of input length should be [1, {model.tokens}]"
            )
        if parsed.dimensions is not None and parsed.dimensions not in model.dimensions:
            raise ErrorAnswer(
                400, "InvalidParameter", f"{algorithm}Value error, dimension {parsed.dimensions} is invalid"
            )
        if parsed.text_type not in (None, "query", "document"):
            raise ErrorAnswer(400, "InvalidParameter", f"{algorithm}text_type should be query or document")
        return parsed

    async def _rows(self, parsed: ParsedRequest) -> list[list[float]]:
        width = parsed.dimensions or MODELS[parsed.model].dimensions[0]
        rows = await self._embed(list(parsed.texts))
        return [[float(x) for x in row[:width]] + [0.0] * (width - len(row)) for row in rows]


def _named(rows: Sequence[list[float]], *, native: bool) -> list[dict[str, Any]]:
    if native:
        return [{"text_index": index, "embedding": row} for index, row in enumerate(rows)]
    return [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)]


def _error(code: str, message: str, number: str, *, native: bool) -> dict[str, Any]:
    if native:
        return {"code": code, "message": message, "request_id": number}
    return {"error": {"message": message, "type": code, "param": None, "code": code}, "request_id": number}


def _tokens(text: str) -> int:
    """Count one token per character: more than any tokenizer returns for English or Chinese questions."""
    return len(text)


def _pack(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
