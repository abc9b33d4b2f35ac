"""What it costs to read and to write each API's bodies, in microseconds per kilobyte."""

from __future__ import annotations

import time
from collections.abc import Callable

import samples
from aicache.formats import FORMATS
from aicache.keys import Context, KeyRules, Origin, identify
from aicache.model import Mode

SIZES = (1024, 64 * 1024, 1024 * 1024)  # bytes of text
ROUNDS = 7
RULES = KeyRules("", Context.FULL, frozenset({"stream", "stream_options"}), (), ())
ORIGIN = Origin("https://api.example:443", "/", "scope", ())


def measure() -> int:
    """Print the table; return the exit code: 1 where a request of a megabyte takes 15 ms or more."""
    print("\nformats, microseconds per kilobyte (best of 7): a request read and identified, an answer read and written")
    print(
        f"{'':16} {'text':>8} {'request':>9} {'whole':>9} {'stream':>9} {'to whole':>9} {'to stream':>9}   1 MB request"
    )
    slow = 0
    for format in FORMATS:
        for size in SIZES:
            said = samples.text(size)
            asked = samples.request(format.api, said)
            path = samples.PATHS[format.api]
            request = _best(lambda: identify(format.parse_request(path, asked), ORIGIN, RULES))
            bodies = {mode: samples.answer(format, said, mode) for mode in Mode}
            reads = [_best(lambda: format.parse_answer(bodies[mode])) for mode in Mode]
            _, document = format.parse_answer(bodies[Mode.WHOLE])
            writes = [_best(lambda: format.render(document, mode)) for mode in Mode]
            cells = "".join(f"{seconds * 1e6 / (size / 1024):10.2f}" for seconds in (request, *reads, *writes))
            last = ""
            if size == SIZES[-1]:
                last = f"   {request * 1000:6.2f} ms"
                slow += request >= 0.015
            print(f"{format.api:16} {size // 1024:5} KB{cells}{last}")
    return 1 if slow else 0


def _best(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
