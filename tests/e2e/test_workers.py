"""Two workers on one port: what one stores all serve, one that dies is replaced, and all end together."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e.proxy import Proxy, alive, children

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are for Linux")

SOME_CONNECTIONS = 24
"""As many new connections reach both workers, but for one time in eight million."""


class Workers(Proxy):
    """Two of them, in place of one proxy."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "aicache.cli.workers", "2", *super().command()[1:]]

    def wait_until_all(self, cache: str, question: str, within: float = 20) -> None:
        """Ask on new connections until all workers answer alike: each of them starts by itself."""
        self.ask_until(cache, question, within)
        how = {"cache-control": "no-store"}
        self.wait_for(
            lambda: all(self.ask(question, headers=how).cache == cache for _ in range(SOME_CONNECTIONS)), within
        )

    @property
    def owner(self) -> int:
        """The process that has the data folder: the only one with children, the embedded server and encoder."""
        [owner] = [pid for pid in children(self.pid) if children(pid)]
        return owner

    @property
    def workers(self) -> list[int]:
        return [pid for pid in children(self.pid) if not children(pid)]


@pytest.fixture(scope="module")
def workers(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with Workers(module_upstream.url, tmp_path_factory.mktemp("workers")) as running:
        yield running


def test_what_one_stores_all_serve(workers: Workers) -> None:
    workers.ask("Who else knows this?")

    workers.wait_until_all("exact", "Who else knows this?")
    workers.wait_until_all("semantic", "Who else does know this?")

    assert len(workers.workers) == 2


def test_without_the_data_folders_process_there_are_misses_until_it_is_back(workers: Workers) -> None:
    workers.ask("Who keeps the folder?")
    workers.ask_until("exact", "Who keeps the folder?")
    os.kill(workers.owner, signal.SIGKILL)

    replies = [workers.ask("Who keeps the folder?") for _ in range(SOME_CONNECTIONS)]

    assert {reply.status for reply in replies} == {200}
    workers.wait_for(lambda: workers.ask("Who keeps the folder now?").cache == "exact", within=20)
    workers.wait_until_all("semantic", "Who else does know this?")


def test_a_worker_that_is_killed_is_replaced_and_the_other_goes_on(workers: Workers) -> None:
    workers.ask("Who is next?")
    workers.ask_until("exact", "Who is next?")
    killed = workers.workers[0]
    failed, stop = [], threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                assert workers.ask("Who is next?").status == 200
            except (OSError, AssertionError) as exc:
                failed.append(exc)
            time.sleep(0.01)

    asking = threading.Thread(target=ask)
    asking.start()
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    workers.wait_for(lambda: len(workers.workers) == 2 and killed not in workers.workers)
    took = time.monotonic() - began
    stop.set()
    asking.join()

    assert len(failed) <= 1  # what the killed one had in its hands
    assert took < 2


def test_all_end_together_once_open_requests_are_complete(workers: Workers, upstream: Upstream) -> None:
    words = tuple(f"word{i} " for i in range(10))
    upstream.script = lambda _: Reply(("".join(words),), per_token=0.1)
    bodies: list[bytes] = []
    asking = [
        threading.Thread(target=lambda i=i: bodies.append(workers.ask(f"How slow is {i}?", stream=True).body))
        for i in range(8)
    ]
    for each in asking:
        each.start()
    workers.wait_for(lambda: upstream.calls >= 8)
    everybody = [workers.pid, *children(workers.pid)]
    assert workers.process is not None

    workers.process.send_signal(signal.SIGTERM)
    for each in asking:
        each.join(20)

    assert len(bodies) == 8
    assert all(b"word9" in body and b"[DONE]" in body for body in bodies)
    assert workers.process.wait(20) == 0
    assert not any(map(alive, everybody))
    assert "Traceback" not in workers.log
