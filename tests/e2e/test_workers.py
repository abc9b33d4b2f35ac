"""Two workers on one port: what one stores all serve, one that dies is replaced, and all end together."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from aicache.telemetry.counters import Counters
from aicache.telemetry.figures import add_counters
from demo.answers import Reply
from e2e.page_visitor import Visitor, bearer
from e2e.proxy import Proxy, alive, children

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are for Linux")

IN_OTHER_WORDS = "How can I reset my password?"
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


def counted_by_each(workers: Workers) -> list[int]:
    """Return how many requests each worker has counted."""
    found = []
    for file in workers.data.glob("workers/*/*.counts"):
        counters = Counters(lambda *_, **__: None)
        add_counters(counters, file.read_bytes())
        found.append(sum(counters.outcomes.values()))
    return found


@pytest.fixture(scope="module")
def workers(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    home = tmp_path_factory.mktemp("workers")
    with Workers(module_upstream.url, home, f"log: {{file: {home / 'log.jsonl'}}}\n") as running:
        yield running


def test_what_one_stores_all_serve(workers: Workers) -> None:
    workers.ask("Who else knows this?")

    workers.wait_until_all("exact", "Who else knows this?")
    workers.wait_until_all("semantic", "Who else does know this?")

    assert len(workers.workers) == 2


def test_whichever_worker_is_asked_the_figures_are_those_of_all(workers: Workers) -> None:
    visitor = Visitor(workers.port, bearer(workers.token))
    before = visitor.total("requests_total")

    for _ in range(SOME_CONNECTIONS):
        workers.ask("Who counts?", headers={"cache-control": "no-store"})
    totals = {visitor.total("requests_total") for _ in range(SOME_CONNECTIONS // 2)}
    since, metrics = visitor.overview()["since"], visitor.metrics()
    latest = {visitor.get("api/requests").body for _ in range(SOME_CONNECTIONS // 2)}

    assert len(latest) == 1
    assert len(json.loads(latest.pop())["requests"]) >= SOME_CONNECTIONS
    assert totals == {before + SOME_CONNECTIONS}
    assert since["hit"] + since["miss"] + since["bypass"] == before + SOME_CONNECTIONS
    assert all(count > 0 for count in counted_by_each(workers))
    nothing: frozenset[tuple[str, str]] = frozenset()
    assert 0 < metrics["store_memory_bytes", nothing] < metrics["store_max_memory_bytes", nothing]
    assert 0 < metrics["data_bytes", nothing] < metrics["data_disk_free_bytes", nothing]
    assert metrics["store_evicted_keys_total", nothing] == 0


def test_what_is_purged_at_one_is_gone_at_all(workers: Workers) -> None:
    key = workers.ask("Who forgets?").headers["x-ai-cache-key"]
    workers.wait_until_all("exact", "Who forgets?")
    visitor = Visitor(workers.port, bearer(workers.token) | {"x-ai-cache-dashboard": "1"})

    assert visitor.post(f"api/entries/{key}/purge").json == {"done": True}

    def statuses() -> set[int]:
        how = {"cache-control": "only-if-cached"}
        return {workers.ask("Who forgets?", headers=how).status for _ in range(SOME_CONNECTIONS)}

    workers.wait_for(lambda: statuses() == {504})


def test_what_is_marked_wrong_at_one_answers_no_other_question_at_any(workers: Workers) -> None:
    key = workers.ask("How do I reset my password?").headers["x-ai-cache-key"]
    workers.wait_until_all("semantic", IN_OTHER_WORDS)
    assert {workers.ask(IN_OTHER_WORDS).cache for _ in range(SOME_CONNECTIONS)} == {"semantic"}  # now at hand, too
    visitor = Visitor(workers.port, bearer(workers.token) | {"x-ai-cache-dashboard": "1"})

    assert visitor.post(f"api/entries/{key}/wrong").json == {"done": True}
    assert visitor.post(f"api/entries/{'0' * 40}/wrong").json == {"done": False}
    seen: list[str] = []

    def have_heard() -> bool:
        caches = [workers.ask(IN_OTHER_WORDS).cache for _ in range(SOME_CONNECTIONS)]
        seen.extend(caches)
        return "semantic" not in caches

    workers.wait_for(have_heard)  # or it would be ten seconds
    assert "miss" in seen
    assert workers.ask("How do I reset my password?").cache == "exact"


def test_a_bypass_that_is_switched_at_one_is_on_at_all(workers: Workers) -> None:
    workers.ask("Who passes by?")
    workers.wait_until_all("exact", "Who passes by?")
    visitor = Visitor(workers.port, bearer(workers.token) | {"x-ai-cache-dashboard": "1"})

    def caches() -> set[str]:
        return {workers.ask("Who passes by?").cache for _ in range(SOME_CONNECTIONS)}

    assert visitor.post("api/bypass", {"on": "yes"}).status == 400
    assert visitor.post("api/bypass", {"on": True}).json == {"bypass": True}
    workers.wait_for(lambda: caches() == {"bypass"})
    assert visitor.overview()["bypass"] is True
    os.kill(workers.workers[0], signal.SIGKILL)
    time.sleep(2)
    started_again = caches()
    visitor.post("api/bypass", {"on": False})

    assert started_again == {"bypass"}
    workers.wait_for(lambda: caches() == {"exact"}, within=10)


def test_answers_on_their_way_to_a_caller_that_is_purged_are_stored_by_none(
    workers: Workers, upstream: Upstream
) -> None:
    words = tuple(f"word{i} " for i in range(10))
    upstream.script = lambda _: Reply(("".join(words),), per_token=0.1)
    questions = [f"Who erases {number}?" for number in range(8)]
    asking = [threading.Thread(target=workers.ask, args=(each,), kwargs={"key": "sk-leaving"}) for each in questions]
    calls = upstream.calls
    for each in asking:
        each.start()
    workers.wait_for(lambda: upstream.calls >= calls + len(questions))
    visitor = Visitor(workers.port, bearer(workers.token) | {"x-ai-cache-dashboard": "1"})

    purged = visitor.post("api/callers/purge", {"caller": "sk-leaving", "purge": True})
    for each in asking:
        each.join()
    time.sleep(0.5)

    assert purged.status == 200
    how = {"cache-control": "only-if-cached"}
    assert {workers.ask(each, key="sk-leaving", headers=how).status for each in questions} == {504}


@pytest.mark.usefixtures("upstream")
def test_all_write_whole_lines_into_one_log(workers: Workers) -> None:
    marked = [f"sk-{number}" for number in range(SOME_CONNECTIONS)]
    for key in marked:
        workers.ask("Who writes?", key=key)
    requests = Visitor(workers.port, bearer(workers.token)).total("requests_total")

    def decided() -> int:
        lines = [json.loads(line) for line in (workers.home / "log.jsonl").read_text().splitlines()]
        return sum(line["event"] == "decided" for line in lines)

    workers.wait_for(lambda: decided() >= requests, within=20)


@pytest.mark.usefixtures("upstream")
def test_a_changed_configuration_is_read_by_all(workers: Workers) -> None:
    anybody = Visitor(workers.port, {"sec-fetch-site": "same-origin"})
    assert anybody.get("metrics").status == 401

    with workers.config_file.open("a") as file:
        file.write("dashboard: {open_metrics: true}\n")

    workers.wait_for(lambda: all(anybody.get("metrics").status == 200 for _ in range(SOME_CONNECTIONS)), within=20)


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

    visitor = Visitor(workers.port, bearer(workers.token))
    counted = visitor.total("requests_total")
    asking = threading.Thread(target=ask)
    asking.start()
    os.kill(killed, signal.SIGKILL)
    workers.wait_for(lambda: len(workers.workers) == 2 and killed not in workers.workers)
    stop.set()
    asking.join()

    workers.wait_for(lambda: len(counted_by_each(workers)) == 2)
    assert all(visitor.total("requests_total") >= counted for _ in range(4))
    assert len(failed) <= 1  # what the killed one had in its hands


@pytest.mark.slow
def test_what_hangs_is_replaced(workers: Workers) -> None:
    workers.ask("Who else knows this?")
    workers.ask_until("exact", "Who else knows this?")
    hanging = {workers.workers[0], workers.owner}

    for pid in hanging:
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    workers.wait_for(lambda: not hanging & {*children(workers.pid)}, within=30)
    took = time.monotonic() - began

    assert took > 9
    assert workers.log.count("hangs: nothing heard of it for 12 s; killed") == 2
    workers.wait_until_all("semantic", "Who else does know this?")


def test_all_end_together_once_open_requests_are_complete(workers: Workers, upstream: Upstream) -> None:
    words = tuple(f"word{i} " for i in range(10))
    upstream.script = lambda _: Reply(("".join(words),), per_token=0.1)
    bodies: list[bytes] = []
    asking = [
        threading.Thread(target=lambda i=i: bodies.append(workers.ask(f"How slow is {i}?", stream=True).body))
        for i in range(8)
    ]
    calls = upstream.calls
    for each in asking:
        each.start()
    workers.wait_for(lambda: upstream.calls >= calls + 8)
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
    assert "threads before the workers start" not in workers.log
