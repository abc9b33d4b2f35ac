"""The addon's mitmproxy options, and those of mitmproxy's own that it reads or sets."""

from __future__ import annotations

import logging
from pathlib import Path

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader

from aicache.runtime.data_folder import default_data_folder

LOCATIONS = frozenset({"ai_cache_config", "ai_cache_data"})
"""The options that `config_file` and `data_folder` read."""


def add_options(loader: Loader) -> None:
    loader.add_option("ai_cache_config", str, "", "Path of the AI cache's YAML configuration.")
    loader.add_option(
        "ai_cache_data",
        str,
        "",
        "Folder of the AI cache's embedded Valkey and vector index (default: the user's data folder).",
    )
    loader.add_option("ai_cache_warm", bool, True, "Fill the AI cache from the flows that mitmdump -nr FILE reads.")


def config_file() -> Path | None:
    return Path(ctx.options.ai_cache_config).expanduser() if ctx.options.ai_cache_config else None


def data_folder() -> Path:
    return Path(ctx.options.ai_cache_data).expanduser() if ctx.options.ai_cache_data else default_data_folder()


def set_log_level() -> None:
    """Log debug lines only if mitmproxy shows them: it handles every line, which costs as much as a look-up."""
    names = ("termlog_verbosity", "console_eventlog_verbosity")  # mitmproxy's console has the latter alone
    verbosity = {getattr(ctx.options, name, "") for name in names}
    logging.getLogger("aicache").setLevel(logging.DEBUG if "debug" in verbosity else logging.INFO)


def connect_lazily() -> None:
    """Have a reverse proxy connect to its upstream only after a miss: a hit needs no upstream."""
    if ctx.options.connection_strategy == "eager" and all(m.startswith("reverse:") for m in ctx.options.mode):
        ctx.options.update(connection_strategy="lazy")  # type: ignore[no-untyped-call]
