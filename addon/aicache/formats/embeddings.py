"""Embeddings endpoints: a request for many inputs is taken apart, and the answer put together, input by input. Pure.

Sources: https://platform.openai.com/docs/api-reference/embeddings (spoken by most vendors) and
https://github.com/ollama/ollama/blob/main/docs/api.md (``/api/embed``). The vectors themselves are never decoded: what
an upstream wrote is what a caller gets, to the last digit.
"""

from __future__ import annotations

import base64
import binascii
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import unquote

import msgspec

from aicache.domain.model import Batch
from aicache.formats import documented_fields, failure_marks, json_bounds, upstream_references, upstream_state
from aicache.formats.json_body import JSONObject, parse_object, parse_request_object, render_json, token_count
from aicache.formats.upstream_state import STRICT, Allow

_ONE_FOR_ALL = ("late_chunking",)  # Jina: each vector depends on the texts around it
_COUNTED = "prompt_eval_count"
_COUNTER = 1 << 53  # what is larger counts nothing
_TEXT_FIELDS = ("encoding_format", "input_type", "task", "prompt_name", "user")
_USUAL_ENCODING = "float"
"""What a request that says nothing gets, too: https://platform.openai.com/docs/api-reference/embeddings/create. So say
Azure, Mistral, vLLM and DashScope; with Voyage, whose default has no name, it is an error, which is never kept."""


_OF_NUMBERS = b"0123456789+-.eE,[] \t\r\n"
_TYPED = "embedding of a type"  # a name of ours among the parameters: no API has fields with blanks in their names
_KINDS_OF_NUMBERS = ("encoding_format", "output_dtype", "embedding_type", "embed_dtype", _TYPED)


class InputEmbedding(msgspec.Struct, frozen=True):
    """What an upstream said of one input: its vector, and what it said of the whole."""

    item: msgspec.Raw
    envelope: dict[str, msgspec.Raw]
    tokens: int
    """This input's share of the prompt's tokens: of one response, they add up to what it counted."""
    usage: dict[str, Any] | None = None
    """The same of all that the response counted, by the provider's own names."""


class InputCountMismatch(ValueError):
    """Vectors as they should be, but not one for each input that was asked for."""


class Embeddings(Protocol):
    """One API. Everything raises ValueError alone, and its message never holds content."""

    @property
    def api(self) -> str: ...

    def matches(self, method: str, path: str) -> bool: ...

    def parse_request(self, path: str, body: bytes, *, allow: Allow = STRICT) -> Batch: ...

    def select_inputs(self, body: bytes, wanted: Sequence[int]) -> bytes:
        """Return the request for the inputs of these positions alone."""

    def parse_response(self, body: bytes, batch: Batch, positions: Sequence[int]) -> list[InputEmbedding]:
        """Take a response apart, a piece for each of the *positions* asked for. Raises Misfit where they differ."""

    def render_response(self, pieces: Sequence[InputEmbedding]) -> bytes:
        """Write the response that holds these pieces in their order."""


class OpenAIEmbeddings:
    """``POST .../embeddings``, on any host."""

    api = "embeddings"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith("/embeddings")

    def parse_request(self, path: str, body: bytes, *, allow: Allow = STRICT) -> Batch:
        request = parse_request_object(body)
        upstream_state.reject_stateful_path(path, tail=1)
        upstream_state.reject_stateful_fields(
            request, documented_fields.OPENAI_EMBEDDINGS, documented_fields.CHECKED_ELSEWHERE, allow=allow
        )
        upstream_references.reject_references(request.get("input"), allow=allow)
        for name in _TEXT_FIELDS:
            if not isinstance(request.get(name), str | None):
                raise ValueError(f"{name}: not a string")
        if type(request.get("dimensions")) not in (int, type(None)):
            raise ValueError("dimensions: not a count")
        if request.get("encoding_format") == _USUAL_ENCODING:
            del request["encoding_format"]
        return _batch(self.api, request, _deployment(path))

    def select_inputs(self, body: bytes, wanted: Sequence[int]) -> bytes:
        return _reduced(body, wanted)

    def parse_response(self, body: bytes, batch: Batch, positions: Sequence[int]) -> list[InputEmbedding]:
        envelope = _fields(body)
        items = _decoded(envelope.pop("data", None), list[dict[str, msgspec.Raw]], "data")
        placed: dict[int, msgspec.Raw] = {}
        for place, item in enumerate(items):
            index = item.get("index")
            _check_vector(item.get("embedding"), batch.params)
            placed[place if index is None else _decoded(index, int, "index")] = msgspec.Raw(render_json(item))
        _check_number(items, positions, "data")
        if placed.keys() != set(range(len(items))):
            raise InputCountMismatch("data: indexes that are not those of the inputs")
        usage = _decoded(envelope.get("usage", msgspec.Raw(b"null")), dict[str, Any] | None, "usage") or {}
        sizes = _sizes(batch.inputs[i] for i in positions)
        tokens = _shares(token_count(usage.get("prompt_tokens")) or token_count(usage.get("total_tokens")), sizes)
        counted = _usage_shares(usage, sizes)
        return [InputEmbedding(placed[i], envelope, tokens[i], each) for i, each in enumerate(counted)]

    def render_response(self, pieces: Sequence[InputEmbedding]) -> bytes:
        envelope = dict(pieces[0].envelope)
        usage = envelope.pop("usage", None)
        counted = [piece.usage for piece in pieces if piece.usage]
        items = [_decoded(piece.item, dict[str, msgspec.Raw], "item") for piece in pieces]
        data = [item | {"index": i} if "index" in item else item for i, item in enumerate(items)]
        document: dict[str, Any] = {"object": envelope.pop("object", "list"), "data": data, **envelope}
        if counted:
            document["usage"] = _usage_sum(counted)
        elif usage is not None:
            document["usage"] = _decoded(usage, Any, "usage")
        return render_json(document)


class OllamaEmbed:
    """``POST .../api/embed``."""

    api = "ollama-embed"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith("/api/embed")

    def parse_request(self, path: str, body: bytes, *, allow: Allow = STRICT) -> Batch:
        request = parse_request_object(body)
        upstream_state.reject_stateful_fields(
            request, documented_fields.OLLAMA_EMBED, documented_fields.CHECKED_ELSEWHERE, allow=allow
        )
        for name, kinds in (("truncate", (bool,)), ("options", (dict,)), ("dimensions", (int,))):
            if request.get(name) is not None and type(request[name]) not in kinds:
                raise ValueError(f"{name}: not of its type")
        request.pop("keep_alive", None)  # how long the model stays loaded afterwards
        batch = _batch(self.api, request, None)
        if not all(isinstance(each, str) for each in batch.inputs):
            raise ValueError("input: not texts")
        return batch

    def select_inputs(self, body: bytes, wanted: Sequence[int]) -> bytes:
        return _reduced(body, wanted)

    def parse_response(self, body: bytes, batch: Batch, positions: Sequence[int]) -> list[InputEmbedding]:
        envelope = _fields(body)
        items = _decoded(envelope.pop("embeddings", None), list[msgspec.Raw], "embeddings")
        for item in items:
            _check_vector(item, batch.params)
        _check_number(items, positions, "embeddings")
        told = _decoded(envelope.get(_COUNTED, msgspec.Raw(b"null")), Any, _COUNTED)
        shares = _shares(token_count(told), _sizes(batch.inputs[i] for i in positions))
        return [InputEmbedding(item, envelope, share) for item, share in zip(items, shares, strict=True)]

    def render_response(self, pieces: Sequence[InputEmbedding]) -> bytes:
        envelope = dict(pieces[0].envelope)
        document: dict[str, Any] = {"model": envelope.pop("model", ""), "embeddings": [piece.item for piece in pieces]}
        tokens = sum(piece.tokens for piece in pieces)
        told = any(_COUNTED in piece.envelope for piece in pieces) or tokens > 0
        return render_json(document | envelope | ({_COUNTED: tokens} if told else {}))


OPENAI_EMBEDDINGS = OpenAIEmbeddings()
OLLAMA_EMBED = OllamaEmbed()


def pack(piece: InputEmbedding) -> bytes:
    return render_json(piece)


def unpack(body: bytes) -> InputEmbedding:
    """Undo `pack`. Raises ValueError for anything else."""
    piece: InputEmbedding = _decoded(msgspec.Raw(body), InputEmbedding, "a stored vector")
    return piece


def _batch(api: str, request: JSONObject, named: str | None) -> Batch:
    """A list is a list of inputs, but for a list of numbers: that is one input, in tokens."""
    for name in _ONE_FOR_ALL:
        if request.get(name):
            raise ValueError(f"{name}: vectors that depend on each other")
    model = request.get("model") or named
    if not isinstance(model, str):
        raise ValueError("model: missing, or not a string")
    inputs = _inputs(request)
    params = {name: value for name, value in request.items() if name not in ("input", "model")}
    return Batch(api, model, params, tuple(inputs))


def _inputs(request: Mapping[str, Any]) -> list[Any]:
    given = request.get("input")
    inputs = given if isinstance(given, list) and not _is_tokens(given) else [given]
    if not inputs or not all(_is_input(each) for each in inputs):
        raise ValueError("input: neither text nor tokens, nor a list of those")
    return inputs


def _is_input(value: Any) -> bool:
    """Tell what may be embedded. An empty text may: some upstreams take it, and it is for them to say no."""
    return isinstance(value, dict | str) or (isinstance(value, list) and _is_tokens(value))


def _is_tokens(value: Sequence[Any]) -> bool:
    return bool(value) and all(type(token) is int for token in value)


def _deployment(path: str) -> str | None:
    """Return the model that Azure has in the path."""
    _, _, after = path.partition("/openai/deployments/")
    return unquote(after.partition("/")[0]) if after else None


def _reduced(body: bytes, wanted: Sequence[int]) -> bytes:
    request = parse_object(body)
    inputs = _inputs(request)
    return render_json({**request, "input": [inputs[i] for i in wanted]})


def _fields(body: bytes) -> dict[str, msgspec.Raw]:
    json_bounds.check_bounds(body, max_values=None)  # the numbers of the vectors are never made
    fields = _decoded(msgspec.Raw(body), dict[str, msgspec.Raw], "the response")
    if bytes(fields.get("error", b"null")) != b"null":
        raise ValueError("an error in place of an answer")
    said = {name: _decoded(value, Any, name) for name, value in fields.items() if name not in ("data", "embeddings")}
    failure_marks.reject_failed(said)
    return {name: msgspec.Raw(bytes(value)) for name, value in fields.items()}


def _decoded(raw: msgspec.Raw | None, kind: Any, name: str) -> Any:
    if raw is None:
        raise ValueError(f"{name}: missing")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ValueError(f"{name}: not what it should be") from None


def _check_vector(vector: msgspec.Raw | None, params: Mapping[str, Any]) -> None:
    """Raise ValueError for what is no vector of as many numbers as the request asked for.

    A vector is a list of numbers, or such a list in base64; some APIs give several by type, as an object. It is JSON
    already, so a list in which nothing but numbers is written is one of numbers, or of lists of those.
    """
    written = b"null" if vector is None else bytes(vector).strip()
    floats = all(params.get(name) in (None, "float", "float32", "base64") for name in _KINDS_OF_NUMBERS)
    found: int | None = None  # where only the upstream knows what a number is
    match written[:1]:
        case b"[":
            if written.translate(None, _OF_NUMBERS) or not written.strip(b"[] \t\r\n"):
                raise ValueError("an embedding that is empty, or none")
            found = written.count(b",") + 1 if floats else None
        case b'"':
            decoded = _bytes(written[1:-1].replace(b"\\/", b"/"))
            if floats and params.get("encoding_format") == "base64":
                found = _float32s(decoded)
        case b"{" if _TYPED not in params:
            by_type = _decoded(vector, dict[str, msgspec.Raw], "embedding")
            if not by_type:
                raise ValueError("an embedding that is empty, or none")
            for each in by_type.values():
                _check_vector(each, {**params, _TYPED: True})
        case _:
            raise ValueError("an embedding that is empty, or none")
    asked = params.get("dimensions")
    if type(asked) is int and found is not None and found < asked:
        raise ValueError("an embedding of fewer numbers than were asked for")


def _bytes(text: bytes) -> bytes:
    """Return what a vector in base64 has in it. Raises ValueError for nothing, and for what is no base64."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("an embedding that is not base64") from None
    if not decoded:
        raise ValueError("an embedding that is empty, or none")
    return decoded


def _float32s(decoded: bytes) -> int:
    """Return how many numbers there are. Raises ValueError unless all are some."""
    if len(decoded) % 4 or not math.isfinite(sum(array("f", decoded))):
        raise ValueError("an embedding with numbers that are none")
    return len(decoded) // 4


def _check_number(items: Sequence[Any], positions: Sequence[int], name: str) -> None:
    if not items:
        raise ValueError(f"{name}: empty")
    if len(items) != len(positions):
        raise InputCountMismatch(f"{name}: not as many as were asked for")


def _sizes(inputs: Iterable[Any]) -> list[int]:
    return [len(render_json(each)) for each in inputs]


def _shares(counted: int, sizes: Sequence[int]) -> list[int]:
    """Share out what a response counted by the inputs' lengths, so that the shares add up to it."""
    whole = sum(sizes)
    shares, so_far, given = [], 0, 0
    for size in sizes:
        so_far += size
        share = counted * so_far // whole - given
        given += share
        shares.append(share)
    return shares


def _usage_shares(usage: JSONObject, sizes: Sequence[int]) -> list[JSONObject]:
    """Share out each counter of a response, whatever its name; what counts nothing is everybody's."""
    whole = sum(sizes)
    shares: list[JSONObject] = [{} for _ in sizes]
    for name, value in usage.items():
        parts: Iterable[Any] = [value] * len(sizes)
        if isinstance(value, dict):
            parts = _usage_shares(value, sizes)
        elif _counts(value) and isinstance(value, int):
            parts = _shares(value, sizes)
        elif _counts(value):
            parts = [value * size / whole for size in sizes]
        for share, part in zip(shares, parts, strict=True):
            share[name] = part
    return shares


def _usage_sum(usages: Sequence[Mapping[str, Any]]) -> JSONObject:
    """Add up each counter; of what counts nothing the first one told stands."""
    names = dict.fromkeys(name for usage in usages for name in usage)
    return {name: _sum([usage[name] for usage in usages if usage.get(name) is not None]) for name in names}


def _sum(values: Sequence[Any]) -> Any:
    if values and all(isinstance(value, dict) for value in values):
        return _usage_sum(values)
    if values and all(_counts(value) for value in values):
        # A cost is what it was before it was shared out.
        return sum(values) if all(isinstance(each, int) for each in values) else float(f"{math.fsum(values):.12g}")
    return values[0] if values else None


def _counts(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < _COUNTER
