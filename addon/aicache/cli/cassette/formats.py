"""Recordings of other programs, to the interactions of a cassette and back: vcrpy's cassettes, mitmproxy's flows."""

from __future__ import annotations

import http
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from mitmproxy.http import Response
from mitmproxy.io import FlowWriter

from aicache.cassette.file_format import is_cassette, read_cassette
from aicache.cassette.interaction import Interaction, make_request, make_response
from aicache.cassette.redaction import Redaction
from aicache.cli.warm.cassettes import to_flow
from aicache.cli.warm.question_exchange import RequestDefaults
from aicache.cli.warm.records import BrokenRecord, FlowRecord
from aicache.cli.warm.sources import HEAD_BYTES, read_records
from aicache.proxy.cassette_session import credentials_of, origin_of
from aicache.proxy.http_messages import collect_headers, method_of

FIRST_SECOND = 1.0
"""When the first recording was made, for programs that want a time; each further one is a second later."""

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def is_ours(file: Path) -> bool:
    """Tell whether a file is a cassette of this cache. Raises OSError."""
    with file.open("rb") as opened:
        return is_cassette(opened.read(HEAD_BYTES))


def read_ours(file: Path) -> list[Interaction]:
    """Return the interactions of a cassette. Raises CassetteError, OSError."""
    return read_cassette(file.read_bytes(), str(file))[0]


def read_others(file: Path, redaction: Redaction) -> Iterator[Interaction | BrokenRecord]:
    """Yield the interactions in a recording of another program, without secrets. Raises SourceError."""
    for record in read_records(str(file), RequestDefaults(), ""):
        if isinstance(record, BrokenRecord):
            yield record
        else:
            yield _to_interaction(record, redaction)


def write_flows(interactions: Iterable[Interaction], file: Path) -> None:
    """Write mitmproxy's format (``-w``). Raises OSError."""
    with file.open("wb") as opened:
        writer = FlowWriter(opened)  # type: ignore[no-untyped-call]
        for number, each in enumerate(interactions):
            writer.add(to_flow(each, FIRST_SECOND + number))


def write_vcr(interactions: Iterable[Interaction], file: Path) -> None:
    """Write a cassette of vcrpy, version 1 of its format. Raises OSError."""
    document = {"interactions": [_to_vcr(each) for each in interactions], "version": 1}
    file.write_text(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120), "utf-8")


def _to_interaction(record: FlowRecord, redaction: Redaction) -> Interaction | BrokenRecord:
    request, response = record.flow.request, record.flow.response
    if response is None or (body := _content(response)) is None:
        return BrokenRecord(record.position, "has no whole response")
    headers = collect_headers(request.headers)
    sent = request.get_content(strict=False) or b""
    asked = make_request(method_of(request), origin_of(record.flow), request.path, headers, sent)
    credentials = credentials_of(headers, request.path)
    return Interaction(
        redaction.request(asked, credentials),
        redaction.response(make_response(response.status_code, collect_headers(response.headers), body), credentials),
    )


def _content(response: Response) -> bytes | None:
    """Return a body without its content coding; None if it is not there or not what it says."""
    try:
        return response.get_content(strict=True)
    except ValueError:
        return None


def _to_vcr(interaction: Interaction) -> dict[str, Any]:
    asked, answered = interaction.request, interaction.response
    headers = dict(asked.headers)
    if asked.body:
        headers.setdefault("content-type", "application/json")
    phrase = http.HTTPStatus(answered.status).phrase if answered.status in list(http.HTTPStatus) else ""
    return {
        "request": {
            "body": _text(asked.body) if asked.body else None,
            "headers": {name: [value] for name, value in headers.items()},
            "method": asked.method,
            "uri": asked.url,
        },
        "response": {
            "body": {"string": _text(answered.body)},
            "headers": {name: [value] for name, value in answered.headers},
            "status": {"code": answered.status, "message": phrase},
        },
    }


def _text(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body
