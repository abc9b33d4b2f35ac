"""The data folder, which one process alone may own: it runs the Valkey and has the vector index open."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from platformdirs import user_data_path

from aicache.adapters.valkey.folder_lock import FolderLock

logger = logging.getLogger(__name__)

RELOAD_TIMEOUT_S = 5.0
"""Wait of a reloaded script for its predecessor to leave the folder."""
RELOAD_CHECK_INTERVAL_S = 0.1
TOKEN_FILE = "dashboard-token"
"""The file with the dashboard's token, unless one is configured: whoever can read it may see the dashboard."""


def default_data_folder() -> Path:
    return user_data_path("ai-cache", appauthor=False)


class DataFolder:
    """A data folder that this process owns, or not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FolderLock(path)
        self._owned: bool | None = None

    @property
    def owned(self) -> bool:
        return bool(self._owned)

    async def acquire_soon(self, *, shares: bool) -> bool:
        """Do as `acquire`, once what this process itself had loaded before has left the folder: a reloaded script's."""
        for _ in range(round(RELOAD_TIMEOUT_S / RELOAD_CHECK_INTERVAL_S)):
            if self.acquire(shares=shares) or not self._lock.is_our_own:
                break
            await asyncio.sleep(RELOAD_CHECK_INTERVAL_S)
        return self.acquire(shares=shares)

    def acquire(self, *, shares: bool) -> bool:
        """Tell whether this process has the folder, taking it where nobody has."""
        owned = self._lock.acquire()
        if self._owned and owned:
            return True
        if not owned and self._lock.is_our_own:
            return False  # it is no other proxy's
        if owned and self._owned is False:
            logger.info("%s: the other proxy has gone, this one takes over", self.path)
        elif not owned and self._owned is None:
            logger.warning(
                "%s: another proxy has this data folder; %sexact hits only (for hits by meaning give this one a folder "
                "of its own: ai_cache_data)",
                self.path,
                "sharing its Valkey, " if shares else "",
            )
        self._owned = owned
        return owned

    def release(self) -> None:
        self._lock.release()
        self._owned = None


def prepare_folder(folder: Path) -> str | None:
    """Create the folder, for its owner alone; return why it cannot be used, or None."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink(missing_ok=True)  # another process may check at the same time
    except OSError as exc:
        return exc.strerror or str(exc)
    return None
