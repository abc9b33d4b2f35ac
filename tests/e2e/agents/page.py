"""The settings that `.github/docs/agents.md` shows for an agent, so that what the tests run is what it says."""

from __future__ import annotations

import re

from e2e.proxy import ROOT

PAGE = ROOT / ".github" / "docs" / "agents.md"
PROXY = "http://127.0.0.1:8080"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(agent: str, language: str) -> list[str]:
    """Return the code under an agent's heading."""
    _, found, rest = PAGE.read_text("utf-8").partition(f"\n## {agent}\n")
    assert found, f"{PAGE} has no section for {agent}"
    section, _, _ = rest.partition("\n## ")
    return [code for name, code in BLOCK.findall(section) if name == language]


def variables(agent: str, url: str) -> dict[str, str]:
    """Return the environment variables that an agent needs for a proxy at *url*."""
    code = "".join(blocks(agent, "sh"))
    return dict(re.findall(r"^export (\w+)=(\S+)$", code.replace(PROXY, url), re.MULTILINE))


def file(agent: str, language: str, url: str, number: int = 0) -> str:
    """Return a configuration file for a proxy at *url*; *number* chooses one of several ways."""
    return blocks(agent, language)[number].replace(PROXY, url)


def version(agent: str) -> str:
    """Return the version that is named as verified."""
    found = re.search(rf"^\| \[{re.escape(agent)}\]\(#\S+\) \| ([\d.]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert found, f"{PAGE} names no version of {agent}"
    return found[1]
