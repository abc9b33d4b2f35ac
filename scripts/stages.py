"""What `lint` and `test` run, one stage after the other. Standard library only."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from environment import ROOT

FEW = 5
"""Tests that get a second chance. More of them have a reason in common."""


def lint(python: Path) -> dict[str, list[str]]:
    """The stages that read the code and run none of it."""
    scripts = [str(file.relative_to(ROOT)) for file in sorted((ROOT / "scripts").iterdir()) if is_python_script(file)]
    return {
        "ruff check": [str(python), "-m", "ruff", "check", ".", *scripts],
        "ruff format": [str(python), "-m", "ruff", "format", "--check", ".", *scripts],
        "mypy": [str(python), "-m", "mypy", "--scripts-are-modules", "addon", *modules(), *scripts],
    }


def modules() -> list[str]:
    return [str(file.relative_to(ROOT)) for file in sorted((ROOT / "scripts").rglob("*.py"))]


def is_python_script(file: Path) -> bool:
    """Whether the file is a command in Python, which linters do not see for its lack of a suffix."""
    if not file.is_file() or file.suffix:
        return False
    with file.open("rb") as opened:
        return opened.readline().rstrip().endswith(b"python3")


def run(stages: Mapping[str, Sequence[str]], once_more: Sequence[str] = ()) -> int:
    """Run every stage, also after one has failed; 1 if any did.

    *once_more* are the options with which the stage pytest repeats the few tests that failed, when it had others beside
    them at the same time: one that fails alone, too, has failed; one that does not is named as unsteady.
    """
    took = {}
    failed = []
    unsteady: list[str] = []
    # The tests start hundreds of processes. Where Python is told to keep no bytecode, each would compile all there is.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for name, command in stages.items():
        print(f"== {name}", flush=True)
        began = time.monotonic()
        try:
            if subprocess.call(command, cwd=ROOT, env=env):
                if name == "pytest" and once_more:
                    unsteady = passing_alone([*command[:3], *once_more])
                if name != "pytest" or not unsteady:
                    failed.append(name)
        except KeyboardInterrupt:
            sys.exit(130)
        finally:
            took[name] = time.monotonic() - began
    print("==", ", ".join(f"{name} {'FAILED' if name in failed else 'ok'} ({took[name]:.0f} s)" for name in stages))
    if unsteady:
        print("== UNSTEADY, failed beside others and passed alone:", *unsteady)
    return 1 if failed else 0


def passing_alone(command: Sequence[str]) -> list[str]:
    """Repeat the tests that failed, if they are few, by *command*; return them if all of them pass now."""
    tests = last_failed()
    if not 0 < len(tests) <= FEW:
        return []
    print("== pytest, once more and alone:", *tests, flush=True)
    return [] if subprocess.call(command, cwd=ROOT) else tests


def last_failed() -> list[str]:
    """Return the tests that failed in the last run, as pytest keeps them for --last-failed."""
    try:
        kept = json.loads((ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed").read_text())
    except (OSError, ValueError):
        return []
    return list(kept)
