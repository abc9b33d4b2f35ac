"""``serve --workers``: what it starts, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aicache.cli import serve

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are for Linux")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the names of programs."""
    for name in ("mitmdump", "mitmweb", "python3"):
        (tmp_path / name).touch()
    return tmp_path


def command(programs: Path, *arguments: str) -> list[str]:
    address = ("--port", "0", "--upstream", "http://127.0.0.1:9", "--data", str(programs))
    return serve.build_command([*address, *arguments], serve.Installation("serve", programs.joinpath))


def test_one_is_as_it_was(programs: Path) -> None:
    assert command(programs)[0] == str(programs / "mitmdump")
    assert command(programs, "--workers", "1")[0] == str(programs / "mitmdump")


def test_more_are_forks_of_a_process_that_has_mitmdumps_arguments(programs: Path) -> None:
    alone, several = command(programs, "--", "-q"), command(programs, "--workers", "3", "--", "-q")

    assert several[:2] == [str(programs / "python3"), "-P"]
    assert several[3] == "3"
    assert Path(several[2]).is_file()
    assert [each for each in several[4:] if not each.isdecimal()] == [
        each for each in alone[1:] if not each.isdecimal()
    ]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--workers", "none"), "neither a number from 1 to 256 nor auto"),
        (("--workers", "2", "--web"), "not with --web"),
        (("--workers", "2", "--record", "run.yaml"), "not with a cassette"),
        (("--workers", "2", "--", "-w", "flows"), "not with -w: one process"),
        (("--workers", "2", "--", "--set", "save_stream_file=flows"), "not with save_stream_file"),
    ],
)
def test_what_one_process_has_is_refused(
    programs: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], why: str
) -> None:
    monkeypatch.chdir(programs)

    with pytest.raises(ValueError, match=why):
        command(programs, *arguments)


def test_without_the_interpreter_beside_mitmdump_it_says_so(programs: Path) -> None:
    (programs / "python3").unlink()

    with pytest.raises(ValueError, match="no python3 beside"):
        command(programs, "--workers", "2")
