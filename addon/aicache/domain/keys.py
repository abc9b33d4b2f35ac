"""The exact key and the namespace of a request, as pure functions. Nothing here awaits or logs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec

from aicache.domain.call_ids import rename_call_ids
from aicache.domain.conversation import Context, select_turns
from aicache.domain.directories import Directories
from aicache.domain.end_user import DEFAULT_IGNORED, end_user_parameters
from aicache.domain.json_paths import Edit, edit_body, edits_for, tell_nobody
from aicache.domain.masks import Mask, Masks, Place
from aicache.domain.model import Batch, Call, Common, Turn
from aicache.domain.request_headers import NO_FIELD_RULES, FieldRules
from aicache.domain.turn_texts import change_texts
from aicache.guards import normal_form

_SEGMENT = r"(?:v\d+\w*|api|openai|anthropic|compatible-mode)"
_VENDOR_PATH = re.compile(
    rf"(?:/{_SEGMENT})*(?:/deployments/[^/]+)?/(?:chat/completions|responses|messages|chat|generate"
    r"|models/[^/]+:generateContent|services/aigc/text-generation/generation)/?"
)
"""The vendors' own paths. Anything else in a path (a tenant, a project, another service) may change the answer."""
_VERSION = 3
"""Version of the digest's input: a change makes every stored key unreachable."""
_QUESTION = {"aicache": "question"}
"""Stands for the question in a namespace; no API sends a content like it."""


@dataclass(frozen=True, slots=True)
class KeyRules:
    """The settings that keys depend on."""

    session_id: str
    context: Context
    ignore: frozenset[str]
    mask: tuple[Mask, ...]
    fields: FieldRules = NO_FIELD_RULES
    """Settings for the header fields that are part of the key."""
    any_api: bool = False
    """Whether the same question through another API is the same request."""
    salt: bytes = field(default=b"", repr=False)
    """The deployment's own: without it nobody can check a guess against a digest."""
    edits: tuple[Edit, ...] = ()
    """Fields within the parameters that name an end user, which are no part of the key, or in part."""

    _masks_by_api: dict[str, tuple[Mask, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def masks_for(self, api: str) -> tuple[Mask, ...]:
        """Return the masks for the requests of an API."""
        if (masks := self._masks_by_api.get(api)) is None:
            masks = self._masks_by_api[api] = tuple([mask for mask in self.mask if not mask.apis or api in mask.apis])
        return masks


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
    aliases: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The aliases of this request that were derived so far, by question: one for its look-up, the same for storing."""
    """Keys the digests of questions in this namespace, and is stored nowhere."""
    directories: Directories = field(default=(), repr=False)
    """Those that the request announces; names stand for them in the key."""


@dataclass(frozen=True, slots=True)
class Keyed:
    """What of a call the key is made of: the call itself, less what cannot change its answer."""

    params: Mapping[str, Any]
    turns: Sequence[Turn]
    directories: Directories = ()
    """Those for which names stand in the turns."""


def identify(call: Call, origin: Origin, rules: KeyRules) -> Identity:
    """Return the exact key and the namespace of a call. Raises MaskTooSlow.

    Order of object keys and white space do not matter, since the JSON values are digested, not the bytes. An omitted
    field and its default are different, except where the format has made them equal: only the upstream knows its
    defaults.
    """
    end_user = _end_user(call, rules)
    if call.common is not None and not end_user and _is_common(call, origin, rules):
        return _identify_common(call, call.common, origin, rules)
    keyed = keyed_parts(call, rules, end_user=end_user)
    *before, last = keyed.turns
    head = (
        _VERSION,
        rules.session_id,
        call.api,
        origin.upstream,
        origin.target,
        call.model,
        keyed.params,
        [(turn.role, turn.content, turn.rest) for turn in before],
    )
    turn = msgspec.json.encode((last.role, last.content, last.rest), order="deterministic")
    turn_without_question = msgspec.json.encode((last.role, _QUESTION, last.rest), order="deterministic")
    return _identity(head, turn, turn_without_question, origin, rules.salt, directories=keyed.directories)


def keyed_parts(
    call: Call,
    rules: KeyRules,
    *,
    end_user: dict[str, Any] | None = None,
    found: Callable[[Mask, int], object] | None = None,
) -> Keyed:
    """Return what of a call its key is made of. Raises MaskTooSlow.

    *end_user* are the parameters that name one, as far as they count. *found* is told each mask that matches, and how
    often.
    """
    if end_user is None:
        end_user = _end_user(call, rules)
    params = call.params
    if edits := edits_for(rules.edits, call.api):
        params = edit_body(params, edits, tell_nobody)
    kept = {name: value for name, value in params.items() if name not in rules.ignore} | end_user
    turns = rename_call_ids(select_turns(call.turns, rules.context))
    masks = Masks(rules.masks_for(call.api), found)
    return Keyed(kept, _masked(turns, masks), masks.directories)


def masked_question(call: Call, rules: KeyRules) -> str | None:
    """Return `Call.question` without what the masks leave out of users' messages. Raises MaskTooSlow."""
    masks = rules.masks_for(call.api)
    if call.question is None or not masks or not any(Place.USER in mask.places for mask in masks):
        return call.question
    question = Masks(masks).blank(call.question, Place.USER)
    return question if question.strip() else None


def question_alias(identity: Identity, question: str | None) -> str:
    """Return the digest that a question shares with those in the same words in its namespace; "" if it has none."""
    if question is None:
        return ""
    if (alias := identity.aliases.get(question)) is None:
        alias = identity.aliases[question] = _alias(identity, normal_form.normal_form(question))
    return alias


def _alias(identity: Identity, form: str | None) -> str:
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
    masks = Masks(rules.masks_for(call.api))
    system, *_ = turns = _masked(turns, masks)
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
    last = msgspec.json.encode(turns[-1].content)
    return _identity(head, last, b"null", origin, rules.salt, any_api=True, directories=masks.directories)


def _identity(
    head: object,
    turn: bytes,
    turn_without_question: bytes,
    origin: Origin,
    salt: bytes,
    *,
    any_api: bool = False,
    directories: Directories = (),
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
    names = (exact.hexdigest(), namespace.hexdigest(), any_api, question.hexdigest(), alias_key.digest())
    return Identity(*names, directories)


def _masked(turns: Sequence[Turn], masks: Masks) -> Sequence[Turn]:
    if not masks.masks:
        return turns
    if not masks.learns:
        return [change_texts(turn, masks.blank) for turn in turns]
    for turn in turns:
        change_texts(turn, masks.learn)
    blanked = [change_texts(turn, masks.blank) for turn in turns]
    return [Turn(turn.role, masks.rename(turn.content), masks.rename(turn.rest)) for turn in blanked]


def _end_user(call: Call, rules: KeyRules) -> dict[str, Any]:
    """Return the parameters that name an end user, as far as the answer may depend on who that is."""
    edits = edits_for(rules.edits, call.api)
    if not edits:
        return end_user_parameters(call.params, call.turns, rules.ignore)
    params = edit_body(call.params, [edit for edit in edits if edit.change is not None], tell_nobody)
    # A field that is ignored within a parameter counts as the ignored parameter would.
    in_part = {edit.path.root for edit in edits if edit.change is None}
    return end_user_parameters(params, call.turns, rules.ignore | in_part)
