"""The pytest plug-in in runs of its own: OpenAI's client against a stand-in, recorded once and replayed without it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import environment
from e2e.proxy import free_port
from e2e.test_clients import SDKS

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytest_plugins = ["pytester"]
pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")]

CLIENT = """
import sys, openai
client = openai.OpenAI(max_retries=3)
for question in sys.argv[1:]:
    messages = [{"role": "user", "content": question}]
    if question.startswith("stream "):
        events = client.chat.completions.create(model="m", messages=messages, stream=True)
        print("".join(event.choices[0].delta.content or "" for event in events if event.choices))
    else:
        print(client.chat.completions.create(model="m", messages=messages).choices[0].message.content)
"""
TESTS = """
import json, os, subprocess, urllib.request

PYTHON, SCRIPT = {python!r}, {script!r}


def ask(*questions):
    done = subprocess.run([PYTHON, SCRIPT, *questions], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def test_chat(ai_cassette):
    assert ask("One?", "stream Two?") == ["You asked: One?", "You asked: stream Two?"]


class TestGroup:
    def test_more(self, ai_cassette):
        body = {{"model": "m", "messages": [{{"role": "user", "content": "More?"}}]}}
        headers = {{"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}}
        url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as response:
            assert json.load(response)["choices"][0]["message"]["content"] == "You asked: More?"
        assert ai_cassette.file.name == "TestGroup.test_more.yaml"
"""


@pytest.fixture
def sub_run(pytester: pytest.Pytester, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with tests that ask by OpenAI's client."""
    python = environment.packages("clients", SDKS)
    script = pytester.path / "ask.py"
    script.write_text(CLIENT, "utf-8")
    pytester.makepyfile(test_agent=TESTS.format(python=str(python), script=str(script)))
    monkeypatch.setenv("PYTHONPATH", str(environment.ROOT / "addon"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{upstream.url}/v1")
    for name in ("PYTEST_ADDOPTS", "OPENAI_API_BASE", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return pytester


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(
        "-p", "aicache.pytest_plugin", "-p", "no:cacheprovider", *arguments, timeout=300
    )


def test_recorded_once_a_test_runs_without_upstream_and_key(
    sub_run: pytest.Pytester, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-0123456789abcdefghij")
    run(sub_run, "--record-mode=once").assert_outcomes(passed=2)
    calls = upstream.calls
    cassettes = sorted(sub_run.path.rglob("cassettes/**/*.yaml"))

    assert [str(path.relative_to(sub_run.path)) for path in cassettes] == [
        "cassettes/test_agent/TestGroup.test_more.yaml",
        "cassettes/test_agent/test_chat.yaml",
    ]
    assert calls >= 3
    assert not any("0123456789" in path.read_text("utf-8") for path in cassettes)

    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{free_port()}/v1")
    run(sub_run).assert_outcomes(passed=2)  # the default: none
    assert upstream.calls == calls


def test_what_is_missing_fails_the_test_with_what_differs(sub_run: pytest.Pytester, tmp_path: Path) -> None:
    file = sub_run.path / "cassettes" / "shared.yaml"
    file.parent.mkdir()
    file.write_text(
        "cassette: 1\ninteractions:\n- request:\n    method: POST\n    url: https://api.openai.com/v1/chat/completions\n"
        "    json: {model: m, messages: [{role: user, content: 'What is 12 * 12?'}]}\n"
        "  response: {status: 200, headers: {content-type: application/json}, json: {}}\n",
        "utf-8",
    )
    file.with_name("broken.yaml").write_text("cassette: 7\n", "utf-8")
    sub_run.makepyfile(
        test_agent="""
        import json, os, pytest, urllib.error, urllib.request

        def ask(question):
            body = {"model": "m", "messages": [{"role": "user", "content": question}]}
            url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
            request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
            with pytest.raises(urllib.error.HTTPError, match="400"):
                urllib.request.urlopen(request)

        @pytest.mark.ai_cassette("shared")
        def test_that_hides_the_refusal(ai_cassette):
            ask("What is 12 * 13?")

        @pytest.mark.ai_cassette("shared", strict=False)
        def test_that_wants_it(ai_cassette):
            ask("What is 12 * 13?")

        @pytest.mark.ai_cassette("broken")
        def test_with_a_broken_one(ai_cassette):
            pass

        def test_without_a_cassette(ai_cassette):
            assert os.environ["OPENAI_API_KEY"] and os.environ["ANTHROPIC_API_KEY"]
            assert ai_cassette.mode == "replay"

        def test_that_asks_nothing():
            assert "ANTHROPIC_API_KEY" not in os.environ
        """
    )

    done = run(sub_run)

    done.assert_outcomes(passed=4, errors=2)
    done.stdout.fnmatch_lines(["*broken.yaml: cassette: version 7 is not 1*"])
    done.stdout.fnmatch_lines(
        ["*differs in message 1 (user): recorded 'What is 12 [*] 12?', asked 'What is 12 [*] 13?'*"]
    )
    done.stdout.fnmatch_lines(["*--record-mode=new_episodes*"])


def test_beside_pytest_recording_there_is_one_option(sub_run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the two pytest loads first."""
    sub_run.makepyfile(
        pytest_recording="""
        def pytest_addoption(parser):
            parser.addoption("--record-mode", default=None, choices=["once", "new_episodes", "none", "all", "rewrite"])
        """,
        test_nothing="def test_nothing(): pass",
    )
    path = os.pathsep.join([str(sub_run.path), str(environment.ROOT / "addon")])
    monkeypatch.setenv("PYTHONPATH", path)

    for plugins in (("aicache.pytest_plugin", "pytest_recording"), ("pytest_recording", "aicache.pytest_plugin")):
        options = [word for plugin in plugins for word in ("-p", plugin)]
        sub_run.runpytest_subprocess(*options, "--record-mode=once", "-k", "test_nothing").assert_outcomes(
            passed=1, deselected=2
        )
