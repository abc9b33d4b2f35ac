"""Writes and reads the lock files of scripts/locks/, and computes their digests. It uses no package index."""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from environment import ROOT
from interpreter import FALLBACK, LOCKS

OVERRIDES = LOCKS / "overrides.txt"
TOOL = "uv.txt"
TOOL_PYTHON = FALLBACK
"""The oldest: its wheels of uv fit every Python."""
TOOL_PROJECT = """\
[project]
name = "tool"
version = "1"
requires-python = ">=3.11"
dependencies = ["uv>=0.9"]
"""
HEADER = """\
# {what}
# Written by scripts/lock, and not to be edited.
# Of requirements with SHA-256 {digest}
"""
DIGEST_LINE = re.compile(r"^# Of requirements with SHA-256 (\w+)$", re.MULTILINE)
PIN = re.compile(r"^([\w.-]+)==(\S+)(?: ; (.+?))? \\$((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+)$", re.MULTILINE)


def digest(root: Path = ROOT) -> str:
    """Return the digest of a project's requirements and overrides, which its lock files record."""
    return digest_of((root / "pyproject.toml").read_text(encoding="utf-8"), OVERRIDES.read_text(encoding="utf-8"))


def digest_of(pyproject: str, overrides: str = "") -> str:
    project = tomllib.loads(pyproject)["project"]
    relevant = [project.get(name) for name in ("requires-python", "dependencies", "optional-dependencies")]
    instead = [line for line in overrides.splitlines() if not line.startswith("#")]
    return hashlib.sha256(json.dumps([relevant, instead], sort_keys=True).encode()).hexdigest()


def environment(version: str) -> str:
    """Return the environment marker of a lock file's Python, as uv writes it."""
    return f"python_full_version == '{version}.*' and platform_python_implementation == 'CPython'"


def packages(pylock: str) -> list[dict[str, Any]]:
    """Return the packages of a pylock.toml (PEP 751)."""
    found: list[dict[str, Any]] = tomllib.loads(pylock)["packages"]
    return found


def constraints(found: Iterable[Mapping[str, Any]]) -> str:
    """Return constraints that pin these versions."""
    return "".join(f"{each['name']}=={each['version']} ; {each['marker']}\n" for each in found)


def render_lock_file(what: str, requirements_digest: str, found: Iterable[Mapping[str, Any]], version: str) -> str:
    """Return the text of a lock file for a Python; raises ValueError for a package without a wheel."""
    entries = []
    for package in found:
        wheels = [wheel for wheel in package.get("wheels", ()) if fits(_file(wheel), version)]
        if not wheels:
            raise ValueError(f"{package['name']} {package['version']} has no wheel for Python {version}")
        marker = _marker(package.get("marker", ""), version)
        pin = f"{package['name']}=={package['version']}{f' ; {marker}' if marker else ''}"
        hashes = sorted(f"--hash=sha256:{wheel['hashes']['sha256']}" for wheel in wheels)
        entries.append(" \\\n    ".join([pin, *hashes]) + "\n")
    return HEADER.format(what=what, digest=requirements_digest) + "".join(entries)


def recorded_digest(text: str) -> str:
    """Return the digest of requirements that a lock file records; "" if it has none."""
    found = DIGEST_LINE.search(text)
    return found[1] if found else ""


def pins(text: str) -> dict[str, tuple[str, str]]:
    """Return version and marker ("" if none) of each package in a lock file."""
    return {name: (version, marker or "") for name, version, marker, _ in PIN.findall(text)}


def fits(file: str, version: str) -> bool:
    """Return whether CPython *version* can use a wheel, on any system (PEP 425)."""
    pythons, abis = (part.split(".") for part in file.removesuffix(".whl").split("-")[-3:-1])
    minor = int(version.partition(".")[2])
    for python in pythons:
        found = re.fullmatch(r"(cp|py)3(\d*)", python)
        if found is None:
            continue
        of = int(found[2] or 0)
        if found[1] == "cp" and of == minor and f"cp3{minor}" in abis:
            return True
        if found[1] == "cp" and of <= minor and "abi3" in abis:
            return True
        if of <= minor and "none" in abis and (found[1] == "py" or of == minor):
            return True
    return False


def _file(wheel: Mapping[str, Any]) -> str:
    return str(wheel.get("name") or wheel["url"].rpartition("/")[2])


def _marker(marker: str, version: str) -> str:
    """Return the marker without the part that the whole file implies."""
    whole = environment(version)
    return "" if marker == whole else marker.removeprefix(f"{whole} and ")
