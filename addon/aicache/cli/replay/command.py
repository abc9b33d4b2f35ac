"""The command ``ai-cache replay``: simulates the cache on recorded traffic."""

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
from aicache.cli.replay.replay import LOOKUP_TIMEOUT_S, Replay
from aicache.cli.replay.summary import format_summary, summarize
from aicache.cli.warm.question_exchange import RequestDefaults
from aicache.cli.warm.records import BrokenRecord, SourceError
from aicache.cli.warm.sources import REDIS_SCHEMES, expand_folders, read_records
from aicache.config import Config, ConfigError
from aicache.domain.ports import StoreError
from aicache.runtime.factories import build_embedder

MAX_BROKEN_SHOWN = 10


def main(arguments: Sequence[str] | None = None, prog: str = "scripts/replay") -> int:
    options = _parser(prog).parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        config = configuration.read_file(Path(options.config) if options.config else None, os.environ)
        if not config.enabled:
            print("replay: enabled is false, so every request would have passed untouched", file=sys.stderr)
            return 1
        if any(source.startswith(REDIS_SCHEMES) for source in options.sources):
            raise SourceError("Redis has answers, but no traffic: give flows, HAR files or cassettes")
        found, broken = asyncio.run(_replay(config, expand_folders(options.sources)))
    except (ConfigError, StoreError, SourceError) as exc:
        print(f"replay: {exc}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(found, ensure_ascii=False) if options.json else format_summary(found))
    return 1 if broken else 0


async def _replay(config: Config, sources: list[str]) -> tuple[dict[str, object], int]:
    """Return the results, and the number of broken records."""
    semantic = config.semantic
    embedder = build_embedder(replace(semantic.embedder, timeout=LOOKUP_TIMEOUT_S)) if semantic.enabled else None
    progress = Progress("loading the embedder")
    progress.show()
    replay, broken = None, 0
    try:
        if embedder is not None:
            await embedder.load()
        replay = Replay(config, embedder)
        for source in sources:
            for record in read_records(source, RequestDefaults(), ""):
                progress.task = (
                    f"{gauge(record.position.done, record.position.total)} {replay.totals.flows} flows replayed"
                )
                progress.show()
                if isinstance(record, BrokenRecord):
                    broken += 1
                    if broken <= MAX_BROKEN_SHOWN:
                        progress.clear()
                        print(f"replay: {record.position.name}: {record.reason}", file=sys.stderr)
                else:
                    await replay.play(record.flow)
        await replay.finish()
        return summarize(replay), broken
    finally:
        progress.clear()
        if replay is not None:
            await replay.close()
        if embedder is not None:
            await embedder.close()


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Simulate the current settings on recorded traffic, starting with an empty cache: hits by tier, "
        "misses by reason, similarities of the nearest questions, refusals of the guards, tokens and money saved. "
        "Requests are replayed in the order of the files, at their recorded times; an answer can serve requests that "
        "began after it was complete. Nothing is sent upstream, and none of your stores is touched; a cloud embedder "
        "is called, a judge model is not. Prices are list prices, or those of the configuration.",
    )
    parser.add_argument(
        "sources", nargs="+", metavar="FILE", help="flows that mitmproxy saved (-w), HAR files, cassettes, or a folder"
    )
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the embedded default")
    parser.add_argument("--json", action="store_true", help="print the results as one JSON object")
    return parser
