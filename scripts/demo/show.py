"""`scripts/serve --demo`: a stand-in API, the real proxy in front of it, a few questions, and a table of the results.

It runs in the project's environment, on loopback and in a temporary folder, and leaves nothing behind.
"""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import tempfile
import time
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from demo.answers import Reply, Request, answer, tokens
from demo.upstream import StandIn
from environment import ROOT, executable

FIRST_TOKEN_S, TOKEN_S = 0.35, 0.025  # about as slow as a hosted model
READY_TIMEOUT_S = 30.0  # for the proxy, and again for semantic hits
STORE_PAUSE_S = 0.4  # answers are stored after they were sent
REQUEST_TIMEOUT_S = 15.0
MAX_LOG_LINES = 15
WARM_UP_MODEL_PREFIX = "warm-up"
PATH = "/v1/chat/completions"

Result = Literal["miss", "exact", "semantic"]


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    asked: str  # the variation, for the table
    expected: Result
    streamed: bool = True
    credential: str = "alice"
    model: str = "stand-in"


QUESTIONS = (
    Question("How do I reset my password?", "first time, streamed", "miss"),
    Question("How do I reset my password?", "again", "exact"),
    Question("How do I reset my password?", "again, but whole", "exact", streamed=False),
    Question("How can I reset my password?", "in other words", "semantic"),
    Question("How do I reset my password?", "by another credential", "miss", credential="bob"),
    Question("如何重置密码？", "first time, whole", "miss", streamed=False),
    Question("如何重置密码？", "again, but streamed", "exact"),
    Question("怎样重置密码？", "in other words, whole", "semantic", streamed=False),
    Question("How many kilometres is 5 miles?", "first time, whole", "miss", streamed=False),
    Question("How many kilometres are 5 miles?", "in other words, streamed", "semantic"),
    Question("How many kilometres is 50 miles?", "another number", "miss"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The client's result; times in seconds."""

    result: Result
    similarity: str  # as the proxy reports it, for a semantic hit
    text: str
    first_token: float
    whole: float

    @property
    def shown(self) -> str:
        return {"miss": "miss", "exact": "exact hit", "semantic": f"semantic hit {self.similarity[:4]}".rstrip()}[
            self.result
        ]

    def saved(self, question: Question) -> int:
        return 0 if self.result == "miss" else len(tokens(question.text)) + len(tokens(self.text))


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


def script(request: Request) -> Reply:
    if str(request.json.get("model")).startswith(WARM_UP_MODEL_PREFIX):
        return answer(request)
    return answer(request, FIRST_TOKEN_S, TOKEN_S)


def ask(port: int, question: Question) -> Outcome:
    """Send a question through the proxy. Raises DemoError unless the answer is complete."""
    headers = {"authorization": f"Bearer demo-{question.credential}", "content-type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_TIMEOUT_S)
    with contextlib.closing(connection):
        began = time.perf_counter()
        try:
            connection.request("POST", PATH, render_request(question), headers)
            response = connection.getresponse()
            received = response.read1()
            first_token = time.perf_counter() - began
            received += response.read()
        except (OSError, http.client.HTTPException) as exc:
            raise DemoError(f"no answer to {question.text!r}: {exc}") from exc
        whole = time.perf_counter() - began
    if response.status != 200:
        raise DemoError(f"{question.text!r} was answered with status {response.status}")
    return Outcome(
        parse_result(response),
        response.getheader("x-ai-cache-similarity", ""),
        parse_text(received),
        first_token,
        whole,
    )


def render_request(question: Question) -> bytes:
    """Render a request. A stream asks for the usage, since without it no whole answer could be served from it."""
    asked = {"model": question.model, "messages": [{"role": "user", "content": question.text}]}
    how: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}} if question.streamed else {}
    return json.dumps(asked | how).encode()


def parse_result(response: http.client.HTTPResponse) -> Result:
    if response.getheader("x-cache-status") != "hit":
        return "miss"
    return "semantic" if "detail=semantic" in response.getheader("cache-status", "") else "exact"


def parse_text(body: bytes) -> str:
    """Return the text of a completion, streamed or whole. Each event of the stand-in is one line."""
    if not body.startswith(b"data:"):
        return str(json.loads(body)["choices"][0]["message"]["content"])
    events = [line.removeprefix(b"data:").strip() for line in body.splitlines() if line.startswith(b"data:")]
    chunks: list[dict[str, Any]] = [json.loads(event) for event in events if event != b"[DONE]"]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


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
        format_row(question.text, question.asked, outcome.shown, first, whole, f"{outcome.saved(question):8}"),
        flush=True,
    )
    await asyncio.sleep(STORE_PAUSE_S)
    return outcome, upstream.calls - before


def format_row(question: str, asked: str, result: str, first: str, whole: str, saved: str) -> str:
    cells = zip((question, asked, result, first, whole, saved), (33, 25, 18, 12, 13, 12), strict=True)
    return " ".join(cell + " " * (width - display_width(cell)) for cell, width in cells).rstrip()


def display_width(text: str) -> int:
    """Return the number of terminal columns of *text*."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def print_summary(questions: Sequence[Question], outcomes: Sequence[tuple[Outcome, int]]) -> int:
    hits = [outcome for outcome, _ in outcomes if outcome.result != "miss"]
    misses = [outcome for outcome, _ in outcomes if outcome.result == "miss"]
    saved = sum(outcome.saved(question) for question, (outcome, _) in zip(questions, outcomes, strict=True))
    miss_time, hit_time = format_mean(misses), format_mean(hits)
    print(
        f"\n{len(questions)} questions: {len(misses)} misses ({miss_time}), {len(hits)} hits ({hit_time}); "
        f"{sum(calls for _, calls in outcomes)} went upstream; {saved} tokens saved"
    )
    deviations = [
        line
        for question, (outcome, calls) in zip(questions, outcomes, strict=True)
        for line in find_deviations(question, outcome, calls)
    ]
    print(*[f"NOT AS EXPECTED: {line}" for line in deviations] or ["everything came as expected"], sep="\n")
    return 1 if deviations else 0


def find_deviations(question: Question, outcome: Outcome, calls: int) -> list[str]:
    """Return deviations from the expected result; *calls* is the number of upstream requests."""
    name = f"{question.text!r} ({question.asked})"
    found = []
    if outcome.result != question.expected:
        found.append(f"{name}: {outcome.result}, not {question.expected}")
    if calls != (1 if question.expected == "miss" else 0):
        found.append(f"{name}: {calls} upstream requests")
    if outcome.text != answer(Request("POST", PATH, {}, render_request(question))).texts[0]:
        found.append(f"{name}: another answer than the upstream's")
    return found


def format_mean(outcomes: Sequence[Outcome]) -> str:
    return (
        f"{sum(outcome.whole for outcome in outcomes) / len(outcomes) * 1000:.0f} ms on average" if outcomes else "none"
    )


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
