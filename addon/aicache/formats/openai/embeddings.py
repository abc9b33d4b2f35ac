"""OpenAI's embeddings, which most vendors implement. Pure.

Source: https://platform.openai.com/docs/api-reference/embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from aicache.domain.model import Batch
from aicache.formats import documented_fields, stateful_messages, stateful_parameters
from aicache.formats.embedding_usage import input_sizes, share_count, share_usage, sum_usage
from aicache.formats.embedding_vectors import check_vector
from aicache.formats.embeddings import (
    BaseEmbeddings,
    InputCountMismatch,
    InputEmbedding,
    check_count,
    parse_batch,
    parse_fields,
)
from aicache.formats.json_body import parse_raw, parse_request_object, render_json, token_count
from aicache.formats.stateful_parameters import STRICT, Allow

_TEXT_FIELDS = ("encoding_format", "input_type", "task", "prompt_name", "user")
_DEFAULT_ENCODING = "float"
"""The default: https://platform.openai.com/docs/api-reference/embeddings/create. Azure, Mistral, vLLM and
DashScope document the same. Voyage, whose default has no name, responds with an error, which is never stored."""


class OpenAIEmbeddings(BaseEmbeddings):
    """``POST .../embeddings``, on any host."""

    api = "embeddings"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith("/embeddings")

    def parse_request(self, path: str, body: bytes, *, allow: Allow = STRICT) -> Batch:
        request = parse_request_object(body)
        stateful_parameters.reject_stateful_path(path, tail=1)
        stateful_parameters.reject_stateful_fields(
            request, documented_fields.OPENAI_EMBEDDINGS, documented_fields.CHECKED_ELSEWHERE, allow=allow
        )
        stateful_messages.reject_references(request.get("input"), allow=allow)
        for name in _TEXT_FIELDS:
            if not isinstance(request.get(name), str | None):
                raise ValueError(f"{name}: not a string")
        if type(request.get("dimensions")) not in (int, type(None)):
            raise ValueError("dimensions: not a count")
        if request.get("encoding_format") == _DEFAULT_ENCODING:
            del request["encoding_format"]
        return parse_batch(self.api, request, _deployment(path))

    def parse_response(self, body: bytes, batch: Batch, positions: Sequence[int]) -> list[InputEmbedding]:
        envelope = parse_fields(body)
        items = parse_raw(envelope.pop("data", None), list[dict[str, msgspec.Raw]], "data")
        placed: dict[int, msgspec.Raw] = {}
        for place, item in enumerate(items):
            index = item.get("index")
            check_vector(item.get("embedding"), batch.params)
            placed[place if index is None else parse_raw(index, int, "index")] = msgspec.Raw(render_json(item))
        check_count(items, positions, "data")
        if placed.keys() != set(range(len(items))):
            raise InputCountMismatch("data: indexes other than those of the inputs")
        usage = parse_raw(envelope.get("usage", msgspec.Raw(b"null")), dict[str, Any] | None, "usage") or {}
        sizes = input_sizes(batch.inputs[i] for i in positions)
        tokens = share_count(token_count(usage.get("prompt_tokens")) or token_count(usage.get("total_tokens")), sizes)
        counted = share_usage(usage, sizes)
        return [InputEmbedding(placed[i], envelope, tokens[i], each) for i, each in enumerate(counted)]

    def render_response(self, embeddings: Sequence[InputEmbedding]) -> bytes:
        envelope = dict(embeddings[0].envelope)
        usage = envelope.pop("usage", None)
        counted = [each.usage for each in embeddings if each.usage]
        items = [parse_raw(each.item, dict[str, msgspec.Raw], "item") for each in embeddings]
        data = [item | {"index": i} if "index" in item else item for i, item in enumerate(items)]
        document: dict[str, Any] = {"object": envelope.pop("object", "list"), "data": data, **envelope}
        if counted:
            document["usage"] = sum_usage(counted)
        elif usage is not None:
            document["usage"] = parse_raw(usage, Any, "usage")
        return render_json(document)


OPENAI_EMBEDDINGS = OpenAIEmbeddings()


def _deployment(path: str) -> str | None:
    """Return the deployment in a path of Azure's, which selects the model; None in other paths."""
    _, _, after = path.partition("/openai/deployments/")
    return unquote(after.partition("/")[0]) if after else None
