"""The text of a cassette: the same for the same recordings, small, and read back as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.cassette.cassette_file import CassetteFile
from aicache.cassette.file_format import (
    CassetteError,
    read_cassette,
    write_cassette,
)
from aicache.cassette.interaction import Interaction, RecordedRequest, RecordedResponse

URL = "https://api.test/v1/chat/completions"
JSON = (("content-type", "application/json"),)
SSE = (("content-type", "text/event-stream"),)


def exchange(asked: Any, answered: Any = None, url: str = URL) -> Interaction:
    body = asked if isinstance(asked, bytes) else json.dumps(asked, separators=(",", ":"), ensure_ascii=False).encode()
    reply = json.dumps(answered or {"id": "1"}, separators=(",", ":"), ensure_ascii=False).encode()
    return Interaction(RecordedRequest("POST", url, (), body), RecordedResponse(200, JSON, reply))


def agent_run(calls: int = 40) -> list[Interaction]:
    """The calls of an agent, each with the whole conversation before it."""
    system = "You are a coding agent.\n" + "\n".join(f"{n}. Rule number {n}: do the right thing." for n in range(60))
    tools = [
        {"type": "function", "function": {"name": f"tool_{n}", "description": f"Does {n}.", "parameters": {}}}
        for n in range(12)
    ]
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}, {"role": "user", "content": "Fix it."}]
    run = []
    for number in range(calls):
        arguments = json.dumps({"path": f"src/file_{number}.py"})
        call = {"id": f"call_{number}", "type": "function", "function": {"name": "read", "arguments": arguments}}
        answer = {"role": "assistant", "content": None, "tool_calls": [call]}
        run.append(
            exchange(
                {"model": "m", "messages": list(messages), "tools": tools},
                {"id": f"c{number}", "choices": [{"index": 0, "message": answer, "finish_reason": "tool_calls"}]},
            )
        )
        lines = "\n".join(f"    line {line} of file {number}: return value" for line in range(30))
        messages += [answer, {"role": "tool", "tool_call_id": f"call_{number}", "content": lines}]
    return run


def test_recordings_read_back_as_they_were() -> None:
    run = agent_run(4)

    assert read_cassette(write_cassette(run), "run.yaml") == (run, "")


def test_a_growing_conversation_is_written_once() -> None:
    run = agent_run(40)
    size = sum(len(each.request.body) + len(each.response.body) for each in run)

    text = write_cassette(run)

    assert len(text) < 0.3 * size
    assert text.count("1. Rule number 1: do") == 1
    assert text.count("line 3 of file 7") == 1


def test_without_repetition_it_is_hardly_larger_than_its_json() -> None:
    run = agent_run(40)[-1:]
    size = sum(len(each.request.body) + len(each.response.body) for each in run)

    assert len(write_cassette(run)) < 1.3 * size


def test_a_message_that_does_not_recur_has_no_anchor() -> None:
    text = write_cassette([exchange({"messages": [{"role": "user", "content": "x" * 100}]})])

    assert "&" not in text


def test_anchors_are_named_by_what_they_hold() -> None:
    """So that a call that is recorded before the others leaves their text as it is."""
    run = agent_run(3)

    before, after = write_cassette(run), write_cassette([exchange({"model": "first"}), *run])

    assert set(before.splitlines()) <= set(after.splitlines())


@settings(max_examples=60)
@given(st.binary(max_size=60), st.sampled_from([JSON, SSE, (("content-type", "image/png"),), ()]))
def test_any_body_is_kept(body: bytes, headers: Any) -> None:
    kept = Interaction(RecordedRequest("PUT", URL, headers, body), RecordedResponse(200, headers, body))
    expected = body.replace(b"\r\n", b"\n") if headers == SSE else body

    [found], _ = read_cassette(write_cassette([kept]), "any.yaml")

    same = (expected, body)  # bytes with a carriage return of their own are text, line ends and all
    assert found.request.body in same or json.loads(found.request.body) == json.loads(body)
    assert found.response.body in same or json.loads(found.response.body) == json.loads(body)


def test_events_are_readable_lines() -> None:
    stream = b'data: {"delta": "Hi"}\n\ndata: [DONE]\n\n'
    kept = Interaction(RecordedRequest("POST", URL, (), b"{}"), RecordedResponse(200, SSE, stream))

    text = write_cassette([kept])

    assert '      data: {"delta": "Hi"}\n\n      data: [DONE]\n' in text


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b'{"a":"\\ud800"}', b'{"a":NaN}', b'{"a":1e999}', b"[1", b'"text"'])
def test_json_that_would_change_stays_text(body: bytes) -> None:
    text = write_cassette([exchange(body)])

    assert read_cassette(text, "x.yaml")[0][0].request.body == body


def test_what_was_appended_reads_before_it_is_finished(tmp_path: Path) -> None:
    file, run = CassetteFile(tmp_path / "run.yaml"), agent_run(3)
    for order, each in enumerate(run):
        file.append(order, each)

    assert file.read() == (run, "")


def test_a_recording_that_is_cut_off_costs_no_other(tmp_path: Path) -> None:
    file, run = CassetteFile(tmp_path / "run.yaml"), agent_run(3)
    for order, each in enumerate(run):
        file.append(order, each)
    content = file.path.read_bytes()
    last = content.rindex(b"\n- request:")

    for cut in range(last + 12, len(content) - 1, 97):
        file.path.write_bytes(content[:cut])
        found, problem = file.read()
        assert found == run[:2]
        assert "cut off" in problem
    file.path.write_bytes(content[: content.index(b"- request:") + 40])
    assert file.read()[0] == []


def test_finished_it_is_in_the_order_of_the_requests(tmp_path: Path) -> None:
    file, run = CassetteFile(tmp_path / "run.yaml"), agent_run(3)
    for order in (1, 2, 0):
        file.append(order, run[order])

    file.finish()

    assert file.path.read_text() == write_cassette(run)
    assert list(tmp_path.iterdir()) == [file.path]


def test_new_recordings_go_behind_the_old_ones(tmp_path: Path) -> None:
    file, run = CassetteFile(tmp_path / "run.yaml"), agent_run(4)
    file.write(run[:2])
    file.keep(file.read()[0])
    file.append(1, run[3])
    file.append(0, run[2])

    file.finish()

    assert file.read() == (run, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not a cassette of this cache"),
        ("interactions: []\nversion: 1\n", "ai-cache cassette convert"),
        ("cassette: 2\ninteractions: []\n", "version 2 is not 1"),
        ("cassette: 1\n", "interactions: is not a list"),
        ("cassette: 1\ninteractions:\n- request: {}\n", "x.yaml line 3: has no response"),
        ("cassette: 1\ninteractions:\n- 7\n", "line 3: is not a mapping"),
        ("cassette: 1\ninteractions:\n- {request: {method: GET, url: u}, response: {status: 101}}\n", "status: is not"),
        (
            "cassette: 1\ninteractions:\n"
            "- {request: {method: GET, url: u, text: a, json: {}}, response: {status: 200}}\n",
            "several bodies",
        ),
        (
            "cassette: 1\ninteractions:\n"
            '- {request: {method: GET, url: u, headers: {a: "b\\nc: d"}}, response: {status: 200}}\n',
            "headers: have a control character",
        ),
        ("cassette: 1\ninteractions:\n- !!float x\n", "line 3: a value that is not what its tag says"),
        ("cassette: 1\ninteractions:\n- request: *gone\n", "line 3: is not YAML"),
        ("cassette: 1\n\tx", "is not YAML"),
        (b"cassette: 1\n\xff", "is not YAML"),
    ],
)
def test_what_is_no_cassette_is_refused_with_its_place(text: str | bytes, says: str) -> None:
    with pytest.raises(CassetteError, match=r"x\.yaml") as refused:
        read_cassette(text, "x.yaml")

    assert says in str(refused.value)


def test_a_few_references_cannot_fill_the_memory() -> None:
    levels = "".join(f"    l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9) if n else 'x' * 99}]\n" for n in range(9))
    text = f"cassette: 1\ninteractions:\n- request:\n    method: GET\n    url: u\n{levels}  response: {{status: 200}}\n"

    with pytest.raises(CassetteError, match="larger than 256 MB"):
        read_cassette(text, "bomb.yaml")


def test_values_are_those_of_yaml_1_2() -> None:
    """A text that someone writes by hand means what it says."""
    text = (
        "cassette: 1\ninteractions:\n- request:\n    method: POST\n    url: u\n"
        "    json: {a: no, b: 2026-11-30, c: 010, d: 1e3}\n"
        "  response: {status: 200}\n"
    )

    [found], _ = read_cassette(text, "x.yaml")

    assert json.loads(found.request.body) == {"a": "no", "b": "2026-11-30", "c": 10, "d": 1000.0}
