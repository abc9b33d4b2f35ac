"""Searches for request bodies that are more expensive than the known ones, by random mutation and selection."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import bounds, hostile_attacks
from benchmarks.bounds import Cost
from benchmarks.hostile_attacks import MB, Attack

POOL_SIZE = 12  # bodies that are mutated
UNITS = (
    *(
        b"[],",
        b"{},",
        b'{"a":1},',
        b'"",',
        b'"\\u0000",',
        b'"\\\\",',
        b"1,",
        b"1e9,",
        b"-0.1234567890123456789,",
        b"null,",
    ),
    *(b"[[[", b"]]],", b'"a":', b"   ", b"\n", b":", b'"', b"\\", "½".encode(), "ﷺ".encode(), b"my ", b"today ", b"a"),
    *(b'{"role":"user","content":"a"},', b'{"role":"tool","content":[{"type":"text","text":"a"}]},', b"\xff", b"\x00"),
    *(b'{"type":"function","function":{"name":"f","parameters":{"a":{}}}},', b'{"type":"image_url","image_url":{}},'),
)
PATHS = (
    *("/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/completions", "/v1/embeddings"),
    *("/api/chat", "/api/embed", "/v1beta/models/m:generateContent"),
    "/api/v1/services/aigc/text-generation/generation",
)
PLACES: tuple[tuple[bytes, bytes], ...] = (
    (b'{"model":"m","messages":[{"role":"user","content":"', b'"}]}'),
    (b'{"model":"m","messages":[{"role":"system","content":"', b'"},{"role":"user","content":"a"}],"user":"u"}'),
    (b'{"model":"m","messages":[', b'{"role":"user","content":"a"}],"user":"u"}'),
    (b'{"model":"m","messages":[{"role":"user","content":[', b'{"type":"text","text":"a"}]}]}'),
    (b'{"model":"m","messages":[{"role":"user","content":"a"}],"p":[', b"0]}"),
    (b'{"model":"m","messages":[{"role":"user","content":"a"}],"tools":[', b"0]}"),
    (b'{"model":"m","messages":[{"role":"user","content":"a"}],"metadata":{"user_id":"', b'"}}'),
    (b'{"model":"m","input":[', b'"a"]}'),
    (b'{"model":"m","input":"', b'","prompt":"a"}'),
    (b'{"contents":[{"role":"user","parts":[', b'{"text":"a"}]}]}'),
    (b'{"model":"m","input":{"messages":[', b'{"role":"user","content":"a"}]},"parameters":{}}'),
)
Body = tuple[str, int, tuple[tuple[bytes, float], ...], float]
"""Path, place, what stands there with its shares, and its size as a share of the largest."""


def run(folder: Path, script: Path, size: int, seconds: float, report: Path | None) -> int:
    """Search for *seconds*, and print each new maximum; return 1 if one exceeds the bounds."""
    chance = random.Random()
    ended = time.monotonic() + seconds
    best: list[tuple[float, Body, Cost]] = []
    tried = over = 0
    while time.monotonic() < ended:
        with bounds.proxy(folder, script) as server:  # restarted now and then, since memory is not returned
            for _ in range(40):
                body = _mutate(chance, best) if best and chance.random() < 0.7 else _new(chance)
                cost = bounds.measure_cost(server, _attack(body, size), chance.choice((1, bounds.PARALLEL_ATTACKS)))
                tried += 1
                score = max(cost.memory / bounds.MEMORY_OF_ONE, cost.wait / bounds.WAIT)
                if not best or score > best[0][0]:
                    print(
                        f"{tried:6}: {cost.memory / MB:5.0f} MB {cost.wait * 1000:6.0f} ms  {_describe(body)}",
                        flush=True,
                    )
                over += cost.memory > bounds.MEMORY_OF_SIX or cost.wait > bounds.WAIT
                best = sorted([*best, (score, body, cost)], key=lambda each: -each[0])[:POOL_SIZE]
                if time.monotonic() > ended:
                    break
    print(f"{tried} bodies tried, {over} above the bounds")
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        document = [{"body": _describe(body), "memory": cost.memory, "wait": cost.wait} for _, body, cost in best]
        (report / "hunt.json").write_text(json.dumps(document, indent=1))
    return 1 if over else 0


def _attack(body: Body, size: int) -> Attack:
    path, place, units, share = body
    most = max(200, int(size * share))
    begin, end = PLACES[place]

    def made(number: int, size: int) -> bytes:
        parts = (unit * max(1, int(size * of / len(unit))) for unit, of in units)
        return begin + str(number).encode() * (begin[-1:] == b'"') + b"".join(parts) + end

    return hostile_attacks.PreparedBodies(made, most, path)


def _new(chance: random.Random) -> Body:
    units = tuple((chance.choice(UNITS), chance.random()) for _ in range(chance.randint(1, 3)))
    total = sum(of for _, of in units) or 1.0
    units = tuple((unit, of / total) for unit, of in units)
    share = chance.choice((1.0, 0.5, 0.1, 0.02, chance.random()))
    return chance.choice(PATHS), chance.randrange(len(PLACES)), units, share


def _mutate(chance: random.Random, best: list[tuple[float, Body, Cost]]) -> Body:
    path, place, units, share = chance.choice(best)[1]
    changes: tuple[Callable[[], Body], ...] = (
        lambda: (chance.choice(PATHS), place, units, share),
        lambda: (path, chance.randrange(len(PLACES)), units, share),
        lambda: (path, place, (*units[:-1], (chance.choice(UNITS), units[-1][1])), share),
        lambda: (path, place, (*((unit * 2, of) for unit, of in units),), share),
        lambda: (path, place, units, min(1.0, share * chance.uniform(0.5, 1.5))),
    )
    return chance.choice(changes)()


def _describe(body: Body) -> str:
    path, place, units, share = body
    said = " ".join(f"{of:.2f} of {unit[:40]!r}" for unit, of in units)
    return f"{path} place {place}: {said}, {share:.2f} of the size"
