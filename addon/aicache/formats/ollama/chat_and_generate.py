"""Ollama's own API, chat and generate. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md, and for the types of fields and the meaning of empty
values ``api/types.go`` beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aicache.domain.model import Answer, Call, Mode, Turn
from aicache.formats import (
    documented_fields,
    failure_marks,
    hosted_tools,
    refusals,
    response_format,
    sse,
    stateful_messages,
    stateful_parameters,
)
from aicache.formats.api_errors import APIError, render_ollama_error
from aicache.formats.format import NO_CONTEXT, AnswerSummary, BaseFormat, RequestContext
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import (
    JSONObject,
    object_list,
    parse_object,
    render_json,
    token_count,
)
from aicache.formats.ollama import answer as ollama_answer
from aicache.formats.ollama import equivalents, interchange
from aicache.formats.ollama.answer import Shape, Types, check_types
from aicache.formats.stateful_parameters import Allow

_FLAG, _TEXT, _LIST, _NUMBER = (bool,), (str,), (list,), (int, float)
_REQUEST: Types = {
    "model": _TEXT,
    "format": (str, dict),
    "options": (dict,),
    "think": (bool, str),
    "keep_alive": (str, int, float),
    **dict.fromkeys(("stream", "truncate", "shift", "logprobs", "_debug_render_only"), _FLAG),
    "top_logprobs": (int,),
}
_CHAT: Types = {**_REQUEST, "messages": _LIST, "tools": _LIST}
_GENERATE: Types = {
    **_REQUEST,
    **dict.fromkeys(("prompt", "suffix", "system", "template"), _TEXT),
    **dict.fromkeys(("context", "images"), _LIST),
    "raw": _FLAG,
    **dict.fromkeys(("width", "height", "steps"), (int,)),
}
_MESSAGE: Types = {
    **dict.fromkeys(("role", "content", "thinking", "tool_name", "tool_call_id"), _TEXT),
    **dict.fromkeys(("images", "tool_calls"), _LIST),
}
_OPTIONS: Types = {
    **dict.fromkeys(("num_keep", "seed", "num_predict", "top_k", "top_p", "min_p", "typical_p"), _NUMBER),
    **dict.fromkeys(("repeat_last_n", "temperature", "repeat_penalty"), _NUMBER),
    **dict.fromkeys(("presence_penalty", "frequency_penalty"), _NUMBER),
    **dict.fromkeys(("num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "draft_num_predict"), _NUMBER),
    "use_mmap": _FLAG,
    "stop": _LIST,
}
_MORE_THAN_TEXT = ("format", "suffix", "raw", "context", "images", "width", "height", "steps")


class _Ollama(BaseFormat):
    """Base of both endpoints."""

    api: str
    path: str
    shape: Shape

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith(self.path)

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, JSONObject]:
        """Parse a complete, good answer. Raises ValueError with the fault."""
        if n > 1:
            raise ValueError("more choices than this API has")
        if ollama_answer.is_stream(body):
            return Mode.STREAM, ollama_answer.check_answer(
                ollama_answer.join_lines(sse.decode_ndjson(body)), self.shape
            )
        return Mode.WHOLE, ollama_answer.check_answer(parse_object(body), self.shape)

    def summarize(self, document: JSONObject) -> AnswerSummary:
        return AnswerSummary(
            token_count(document.get("prompt_eval_count")),
            token_count(document.get("eval_count")),
            refusals.any_refusal([self.shape.content_of(document)[self.shape.text]]),
            expires_at=failure_marks.earliest_expiry(document),
        )

    def check_useful(self, document: JSONObject, call: Call) -> None:
        ollama_answer.reject_useless(document, self.shape)
        content = self.shape.content_of(document)
        if not content.get("tool_calls"):
            response_format.reject_mismatch([content[self.shape.text]], response_format.of_ollama(call.params))

    def render(self, document: JSONObject, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render an answer as the API itself would, always with the usage."""
        match mode:
            case Mode.WHOLE:
                return render_json(document)
            case Mode.STREAM:
                return ollama_answer.render_stream(document, self.shape)

    def render_error(self, error: APIError) -> bytes:
        return render_ollama_error(error)

    def content_type(self, mode: Mode, variant: str = "") -> str:
        return "application/json; charset=utf-8" if mode is Mode.WHOLE else "application/x-ndjson"

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        """Edit the answer or a line of a stream. The API has no id, and no words for a prompt that was cached."""
        edit.time(answer, "created_at")
        edit.count(answer, "prompt_eval_count", "eval_count")

    def to_answer(self, document: JSONObject) -> Answer:
        return interchange.to_answer(document, self.shape)

    def from_answer(self, answer: Answer, call: Call) -> JSONObject:
        return interchange.from_answer(answer, call.model, self.shape)


class OllamaChat(_Ollama):
    """The format of ``POST .../api/chat``, on any host."""

    api = "ollama-chat"
    path = "/api/chat"
    shape = ollama_answer.CHAT

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request. Raises ValueError for a malformed one, and for one without messages."""
        request = context.parse_body(body)
        _reject_stateful(request, _CHAT.keys(), context.allow)
        _check_fields(request, _CHAT)
        object_list(request.get("tools"), "tools")
        messages = object_list(request.get("messages"), "messages")
        if not messages:
            raise ValueError("messages: empty, which loads or unloads the model")
        turns = tuple(_turn(i, message) for i, message in enumerate(messages))
        last = turns[-1]
        may_have_neighbors = (
            last.role == "user" and not any(last.rest.values()) and _may_have_neighbors(request, context.tools_semantic)
        )
        return _call(self.api, request, turns, last.content if may_have_neighbors else None, turn_fields={"messages"})


class OllamaGenerate(_Ollama):
    """The format of ``POST .../api/generate``, on any host."""

    api = "ollama-generate"
    path = "/api/generate"
    shape = ollama_answer.GENERATE

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request. Raises ValueError for a malformed one, and for one without a prompt.

        An earlier answer's ``context`` is a parameter like any other: it does not refer to state.
        """
        request = context.parse_body(body)
        _reject_stateful(request, _GENERATE.keys(), context.allow)
        _check_fields(request, _GENERATE)
        prompt = request.get("prompt")
        if not prompt:
            raise ValueError("prompt: empty, which loads or unloads the model")
        turns: tuple[Turn, ...] = (Turn("user", prompt, {}),)
        turn_fields = {"prompt"}
        if isinstance(system := request.get("system"), str):
            turns, turn_fields = (Turn("system", system, {}), *turns), {"prompt", "system"}
        question = prompt if _may_have_neighbors(request, context.tools_semantic) else None
        return _call(self.api, request, turns, question, turn_fields=turn_fields)


OLLAMA_CHAT = OllamaChat()
OLLAMA_GENERATE = OllamaGenerate()


def _reject_stateful(request: JSONObject, harmless: Iterable[str], allow: Allow) -> None:
    stateful_parameters.reject_stateful_fields(
        request, frozenset(harmless), documented_fields.CHECKED_ELSEWHERE | {"format"}, allow=allow
    )
    hosted_tools.reject_tools(request.get("tools"), allow=allow)
    stateful_messages.reject_references(request.get("messages"), allow=allow)


def _check_fields(request: JSONObject, types: Types) -> None:
    """Raise ValueError for fields whose effect only the upstream knows: of other types, or named in other case.

    Go's JSON parser, which Ollama uses, reads ``Stream`` as ``stream``; if both are sent, the later one counts.
    """
    for name in request:
        if name not in types and name.casefold() in types:
            raise ValueError("a name that differs from one of the API's only in case")
    check_types(request, types)
    check_types(request.get("options") or {}, _OPTIONS)


def _call(
    api: str, request: JSONObject, turns: tuple[Turn, ...], question: str | None, *, turn_fields: set[str]
) -> Call:
    """Build the call. *turn_fields* are fields that became turns."""
    if not (model := request.get("model")):
        raise ValueError("model: missing")
    omitted = {"model"} | turn_fields
    params = equivalents.params({name: value for name, value in request.items() if name not in omitted})
    return Call(
        api=api,
        model=model,
        mode=Mode.WHOLE if request.get("stream") is False else Mode.STREAM,
        wants_usage=False,
        params=params,
        turns=turns,
        question=question if question and question.strip() else None,
        n=1,
        temperature=(request.get("options") or {}).get("temperature"),
        common=interchange.to_common(params, turns),
    )


def _turn(position: int, message: JSONObject) -> Turn:
    """Return a message's turn, whose content is text; images and all other fields are in the turn's rest."""
    check_types(message, _MESSAGE)
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str):
        raise ValueError(f"messages[{position}].role: not a string")
    object_list(message.get("tool_calls"), f"messages[{position}].tool_calls")
    taken = ("role",) if content is None else ("role", "content")
    return Turn(role, content, {name: value for name, value in message.items() if name not in taken})


def _may_have_neighbors(request: Mapping[str, Any], tools_semantic: bool) -> bool:
    """Tell whether an answer to a similar question may be served: only plain text is sent and requested."""
    if not tools_semantic and request.get("tools"):
        return False
    return not any(request.get(name) for name in _MORE_THAN_TEXT)
