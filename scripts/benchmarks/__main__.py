"""The command behind `scripts/bench`: compares the proxy with a bare mitmdump, and tests its limits."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    bounds,
    formats,
    growth,
    guards,
    handshakes,
    machine,
    overload,
    results,
    soak,
    soak_in_flight,
    soak_workers,
    telemetry_growth,
    workers,
    worst_body_search,
    wrk,
)
from benchmarks.arguments import SCENARIOS, parser
from benchmarks.errors import Problem
from benchmarks.measurements import Row
from benchmarks.scenario import Plan, run
from benchmarks.systems import Fleet, speed_settings

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
        options = parser().parse_args()
        if options.what not in COMMANDS:
            raise Problem(f"{options.what}: name it first, before its options")
        return COMMANDS[options.what](options)
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


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "table": _compare,
    "soak": _soak,
    "soak-in-flight": _soak_in_flight,
    "soak-workers": _soak_workers,
    "overload": _overload,
    "watchers": _watchers,
    "formats": lambda _: formats.measure(),
    "guards": lambda _: guards.measure(),
    "bounds": _bounds,
    "handshakes": _handshakes,
    "workers": _workers,
    "growth": _growth,
}
"""But for faults and cluster, which parse their own arguments."""


if __name__ == "__main__":
    sys.exit(main())
