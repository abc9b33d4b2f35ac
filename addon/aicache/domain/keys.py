"""The exact key and the namespace of a request, as pure functions. Nothing here awaits or logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec

from aicache.domain.conversation import SYSTEM_ROLES, Context, select_turns
from aicache.domain.end_user import DEFAULT_IGNORED, end_user_parameters
from aicache.domain.masks import Masks
from aicache.domain.model import Batch, Call, Common, Turn
from aicache.domain.request_headers import NO_FIELD_RULES, FieldRules
from aicache.guards import normal_form

_SEGMENT = r"(?:v\d+\w*|api|openai|anthropic|compatible-mode)"
_VENDOR_PATH = re.compile(
    rf"(?:/{_SEGMENT})*(?:/deployments/[^/]+)?/(?:chat/completions|responses|messages|chat|generate"
    r"|models/[^/]+:generateContent|services/aigc/text-generation/generation)/?"
)
"""The vendors' own paths. Anything else in a path (a tenant, a project, another service) may change the answer."""
_VERSION = 2
"""Version of the digest's input: a change makes every stored key unreachable."""
_QUESTION = {"aicache": "question"}
"""Stands for the question in a namespace; no API sends a content like it."""


@dataclass(frozen=True, slots=True)
class KeyRules:
    """The settings that keys depend on."""

    session_id: str
    context: Context
    ignore: frozenset[str]
    mask: tuple[re.Pattern[str], ...]
    fields: FieldRules = NO_FIELD_RULES
    """Settings for the header fields that are part of the key."""
    any_api: bool = False
    """Whether the same question through another API is the same request."""
    salt: bytes = field(default=b"", repr=False)
    """The deployment's own: without it nobody can check a guess against a digest."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The parts of the HTTP request beside its body that can change the answer, or say whose answer it is."""

    upstream: str
    """``scheme://host:port``"""
    target: str
    """Path and query, without credentials."""
    scope: str
    """The callers whose entries may answer."""
    selecting: str = ""
    """Digest of the header fields that select the answer."""


@dataclass(frozen=True, slots=True)
class Identity:
    """*key* names the exact request; *namespace* all requests that differ from it in the question alone.

    The embedder is not part of it (see `vector_namespace`), so that a change of model costs no exact hit.
    """

    key: str
    namespace: str
    any_api: bool = False
    """Callers of other APIs have this key, too."""
    question: str = ""
    """Names the request whatever its caller and its header fields: what equal requests of others have in common."""
    alias_key: bytes = field(default=b"", repr=False)
    """Keys the digests of questions in this namespace, and is stored nowhere."""


def identify(call: Call, origin: Origin, rules: KeyRules) -> Identity:
    """Return the exact key and the namespace of a call. Raises MaskTooSlow.

    Order of object keys and white space do not matter, since the JSON values are digested, not the bytes. An omitted
    field and its default are different: only the upstream knows its defaults.
    """
    end_user = end_user_parameters(call, rules.ignore)
    if call.common is not None and not end_user and _is_common(call, origin, rules):
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
    turn = msgspec.json.encode((last.role, last.content, last.rest), order="deterministic")
    turn_without_question = msgspec.json.encode((last.role, _QUESTION, last.rest), order="deterministic")
    return _identity(head, turn, turn_without_question, origin, rules.salt)


def question_alias(identity: Identity, question: str | None) -> str:
    """Return the digest that a question shares with those in the same words in its namespace; "" if it has none."""
    form = None if question is None else normal_form.normal_form(question)
    if form is None:
        return ""
    written = f"{normal_form.VERSION} {form}".encode()
    return blake2b(identity.namespace.encode() + written, digest_size=20, key=identity.alias_key).hexdigest()


def identify_inputs(batch: Batch, origin: Origin, rules: KeyRules) -> tuple[tuple[str, ...], str]:
    """Return a key for each input of a batch, whatever its position, and the namespace that they share."""
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


def _is_common(call: Call, origin: Origin, rules: KeyRules) -> bool:
    """Return whether callers of other APIs may share the call's key.

    Not with a parameter that `Common` leaves out and the settings do not ignore, and on the vendors' own paths only.
    """
    if not rules.any_api or not _VENDOR_PATH.fullmatch(origin.target.partition("?")[0]):
        return False
    return all(call.params.get(name) is None for name in DEFAULT_IGNORED - rules.ignore)


def _identify_common(call: Call, common: Common, origin: Origin, rules: KeyRules) -> Identity:
    """Return the identity of a call by its common form. The path is left out: it is one API's, and a vendor's own."""
    system = Turn("system", common.system, {})
    turns = select_turns([system, *(Turn(role, text, {}) for role, text in common.turns)], rules.context)
    system = _masked(system, Masks(rules.mask))
    head = (
        _VERSION,
        rules.session_id,
        "any-api",
        origin.upstream,
        origin.target.partition("?")[2],
        call.model,
        common.params,
        system.content,
        [(turn.role, turn.content) for turn in turns[1:-1]],
    )
    return _identity(head, msgspec.json.encode(turns[-1].content), b"null", origin, rules.salt, any_api=True)


def _identity(
    head: object, turn: bytes, turn_without_question: bytes, origin: Origin, salt: bytes, *, any_api: bool = False
) -> Identity:
    """Digest the question, then the caller and the fields. Each part is one JSON text, so none runs into the next.

    *turn* is the last one.
    """
    namespace = blake2b(msgspec.json.encode(head, order="deterministic"), digest_size=20, key=salt)
    question = namespace.copy()
    question.update(turn)
    namespace.update(turn_without_question)
    asked_by = msgspec.json.encode((origin.scope, origin.selecting))
    exact = question.copy()
    exact.update(asked_by)
    namespace.update(asked_by)
    alias_key = namespace.copy()
    alias_key.update(b" alias")
    return Identity(exact.hexdigest(), namespace.hexdigest(), any_api, question.hexdigest(), alias_key.digest())


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
