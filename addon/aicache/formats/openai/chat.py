"""OpenAI's chat completions, which nearly every vendor implements. Pure.

Source: https://platform.openai.com/docs/api-reference/chat, and for the path with the model in it
https://learn.microsoft.com/azure/ai-services/openai/reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import unquote

from aicache.domain.model import Answer, Call, Mode, Turn
from aicache.formats import (
    documented_fields,
    hit_edits,
    hosted_tools,
    refusals,
    response_format,
    stateful_messages,
)
from aicache.formats.answer_body import parse_answer_body
from aicache.formats.equivalents import single_text, without_marks
from aicache.formats.format import NO_CONTEXT, AnswerSummary, BaseFormat, RequestContext
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import JSONObject, choice_count, object_list, render_json
from aicache.formats.openai import chat_answer, chat_completion, chat_interchange, chat_stream, equivalents, stream
from aicache.formats.openai.chat_completion import Completion
from aicache.formats.stateful_parameters import Allow
from aicache.formats.stateful_requests import reject_stateful_request
from aicache.formats.text_parts import question_of

_AZURE_PATH = re.compile(r"/openai/deployments/([^/]+)/chat/completions/?\Z")
_MORE_THAN_TEXT = (
    *("audio", "prediction", "web_search_options"),
    *("guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs"),  # vLLM
    *("json_schema", "grammar", "regex", "ebnf", "structural_tag"),  # llama.cpp, SGLang
    *("search_parameters", "plugins", "preset", "enable_search", "data_sources", "documents"),  # xAI, OpenRouter, ...
)
"""Fields, also of vendors, that request an output format or let other sources than the model contribute."""
_TEXT_ROLES = frozenset({"user", "system", "developer"})
_NO_REST = frozenset({"role", "content"}) | equivalents.CACHE_MARKS
"""Fields of a message that are no part of its turn's rest."""

_T = TypeVar("_T")


class Chat(BaseFormat):
    """The format of ``POST .../chat/completions``, on any host."""

    api = "chat"

    def matches(self, method: str, path: str) -> bool:
        return method == "POST" and path.removesuffix("/").endswith("/chat/completions")

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request. Raises ValueError for a malformed one, Stateful for one that depends on upstream state."""
        request = context.parse_body(body)
        _reject_stateful(path, request, allow=context.allow)
        if request.get("stream") and request.get("diffusing"):
            raise ValueError("diffusing: each chunk is a draft of the whole")  # Inception
        messages = object_list(request.get("messages"), "messages")
        if not messages:
            raise ValueError("messages: missing, or empty")
        turns = tuple(_turn(i, message) for i, message in enumerate(messages))
        streams = _optional(request, "stream", bool) or False
        options = _optional(request, "stream_options", dict) or {}
        model = _model(path, request)
        non_params = ("messages", "model") if request.get("model") in (model, None, "") else ("messages",)
        return Call(
            api=self.api,
            model=model,
            mode=Mode.STREAM if streams else Mode.WHOLE,
            wants_usage=streams and options.get("include_usage") is True,
            counted=not streams or options.get("include_usage") is True,
            params=equivalents.chat_params({n: value for n, value in request.items() if n not in non_params}),
            turns=turns,
            question=question_of(turns[-1]) if _may_have_neighbors(request, context.tools_semantic) else None,
            n=choice_count(request),
            temperature=_temperature(request),
            variant=chat_completion.echoed_metadata(request),
            common=chat_interchange.to_common(request, turns) if "model" in non_params else None,
        )

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, Completion]:
        """Parse a complete, good answer of at least *n* choices. Raises ValueError with the fault."""
        mode, document = parse_answer_body(body, chat_stream.join_stream, partial(chat_answer.check_answer, n=n))
        return mode, chat_completion.without_echo(document, variant)

    def summarize(self, document: Completion) -> AnswerSummary:
        usage = document.usage or {}
        prompt, completion = chat_interchange.count_tokens(usage)
        refused = chat_answer.is_refused(document) or refusals.any_refusal(chat_answer.texts(document))
        cached = hit_edits.cached_tokens(usage, "prompt_tokens_details")
        return AnswerSummary(prompt, completion, refused, chat_answer.expiry(document), cached)

    def check_useful(self, document: Completion, call: Call) -> None:
        chat_answer.reject_useless(document)
        response_format.reject_mismatch(chat_answer.texts(document), response_format.of_chat(call.params))

    def render(self, document: Completion, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render an answer as the API itself would. Whole answers always include the usage, if known."""
        chat_answer.reject_unidentified_calls(document)
        document = chat_completion.with_echo(document, variant)
        match mode:
            case Mode.WHOLE:
                return render_json(chat_completion.to_document(document))
            case Mode.STREAM:
                return chat_stream.render_stream(document, include_usage=include_usage)

    def recorded_variant(self, document: Completion, variant: str) -> str:
        return variant if chat_completion.has_echo(document) else ""

    def can_replay(self, recorded: str, variant: str) -> bool:
        """Tell whether the answer echoes no metadata of its caller, or the same as this call's."""
        return recorded in ("", variant)

    def without_usage(self, body: bytes) -> bytes:
        """Return a recorded stream without the usage, for callers that do not request it; the rest byte for byte."""
        return stream.without_usage(body)

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        stream.edit_hit(answer, edit)

    def to_answer(self, document: Completion) -> Answer:
        return chat_interchange.to_answer(document)

    def from_answer(self, answer: Answer, call: Call) -> Completion:
        return chat_interchange.from_answer(answer)


CHAT = Chat()


def _reject_stateful(path: str, request: Mapping[str, Any], *, allow: Allow) -> None:
    reject_stateful_request(path, request, documented_fields.CHAT, allow=allow, path_segments=2)
    hosted_tools.reject_tools(request.get("tools"), allow=allow)
    stateful_messages.reject_references(request.get("messages"), allow=allow)


def _model(path: str, request: JSONObject) -> str:
    """Return the model. A deployment in the path decides: Azure ignores the body's model.

    A gateway with Azure's paths may not, so a different model in the body stays among the parameters. A request may
    name no model (to a server that has only one) or several (OpenRouter's ``models``), which are parameters.
    """
    model = _optional(request, "model", str)
    if deployment := _AZURE_PATH.search(path):
        return unquote(deployment[1])
    if not model and "model" in request:
        raise ValueError("model: missing")
    return model or ""


def _turn(position: int, message: JSONObject) -> Turn:
    """Return a message's turn; a user's or system's list of one text part is the same as that text."""
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str):
        raise ValueError(f"messages[{position}].role: not a string")
    if isinstance(content, list):
        content = without_marks(content, equivalents.CACHE_MARKS)
        if role in _TEXT_ROLES:
            content = single_text(content)
    return Turn(role, content, {name: value for name, value in message.items() if name not in _NO_REST})


def _may_have_neighbors(request: Mapping[str, Any], tools_semantic: bool) -> bool:
    """Tell whether an answer to a similar question may be served: only plain text is requested, of the model alone."""
    if not tools_semantic and (request.get("tools") or request.get("functions")):
        return False
    if request.get("modalities") not in (None, ["text"]):
        return False
    form = request.get("response_format")
    if not (form is None or (isinstance(form, dict) and form.get("type") == "text")):
        return False
    return all(request.get(name) in (None, False) for name in _MORE_THAN_TEXT)


def _temperature(request: Mapping[str, Any]) -> float | None:
    temperature = request.get("temperature")
    if not (temperature is None or type(temperature) in (int, float)):
        raise ValueError("temperature: not a number")
    return temperature


def _optional(request: Mapping[str, Any], name: str, kind: type[_T]) -> _T | None:
    value = request.get(name)
    if value is None or isinstance(value, kind):
        return value
    raise ValueError(f"{name}: not a {kind.__name__}")
