"""The addon's mitmproxy options, and those of mitmproxy's own that it reads or sets."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from mitmproxy import ctx
from mitmproxy.addonmanager import Loader

from aicache.config import Config, ConfigError, RunMode
from aicache.domain.built_in_masks import AGENTS, SAFE
from aicache.runtime.data_folder import default_data_folder
from aicache.runtime.worker_process import this_worker

OVERRIDES = frozenset({"ai_cache_mode", "ai_cache_cassette", "ai_cache_strict"})
"""The options that `override` reads."""
LOCATIONS = frozenset({"ai_cache_config", "ai_cache_data"}) | OVERRIDES
"""The options that `config_file`, `data_folder` and `override` read."""


def add_options(loader: Loader) -> None:
    loader.add_option("ai_cache_config", str, "", "Path of the AI cache's YAML configuration.")
    loader.add_option(
        "ai_cache_data",
        str,
        "",
        "Folder of the AI cache's embedded Valkey and vector index (default: the user's data folder).",
    )
    loader.add_option(
        "ai_cache_mode",
        str,
        "",
        "What answers requests: live (the AI cache), or a cassette: record, replay or hybrid.",
        choices=["", *RunMode],
    )
    loader.add_option("ai_cache_cassette", str, "", "Path of the cassette, a YAML file, that ai_cache_mode is about.")
    loader.add_option(
        "ai_cache_strict", bool, False, "Exit with 1 if a request was missing on the cassette, or was not recorded."
    )
    loader.add_option("ai_cache_warm", bool, True, "Fill the AI cache from the flows that mitmdump -nr FILE reads.")


def config_file() -> Path | None:
    return Path(ctx.options.ai_cache_config).expanduser() if ctx.options.ai_cache_config else None


def data_folder() -> Path:
    return Path(ctx.options.ai_cache_data).expanduser() if ctx.options.ai_cache_data else default_data_folder()


def override(config: Config) -> Config:
    """Return the configuration with what the options say of it. Raises ConfigError."""
    options, cassette = ctx.options, config.cassette
    if options.ai_cache_cassette:
        cassette = replace(cassette, file=options.ai_cache_cassette)
    if options.ai_cache_strict:
        cassette = replace(cassette, strict=True)
    config = replace(config, mode=RunMode(options.ai_cache_mode or config.mode), cassette=cassette)
    problems = []
    if config.mode is not RunMode.LIVE:
        if config.cassette.file is None:
            problems.append(f"cassette.file: not set, but mode is {config.mode}: name it, or set ai_cache_cassette")
        if config.built_in_masks == (SAFE,):
            config = replace(config, built_in_masks=(AGENTS,))
        if not config.enabled:
            problems.append(f"enabled: false, but mode is {config.mode}: leave one of them out")
    elif options.ai_cache_cassette or options.ai_cache_strict:
        problems.append("ai_cache_mode: not set, but there is a cassette: set it to record, replay or hybrid")
    if problems:
        raise ConfigError(tuple(problems))
    return config


def set_log_level() -> None:
    """Log debug lines only if mitmproxy shows them: it handles every line, which costs as much as a look-up.

    Of several workers, the first one alone says what all do.
    """
    names = ("termlog_verbosity", "console_eventlog_verbosity")  # mitmproxy's console has the latter alone
    verbosity = {getattr(ctx.options, name, "") for name in names}
    usual = logging.INFO if (worker := this_worker()) is None or worker.number == 1 else logging.WARNING
    logging.getLogger("aicache").setLevel(logging.DEBUG if "debug" in verbosity else usual)


def connect_lazily(*, always: bool = False) -> None:
    """Have a reverse proxy connect to its upstream only after a miss: a hit needs no upstream.

    *always*: any proxy, which then makes its certificates without looking at the upstream's, too.
    """
    if always:
        ctx.options.update(connection_strategy="lazy", upstream_cert=False)  # type: ignore[no-untyped-call]
    if ctx.options.connection_strategy == "eager" and all(m.startswith("reverse:") for m in ctx.options.mode):
        ctx.options.update(connection_strategy="lazy")  # type: ignore[no-untyped-call]
