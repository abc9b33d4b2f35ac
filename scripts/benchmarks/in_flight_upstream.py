"""The stand-in for an LLM API of the soak of requests in flight, in a process of its own, which may be killed.

The system prompt says how an answer comes. Each answer has an id of its own, so that a client sees whose it was given.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import time

from benchmarks.upstream import parse_pace
from demo.answers import Reply, Request
from demo.upstream import StandIn

BREAKS_OFF, CUT_SHORT, LARGE = "Break off in the middle.", "Stop for length.", "Say it at length."
LARGE_WORDS = 5000  # nearly a megabyte of events


class Numbered(StandIn):
    """A stand-in that keeps no requests, and whose answers have other numbers than those of one before."""

    def __init__(self, port: int) -> None:
        super().__init__(self._reply, port)
        self._numbers = itertools.count(int(time.time() * 1000) % 10**9)
        self._number = 0

    @property
    def calls(self) -> int:
        return self._number

    def _reply(self, request: Request) -> Reply:
        self.requests.clear()
        self._number = next(self._numbers)
        return reply(request)


def reply(request: Request) -> Reply:
    prompt = str(request.json.get("messages"))
    tokens, first, each = parse_pace(prompt) or (20, 0.0, 0.0)
    large, breaks = LARGE in prompt, BREAKS_OFF in prompt
    return Reply(
        (" ".join(["token"] * (LARGE_WORDS if large else tokens)),),
        first_token=first,
        per_token=0.0 if large else each,
        finish_reason="length" if CUT_SHORT in prompt else "stop",
        piece=16 * 1024 if large else 0,
        ends="reset" if breaks else "complete",
        ends_after=tokens // 2 if breaks else 0,
    )


async def _serve(port: int) -> None:
    async with Numbered(port):
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))
