"""Requests on new connections to an upstream behind TLS, whose answers take a while to travel: time to the first byte.

`python -m benchmarks.handshakes PORT CERTIFICATE KEY SECONDS` is that upstream, a process of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from benchmarks import proxy_metrics, questions, requests
from benchmarks.errors import Problem
from benchmarks.faults.tls import a_certificate, serving
from benchmarks.processes import Server, free_port, run_server
from benchmarks.progress_bar import StepProgress
from benchmarks.systems import ADDON, OURS, WARNINGS
from demo.answers import Reply
from demo.upstream import StandIn

ROUND_TRIP_S = 0.03
"""Time that everything from the upstream takes: the handshake of TLS 1.3 is one such time, and an answer another."""
PAUSE_S = 0.05
"""Time before each request, in which the answer to the one before is stored."""
STORED = 50
BARE, LATE = "bare passing", f"{OURS}, preconnect off"
SETTINGS: dict[str, dict[str, bool] | None] = {BARE: None, LATE: {"preconnect": False}, OURS: {"preconnect": True}}
"""The systems, with their settings of `speed`; None: no cache."""
KINDS = ("miss", "semantic hit", "exact hit")

Seconds = dict[tuple[str, str], list[float]]
"""Times to the first byte, by system and kind of request."""


def run(folder: Path, count: int) -> int:
    """Measure *count* requests of each kind, and print a table of medians."""
    with contextlib.ExitStack() as stack:
        port = free_port()
        certificate, key = a_certificate(folder / "tls")
        ends = (str(port), str(certificate), str(key), str(ROUND_TRIP_S))
        upstream = [sys.executable, "-m", "benchmarks.handshakes", *ends]
        servers = {"upstream": stack.enter_context(run_server(upstream, port, folder / "upstream.log"))}
        for name in SETTINGS:
            own = free_port()
            command = _command(name, folder, own, port, certificate)
            servers[name] = stack.enter_context(run_server(command, own, folder / f"{own}.log"))
        for server in servers.values():
            server.wait_listening()
        found = _measure({name: servers[name] for name in SETTINGS}, count)
    print(
        f"first byte on a new connection, ms (median of {count}), {ROUND_TRIP_S * 1000:.0f} ms to the upstream and back"
    )
    print(f"\n{'':24}{''.join(f'{kind:>24}' for kind in KINDS)}")
    for name in SETTINGS:
        print(f"{name:24}{''.join(f'{_cell(found, name, kind):>24}' for kind in KINDS)}")
    return 0


def _command(name: str, folder: Path, port: int, upstream: int, certificate: Path) -> list[str]:
    options = ["-q", "--set", "stream_large_bodies=1"]
    if (speed := SETTINGS[name]) is not None:
        file = folder / f"{port}.yaml"
        file.write_text(yaml.safe_dump({"speed": speed, "dashboard": {"token": proxy_metrics.TOKEN}}))
        options = [*WARNINGS, "-s", str(ADDON)]
        options += ["--set", f"ai_cache_data={folder / f'data-{port}'}", "--set", f"ai_cache_config={file}"]
    return [
        *(str(Path(sys.executable).with_name("mitmdump")), "--mode", f"reverse:https://127.0.0.1:{upstream}"),
        *("--listen-host", "127.0.0.1", "--listen-port", str(port), "--set", "connection_strategy=lazy"),
        *("--set", f"ssl_verify_upstream_trusted_ca={certificate}", "--set", f"confdir={folder / f'confdir-{port}'}"),
        *options,
    ]


def _measure(servers: Mapping[str, Server], count: int) -> Seconds:
    caches = [name for name in servers if SETTINGS[name] is not None]
    stored, reworded = questions.stored(STORED), questions.reworded(STORED)
    for name in caches:
        port = servers[name].port
        proxy_metrics.wait_ready(port, proxy_metrics.SEMANTIC)
        for question in stored:
            _until(lambda port=port, question=question: _ask(port, question)[0] == "hit")  # type: ignore[misc]
    found: Seconds = {(name, kind): [] for name in servers for kind in KINDS}
    new = questions.new(0, count)
    steps = StepProgress("handshakes", count)
    try:
        for place in range(count):
            steps.begin(f"{place + 1} of {count}")
            asked = {
                "miss": new[place],
                "semantic hit": reworded[place % len(reworded)],
                "exact hit": stored[place % STORED],
            }
            for kind, question in asked.items():
                names = list(servers) if kind == "miss" else caches
                for name in random.sample(names, len(names)):  # in turn, for the machine's state to be the same
                    time.sleep(PAUSE_S)
                    cache, seconds = _ask(servers[name].port, question, kind)
                    if kind != "semantic hit" or cache == "hit":
                        found[name, kind].append(seconds)
    finally:
        steps.end()
    return found


def _ask(port: int, question: str, kind: str = "") -> tuple[str, float]:
    """Ask on a new connection; return ``x-cache-status`` and the seconds until the first byte."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"content-type": "application/json", "authorization": f"Bearer {requests.KEY}"}
    if kind == "semantic hit":
        headers["cache-control"] = "no-store"  # the next one would be exact
    with contextlib.closing(connection):
        began = time.perf_counter()
        connection.request("POST", "/v1/chat/completions", requests.body(question, stream=True), headers)
        response = connection.getresponse()
        response.read(1)
        seconds = time.perf_counter() - began
        if response.status != 200:
            raise Problem(f"port {port} answers {response.status}: {response.read()[:300]!r}")
        response.read()
    return response.headers.get("x-cache-status", ""), seconds


def _until(done: Callable[[], bool]) -> None:
    for _ in range(100):
        if done():
            return
        time.sleep(0.1)
    raise Problem("no hit within 10 s")


def _cell(found: Seconds, name: str, kind: str) -> str:
    if not (seconds := found[name, kind]):
        return "–"
    median = statistics.median(seconds)
    bare = found[BARE, kind]
    return f"{median * 1000:.1f}{f' ({median / statistics.median(bare):.2f})' if bare else ''}"


async def _serve(port: int, certificate: Path, key: Path, delay: float) -> None:
    """Serve the stand-in over TLS, behind a relay that delays all that it sends."""
    loop = asyncio.get_running_loop()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, out = await asyncio.open_connection("127.0.0.1", int(stand_in.url.rpartition(":")[2]))

        async def pump(
            source: asyncio.StreamReader, send: Callable[[bytes], object], end: Callable[[], object]
        ) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    send(data)
            end()

        def send_late(data: bytes) -> None:
            loop.call_later(delay, writer.write, data)

        def end_late() -> None:
            loop.call_later(delay, writer.close)

        await asyncio.gather(pump(reader, out.write, out.close), pump(there, send_late, end_late))

    async with (
        StandIn(lambda _: Reply(("token " * 20,)), tls=serving(certificate, key)) as stand_in,
        await asyncio.start_server(pass_on, "127.0.0.1", port) as relay,
    ):
        await relay.serve_forever()


def main(arguments: Sequence[str]) -> None:
    port, certificate, key, delay = arguments
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(port), Path(certificate), Path(key), float(delay)))


if __name__ == "__main__":
    main(sys.argv[1:])
