"""The command ``ai-cache cassette``: converts cassettes from and to the formats of other programs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aicache import config as configuration
from aicache.cassette.cassette_file import CassetteFile
from aicache.cassette.file_format import CassetteError
from aicache.cassette.interaction import Interaction
from aicache.cassette.redaction import Redaction, RedactionTooSlow
from aicache.cli.cassette import formats
from aicache.cli.warm.records import BrokenRecord, SourceError
from aicache.config import ConfigError

OURS, VCR, FLOWS = "ai-cache", "vcrpy", "mitmproxy"
EPILOG = """
SOURCE is a cassette of this cache, of vcrpy or of VCR, flows that mitmproxy saved (-w), or a HAR file; which one is
seen from the file. Secrets are redacted on the way into a cassette of this cache, as when it is recorded.

  {prog} convert tests/cassettes/test_chat.yaml tests/chat.yaml     vcrpy's to ours
  {prog} convert tests/chat.yaml chat.mitm                          ours to mitmproxy's, for mitmweb -r chat.mitm

Exit code 1: a recording could not be read, and is left out; stderr says which and why.
"""


def main(arguments: Sequence[str] | None = None, prog: str = "ai-cache cassette") -> int:
    options = _parser(prog).parse_args(arguments)
    try:
        config = configuration.read_file(Path(options.config) if options.config else None, os.environ)
        return _convert(options.source, options.target, options.to, Redaction(config.cassette.redact))
    except (ConfigError, CassetteError, SourceError, RedactionTooSlow) as exc:
        print(f"cassette: {exc}", file=sys.stderr)
    except OSError as exc:
        print(f"cassette: {exc.filename or options.target}: {exc.strerror or exc}", file=sys.stderr)
    return 1


def _convert(source: Path, target: Path, to: str | None, redaction: Redaction) -> int:
    is_ours = formats.is_ours(source)
    to = to or (FLOWS if target.suffix in (".mitm", ".flow", ".flows") else VCR if is_ours else OURS)
    interactions: list[Interaction] = []
    broken = 0
    for each in formats.read_ours(source) if is_ours else formats.read_others(source, redaction):
        if isinstance(each, BrokenRecord):
            print(f"cassette: {each.position.name}: {each.reason}", file=sys.stderr)
            broken += 1
        else:
            interactions.append(redaction.interaction(each) if to == OURS else each)
    match to:
        case "ai-cache":
            CassetteFile(target).write(interactions)
        case "vcrpy":
            formats.write_vcr(interactions, target)
        case "mitmproxy":
            formats.write_flows(interactions, target)
    print(f"{target}: {len(interactions)} recordings, as {to} has them")
    return 1 if broken else 0


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="Convert cassettes.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    convert = commands.add_parser(
        "convert",
        help="convert a cassette from or to the format of another program",
        description="Convert a cassette from or to the format of another program.",
        epilog=EPILOG.format(prog=prog),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    convert.add_argument("source", metavar="SOURCE", type=Path, help="the file to read")
    convert.add_argument("target", metavar="TARGET", type=Path, help="the file to write; it is replaced")
    convert.add_argument(
        "--to",
        choices=(OURS, VCR, FLOWS),
        help="the format to write; else mitmproxy for a TARGET that ends in .mitm or .flow, vcrpy if SOURCE is a "
        "cassette of this cache, and else a cassette of this cache",
    )
    convert.add_argument("--config", metavar="FILE", help="the cache's YAML, for cassette.redact")
    return parser
