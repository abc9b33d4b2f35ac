"""The protocol of embeddings APIs. Requests and responses are split by input; each input has its own entry. Pure.

The vectors themselves are never decoded: a caller gets exactly the digits that the upstream wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from aicache.domain.model import Batch
from aicache.formats import failure_marks, json_bounds
from aicache.formats.api_errors import APIError, render_openai_error
from aicache.formats.hit_edits import without_counts
from aicache.formats.json_body import JSONObject, parse_object, parse_raw, render_json
from aicache.formats.stateful_parameters import STRICT, Allow

_DEPENDENT_VECTORS = ("late_chunking",)  # Jina: each vector depends on the texts around it


class InputEmbedding(msgspec.Struct, frozen=True):
    """One input's part of a response: its vector, and the fields of the whole response."""

    item: msgspec.Raw
    envelope: dict[str, msgspec.Raw]
    tokens: int
    """This input's share of the prompt's tokens: the shares of a response add up to its count."""
    usage: dict[str, Any] | None = None
    """This input's share of every counter, by the provider's own names."""


class InputCountMismatch(ValueError):
    """The vectors are valid, but there is not one for each requested input."""


class Embeddings(Protocol):
    """One embeddings API. Its methods raise ValueError only, with messages that never contain content."""

    @property
    def api(self) -> str: ...

    def matches(self, method: str, path: str) -> bool: ...

    def parse_request(self, path: str, body: bytes, *, allow: Allow = STRICT) -> Batch: ...

    def select_inputs(self, body: bytes, positions: Sequence[int]) -> bytes:
        """Return the request reduced to the inputs at these positions."""

    def parse_response(self, body: bytes, batch: Batch, positions: Sequence[int]) -> list[InputEmbedding]:
        """Split a response into one embedding per requested position. Raises InputCountMismatch where they differ."""

    def render_response(self, embeddings: Sequence[InputEmbedding]) -> bytes:
        """Render the response with these embeddings, in this order."""

    def render_error(self, error: APIError) -> bytes:
        """Render an error as the API itself would, as JSON."""


class BaseEmbeddings:
    """Base of APIs whose inputs are in the field ``input``."""

    def select_inputs(self, body: bytes, positions: Sequence[int]) -> bytes:
        request = parse_object(body)
        inputs = _parse_inputs(request)
        return render_json({**request, "input": [inputs[i] for i in positions]})

    def render_error(self, error: APIError) -> bytes:
        return render_openai_error(error)


def pack(embedding: InputEmbedding) -> bytes:
    """Return the body under which an embedding is stored."""
    return render_json(embedding)


def unpack(body: bytes) -> InputEmbedding:
    """Return the embedding that `pack` packed. Raises ValueError for anything else."""
    embedding: InputEmbedding = parse_raw(msgspec.Raw(body), InputEmbedding, "a stored vector")
    return embedding


def uncounted(embedding: InputEmbedding) -> InputEmbedding:
    """Return an embedding whose counts of tokens are 0."""
    envelope = dict(embedding.envelope)
    if (usage := envelope.get("usage")) is not None:  # of entries from before there were shares of it
        envelope["usage"] = msgspec.Raw(render_json(without_counts(parse_raw(usage, Any, "usage"))))
    return msgspec.structs.replace(embedding, tokens=0, usage=without_counts(embedding.usage), envelope=envelope)


def parse_batch(api: str, request: JSONObject, model_in_path: str | None) -> Batch:
    """Parse the model, parameters and inputs. A list has several inputs, but a list of numbers is one, as tokens."""
    for name in _DEPENDENT_VECTORS:
        if request.get(name):
            raise ValueError(f"{name}: the vectors depend on each other")
    model = request.get("model") or model_in_path
    if not isinstance(model, str):
        raise ValueError("model: missing, or not a string")
    inputs = _parse_inputs(request)
    params = {name: value for name, value in request.items() if name not in ("input", "model")}
    return Batch(api, model, params, tuple(inputs))


def _parse_inputs(request: Mapping[str, Any]) -> list[Any]:
    given = request.get("input")
    inputs = given if isinstance(given, list) and not _is_tokens(given) else [given]
    if not inputs or not all(_is_input(each) for each in inputs):
        raise ValueError("input: neither text nor tokens, nor a list of those")
    return inputs


def _is_input(value: Any) -> bool:
    """Tell whether a value may be embedded. An empty text may: some upstreams accept it; the others can refuse it."""
    return isinstance(value, dict | str) or (isinstance(value, list) and _is_tokens(value))


def _is_tokens(value: Sequence[Any]) -> bool:
    return bool(value) and all(type(token) is int for token in value)


def parse_fields(body: bytes) -> dict[str, msgspec.Raw]:
    """Split a response into its undecoded fields. Raises ValueError if it contains an error or a mark of a failure."""
    json_bounds.check_bounds(body, max_values=None)  # the numbers of the vectors are never decoded
    fields = parse_raw(msgspec.Raw(body), dict[str, msgspec.Raw], "the response")
    if bytes(fields.get("error", b"null")) != b"null":
        raise ValueError("an error in place of an answer")
    others = {name: parse_raw(value, Any, name) for name, value in fields.items() if name not in ("data", "embeddings")}
    failure_marks.reject_failed(others)
    return {name: msgspec.Raw(bytes(value)) for name, value in fields.items()}


def check_count(items: Sequence[Any], positions: Sequence[int], name: str) -> None:
    """Raise ValueError where there are no vectors, InputCountMismatch unless there is one for each position."""
    if not items:
        raise ValueError(f"{name}: empty")
    if len(items) != len(positions):
        raise InputCountMismatch(f"{name}: not one for each requested input")
