"""The whole proxy while its outside parts hang: nobody waits beyond the lookup, and nothing holds up the event loop."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply, Request
from demo.cloud.dashscope import Fault
from demo.cloud.dashvector import loopback_environment
from e2e import proxy as http
from e2e.loop_watch import EVERY
from e2e.proxy import ROOT, Proxy
from e2e.test_cloud import Cloud
from e2e.test_failure import Listener

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = pytest.mark.slow
Start = Callable[..., Proxy]
CLIENTS = 50
LOOKUP = 0.5  # seconds, the default of lookup_timeout
SLOW = 3.0  # seconds that fifty requests may take beside that, on a machine with other things to do
LONGEST = 0.15  # seconds: fifty requests at once cost a third of it, a call that waits for what hangs twice as much
ROUNDS = 3
"""The system tells what the loop's own thread has waited for a CPU, and that does not count. It does not tell of
threads that had the interpreter's lock and no CPU: so one round in three without a stall will do."""


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    services = Cloud()
    yield services
    services.close()


@pytest.fixture
def mute_redis() -> Iterator[int]:
    listener = Listener(b"")
    yield listener.port
    listener.close()


def completion(request: Request) -> Reply:
    """An answer whose bytes depend on the question alone."""
    message = {"role": "assistant", "content": f"You asked: {request.question}"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return Reply(body=json.dumps(whole).encode())


def asked(number: int) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": f"Question number {number}?"}]}).encode()


def longest_stall(watched: Path, began: float, ended: float) -> float:
    """Return the longest turn of the loop between two times, and see to it that it was watched all the while."""
    lines = [tuple(map(float, line.split())) for line in watched.read_text("utf-8").splitlines()]
    turns = [longest for at, longest in lines if began < at <= ended + 2 * EVERY]
    assert len(turns) >= 3
    return max(turns)


@pytest.mark.parametrize("hangs", ["Redis and both services", "both services", "the index"])
def test_while_the_cloud_hangs_every_client_has_its_answer_and_the_loop_turns(
    start: Start, cloud: Cloud, upstream: Upstream, mute_redis: int, tmp_path: Path, hangs: str
) -> None:
    upstream.script = completion
    config = cloud.config()
    if hangs.startswith("Redis"):
        config += f"exact: {{redis: {{url: 'redis://127.0.0.1:{mute_redis}/0'}}}}\n"
    environment = loopback_environment()
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "tests"), environment["PYTHONPATH"]])
    watch = ("-s", str(ROOT / "tests" / "e2e" / "loop_watch.py"))
    stalls: list[float] = []

    while len(stalls) < ROUNDS and not (stalls and stalls[-1] < LONGEST):
        # Each round has a proxy and entries of its own: after one, no part is asked for a while.
        name = f"round-{len(stalls)}"
        watched = tmp_path / f"{name}.turns"
        cloud.embedder.always = None
        proxy = start(config, data=name, options=watch, environment={**environment, "LOOP_WATCH": str(watched)})
        cloud.embedder.always = None if hangs == "the index" else Fault(hang=True)
        with cloud.index.hanging():
            began = time.monotonic()
            replies = fifty_at_once(proxy.port)
            ended = time.monotonic()
            time.sleep(3 * EVERY)
        proxy.stop()

        for number, reply in enumerate(replies):
            assert (reply.status, reply.cache) == (200, "miss")
            assert reply.body == completion(Request("POST", "", {}, asked(number))).body
        assert max(reply.end for reply in replies) < LOOKUP + SLOW
        assert "Traceback" not in proxy.log
        stalls.append(longest_stall(watched, began, ended))

    assert min(stalls) < LONGEST, stalls


def fifty_at_once(port: int) -> list[http.Reply]:
    with ThreadPoolExecutor(CLIENTS) as clients:
        return list(clients.map(lambda number: http.post(port, asked(number), {}), range(CLIENTS)))
