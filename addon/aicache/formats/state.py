"""Which parameters name, make or read what the upstream holds, those of APIs to come too. Pure; it reads names alone.

Equal requests that lean on state need not have equal answers. APIs grow such parameters every month, so a parameter
that is not known to be harmless is judged by the words of its name: it only costs a hit to be wrong about one.
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

from aicache.formats.body import Private, Stateful

_LONG = 64  # characters of a name; longer ones are none of an API's
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EMPTY: tuple[Any, ...] = ("", [], {})

_STATE = _set(
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
    "hydrate handoff carry sticky affinity"
)
"""Words that say so wherever they stand in a name; beside them ``token`` at its end: one is a handle, many a count."""

_WITHIN = re.compile(
    "session|thread|container|conversation|dialogue|interaction|continu|resum|checkpoint|previous|history|memory|memories"
    "|cursor|snapshot|callback|webhook|background|assistant|workflow|stateful|persist|sandbox"
)
"""The same within a word: many names are written without a mark between theirs."""

_NO_IDS = _set(
    "valid invalid void avoid voids avoids grid grids hybrid hybrids rapid solid liquid fluid rigid vivid mid paid "
    "prepaid unpaid bid bids aid aids kid kids raid acid lipid humid squid android asteroid forbid overlaid"
)

_PRIVATE = _set(
    "mcp mcps connector connectors datasource datasources knowledge knowledgebase rag retrieval preset presets "
    "integration integrations library libraries sharepoint onedrive dropbox gmail outlook mailbox calendar"
)
"""Words of what the upstream reads for the caller alone: mail, files, databases, settings that somebody may change."""
_PRIVATE_PAIRS = (("data", "source"), ("data", "sources"), ("file", "search"), ("collections", "search"))
_PRIVATE_TOOLS = _PRIVATE | {"collection", "collections"}

_OPAQUE = frozenset(
    {"schema", "json_schema", "properties", "parameters", "input_schema", "output_schema", "inputSchema"}
    | {"format", "examples", "input_examples", "metadata", "filters", "headers", "user_location", "input_image_mask"}
)
"""What is within these is the caller's own, and names nothing to the upstream."""
_HARMLESS_WITHIN = frozenset({"task_budget", "continuous_usage_stats"})  # Anthropic's output_config; vLLM's streams
_HARMLESS_IN_TOOLS = frozenset(
    {"defer_loading", "environment", "background"}  # of a picture; where a computer is, which is judged by itself
    | {"allowed_x_handles", "excluded_x_handles"}  # xAI's search
)
_OWN_TOOLS = frozenset({"function", "custom"})
_ASKED_FOR = frozenset({"agent", "fork", "job", "run", "async", "batch"})
_DOCUMENTED = _set(
    "previous_response_id conversation background thread container fallback_credit_token previous_message_id "
    "session_id memory_id comparison_response_id continuationToken deferred context_id mcp_servers data_sources "
    "preset"
)
_HELD_PATH = re.compile(
    r"/(?:threads|conversations|sessions|chats|interactions|runs|assistants?|agents|chats_openai|agents_openai)/[^/]+/"
)


@dataclass(frozen=True, slots=True)
class Allow:
    """What the settings let pass."""

    private_tools: bool = False
    """Tools and parameters by which the upstream reads private data, or acts, for the caller."""
    names: frozenset[str] = frozenset()
    """Parameters that are known to change no answer, whatever they are called."""


STRICT = Allow()


def refuse_stateful(
    request: Mapping[str, Any], harmless: frozenset[str], settings: frozenset[str], *, allow: Allow
) -> None:
    """Raise Stateful for a parameter that names or makes state, Private for private data, but for what is allowed.

    *harmless* are the API's documented parameters that do neither, whatever they are called; what is within them is
    not looked at, but for *settings*: objects in which the API's own names stand. Nothing is no state: null, false,
    what is empty.
    """
    for name, value in request.items():
        if _is_nothing(value) or name in allow.names:
            continue
        if name not in harmless:
            _judge(name, allow)
        elif name not in settings:
            continue
        for inner in _names_in(value):
            if inner not in _HARMLESS_WITHIN:
                _judge(inner, allow)


def refuse_preset(request: Mapping[str, Any], *, allow: Allow) -> None:
    """Raise Private for a model that is named with a preset of OpenRouter's, unless that is allowed."""
    model = request.get("model")
    if not allow.private_tools and isinstance(model, str) and "@preset/" in model:
        raise Private("model: with a preset that the upstream holds")


def refuse_tools(tools: Any, *, allow: Allow) -> None:
    """Raise Stateful or Private for a tool that the upstream runs, and that leans on what it holds."""
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict) or _is_own(tool) or "input_schema" in tool:
            continue
        kind = tool.get("type")
        spoken = words(kind) if isinstance(kind, str) else ()
        if _is_private(spoken) or not _PRIVATE_TOOLS.isdisjoint(spoken):
            if not allow.private_tools:
                raise Private("tools: one that reads private data at the upstream")
            continue
        for name in _names_in(tool):
            if name not in _HARMLESS_IN_TOOLS:
                _judge(name, allow)


def refuse_held_path(path: str, *, tail: int) -> None:
    """Raise Stateful for a path within a conversation or the like; its last *tail* segments are the endpoint's own."""
    place = path.rstrip("/").rsplit("/", tail)[0]
    if _HELD_PATH.search(f"{place}/"):
        raise Stateful("the path names what the upstream holds")


def refuse_held_query(query: str, *, allow: Allow) -> None:
    """Raise Stateful for a query parameter that says so beyond doubt: there, gateways have ids of many other kinds."""
    for name, value in parse_qsl(query):
        if name in allow.names or not value:
            continue
        if any(_WITHIN.search(word) or word in _ASKED_FOR for word in words(name)):
            raise Stateful("a query parameter: refers to state held by the upstream")


def says_state(name: str) -> bool:
    """Tell by its words whether a name is one of state."""
    spoken = words(name)
    if not spoken or not unicodedata.normalize("NFKC", name).isascii():
        return not name.isascii()  # in another script: no API's, and nobody can tell
    return spoken[-1] == "token" or any(map(_is_of_state, spoken))


def says_private(name: str) -> bool:
    """Tell by its words whether a name is one of private data."""
    return _is_private(words(name))


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in snake_case, kebab-case or camelCase, in small letters."""
    return _words_of(name) if len(name) <= _LONG else _words_of.__wrapped__(name)


@lru_cache(4096)  # the same few names stand in all documents of an API
def _words_of(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(unicodedata.normalize("NFKC", name)))


def _judge(name: str, allow: Allow) -> None:
    """Raise Stateful or Private by a name; only one that some API documents is repeated in the message."""
    said = name if name in _DOCUMENTED else "a parameter"
    if says_private(name):
        if not allow.private_tools:
            raise Private(f"{said}: the upstream reads private data for it")
    elif says_state(name):
        raise Stateful(f"{said}: refers to state held by the upstream")


def _is_private(spoken: Sequence[str]) -> bool:
    pairs = set(pairwise(spoken))
    return not _PRIVATE.isdisjoint(spoken) or not pairs.isdisjoint(_PRIVATE_PAIRS)


def _is_own(tool: Mapping[str, Any]) -> bool:
    """Tell a tool that the caller runs."""
    return isinstance(kind := tool.get("type"), str) and kind in _OWN_TOOLS


def _is_of_state(word: str) -> bool:
    if word in _STATE or _WITHIN.search(word):
        return True
    return len(word) > 3 and word.endswith(("id", "ids")) and word not in _NO_IDS


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value in _EMPTY


def _names_in(value: Any) -> Iterator[str]:
    """Yield all names within a value under which something stands, less what is the caller's own."""
    pending = [value]
    for item in pending:  # grows on the way
        if isinstance(item, list):
            pending += [each for each in item if isinstance(each, dict | list)]
        elif isinstance(item, dict) and not _is_own(item):
            for name, inner in item.items():
                if _is_nothing(inner) or name in _OPAQUE:
                    continue
                yield name
                if isinstance(inner, dict | list):
                    pending.append(inner)
