"""OpenAI's legacy completions, which continue a text. Pure.

Sources: https://platform.openai.com/docs/api-reference/completions; for the paths with the model in them
https://learn.microsoft.com/azure/ai-services/openai/reference and OpenAI's older ``/v1/engines/M/completions``. Spoken
by vLLM, llama.cpp, SGLang, TGI, Ollama, OpenRouter, Together, Fireworks and DeepSeek (to fill in the middle), too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from aicache.domain.model import Answer, Call, Mode, Turn
from aicache.formats import (
    documented_fields,
    failure_marks,
    hit_edits,
    refusals,
    response_format,
)
from aicache.formats.answer_body import parse_answer_body
from aicache.formats.format import NO_CONTEXT, AnswerSummary, BaseFormat, RequestContext
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import JSONObject, choice_count, render_json
from aicache.formats.openai import chat_interchange, completions_answer, completions_stream, equivalents, stream
from aicache.formats.stateful_requests import reject_stateful_request

_PATH = re.compile(r"(?<!/chat)(?<!/fim)(?<!/agents)/completions/?\Z")
"""Excludes chat completions, and Mistral's fill-in-the-middle and agents, whose documents are those of chat."""
_MODEL_PATH = re.compile(r"/(?:deployments|engines)/([^/]+)/completions/?\Z")
_NUMBER = (int, float)
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "best_of": (int,),
    "echo": (bool,),
    "frequency_penalty": _NUMBER,
    "logit_bias": (dict,),
    "logprobs": (int, bool),  # Fireworks takes either
    "max_tokens": (int,),
    "n": (int,),
    "presence_penalty": _NUMBER,
    "seed": (int,),
    "stop": (str, list),
    "stream": (bool,),
    "stream_options": (dict,),
    "suffix": (str,),
    "temperature": _NUMBER,
    "top_p": _NUMBER,
    "user": (str,),
}


class Completions(BaseFormat):
    """The format of ``POST .../completions``, on any host.

    Its calls have exact hits only: the prompt is code, a few-shot text or the beginning of a sentence, and a similar
    one continues differently. So no call has a question or a form in common terms.
    """

    api = "completions"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and _PATH.search(path) is not None

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request. Raises ValueError for a malformed one, Stateful for one that depends on upstream state."""
        request = context.parse_body(body)
        reject_stateful_request(path, request, documented_fields.COMPLETIONS, allow=context.allow)
        _check_fields(request)
        prompt, prompts = _prompt(request.get("prompt"))
        streams = request.get("stream") or False
        options = request.get("stream_options") or {}
        return Call(
            api=self.api,
            model=_model(path, request),
            mode=Mode.STREAM if streams else Mode.WHOLE,
            wants_usage=streams and options.get("include_usage") is True,
            counted=not streams or options.get("include_usage") is True,
            params=equivalents.completions_params({n: v for n, v in request.items() if n not in ("prompt", "model")}),
            turns=(Turn("user", prompt, {}),),
            question=None,
            n=prompts * choice_count(request),
            temperature=request.get("temperature"),
        )

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, JSONObject]:
        """Parse a complete, good answer of at least *n* choices. Raises ValueError with the fault."""
        return parse_answer_body(body, completions_stream.join_stream, partial(completions_answer.check_answer, n=n))

    def summarize(self, document: JSONObject) -> AnswerSummary:
        usage = document.get("usage") or {}
        prompt, completion = chat_interchange.count_tokens(usage)
        refused = refusals.any_refusal(completions_answer.texts(document))
        cached = hit_edits.cached_tokens(usage, "prompt_tokens_details")
        return AnswerSummary(prompt, completion, refused, failure_marks.earliest_expiry(document), cached)

    def check_useful(self, document: JSONObject, call: Call) -> None:
        completions_answer.reject_useless(document)
        if not call.params.get("echo"):
            response_format.reject_mismatch(completions_answer.texts(document), response_format.of_chat(call.params))

    def render(self, document: JSONObject, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render an answer as the API itself would. Whole answers always include the usage, if known."""
        match mode:
            case Mode.WHOLE:
                return render_json(document)
            case Mode.STREAM:
                return completions_stream.render_stream(document, include_usage=include_usage)

    def without_usage(self, body: bytes) -> bytes:
        """Return a recorded stream without the usage, for callers that do not request it; the rest byte for byte."""
        return stream.without_usage(body)

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        stream.edit_hit(answer, edit)

    def to_answer(self, document: JSONObject) -> Answer:
        return completions_answer.to_answer(document)

    def from_answer(self, answer: Answer, call: Call) -> JSONObject:
        return completions_answer.from_answer(answer)


COMPLETIONS = Completions()


def _check_fields(request: Mapping[str, Any]) -> None:
    """Raise ValueError for a field of another type than documented: only the upstream knows its effect."""
    for name, kinds in _FIELDS.items():
        value = request.get(name)
        if value is not None and type(value) not in kinds:
            raise ValueError(f"{name}: not of type {' or '.join(kind.__name__ for kind in kinds)}")
    if isinstance(stops := request.get("stop"), list) and not all(isinstance(stop, str) for stop in stops):
        raise ValueError("stop: not a list of strings")


def _model(path: str, request: Mapping[str, Any]) -> str:
    if model := request.get("model"):
        return str(model)
    if named := _MODEL_PATH.search(path):
        return unquote(named[1])
    if "model" in request:
        raise ValueError("model: missing")
    return ""  # a server with one model needs no name; routers accept several names, which are parameters


def _prompt(prompt: Any) -> tuple[Any, int]:
    """Return the prompt, and the number of prompts; each gets its own choices. A list of one prompt is that prompt."""
    if isinstance(prompt, str) or _is_tokens(prompt):
        return prompt, 1
    if not isinstance(prompt, list) or not prompt:
        raise ValueError("prompt: missing, or empty")
    if not (all(isinstance(each, str) for each in prompt) or all(_is_tokens(each) for each in prompt)):
        raise ValueError("prompt: neither text nor tokens, nor a list of either")
    return (prompt[0], 1) if len(prompt) == 1 else (prompt, len(prompt))


def _is_tokens(prompt: Any) -> bool:
    return isinstance(prompt, list) and bool(prompt) and all(type(token) is int and token >= 0 for token in prompt)
