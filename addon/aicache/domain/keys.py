"""A request's identity, as pure functions: credential, scope, exact key, namespace. Nothing here awaits or logs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Protocol
from urllib.parse import unquote_plus

import msgspec

from aicache.domain.masks import Masks
from aicache.domain.model import Batch, Call, Common, Turn
from aicache.domain.request_fields import NO_FIELD_RULES, Field, FieldRules, RequestFields, looks_like_credential
from aicache.domain.task_prompts import is_task_prompt
from aicache.guards.caller_dependent import LONGEST, depends_on_caller

KEY_HEADERS = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key", "?key"})
"""Where the APIs want the key itself: the same key is the same caller."""

CREDENTIAL_PARAMETERS = frozenset({"key", "api_key", "api-key", "apikey", "access_token", "token", "subscription-key"})
"""Query parameters that carry a credential, in lower case."""

LEFT_OUT = frozenset(
    {"stream", "stream_options", "user", "metadata", "safety_identifier", "prompt_cache_key", "service_tier", "store"}
)
"""What common words leave out of a request, as the settings do by default: it cannot change the answer."""

SAYS_NOTHING = frozenset({"stream", "stream_options", "prompt_cache_key", "service_tier", "store"})
"""Those that cannot change the answer to anything: how it is sent, what for, and where it is kept."""

END_USER = LEFT_OUT - SAYS_NOTHING
"""Those that name an end user, who is no part of what is said: ``user``, ``safety_identifier`` and ``metadata`` of chat
completions and Responses, ``metadata.user_id`` of Messages. A personal question is another one for each."""

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

_VERSION = 2  # of what goes into a digest: a change makes every stored key unreachable
_packed = msgspec.msgpack.Encoder().encode
_SCANNED = 32_000  # characters of a conversation in which a word about the asker is looked for; one with more has some
_NAMES_A_USER = re.compile("user|customer|account|tenant|member|person|identity|profile|uid", re.I)
_LEAST = 400  # characters that a turn counts for, however short: each takes its time
_LONGEST_USER = 1_000  # characters of a user's id that may be Claude Code's
_CLAUDE_CODE_USER = re.compile(
    r'(?P<device>\{"device_id": ?"\w+", ?"account_uuid": ?"[\w-]*", ?)"session_id": ?"[\w-]+"\}'
    r"|(?P<user>user_[0-9a-f]{64}_account_[\w-]*?)_session_[\w-]+"
)
_ANSWERED = frozenset({"assistant", "model", "tool", "function"})  # roles of turns that were not asked
_QUESTION = {"aicache": "question"}  # stands for the question in a namespace; no API sends a content like it


class Headers(Protocol):
    """What is asked of HTTP headers: a value by case-insensitive name, repeated ones joined."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as the request says."""

    digest: str
    """Of all that tells callers apart."""
    proof: str | None
    """Digest of the credential that the upstream has to accept before its holder gets what others paid for; None where
    the request holds nothing like a credential: then nothing can ever prove it."""
    known: str
    """Digest of what says who asks for certain: less what only looks as if it did."""


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
    fields: FieldRules = NO_FIELD_RULES
    """Which header fields take part, beside those that always do."""
    any_api: bool = False
    """Whether the same question asked through another API is the same request."""
    salt: bytes = field(default=b"", repr=False)
    """The deployment's own: without it nobody can tell by a digest whether a guess is right."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What of the HTTP request beside its body can change the answer, or says whose answer it is."""

    upstream: str
    """``scheme://host:port``"""
    target: str
    """Path and query, less any credential."""
    scope: str
    """Whose entries may answer."""
    selecting: str = ""
    """Digest of the header fields that select the answer."""


@dataclass(frozen=True, slots=True)
class Identity:
    """*key* names the exact request; *namespace* all requests that differ from it in the question alone.

    Which embedder is in use is not part of it (see `vector_namespace`), so that a change of model costs no exact hit.
    """

    key: str
    namespace: str
    any_api: bool = False
    """Callers of other APIs have this key, too."""
    question: str = ""
    """Names the request whoever asks it and whatever header fields it has: what else an equal request would share."""


def digest(*parts: str, salt: bytes = b"") -> str:
    """Return 40 hex digits that no other sequence of parts shares, of whatever bytes HTTP carries."""
    packed = _packed([part.encode("utf-8", "surrogateescape") for part in parts])
    return blake2b(packed, digest_size=20, key=salt).hexdigest()


def identify_caller(
    fields: RequestFields, query: str, further: Sequence[Field] = (), *, any_api: bool = False, salt: bytes = b""
) -> Caller:
    """Tell who asks, by header fields, query parameters and what is known *further* of the connection.

    Where nothing looks like a credential, the addresses that proxies in front have noted are all that tells callers
    apart. With *any_api* a caller stays the same in whichever field or parameter the API at hand wants the one key.
    """
    known = [*fields.caller, *further]
    likely = list(fields.identity)
    for name, sent in _parameters(query):
        if name.lower() in CREDENTIAL_PARAMETERS:
            known.append((f"?{name}", unquote_plus(sent.partition("=")[2]) if any_api else sent.partition("=")[2]))
        elif looks_like_credential(name):
            likely.append((f"?{name}", sent))
    if any_api and len(keys := {_bare(value) for name, value in known if name in KEY_HEADERS}) == 1:
        known = sorted({*((name, value) for name, value in known if name not in KEY_HEADERS), ("key", keys.pop())})
    if not any(value.strip() for _, value in (*known, *likely)):
        return Caller(_digest_of("nobody", (*known, *likely, *fields.addresses), salt), None, "")
    certain = _digest_of("credential", known, salt)
    # The likely ones are part of the key: whoever sends others has other answers.
    proof = certain if known else _digest_of("credential", likely, salt)
    return Caller(_digest_of("caller", (*known, *likely), salt), proof, certain)


def digest_selecting_fields(fields: RequestFields, salt: bytes = b"") -> str:
    """Digest the header fields that select an answer."""
    return _digest_of("selecting", fields.selecting, salt) if fields.selecting else ""


def target_without_credentials(path: str, query: str) -> str:
    """Return path and query as they take part in the key: without credentials, which are the scope's business."""
    kept = [sent for name, sent in _parameters(query) if name.lower() not in CREDENTIAL_PARAMETERS]
    return f"{path}?{'&'.join(kept)}" if kept else path


def identify(call: Call, origin: Origin, rules: KeyRules) -> Identity:
    """Digest a call into its exact key and its namespace.

    Order of object keys and white space do not matter, since the JSON values are digested, not the bytes. An omitted
    field and its default are different: only the upstream knows its defaults. Raises TooSlow for a mask that is.
    """
    crosses = rules.any_api and call.common is not None and _SHARED_PATH.fullmatch(origin.target.partition("?")[0])
    end_user = _end_user(call, rules)
    if crosses and call.common is not None and not end_user and not _unsaid(call, rules):
        return _identify_common(call, call.common, origin, rules)
    masks = Masks(rules.mask)
    turns = [_masked(turn, masks) for turn in select_turns(call.turns, rules.context)]
    head = (
        _VERSION,
        rules.session_id,
        call.api,
        origin.upstream,
        origin.target,
        call.model,
        {name: value for name, value in call.params.items() if name not in rules.ignore} | end_user,
        [(turn.role, turn.content, turn.rest) for turn in turns[:-1]],
    )
    last = turns[-1]
    said = msgspec.json.encode((last.role, last.content, last.rest), order="deterministic")
    unsaid = msgspec.json.encode((last.role, _QUESTION, last.rest), order="deterministic")
    return _identity(head, said, unsaid, origin, rules.salt)


def _identify_common(call: Call, said: Common, origin: Origin, rules: KeyRules) -> Identity:
    """Digest a call by what it says in the words of all APIs. The path is one API's own, and one of the vendors'."""
    system = Turn("system", said.system, {})
    turns = select_turns([system, *(Turn(role, text, {}) for role, text in said.turns)], rules.context)
    system = _masked(system, Masks(rules.mask))
    head = (
        _VERSION,
        rules.session_id,
        "any-api",
        origin.upstream,
        origin.target.partition("?")[2],
        call.model,
        said.params,
        system.content,
        [(turn.role, turn.content) for turn in turns[1:-1]],
    )
    return _identity(head, msgspec.json.encode(turns[-1].content), b"null", origin, rules.salt, any_api=True)


def _identity(
    head: object, said: bytes, unsaid: bytes, origin: Origin, salt: bytes, *, any_api: bool = False
) -> Identity:
    """Digest what is asked, and then who asks it in which way. Each part is one JSON text, so none runs into the next.

    *said* is the last turn, *unsaid* the same without the question.
    """
    asked = blake2b(msgspec.json.encode(head, order="deterministic"), digest_size=20, key=salt)
    question = asked.copy()
    question.update(said)
    asked.update(unsaid)
    by = msgspec.json.encode((origin.scope, origin.selecting))
    exact = question.copy()
    exact.update(by)
    asked.update(by)
    return Identity(exact.hexdigest(), asked.hexdigest(), any_api, question.hexdigest())


def identify_inputs(batch: Batch, origin: Origin, rules: KeyRules) -> tuple[tuple[str, ...], str]:
    """Return a key for each input of a batch, and the namespace they share: where an input stands plays no part."""
    head = (
        _VERSION,
        rules.session_id,
        origin.scope,
        batch.api,
        origin.upstream,
        origin.target,
        origin.selecting,
        batch.model,
        {name: value for name, value in batch.params.items() if name not in rules.ignore},
    )
    shared = blake2b(msgspec.json.encode(head, order="deterministic"), digest_size=20, key=rules.salt)
    keys = []
    for each in batch.inputs:
        exact = shared.copy()
        exact.update(msgspec.json.encode(each, order="deterministic"))
        keys.append(exact.hexdigest())
    return tuple(keys), shared.hexdigest()


def vector_namespace(namespace: str, model: str, dimensions: int) -> str:
    """Return where a namespace's vectors of one embedder live: vectors of two models are never compared."""
    return digest("vectors", namespace, model, str(dimensions))


def select_turns(turns: Sequence[Turn], context: Context) -> Sequence[Turn]:
    """Pick the turns that count.

    What follows the last question (tool calls and their results) always counts, whatever the context: without it the
    request that brings a tool's result would be answered with the tool call again, for ever. System prompts count too,
    and so does what is more than text: which picture was sent is what the next question is about. And all turns count
    where the chat itself is what the question is about: the title that a chat UI asks for is this chat's.
    """
    if context is Context.FULL:
        return turns
    last = max((i for i, turn in enumerate(turns) if turn.role == "user"), default=0)
    if is_task_prompt(_said(turns[last].content)):
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


def _end_user(call: Call, rules: KeyRules) -> dict[str, Any]:
    """Return what of the ignored fields says who asks, where that may change the answer.

    Whatever an operator has added to them stays ignored, unless its name is that of a person, too.
    """
    said = {
        name: _without_session(value) if name == "metadata" else value
        for name, value in call.params.items()
        if name in rules.ignore and value not in (None, "", {}, []) and _names_a_user(name)
    }
    return said if said and _may_be_personal(call.turns) else {}


def _without_session(metadata: Any) -> Any:
    """Leave out what Claude Code appends to the user's id: a number of its session, which is new at each start."""
    user = metadata.get("user_id") if isinstance(metadata, Mapping) else None
    if not isinstance(user, str) or len(user) > _LONGEST_USER or not (match := _CLAUDE_CODE_USER.fullmatch(user)):
        return metadata
    return {**metadata, "user_id": match["device"] or match["user"]}


def _names_a_user(name: str) -> bool:
    return name in END_USER or (name not in SAYS_NOTHING and _NAMES_A_USER.search(name) is not None)


def _may_be_personal(turns: Sequence[Turn]) -> bool:
    """Tell whether the answer may depend on who asks or when, as far as what was asked so far says.

    All of it: "and the one before?" is about what an earlier turn was about. What cannot be read, a picture or a
    sound, may say anything.
    """
    left = _SCANNED
    for turn in reversed(turns):
        if turn.role in SYSTEM_ROLES or turn.role in _ANSWERED:
            continue
        said = _said(turn.content)
        left -= min(max(len(said), _LEAST), LONGEST)
        if left < 0 or not is_textual(turn) or depends_on_caller(said):
            return True
    return False


def _unsaid(call: Call, rules: KeyRules) -> bool:
    """Tell whether a call says what common words leave out, though the settings do not say to ignore it."""
    return any(call.params.get(name) is not None for name in LEFT_OUT - rules.ignore)


def _bare(value: str) -> str:
    scheme, _, key = value.partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else value


def _masked(turn: Turn, masks: Masks) -> Turn:
    if not masks or turn.role not in SYSTEM_ROLES:
        return turn
    return Turn(turn.role, _blank(turn.content, masks), turn.rest)


def _blank(content: Any, masks: Masks) -> Any:
    if isinstance(content, str):
        return masks.blank(content)
    if isinstance(content, list):
        return [_blank(part, masks) for part in content]
    if isinstance(content, Mapping) and "text" in content:
        return {**content, "text": _blank(content["text"], masks)}
    return content


def _parameters(query: str) -> list[tuple[str, str]]:
    """Split a query into the names of its parameters, decoded, and each parameter as it was sent.

    What an escape means is up to the upstream (RFC 3986, 2.5), and so is a plus: it is not for this cache to say that
    two of them are the same.
    """
    return [(unquote_plus(sent.partition("=")[0]), sent) for sent in query.split("&")] if query else []


def _digest_of(purpose: str, fields: Iterable[Field], salt: bytes) -> str:
    return digest(purpose, *(each for field in fields for each in field), salt=salt)
