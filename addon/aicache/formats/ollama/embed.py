"""Ollama's embeddings. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md (``/api/embed``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from aicache.domain.model import Batch
from aicache.formats import documented_fields, stateful_parameters
from aicache.formats.api_errors import APIError, render_ollama_error
from aicache.formats.embedding_usage import input_sizes, share_count
from aicache.formats.embedding_vectors import check_vector
from aicache.formats.embeddings import BaseEmbeddings, InputEmbedding, check_count, parse_batch, parse_fields
from aicache.formats.json_body import parse_raw, parse_request_object, render_json, token_count
from aicache.formats.stateful_parameters import STRICT, Allow

_TOKEN_COUNT = "prompt_eval_count"


class OllamaEmbed(BaseEmbeddings):
    """``POST .../api/embed``."""

    api = "ollama-embed"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith("/api/embed")

    def parse_request(self, path: str, body: bytes, *, allow: Allow = STRICT) -> Batch:
        request = parse_request_object(body)
        stateful_parameters.reject_stateful_fields(
            request, documented_fields.OLLAMA_EMBED, documented_fields.CHECKED_ELSEWHERE, allow=allow
        )
        for name, kinds in (("truncate", (bool,)), ("options", (dict,)), ("dimensions", (int,))):
            if request.get(name) is not None and type(request[name]) not in kinds:
                raise ValueError(f"{name}: not of its type")
        request.pop("keep_alive", None)  # how long the model stays loaded afterwards
        batch = parse_batch(self.api, request, None)
        if not all(isinstance(each, str) for each in batch.inputs):
            raise ValueError("input: not texts")
        return batch

    def parse_response(self, body: bytes, batch: Batch, positions: Sequence[int]) -> list[InputEmbedding]:
        envelope = parse_fields(body)
        items = parse_raw(envelope.pop("embeddings", None), list[msgspec.Raw], "embeddings")
        for item in items:
            check_vector(item, batch.params)
        check_count(items, positions, "embeddings")
        count = parse_raw(envelope.get(_TOKEN_COUNT, msgspec.Raw(b"null")), Any, _TOKEN_COUNT)
        shares = share_count(token_count(count), input_sizes(batch.inputs[i] for i in positions))
        return [InputEmbedding(item, envelope, share) for item, share in zip(items, shares, strict=True)]

    def render_response(self, embeddings: Sequence[InputEmbedding]) -> bytes:
        envelope = dict(embeddings[0].envelope)
        document: dict[str, Any] = {
            "model": envelope.pop("model", ""),
            "embeddings": [each.item for each in embeddings],
        }
        tokens = sum(each.tokens for each in embeddings)
        is_counted = any(_TOKEN_COUNT in each.envelope for each in embeddings) or tokens > 0
        return render_json(document | envelope | ({_TOKEN_COUNT: tokens} if is_counted else {}))

    def render_error(self, error: APIError) -> bytes:
        return render_ollama_error(error)


OLLAMA_EMBED = OllamaEmbed()
