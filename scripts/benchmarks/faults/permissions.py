"""Makes folders read-only for the proxy. Root may always write, so the proxy loses that capability."""

from __future__ import annotations

import ctypes
from pathlib import Path

RIGHTS = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
PR_CAPBSET_DROP = 24


def drop() -> None:
    """Drop these capabilities of root; call it between fork and exec."""
    library = ctypes.CDLL(None)
    for right in RIGHTS:
        library.prctl(PR_CAPBSET_DROP, right, 0, 0, 0)


def allow(folder: Path, *, write: bool) -> None:
    """Allow or forbid the owner to write to a folder and everything in it."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o700 if write else 0o500)
        elif path.is_file():
            path.chmod(0o600 if write else 0o400)
