"""Parts that die, hang or find their files damaged: what is stored hits again by itself, soon, and nobody locks out."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from e2e.proxy import Proxy, alive, children, copy_script, free_port
from servers import Process, plain

pytestmark = pytest.mark.slow
Start = Callable[..., Proxy]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
NO_MEANING = "semantic: {enabled: false}\n"
ASKED = NO_MEANING + "exact: {near_cache: 0}\n"
"""Every hit is asked of Valkey."""
SLACK = 3.0
"""Seconds that a busy machine may add to a time that is promised."""


def child(proxy: Proxy, name: str) -> int:
    """Return the process of a part, by a word of its command line or, where it is a fork, its name."""
    files = ("cmdline", "comm")
    found = [
        pid for pid in children(proxy.pid) if any(name in Path(f"/proc/{pid}/{file}").read_text() for file in files)
    ]
    assert len(found) == 1, found
    return found[0]


def index_folder(proxy: Proxy) -> Path:
    [folder] = [path for path in (proxy.data / "vectors").iterdir() if path.is_dir() and ".damaged-" not in path.name]
    return folder


def took_until(proxy: Proxy, cache: str, question: str, within: float) -> float:
    began = time.monotonic()
    proxy.ask_until(cache, question, within)
    return time.monotonic() - began


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The script in a folder of the test's own, to be touched."""
    return copy_script(tmp_path / "addon")


# ---------------------------------------------------------------------- damaged files


def test_a_damaged_store_is_set_aside_and_begun_anew(start: Start) -> None:
    proxy = start(NO_MEANING, wait_for="ready: exact hits")
    proxy.ask("What is damaged?")
    proxy.ask_until("exact", "What is damaged?")
    proxy.stop()
    [log] = (proxy.data / "valkey" / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"rubbish\r\n" + log.read_bytes())

    proxy.start(wait_for="ready: exact hits")

    assert proxy.ask("What is damaged?").cache == "miss"
    proxy.ask_until("exact", "What is damaged?")
    assert len(list(proxy.data.glob("valkey.damaged-*"))) == 1
    assert proxy.log.count("set aside") == 1
    proxy.stop()
    proxy.start(wait_for="ready: exact hits")
    assert proxy.ask("What is damaged?").cache == "exact"
    assert "set aside" not in proxy.log


def test_a_damaged_index_is_set_aside_and_filled_again(start: Start) -> None:
    """Its manifest is empty, at which zvec would end the proxy's process with it (SIGSEGV)."""
    proxy = start()
    proxy.ask("How do I mend an index?")
    proxy.ask("How do I lose a vector?")
    proxy.ask_until("semantic", "How can I mend an index?")
    proxy.ask_until("semantic", "How can I lose a vector?")
    folder = index_folder(proxy)
    proxy.stop()
    [manifest] = folder.glob("manifest.*")
    manifest.write_bytes(b"")

    proxy.start()

    assert proxy.log.count("set aside") == 1
    assert len(list((proxy.data / "vectors").glob("*.damaged-*"))) == 1
    assert proxy.ask("How do I mend an index?").cache == "exact"
    for question in ("How can I mend an index?", "How can I lose a vector?"):
        proxy.ask_until("semantic", question, headers={"cache-control": "no-store"})
    proxy.stop()
    proxy.start()  # nothing is left to be done for the next process
    assert "set aside" not in proxy.log
    assert proxy.ask("How can I lose a vector?", headers={"cache-control": "no-store"}).cache == "semantic"
    assert "questions are embedded" not in proxy.log
    assert "Traceback" not in proxy.log


def test_an_index_that_goes_while_it_is_open_is_begun_anew(start: Start) -> None:
    proxy = start()
    proxy.ask("Where do I find the folder?")
    proxy.ask_until("semantic", "Where can I find the folder?")

    remove(proxy.data / "vectors")

    proxy.wait_log("ready: hits by meaning", times=2)
    assert proxy.ask("Where do I find the folder?").cache == "exact"
    proxy.ask_until("semantic", "Where can I find the folder?", within=15)
    assert index_folder(proxy).parent.stat().st_mode & 0o777 == 0o700
    assert proxy.stop() == 0
    assert "Traceback" not in proxy.log


# ---------------------------------------------------------------------- closing


def remove(folder: Path) -> None:
    """Remove a folder in which somebody is still making files."""
    aside = folder.with_name(f"{folder.name} that was, {time.monotonic_ns()}")
    folder.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def broken_by_removal(proxy: Proxy) -> None:
    remove(proxy.data / "vectors")


def broken_by_files_in_its_place(proxy: Proxy) -> None:
    remove(proxy.data / "vectors")
    (proxy.data / "vectors").write_text("somebody's")


def broken_by_permissions(proxy: Proxy) -> None:
    for path in (proxy.data / "vectors").rglob("*"):
        if path.is_file():
            path.chmod(0o400)


BROKEN = [broken_by_removal, broken_by_files_in_its_place, broken_by_permissions]


@linux
@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_reload_and_the_end_with_a_broken_index_let_go_of_everything(
    start: Start, copy: Path, broken: Callable[[Proxy], None]
) -> None:
    proxy = start(script=copy)
    proxy.ask("Who holds the lock?")
    proxy.ask_until("exact", "Who holds the lock?")
    servers = children(proxy.pid)
    broken(proxy)

    proxy.script.touch()
    proxy.wait_log("ready: exact hits", times=2)
    proxy.wait_for(lambda: not any(map(alive, servers)), within=20)  # encoder and Valkey of the old instance

    proxy.ask_until("exact", "Who holds the lock?", within=20)
    if broken is broken_by_files_in_its_place:
        (proxy.data / "vectors").unlink()
    proxy.wait_log("ready: hits by meaning", times=3 if proxy.log.count("opening it again") else 2)
    proxy.ask_until("exact", "Who holds the lock?", within=20)
    proxy.ask_until("semantic", "Who is holding the lock?", within=20)

    servers = children(proxy.pid)
    broken(proxy)
    proxy.stop()

    assert "Traceback" not in proxy.log
    assert "Unhandled" not in proxy.log
    assert "Addon error" not in proxy.log
    proxy.wait_for(lambda: not any(map(alive, servers)), within=5)


@linux
def test_the_end_with_parts_that_hang_is_an_end_in_time(start: Start) -> None:
    proxy = start()
    servers = children(proxy.pid)
    for each in servers:
        os.kill(each, signal.SIGSTOP)
    began = time.monotonic()

    proxy.stop()

    assert time.monotonic() - began < 12 + SLACK
    assert "Traceback" not in proxy.log
    proxy.wait_for(lambda: not any(map(alive, servers)), within=5)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB, for whoever may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.system(f"mount -t tmpfs -o size=24m none '{folder}' 2>/dev/null"):
        pytest.skip("may not mount a file system")
    yield folder
    os.system(f"umount -l '{folder}'")


def fill(file: Path) -> None:
    with file.open("ab", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(bytes(1 << 12))


def test_a_full_disk_damages_nothing(start: Start, small_disk: Path, copy: Path) -> None:
    """Neither a reload on it, nor a start; and with room again all is as it was."""
    quiet = ("--set", "flow_detail=0")
    proxy = start(script=copy, data="small/data", options=quiet)
    proxy.ask("How full is the disk?")
    proxy.ask_until("semantic", "How full is this disk?")
    fill(small_disk / "filler")

    proxy.script.touch()
    proxy.wait_log("ready: exact hits", times=2)
    fill(small_disk / "filler")  # zvec may have given some back
    proxy.ask_until("exact", "How full is the disk?", within=20)
    time.sleep(5)
    (small_disk / "filler").unlink()

    proxy.wait_log("ready: hits by meaning", times=2)
    deadline = time.monotonic() + 20
    while proxy.ask("How full is this disk?", headers={"cache-control": "no-store"}).cache != "semantic":
        assert time.monotonic() < deadline, proxy.log
        assert proxy.ask("How full is the disk?").cache == "exact"  # zvec may have lost what it could not write
        time.sleep(0.2)
    proxy.stop()
    assert not list(small_disk.rglob("*.damaged-*")), proxy.log
    assert "Traceback" not in proxy.log
    assert "Unhandled" not in proxy.log


# ---------------------------------------------------------------------- recovery


@linux
def test_a_killed_valkey_is_back_within_a_second(start: Start) -> None:
    proxy = start(ASKED, wait_for="ready: exact hits")
    proxy.ask("Who is back?")
    proxy.ask_until("exact", "Who is back?")
    time.sleep(1.2)  # its file is synced once a second

    for _ in range(2):
        os.kill(child(proxy, "valkey-server"), signal.SIGKILL)
        for i in range(8):  # so that the breaker opens
            proxy.ask(f"Anybody there ({i})?", headers={"cache-control": "no-store"})

        assert took_until(proxy, "exact", "Who is back?", 10) < 1.5 + SLACK

    assert "Traceback" not in proxy.log


@linux
def test_a_valkey_that_hangs_is_replaced(start: Start) -> None:
    proxy = start(ASKED, wait_for="ready: exact hits")
    proxy.ask("Who hangs?")
    proxy.ask_until("exact", "Who hangs?")
    time.sleep(1.2)
    first = child(proxy, "valkey-server")
    os.kill(first, signal.SIGSTOP)

    assert took_until(proxy, "exact", "Who hangs?", 20) < 5 + SLACK
    assert child(proxy, "valkey-server") != first


@linux
def test_an_encoder_that_hangs_is_replaced(start: Start) -> None:
    proxy = start()
    proxy.ask("How do I encode this?")
    proxy.ask_until("semantic", "How can I encode this?")
    first = child(proxy, "encoder_main.py")
    os.kill(first, signal.SIGSTOP)
    began = time.monotonic()

    while first in children(proxy.pid) and time.monotonic() < began + 20:
        proxy.ask(f"How do I encode {time.monotonic()}?", headers={"cache-control": "no-store"})  # not known before
        time.sleep(0.1)
    proxy.ask_until("semantic", "How could I encode this?", within=10)

    assert time.monotonic() - began < 5 + SLACK
    assert child(proxy, "encoder_main.py") != first


@linux
def test_an_external_redis_that_comes_back_is_asked_at_once(start: Start, tmp_path: Path) -> None:
    port = free_port()
    server = Process(port, tmp_path / "redis", plain(port))
    server.start()
    proxy = start(
        f"{ASKED[:-2]}, redis: {{url: 'redis://127.0.0.1:{port}/0'}}, secret: 0123456789abcdef}}\n",
        wait_for="ready: exact hits",
    )
    proxy.ask("Who comes back?")
    proxy.ask_until("exact", "Who comes back?")
    server.signal(signal.SIGSTOP)
    for i in range(8):
        proxy.ask(f"Anybody there ({i})?", headers={"cache-control": "no-store"})
    time.sleep(1)

    server.signal(signal.SIGCONT)

    assert took_until(proxy, "exact", "Who comes back?", 10) < 1 + SLACK
    server.kill()
