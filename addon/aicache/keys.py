"""A request's identity, as pure functions: credential, scope, exact key, namespace. Nothing here awaits or logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode

import msgspec

from aicache.chores import is_about_a_chat
from aicache.model import Batch, Call, Common, Turn

CREDENTIAL_HEADERS = (
    "authorization",
    "x-api-key",
    "api-key",
    "x-goog-api-key",
    "ocp-apim-subscription-key",
    "x-auth-token",
    "x-dashscope-workspace",
    "openai-organization",
    "openai-project",
    "cf-aig-authorization",
    "helicone-auth",
    "x-litellm-api-key",
    "x-portkey-api-key",
    "x-portkey-virtual-key",
    "x-portkey-config",
    "x-portkey-provider",
    "helicone-target-url",
)
"""Headers by which LLM APIs and gateways in front of them tell callers apart."""

KEY_HEADERS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key", "?key"})
"""Where the APIs want the key itself: the same key is the same caller."""

CREDENTIAL_PARAMETERS = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "token", "subscription-key"})
"""Query parameters that carry a credential, in lower case."""

LEFT_OUT = frozenset(
    {"stream", "stream_options", "user", "metadata", "safety_identifier", "prompt_cache_key", "service_tier", "store"}
)
"""What common words leave out of a request, as the settings do by default: it cannot change the answer."""

SYSTEM_ROLES = frozenset({"system", "developer"})

_SEGMENT = r"(?:v\d+\w*|api|openai|anthropic|compatible-mode)"
_SHARED_PATH = re.compile(
    rf"(?:/{_SEGMENT})*(?:/deployments/[^/]+)?/(?:chat/completions|responses|messages|chat|generate"
    r"|models/[^/]+:generateContent|services/aigc/text-generation/generation)/?"
)
"""The vendors' own paths. What else stands in one (a tenant, a project, another service) may change the answer."""
_TOOL_PARTS = frozenset(
    {"tool_use", "tool_result", "thinking", "redacted_thinking", "refusal", "reasoning", "function_call"}
    | {"function_call_output", "custom_tool_call", "custom_tool_call_output"}
)
_TOOL_FIELDS = frozenset({"functionCall", "functionResponse", "function_call", "function_response"})
_MEDIA_FIELDS = frozenset({"image", "audio", "video", "file", "images", "image_url", "inlineData", "fileData"})

_VERSION = 1  # of what goes into a digest: a change makes every stored key unreachable
_QUESTION = {"aicache": "question"}  # stands for the question in a namespace; no API sends a content like it


class Headers(Protocol):
    """What is asked of HTTP headers: a value by case-insensitive name, repeated ones joined."""

    def get(self, name: str, /) -> str | None: ...


class Context(StrEnum):
    """How much of the conversation before the question counts (Higress: ``cacheKeyStrategy``)."""

    FULL = "full"
    LAST_QUESTION = "last_question"
    ALL_QUESTIONS = "all_questions"


@dataclass(frozen=True, slots=True)
class KeyRules:
    """The settings that shape identity."""

    session_id: str
    context: Context
    ignore: frozenset[str]
    mask: tuple[re.Pattern[str], ...]
    key_headers: tuple[str, ...]
    any_api: bool = False
    """Whether the same question asked through another API is the same request."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What of the HTTP request beside its body can change the answer, or says whose answer it is."""

    upstream: str
    """``scheme://host:port``"""
    target: str
    """Path and query, less any credential."""
    scope: str
    """Whose entries may answer."""
    headers: tuple[str, ...]
    """The values of ``key_headers``, in their order."""


@dataclass(frozen=True, slots=True)
class Identity:
    """*key* names the exact request; *namespace* all requests that differ from it in the question alone.

    Which embedder is in use is not part of it (see `vector_namespace`), so that a change of model costs no exact hit.
    """

    key: str
    namespace: str
    any_api: bool = False
    """Callers of other APIs have this key, too."""


def digest(*parts: str) -> str:
    """Return 40 hex digits that no other sequence of parts shares."""
    return blake2b(msgspec.json.encode(parts), digest_size=20).hexdigest()


def credential(headers: Headers, query: str, *, any_api: bool = False) -> str:
    """Digest whatever tells callers apart; callers without any credential are one caller.

    A cookie counts only where nothing else does: API clients keep cookies of load balancers, which change by the hour,
    but an internal gateway may know its users by nothing else. With *any_api* a caller stays the same in whichever
    header or parameter the API at hand wants the key.
    """
    found = [(name, value) for name in CREDENTIAL_HEADERS if (value := headers.get(name))]
    if query:
        found += [(f"?{name}", value) for name, value in _pairs(query) if name.lower() in CREDENTIAL_PARAMETERS]
    if not found and (cookie := headers.get("cookie")):
        found = [("cookie", cookie)]
    if any_api:
        found = sorted({("key", _bare(value)) if name in KEY_HEADERS else (name, value) for name, value in found})
    return digest("credential", *(f"{name}={value}" for name, value in found))


def target(path: str, query: str) -> str:
    """Return path and query as they take part in the key: without credentials, which are the scope's business."""
    kept = [(name, value) for name, value in _pairs(query) if name.lower() not in CREDENTIAL_PARAMETERS]
    return f"{path}?{urlencode(kept)}" if kept else path


def identify(call: Call, origin: Origin, rules: KeyRules) -> Identity:
    """Digest a call into its exact key and its namespace.

    Order of object keys and white space do not matter, since the JSON values are digested, not the bytes. An omitted
    field and its default are different: only the upstream knows its defaults.
    """
    crosses = rules.any_api and call.common is not None and _SHARED_PATH.fullmatch(origin.target.partition("?")[0])
    if crosses and call.common is not None and not _unsaid(call, rules):
        return _identify_common(call, call.common, origin, rules)
    turns = [_masked(turn, rules.mask) for turn in remembered(call.turns, rules.context)]
    shared = blake2b(digest_size=20)
    head = (
        _VERSION,
        rules.session_id,
        origin.scope,
        call.api,
        origin.upstream,
        origin.target,
        origin.headers,
        call.model,
        {name: value for name, value in call.params.items() if name not in rules.ignore},
        [(turn.role, turn.content, turn.rest) for turn in turns[:-1]],
    )
    shared.update(msgspec.json.encode(head, order="deterministic"))
    last = turns[-1]
    exact = shared.copy()
    exact.update(msgspec.json.encode((last.role, last.content, last.rest), order="deterministic"))
    shared.update(msgspec.json.encode((last.role, _QUESTION, last.rest), order="deterministic"))
    return Identity(exact.hexdigest(), shared.hexdigest())


def _identify_common(call: Call, said: Common, origin: Origin, rules: KeyRules) -> Identity:
    """Digest a call by what it says in the words of all APIs. The path is one API's own, and one of the vendors'."""
    system = Turn("system", said.system, {})
    turns = remembered([system, *(Turn(role, text, {}) for role, text in said.turns)], rules.context)
    system = _masked(system, rules.mask)
    head = (
        _VERSION,
        rules.session_id,
        origin.scope,
        "any-api",
        origin.upstream,
        origin.target.partition("?")[2],
        origin.headers,
        call.model,
        said.params,
        system.content,
        [(turn.role, turn.content) for turn in turns[1:-1]],
    )
    shared = blake2b(msgspec.json.encode(head, order="deterministic"), digest_size=20)
    exact = shared.copy()
    exact.update(msgspec.json.encode(turns[-1].content))
    return Identity(exact.hexdigest(), shared.hexdigest(), any_api=True)


def identify_inputs(batch: Batch, origin: Origin, rules: KeyRules) -> tuple[tuple[str, ...], str]:
    """Return a key for each input of a batch, and the namespace they share: where an input stands plays no part."""
    head = (
        _VERSION,
        rules.session_id,
        origin.scope,
        batch.api,
        origin.upstream,
        origin.target,
        origin.headers,
        batch.model,
        {name: value for name, value in batch.params.items() if name not in rules.ignore},
    )
    shared = blake2b(msgspec.json.encode(head, order="deterministic"), digest_size=20)
    keys = []
    for each in batch.inputs:
        exact = shared.copy()
        exact.update(msgspec.json.encode(each, order="deterministic"))
        keys.append(exact.hexdigest())
    return tuple(keys), shared.hexdigest()


def vector_namespace(namespace: str, model: str, dimensions: int) -> str:
    """Return where a namespace's vectors of one embedder live: vectors of two models are never compared."""
    return digest("vectors", namespace, model, str(dimensions))


def remembered(turns: Sequence[Turn], context: Context) -> Sequence[Turn]:
    """Pick the turns that count.

    What follows the last question (tool calls and their results) always counts, whatever the context: without it the
    request that brings a tool's result would be answered with the tool call again, for ever. System prompts count too,
    and so does what is more than text: which picture was sent is what the next question is about. And all turns count
    where the chat itself is what the question is about: the title that a chat UI asks for is this chat's.
    """
    if context is Context.FULL:
        return turns
    last = max((i for i, turn in enumerate(turns) if turn.role == "user"), default=0)
    if is_about_a_chat(_said(turns[last].content)):
        return turns
    kept = SYSTEM_ROLES if context is Context.LAST_QUESTION else SYSTEM_ROLES | {"user"}
    return [turn for i, turn in enumerate(turns) if i >= last or turn.role in kept or not is_textual(turn)]


def is_textual(turn: Turn) -> bool:
    """Tell whether a turn holds text and calls of tools alone: no picture, sound or document."""
    return turn.rest.get("images") in (None, []) and _textual(turn.content)


def _said(content: Any) -> str:
    """Return what a content holds of text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") for part in parts if isinstance(part, Mapping))
    return "\n".join(text for text in texts if isinstance(text, str))


def _textual(content: Any) -> bool:
    if content is None or isinstance(content, str):
        return True
    parts = content if isinstance(content, list) else [content]
    return all(isinstance(part, dict) and _is_textual_part(part) for part in parts)


def _is_textual_part(part: Mapping[str, Any]) -> bool:
    if not _MEDIA_FIELDS.isdisjoint(part):
        return False
    if part.get("type") in _TOOL_PARTS or not _TOOL_FIELDS.isdisjoint(part):
        return _textual(part.get("content")) and _textual(part.get("output"))
    return "text" in part or "thinking" in part


def _unsaid(call: Call, rules: KeyRules) -> bool:
    """Tell whether a call says what common words leave out, though the settings do not say to ignore it."""
    return any(call.params.get(name) is not None for name in LEFT_OUT - rules.ignore)


def _bare(value: str) -> str:
    scheme, _, key = value.partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else value


def _masked(turn: Turn, patterns: Iterable[re.Pattern[str]]) -> Turn:
    if not patterns or turn.role not in SYSTEM_ROLES:
        return turn
    return Turn(turn.role, _blank(turn.content, patterns), turn.rest)


def _blank(content: Any, patterns: Iterable[re.Pattern[str]]) -> Any:
    if isinstance(content, str):
        for pattern in patterns:
            content = pattern.sub("", content)
        return content
    if isinstance(content, list):
        return [_blank(part, patterns) for part in content]
    if isinstance(content, Mapping) and "text" in content:
        return {**content, "text": _blank(content["text"], patterns)}
    return content


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True) if query else []
