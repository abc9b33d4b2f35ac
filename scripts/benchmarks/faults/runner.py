"""Injects the faults one after the other, and checks the results of each."""

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
from benchmarks.faults.load import wait_for_answers
from benchmarks.faults.measurements import Row, line, row, table
from benchmarks.faults.proxy_process import Plan
from benchmarks.faults.testbed import STAGES, Stage, missing_requirement, stage

FAULT_TIMEOUT_S = 120.0  # for a fault to begin, and again to end
MAX_DESCRIPTORS = 8192
EXTRA_OBSERVATION_S = 3.0  # after the time by which hits must be back, so that a late recovery is measured


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds during and after each fault, and a factor for slow machines."""

    during: float
    after: float
    patience: float = 1.0


FULL, QUICK = Phases(5.0, 6.0), Phases(2.5, 4.0)
ENTRIES, QUICK_ENTRIES = 960, 240
REQUESTS_PER_S = 55.0

ALL: tuple[Callable[[], Fault], ...] = (
    fault.Baseline,
    *valkey_faults.ALL,
    *upstream_faults.ALL,
    *client_faults.ALL,
    *process_faults.ALL,
    *disk_faults.ALL,
    *redis_faults.ALL,
)


def select_faults(names: Sequence[str]) -> list[Fault]:
    """Return the faults of these names (all by default), sorted so that they share stages.

    Raises Problem for an unknown name.
    """
    made = [each() for each in ALL]
    if unknown := set(names) - {each.name for each in made}:
        raise Problem(f"--only: {sorted(unknown)[0]!r} is not one of {', '.join(each.name for each in made)}")
    selected = [each for each in made if not names or each.name in names]
    return sorted(selected, key=lambda each: STAGES.index(each.stage_name))


def list_all() -> str:
    return "\n".join(f"{each.name:5} {each.title}" for each in select_faults(()))


def run(faults: Sequence[Fault], plan: Plan, phases: Phases, report: Path | None) -> int:
    """Print a table line by line, and the failed rows; return the exit code, 1 if a row failed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(MAX_DESCRIPTORS, hard), hard))
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
        current: Stage | None = None
        for index, each in enumerate(faults):
            if lacking := missing_requirement(each.stage_name) or each.missing_requirement():
                print(f"| {each.name} {each.title} | skipped: {lacking} |", flush=True)
                continue
            progress.task = f"{index + 1} of {len(faults)}: {each.name} {each.title}"
            progress.show()
            if current is not None and current.stage_name != each.stage_name:
                await stack.aclose()
                current = None
            try:
                if current is None:
                    folder = plan.folder / f"stage-{next(numbers)}"
                    current = await stack.enter_async_context(stage(plan, each.stage_name, folder))
                found = await measure_fault(each, current, phases)
            except (Problem, OSError) as exc:  # continue with the others
                found = measurements.skipped_row(each.name, each.title, f"setup failed: {exc}")
            rows.append(found)
            progress.clear()
            print(line(found), flush=True)
            if each.spoils_stage or found.faults or current is None or not current.proxy.runs:
                await stack.aclose()
                current = None


async def measure_fault(fault: Fault, on: Stage, phases: Phases) -> Row:
    """Inject a fault, and evaluate the clients' results."""
    await asyncio.sleep(1.0)  # so that effects of the previous fault are not counted for this one
    logged, begin = on.proxy.log_size, time.monotonic()
    duration_s = phases.during if fault.duration_s is None else fault.duration_s
    try:
        async with asyncio.timeout(FAULT_TIMEOUT_S):
            await fault.begin(on)
        await asyncio.sleep(max(0.0, begin + duration_s - time.monotonic()))
        async with asyncio.timeout(FAULT_TIMEOUT_S):
            await fault.end(on)
    except Exception as exc:  # the row failed; continue with the others
        fault.problems.append(f"injecting the fault failed: {type(exc).__name__}: {exc}"[:300])
        with contextlib.suppress(Exception):
            await fault.end(on)
    end = time.monotonic()
    expected = fault.expected.times(phases.patience)
    back = max(each or 0.0 for each in (expected.exact, expected.semantic, expected.hot))
    await asyncio.sleep(max(phases.after, fault.observation_s, back + EXTRA_OBSERVATION_S))
    last = time.monotonic()
    await wait_for_answers([on.load], last)
    lines = on.proxy.log_lines(logged) if on.proxy.log.exists() else []
    seen = [each for each in on.load.seen if each.at < last]
    found = row(fault.name, fault.title, seen, (begin, end), len(lines), expected, fault.problems)
    if found.faults and on.plan.logs is not None:
        (on.plan.logs / f"{fault.name}.log").write_text(on.proxy.log_text(logged), "utf-8")
    return found


def command(arguments: Sequence[str]) -> int:
    """Run `scripts/bench faults` with these arguments. Raises Problem."""
    options = _parser().parse_args(arguments)
    if options.list:
        print(list_all())
        return 0
    faults = select_faults(options.only)
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
        description="Inject every fault that this machine allows, one after the other, under a steady load, and "
        "compare every answer with what the upstream sent. A row fails if a client got an error that the upstream "
        "did not cause, or a wrong, foreign or truncated answer, or if hits are not back in time. Then the exit "
        "code is 1.",
        epilog="Columns: requests; failures that the upstream caused; those while the proxy was down on purpose; other "
        "errors; wrong answers; hits during and after; p99 during, in ms; seconds until repeats, paraphrases and "
        "frequent questions hit again; lines in the log.",
    )
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=[], metavar="A,B", help="names from --list"
    )
    parser.add_argument("--list", action="store_true", help="list all faults")
    parser.add_argument("--quick", action="store_true", help="a few seconds per fault, and a quarter of the entries")
    parser.add_argument(
        "--rate", type=float, default=REQUESTS_PER_S, metavar="N", help="requests a second (default %(default)g)"
    )
    parser.add_argument(
        "--patience", type=float, default=1.0, metavar="N", help="factor for the time by which hits must be back"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows to this file")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="write the proxy's log of failed rows to this folder")
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="Python for the proxy (default: this environment's)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder for data folders (default: temporary)")
    return parser
