"""The stand-in for an LLM API that answers misses, in a separate process, so that it does not slow the measurement.

A whole answer comes at once. A stream has the pace that the request's system prompt asks for, so that one upstream does
for all: proxies pass the prompt on, and not every header.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys

from benchmarks.baseline_addon import ANSWER
from demo.answers import Reply, Request
from demo.upstream import StandIn

PACE = "Answer in {tokens} tokens, the first after {first:.4f} s, then one each {each:.4f} s."
_PACE = re.compile(PACE.format(tokens=r"(\d+)", first=0, each=0).replace("0.0000", r"([\d.]+)").replace(". s", r"\. s"))


def reply(request: Request) -> Reply:
    asked = request.json
    if not asked.get("stream"):
        return Reply(body=ANSWER)
    tokens, first, each = parse_pace(str(asked.get("messages"))) or (20, 0.0, 0.0)
    return Reply((" ".join(["token"] * tokens),), first_token=first, per_token=each)


def parse_pace(prompt: str) -> tuple[int, float, float] | None:
    """Return the tokens, and the seconds until the first and between two, that a prompt wants; None if it says none."""
    pace = _PACE.search(prompt)
    return (int(pace[1]), float(pace[2]), float(pace[3])) if pace else None


async def _serve(port: int) -> None:
    def script(request: Request) -> Reply:
        upstream.requests.clear()  # else they would fill the memory
        return reply(request)

    async with StandIn(script, port) as upstream:
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))
