"""The command ``ai-cache warm``: fills the cache from files and from Higress's Redis."""

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
from aicache.cli.warm.backends import open_cache
from aicache.cli.warm.caller_overrides import CallerOverrides
from aicache.cli.warm.fill import CacheFiller, SourceResult
from aicache.cli.warm.question_exchange import APIS, RequestDefaults
from aicache.cli.warm.questions import JSON_LINES_HELP
from aicache.cli.warm.records import SourceError
from aicache.cli.warm.sources import expand_folders
from aicache.config import Config, ConfigError
from aicache.config.reader import expand_variables
from aicache.domain.ports import StoreError
from aicache.runtime.data_folder import default_data_folder
from aicache.runtime.preflight import check_config

DESCRIPTION = (
    "Fill the cache with answers that were recorded or stored elsewhere: flows that mitmproxy saved, HAR files, "
    "cassettes of vcrpy and VCR, JSON lines of questions and answers, GPTCache's database or JSON, and the Redis of a "
    "Higress. Nothing is sent upstream, and no newer entry is replaced. Interrupted (Ctrl-C) and started again, it "
    "skips what is already stored."
)
SCOPE_HELP = (
    "An entry answers an identical request (model, system prompt, parameters, upstream, API key), and requests that "
    "differ only in the wording of the question. TEXT may contain ${NAME}, an environment variable: write it in "
    "single quotes, so that no key is saved in the shell's history."
)


def main(arguments: Sequence[str] | None = None, prog: str = "scripts/warm") -> int:
    options = _parser(prog).parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        config = configuration.read_file(Path(options.config) if options.config else None, os.environ)
        config, data = check_config(config, Path(options.data) if options.data else default_data_folder())
        sources = expand_folders(options.sources)
        return asyncio.run(_fill(options, sources, config, data))
    except (ConfigError, StoreError, SourceError) as exc:
        print(f"warm: {exc}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


async def _fill(options: argparse.Namespace, sources: list[str], config: Config, data: Path) -> int:
    async with open_cache(config, data, exact_only=options.exact_only) as parts:
        filler = CacheFiller(
            parts,
            _request_defaults(options),
            CallerOverrides(options.upstream and _origin(options.upstream), options.api_key, dict(options.header)),
            prefix=options.prefix,
            keyless=options.no_key,
            from_now=options.from_now,
        )
        _stop_at_signals(filler)
        results = [await filler.fill(source) for source in sources if not filler.stopped]
    print(table.format_table(results))
    if filler.stopped:
        print("warm: interrupted; start it again to continue", file=sys.stderr)
        return 130
    return 1 if any(_failed(result) for result in results) else 0


def _stop_at_signals(filler: CacheFiller) -> None:
    """Stop after the current record; on a second signal at once, since a source may hang."""

    def on_signal(*_: object) -> None:
        if filler.stopped:
            raise KeyboardInterrupt
        filler.stop()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, on_signal)


def _failed(result: SourceResult) -> bool:
    return bool(result.problem or result.broken or result.tally.failed)


def _request_defaults(options: argparse.Namespace) -> RequestDefaults:
    return RequestDefaults(options.model, options.api, options.system, options.params, options.upstream)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description=textwrap.fill(DESCRIPTION, 100),
        epilog=f"{JSON_LINES_HELP}\n{textwrap.fill(SCOPE_HELP, 100)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sources", nargs="+", metavar="FILE", help="a file (gzipped or not), a folder, or redis://…")
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the embedded default")
    parser.add_argument("--data", metavar="DIR", help="the data folder; default: the user's data folder")
    callers = parser.add_argument_group("callers that the answers are for")
    callers.add_argument("--upstream", type=_url, metavar="URL", help="the API that they call; default: as recorded")
    callers.add_argument("--api-key", type=_text, metavar="TEXT", help="their API key; default: as recorded")
    callers.add_argument(
        "--no-key", action="store_true", help="accept records without an API key, for callers without one"
    )
    callers.add_argument(
        *("--header",), type=_header, action="append", default=[], metavar="NAME:TEXT", help="a header that they send"
    )
    requests = parser.add_argument_group("requests, for sources with only questions and answers")
    requests.add_argument("--model", metavar="NAME")
    requests.add_argument("--api", choices=APIS, default="chat", help="default: chat (OpenAI's chat completions)")
    requests.add_argument("--system", metavar="TEXT", help="the system prompt")
    requests.add_argument("--params", type=_json, default={}, metavar="JSON", help="such as '{\"temperature\": 0}'")
    requests.add_argument(
        "--prefix", default=higress.PREFIX, metavar="TEXT", help=f"prefix of Higress's keys; default: {higress.PREFIX}"
    )
    storing = parser.add_argument_group("storing")
    storing.add_argument(
        "--from-now",
        action="store_true",
        help="count the life of answers from now on, however old they are; then no existing entry is replaced",
    )
    storing.add_argument("--exact-only", action="store_true", help="store no vectors: exact hits only")
    return parser


def _text(text: str) -> str:
    try:
        found = expand_variables(text, os.environ)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from None
    if not found.strip() or not found.isprintable():
        raise argparse.ArgumentTypeError("is empty or has unprintable characters")
    return found


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("is not NAME:TEXT")
    return name.strip().lower(), _text(value).strip()


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise argparse.ArgumentTypeError("is not the URL of an API, such as https://api.openai.com/v1")
    return text


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError('is not a JSON object such as {"temperature": 0}')
    return found
