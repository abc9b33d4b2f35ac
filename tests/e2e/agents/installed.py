"""The agents' programs: installed on their first use, once for all tests. A test whose agent fails to is skipped."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import environment
import installing
from e2e.agents import page


def claude_code() -> list[str]:
    folder = _npm("@anthropic-ai/claude-code", "Claude Code")
    return ["node", str(folder / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs")]


def codex() -> list[str]:
    return [str(_npm("@openai/codex", "Codex") / ".bin" / "codex")]


def gemini_cli() -> list[str]:
    return [str(_npm("@google/gemini-cli", "Gemini CLI") / ".bin" / "gemini")]


def opencode() -> list[str]:
    """Its program for this machine: npm installs several, and the script that chooses one does not run."""
    for program in sorted(_npm("opencode-ai", "opencode").glob("opencode-*/bin/opencode"), reverse=True):
        if installing.is_runnable([str(program), "--version"]):
            return [str(program)]
    pytest.skip("opencode has no program for this machine")


def aider() -> list[str]:
    if sys.version_info >= (3, 13):
        pytest.skip("aider needs Python 3.12 or older")
    try:
        python = environment.packages("agent-aider", (f"aider-chat=={page.version('aider')}",))
    except SystemExit as exc:
        pytest.skip(f"aider cannot be installed: {exc}")
    return [str(environment.executable(python, "aider"))]


def _npm(package: str, agent: str) -> Path:
    """Install a package of npm; its scripts do not run."""
    if not environment.has_node():
        pytest.skip("there is no Node with npm")
    purpose = f"agent-{package.rpartition('/')[2]}"
    try:
        return environment.node_packages(purpose, (f"{package}@{page.version(agent)}",)) / "node_modules"
    except SystemExit as exc:
        pytest.skip(f"{agent} cannot be installed: {exc}")
