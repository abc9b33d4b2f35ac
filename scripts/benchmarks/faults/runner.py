"""Goes through the faults, one after the other, and says of each whether all was as it should be."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import json
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aicache.cli.progress import Progress
from benchmarks import machine
from benchmarks.errors import Problem
from benchmarks.faults import (
    client_faults,
    disk_faults,
    fault,
    measurements,
    process_faults,
    redis_faults,
    upstream_faults,
    valkey_faults,
)
from benchmarks.faults.fault import Fault
from benchmarks.faults.load import WITHIN
from benchmarks.faults.measurements import Row, line, row, table
from benchmarks.faults.testbed import STAGES, Plan, Stage, lacks, stage

BEGIN_WITHIN = 120.0  # seconds that a fault may take to begin, and to end
DESCRIPTORS = 8192
LONGER = 3.0  # seconds that are looked at after the time in which hits are to be back, so that a row says when they are


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds of each fault: while it lasts, and after; and how much longer than on an idle machine all may take."""

    during: float
    after: float
    patience: float = 1.0


FULL, QUICK = Phases(5.0, 6.0), Phases(2.5, 4.0)
ENTRIES, QUICK_ENTRIES = 960, 240
RATE = 55.0

ALL: tuple[Callable[[], Fault], ...] = (
    fault.Baseline,
    *valkey_faults.ALL,
    *upstream_faults.ALL,
    *client_faults.ALL,
    *process_faults.ALL,
    *disk_faults.ALL,
    *redis_faults.ALL,
)


def named(names: Sequence[str]) -> list[Fault]:
    """Return the faults of these names, all where there are none, in the order in which stages are shared.

    Raises Problem for one that there is not.
    """
    made = [each() for each in ALL]
    if unknown := set(names) - {each.name for each in made}:
        raise Problem(f"--only: {sorted(unknown)[0]!r} is none of {', '.join(each.name for each in made)}")
    wanted = [each for each in made if not names or each.name in names]
    return sorted(wanted, key=lambda each: STAGES.index(each.where))


def list_all() -> str:
    return "\n".join(f"{each.name:5} {each.title}" for each in named(()))


def run(faults: Sequence[Fault], plan: Plan, phases: Phases, report: Path | None) -> int:
    """Print a table, a line as soon as it is known, and a verdict; return the exit code, 1 when a row has failed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
    for folder in (plan.data, plan.logs):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    try:
        asyncio.run(_run(faults, plan, phases, rows))
    finally:
        if report is not None:
            report.write_text(json.dumps([dataclasses.asdict(each) for each in rows], indent=1) + "\n", "utf-8")
    failed = [each for each in rows if each.faults]
    checked = sum(each.n for each in rows)
    print(f"\n{checked} answers checked in {len(rows)} rows; {len(failed)} failed")
    for each in failed:
        print(f"! {each.name} {each.title}: {'; '.join(each.faults)}")
        for note in each.notes:
            print(f"    {note}")
    return 1 if failed else 0


async def _run(faults: Sequence[Fault], plan: Plan, phases: Phases, rows: list[Row]) -> None:
    numbers = itertools.count(1)
    print(table(()), flush=True)
    progress = Progress("faults")
    async with AsyncExitStack() as stack:
        now: Stage | None = None
        for place, each in enumerate(faults):
            if lacking := lacks(each.where) or each.lacks():
                print(f"| {each.name} {each.title} | skipped: {lacking} |", flush=True)
                continue
            progress.task = f"{place + 1} of {len(faults)}: {each.name} {each.title}"
            progress.show()
            if now is not None and now.where != each.where:
                await stack.aclose()
                now = None
            try:
                if now is None:
                    folder = plan.folder / f"stage-{next(numbers)}"
                    now = await stack.enter_async_context(stage(plan, each.where, folder))
                found = await measured(each, now, phases)
            except (Problem, OSError) as exc:  # the others are to be seen all the same
                found = measurements.unmade(each.name, each.title, f"it could not be set up: {exc}")
            rows.append(found)
            progress.clear()
            print(line(found), flush=True)
            if each.spoils or found.faults or now is None or not now.proxy.runs:
                await stack.aclose()
                now = None


async def measured(fault: Fault, on: Stage, phases: Phases) -> Row:
    """Let a fault happen, and look at what the clients saw."""
    await asyncio.sleep(1.0)  # of quiet, so that what the last one has left is not taken for this one's
    logged, begin = on.proxy.logged, time.monotonic()
    lasts = phases.during if fault.lasts is None else fault.lasts
    try:
        async with asyncio.timeout(BEGIN_WITHIN):
            await fault.begin(on)
        await asyncio.sleep(max(0.0, begin + lasts - time.monotonic()))
        async with asyncio.timeout(BEGIN_WITHIN):
            await fault.end(on)
    except Exception as exc:  # the row has failed, the others are to be seen all the same
        fault.said.append(f"the fault could not be made: {type(exc).__name__}: {exc}"[:300])
        with contextlib.suppress(Exception):
            await fault.end(on)
    end = time.monotonic()
    expected = fault.expected.times(phases.patience)
    back = max(each or 0.0 for each in (expected.exact, expected.semantic, expected.hot))
    await asyncio.sleep(max(phases.after, fault.after, back + LONGER))
    last = time.monotonic()
    await _answered(on, last)
    lines = on.proxy.lines(logged) if on.proxy.log.exists() else []
    seen = [each for each in on.load.seen if each.at < last]
    found = row(fault.name, fault.title, seen, (begin, end), len(lines), expected, fault.said)
    if found.faults and on.plan.logs is not None:
        (on.plan.logs / f"{fault.name}.log").write_text(on.proxy.said(logged), "utf-8")
    return found


async def _answered(on: Stage, last: float) -> None:
    """Wait for what was asked until then, at most as long as clients do."""
    deadline = last + WITHIN
    while on.load.waits(last) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


def command(arguments: Sequence[str]) -> int:
    """Do as `scripts/bench faults` with these arguments. Raises Problem."""
    options = _parser().parse_args(arguments)
    if options.list:
        print(list_all())
        return 0
    faults = named(options.only)
    print(machine.line(machine.describe()))
    folder = Path(tempfile.mkdtemp(prefix="ai-cache-faults-"))
    try:
        entries = QUICK_ENTRIES if options.quick else ENTRIES
        plan = Plan(entries, options.rate, options.python, folder, options.data, options.logs)
        phases = dataclasses.replace(QUICK if options.quick else FULL, patience=options.patience)
        return run(faults, plan, phases, options.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench faults",
        description="Make every fault that can be made here, one after the other, under a steady load of which every "
        "answer is compared with what the upstream sent. A row fails when a client saw an error that the upstream did "
        "not cause, or a wrong, foreign, cut or short answer, or when hits are not back in time. Exit code 1 then.",
        epilog="Columns: requests; failures that the upstream caused; those while the proxy was down on purpose; other "
        "errors; wrong answers; hits during and after; p99 during, in ms; seconds until repeats, other wordings and "
        "what is asked often hit again; lines in the log.",
    )
    parser.add_argument("--only", type=lambda text: text.split(","), default=[], metavar="A,B", help="of --list")
    parser.add_argument("--list", action="store_true", help="name all faults")
    parser.add_argument("--quick", action="store_true", help="some seconds for each, and a quarter of the entries")
    parser.add_argument("--rate", type=float, default=RATE, metavar="N", help="requests a second (default %(default)g)")
    parser.add_argument(
        "--patience", type=float, default=1.0, metavar="N", help="times the time in which hits are to be back"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there as well")
    parser.add_argument(
        "--logs", type=Path, metavar="DIR", help="write there what the proxy logged in rows that failed"
    )
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="runs the proxy (default: this environment's)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="where data folders are made (default: temporary)")
    return parser
