"""How much memory this machine, or the container that we are in, gives us."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
"""Bytes, or the word max: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files"""


def share_of_memory(share: float, most: int, cgroup_limit: Path = CGROUP_LIMIT) -> int:
    """Return a share of the memory in bytes, or *most* where that is less, or where nothing is known."""
    limits = [most]
    with contextlib.suppress(OSError, ValueError):
        limits.append(int(share * int(cgroup_limit.read_text("ascii"))))
    with contextlib.suppress(AttributeError, OSError, ValueError):  # Windows has no sysconf
        limits.append(int(share * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")))
    return min(limits)
