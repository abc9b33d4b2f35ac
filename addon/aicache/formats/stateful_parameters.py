"""Checks parameters for use of state at the upstream by their names, so future parameters too. Pure.

Equal requests that depend on state need not have equal answers. APIs add such parameters every month, so a parameter
that is not known to be harmless is classified by the words of its name: a wrong guess only costs a hit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

from aicache.formats import documented_fields
from aicache.formats.errors import Private, Stateful

_MAX_CACHED_NAME_CHARS = 64  # no API has longer names; they would only fill the cache
_WORD_PATTERN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EMPTY_VALUES: tuple[Any, ...] = ("", [], {})

_STATE_WORDS = _set(
    "id ids uid uids uuid uuids guid guids identifier identifiers ref refs reference references handle handles ticket "
    "tickets lease credit sess session sessions thread threads container containers sandbox sandboxes vm kernel "
    "notebook workspace conv convo conversation conversations chat chats dialog dialogs dialogue dialogues discussion "
    "interaction interactions continue continues continued continuing continuation resume resumes resumed resuming "
    "resumption rejoin reconnect checkpoint checkpoints previous prev prior preceding predecessor earlier last parent "
    "parents ancestor ancestors history histories memory memories memo remember recall cursor cursors snapshot "
    "snapshots fork forks forked forking branch branches branching replay rewind rollback undo reply replies followup "
    "job jobs run runs batch batches task tasks queue queued poll polling callback callbacks webhook webhooks hook "
    "hooks notify notification notifications background async asynchronous defer defers deferred deferral delayed "
    "schedule scheduled detach detached assistant assistants agent agents workflow workflows bot app application "
    "state states stateful store stores stored storage save saved persist persisted persistent persistence retain "
    "retained retention environment environments file files attachment attachments upload uploads artifact artifacts "
    "collection collections dataset datasets index indexes corpus database vectorstore from since after based room "
    "channel journal bookmark scratchpad pointer transcript cookie cookies nonce follow restore restored rehydrate "
    "hydrate handoff carry sticky affinity savepoint savepoints append appended appending datastore datastores slot "
    "slots past lineage ancestry successor successive sequel chain chained chaining proceed reopen revive reattach "
    "attach attached join joined link linked stash stashed vault bucket buckets repository repo folder folders drive "
    "project projects profile profiles persona personas path paths personalization personalisation personalize "
    "personalized commit committed transaction "
    "txn revert redo revision revisions enqueue enqueued postpone postponed backup archive archived tape diary "
    "notepad blackboard ledger pickup"
)
"""Words that mean state anywhere in a name; so does ``token`` at its end: one is a handle, several are a count."""

_STATE_WORDS_ALONE = _set("context contexts ctx anchor th kv")
"""Words that mean state only as the whole name: beside others they are a length, a setting or a type."""
_STATE_WORD_PAIRS = (("prefix", "cache"), ("kv", "cache"), ("cache", "handle"), ("keep", "going"))

_STATE_SUBSTRINGS = re.compile(
    "session|thread|container|conversation|dialogue|interaction|continu|resum|checkpoint|previous|history|memory|memories"
    "|savepoint|datastore|cursor|snapshot|callback|webhook|background|assistant|workflow|stateful|persist|sandbox"
)
"""Substrings that mean state within a word: many names are written without a separator."""

_WORDS_ENDING_IN_ID = _set(
    "valid invalid void avoid voids avoids grid grids hybrid hybrids rapid solid liquid fluid rigid vivid mid paid "
    "prepaid unpaid bid bids aid aids kid kids raid acid lipid humid squid android asteroid forbid overlaid"
)

_PRIVATE_WORDS = _set(
    "mcp mcps connector connectors datasource datasources knowledge knowledgebase rag retrieval preset presets "
    "plugin plugins skill skills "
    "integration integrations library libraries sharepoint onedrive dropbox gmail outlook mailbox calendar"
)
"""Words for what the upstream reads for this caller only: mail, files, databases, settings that may change."""
_PRIVATE_WORD_PAIRS = (
    ("data", "source"),
    ("data", "sources"),
    ("file", "search"),
    ("collections", "search"),
    ("biz", "params"),
)

SCHEMA_FIELDS = frozenset(
    {"schema", "properties", "$defs", "definitions", "input_schema", "output_schema", "inputSchema", "result_schema"}
    | {"responseSchema", "responseJsonSchema", "_responseJsonSchema", "response_schema", "response_json_schema"}
)
"""Fields that hold JSON schemas, within which names are the caller's own."""
_STATE_QUERY_WORDS = frozenset({"agent", "fork", "job", "run", "async", "batch"})
_QUOTABLE_NAMES = _set(
    "previous_response_id conversation background thread container fallback_credit_token previous_message_id "
    "session_id memory_id comparison_response_id continuationToken deferred context_id mcp_servers data_sources "
    "preset"
)
_STATEFUL_PATH = re.compile(
    r"/(?:threads|conversations|sessions|chats|interactions|runs|assistants?|agents|chats_openai|agents_openai)/[^/]+/"
)


@dataclass(frozen=True, slots=True)
class Allow:
    """Features that the settings allow requests to use."""

    private_tools: bool = False
    """Tools and parameters by which the upstream reads private data of the caller, or acts for the caller."""
    names: frozenset[str] = frozenset()
    """Parameters that the operator knows to change no answer, whatever their names."""

    def allows(self, name: str) -> bool:
        """Tell whether the operator allows a parameter and all that is within: one that the operator listed.

        The default ones (``stream_options``, ``store``) are known to change no answer only as far as documented.
        """
        return name in self.names and (
            name not in documented_fields.CHAT or name in documented_fields.CHECKED_ELSEWHERE
        )

    def allows_nested(self, name: str) -> bool:
        """Tell whether the operator allows a name within another parameter."""
        return name in self.names and name not in documented_fields.CHAT


STRICT = Allow()


def reject_stateful_fields(
    request: Mapping[str, Any], harmless: frozenset[str], checked_elsewhere: frozenset[str], *, allow: Allow
) -> None:
    """Raise Stateful for a parameter that refers to or creates state, Private for private data, unless allowed.

    *harmless* are the API's documented parameters that do neither, whatever their names. Undocumented names within them
    are checked as well, at any depth, except within those *checked_elsewhere*. Empty values never refer to state: null,
    false, and empty texts, lists and objects.
    """
    for name, value in request.items():
        if is_empty(value) or allow.allows(name):
            continue
        if name in harmless:
            if name in checked_elsewhere:
                continue
        elif name not in allow.names:
            reject_state_name(name, allow)
            if is_private_name(name):
                continue  # allowed, with all its options
        for path, inner in nested_names(value, name, allow):
            if path not in documented_fields.NESTED:
                reject_state_name(inner, allow)


def reject_preset(request: Mapping[str, Any], *, allow: Allow) -> None:
    """Raise Private for a model with one of OpenRouter's presets, unless allowed."""
    model = request.get("model")
    if not allow.private_tools and isinstance(model, str) and "@preset/" in model:
        raise Private("model: names a preset that the upstream holds")


def reject_stateful_path(path: str, *, tail: int) -> None:
    """Raise Stateful for a path within a conversation or the like; the last *tail* segments are the endpoint's own."""
    place = path.rstrip("/").rsplit("/", tail)[0]
    if _STATEFUL_PATH.search(f"{place}/"):
        raise Stateful("the path names what the upstream holds")


def reject_stateful_query(query: str, *, allow: Allow) -> None:
    """Raise Stateful for a query parameter whose name clearly means state: gateways have other ids there, too."""
    for name, value in parse_qsl(query):
        if name in allow.names or not value:
            continue
        if any(_STATE_SUBSTRINGS.search(word) or word in _STATE_QUERY_WORDS for word in split_words(name)):
            raise Stateful("a query parameter: refers to state held by the upstream")


def is_state_name(name: str) -> bool:
    """Tell by its words whether a name refers to state."""
    words = split_words(name)
    if not words or not unicodedata.normalize("NFKC", name).isascii():
        return not name.isascii()  # in another script: not an API's, and of unknown meaning
    if words[-1] == "token" or any(map(_is_state_word, words)):
        return True
    return (len(words) == 1 and words[0] in _STATE_WORDS_ALONE) or any(
        pair in _STATE_WORD_PAIRS for pair in pairwise(words)
    )


def is_private_name(name: str) -> bool:
    """Tell by its words whether a name refers to private data."""
    return _has_private_words(split_words(name))


def split_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in snake_case, kebab-case or camelCase, in lower case."""
    return _split_words_cached(name) if len(name) <= _MAX_CACHED_NAME_CHARS else _split_words_cached.__wrapped__(name)


def reject_state_name(name: str, allow: Allow) -> None:
    """Raise Stateful or Private for a name that stands for it. Messages quote only names that some API documents."""
    private, stateful = (
        _classify_name(name) if len(name) <= _MAX_CACHED_NAME_CHARS else _classify_name.__wrapped__(name)
    )
    quoted = name if name in _QUOTABLE_NAMES else "a parameter"
    if private:
        if not allow.private_tools:
            raise Private(f"{quoted}: the upstream reads private data for it")
    elif stateful:
        raise Stateful(f"{quoted}: refers to state held by the upstream")


@lru_cache(4096)
def _classify_name(name: str) -> tuple[bool, bool]:
    return is_private_name(name), is_state_name(name)


def is_empty(value: Any) -> bool:
    """Tell whether a value means the same as an absent one."""
    return value is None or value is False or value in _EMPTY_VALUES


def nested_names(value: Any, path: str, allow: Allow) -> Iterator[tuple[str, str]]:
    """Yield the path and name of all fields within the value at a *path*, except names of the caller's own.

    A path is the names on the way, joined by dots.
    """
    pending = [(value, path)]
    for item, at in pending:  # grows while iterating
        if isinstance(item, list):
            pending += [(each, at) for each in item if isinstance(each, dict | list)]
            continue
        for name, inner in item.items() if isinstance(item, dict) else ():
            inner_path = f"{at}.{name}"
            if is_empty(inner) or allow.allows_nested(name):
                continue
            yield inner_path, name
            opaque = name in SCHEMA_FIELDS or inner_path in documented_fields.FREE_FORM
            if isinstance(inner, dict | list) and not opaque:
                pending.append((inner, inner_path))


@lru_cache(4096)  # all documents of an API have the same few names
def _split_words_cached(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD_PATTERN.findall(unicodedata.normalize("NFKC", name)))


def _has_private_words(words: Sequence[str]) -> bool:
    pairs = set(pairwise(words))
    return not _PRIVATE_WORDS.isdisjoint(words) or not pairs.isdisjoint(_PRIVATE_WORD_PAIRS)


def _is_state_word(word: str) -> bool:
    if word in _STATE_WORDS or _STATE_SUBSTRINGS.search(word):
        return True
    return len(word) > 3 and word.endswith(("id", "ids")) and word not in _WORDS_ENDING_IN_ID
