"""The files of the embedded Valkey: its folder, its socket, its log, and its settings. It starts no process."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import BinaryIO

from aicache.adapters.private_sockets import find_socket

MAX_LOG_BYTES = 1 << 20
"""A longer log is truncated at the next start."""
_LOG_LINE = re.compile(r"^\d+:[A-Z] \d+ \w{3} \d{4} [\d:.]+ [.*#-] (.+)$", re.M)
"""A log line; group 1 is its message, without process id and time, which always differ."""


class ServerFiles:
    """The files of one server in *folder*."""

    def __init__(self, folder: Path, max_memory_bytes: int) -> None:
        self.folder = folder
        self.log = folder / "valkey.log"
        self._max_memory_bytes = max_memory_bytes
        self._log_start = 0  # where the log of the last start begins

    def prepare(self) -> BinaryIO:
        """Create the folders; return the log, opened for writing."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for draft in (*self.folder.glob("temp-*"), *self.folder.glob("appendonlydir/temp*")):
            draft.unlink(missing_ok=True)  # of a server that was killed while it rewrote its file
        self.socket().parent.mkdir(mode=0o700, exist_ok=True)
        too_long = self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES
        log = self.log.open("wb" if too_long else "ab")
        self._log_start = log.tell()
        return log

    def socket(self) -> Path:
        """Return the path of the socket; it depends on the folder alone.

        Raises StoreError when it would lie in a folder that belongs to somebody else.
        """
        return find_socket(self.folder, "valkey.sock")

    def settings(self) -> list[str]:
        """Return the server's arguments."""
        return [
            *("--port", "0", "--unixsocket", str(self.socket()), "--unixsocketperm", "700"),
            *("--dir", ".", "--logfile", "", "--daemonize", "no", "--hide-user-data-from-log", "yes"),
            *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--auto-aof-rewrite-percentage", "100", "--auto-aof-rewrite-min-size", "1mb"),
            *("--rdbcompression", "no"),  # so that a search of the file for deleted data finds all of it
            *("--maxmemory", str(self._max_memory_bytes), "--maxmemory-policy", "allkeys-lru"),
        ]

    def logged(self) -> bytes:
        """Return the log since the last start."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read(MAX_LOG_BYTES)
        return b""

    def last_message(self) -> str:
        """Return the last message of the log, without a quoted command, which may hold an answer."""
        messages = [line for line in _LOG_LINE.findall(self.logged().decode("utf-8", "replace")) if line.isprintable()]
        relevant: list[str] = [line for line in messages if "overcommit" not in line]
        if not relevant:
            return "nothing in its log"
        return relevant[-1].partition(", with args")[0].partition(": make a backup")[0][:200]
