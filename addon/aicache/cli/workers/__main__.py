"""Runs mitmdump in several processes on one port. It is started by `serve --workers`, with mitmdump's arguments.

Usage: ``python __main__.py COUNT [MITMDUMP_ARGUMENT ...]``
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[3]))  # for the interpreter of another environment
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # a process with threads must not fork

from aicache import config as configuration
from aicache.cli.workers import data_owner
from aicache.cli.workers.supervisor import HUNG_AFTER_S, Program, Supervisor
from aicache.config import ConfigError
from aicache.domain.ports import StoreError
from aicache.patches import shared_port
from aicache.runtime import worker_process
from aicache.runtime.data_folder import default_data_folder
from aicache.runtime.worker_process import GroupFolder, Worker

PRELOADED_MODULES = ("mitmproxy.tools.main", "mitmproxy.tools.dump", "aicache.addon", "aicache.runtime.reconciler")
"""What mitmdump and its script import: each worker is a fork that has them."""
DRAIN_TIMEOUT_S = 20.0
"""Where the configuration cannot be read any more."""


def main(arguments: Sequence[str]) -> int:
    count, options = int(arguments[0]), list(arguments[1:])
    file, data = find_option(options, "ai_cache_config"), find_option(options, "ai_cache_data")
    config_file = Path(file).expanduser() if file else None
    folder = Path(data).expanduser() if data else default_data_folder()
    try:
        shared_port.check()
        group = GroupFolder(folder)
    except (ValueError, StoreError) as exc:
        print(f"serve: {exc}", file=sys.stderr)
        return 1
    for module in PRELOADED_MODULES:
        importlib.import_module(module)
    if (threads := len([*Path("/proc/self/task").iterdir()])) > 1:
        print(f"serve: warning: {threads} threads before the workers start: locks that one holds stay locked in them")
    gc.collect()
    gc.freeze()  # its pages stay shared
    owner = Program(
        "the data folder's process", partial(data_owner.run, config_file, folder, group.path, count), HUNG_AFTER_S
    )
    workers = [
        Program(f"worker {number}", partial(run_worker, number, count, group.path, options), HUNG_AFTER_S)
        for number in range(1, count + 1)
    ]
    code = Supervisor(owner, workers, partial(read_drain_timeout, config_file)).run()
    group.delete()
    return code


def run_worker(number: int, count: int, group: Path, arguments: list[str], on_up: Callable[[], None]) -> int:
    """Go on as mitmdump with these arguments."""
    from mitmproxy.tools import main as tools

    worker_process.become(Worker(number, count, group, on_up))
    shared_port.install()
    if number > 1:  # the first one says the same
        logging.getLogger("mitmproxy.proxy.mode_servers").setLevel(logging.WARNING)
    sys.argv = ["mitmdump", *arguments]
    tools.mitmdump()
    return 0


def find_option(arguments: Sequence[str], name: str) -> str:
    """Return the value that mitmdump's arguments set an option to; empty if none does."""
    values = [each.removeprefix("--set=") for each in arguments]
    found = [value.partition("=")[2] for value in values if value.startswith(f"{name}=")]
    return found[-1] if found else ""


def read_drain_timeout(config_file: Path | None) -> float:
    """Return ``drain_timeout`` in seconds."""
    try:
        return configuration.read_file(config_file, os.environ, lambda *_: None).drain_timeout
    except ConfigError:
        return DRAIN_TIMEOUT_S


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
