"""The command behind `scripts/bench`."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from benchmarks import formats, hits, misses


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure the proxy beside a bare mitmdump, in one run. Read the ratios: machines are noisy.",
        epilog="hits: exact hits per second, p50 and p99 at 1, 8 and 64 connections (needs wrk). "
        "misses: first token and end of a stream that goes upstream. "
        "formats: microseconds per kilobyte to read and to write each API's bodies.",
    )
    parser.add_argument("what", nargs="?", choices=("all", "hits", "misses", "formats"), default="all")
    parser.add_argument("--seconds", type=int, default=5, help="of load for each figure (default %(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="of hits, of which the median counts (default %(default)s)"
    )
    parser.add_argument("--requests", type=int, default=60, help="of misses (default %(default)s)")
    options = parser.parse_args()
    print(
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"mitmproxy {version('mitmproxy')}, redis {version('redis')}"
    )
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        folder = Path(name)
        failed = 0
        if options.what in ("all", "hits"):
            failed |= asyncio.run(hits.measure(folder, options.seconds, options.rounds))
        if options.what in ("all", "misses"):
            failed |= asyncio.run(misses.measure(folder, options.requests))
    if options.what in ("all", "formats"):
        failed |= formats.measure()
    return failed


if __name__ == "__main__":
    sys.exit(main())
