"""Two workers against one process: how many more requests they could answer, had each process a core of its own.

On a machine of two cores the load generator, the upstream and the cache's other processes take their share of both. So
the measure is the busiest process: it is the one that would be full first, and requests per second of its processor
time are what all could answer together. What wrk and the upstream use is told, and does not count.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import proxy_metrics, questions, requests, wrk, wrk_scripts
from benchmarks.processes import Tree, command_line
from benchmarks.progress_bar import StepProgress
from benchmarks.scenario import write_script
from benchmarks.semantic import fill_store
from benchmarks.systems import Fleet, System

KINDS = ("exact hits", "hits by meaning", "misses")
MAX_QUESTIONS_PER_S = 4000  # no system is faster
PATIENT = {"lookup_timeout": "20s", "semantic": {"embedder": {"timeout": "20s"}, "index": {"timeout": "20s"}}}
"""On a busy machine, look-ups are late rather than misses: what they take of the processor is the same."""
ROLES = ("worker", "folder", "encoder", "Valkey")
"""Kinds of processes; a single proxy is a worker, and owns the folder."""


@dataclass(frozen=True, slots=True)
class Result:
    """One load. Times are processor time in ms a request."""

    rps: float
    capacity: float
    """Requests in a second of the busiest process's time."""
    busiest: str
    by_role: Mapping[str, float]
    client: float
    """Of wrk and the upstream, together."""
    share: float
    """Of requests that were what they should be."""


class Load:
    """Makes the loads of one kind; no question is sent twice that is to be new."""

    def __init__(self, folder: Path, entries: int, seconds: float) -> None:
        self._folder, self._entries, self._seconds = folder, entries, seconds
        self._sent: Counter[str] = Counter()

    def script(self, kind: str, system: System) -> Path:
        count = round(MAX_QUESTIONS_PER_S * self._seconds)
        if kind == "exact hits":
            return write_script(self._folder, "exact", wrk_scripts.repeat_body(requests.KEY, requests.body()))
        if kind == "misses":  # by whichever system: none may find the other's in the same words
            texts = questions.new(self._sent[kind], count)
            self._sent[kind] += count
        else:
            every = questions.reworded(self._entries)
            start = self._sent[system.name] % len(every)
            texts = (every[start:] + every)[:count]
        file = self._folder / "questions"
        file.write_text("".join(requests.body(each) + "\n" for each in texts))
        return write_script(self._folder, "questions", wrk_scripts.bodies_from_file(requests.KEY, file))

    def answered(self, kind: str, system: System, count: int) -> None:
        if kind == "hits by meaning":
            self._sent[system.name] += count


def run(folder: Path, seconds: float, rounds: int, connections: int, entries: int) -> int:
    """Measure all kinds of requests, the systems in turn, and print a table of medians."""
    load = Load(folder, entries, seconds)
    with Fleet(folder, ["default"]) as fleet:
        systems = [*fleet.caches("one", PATIENT), fleet.workers(2, PATIENT)]
        fleet.wait()
        for system in systems:
            fill_store(system, questions.stored(entries))
            for _ in range(20):  # connections reach all workers
                requests.warm(system, requests.body())
        steps = StepProgress("workers", len(KINDS) * rounds * len(systems))
        found: dict[tuple[str, str], list[Result]] = {}
        try:
            for kind in KINDS:
                for _ in range(rounds):
                    for system in systems:
                        steps.begin(f"{kind}, {system.name}")
                        measured = _measure(system, fleet.upstream(), kind, load, connections, seconds, steps.tick)
                        found.setdefault((kind, system.name), []).append(measured)
        finally:
            steps.end()
    print(f"medians of {rounds} rounds of {seconds:g} s, {connections} connections; CPU ms a request\n")
    print(table(found, [system.name for system in systems]))
    return 0


def table(found: Mapping[tuple[str, str], list[Result]], systems: list[str]) -> str:
    """Return the table of medians; ratios are of the same round."""
    heads = ("", "", "as meant", "rps", *(f"{role} ms" for role in ROLES), "client ms", "capacity", "x one", "busiest")
    lines = [heads]
    for kind in dict.fromkeys(kind for kind, _ in found):
        for system in systems:
            results, base = found[kind, system], found[kind, systems[0]]
            ratio = median(each.capacity / one.capacity for each, one in zip(results, base, strict=True))
            lines.append(
                (
                    *(kind, system, f"{median(each.share for each in results):.1%}"),
                    f"{median(each.rps for each in results):.0f}",
                    *(f"{median(each.by_role.get(role, 0.0) for each in results):.2f}" for role in ROLES),
                    f"{median(each.client for each in results):.2f}",
                    f"{median(each.capacity for each in results):.0f}",
                    f"{ratio:.2f}",
                    Counter(each.busiest for each in results).most_common(1)[0][0],
                )
            )
    widths = [max(len(line[place]) for line in lines) for place in range(len(heads))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _measure(
    system: System,
    upstream: System,
    kind: str,
    load: Load,
    connections: int,
    seconds: float,
    tick: Callable[[], None],
) -> Result:
    [tree] = system.trees
    script = load.script(kind, system)
    before, counts, away = _times(tree), proxy_metrics.counts(system.port), upstream.cpu()
    own = _ended_children()
    done = wrk.run(system.url, script, connections, seconds, tick)
    used = {pid: (role, time - before.get(pid, ("", 0.0))[1]) for pid, (role, time) in _times(tree).items()}
    after = proxy_metrics.counts(system.port)
    load.answered(kind, system, done.requests + connections)
    role, busiest = max(used.values(), key=lambda each: each[1])
    by_role = {each: sum(time for one, time in used.values() if one == each) * 1000 / done.requests for each in ROLES}
    tier = {"exact hits": "exact", "hits by meaning": "semantic"}.get(kind)
    seen = after["requests"] - counts["requests"]
    hits = {name: after.get(name, 0.0) - counts.get(name, 0.0) for name in ("exact", "semantic")}
    share = hits[tier] / seen if tier else 1 - sum(hits.values()) / seen
    client = (_ended_children() - own + upstream.cpu() - away) * 1000 / done.requests
    return Result(done.rps, done.requests / busiest, role, by_role, client, share)


def _ended_children() -> float:
    """Return the processor time of our children that have ended: of wrk, that is."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _times(tree: Tree) -> dict[int, tuple[str, float]]:
    """Return role and processor time of each process."""
    return {pid: (role_of(tree, pid), Tree(pid).own_cpu()) for pid in tree.pids()}


def role_of(tree: Tree, pid: int) -> str:
    """Return what a process of a proxy, or of several workers, is there for."""
    line = command_line(pid)
    if "encoder_main" in line:
        return "encoder"
    if "valkey-server" in line:
        return "Valkey"
    if pid == tree.pid:
        return "supervisor" if "aicache.cli.workers" in line else "worker"
    return "folder" if len(Tree(pid).pids()) > 1 else "worker"
