"""The settings that requests need, built once from the configuration instead of for each request. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aicache.config import (
    AnswerReuse,
    CacheControl,
    Config,
    Credential,
    Header,
    InFlight,
    RunMode,
    Shared,
    StreamPace,
    Templates,
    WebSockets,
)
from aicache.config.mask_values import MaskEntry
from aicache.domain import built_in_masks
from aicache.domain.caller_identity import Caller
from aicache.domain.digests import digest
from aicache.domain.end_user import DEFAULT_IGNORED, END_USER_PARAMETERS
from aicache.domain.json_paths import Edit, is_path, parse_path
from aicache.domain.keys import KeyRules
from aicache.domain.masks import Mask
from aicache.domain.model import Call, Mode
from aicache.domain.policy import Policy, Rules
from aicache.domain.request_headers import FieldRules, Headers
from aicache.domain.unused_names import UnusedNames
from aicache.entries.response_templates import Template
from aicache.evidence.decision import DEFAULT_CHECK_RATES
from aicache.formats import Allow
from aicache.formats.hit_edits import HitEdits

MAX_EMBEDDED_CHARS = 2000
"""Characters of a text that every embedder embeds; texts that differ only after them may have the same vector."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that are needed for one request."""

    enabled: bool
    """Whether requests are looked up at all."""
    key_rules: KeyRules
    scope: Credential | Shared | Header
    max_request: int
    """Bytes; larger requests are forwarded unread. At most the size limit of stored answers."""
    tools: bool
    """Whether requests with tools may be answered by meaning."""
    allow: Allow
    """Which unknown or stateful parameters do not exclude a request from the cache."""
    embeddings: bool
    """Whether embeddings requests are answered, too."""
    declines_websockets: bool
    """Whether requests to speak an LLM API over a WebSocket are declined."""
    templates: Templates
    legacy_text: bool
    """Whether answers stored by Higress may be served."""
    dispatch: bool
    """Whether mitmproxy's events are sent only to addons that have a hook for them."""
    fast_lane: bool
    """Whether hits in the near cache are answered without a mitmproxy flow, if nothing needs those."""
    preconnect: bool
    """Whether the connection to the upstream is opened while a request is looked up by meaning."""
    in_flight: InFlight
    stream_pace: StreamPace | None
    """The pace at which stored streams are sent; None: at once."""
    hit_edits: HitEdits
    """What hits tell in place of what was recorded."""
    edits: tuple[Edit, ...]
    """Fields that are left out of requests, or in part, before they are parsed."""
    unused: UnusedNames
    """The names and paths of ``ignore`` that no request has had so far."""
    starting: bool = False
    """The salt of keys is not known yet: keys made until then match nothing, and nothing may be stored under them."""

    @classmethod
    def of(cls, config: Config, salt: bytes = b"", *, starting: bool = False) -> Settings:
        """*salt* is the deployment's (see `deployment_secrets`), or any other while it is unknown (*starting*)."""
        chosen = built_in_masks.select(config.built_in_masks)
        edits = [Edit(parse_path(text), text) for text in config.ignore if is_path(text)]
        edits += built_in_masks.body_edits(chosen)
        of_end_users = [edit for edit in edits if edit.path.root in END_USER_PARAMETERS]
        return cls(
            enabled=config.enabled,
            starting=starting,
            edits=tuple(edit for edit in edits if edit not in of_end_users),
            unused=UnusedNames(frozenset(config.ignore) - DEFAULT_IGNORED),
            key_rules=KeyRules(
                session_id=config.session_id,
                context=config.context,
                ignore=frozenset(config.ignore),
                mask=(*(_mask(entry) for entry in config.mask), *built_in_masks.text_masks(chosen)),
                edits=tuple(of_end_users),
                fields=FieldRules(
                    ignore=frozenset(config.ignore_headers),
                    credential=frozenset(config.credential_headers),
                    key=frozenset(config.key_headers),
                    scope_headers=frozenset({config.scope.name}) if isinstance(config.scope, Header) else frozenset(),
                ),
                any_api=config.answers is AnswerReuse.ANY_API,
                salt=salt,
            ),
            scope=config.scope,
            max_request=min(config.max_request, config.store.max_bytes),
            tools=config.semantic.tools,
            allow=Allow(config.store.private_tools, frozenset(config.ignore)),
            embeddings=config.embeddings,
            declines_websockets=config.websockets is WebSockets.DECLINE,
            templates=config.templates,
            legacy_text=config.exact.redis is not None and config.exact.redis.legacy_text,
            dispatch=config.speed.dispatch,
            fast_lane=config.speed.fast_lane,
            preconnect=config.speed.preconnect and config.mode is not RunMode.REPLAY,
            in_flight=config.in_flight,
            stream_pace=config.stream_pace,
            hit_edits=HitEdits(config.usage, config.fresh_ids),
        )

    @property
    def is_shared(self) -> bool:
        """Whether callers with different credentials may share answers: then each must prove its own credential."""
        return not isinstance(self.scope, Credential)

    def scope_of(self, headers: Headers, caller: Caller) -> str | None:
        """Return the scope whose entries may answer; None if the header that names it is missing.

        Callers without anything like a credential can prove nothing, so they share only with callers like them.
        """
        match self.scope:
            case Credential():
                return caller.digest
            case Shared():
                return caller.digest if caller.proof is None else "shared"
            case Header(name):
                if not (value := headers.get(name)):
                    return None
                nameless = () if caller.proof is not None else (caller.digest,)
                return digest("header", name, value, *nameless, salt=self.key_rules.salt)

    def template_for(self, call: Call) -> Template | None:
        """Return the template for a hit on this call, if any; there are templates for chat completions only."""
        if call.api != "chat":
            return None
        match call.mode:
            case Mode.WHOLE:
                return self.templates.whole
            case Mode.STREAM:
                return self.templates.stream


def _mask(entry: MaskEntry) -> Mask:
    return Mask(entry.pattern, frozenset(entry.in_))


def build_rules(config: Config, default_threshold: float, guarded_threshold: float) -> Rules:
    """Return the rules for decisions; the embedding model has a default threshold for each policy."""
    by_policy = {Policy.STATIC: default_threshold, Policy.GUARDED: guarded_threshold, Policy.VERIFIED: 0.0}
    default = by_policy[config.semantic.policy]
    threshold, audit = config.semantic.threshold, config.semantic.audit
    if audit is None:
        audit = DEFAULT_CHECK_RATES.audit if config.semantic.policy is Policy.VERIFIED else 0.0
    return Rules(
        ttl=config.exact.ttl,
        max_bytes=config.store.max_bytes,
        max_temperature=config.store.max_temperature,
        threshold=default if threshold is None else threshold,
        top_k=config.semantic.top_k,
        max_question=min(config.semantic.max_question, MAX_EMBEDDED_CHARS),
        refusals=config.store.refusals,
        policy=config.semantic.policy,
        volatile=config.semantic.volatile,
        volatile_ttl=config.semantic.volatile_ttl,
        max_error=config.semantic.max_error,
        audit=audit,
        shadow=config.semantic.shadow,
        shared=not isinstance(config.scope, Credential),
        stale_if_error=config.exact.stale_if_error or 0.0,
        stale_while_revalidate=config.exact.stale_while_revalidate or 0.0,
        same_words=config.semantic.enabled,
        obeys_cache_control=config.store.cache_control is CacheControl.OBEY,
    )
