"""The arguments of `scripts/bench`, but for those of its commands faults and cluster."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import (
    bounds,
    dashboard,
    exact,
    followers,
    in_flight,
    misses,
    semantic,
    streams,
)
from benchmarks.scenario import Plan, Scenario
from benchmarks.systems import SPEEDS, Fleet

SCENARIOS: dict[str, Callable[[Fleet, Path, Plan], Scenario]] = {
    "exact": exact.Exact,
    "sizes": exact.Sizes,
    "semantic": semantic.Semantic,
    "misses": misses.Misses,
    "streams": streams.Streams,
    "dashboard": dashboard.Dashboard,
    "in-flight": in_flight.InFlight,
    "followers": followers.Followers,
}
DEFAULT_SCENARIOS = ("exact", "sizes", "semantic", "misses", "streams")
"""The scenarios without --only."""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Benchmark the proxy against a bare mitmdump in one run. Compare ratios: machines are noisy.",
        epilog="exact and sizes are compared with a bare mitmdump whose addon sends a constant answer.",
    )
    made.add_argument(
        "what",
        nargs="?",
        choices=(
            "table",
            "soak",
            "overload",
            "watchers",
            "formats",
            "guards",
            "bounds",
            "faults",
            "cluster",
            "handshakes",
            "workers",
            "growth",
            "soak-in-flight",
            "soak-workers",
        ),
        default="table",
        help="table (default): the comparison; soak: a mixed load for --minutes, with error counts and memory use; "
        "overload: stored and new questions over more --connections (100,300,600) than can be served at once, and the "
        "hit rate of the stored ones; watchers: memory growth of telemetry over a million requests; formats: "
        "microseconds to parse and render each API's bodies; guards: milliseconds to read and "
        "compare two questions, by language and length; bounds: the cost of hostile requests to other clients, in "
        "memory and waiting time; faults: fault injection under a load whose answers are all checked (see faults "
        "--help); cluster: the same for two proxies on machines of their own, a Redis Cluster and a shared index (see "
        "cluster --help); handshakes: the first byte of requests on new connections, to an upstream behind TLS; "
        "workers: two workers against one process, by the time of the busiest process; "
        "growth: the same look-ups among more and more --entries of one namespace; "
        "soak-in-flight: equal requests, streams, clients that leave or read slowly, at two proxies, for --minutes, "
        "while the upstream is killed now and then, and what is left of it; "
        "soak-workers: a mixed load on two workers for --minutes, while entries expire, are evicted and purged: "
        "whether store and index are in step, files and memory",
    )
    made.add_argument(
        "--only",
        type=_names(SCENARIOS),
        default=list(DEFAULT_SCENARIOS),
        metavar="A,B",
        help=f"scenarios: {', '.join(SCENARIOS)} (default: {','.join(DEFAULT_SCENARIOS)})",
    )
    made.add_argument(
        "--entries", type=_numbers, metavar="N,N", help="for growth: default 1000,10000,100000; a million takes hours"
    )
    made.add_argument("--connections", type=_numbers, metavar="N,N", help="default 1,8,64,256")
    made.add_argument(
        "--seconds", type=_positive, default=5, metavar="N", help="duration of each load (default %(default)s)"
    )
    made.add_argument(
        "--rounds", type=_positive, default=3, metavar="N", help="rounds whose median is reported (default %(default)s)"
    )
    made.add_argument(
        "--speed",
        type=_names(SPEEDS),
        default=["default"],
        metavar="A,B",
        help=f"{', '.join(SPEEDS)}: optimizations of mitmproxy; several are compared",
    )
    made.add_argument(
        "--litellm", action="store_true", help="also compare LiteLLM's proxy with a Redis cache; makes its environment"
    )
    made.add_argument("--quick", action="store_true", help="finish within half a minute, with rough figures")
    made.add_argument(
        "--minutes", type=_positive, default=20, metavar="N", help="duration of a soak test (default %(default)s)"
    )
    made.add_argument(
        "--rate",
        type=_rate,
        metavar="half|N",
        help="requests per second of a soak test; half (default): half the capacity, measured first (24 for "
        "soak-workers)",
    )
    made.add_argument(
        "--shapes", type=lambda text: text.split(","), metavar="A,B", help="shapes of bodies for bounds (default: all)"
    )
    made.add_argument(
        "--megabytes", type=float, default=3.9, metavar="N", help="size of bodies for bounds (default %(default)s)"
    )
    made.add_argument("--script", default=str(bounds.ADDON), metavar="FILE", help="another ai_cache.py for bounds")
    made.add_argument("--hunt", action="store_true", help="for bounds: search randomly for worse bodies, for --minutes")
    made.add_argument("--report", metavar="DIR", help="write results.csv, results.json and plots to this folder")
    return made


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a parser of comma-separated names."""

    def read(text: str) -> list[str]:
        names = list(dict.fromkeys(name.strip() for name in text.split(",")))
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {', '.join(known)}")
        return names

    return read


def _numbers(text: str) -> list[int]:
    return [_positive(number) for number in text.split(",")]


def _positive(text: str) -> int:
    if not text.strip().isdecimal() or not (number := int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive integer")
    return number


def _rate(text: str) -> float | None:
    return None if text == "half" else _positive(text)
