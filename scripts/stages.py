"""Runs the stages of `scripts/lint` and `scripts/test` one after the other. Standard library only."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from environment import ROOT

MYPY = "mypy"
"""It takes one core, half a minute where it has no cache, and prints nothing until its end."""
MAX_RETRIED_TESTS = 5
"""More failures than these have a cause in common and are not retried."""


def lint(python: Path) -> dict[str, list[str]]:
    """Return the commands that check the code without running it, by name."""
    scripts = [str(file.relative_to(ROOT)) for file in sorted((ROOT / "scripts").iterdir()) if is_python_script(file)]
    return {
        "ruff check": [str(python), "-m", "ruff", "check", ".", *scripts],
        "ruff format": [str(python), "-m", "ruff", "format", "--check", ".", *scripts],
        MYPY: [str(python), "-m", "mypy", "--scripts-are-modules", "addon", *modules(), *scripts],
    }


def modules() -> list[str]:
    return [str(file.relative_to(ROOT)) for file in sorted((ROOT / "scripts").rglob("*.py"))]


def is_python_script(file: Path) -> bool:
    """Return whether the file is a Python command; linters miss it, because it has no suffix."""
    if not file.is_file() or file.suffix:
        return False
    with file.open("rb") as opened:
        return opened.readline().rstrip().endswith(b"python3")


def parts(pytest: Sequence[str], number: int) -> dict[str, list[str]]:
    """Return a stage for each of *number* processes that share the test files (tests/parts.py)."""
    return {f"pytest {part}/{number}": [*pytest, "-q", "--part", f"{part}/{number}"] for part in range(1, number + 1)}


def run(stages: Mapping[str, Sequence[str]], retry: Sequence[str] = (), beside: Collection[str] = (MYPY,)) -> int:
    """Run every stage, even after one has failed; return 1 if any failed.

    Those of *beside* run beside the others, which run one after the other, and are printed after them.

    *retry* are the options with which the stage pytest retries the few tests that failed while others ran at the same
    time. A test that fails again has failed; one that passes is reported as unsteady.
    """
    took = {}
    failed = []
    unsteady: list[str] = []
    # The tests start hundreds of processes. Without bytecode files, each would compile every module.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with ThreadPoolExecutor(len(stages)) as pool:
        running = {name: pool.submit(captured, command, env) for name, command in stages.items() if name in beside}
        for name, command in stages.items():
            if name in running:
                continue
            print(f"== {name}", flush=True)
            began = time.monotonic()
            try:
                if subprocess.call(command, cwd=ROOT, env=env):
                    if name == "pytest" and retry:
                        unsteady = passing_alone([*command[:3], *retry])
                    if name != "pytest" or not unsteady:
                        failed.append(name)
            except KeyboardInterrupt:
                sys.exit(130)
            finally:
                took[name] = time.monotonic() - began
        for name, ending in running.items():
            code, said, took[name] = ending.result()
            print(f"== {name}\n{said}", end="", flush=True)
            if code:
                failed.append(name)
    print("==", ", ".join(f"{name} {'FAILED' if name in failed else 'ok'} ({took[name]:.0f} s)" for name in stages))
    if unsteady:
        print("== UNSTEADY, failed beside others and passed alone:", *unsteady)
    return 1 if failed else 0


def captured(command: Sequence[str], env: Mapping[str, str]) -> tuple[int, str, float]:
    """Run a command; return its exit code, what it wrote, and its seconds."""
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=env, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    return done.returncode, done.stdout, time.monotonic() - began


def passing_alone(command: Sequence[str]) -> list[str]:
    """Retry the tests that failed with *command*, if they are few; return them if all pass now, else nothing."""
    tests = last_failed()
    if not 0 < len(tests) <= MAX_RETRIED_TESTS:
        return []
    print("== pytest, once more and alone:", *tests, flush=True)
    return [] if subprocess.call(command, cwd=ROOT) else tests


def last_failed() -> list[str]:
    """Return the tests that failed in the last run, from the file that pytest writes for --last-failed."""
    try:
        kept = json.loads((ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed").read_text())
    except (OSError, ValueError):
        return []
    return list(kept)
