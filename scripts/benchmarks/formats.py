"""Measures parsing and rendering of each API's bodies, in microseconds per kilobyte."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import samples
from aicache.domain.conversation import Context
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.model import Mode
from aicache.formats import FORMATS, Format

SIZES = (1024, 64 * 1024, 1024 * 1024)  # bytes of text
ROUNDS = 7
RULES = KeyRules("", Context.FULL, frozenset({"stream", "stream_options"}), ())
ORIGIN = Origin("https://api.example:443", "/", "scope")


def measure() -> int:
    """Print the table; return the exit code: 1 if a request of a megabyte takes 15 ms or more."""
    print("\nformats, microseconds per kilobyte (best of 7): a request read and identified, an answer read and written")
    heads = ("request", "whole", "stream", "to whole", "to stream")
    print(f"{'':16} {'text':>8}{''.join(f'{head:>10}' for head in heads)}   1 MB request")
    slow = 0
    for format in FORMATS:
        for size in SIZES:
            request, *answers = _costs(format, samples.text(size))
            cells = "".join(f"{seconds * 1e6 / (size / 1024):10.2f}" for seconds in (request, *answers))
            last = ""
            if size == SIZES[-1]:
                last = f"   {request * 1000:6.2f} ms"
                slow += request >= 0.015
            print(f"{format.api:16} {size // 1024:5} KB{cells}{last}")
    return 1 if slow else 0


def _costs(format: Format, content: str) -> list[float]:
    """Return the seconds to parse a request of text *content*, to parse an answer in each mode, and to render one."""
    body = samples.request(format.api, content)
    bodies = [samples.answer(format, content, mode) for mode in Mode]
    _, document = format.parse_answer(bodies[0])
    return [
        _best(partial(_identify, format, body)),
        *(_best(partial(format.parse_answer, body)) for body in bodies),
        *(_best(partial(format.render, document, mode)) for mode in Mode),
    ]


def _identify(format: Format, body: bytes) -> None:
    identify(format.parse_request(samples.PATHS[format.api], body), ORIGIN, RULES)


def _best(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
