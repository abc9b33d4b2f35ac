"""Cassettes to and from vcrpy's format and mitmproxy's: nothing that replay needs is lost, no secret comes in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from mitmproxy.io import FlowReader

from aicache.cassette.cassette_file import CassetteFile
from aicache.cassette.interaction import Interaction, RecordedRequest, RecordedResponse
from aicache.cli.cassette import command

URL = "https://api.test/v1/chat/completions"
JSON = (("content-type", "application/json"),)
STREAM = b'data: {"choices":[{"index":0,"delta":{"content":"Hi\xc3\xa9"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
RECORDINGS = [
    Interaction(
        RecordedRequest("POST", URL, (), b'{"model":"m","messages":[{"role":"user","content":"One?\\nTwo?"}]}'),
        RecordedResponse(200, JSON, b'{"id":"c1","n":1.5,"none":null}'),
    ),
    Interaction(
        RecordedRequest("POST", URL, (), b'{"model":"m","stream":true,"messages":[]}'),
        RecordedResponse(200, (("content-type", "text/event-stream"),), STREAM),
    ),
    Interaction(
        RecordedRequest(
            "POST", "https://api.test/v1/messages?beta=true", (("anthropic-version", "2023-06-01"),), b"{}"
        ),
        RecordedResponse(429, (*JSON, ("retry-after", "2")), b'{"error":{}}'),
    ),
    Interaction(
        RecordedRequest(
            "POST", "https://api.test/v1/files", (("content-type", "application/octet-stream"),), b"\x00\xff"
        ),
        RecordedResponse(200, (("content-type", "image/png"),), b"\x89PNG\r\n\x00"),
    ),
    Interaction(RecordedRequest("HEAD", "https://api.test/"), RecordedResponse(204)),
]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    file = tmp_path / "ours.yaml"
    CassetteFile(file).write(RECORDINGS)
    return file


def convert(source: Path, target: Path, *options: str) -> int:
    return command.main(["convert", str(source), str(target), *options])


@pytest.mark.parametrize("name", ["other.yaml", "other.mitm"])
def test_there_and_back_it_is_the_same_file(ours: Path, name: str, tmp_path: Path) -> None:
    other, back = tmp_path / name, tmp_path / "back.yaml"

    assert convert(ours, other) == 0
    assert convert(other, back) == 0

    assert CassetteFile(back).read()[0] == RECORDINGS
    assert back.read_text() == ours.read_text()


def test_mitmproxy_reads_the_flows_in_their_order(ours: Path, tmp_path: Path) -> None:
    convert(ours, tmp_path / "run.mitm")

    with (tmp_path / "run.mitm").open("rb") as file:
        flows = list(FlowReader(file).stream())  # type: ignore[no-untyped-call]

    assert [flow.request.url for flow in flows] == [each.request.url for each in RECORDINGS]
    assert [flow.timestamp_start for flow in flows] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_secrets_in_a_foreign_recording_stay_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    interaction = {
        "request": {
            "method": "POST",
            "uri": f"{URL}?api_key=query-secret-1",
            "body": json.dumps({"model": "m", "messages": [{"role": "user", "content": "mine: head-secret-2"}]}),
            "headers": {"Authorization": ["Bearer head-secret-2"], "Cookie": ["session=cookie-secret-3"]},
        },
        "response": {
            "status": {"code": 200, "message": "OK"},
            "headers": {"Set-Cookie": ["s=cookie-secret-4"], "Content-Type": ["application/json"]},
            "body": {"string": '{"api_key": "answer-secret-5", "order": "4711"}'},
        },
    }
    source, config = tmp_path / "vcr.yaml", tmp_path / "config.yaml"
    source.write_text(yaml.safe_dump({"interactions": [interaction, {"request": {}}], "version": 1}))
    config.write_text("cassette: {redact: ['\\d{4}']}")

    assert convert(source, tmp_path / "ours.yaml", "--config", str(config)) == 1  # for the second one

    text = (tmp_path / "ours.yaml").read_text()
    assert "secret-" not in text
    assert "4711" not in text
    assert text.count("- request:") == 1
    assert "vcr.yaml line" in capsys.readouterr().err


def test_our_own_can_be_rewritten_with_other_patterns(ours: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("cassette: {redact: ['Two']}")

    assert convert(ours, tmp_path / "new.yaml", "--to", "ai-cache", "--config", str(config)) == 0

    assert "[redacted]?" in (tmp_path / "new.yaml").read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "No such file"),
        ("", "is empty"),
        ("cassette: 7\ninteractions: []", "version 7 is not 1"),
        ("a: 1", "not a cassette"),
    ],
)
def test_what_cannot_be_read_is_one_line(
    text: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source.yaml"
    if text is not None:
        source.write_text(text)

    assert convert(source, tmp_path / "target.yaml") == 1

    told = capsys.readouterr().err
    assert says in told
    assert "source.yaml" in told
    assert told.count("\n") == 1
    assert not (tmp_path / "target.yaml").exists()
