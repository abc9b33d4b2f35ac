"""Translates a Higress ``ai-cache`` configuration to ours. Pure.

It goes by the plugin's source (2026-04), where that and its README differ. A value that cannot carry over is a problem,
and what is different here a note.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from urllib.parse import quote

import yaml

from aicache.config.higress.file import CaselessMapping, find_plugin, is_higress, with_yaml_comments
from aicache.config.higress.semantic import carry_semantic
from aicache.config.higress.value_translator import Carrier, reference
from aicache.config.reader import show_text
from aicache.config.scalars import show_duration
from aicache.config.translation import Carried, Translation
from aicache.config.values import DAY, Config

__all__ = ["is_higress", "translate", "with_yaml_comments"]

PREFIX = "higress-ai-cache:"
LEGACY_TEXT = "legacy_text"
MAX_TTL_S = 3650 * DAY  # seconds that `exact.ttl` may be
QUESTIONS = 'messages.@reverse.#(role=="user")#.content'
USUAL = {  # GJSON paths to what our formats find anyway
    "cacheKeyFrom": {"messages.@reverse.0.content", 'messages.@reverse.#(role=="user").content', QUESTIONS},
    "cacheValueFrom": {"choices.0.message.content"},
    "cacheStreamValueFrom": {"choices.0.delta.content"},
    "cacheToolCallsFrom": {"choices.0.delta.content.tool_calls", "choices.0.delta.tool_calls"},
}
TEMPLATES = {  # the older name goes before, as it does in Higress
    "templates.whole": ("returnResponseTemplate", "responseTemplate"),
    "templates.stream": ("returnStreamResponseTemplate", "streamResponseTemplate"),
}


def translate(node: yaml.Node | None, source: str, env: Mapping[str, str]) -> Translation:
    """Translate a Higress document; *source* names it in notes.

    *env* is read only for parts of a URL; all else keeps its ``${NAME}``. Raises ValueError for a document that
    is no Higress configuration.
    """
    found = find_plugin(node)
    root, to = found.names, Carrier(source, env)
    for line, key in found.others:
        to.note_at(line, f"{key}: one configuration is taken, and this is another: it wants a proxy of its own")
    _question(to, root)
    _exact(to, root)
    carry_semantic(to, root)
    _answers(to, root)
    if to.longest_wait > Config().lookup_timeout:
        to.notes.append(
            f"a look-up as a whole ends after lookup_timeout ({show_duration(Config().lookup_timeout)}), whatever the "
            "timeouts of its parts, and the request goes upstream"
        )
    to.notes.append(
        "Higress gives one caller's answers to all; here each API key has its own, unless a configuration in our own "
        "names says scope: shared (scripts/migrate writes one)"
    )
    for line, key in root.unread():
        to.note_at(line, f"{show_text(key)}: nothing is known by this name, so it is left out")
    return Translation(tuple(to.carried), (*to.problems, *root.faults()), tuple(to.notes))


def _question(to: Carrier, root: CaselessMapping) -> None:
    """Carry the strategy; without one it is Higress's default, not our ``full``."""
    path = _path(to, root, "cacheKeyFrom")
    match root.text("cacheKeyStrategy"):
        case "allQuestions":
            to.carry("context", "all_questions", root, "cacheKeyStrategy")
        case "" | "lastQuestion":
            context = "all_questions" if path == QUESTIONS else "last_question"
            if path == QUESTIONS:
                to.note(root, "cacheKeyFrom", "answers left under such lists of questions are not found by legacy_text")
            to.carry("context", context, root, "cacheKeyStrategy")
        case "disabled":
            to.carry("enabled", "false", root, "cacheKeyStrategy")
        case other:
            to.problem(root, "cacheKeyStrategy", f"{show_text(other)} is not lastQuestion, allQuestions or disabled")


def _answers(to: Carrier, root: CaselessMapping) -> None:
    for name in ("cacheValueFrom", "cacheStreamValueFrom", "cacheToolCallsFrom"):
        _path(to, root, name)
    taken = []
    for key, names in TEMPLATES.items():
        first, *others = [name for name in names if root.text(name)] or [""]
        if first:
            taken.append(first)
            to.carry(key, root.text(first), root, first)
        for name in others:
            to.note(root, name, f"left out, since Higress goes by {root.key(first)} where both stand")
    if taken:
        to.note(
            root,
            taken[0],
            "hits with more than a text (tool calls, several choices) are written as the API does; without a template "
            "all hits are, with the upstream's id and usage",
        )


def _path(to: Carrier, root: CaselessMapping, name: str) -> str:
    """Return a GJSON path, of older versions too; one that our formats do not follow is a problem."""
    names, key = root, name
    if (older := root.section(name)) is not None:
        names, key = older, "responseBody" if "responseBody" in older else "requestBody"
    path = names.text(key)
    if path and path not in USUAL[name]:
        way_out = "answers are kept whole, in the API's own format"
        if name == "cacheKeyFrom":
            way_out = "the API's own format says what the question is, and cacheKeyStrategy how many of them count"
        to.problem(names, key, f"{show_text(path)} is not followed here: leave it out; {way_out}")
    return path


def _exact(to: Carrier, root: CaselessMapping) -> None:
    """Carry the store; the older ``redis`` section precedes ``cache``, as in Higress."""
    older, cache = root.section("redis"), root.section("cache")
    redis = older or cache
    if redis is None:
        to.notes.append("no cache section: answers are kept in the embedded Valkey, for 7d (exact.ttl)")
        if root.text(LEGACY_TEXT).lower() not in ("", "false"):
            to.problem(root, LEGACY_TEXT, "no cache section says in which Redis the answers are: write one")
        return
    if older is not None and cache is not None:
        cache.done()
        to.note_at(cache.line, f"{cache.name}: left out, since Higress goes by {older.name} where both stand")
    kind = redis.text("type")
    if kind != "redis" and (kind or redis is cache):
        to.problem(
            redis, "type", f"{show_text(kind) if kind else 'missing'}: write redis, which is the only one there is"
        )
    _url(to, redis)
    prefixed = redis if "cacheKeyPrefix" in redis else root
    prefix = prefixed.text("cacheKeyPrefix") if "cacheKeyPrefix" in prefixed else PREFIX
    to.carry("exact.redis.prefix", prefix, prefixed, "cacheKeyPrefix")
    to.timeout("exact.redis.timeout", redis)
    _legacy_text(to, root, redis)
    lasting = redis if "cacheTTL" in redis else root
    if (ttl := to.whole(lasting, "cacheTTL", 0, math.inf)) is not None:
        if not 0 < ttl <= MAX_TTL_S:
            to.note(lasting, "cacheTTL", f"{ttl or 'without one'}: answers stay for 3650d, the longest time there is")
        to.carry("exact.ttl", show_duration(ttl if 0 < ttl <= MAX_TTL_S else MAX_TTL_S), lasting, "cacheTTL")


def _legacy_text(to: Carrier, root: CaselessMapping, redis: CaselessMapping) -> None:
    """Carry the one key in the file that is ours, so that a migration needs one file only."""
    holder = redis if LEGACY_TEXT in redis else root
    if LEGACY_TEXT not in holder:
        to.notes.append(
            "answers that Higress left in Redis are not served; with legacy_text: true they are, to callers whose API "
            "key the upstream has accepted within the last hour"
        )
        return
    to.carry("exact.redis.legacy_text", holder.text(LEGACY_TEXT), holder, LEGACY_TEXT)
    if holder.text(LEGACY_TEXT).lower() in ("true", "yes", "on"):
        to.note(
            holder,
            LEGACY_TEXT,
            "what Higress left knows neither caller nor model: it answers every caller whose API key the upstream has "
            "accepted within the last hour",
        )


def _url(to: Carrier, redis: CaselessMapping) -> None:
    host, missing = to.host(redis, "127.0.0.1"), "REDIS_HOST"
    port = to.whole(redis, "servicePort", 1, 65535) or 6379
    if redis.text("serviceName").endswith(".static") and port in (80, 6379) and "serviceHost" in redis:
        to.note(redis, "servicePort", f"{port} is taken; a static service's own port is in Higress's registry only")
    behind = f":{port}/{to.whole(redis, 'database', 0, 999_999_999) or 0}"
    password, remark = reference(redis, "password", "REDIS_PASSWORD")
    user = redis.text("username")
    user = user if "${" in user else quote(user, safe="")
    to.carried.append(
        Carried(
            "exact.redis.url",
            _credentials(to.filled(redis, "username"), to.filled(redis, "password")) + (host or "unknown") + behind,
            redis.key(name := "serviceHost" if "serviceHost" in redis else "serviceName"),
            redis.line_of(name),
            _credentials(user, password) + (host or f"${{{missing}}}") + behind,
            remark and f"{remark}; in a URL, / ? # @ : % are written %2F %3F %23 %40 %3A %25",
            "" if host else missing,
        )
    )


def _credentials(user: str, password: str) -> str:
    return "redis://" + (f"{user}:{password}@" if password else f"{user}@" if user else "")
