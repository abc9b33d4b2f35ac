"""`scripts/bench soak-in-flight`: what a client sees of a scene, and when its verdict is bad."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from benchmarks.in_flight_load import Play, Scene, Seen, Workload, ask, find_problem, run_workload
from benchmarks.in_flight_upstream import BREAKS_OFF, LARGE, Numbered, reply
from benchmarks.requests import body
from benchmarks.soak_in_flight import SPARE_FILES, SPARE_TASKS, Left, find_problems
from benchmarks.upstream import PACE
from demo.answers import Request

FAST = PACE.format(tokens=4, first=0.0, each=0.0)
BEFORE = {"one": Left(30, 15, 0)}
GOOD = [Scene("equal", 10.0 * n, 1.0, 4, 3, 1) for n in range(20)]


def problems(
    scenes: list[Scene] = GOOD, left: Left = BEFORE["one"], leases: int = 0, grown: float = 0.0, said: str = ""
) -> list[str]:
    return find_problems(scenes, [(95.0, 98.0)], BEFORE, {"one": left}, leases, grown, said)


def test_nothing_left_is_no_problem() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (lambda: problems([*GOOD, Scene("stream", 50.0, 1.0, 4, 3, 1, "status 502")]), "1 times stream: status 502"),
        (lambda: problems([Scene("equal", 10.0, 1.0, 4, 0, 4)]), "several answers"),
        (lambda: problems(left=Left(31 + SPARE_FILES, 15, 0)), "more files"),
        (lambda: problems(left=Left(30, 16 + SPARE_TASKS, 0)), "more tasks"),
        (lambda: problems(left=Left(30, 15, 1)), "are left"),
        (lambda: problems(leases=1), "leases"),
        (lambda: problems(grown=0.1), "memory"),
        (lambda: problems(said="Traceback (most recent call last)"), "traceback"),
    ],
)
def test_what_is_left_or_went_wrong_is_one(found: Callable[[], list[str]], words: str) -> None:
    [problem] = found()
    assert words in problem


def test_what_goes_wrong_while_the_upstream_is_not_there_is_none() -> None:
    assert problems([*GOOD, Scene("stream", 96.0, 1.0, 4, 0, 0, "status 502")]) == []


@pytest.mark.parametrize(
    ("kind", "seen", "problem"),
    [
        ("equal", Seen(200, "hit", b"", True), ""),
        ("equal", Seen(200, "hit", b"", False), "not whole"),
        ("equal", Seen(0), "status 0"),
        ("breaks off", Seen(200, "miss", b"", False), ""),
        ("breaks off", Seen(200, "miss", b"", True), "it did not break off"),
    ],
)
def test_a_scene_is_judged_by_its_kind(kind: str, seen: Seen, problem: str) -> None:
    assert find_problem(kind, [seen]) == problem


async def test_clients_read_to_the_end_leave_or_read_slowly() -> None:
    async with Numbered(0) as upstream:
        port = int(upstream.url.rpartition(":")[2])
        whole, again = [await ask(port, body(system=FAST)) for _ in range(2)]
        streamed = await ask(port, body(system=FAST, stream=True))
        left = await ask(port, body(system=FAST, stream=True), leaves=True)
        slow = await ask(port, body(system=PACE.format(tokens=1, first=0, each=0), stream=True), slow=True)
        broken = await ask(port, body(system=f"{FAST} {BREAKS_OFF}", stream=True))
        gone = await ask(1, body())

    assert whole.id
    assert whole.id != again.id
    assert [each.is_whole for each in (whole, streamed, left, slow, broken, gone)] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]
    assert len(reply(Request("POST", "/", {}, body(system=LARGE).encode())).texts[0]) > 10_000


async def test_all_scenes_are_played() -> None:
    async with Numbered(0) as upstream:
        port = int(upstream.url.rpartition(":")[2])
        workload = Workload((port, port), 0.5, len(Play(Workload((1, 1), 0, 0, 0.0)).kinds), 0.0)
        scenes = await asyncio.wait_for(run_workload(workload), 30)

    assert {scene.kind for scene in scenes} == set(Play(workload).kinds)
    assert {scene.problem for scene in scenes} == {""}
    assert all(scene.answers == scene.requests for scene in scenes if scene.kind == "equal")  # no cache is there
