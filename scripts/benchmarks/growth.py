"""Growth test: latency, throughput, recall, memory, disk and start-up as more and more entries are in one namespace.

One data folder is filled further by the command ``warm``, and used by a proxy that is started anew for each size.
"""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from aicache.adapters.embedders.local import DIMENSIONS, LocalEmbedder
from aicache.adapters.vectors.in_memory_vectors import LARGE_FROM_VECTORS
from aicache.adapters.vectors.zvec import ZvecIndex
from benchmarks import questions, requests, wrk_scripts
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Measurements
from benchmarks.progress_bar import StepProgress
from benchmarks.scenario import load_with_wrk, write_script
from benchmarks.systems import Fleet, System

SIZES = (1000, 10_000, 100_000)
CONNECTIONS = (1, 8)
REWORDED = 10_000
"""The questions that are asked in other words are among the first of so many."""
ASKED_AGAIN = 1000
"""Number of stored questions that are asked again in the same words, whatever the number of entries."""
DIFFERENT_NEW = 200_000
RECALL_QUESTIONS = 200
TOP_K = 5
ROOM = {"exact": {"embedded": {"max_memory": "4gb"}}}
"""Settings: by default, a million entries would not all be kept."""
KEY_BYTES, MIN_SAVED_SHARE = 64, 0.85
"""Of the keys in a graph's file; some are written only with the next one."""
IDLE_SHARE, IDLE_S, MAX_SETTLING_S = 0.1, 3.0, 3600.0
"""A proxy has settled when it used less than this share of a processor for so long."""


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured with a number of entries, with 1 and 8 connections.

    Latencies are in milliseconds, as wrk sees them, and so is the processor time of a request.
    """

    entries: int
    exact_p50_1: float
    exact_p50_8: float
    semantic_p50_1: float
    semantic_p99_1: float
    semantic_rps_1: float
    semantic_p50_8: float
    semantic_p99_8: float
    semantic_rps_8: float
    exact_cpu: float
    semantic_cpu: float
    by_meaning: float
    """Share of the questions in other words that were hits by meaning."""
    recall: float
    """Share of the five nearest vectors that the index finds."""
    warm_per_s: float
    """Entries a second that the command ``warm`` added to get here."""
    start_s: float
    """Seconds from the proxy's start until all of its parts are in use ..."""
    settled_s: float
    """... and until it has nothing to do any more, as its large namespaces are in memory."""
    build_s: float
    """The same at the first start with so many entries, with the graph to be made."""
    memory: float
    """Resident bytes of an entry: of the proxy with its child processes, beyond those with the smallest number."""
    disk: float
    """Bytes of an entry in the data folder."""


def run(folder: Path, sizes: Sequence[int], seconds: float, report: Path | None) -> int:
    """Measure each size, and print a row for each."""
    found: list[Size] = []
    steps = StepProgress("growth", 6 * len(sizes))
    least = 0
    try:
        with Fleet(folder, ["default"]) as fleet:
            data = folder / "growth-default"
            for before, entries in zip((0, *sizes), sizes, strict=False):
                growing = _Growing(fleet, folder, data, steps)
                filled = growing.fill(before, entries)
                system, _, built = growing.start(f"{entries} entries, first start", entries)
                fleet.stop(system)
                system, started, settled = growing.start(f"{entries} entries, started again", entries)
                least = least or system.memory()
                figures = growing.load(system, entries, seconds)
                memory = (system.memory() - least) / entries
                fleet.stop(system)
                steps.begin(f"{entries} entries, recall")
                recall = asyncio.run(_recall(data, entries))
                disk = sum(path.stat().st_size for path in data.rglob("*") if path.is_file()) / entries
                found.append(
                    Size(
                        entries=entries,
                        recall=recall,
                        warm_per_s=(entries - before) / filled,
                        start_s=started,
                        settled_s=settled,
                        build_s=built,
                        memory=memory,
                        disk=disk,
                        **figures,
                    )
                )
    finally:
        steps.end()
        if found:
            print(table(found), flush=True)
            if report is not None:
                write(report, found)
    return 0


class _Growing:
    """The steps of one size."""

    def __init__(self, fleet: Fleet, folder: Path, data: Path, steps: StepProgress) -> None:
        self._fleet, self._folder, self._data, self._steps = fleet, folder, data, steps
        self._config = data.with_suffix(".yaml")

    def fill(self, start: int, end: int) -> float:
        """Add entries by the command ``warm``; return the seconds that it took."""
        self._steps.begin(f"filling up to {end} entries")
        upstream = self._fleet.upstream()
        self._fleet.wait()
        self._config.write_text(yaml.safe_dump(ROOM))
        file = self._folder / "entries.jsonl"
        with file.open("w") as lines:
            for question in entries_between(start, end):
                lines.write(json.dumps({"question": question, "answer": f"It depends: {question}"}) + "\n")
        body = json.loads(requests.body())
        began = time.monotonic()
        done = subprocess.run(
            [
                *(sys.executable, "-m", "aicache", "warm", str(file), "--data", str(self._data)),
                *("--config", str(self._config), "--model", body["model"], "--system", requests.SYSTEM_PROMPT),
                *("--params", json.dumps({"temperature": body["temperature"]}), "--api-key", requests.KEY),
                *("--upstream", f"http://127.0.0.1:{upstream.port}/v1"),
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Problem(f"warm ends with {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
        return time.monotonic() - began

    def start(self, what: str, entries: int) -> tuple[System, float, float]:
        """Start a proxy; return it, and after how many seconds it was ready, and had settled."""
        self._steps.begin(what)
        began = time.monotonic()
        [system] = self._fleet.caches("growth", ROOM)
        self._fleet.wait()
        ready = time.monotonic() - began
        for question in questions.new(0, 8):  # not known in these words: each is a search of the namespace
            requests.send(system.port, requests.body(f"{question} ({what})"))
        return system, ready, self._settle(system, entries) - began

    def _settle(self, system: System, entries: int) -> float:
        """Wait until a proxy has saved the graph, if any, and has nothing to do; return since when that is so."""
        deadline = time.monotonic() + MAX_SETTLING_S
        while time.monotonic() < deadline:
            began, used = time.monotonic(), system.cpu()
            time.sleep(IDLE_S)
            saved = sum(path.stat().st_size for path in (self._data / "vectors").glob("*.keys"))
            has_graph = entries < LARGE_FROM_VECTORS or saved > MIN_SAVED_SHARE * entries * KEY_BYTES
            if has_graph and system.cpu() - used < IDLE_SHARE * IDLE_S:
                return began
        raise Problem(f"the proxy is still busy after {MAX_SETTLING_S:g} s")

    def load(self, system: System, entries: int, seconds: float) -> dict[str, float]:
        """Return the figures of `Size` from exact_p50_1 to by_meaning, by their names."""
        stored = min(entries, REWORDED)
        reworded = questions.reworded(stored)
        by_meaning = iter(reworded[place * 7919 % len(reworded)] for place in range(len(reworded)))
        same = entries_between(0, entries)[:: max(1, entries // ASKED_AGAIN)]
        figures: dict[str, dict[int, Measurements]] = {"exact": {}, "semantic": {}}
        for kind in figures:
            for connections in CONNECTIONS:
                self._steps.begin(f"{entries} entries, {kind}, {connections} connections")
                asked = same if kind == "exact" else list(itertools.islice(by_meaning, len(reworded) // 2))
                bodies = self._folder / "bodies"
                bodies.write_text("".join(requests.body(each) + "\n" for each in asked))
                script = write_script(self._folder, kind, wrk_scripts.bodies_from_file(requests.KEY, bodies))
                case = Case(f"growth, {kind}", connections, entries)
                figures[kind][connections] = load_with_wrk(system, script, case, seconds, self._steps.tick)
        by = figures["semantic"]
        return {
            **{f"exact_p50_{each}": figures["exact"][each]["p50_ms"] for each in CONNECTIONS},
            **{f"semantic_p50_{each}": by[each]["p50_ms"] for each in CONNECTIONS},
            **{f"semantic_p99_{each}": by[each]["p99_ms"] for each in CONNECTIONS},
            **{f"semantic_rps_{each}": by[each]["rps"] for each in CONNECTIONS},
            **{f"{kind}_cpu": figures[kind][1]["cpu_ms"] for kind in figures},
            "by_meaning": by[1]["semantic_share"],
        }


def entries_between(start: int, end: int) -> list[str]:
    """Return the questions of some entries: ten thousand that are asked in other words as well, and then others."""
    found = questions.stored(REWORDED)[start:end]
    for place in range(max(start, REWORDED) - REWORDED, end - REWORDED):
        again, which = divmod(place, DIFFERENT_NEW)
        [question] = questions.new(which, 1)
        found.append(f"{question} {'And then? ' * again}".strip())
    return found


async def _recall(data: Path, entries: int) -> float:
    """Return the share of the nearest neighbors of other wordings that the index finds, by their similarity."""
    embedder = LocalEmbedder()
    await embedder.load()
    [folder] = (path for path in (data / "vectors").iterdir() if path.is_dir())
    index = ZvecIndex(folder, DIMENSIONS, timeout=60.0)
    await index.open()
    try:
        await index._promotion.loading.wait()
        namespaces = index._graph_files.namespaces()
        if not namespaces:
            return 1.0  # all vectors are compared
        every = questions.reworded(min(entries, REWORDED))
        vectors = await embedder.embed(every[:: max(1, len(every) // RECALL_QUESTIONS)], "query")
        right = 0.0
        for vector in vectors:
            found = [each.similarity for each in await index.search(namespaces[0], vector, TOP_K)]
            nearest = await index._call(index._folder.search, namespaces[0], vector, TOP_K)
            exact = [each.similarity for each in nearest]
            right += float(np.count_nonzero(np.asarray(found) >= exact[-1] - 1e-5)) / TOP_K
        return float(right / len(vectors))
    finally:
        await index.close()
        await embedder.close()


def table(found: Sequence[Size]) -> str:
    """Return a line for each figure, with a column for each size."""
    lines = [f"{'':>16}" + "".join(f"{each.entries:>12,}" for each in found)]
    for field in dataclasses.fields(Size)[1:]:
        values = [getattr(each, field.name) for each in found]
        lines.append(f"{field.name:>16}" + "".join(f"{value:>12.3g}" for value in values))
    return "\n".join(lines)


def write(folder: Path, found: Sequence[Size]) -> None:
    """Write growth.csv and, where matplotlib is installed, growth.png."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "growth.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in dataclasses.fields(Size)])
        writer.writeheader()
        writer.writerows(dataclasses.asdict(each) for each in found)
    try:
        from benchmarks import plots
    except ModuleNotFoundError:
        return
    curves = ("exact_p50_1", "semantic_p50_1", "semantic_p50_8")
    plots.draw_curves(
        folder / "growth.png",
        [each.entries for each in found],
        {name: [getattr(each, name) for each in found] for name in curves},
        ("entries in one namespace", "latency, ms"),
    )
