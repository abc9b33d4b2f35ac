"""``doctor mask``: what of a recorded request its key is made of, and what the masks leave out."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from aicache import config as configuration
from aicache import formats
from aicache.cli.warm.question_exchange import RequestDefaults
from aicache.cli.warm.records import BrokenRecord, SourceError
from aicache.cli.warm.sources import read_records
from aicache.config import Config, ConfigError
from aicache.config.request_settings import Settings
from aicache.domain import keys
from aicache.domain.caller_identity import target_without_credentials
from aicache.domain.json_paths import edits_for
from aicache.domain.keys import Keyed, Origin
from aicache.domain.masks import Mask
from aicache.formats import RequestContext
from aicache.formats.errors import Private, Stateful
from aicache.proxy.http_messages import collect_headers

SAME, DIFFERENT, UNREADABLE = 0, 1, 2
EPILOG = """
FILE is a request's JSON body, or requests in flows that mitmproxy saved (-w), in HAR, or in a cassette. Of each: the
masks that apply and how often, the key (without caller and upstream), and what is left out, line by line: - as sent,
+ as it counts. With two FILEs: whether the requests are the same, pair by pair, and what still tells them apart.

Exit code 0: all requests have a key; with two FILEs, the same. 1: requests differ. 2: a request has no key (it says
why), or a FILE cannot be read.

  scripts/doctor mask run1.mitm run2.mitm --config ai-cache.yaml
"""
_BODY_FIELDS = ("messages", "input", "contents", "prompt")
_STAND_IN = re.compile("\0(?:([a-z]+ [0-9]+)\0)?")


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was recorded."""

    name: str
    """Its place in a file."""
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Explained:
    """What a request's key is made of."""

    request: Request
    api: str
    key: str
    sent: Keyed
    """Everything that was sent, as it was parsed ..."""
    counted: Keyed
    """... and what of it counts."""
    found: Mapping[str, int]
    """The masks that apply, and how often."""


def explain(request: Request, settings: Settings) -> Explained:
    """Derive a request's key. Raises ValueError with the reason why it has none."""
    if (format := formats.match(request.method, request.path)) is None:
        raise ValueError("no request to an API that is known")
    found: Counter[str] = Counter()

    def note(mask: Mask, count: int) -> None:
        found[mask.name or mask.pattern.pattern] += count

    plain = RequestContext(query=request.query, headers=request.headers, allow=settings.allow)
    context = RequestContext(
        query=request.query,
        headers=request.headers,
        tools_semantic=settings.tools,
        allow=settings.allow,
        edits=edits_for(settings.edits, format.api),
        found=lambda edit: found.update([edit.name]),
    )
    try:
        call = format.parse_request(request.path, request.body, context)
    except Private as exc:
        raise ValueError(f"not looked up, since the upstream would read private data: {exc}") from None
    except Stateful as exc:
        raise ValueError(f"not looked up, since it depends on state at the upstream: {exc}") from None
    try:
        sent = format.parse_request(request.path, request.body, plain)
    except ValueError:  # it refers to state only in what the settings leave out
        sent = call
    counted = keys.keyed_parts(call, settings.key_rules, found=note)
    target = target_without_credentials(*format.normalize_target(request.path, request.query))
    key = keys.identify(call, Origin("", target, ""), settings.key_rules).question
    return Explained(request, format.api, key, Keyed(sent.params, sent.turns), counted, found)


def describe(explained: Explained) -> list[str]:
    """Return the lines that tell what of a request counts."""
    masks = ", ".join(f"{name} ({count})" for name, count in sorted(explained.found.items()))
    return [
        f"{explained.request.name}: {explained.api}, {explained.request.path}",
        f"  masks  {masks or 'none applies'}",
        f"  key    {explained.key}",
        *(f"  {line}" for line in compare(explained.sent, explained.counted)),
    ]


def compare(one: Keyed, other: Keyed) -> Iterator[str]:
    """Yield the lines in which two requests differ, below the name of each field that has some."""
    left, right = dict(_leaves(one)), dict(_leaves(other))
    for place in {**left, **right}:
        before, after = _lines(left.get(place)), _lines(right.get(place))
        if before != after:
            yield f"{place}:"
            changes = unified_diff(before, after, n=0, lineterm="")
            yield from (f"  {line}" for line in changes if not line.startswith(("--- ", "+++ ", "@@ ")))


def guess_path(body: Mapping[str, Any]) -> str:
    """Return the path of the API that a body is likely meant for."""
    if "contents" in body:
        return "/v1beta/models/model:generateContent"
    if isinstance(body.get("input"), dict):
        return "/api/v1/services/aigc/text-generation/generation"
    if "input" in body:
        return "/v1/responses"
    if "messages" not in body:
        return "/v1/completions"
    blocks = ('"tool_use"', '"tool_result"')
    is_anthropic = "system" in body or "anthropic_version" in body or any(b in json.dumps(body) for b in blocks)
    return "/v1/messages" if is_anthropic else "/v1/chat/completions"


def read_requests(file: str, path: str | None) -> Iterator[Request | str]:
    """Yield the requests in a file, and for each broken record what is wrong. Raises SourceError and OSError."""
    text = Path(file).read_bytes()
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and any(name in body for name in _BODY_FIELDS):
        target = path or guess_path(body)
        yield Request(file, *target.partition("?")[::2], headers={}, body=text)
        return
    for record in read_records(file, RequestDefaults(), ""):
        if isinstance(record, BrokenRecord):
            yield f"{record.position.name}: {record.reason}"
            continue
        sent = record.flow.request
        where, _, query = sent.path.partition("?")
        headers = collect_headers(sent.headers)
        yield Request(record.position.name, path or where, query, headers, sent.content or b"", sent.method)


def main(arguments: Sequence[str], prog: str) -> int:
    parser = argparse.ArgumentParser(
        prog=f"{prog} mask",
        description="Show what of a recorded request its key is made of, and what the masks leave out.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="one or two files")
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the defaults")
    parser.add_argument("--path", help="the path of the API, such as /v1/messages, where FILE is a body alone")
    options = parser.parse_args(arguments)
    if len(options.files) > 2:
        parser.error("at most two files")
    try:
        config = configuration.read_file(Path(options.config), os.environ) if options.config else Config()
        settings = Settings.of(config)
        read = [_explain_all(file, options.path, settings) for file in options.files]
    except (ConfigError, SourceError, OSError) as exc:
        print(exc, file=sys.stderr)
        return UNREADABLE
    if len(read) == 1:
        print("\n\n".join(each if isinstance(each, str) else "\n".join(describe(each)) for each in read[0]))
        return UNREADABLE if any(isinstance(each, str) for each in read[0]) or not read[0] else SAME
    return _compare_files(*read)


def _explain_all(file: str, path: str | None, settings: Settings) -> list[Explained | str]:
    explained: list[Explained | str] = []
    for request in read_requests(file, path):
        if isinstance(request, str):
            explained.append(request)
        elif request.method == "POST":
            try:
                explained.append(explain(request, settings))
            except (ValueError, RecursionError) as exc:
                explained.append(f"{request.name}: {request.path}: {exc}")
    return explained


def _compare_files(one: list[Explained | str], other: list[Explained | str]) -> int:
    code = SAME
    for left, right in zip(one, other, strict=False):
        if isinstance(left, str) or isinstance(right, str):
            print(*(each for each in (left, right) if isinstance(each, str)), sep="\n")
            code = UNREADABLE
        elif left.key == right.key:
            print(f"{left.request.name} and {right.request.name}: the same ({left.key})")
        else:
            print(f"{left.request.name} and {right.request.name}: different")
            print(*(f"  {line}" for line in compare(left.counted, right.counted)), sep="\n")
            code = max(code, DIFFERENT)
    if len(one) != len(other):
        print(f"{len(one)} requests and {len(other)}: the rest has no counterpart")
        code = max(code, DIFFERENT)
    return code if one else UNREADABLE


def _leaves(keyed: Keyed) -> Iterator[tuple[str, Any]]:
    yield from _walk(keyed.params, "")
    for number, turn in enumerate(keyed.turns, 1):
        place = f"message {number} ({turn.role})"
        yield from _walk(turn.content, place)
        yield from _walk(turn.rest, place)


def _walk(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from _walk(inner, f"{place}.{name}" if place else str(name))
        case list():
            for number, inner in enumerate(value):
                yield from _walk(inner, f"{place}[{number}]")
        case _:
            yield place, value


def _lines(value: Any) -> list[str]:
    """Return a value line by line, with words for what stands for something."""
    if value is None:
        return []
    text = value if isinstance(value, str) else json.dumps(value)
    return _STAND_IN.sub(lambda found: f"<{found[1] or 'masked'}>", text).split("\n")
