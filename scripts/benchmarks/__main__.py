"""The command behind `scripts/bench`: compares the proxy with a bare mitmdump, and tests its limits."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks import (
    bounds,
    dashboard,
    exact,
    followers,
    formats,
    growth,
    guards,
    handshakes,
    in_flight,
    machine,
    misses,
    overload,
    results,
    semantic,
    soak,
    soak_in_flight,
    soak_workers,
    streams,
    telemetry_growth,
    workers,
    worst_body_search,
    wrk,
)
from benchmarks.errors import Problem
from benchmarks.measurements import Row
from benchmarks.scenario import Plan, Scenario, run
from benchmarks.systems import SPEEDS, Fleet, speed_settings

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
KB, MB = 1024, 1024**2
SIZES = (KB, 16 * KB, 128 * KB, MB)


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that all child processes are ended
    try:
        if sys.argv[1:2] == ["faults"]:  # has its own options, and needs POSIX
            from benchmarks.faults import runner

            return runner.command(sys.argv[2:])
        if sys.argv[1:2] == ["cluster"]:  # and Linux, with root
            from benchmarks.cluster import runner as cluster

            return cluster.command(sys.argv[2:])
        options = _parser().parse_args()
        if options.what == "formats":
            return formats.measure()
        if options.what == "guards":
            return guards.measure()
        if options.what == "bounds":
            return _bounds(options)
        if options.what == "watchers":
            return _watchers(options)
        if options.what == "handshakes":
            return _handshakes(options)
        if options.what == "workers":
            return _workers(options)
        if options.what == "growth":
            return _growth(options)
        if options.what == "overload":
            return _overload(options)
        if options.what == "soak-in-flight":
            return _soak_in_flight(options)
        if options.what == "soak-workers":
            return _soak_workers(options)
        return _soak(options) if options.what == "soak" else _compare(options)
    except Problem as exc:
        print(f"bench: {exc}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
    return 1


def _compare(options: argparse.Namespace) -> int:
    wrk.check_installed()
    for speed in options.speed:
        speed_settings(speed)
    plan = _plan(options)
    about = machine.describe()
    print(machine.line(about))
    print(f"medians of {plan.rounds} rounds of {plan.seconds:g} s; ratios and differences are of the same round")
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name,
        Fleet(Path(name), options.speed) as fleet,
    ):
        for scenario in options.only:
            measuring = SCENARIOS[scenario](fleet, Path(name), plan)
            found: list[Row] = []
            try:
                run(measuring, plan.rounds, found)
            finally:  # keep what was measured before an interruption or error
                rows += found
                if found:
                    print(f"\n{results.table(measuring.title, found)}", flush=True)
                if found and options.report:
                    _report(Path(options.report), about, rows, measuring.title, found)
    return 0


def _soak(options: argparse.Namespace) -> int:
    [speed, *more] = options.speed
    speed_settings(speed)
    if more:
        raise Problem("--speed: a soak test takes a single one")
    print(machine.line(machine.describe()))
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        report = Path(options.report) if options.report else None
        return soak.run(Path(name), speed, options.minutes, options.rate, report)


def _soak_in_flight(options: argparse.Namespace) -> int:
    [speed, *_] = options.speed
    speed_settings(speed)
    print(machine.line(machine.describe()))
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        return soak_in_flight.run(Path(name), speed, options.minutes)


def _soak_workers(options: argparse.Namespace) -> int:
    print(machine.line(machine.describe()))
    settings = soak_workers.Settings(options.minutes * 60, options.rate or soak_workers.RATE)
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        return soak_workers.run(Path(name), settings, Path(options.report) if options.report else None)


def _overload(options: argparse.Namespace) -> int:
    print(machine.line(machine.describe()))
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        connections = options.connections or overload.CONNECTIONS
        return overload.run(Path(name), options.speed, connections, 2 if options.quick else options.seconds)


def _growth(options: argparse.Namespace) -> int:
    wrk.check_installed()
    print(machine.line(machine.describe()))
    sizes = options.entries or ((300, 1000) if options.quick else growth.SIZES)
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        report = Path(options.report) if options.report else None
        return growth.run(Path(name), sizes, 1 if options.quick else options.seconds, report)


def _handshakes(options: argparse.Namespace) -> int:
    print(machine.line(machine.describe()))
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        return handshakes.run(Path(name), 10 if options.quick else 100)


def _workers(options: argparse.Namespace) -> int:
    wrk.check_installed()
    print(machine.line(machine.describe()))
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        connections, entries = (options.connections or (32,))[0], 200 if options.quick else 2000
        rounds = 1 if options.quick else options.rounds
        return workers.run(Path(name), 1 if options.quick else options.seconds, rounds, connections, entries)


def _watchers(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        return asyncio.run(telemetry_growth.measure(Path(name), 20_000 if options.quick else 1_000_000))


def _bounds(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="ai-cache-bench-") as name:
        report = Path(options.report) if options.report else None
        size = round(options.megabytes * MB)
        if options.hunt:
            return worst_body_search.run(Path(name), Path(options.script), size, options.minutes * 60, report)
        return bounds.measure(Path(name), Path(options.script), size, options.shapes, report)


def _report(folder: Path, about: dict[str, str], rows: list[Row], title: str, found: list[Row]) -> None:
    """Write the results so far."""
    results.write(folder, about, rows)
    try:
        from benchmarks import plots
    except ModuleNotFoundError:
        print("bench: no plots, since matplotlib (the extra evaluate) is missing", file=sys.stderr)
        return
    plots.draw(folder, title, found)


def _plan(options: argparse.Namespace) -> Plan:
    if options.quick:
        return Plan(options.connections or (8,), 1, 1, (KB, 128 * KB), 200, options.litellm)
    return Plan(options.connections or (1, 8, 64, 256), options.seconds, options.rounds, SIZES, 10_000, options.litellm)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Benchmark the proxy against a bare mitmdump in one run. Compare ratios: machines are noisy.",
        epilog="exact and sizes are compared with a bare mitmdump whose addon sends a constant answer.",
    )
    parser.add_argument(
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
    parser.add_argument(
        "--only",
        type=_names(SCENARIOS),
        default=list(DEFAULT_SCENARIOS),
        metavar="A,B",
        help=f"scenarios: {', '.join(SCENARIOS)} (default: {','.join(DEFAULT_SCENARIOS)})",
    )
    parser.add_argument(
        "--entries", type=_numbers, metavar="N,N", help="for growth: default 1000,10000,100000; a million takes hours"
    )
    parser.add_argument("--connections", type=_numbers, metavar="N,N", help="default 1,8,64,256")
    parser.add_argument(
        "--seconds", type=_positive, default=5, metavar="N", help="duration of each load (default %(default)s)"
    )
    parser.add_argument(
        "--rounds", type=_positive, default=3, metavar="N", help="rounds whose median is reported (default %(default)s)"
    )
    parser.add_argument(
        "--speed",
        type=_names(SPEEDS),
        default=["default"],
        metavar="A,B",
        help=f"{', '.join(SPEEDS)}: optimizations of mitmproxy; several are compared",
    )
    parser.add_argument(
        "--litellm", action="store_true", help="also compare LiteLLM's proxy with a Redis cache; makes its environment"
    )
    parser.add_argument("--quick", action="store_true", help="finish within half a minute, with rough figures")
    parser.add_argument(
        "--minutes", type=_positive, default=20, metavar="N", help="duration of a soak test (default %(default)s)"
    )
    parser.add_argument(
        "--rate",
        type=_rate,
        metavar="half|N",
        help="requests per second of a soak test; half (default): half the capacity, measured first (24 for "
        "soak-workers)",
    )
    parser.add_argument(
        "--shapes", type=lambda text: text.split(","), metavar="A,B", help="shapes of bodies for bounds (default: all)"
    )
    parser.add_argument(
        "--megabytes", type=float, default=3.9, metavar="N", help="size of bodies for bounds (default %(default)s)"
    )
    parser.add_argument("--script", default=str(bounds.ADDON), metavar="FILE", help="another ai_cache.py for bounds")
    parser.add_argument(
        "--hunt", action="store_true", help="for bounds: search randomly for worse bodies, for --minutes"
    )
    parser.add_argument("--report", metavar="DIR", help="write results.csv, results.json and plots to this folder")
    return parser


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


if __name__ == "__main__":
    sys.exit(main())
