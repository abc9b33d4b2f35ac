"""The command ``ai-cache replay``."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from aicache import config as configuration
from aicache.cli.progress import Progress, gauge
from aicache.cli.replay.replay import PATIENCE, Replay
from aicache.cli.replay.summary import document, lines
from aicache.cli.warm.question_exchange import Asking
from aicache.cli.warm.records import Broken, SourceError
from aicache.cli.warm.sources import REDIS, files, records
from aicache.config import Config, ConfigError
from aicache.domain.ports import StoreError
from aicache.runtime.factories import build_embedder

BROKEN_SHOWN = 10


def main(arguments: Sequence[str] | None = None, prog: str = "scripts/replay") -> int:
    options = _parser(prog).parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        config = configuration.read_file(Path(options.config), os.environ) if options.config else Config()
        if not config.enabled:
            print("replay: enabled is false, so every request would have passed untouched", file=sys.stderr)
            return 1
        if any(source.startswith(REDIS) for source in options.sources):
            raise SourceError("a Redis holds answers, and no traffic: give flows, HAR files or cassettes")
        found, broken = asyncio.run(_replay(config, files(options.sources)))
    except (ConfigError, StoreError, SourceError) as exc:
        print(f"replay: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(found, ensure_ascii=False) if options.json else lines(found))
    return 1 if broken else 0


async def _replay(config: Config, sources: list[str]) -> tuple[dict[str, object], int]:
    """Return the figures, and how many records could not be read."""
    semantic = config.semantic
    embedder = build_embedder(replace(semantic.embedder, timeout=PATIENCE)) if semantic.enabled else None
    progress = Progress("loading the embedder")
    progress.show()
    replay, broken = None, 0
    try:
        if embedder is not None:
            await embedder.load()
        replay = Replay(config, embedder)
        for source in sources:
            for record in records(source, Asking(), ""):
                progress.doing = f"{gauge(record.place.done, record.place.total)} {replay.totals.flows} flows replayed"
                progress.show()
                if isinstance(record, Broken):
                    broken += 1
                    if broken <= BROKEN_SHOWN:
                        progress.clear()
                        print(f"replay: {record.place.name}: {record.why}", file=sys.stderr)
                else:
                    await replay.play(record.flow)
        await replay.finish()
        return document(replay), broken
    finally:
        progress.clear()
        if replay is not None:
            await replay.close()
        if embedder is not None:
            await embedder.close()


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Say what the present settings would have done with recorded traffic, from an empty cache on: hits "
        "by tier, misses by reason, how near the nearest questions were, what guards refused, tokens and money saved. "
        "Requests come in the order of the files, at the times they were recorded; an answer answers those that began "
        "after it had come. Nothing is sent upstream, and no store of yours is touched; an embedder in the cloud is "
        "asked, a judge model is not. Money is by list prices, or those of the configuration.",
    )
    parser.add_argument(
        "sources", nargs="+", metavar="FILE", help="flows that mitmproxy saved (-w), HAR files, cassettes, or a folder"
    )
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the embedded default")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    return parser
