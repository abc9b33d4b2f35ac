"""Anthropic's Messages API, which gateways and other vendors implement, too. Pure.

Source: https://docs.anthropic.com/en/api/messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.domain.model import Answer, Call, Mode, Turn
from aicache.formats import (
    documented_fields,
    hosted_tools,
    refusals,
    response_format,
    stateful_messages,
)
from aicache.formats.answer_body import parse_answer_body
from aicache.formats.anthropic import answer as messages_answer
from aicache.formats.anthropic import equivalents, interchange, stream
from aicache.formats.anthropic import error as messages_error
from aicache.formats.anthropic.interchange import VERSION
from aicache.formats.api_errors import APIError
from aicache.formats.format import NO_CONTEXT, AnswerSummary, BaseFormat, RequestContext
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import (
    JSONObject,
    object_list,
    render_json,
    token_count,
)
from aicache.formats.stateful_parameters import Allow
from aicache.formats.stateful_requests import reject_stateful_request
from aicache.formats.text_parts import question_of

_BETA = "anthropic-beta"
_HEADERS = (VERSION, _BETA, "anthropic-user-profile-id")  # select the answer's format, or the end user
_FIELD_TYPES: Mapping[str, tuple[type, ...]] = {
    "model": (str,),
    "messages": (list,),
    "system": (str, list),
    "max_tokens": (int,),
    "stream": (bool,),
    "temperature": (int, float),
    "top_p": (int, float),
    "top_k": (int,),
    "stop_sequences": (list,),
    "tools": (list,),
    "tool_choice": (dict,),
    "thinking": (dict,),
    "metadata": (dict,),
    "service_tier": (str,),
    "output_config": (dict,),
    "output_format": (dict,),
    "cache_control": (dict,),
    "context_management": (dict,),
    "mcp_servers": (list,),
    "inference_geo": (str,),
    "speed": (str,),
    "fallbacks": (str, list),
    "diagnostics": (dict,),
    "user_profile_id": (str,),
}
"""The JSON types of the documented fields, also those of the betas."""

_MORE_THAN_TEXT = ("output_format", "mcp_servers", "context_management")
_ROLES = ("user", "assistant", "system")
_NO_REST = frozenset({"role", "content", "cache_control"})
"""Fields of a message that are no part of its turn's rest."""
_PACING_OPTIONS = ("eager_input_streaming", "fine-grained-tool-streaming-2025-05-14")
"""Options for streaming a tool's input: a tool's field, and formerly a beta. Some clients request it with every stream,
never with whole answers."""
_SYSTEM_IS_TURN = True
"""Replaces the system prompt among the parameters, so that it never equals a message with the role ``system``."""


class Messages(BaseFormat):
    """The format of ``POST .../v1/messages``, on any host."""

    api = "messages"
    parsed_headers = frozenset(_HEADERS)

    def matches(self, method: str, path: str) -> bool:
        place, _, name = path.removesuffix("/").rpartition("/")
        return (
            method == "POST"
            and name == "messages"
            and (place.endswith("/v1") or "anthropic" in place or "claude" in place)
        )

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request. Raises ValueError for a malformed one, Stateful for one that depends on upstream state."""
        request = context.parse_body(body)
        _reject_stateful(path, request, allow=context.allow)
        _check_types(request)
        turns = _turns(request)
        params = equivalents.params(_params(request, context.headers))
        return Call(
            api=self.api,
            model=request["model"],
            mode=Mode.STREAM if request.get("stream") else Mode.WHOLE,
            wants_usage=False,
            params=params,
            turns=turns,
            question=question_of(turns[-1]) if _may_have_neighbors(request, context.tools_semantic) else None,
            n=1,
            temperature=request.get("temperature"),
            common=interchange.to_common(params, turns),
        )

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, JSONObject]:
        """Parse a complete, good answer. Raises ValueError with the fault."""
        if n > 1:
            raise ValueError("more choices than this API has")
        return parse_answer_body(body, stream.join_stream, messages_answer.check_answer)

    def summarize(self, document: JSONObject) -> AnswerSummary:
        usage, is_counted = document["usage"], interchange.has_usage(document)
        return AnswerSummary(
            interchange.input_tokens(usage) if is_counted else 0,
            token_count(usage["output_tokens"]) if is_counted else 0,
            refused=document["stop_reason"] == "refusal" or refusals.any_refusal(messages_answer.texts(document)),
            expires_at=messages_answer.expiry(document),
            cached_tokens=token_count(usage.get("cache_read_input_tokens")) if is_counted else 0,
        )

    def check_useful(self, document: JSONObject, call: Call) -> None:
        messages_answer.reject_useless(document)
        messages_answer.reject_container(document, call.params.get("tools") or ())
        response_format.reject_mismatch(messages_answer.texts(document), response_format.of_messages(call.params))

    def render(self, document: JSONObject, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render an answer as the API itself would. It always includes the usage."""
        match mode:
            case Mode.WHOLE:
                return render_json(document)
            case Mode.STREAM:
                return stream.render_stream(document)

    def render_error(self, error: APIError) -> bytes:
        return messages_error.render_error(error)

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        """Edit a message, which is the answer or in ``message_start``, or the counts of ``message_delta``."""
        message = answer["message"] if isinstance(answer.get("message"), dict) else answer
        if message is not answer or answer.get("type") == "message":
            edit.id(message, "id")
        edit.usage(message, "usage", interchange.read_as_cached)

    def to_answer(self, document: JSONObject) -> Answer:
        return interchange.to_answer(document)

    def from_answer(self, answer: Answer, call: Call) -> JSONObject:
        return interchange.from_answer(answer, call)


MESSAGES = Messages()


def _check_types(request: Mapping[str, Any]) -> None:
    """Raise ValueError for a field that is missing or of another type than documented."""
    for name, kinds in _FIELD_TYPES.items():
        value = request.get(name)
        if not (value is None or type(value) in kinds):
            raise ValueError(f"{name}: of the wrong type")
    for name in ("model", "messages"):
        if not request.get(name):
            raise ValueError(f"{name}: missing")
    if (max_tokens := request.get("max_tokens")) is None or max_tokens < 0:
        raise ValueError("max_tokens: missing, or not a count")
    if not all(isinstance(each, str) for each in request.get("stop_sequences") or ()):
        raise ValueError("stop_sequences: not a list of texts")
    for name in ("tools", "mcp_servers"):
        object_list(request.get(name), name)


def _reject_stateful(path: str, request: Mapping[str, Any], *, allow: Allow) -> None:
    """Raise Stateful for references to upstream state that changes or expires: ``thread``, ``container``, ...

    Files are allowed: the content behind a file's id never changes.
    """
    reject_stateful_request(path, request, documented_fields.MESSAGES, allow=allow)
    hosted_tools.reject_tools(request.get("tools"), allow=allow)
    stateful_messages.reject_references([request.get("system"), request.get("messages")], allow=allow)


def _turns(request: Mapping[str, Any]) -> tuple[Turn, ...]:
    """Return the turns of the system prompt, if there is one, and the messages."""
    system = request.get("system")
    turns = [] if system is None else [Turn("system", _content(system, "system"), {})]
    turns += [_turn(i, message) for i, message in enumerate(object_list(request["messages"], "messages"))]
    return tuple(turns)


def _turn(position: int, message: JSONObject) -> Turn:
    """Return a message's turn. A user's message with tool results becomes a tool's turn, which asks no question.

    A list of one text block is the same as that text.
    """
    role = message.get("role")
    if role not in _ROLES:
        raise ValueError(f"messages[{position}].role: unknown")
    content = _content(message.get("content"), f"messages[{position}].content")
    if role == "user" and isinstance(content, list) and any(block["type"] == "tool_result" for block in content):
        role = "tool"
    return Turn(role, content, {name: value for name, value in message.items() if name not in _NO_REST})


def _content(content: Any, name: str) -> Any:
    """Check content, and return it without marks; one text block is the same as its text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ValueError(f"{name}: neither text nor a list of blocks")
    for block in object_list(content, name):
        kind, text = block.get("type"), block.get("text")
        if not isinstance(kind, str) or (kind == "text" and not isinstance(text, str)):
            raise ValueError(f"{name}: a block whose fields do not fit its type")
    return equivalents.content(content)


def _params(request: Mapping[str, Any], headers: Mapping[str, str]) -> JSONObject:
    """Return a request's fields without the conversation, the model and the pacing options of streams."""
    params = {name: value for name, value in request.items() if name not in ("messages", "model")}
    if params.get("system") is not None:
        params["system"] = _SYSTEM_IS_TURN
    if params.get("tools"):
        params["tools"] = [
            {name: v for name, v in tool.items() if name not in _PACING_OPTIONS} for tool in params["tools"]
        ]
    for name in _HEADERS:
        if name in request:
            raise ValueError(f"{name}: a header in the body")
        if value := _without_pacing_betas(headers.get(name, "")) if name == _BETA else headers.get(name):
            params[name] = value
    return params


def _without_pacing_betas(betas: str) -> str:
    return ",".join(beta for each in betas.split(",") if (beta := each.strip()) and beta not in _PACING_OPTIONS)


def _may_have_neighbors(request: Mapping[str, Any], tools_semantic: bool) -> bool:
    """Tell whether an answer to a similar question may be served: only plain text is requested, of the model alone."""
    tools = request.get("tools") or ()
    if tools and not (tools_semantic and all(tool.get("type") in (None, "custom") for tool in tools)):
        return False
    if (request.get("output_config") or {}).get("format") is not None:
        return False
    return not any(request.get(name) for name in _MORE_THAN_TEXT)
