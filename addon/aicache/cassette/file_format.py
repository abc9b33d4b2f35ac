"""The text of a cassette: YAML with a version and a list of interactions, each message of a conversation once. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

import yaml

from aicache.cassette import yaml_text
from aicache.cassette.body_document import NAMES, to_body, to_document
from aicache.cassette.interaction import Fields, Interaction, RecordedRequest, RecordedResponse
from aicache.domain.request_headers import CONTROL

VERSION = 1
HEAD = (
    "# Recorded by mitmproxy-ai-cache; replayed with `ai-cache serve --replay THIS_FILE`.\n"
    f"cassette: {VERSION}\n"
    "interactions:\n"
)
COMPLETE = "# complete\n"
UNFINISHED = HEAD.replace("cassette:", f"# Being recorded: only what has `{COMPLETE.strip()}` behind it is.\ncassette:")
"""The beginning of a cassette to which recordings are appended, each with `COMPLETE` behind it."""
EMPTY = HEAD.replace("interactions:\n", "interactions: []\n")
MIN_ANCHORED_CHARS = 60
"""Shorter values are written again where they recur."""
MIN_STATUS, MAX_STATUS = 200, 999
"""Bounds of the status of a final response; servers send others than HTTP has."""
MAX_BODY_CHARS = 256 * 1024**2
"""Limit for a body with all that it refers to: a few references to references would make it any size."""

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ANCHOR_CHARS = re.compile(r"[^A-Za-z0-9_]+")


class CassetteError(ValueError):
    """A file is not a cassette. The message says where and why, and holds no content."""


class _Loader(_Safe):  # type: ignore[misc]  # the base class is chosen at run time
    """Loads plain values by the core schema of YAML 1.2: ``no`` and ``2026-11-30`` are texts."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own attribute


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first)


def _decimal_int(loader: Any, node: Any) -> int:
    """YAML 1.1 would read 010 as eight."""
    return int(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _decimal_int)


class InteractionText:
    """Writes interactions one after the other, and each message of a conversation where it first occurs.

    *is_anchored* decides by the digest of a message, or of another part of a request, whether it gets an anchor.
    """

    def __init__(self, is_anchored: Callable[[str], bool] = lambda digest: True) -> None:
        self._is_anchored = is_anchored
        self._names: dict[str, str] = {}  # by digest, of what is written
        self._taken: set[str] = set()

    def add(self, interaction: Interaction) -> str:
        """Return the text of the next interaction."""
        return yaml_text.write([_to_document(interaction)], self._anchor)

    def _anchor(self, path: tuple[Any, ...], value: Any) -> tuple[str, bool] | None:
        """Give anchors to what recurs: the parts of a request, and the items of those that are lists."""
        if not _may_recur(path) or (digest := _digest_of(value)) is None:
            return None
        if (name := self._names.get(digest)) is not None:
            return name, True
        if not self._is_anchored(digest):
            return None
        name = self._names[digest] = self._name(path, value, digest)
        return name, False

    def _name(self, path: tuple[Any, ...], value: Any, digest: str) -> str:
        label = value.get("role") or value.get("type") if isinstance(value, dict) else None
        words = label if isinstance(label, str) else next(part for part in reversed(path) if isinstance(part, str))
        stem = _ANCHOR_CHARS.sub("_", words)[:24]
        name = next(each for n in range(6, len(digest)) if (each := f"{stem}-{digest[:n]}") not in self._taken)
        self._taken.add(name)
        return name


def write_cassette(interactions: Sequence[Interaction]) -> str:
    """Return the text of a cassette, which depends on nothing but its interactions."""
    if not interactions:
        return EMPTY
    counts = _count_parts(interactions)
    writer = InteractionText(lambda digest: counts[digest] > 1)
    return HEAD + "".join(map(writer.add, interactions))


def read_cassette(text: str | bytes, source: str) -> tuple[list[Interaction], str]:
    """Return the interactions in a cassette's text, and what is wrong with the last of them, if anything is.

    The last one may be cut off, where the recording process was killed: it is left out then. *source* names the file in
    messages. Raises CassetteError.
    """
    content = text.encode() if isinstance(text, str) else text
    problem = ""
    if UNFINISHED.encode().splitlines()[1] in content[:1024] and not content.endswith(COMPLETE.encode()):
        content = content[: content.rfind(COMPLETE.encode()) + len(COMPLETE)] if COMPLETE.encode() in content else b""
        content, problem = content or EMPTY.encode(), "its last recording is cut off, and left out"
    loader = _Loader(content)
    try:
        return _read(loader, source), problem
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark is not None else ""
        what = getattr(exc, "problem", None) or type(exc).__name__
        raise CassetteError(f"{source}{line}: is not YAML ({what})") from None
    except (UnicodeDecodeError, RecursionError) as exc:
        raise CassetteError(f"{source}: is not YAML ({type(exc).__name__})") from None
    finally:
        loader.dispose()


def is_cassette(head: bytes) -> bool:
    """Tell by the first bytes of a file whether it may be a cassette of this format."""
    return re.search(rb"^(?:\{\s*)?\"?cassette\"?\s*:", head, re.MULTILINE) is not None


def _read(loader: Any, source: str) -> list[Interaction]:
    nodes = _interaction_nodes(loader, loader.get_single_node(), source)
    return [_from_node(loader, node, f"{source} line {node.start_mark.line + 1}") for node in nodes]


def _interaction_nodes(loader: Any, root: yaml.Node | None, source: str) -> list[yaml.Node]:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    found = {key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)}
    if "cassette" not in found:
        raise CassetteError(
            f"{source}: is not a cassette of this cache, which begins with `cassette: {VERSION}`. "
            "Convert cassettes of other programs with `ai-cache cassette convert`"
        )
    if (version := _construct(loader, found["cassette"], source)) != VERSION:
        raise CassetteError(f"{source}: cassette: version {version!r:.20} is not {VERSION}, the one that is known here")
    interactions = found.get("interactions")
    if not isinstance(interactions, yaml.SequenceNode):
        raise CassetteError(f"{source}: interactions: is not a list")
    return list(interactions.value)


def _construct(loader: Any, node: yaml.Node, at: str) -> Any:
    """Return the value of a node. Raises CassetteError; YAMLError."""
    try:
        return loader.construct_document(node)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        raise CassetteError(f"{at}: a value that is not what its tag says") from None


def _from_node(loader: Any, node: yaml.Node, at: str) -> Interaction:
    item = _construct(loader, node, at)
    try:
        request, response = item["request"], item["response"]
        _check_size(request)
        _check_size(response)
        return Interaction(
            RecordedRequest(_text(request, "method"), _text(request, "url"), _fields(request), to_body(request)),
            RecordedResponse(_status(response), _fields(response), to_body(response)),
        )
    except KeyError as exc:
        raise CassetteError(f"{at}: has no {exc.args[0]}") from None
    except (TypeError, AttributeError):
        raise CassetteError(f"{at}: is not a mapping with request and response") from None
    except (ValueError, RecursionError) as exc:
        raise CassetteError(f"{at}: {exc}") from None


def _text(message: dict[str, Any], name: str) -> str:
    if not isinstance(message[name], str):
        raise ValueError(f"{name}: is not text")
    return str(message[name])


def _status(response: dict[str, Any]) -> int:
    status = response["status"]
    if not isinstance(status, int) or not MIN_STATUS <= status <= MAX_STATUS:
        raise ValueError(f"status: is not a number from {MIN_STATUS} to {MAX_STATUS}")
    return status


def _fields(message: dict[str, Any]) -> Fields:
    fields = message.get("headers") or {}
    if not all(isinstance(name, str) and isinstance(value, str | int) for name, value in fields.items()):
        raise ValueError("headers: are not texts by name")
    if any(CONTROL.search(f"{name}{value}") for name, value in fields.items()):
        raise ValueError("headers: have a control character")
    return tuple(sorted((name.lower(), str(value)) for name, value in fields.items()))


def _check_size(value: Any) -> None:
    """Raise ValueError for a value that is much larger written out than it is here."""
    sizes: dict[int, int] = {}

    def size(value: Any) -> int:
        if isinstance(value, str):
            return len(value)
        if not isinstance(value, dict | list):
            return 8
        if (known := sizes.get(id(value))) is None:
            sizes[id(value)] = MAX_BODY_CHARS + 1  # within itself
            items = [*value, *value.values()] if isinstance(value, dict) else value
            known = sizes[id(value)] = sum(map(size, items), 2)
        return known

    if size(value) > MAX_BODY_CHARS:
        raise ValueError(f"is larger than {MAX_BODY_CHARS // 1024**2} MB written out")


def _to_document(interaction: Interaction) -> dict[str, Any]:
    request, response = interaction.request, interaction.response
    asked: dict[str, Any] = {"method": request.method, "url": request.url}
    if request.headers:
        asked["headers"] = dict(request.headers)
    content_type = request.header("content-type") or "application/json"
    answered: dict[str, Any] = {"status": response.status}
    if response.headers:
        answered["headers"] = dict(response.headers)
    return {
        "request": asked | to_document(request.body, content_type),
        "response": answered | to_document(response.body, response.content_type),
    }


def _may_recur(path: tuple[Any, ...]) -> bool:
    """Tell whether a place is a part of a request's JSON, or an item of a part: ``(0, request, json, messages, 3)``."""
    if path[1:3] != ("request", NAMES[0]):
        return False
    return len(path) == 4 or (len(path) == 5 and isinstance(path[4], int))


def _digest_of(value: Any) -> str | None:
    """Return the digest of a value that is large enough for an anchor."""
    if not isinstance(value, str | dict | list):
        return None
    text = json.dumps(value, ensure_ascii=False)
    if len(text) < MIN_ANCHORED_CHARS:
        return None
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _count_parts(interactions: Iterable[Interaction]) -> Counter[str]:
    """Count how often each part of a request would be written, if none had an anchor but recurring lists."""
    counts: Counter[str] = Counter()
    wholes: Counter[str] = Counter()
    bodies = [_to_document(interaction)["request"].get(NAMES[0]) for interaction in interactions]
    parts = [part for body in bodies if isinstance(body, dict) for part in body.values()]
    for part in parts:
        if (digest := _digest_of(part)) is not None:
            wholes[digest] += 1
    seen: set[str] = set()
    for part in parts:
        if (digest := _digest_of(part)) is None:
            continue
        counts[digest] += 1
        if digest in seen:
            continue  # written as a reference, without its items
        if wholes[digest] > 1:
            seen.add(digest)
        for item in part if isinstance(part, list) else ():
            if (inner := _digest_of(item)) is not None:
                counts[inner] += 1
    return counts
