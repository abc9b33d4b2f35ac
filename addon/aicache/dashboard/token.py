"""The token that gives access to the cache's own pages, and the log line that says where they are."""

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
    """*value* is the token in force; None while the pages are disabled and no token is configured."""

    def __init__(self) -> None:
        self.value: str | None = None
        self.secrets: Secrets | None = None
        self._generated: tuple[Path, str] | None = None  # by folder; read once per process
        self._is_generated = False
        self._enabled = False
        self._announced: tuple[str, str | None] | None = None

    def configure(self, config: Dashboard, folder: Path, secret: Callable[[str], str]) -> None:
        """Use the configured token, else the one of the data folder, which *secret* reads or creates."""
        self._enabled = config.enabled
        self._is_generated = config.token is None and config.enabled
        self.value = self._of(folder, secret) if self._is_generated else config.token
        self.secrets = None if self.value is None else Secrets.of(self.value)

    def announce(self, endpoints: Iterable[tuple[str, int]]) -> None:
        """Log the URL of the pages once, with the token unless it was configured, and again when either changes."""
        if not self._enabled or (page := dashboard_url(endpoints)) is None:
            return
        now = page, self.value if self._is_generated else None
        if now == self._announced:
            return
        self._announced = now
        if self._is_generated:
            logger.info("the dashboard: %s?token=%s", page, quote(self.value or "", safe=""))
        else:
            logger.info("the dashboard: %s (it asks for dashboard.token)", page)

    def _of(self, folder: Path, secret: Callable[[str], str]) -> str:
        if self._generated is None or self._generated[0] != folder:
            try:
                token = secret(TOKEN_FILE)
            except StoreError as exc:
                token = secrets.token_urlsafe(32)
                logger.warning("%s (the dashboard's token is valid for this run only)", exc)
            self._generated = folder, token
        return self._generated[1]


def dashboard_url(endpoints: Iterable[tuple[str, int]]) -> str | None:
    """Return the URL of the pages at the first loopback endpoint, else at the first endpoint."""
    found = list(endpoints)
    local = [(host, port) for host, port in found if (known := parse_address(host)) is not None and is_loopback(known)]
    if not found:
        return None
    host, port = (local or found)[0]
    if (known := parse_address(host)) is not None and known.is_unspecified:
        host = "127.0.0.1" if known.version == 4 else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{ROOT}/"
