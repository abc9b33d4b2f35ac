"""Injects the faults of several machines one after the other, and checks the results of each."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import itertools
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aicache.cli.progress import Progress
from benchmarks import machine, network_namespaces
from benchmarks.cluster import testbed
from benchmarks.cluster.all_faults import ALL
from benchmarks.cluster.faults import Fault
from benchmarks.cluster.losses import Inventory
from benchmarks.cluster.measurements import Row, Span, failed_row, row
from benchmarks.cluster.network import Network, network
from benchmarks.cluster.table import explanation, head, line, write
from benchmarks.cluster.testbed import SETUPS, Stage, stage
from benchmarks.errors import Problem
from benchmarks.faults.load import wait_for_answers
from benchmarks.faults.proxy_process import Plan
from benchmarks.network_namespaces import entered

FAULT_TIMEOUT_S = 120.0  # for a fault to begin, and again to end
EXTRA_OBSERVATION_S = 3.0  # after the time by which hits must be back


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds before, during and after each fault, and a factor for slow machines."""

    before: float
    during: float
    after: float
    patience: float = 1.0


FULL, QUICK = Phases(4.0, 8.0, 8.0), Phases(2.0, 4.0, 4.0)
ENTRIES = 240
REQUESTS_PER_S = 16.0
DEFAULT_SETUPS = ("cluster+redis", "cluster+pgvector", "cluster+dashvector", "one+redis")


def select_faults(names: Sequence[str]) -> list[Fault]:
    """Return the faults of these names, all by default. Raises Problem for an unknown name."""
    made = [each() for each in ALL]
    if unknown := set(names) - {each.name for each in made}:
        raise Problem(f"--only: {sorted(unknown)[0]!r} is not one of {', '.join(each.name for each in made)}")
    return [each for each in made if not names or each.name in names]


def run(names: Sequence[str], setups: Sequence[str], plan: Plan, phases: Phases, report: Path | None) -> int:
    """Print a table line by line, and the failed rows; return the exit code, 1 if a row failed. Raises Problem."""
    if lacking := network_namespaces.missing_requirement():
        raise Problem(f"cluster makes machines of its own, and cannot here: {lacking}")
    rows: list[Row] = []
    for folder in (report, plan.logs):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    with network(plan.folder) as net, entered(net.servers):
        try:
            asyncio.run(_run(names, setups, plan, phases, net, rows))
        finally:
            if report is not None:
                write(report, rows)
    failed = [each for each in rows if each.faults]
    print(f"\n{sum(each.n for each in rows)} answers checked in {len(rows)} rows; {len(failed)} failed")
    return 1 if failed else 0


async def _run(
    names: Sequence[str], setups: Sequence[str], plan: Plan, phases: Phases, net: Network, rows: list[Row]
) -> None:
    numbers, progress = itertools.count(1), Progress("cluster")
    print(head(), flush=True)
    for setup in setups:
        store, _, index = setup.partition("+")
        selected = [each for each in select_faults(names) if store in each.stores and index in each.indexes]
        if selected and (lacking := testbed.missing_requirement(setup)):
            print(f"| {setup} | skipped: {lacking} |", flush=True)
            continue
        async with AsyncExitStack() as stack:
            current: Stage | None = None
            for each in selected:
                if lacking := each.missing_requirement():
                    print(f"| {setup} | {each.title} | skipped: {lacking} |", flush=True)
                    continue
                progress.task = f"{setup}: {each.name}"
                progress.show()
                try:
                    if current is None:
                        folder = plan.folder / f"stage-{next(numbers)}"
                        current = await stack.enter_async_context(stage(plan, setup, folder, net))
                    rows.append(await measure_fault(each, current, phases))
                except (Problem, OSError, TimeoutError) as exc:  # continue with the others
                    rows.append(failed_row((setup, each.name, each.title), f"setup failed: {exc}"))
                progress.clear()
                print("\n".join([line(rows[-1]), *explanation(rows[-1])]), flush=True)
                if each.spoils_stage or rows[-1].faults:
                    await stack.aclose()
                    current = None


async def measure_fault(fault: Fault, on: Stage, phases: Phases) -> Row:
    """Inject a fault, and evaluate the clients' results."""
    inventory = Inventory(on)
    await inventory.take()
    logged, first = [proxy.log_size for proxy in on.proxies], time.monotonic()
    await asyncio.sleep(phases.before)
    begin = time.monotonic()
    inventory.add_new(first, begin)
    try:
        async with asyncio.timeout(FAULT_TIMEOUT_S):
            await fault.begin(on)
        await asyncio.sleep(max(0.0, begin + phases.during - time.monotonic()))
        async with asyncio.timeout(FAULT_TIMEOUT_S):
            await fault.end(on)
    except Exception as exc:  # the row failed; continue with the others
        fault.problems.append(f"injecting the fault failed: {type(exc).__name__}: {exc}"[:300])
        with contextlib.suppress(Exception):
            await fault.end(on)
    end = time.monotonic()
    await fault.check(on)
    expected = fault.expected.times(phases.patience)
    back = max(expected.exact or 0.0, expected.semantic or 0.0)
    await asyncio.sleep(max(phases.after, back + EXTRA_OBSERVATION_S) - (time.monotonic() - end))
    last = time.monotonic()
    await wait_for_answers(on.loads, last)
    seen = [[each for each in load.seen if each.at < last] for load in on.loads]
    pairs = [each for each in on.equal_calls.seen if each.at < last]
    losses = await inventory.compare()
    labels = (on.setup, fault.name, fault.title)
    found = row(
        labels,
        seen,
        pairs,
        Span(first, begin, end, begin if fault.heals_itself else end),
        losses,
        expected,
        fault.problems,
    )
    if found.faults and on.plan.logs is not None:
        for proxy, since in zip(on.proxies, logged, strict=True):
            (on.plan.logs / f"{on.setup}-{fault.name}-{proxy.folder.name}.log").write_text(proxy.log_text(since))
    return found


def command(arguments: Sequence[str]) -> int:
    """Run `scripts/bench cluster` with these arguments. Raises Problem."""
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(f"{each.name:16} {each.title}" for each in select_faults(())))
        return 0
    select_faults(options.only)
    if unknown := set(options.setups) - set(SETUPS):
        raise Problem(f"--setups: {sorted(unknown)[0]!r} is not one of {', '.join(SETUPS)}")
    print(machine.line(machine.describe()))
    folder = Path(tempfile.mkdtemp(prefix="ai-cache-cluster-"))
    folder.chmod(0o755)
    try:
        plan = Plan(options.entries, options.rate, Path(sys.executable), folder, logs=options.logs)
        phases = dataclasses.replace(QUICK if options.quick else FULL, patience=options.patience)
        return run(options.only, options.setups, plan, phases, options.report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench cluster",
        description="Run two proxies on machines of their own (network namespaces; needs root) that share a Redis "
        "Cluster of six nodes, or one Redis, and an index; inject faults, one after the other, under a steady load; "
        "and compare every answer with what the upstream sent. A row fails if a client got an error that the upstream "
        "did not cause, or a wrong or foreign answer, if what was stored is lost, or if hits are not back in time. "
        "Then the exit code is 1.",
        epilog="Columns: requests; failures while the proxy was killed; other errors; wrong answers; hits before, "
        "during and after, at both proxies; p99 during, in ms; seconds until repeated questions, and other wordings, "
        "hit again (after the end of the fault, or after its begin where the servers heal themselves); lost answers "
        "and vectors; pairs of equal calls at both proxies that made one call upstream, before, during and after.",
    )
    parser.add_argument("--only", type=_names, default=[], metavar="A,B", help="names from --list")
    parser.add_argument(
        "--setups",
        type=_names,
        default=list(DEFAULT_SETUPS),
        metavar="A,B",
        help=f"of {', '.join(SETUPS)} (default: {','.join(DEFAULT_SETUPS)})",
    )
    parser.add_argument("--list", action="store_true", help="list all faults")
    parser.add_argument("--quick", action="store_true", help="a few seconds per fault")
    parser.add_argument(
        "--entries", type=int, default=ENTRIES, metavar="N", help="stored questions (default %(default)s)"
    )
    parser.add_argument(
        "--rate", type=float, default=REQUESTS_PER_S, metavar="N", help="requests a second (default %(default)g)"
    )
    parser.add_argument(
        "--patience", type=float, default=1.0, metavar="N", help="factor for the time by which hits must be back"
    )
    parser.add_argument("--report", type=Path, metavar="DIR", help="write cluster.csv to this folder")
    parser.add_argument(
        "--logs", type=Path, metavar="DIR", help="write the proxies' logs of failed rows to this folder"
    )
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]
