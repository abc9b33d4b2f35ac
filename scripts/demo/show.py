"""`scripts/serve --demo`: a stand-in API, the real proxy in front of it, a few questions, and a table of the results.

It runs in the project's environment, on loopback and in a temporary folder, and leaves nothing behind.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from demo.answers import Reply, Request, answer
from demo.questions import QUESTIONS, DemoError, Outcome, Question, ask
from demo.results import format_row, print_summary
from demo.upstream import StandIn
from environment import ROOT, executable

FIRST_TOKEN_S, TOKEN_S = 0.35, 0.025  # about as slow as a hosted model
READY_TIMEOUT_S = 30.0  # for the proxy, and again for semantic hits
STORE_PAUSE_S = 0.4  # answers are stored after they were sent
MAX_LOG_LINES = 15
WARM_UP_MODEL_PREFIX = "warm-up"


def script(request: Request) -> Reply:
    if str(request.json.get("model")).startswith(WARM_UP_MODEL_PREFIX):
        return answer(request)
    return answer(request, FIRST_TOKEN_S, TOKEN_S)


@contextlib.asynccontextmanager
async def proxy(upstream: str, folder: Path, config: Path | None, environment: Mapping[str, str]) -> AsyncIterator[int]:
    """Run mitmdump with the addon, like `scripts/serve`; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings: dict[str, object] = {
        "ai_cache_data": folder / "data",
        "confdir": folder,
        "connection_strategy": "lazy",
        "flow_detail": 0,
    }
    if config is not None:
        settings["ai_cache_config"] = config
    arguments = ["--mode", f"reverse:{upstream}", "--listen-host", "127.0.0.1", "--listen-port", str(port)]
    arguments += [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    program = executable(Path(sys.executable), "mitmdump")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            "-s",
            ROOT / "addon" / "ai_cache.py",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
        )
    try:
        await _wait_listening(process, port)
        yield port
    except DemoError as exc:
        lines = (folder / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        raise DemoError("\n".join(["the proxy's last lines:", *lines[-MAX_LOG_LINES:], str(exc)])) from exc
    finally:
        await _stop(process)


async def _wait_listening(process: asyncio.subprocess.Process, port: int) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.returncode is not None:
            raise DemoError(f"the proxy ended at once, with exit code {process.returncode}")
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.1)
    raise DemoError(f"the proxy did not listen within {READY_TIMEOUT_S:g} s")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()


async def wait_ready(port: int) -> None:
    """Wait for semantic lookups, which start in the background: repeat until a paraphrase hits.

    Every round has its own model, and so its own part of the cache.
    """
    deadline = time.monotonic() + READY_TIMEOUT_S
    for number in range(sys.maxsize):
        model = f"{WARM_UP_MODEL_PREFIX}-{number}"
        await asyncio.to_thread(ask, port, Question("How can I learn Python quickly?", "", "miss", model=model))
        await asyncio.sleep(STORE_PAUSE_S)
        again = Question("How do I learn Python quickly?", "", "semantic", model=model)
        if (await asyncio.to_thread(ask, port, again)).result == "semantic":
            return
        if time.monotonic() > deadline:
            raise DemoError(f"no semantic hit within {READY_TIMEOUT_S:g} s")


async def run_demo(chain: str) -> int:
    """Send the questions and print the results; returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="ai-cache-demo-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with contextlib.AsyncExitStack() as stack, StandIn(script) as upstream:
            config: Path | None = None
            environment: Mapping[str, str] = {}
            services = "a stand-in API"
            if chain == "cloud":
                from demo.cloud.chain import cloud

                services = "stand-ins for the API, DashScope and DashVector"
                config, environment = await stack.enter_async_context(cloud(folder))
            print(f"starting {services}, and the proxy …", flush=True)
            async with proxy(upstream.url, folder, config, environment) as port:
                await wait_ready(port)
                print(format_row("question", "asked as", "result", "first token", "whole answer", "tokens saved"))
                outcomes = [await _ask_and_print(port, question, upstream) for question in QUESTIONS]
    return print_summary(QUESTIONS, outcomes)


async def _ask_and_print(port: int, question: Question, upstream: StandIn) -> tuple[Outcome, int]:
    before = upstream.calls
    outcome = await asyncio.to_thread(ask, port, question)
    first, whole = f"{outcome.first_token * 1000:7.0f} ms", f"{outcome.whole * 1000:8.0f} ms"
    print(
        format_row(question.text, question.variation, outcome.shown, first, whole, f"{outcome.saved(question):8}"),
        flush=True,
    )
    await asyncio.sleep(STORE_PAUSE_S)
    return outcome, upstream.calls - before


async def main() -> int:
    task = asyncio.current_task()
    assert task is not None
    with contextlib.suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await run_demo(*sys.argv[1:] or ["embedded"])
    except DemoError as exc:
        print(f"demo: {exc}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
