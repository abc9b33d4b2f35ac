"""What `lint` and `test` run, one stage after the other. Standard library only."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from environment import ROOT


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


def run(stages: Mapping[str, Sequence[str]]) -> int:
    """Run every stage, also after one has failed; 1 if any did."""
    took = {}
    failed = []
    for name, command in stages.items():
        print(f"== {name}", flush=True)
        began = time.monotonic()
        try:
            if subprocess.call(command, cwd=ROOT):
                failed.append(name)
        except KeyboardInterrupt:
            sys.exit(130)
        took[name] = time.monotonic() - began
    print("==", ", ".join(f"{name} {'FAILED' if name in failed else 'ok'} ({took[name]:.0f} s)" for name in stages))
    return 1 if failed else 0
