"""The stages of scripts/test: which failures are retried, and how they are reported."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import parts
import stages


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stages, "ROOT", tmp_path)
    return tmp_path


def a_pytest(project: Path, failing: list[str], codes: str) -> list[str]:
    """Return a command that notes failed tests as pytest does, and exits with each of *codes* in turn."""
    script = project / "fake.py"
    script.write_text(
        "import json, pathlib, sys\n"
        "runs = pathlib.Path('runs'); ran = int(runs.read_text()) if runs.exists() else 0\n"
        "runs.write_text(str(ran + 1))\n"
        "kept = pathlib.Path('.pytest_cache/v/cache/lastfailed'); kept.parent.mkdir(parents=True, exist_ok=True)\n"
        f"kept.write_text({json.dumps(json.dumps(dict.fromkeys(failing, True)))})\n"
        "pathlib.Path(f'arguments{ran}').write_text(' '.join(sys.argv[1:]))\n"
        f"sys.exit(int({codes!r}[ran]))\n"
    )
    return [sys.executable, "-B", str(script), "-n", "2"]


def test_a_test_that_passes_alone_is_told_as_unsteady(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = stages.run({"pytest": a_pytest(project, ["a.py::test_one"], "10")}, ["--last-failed"])

    assert code == 0
    assert "UNSTEADY, failed beside others and passed alone: a.py::test_one" in capfd.readouterr().out
    assert (project / "arguments1").read_text() == "--last-failed"


@pytest.mark.parametrize(
    ("failing", "codes", "runs"),
    [(["a"], "11", "2"), ([f"a{i}" for i in range(stages.MAX_RETRIED_TESTS + 1)], "10", "1"), ([], "10", "1")],
    ids=["it fails again", "too many", "it was not a test"],
)
def test_else_it_has_failed(project: Path, failing: list[str], codes: str, runs: str) -> None:
    assert stages.run({"pytest": a_pytest(project, failing, codes)}, ["--last-failed"]) == 1
    assert (project / "runs").read_text() == runs


def test_without_others_beside_it_there_is_no_second_chance(project: Path) -> None:
    assert stages.run({"pytest": a_pytest(project, ["a"], "10")}) == 1


@pytest.mark.parametrize("code", [0, 1])
def test_mypy_runs_beside_the_tests_and_is_told_after_them(
    project: Path, capfd: pytest.CaptureFixture[str], code: int
) -> None:
    """Each waits for the other to begin."""
    waits = (
        "import pathlib, sys, time; own, other = map(pathlib.Path, sys.argv[1:3])\n"
        "own.touch(); end = time.time() + 30\n"
        "while not other.exists() and time.time() < end: time.sleep(0.02)\n"
        f"print('as', own, flush=True); sys.exit(not other.exists() or {code} and own.name == 'one')"
    )
    commands = {
        "mypy": [sys.executable, "-c", waits, "one", "two"],
        "pytest": [sys.executable, "-c", waits, "two", "one"],
    }

    assert stages.run(commands) == code
    said = capfd.readouterr().out
    assert said.index("as two") < said.index("== mypy\nas one")
    assert ("mypy FAILED" in said) == bool(code)


def test_every_part_of_the_tests_is_a_stage() -> None:
    stage = stages.parts(["pytest", "--quick"], 3)

    assert [parts.part(command[-1]) for command in stage.values()] == [(1, 3), (2, 3), (3, 3)]
    assert all(command[:2] == ["pytest", "--quick"] for command in stage.values())


def test_the_other_stages_run_all_the_same(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert stages.run({"lint": [sys.executable, "-c", "exit(1)"], "pytest": a_pytest(project, [], "0")}) == 1
    assert "lint FAILED" in capfd.readouterr().out
