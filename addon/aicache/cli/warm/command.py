"""The command ``ai-cache warm``."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aicache import config as configuration
from aicache.cli.warm import higress, table
from aicache.cli.warm.backends import opened
from aicache.cli.warm.caller_overrides import Adapted
from aicache.cli.warm.fill import Filling, Result
from aicache.cli.warm.question_exchange import APIS, Asking
from aicache.cli.warm.questions import SHAPE
from aicache.cli.warm.records import SourceError
from aicache.cli.warm.sources import files
from aicache.config import Config, ConfigError
from aicache.config.reader import expand_variables
from aicache.domain.ports import StoreError
from aicache.runtime.data_folder import default_data_folder
from aicache.runtime.preflight import check_config

ABOUT = (
    "Fill the cache with answers that were recorded or stored elsewhere: flows that mitmproxy saved, HAR files, "
    "cassettes of vcrpy and VCR, JSON lines of questions and answers, GPTCache's database or JSON, and the Redis of a "
    "Higress. Nothing is sent upstream, and nothing that is newer is replaced. Interrupted (Ctrl-C) and started again, "
    "it skips what is there."
)
WHOM = (
    "An entry answers the very same request (model, system prompt, parameters, upstream, API key), and requests that "
    "differ from it in the wording of the question alone. TEXT may hold ${NAME}, from the environment: write it in "
    "single quotes, so that no key stands in the shell's history."
)


def main(arguments: Sequence[str] | None = None, prog: str = "scripts/warm") -> int:
    options = _parser(prog).parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        config = configuration.read_file(Path(options.config), os.environ) if options.config else Config()
        config, data = check_config(config, Path(options.data) if options.data else default_data_folder())
        sources = files(options.sources)
        return asyncio.run(_fill(options, sources, config, data))
    except (ConfigError, StoreError, SourceError) as exc:
        print(f"warm: {exc}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


async def _fill(options: argparse.Namespace, sources: list[str], config: Config, data: Path) -> int:
    async with opened(config, data, exact_only=options.exact_only) as parts:
        filling = Filling(
            parts,
            _asking(options),
            Adapted(options.upstream and _origin(options.upstream), options.api_key, dict(options.header)),
            prefix=options.prefix,
            keyless=options.no_key,
            from_now=options.from_now,
        )
        _stop_at_signals(filling)
        results = [await filling.fill(source) for source in sources if not filling.stopped]
    print(table.lines(results))
    if filling.stopped:
        print("warm: interrupted; started again, it goes on where it was", file=sys.stderr)
        return 130
    return 1 if any(_failed(result) for result in results) else 0


def _stop_at_signals(filling: Filling) -> None:
    """End after the record at hand; at once when asked a second time, as a source that does not answer wants."""

    def heard(*_: object) -> None:
        if filling.stopped:
            raise KeyboardInterrupt
        filling.stop()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, heard)


def _failed(result: Result) -> bool:
    return bool(result.problem or result.broken or result.tally.failed)


def _asking(options: argparse.Namespace) -> Asking:
    return Asking(options.model, options.api, options.system, options.params, options.upstream)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description=textwrap.fill(ABOUT, 100),
        epilog=f"{SHAPE}\n{textwrap.fill(WHOM, 100)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sources", nargs="+", metavar="FILE", help="or a folder, or redis://…; files may be gzipped")
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the embedded default")
    parser.add_argument("--data", metavar="DIR", help="the data folder; default: the user's")
    callers = parser.add_argument_group("whom the answers are for")
    callers.add_argument("--upstream", type=_url, metavar="URL", help="the API that is asked; default: as recorded")
    callers.add_argument("--api-key", type=_text, metavar="TEXT", help="of the callers; default: as recorded")
    callers.add_argument("--no-key", action="store_true", help="take what has no API key, for callers that have none")
    callers.add_argument(
        *("--header",), type=_header, action="append", default=[], metavar="NAME:TEXT", help="that the callers send"
    )
    asking = parser.add_argument_group("what is asked, where there is only a question")
    asking.add_argument("--model", metavar="NAME")
    asking.add_argument("--api", choices=APIS, default="chat", help="default: chat (OpenAI's chat completions)")
    asking.add_argument("--system", metavar="TEXT", help="the system prompt")
    asking.add_argument("--params", type=_json, default={}, metavar="JSON", help="such as '{\"temperature\": 0}'")
    asking.add_argument("--prefix", default=higress.PREFIX, metavar="TEXT", help=f"of Higress's keys: {higress.PREFIX}")
    how = parser.add_argument_group("how")
    how.add_argument(
        "--from-now",
        action="store_true",
        help="let answers live from now on, however old they are; then nothing at all is replaced that is there",
    )
    how.add_argument("--exact-only", action="store_true", help="store no vectors: hits by the very same request alone")
    return parser


def _text(text: str) -> str:
    try:
        found = expand_variables(text, os.environ)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from None
    if not found.strip() or not found.isprintable():
        raise argparse.ArgumentTypeError("is empty, or holds characters that cannot be printed")
    return found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("is not NAME:TEXT")
    return name.strip().lower(), _text(value).strip()


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise argparse.ArgumentTypeError("is not the URL of an API, such as https://api.openai.com/v1")
    return text


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError('is no JSON object, such as {"temperature": 0}')
    return found
