"""The wheel in an environment of its own, without a checkout: its commands, and a hit from a proxy that it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import environment
from e2e.proxy import READY_EXACT, Proxy, post

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(os.name == "nt", reason="paths of POSIX")]


def run(*command: object, folder: Path) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    words = [str(word) for word in command]
    return subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def uv() -> Path:
    found = environment.uv()
    if found is None:
        pytest.skip("no uv, and no package index to have it from")
    return found


@pytest.fixture(scope="module")
def wheel(uv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(uv, "build", "--wheel", "--out-dir", folder, environment.ROOT, folder=folder)
    if built.returncode:
        pytest.skip(f"no package index to build the wheel with: {built.stderr.strip().splitlines()[-1]}")
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def programs(uv: Path, wheel: Path) -> Path:
    """The folder of the programs of an environment in which the wheel is installed as a user would install it."""
    folder = wheel.parent
    assert run(uv, "venv", "--python", sys.executable, "installed", folder=folder).returncode == 0
    installed = run(uv, "pip", "install", "--python", "installed/bin/python", wheel, folder=folder)
    assert installed.returncode == 0, installed.stderr
    return folder / "installed" / "bin"


HELP = """
import contextlib, sys
from aicache.cli.main import main
for name in sys.argv[1:]:
    sys.argv = ["ai-cache", name, "--help"]
    with contextlib.suppress(SystemExit):
        main()
"""


def test_commands_need_no_checkout(programs: Path, tmp_path: Path) -> None:
    """One is a process of its own, the others are one: each imports much the same."""
    told = run(programs / "ai-cache", "serve", "--help", folder=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("usage: ai-cache serve")
    names = ("doctor", "migrate", "config", "warm", "replay", "cassette", "script")
    others = run(programs / "python", "-c", HELP, *names, folder=tmp_path)
    assert (others.returncode, others.stderr) == (0, "")
    for name in names:
        assert f"usage: ai-cache {name}" in others.stdout

    listed = run(programs / "python", "-m", "aicache", "--help", folder=tmp_path).stdout
    assert listed.startswith("usage: python -m aicache COMMAND")
    assert run(programs / "ai-cache", "config", "--example", folder=tmp_path).stdout == (
        environment.ROOT / "config.example.yaml"
    ).read_text("utf-8")


def test_commands_that_are_not_there_are_named(programs: Path, tmp_path: Path) -> None:
    for name, says in (
        ("srve", "did you mean 'serve'?"),
        ("bench", "scripts/bench"),
        ("serve --demo", "scripts/serve"),
    ):
        refused = run(programs / "ai-cache", *name.split(), folder=tmp_path)
        assert refused.returncode != 0
        assert says in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_the_script_that_it_names_answers_from_the_cache(programs: Path, tmp_path: Path, upstream: Upstream) -> None:
    script = run(programs / "ai-cache", "script", folder=tmp_path).stdout.strip()
    assert Path(script).is_relative_to(programs.parent)

    home = tmp_path / "run"
    home.mkdir()
    with Proxy(
        upstream.url, home, "semantic: {enabled: false}\n", program=programs / "mitmdump", script=Path(script)
    ).start(wait_for=READY_EXACT) as proxy:
        first = proxy.ask("Does the wheel hold everything?")
        assert first.cache == "miss"
        assert proxy.ask_until("exact", "Does the wheel hold everything?").text == first.text


def test_serve_starts_a_proxy_that_forwards(programs: Path, tmp_path: Path, upstream: Upstream) -> None:
    ours = ["--upstream", f"{upstream.url}/v1", "--port", "0", "--data", str(tmp_path / "data")]
    command = [str(programs / "ai-cache"), "serve", *ours, "--", "--set", f"confdir={tmp_path / 'confdir'}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().partition("base_url is http://127.0.0.1:")[2].partition("/")[0])
            while "listening at" not in (line := process.stdout.readline()):
                assert line, "the proxy ended"
            body = b'{"model": "m", "messages": [{"role": "user", "content": "Are you there?"}]}'
            assert post(port, body, {"authorization": "Bearer sk-test"}).status == 200
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert process.returncode == 0


def test_pytest_finds_the_plugin(programs: Path, tmp_path: Path) -> None:
    code = "from importlib.metadata import entry_points; print(*entry_points(group='pytest11'))"

    assert "aicache.pytest_plugin" in run(programs / "python", "-c", code, folder=tmp_path).stdout


def test_uvx_runs_it_from_the_file(uv: Path, wheel: Path, tmp_path: Path) -> None:
    told = run(uv, "tool", "run", "--python", sys.executable, "--from", wheel, "ai-cache", "--version", folder=tmp_path)

    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("mitmproxy-ai-cache ")
