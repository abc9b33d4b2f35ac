"""The process that owns the data folder for all workers: it runs what is embedded. It answers no requests."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from aicache.adapters.unix_rpc.server import RpcServer
from aicache.config import Config, ConfigError, LocalEmbedder, RunMode, ZvecIndex
from aicache.domain.ports import StoreError
from aicache.runtime.lifecycle import Lifecycle, Runtime
from aicache.runtime.reconciler import Reconciler
from aicache.runtime.shared_parts import SharedParts
from aicache.runtime.worker_process import owner_socket, report_alive

logger = logging.getLogger(__name__)

WORKERS_PER_ENCODER = 3
"""A hit by meaning takes a worker three times as long as an encoder, or longer."""
HUNG_CODE = 70
"""The exit code after a call of the index has hung."""


def run(config_file: Path | None, data: Path, group: Path, workers: int, on_up: Callable[[], None]) -> int:
    """Own *data* until SIGTERM, with the configuration in the file, which is read again when it changes.

    *group* is the folder of the workers, with the socket that they reach it by. Calls *on_up* once exact hits are
    possible. Returns 1, with the mistakes on stderr, if the configuration is wrong; `HUNG_CODE` to be started again.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_Format("[%(asctime)s.%(msecs)03d] %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("aicache").setLevel(logging.INFO)
    return asyncio.run(_run(config_file, data, group, workers, on_up))


async def _run(config_file: Path | None, data: Path, group: Path, workers: int, on_up: Callable[[], None]) -> int:
    ended, hung = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)

    def on_hung() -> None:
        hung.set()
        ended.set()
        logger.error("the data folder's process ends, to be started again")

    build = partial(Reconciler, encoders=math.ceil(workers / WORKERS_PER_ENCODER), on_hung=on_hung)
    lifecycle = Lifecycle(build, lambda runtime, config, data: None, _override)
    try:
        lifecycle.apply(config_file, data)
    except ConfigError as exc:
        print(f"ai-cache cannot start:\n{exc}", file=sys.stderr)
        return 1
    assert lifecycle.runtime is not None
    server = RpcServer(owner_socket(group), SharedParts(lifecycle.runtime.engine).procedures())
    try:
        await server.start()
    except StoreError as exc:
        print(f"ai-cache cannot start:\n{exc}", file=sys.stderr)
        return 1
    lifecycle.start(lifecycle.runtime)
    reporting = loop.create_task(_report_up(lifecycle.runtime, on_up))
    await ended.wait()
    reporting.cancel()
    await server.close()
    if (runtime := lifecycle.end()) is not None:
        await runtime.close()
    return HUNG_CODE if hung.is_set() else 0


def _override(config: Config) -> Config:
    """Return the configuration without what each worker has of its own. Raises ConfigError for what no worker can."""
    if config.mode is not RunMode.LIVE:
        raise ConfigError((f"mode: {config.mode}, but a cassette is one process's: leave --workers out",))
    semantic = config.semantic
    is_shared = isinstance(semantic.embedder, LocalEmbedder) or isinstance(semantic.index, ZvecIndex)
    return replace(config, semantic=replace(semantic, enabled=semantic.enabled and is_shared, judge=None))


async def _report_up(runtime: Runtime, on_up: Callable[[], None]) -> None:
    """Report that exact hits are possible, and from then on that this process does not hang."""
    await runtime.engine.backends.exact_once_known()
    await report_alive(on_up)


class _Format(logging.Formatter):
    """Log lines as mitmproxy writes them, to the same terminal."""
