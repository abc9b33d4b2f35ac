"""The token that opens the cache's own pages, and the line of the log that says where they are. It judges nobody."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

from aicache.config import Dashboard
from aicache.dashboard.access import Secrets
from aicache.dashboard.path_aliases import ROOT
from aicache.domain.ports import StoreError
from aicache.proxy.addresses import is_loopback, parse_address
from aicache.runtime.data_folder import TOKEN_FILE

logger = logging.getLogger(__name__)


class DashboardToken:
    """*token* is what is wanted now; None while there are no pages and no token is configured."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.secrets: Secrets | None = None
        self._made: tuple[Path, str] | None = None  # kept for as long as the process: it is read at the start
        self._is_made = False
        self._enabled = False
        self._said: tuple[str, str | None] | None = None

    def configure(self, wanted: Dashboard, folder: Path, secret: Callable[[str], str]) -> None:
        """Want the token that is configured, else the one of the data folder, which *secret* reads or makes."""
        self._enabled = wanted.enabled
        self._is_made = wanted.token is None and wanted.enabled
        self.value = self._of(folder, secret) if self._is_made else wanted.token
        self.secrets = None if self.value is None else Secrets.of(self.value)

    def announce(self, endpoints: Iterable[tuple[str, int]]) -> None:
        """Say where the pages are, once, with the token where nobody has chosen it, and again when that changes."""
        if not self._enabled or (page := dashboard_url(endpoints)) is None:
            return
        now = page, self.value if self._is_made else None
        if now == self._said:
            return
        self._said = now
        if self._is_made:
            logger.info("the dashboard: %s?token=%s", page, quote(self.value or "", safe=""))
        else:
            logger.info("the dashboard: %s (it asks for dashboard.token)", page)

    def _of(self, folder: Path, secret: Callable[[str], str]) -> str:
        if self._made is None or self._made[0] != folder:
            try:
                token = secret(TOKEN_FILE)
            except StoreError as exc:
                token = secrets.token_urlsafe(32)
                logger.warning("%s (the dashboard's token is this run's alone)", exc)
            self._made = folder, token
        return self._made[1]


def dashboard_url(endpoints: Iterable[tuple[str, int]]) -> str | None:
    """Return the URL of the pages at the first endpoint that this machine reaches as itself, else at the first one."""
    found = list(endpoints)
    local = [(host, port) for host, port in found if (known := parse_address(host)) is not None and is_loopback(known)]
    if not found:
        return None
    host, port = (local or found)[0]
    if (known := parse_address(host)) is not None and known.is_unspecified:
        host = "127.0.0.1" if known.version == 4 else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{ROOT}/"
