"""`scripts/bench cluster`: that its rows judge, that its links do what they say, and a fault with real machines."""

from __future__ import annotations

import asyncio
import csv
import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="wants POSIX")

import environment
from benchmarks.cluster import runner, slow_cable, testbed
from benchmarks.cluster.equal_calls import Pair
from benchmarks.cluster.measurements import Expected, Losses, Row, Span, row
from benchmarks.cluster.network import BACK, FRONT, SERVERS, Network, network
from benchmarks.cluster.table import head, line, write
from benchmarks.errors import Problem
from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.load import CheckedRequest
from benchmarks.faults.requests import Kind
from benchmarks.network_namespaces import entered
from namespaces import needed

SPAN = Span(0.0, 4.0, 8.0, 8.0)
LABELS = ("cluster+redis", "nap", "a nap")
CALM = Expected(exact=1.0, semantic=2.0, during=(0.9, 0.9))
PORT = 9999
WANTED = "AI_CACHE_CLUSTER"


def seen(at: float, *, hit: bool = True, verdict: Verdict = Verdict.GOOD, why: str = "") -> list[CheckedRequest]:
    kinds = (Kind.REPEAT, Kind.PARAPHRASE)
    return [CheckedRequest(kind, at, 0.01, verdict, why, "exact" if hit else "miss") for kind in kinds]


def load(back: float = 8.0, *, down: bool = False) -> list[CheckedRequest]:
    """Hits until the fault begins, and again from *back* on."""
    times = [place / 10 for place in range(200)]
    verdict = Verdict.DOWN if down else Verdict.GOOD
    return [
        each for at in times for each in (seen(at) if at < 4 or at >= back else seen(at, hit=False, verdict=verdict))
    ]


def judged(
    first: list[CheckedRequest],
    second: list[CheckedRequest],
    expected: Expected = CALM,
    losses: Losses | None = None,
    calls: int = 1,
) -> Row:
    pairs = [Pair(float(at), calls if at >= 8 else 1, True) for at in range(20)]
    return row(LABELS, (first, second), pairs, SPAN, losses or Losses(9, 0, 9, 0), expected, ())


def test_a_fault_without_effect_is_in_order() -> None:
    found = judged(load(4.0), load(4.0))

    assert not found.faults
    assert found.hits == ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
    assert (found.exact, found.semantic) == (0.0, 0.0)
    assert found.one_call == ((4, 4), (4, 4), (12, 12))


@pytest.mark.parametrize(("back", "late"), [(8.5, 0), (9.6, 1), (12.0, 2)])
def test_hits_must_be_back_at_both_proxies(back: float, late: int) -> None:
    found = judged(load(4.0), load(back), dataclasses.replace(CALM, during=(0.9, 0.0)))

    assert len(found.faults) == late
    assert found.exact == pytest.approx(back - 8, abs=1.0)


def test_the_other_proxy_must_have_hits_meanwhile() -> None:
    [fault] = judged(load(8.0), load(8.0), dataclasses.replace(CALM, during=(0.0, 0.9))).faults

    assert "at proxy b" in fault


def test_failures_of_a_killed_proxy_are_its_own() -> None:
    killed = load(8.0, down=True)

    assert not judged(killed, load(4.0), dataclasses.replace(CALM, during=(0.0, 0.9), down=0)).faults
    assert judged(killed, load(4.0), dataclasses.replace(CALM, during=(0.0, 0.9))).faults
    assert judged(load(4.0), killed, dataclasses.replace(CALM, during=(0.9, 0.0), down=0)).faults


def test_a_bad_answer_at_either_proxy_fails_a_row() -> None:
    wrong = seen(5.0, verdict=Verdict.WRONG, why="a hit on another caller's answer")
    failed = seen(5.0, verdict=Verdict.ERROR, why="status 502")

    for first, second in ((wrong, []), ([], wrong)):
        found = judged(load(4.0) + first, load(4.0) + second)
        assert (found.wrong, found.foreign, len(found.faults)) == (2, 2, 1)
    assert judged(load(4.0) + failed, load(4.0)).notes == ("err: status 502",)


def test_losses_and_double_calls_fail_a_row() -> None:
    assert judged(load(4.0), load(4.0), losses=Losses(9, 1, 9, 0)).faults
    assert judged(load(4.0), load(4.0), losses=Losses(9, 0, 9, 1)).faults
    forgetful = dataclasses.replace(CALM, keeps_vectors=False)
    assert not judged(load(4.0), load(4.0), forgetful, losses=Losses(9, 0, 9, 9)).faults
    assert judged(load(4.0), load(4.0), calls=2).faults


def test_rows_are_written_as_a_table_and_as_csv(tmp_path: Path) -> None:
    found = judged(load(4.0), load(12.0))
    write(tmp_path, [found])

    with (tmp_path / "cluster.csv").open(newline="") as file:
        [read] = csv.DictReader(file)
    assert (read["shared"], read["fault"], read["requests"]) == ("cluster+redis", "nap", "800")
    assert read["hits_during_b"] == "0.000" and "not within" in read["deviations"]
    assert line(found).count("|") == head().splitlines()[0].count("|")
    assert "FAILED" in line(found)


def test_unknown_names_are_problems() -> None:
    with pytest.raises(Problem, match="'flood' is not one of baseline, "):
        runner.command(["--only", "flood"])
    with pytest.raises(Problem, match=r"'cluster\+magic' is not one of cluster\+redis, "):
        runner.command(["--setups", "cluster+magic"])


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    needed()
    tmp_path.chmod(0o755)
    with network(tmp_path) as made, entered(made.servers):
        yield made


async def echoes(net: Network, place: int, address: str) -> float | None:
    """Return the seconds that a connection and an echo take from a proxy's machine; None if that is too long."""
    script = (
        "import socket, time; began = time.monotonic(); s = socket.create_connection(('%s', %d), 3);"
        "s.settimeout(3); s.sendall(b'x'); s.recv(1); print(time.monotonic() - began)"
    )
    command = net.proxies[place].command(sys.executable, "-c", script % (address, PORT))
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    said, _ = await process.communicate()
    return float(said) if process.returncode == 0 else None


@pytest.mark.slow
async def test_a_link_is_cut_slowed_down_and_mended_for_one_proxy(net: Network) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(1))
        writer.close()

    async with await asyncio.start_server(echo, "0.0.0.0", PORT):
        net.drop(0)
        assert await echoes(net, 0, SERVERS[BACK]) is None
        assert await echoes(net, 0, SERVERS[FRONT]) is not None
        assert await echoes(net, 1, SERVERS[BACK]) is not None
        net.pass_on(0)
        assert await echoes(net, 0, SERVERS[BACK]) is not None
        if slow_cable.missing_requirement():
            return
        net.slow_down(0, 0.1)
        assert (await echoes(net, 0, SERVERS[BACK]) or 0.0) > 0.4
        assert (await echoes(net, 1, SERVERS[BACK]) or 9.0) < 0.4
        net.speed_up(0)
        assert (await echoes(net, 0, SERVERS[BACK]) or 9.0) < 0.4


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(not os.environ.get(WANTED), reason=f"takes half a minute of both cores: {WANTED}=1 wants it")
def test_a_fault_with_real_machines(tmp_path: Path) -> None:
    needed()
    if lacking := testbed.missing_requirement("cluster+redis"):
        pytest.skip(lacking)
    path = os.pathsep.join(str(environment.ROOT / folder) for folder in ("scripts", "addon"))
    command = [sys.executable, "-m", "benchmarks", "cluster", "--quick", "--rate", "10", "--entries", "40"]
    command += ["--setups", "cluster+redis", "--only", "packets-dropped", "--report", str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=220, env={**os.environ, "PYTHONPATH": path})

    with (tmp_path / "cluster.csv").open(newline="") as file:
        [found] = csv.DictReader(file)
    assert int(found["requests"]) > 50, done.stderr
    assert float(found["hits_during_a"]) < float(found["hits_during_b"])
    assert {found[name] for name in ("errors", "wrong", "foreign", "lost_answers")} == {"0"}, done.stdout
