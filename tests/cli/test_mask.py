"""`doctor mask`: what of a recorded request counts, why two requests differ, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow, Request
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

from aicache.cli.mask import guess_path, main

CHUNK = "Chunk ID: {}\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n"


def codex(day: str, directory: str, chunk: str, task: str = "Go.") -> dict[str, Any]:
    environment = (
        f"<environment_context>\n  <cwd>{directory}</cwd>\n  <current_date>{day}</current_date>\n</environment_context>"
    )
    return {
        "model": "m",
        "store": False,
        "client_metadata": {"session_id": chunk},
        "input": [
            {"role": "user", "content": environment},
            {"role": "user", "content": task},
            {"type": "function_call", "id": "fc_1", "call_id": f"call_{chunk}00", "name": "run", "arguments": "{}"},
            {
                "type": "function_call_output",
                "call_id": f"call_{chunk}00",
                "output": CHUNK.format(chunk) + f"{directory}/a.py",
            },
        ],
    }


def written(path: Path, body: Any) -> str:
    path.write_text(json.dumps(body))
    return str(path)


def agents(tmp_path: Path) -> list[str]:
    (tmp_path / "config.yaml").write_text("built_in_masks: agents\nmask: [{pattern: 'please', in: user}]\n")
    return ["--config", str(tmp_path / "config.yaml")]


def test_it_shows_what_is_left_out_and_by_which_masks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "a.json", codex("2026-11-30", "/home/alice/weather", "8fddeb", "Go, please."))

    assert main([file, *agents(tmp_path)], "doctor") == 0

    said = capsys.readouterr().out
    assert "a.json: responses, /v1/responses" in said
    assert "codex-chunks (2), codex-environment (2), codex-ids (1), please (1)" in said
    assert "    -  <cwd>/home/alice/weather</cwd>\n" in said
    assert "    +  <cwd><directory 0></cwd>\n" in said
    assert "    -Chunk ID: 8fddeb\n" in said
    assert "    +Chunk ID: <masked>\n" in said
    assert "    +<directory 0>/a.py\n" in said
    assert "    +<call 0>\n" in said
    assert "\0" not in said


def test_two_files_are_the_same_or_it_says_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path / "1.json", codex("2026-11-30", "/home/alice/weather", "8fddeb"))
    other = written(tmp_path / "2.json", codex("2026-12-03", "/srv/ci/repo", "5a8f65"))

    assert main([one, other, *agents(tmp_path)], "doctor") == 0
    assert "2.json: the same (" in capsys.readouterr().out

    assert main([one, other], "doctor") == 1
    said = capsys.readouterr().out
    assert "-  <current_date>2026-11-30</current_date>\n" in said
    assert "+  <current_date>2026-12-03</current_date>\n" in said
    assert "Chunk" not in said, "the safe masks apply by default"


def flow(body: Any, path: str = "/v1/responses", method: str = "POST") -> HTTPFlow:
    request = Request.make(method, f"https://api.test{path}", json.dumps(body), {"authorization": "Bearer sk-1"})
    return tflow.tflow(req=request, resp=True)


def saved(path: Path, *flows: HTTPFlow) -> str:
    with path.open("wb") as file:
        writer = FlowWriter(file)
        for each in flows:
            writer.add(each)
    return str(path)


def test_flows_of_two_runs_are_compared_pair_by_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = codex("2026-11-30", "/home/alice/weather", "8fddeb")
    runs = [
        saved(tmp_path / f"{n}.mitm", flow({}, "/", "HEAD"), flow(one), flow(one | {"temperature": n})) for n in (1, 2)
    ]

    assert main([*runs, *agents(tmp_path)], "doctor") == 1

    said = capsys.readouterr().out
    assert said.count(": the same (") == 1
    assert "  temperature:\n    -1\n    +2\n" in said
    assert "sk-1" not in said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": "m", "input": "Hi", "previous_response_id": "resp_1"}, "depends on state at the upstream"),
        ({"model": "m", "messages": "Hi"}, "messages: not a list of objects"),
        ({"model": "m", "prompt": 1}, "prompt"),
    ],
)
def test_a_request_without_a_key_has_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: dict[str, Any], said: str
) -> None:
    assert main([written(tmp_path / "a.json", body)], "doctor") == 2
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "nothing of the kind", "[1]", '{"log": {}}'])
def test_a_file_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "a").write_text(text)

    assert main([str(tmp_path / "a")], "doctor") == 2
    assert str(tmp_path / "a") in "".join(capsys.readouterr())


def test_a_file_that_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none")], "doctor") == 2
    assert "none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"contents": []}, "/v1beta/models/model:generateContent"),
        ({"input": {"prompt": "Hi"}}, "/api/v1/services/aigc/text-generation/generation"),
        ({"input": "Hi"}, "/v1/responses"),
        ({"prompt": "Hi"}, "/v1/completions"),
        ({"messages": []}, "/v1/chat/completions"),
        ({"messages": [], "system": "Hi"}, "/v1/messages"),
        ({"messages": [{"content": [{"type": "tool_use"}]}]}, "/v1/messages"),
    ],
)
def test_a_bodys_api_is_guessed(body: dict[str, Any], path: str) -> None:
    assert guess_path(body) == path


def test_the_path_of_a_body_may_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(
        tmp_path / "a.json", {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    )

    assert main([file, "--path", "/v1/messages?beta=true"], "doctor") == 0
    assert "a.json: messages, /v1/messages" in capsys.readouterr().out
