"""Exact hits per second and their latency beside a bare mitmdump whose addon answers a constant. Load by wrk."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.constant import ANSWER
from benchmarks.proxies import CONSTANT, Running, mitmdump, with_addon
from demo.answers import Reply
from demo.upstream import StandIn

CONNECTIONS = (1, 8, 64)
BODY = json.dumps(
    {
        "model": "gpt-test",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant. " * 6},
            {"role": "user", "content": "How do I reset the password of my account when I no longer have the phone?"},
        ],
        "temperature": 0.2,
    }
)
LUA = """wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer sk-bench"
wrk.body = [==[{body}]==]
"""


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests per second, latencies in milliseconds; and the proxy's own CPU time a request."""

    rps: float
    p50: float
    p99: float
    cpu: float


async def measure(folder: Path, seconds: int, rounds: int) -> int:
    """Print the table; return the exit code."""
    if shutil.which("wrk") is None:
        print("bench hits: the load comes from wrk, which is not there (Debian: apt-get install wrk)")
        return 1
    script = folder / "request.lua"
    script.write_text(LUA.format(body=BODY))
    async with StandIn(lambda _: Reply(body=ANSWER)) as upstream:
        return await asyncio.to_thread(_measure, folder, upstream.url, script, seconds, rounds)


def _measure(folder: Path, upstream: str, script: Path, seconds: int, rounds: int) -> int:
    with (
        mitmdump(folder, upstream, ["-s", str(CONSTANT)]) as bare,
        mitmdump(folder, upstream, with_addon(folder)) as cached,
    ):
        _warm(cached.port)
        print(
            f"\nexact hits, request {len(BODY)} bytes, answer {len(ANSWER)} bytes, "
            f"medians of {rounds} rounds of {seconds} s"
        )
        print(f"{'connections':>11} {'':>9} {'rps':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>7}   ratio of rps, CPU")
        for connections in CONNECTIONS:
            loads: dict[str, list[Load]] = {"bare": [], "ai-cache": []}
            for _ in range(rounds):  # one after the other, so that both meet the machine in the same mood
                for name, proxy in (("bare", bare), ("ai-cache", cached)):
                    loads[name].append(_wrk(proxy, script, connections, seconds))
            _print(connections, loads)
    return 0


def _print(connections: int, loads: dict[str, list[Load]]) -> None:
    pairs = list(zip(loads["ai-cache"], loads["bare"], strict=True))
    rates = statistics.median(ours.rps / bare.rps for ours, bare in pairs)
    costs = statistics.median(bare.cpu / ours.cpu for ours, bare in pairs if ours.cpu) if pairs[0][0].cpu else 0.0
    for name, runs in loads.items():
        rps, p50, p99, cpu = (
            statistics.median(getattr(run, field) for run in runs) for field in ("rps", "p50", "p99", "cpu")
        )
        tail = f"   {rates:.2f}, {costs:.2f}" if name == "ai-cache" else ""
        print(f"{connections:>11} {name:>9} {rps:8.0f} {p50:8.2f} {p99:8.2f} {cpu:7.2f}{tail}", flush=True)


def _warm(port: int) -> None:
    """Ask until the answer comes from the cache and every part has started."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(
            "POST",
            "/v1/chat/completions",
            BODY,
            {"content-type": "application/json", "authorization": "Bearer sk-bench"},
        )
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.headers.get("x-cache-status") == "hit":
            assert body == ANSWER
            time.sleep(3)  # the semantic part may still be loading
            return
        time.sleep(0.1)
    raise SystemExit("bench hits: no hit within 30 s")


def _wrk(proxy: Running, script: Path, connections: int, seconds: int) -> Load:
    cpu = proxy.cpu()
    out = subprocess.run(
        [
            *("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s", "-s", str(script)),
            f"http://127.0.0.1:{proxy.port}/v1/chat/completions",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"bench hits: not every request was answered:\n{out}")
    return Load(
        rps=float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),  # type: ignore[index]
        p50=_milliseconds(out, "50%"),
        p99=_milliseconds(out, "99%"),
        cpu=(proxy.cpu() - cpu) * 1000 / int(re.search(r"(\d+) requests in", out)[1]),  # type: ignore[index]
    )


def _milliseconds(out: str, percentile: str) -> float:
    found = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", out)
    assert found is not None
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
