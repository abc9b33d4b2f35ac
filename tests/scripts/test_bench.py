"""`scripts/bench`: what wrk reports, what follows over rounds, and what it says when it cannot measure."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import benchmarks.__main__
import environment
from benchmarks import growth, overload, results, systems, wrk, wrk_scripts
from benchmarks.errors import Problem
from benchmarks.measurements import Case, percentile, rows
from demo.answers import Reply
from demo.upstream import StandIn

BENCH = environment.ROOT / "scripts" / "bench"
in_own_environment = pytest.mark.skipif(
    not Path(sys.executable).is_relative_to(environment.ROOT / ".venv"), reason="wants scripts/test's own environment"
)

needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wants wrk on the PATH (Debian: apt install wrk)")

REPORT = """Running 5s test @ http://127.0.0.1:8080/v1/chat/completions
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    64.51ms   90.44ms   1.20s    93.55%
    Req/Sec     1.27k   171.57     1.57k    70.00%
  Latency Distribution
     50%  812.00us
     75%    1.10ms
     90%   20.00ms
     99%    1.20s{blank}
  6337 requests in 5.01s, 8.29MB read
  Socket errors: connect 1, read 20, write 300, timeout 4000
  Non-2xx or 3xx responses: 50000
Requests/sec:   1264.84
Transfer/sec:      1.65MB
""".format(blank=" ")  # wrk pads its units


def bench(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **({"PATH": path} if path is not None else {})}
    command = [sys.executable, str(BENCH), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=variables)


def test_wrks_report_is_read_in_milliseconds_with_every_kind_of_failure() -> None:
    load = wrk.parse(REPORT)

    assert (load.requests, load.rps, load.p50, load.p99) == (6337, 1264.84, 0.812, 1200.0)
    assert load.failures == 54321


def test_a_report_without_failures_has_none() -> None:
    clean = "".join(line for line in REPORT.splitlines(True) if "errors" not in line and "Non-2xx" not in line)

    assert wrk.parse(clean).failures == 0


@pytest.mark.parametrize("out", ["", "unable to connect to 127.0.0.1:1 Connection refused"])
def test_what_is_no_report_is_a_problem(out: str) -> None:
    with pytest.raises(Problem):
        wrk.parse(out)


def test_ratios_are_of_one_round_and_then_the_median_is_taken() -> None:
    """The machine is twice as slow in the second round and thrice in the third: that changes no ratio."""
    case = Case("exact", 8, 100)

    bare, ours = rows(
        case,
        {
            "bare": [{"rps": 600, "p50_ms": 1.0}, {"rps": 300, "p50_ms": 2.0}, {"rps": 200, "p50_ms": 3.0}],
            "ai-cache": [{"rps": 1200, "p50_ms": 1.5}, {"rps": 600, "p50_ms": 2.5}, {"rps": 500, "p50_ms": 3.5}],
        },
    )

    assert ours.figures == {"rps": 600, "p50_ms": 2.5}
    assert ours.times["bare"]["rps"] == 2.0
    assert ours.beyond["bare"]["p50_ms"] == 0.5
    assert bare.times["ai-cache"]["rps"] == 0.5


def test_there_is_no_ratio_to_nothing() -> None:
    _, ours = rows(Case("exact", 1, 1), {"bare": [{"cpu_ms": 0.0}], "ai-cache": [{"cpu_ms": 1.0, "exact_share": 1.0}]})

    assert ours.times["bare"] == {}
    assert ours.beyond["bare"] == {"cpu_ms": 1.0}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentiles_are_values_that_were_seen(share: float, expected: int) -> None:
    assert percentile(range(100, 0, -1), share) == expected


@needs_wrk
async def test_wrk_asks_what_its_scripts_say(tmp_path: Path) -> None:
    """Bodies may hold what would end a string of Lua's, and a list is begun anew at its end."""
    bodies = ['{"a": "]] and ]=] and ]==]"}', '{"b": "\\"quoted\\" \\n 密"}', "[[]]"]
    (tmp_path / "bodies").write_text("\n".join(bodies) + "\n", "utf-8")
    asked = []
    for text in (wrk_scripts.repeat_body("sk-x", bodies[0]), wrk_scripts.bodies_from_file("sk-x", tmp_path / "bodies")):
        (tmp_path / "script.lua").write_text(text, "utf-8")
        async with StandIn(lambda _: Reply(body=b"{}")) as upstream:
            load = await asyncio.to_thread(wrk.run, upstream.url, tmp_path / "script.lua", 1, 1.0, lambda: None)
        asked.append(upstream.requests)
        assert load.failures == 0
        assert {(r.method, r.headers["authorization"]) for r in upstream.requests} == {("POST", "Bearer sk-x")}

    assert {request.body.decode() for request in asked[0]} == {bodies[0]}
    assert [request.body.decode() for request in asked[1][:4]] == [*bodies[1:], *bodies[:2]]


def measured(scenario: str, shares: Sequence[float] = (1.0,), failures: float = 0.0) -> str:
    ours = [{"rps": 1000.0, "p50_ms": 1.0, "exact_share": share, "failures": failures} for share in shares]
    bare = [{"rps": 500.0, "p50_ms": 2.0, "failures": 0.0} for _ in shares]
    return results.table("title", rows(Case(scenario, 8, 371), {"bare": bare, "ai-cache": ours}))


def test_a_table_has_the_columns_that_were_measured() -> None:
    table = measured("exact")

    title, heads, bare, ours = table.splitlines()
    assert title == "title"
    assert heads.split("  ")[-1] == "rps it/bare"
    assert "CPU" not in table
    assert ours.split()[-1] == "2.00"
    assert bare.split()[:3] == ["8", "371", "bare"]


def test_a_table_says_where_hits_were_none_and_requests_failed() -> None:
    assert "! ai-cache at 8 connections: only 90.0% were exact hits" in measured("exact", [0.9])
    assert "! ai-cache at 8 connections: 20.0% were no misses" in measured("misses", [0.2])
    assert "! ai-cache at 8 connections: 3 requests a load failed" in measured("exact", [1.0], failures=3)


def test_a_table_says_where_the_slowest_hits_are_faster_than_half_of_litellms() -> None:
    def at(connections: int, p99: float) -> str:
        ours, theirs = {"p50_ms": 1.0, "p99_ms": p99}, {"p50_ms": 9.0, "p99_ms": 99.0}
        return results.table("t", rows(Case("exact", connections, 1), {"ai-cache": [ours], "litellm": [theirs]}))

    assert at(1, p99=8.0).endswith("ai-cache: p99 below litellm's p50 in 1 of 1 lines")
    assert at(1, p99=10.0).endswith("ai-cache: p99 below litellm's p50 in 0 of 1 lines")


def test_results_are_written_flat_and_whole(tmp_path: Path) -> None:
    found = rows(Case("exact", 8, 371), {"bare": [{"rps": 500.0}], "ai-cache": [{"rps": 1000.0, "exact_share": 1.0}]})

    results.write(tmp_path / "new", {"cores": "2"}, found)

    with (tmp_path / "new" / "results.csv").open() as file:
        bare, ours = csv.DictReader(file)
    assert (ours["system"], ours["connections"], ours["rps_times_bare"], ours["rps_beyond_bare"]) == (
        "ai-cache",
        "8",
        "2.0",
        "500.0",
    )
    assert bare["exact_share"] == ""
    document = json.loads((tmp_path / "new" / "results.json").read_text())
    assert document["machine"] == {"cores": "2"}
    assert document["rows"][1]["times"]["bare"]["rps"] == 2.0


def test_a_speed_that_the_cache_does_not_know_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(systems.SPEEDS, "warp", {"warp": True})

    with pytest.raises(Problem, match=r"--speed warp: this version of the cache has no speed\.warp"):
        systems.speed_settings("warp")
    assert systems.speed_settings("off")["dispatch"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--only", "exact,nothing"], "'nothing' is not one of exact"),
        (["--connections", "8,x"], "'x' is not a positive integer"),
        (["--seconds", "0"], "'0' is not a positive integer"),
        (["--speed", "slow"], "'slow' is not one of default"),
    ],
)
def test_mistakes_are_named_before_anything_starts(
    arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    with pytest.raises(SystemExit) as refused:
        benchmarks.__main__.main()

    assert refused.value.code == 2
    assert says in capsys.readouterr().err


@in_own_environment
def test_without_wrk_it_says_how_to_get_it(tmp_path: Path) -> None:
    refused = bench("--quick", path=str(tmp_path))

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "apt install wrk" in refused.stderr


def test_under_overload_failures_and_too_few_hits_are_named_for_the_cache_and_failures_for_the_other() -> None:
    ours = overload.OverloadResult("ai-cache", 300, 1000, {}, 0.94, 100.0, 0.5, 1.0)
    bare = replace(ours, system="bare", failures={0: 2, 502: 1}, hits=0.0)

    assert overload.find_problems([ours, bare], ["ai-cache"]) == [
        "ai-cache, 300 connections: only 94.0% of the stored questions were hits",
        "bare, 300 connections: of 1000 requests failed (status: times) {0: 2, 502: 1}",
    ]
    assert overload.find_problems([replace(ours, hits=0.96)], ["ai-cache"]) == []


def test_a_growing_store_has_different_questions_and_each_size_goes_on_where_the_one_before_ended() -> None:
    parts = [*growth.entries_between(0, 9_990), *growth.entries_between(9_990, 10_010)]

    assert parts == growth.entries_between(0, 10_010)
    assert len(set(parts)) == 10_010
    place = growth.REWORDED + growth.DIFFERENT_NEW
    assert growth.entries_between(place, place + 1) != growth.entries_between(growth.REWORDED, growth.REWORDED + 1)


def test_the_figures_of_growth_are_a_table_and_a_file(tmp_path: Path) -> None:
    names = [field.name for field in dataclasses.fields(growth.Size)]
    found = [growth.Size(*(number * 1.5 for number in range(start, start + len(names)))) for start in (1, 2)]

    growth.write(tmp_path / "report", found)

    with (tmp_path / "report" / "growth.csv").open() as file:
        written = list(csv.DictReader(file))
    assert [[float(row[name]) for name in names] for row in written] == [list(dataclasses.astuple(x)) for x in found]
    lines = growth.table(found).splitlines()
    assert [line.split()[0] for line in lines[1:]] == names[1:]
