"""The systems under test: proxies with the cache, and the baselines. Each is started on first use."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from aicache.cli import launch
from aicache.config.values import Speed
from benchmarks import litellm, proxy_metrics
from benchmarks.errors import Problem
from benchmarks.processes import STOP_TIMEOUT_S, Server, Tree, free_port, run_server

ROOT = Path(__file__).resolve().parent.parent.parent
ADDON = ROOT / "addon" / "ai_cache.py"
BASELINE_ADDON = Path(__file__).with_name("baseline_addon.py")
MITMDUMP = str(Path(sys.executable).with_name("mitmdump"))
OURS = "ai-cache"
WARNINGS = ("--set", "flow_detail=0", "--set", "termlog_verbosity=warn")  # like -q, but with the cache's warnings
SPEEDS: dict[str, dict[str, bool]] = {  # settings under `speed`; default leaves them out
    "default": {},
    "table": {"dispatch": True, "fast_lane": False},
    "lane": {"dispatch": True, "fast_lane": True},
    "off": {"dispatch": False, "fast_lane": False},
}


@dataclass(frozen=True, slots=True)
class System:
    """A server on a loopback *port* that answers chat completions."""

    name: str
    port: int
    trees: tuple[Tree, ...] = ()
    """Its processes."""
    caches: bool = False
    """Whether it is our cache with its metrics page."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    def cpu(self) -> float:
        """Return the seconds of processor time used so far."""
        return sum(tree.cpu() for tree in self.trees)

    def memory(self) -> int:
        """Return the bytes of resident memory."""
        return sum(tree.memory() for tree in self.trees)


def speed_settings(name: str) -> dict[str, bool]:
    """Return the settings of the speed *name*. Raises Problem if this cache does not have them."""
    known = {field.name for field in dataclasses.fields(Speed)}
    wanted = SPEEDS[name]
    if lacking := [key for key, on in wanted.items() if on and key not in known]:
        raise Problem(f"--speed {name}: this version of the cache has no speed.{lacking[0]}")
    return {key: value for key, value in wanted.items() if key in known}


class Fleet:
    """Starts systems and ends them with its block. Systems accept requests only after `wait`."""

    def __init__(
        self, folder: Path, speeds: Sequence[str], upstream: str = "benchmarks.upstream", addons: Sequence[Path] = ()
    ) -> None:
        """*upstream* is the module of the stand-in API; *addons* are those that proxies with the cache have as well."""
        self._folder, self._speeds, self._module, self._addons = folder, speeds, upstream, addons
        self._stack = ExitStack()
        self._started: dict[str, System] = {}
        self._servers: list[Server] = []
        self._starting: list[Server] = []
        self._upstream_port = 0
        self._awaited_parts: list[tuple[int, Collection[str]]] = []  # ports, and the parts of the cache to wait for

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:  # in parallel, since each takes time to end
            server.process.terminate()
        self._stack.close()

    def upstream(self) -> System:
        """Return the stand-in API itself."""
        return self._once("upstream", self._upstream)

    def kill_upstream(self) -> None:
        """Kill the stand-in API; `upstream` starts it again, at the same port."""
        port = self._started.pop("upstream").port
        server = next(server for server in reversed(self._servers) if server.port == port)
        server.process.kill()
        server.process.wait()

    def constant(self) -> System:
        """Return a bare mitmdump whose addon sends a constant answer."""
        return self._once("bare constant", lambda: self._mitmdump("bare", ["-q", "-s", str(BASELINE_ADDON)]))

    def passing(self) -> System:
        """Return a bare mitmdump that forwards requests and streams answers."""
        options = ["-q", "--set", "stream_large_bodies=1"]  # without it, mitmdump buffers whole streams
        return self._once("bare passing", lambda: self._mitmdump("bare", options))

    def caches(self, data: str = "data", config: Mapping[str, Any] | None = None, suffix: str = "") -> list[System]:
        """Return proxies with the cache, one per speed, each with its own data folder."""
        return [self._cache(speed, data, config or {}, suffix) for speed in self._speeds]

    def workers(self, count: int, config: Mapping[str, Any]) -> System:
        """Return so many workers with the cache on one port."""
        program = [sys.executable, "-m", "aicache.cli.workers", str(count)]
        return self._cache("default", "workers", config, f", {count} workers", program)

    def exact_only(self) -> list[System]:
        """Return the same without semantic lookups."""
        return self.caches("exact-only", {"semantic": {"enabled": False}}, ", exact only")

    def uncounted(self, script: Path) -> System:
        """Return the cache loaded by *script*, without its dashboard and metrics."""
        file, folder = self._folder / "uncounted.yaml", self._folder / "uncounted"
        file.write_text(yaml.safe_dump({"dashboard": {"enabled": False}}))
        options = [*WARNINGS, "-s", str(script)]
        options += ["--set", f"ai_cache_data={folder}", "--set", f"ai_cache_config={file}"]
        return self._once("uncounted", lambda: self._mitmdump("without", options))

    def litellm(self) -> System:
        """Return a LiteLLM proxy that caches in a Redis."""
        return self._once("litellm", self._litellm)

    def wait(self) -> None:
        """Wait until all started systems accept requests. They start faster in parallel."""
        for server in self._starting:
            server.wait_listening()
        for port, parts in self._awaited_parts:
            proxy_metrics.wait_ready(port, parts)
        self._starting, self._awaited_parts = [], []

    def stop(self, system: System) -> None:
        """End a system, which can be started again."""
        server = next(each for each in self._servers if each.port == system.port)
        launch.terminate(server.process, STOP_TIMEOUT_S)
        self._servers.remove(server)
        self._started = {name: each for name, each in self._started.items() if each.port != system.port}

    def said(self, system: System) -> str:
        """Return a system's log so far; proxies log only problems."""
        return next(s.log.read_text("utf-8", "replace") for s in self._servers if s.port == system.port)

    def _once(self, name: str, start: Callable[[], System]) -> System:
        if name not in self._started:
            self._started[name] = start()
        return self._started[name]

    def _upstream(self) -> System:
        port = self._upstream_port = self._upstream_port or free_port()
        return System("upstream", port, (self._run([sys.executable, "-m", self._module, str(port)], port),))

    def _cache(
        self, speed: str, data: str, config: Mapping[str, Any], suffix: str, program: Sequence[str] = (MITMDUMP,)
    ) -> System:
        name = OURS + ("" if speed == "default" else f" {speed}") + suffix
        folder = self._folder / f"{data}-{speed}"

        def start() -> System:
            file = self._folder / f"{data}-{speed}{suffix.replace(' ', '-')}.yaml"
            ours = {"speed": speed_settings(speed), "dashboard": {"token": proxy_metrics.TOKEN}}
            file.write_text(yaml.safe_dump({**ours, **config}))
            options = [*WARNINGS, "-s", str(ADDON), *(word for addon in self._addons for word in ("-s", str(addon)))]
            options += ["--set", f"ai_cache_data={folder}", "--set", f"ai_cache_config={file}"]
            system = self._mitmdump(name, options, caches=True, program=program)
            by_meaning = config.get("semantic", {}).get("enabled", True)
            self._awaited_parts.append((system.port, proxy_metrics.SEMANTIC if by_meaning else proxy_metrics.EXACT))
            return system

        return self._once(f"{name} {data}", start)

    def _mitmdump(
        self, name: str, options: Sequence[str], *, caches: bool = False, program: Sequence[str] = (MITMDUMP,)
    ) -> System:
        port = free_port()
        command = [
            *program,
            *("--mode", f"reverse:http://127.0.0.1:{self.upstream().port}"),
            *("--listen-host", "127.0.0.1", "--listen-port", str(port)),
            *("--set", "connection_strategy=lazy", "--set", f"confdir={self._folder / f'confdir-{port}'}"),
            *options,
        ]
        return System(name, port, (self._run(command, port),), caches)

    def _litellm(self) -> System:
        redis, port = free_port(), free_port()
        server = self._run(litellm.redis_command(redis, self._folder), redis)
        command = litellm.command(port, litellm.config(self._folder, self.upstream().port, redis))
        return System("litellm", port, (self._run(command, port, litellm.ENVIRONMENT), server))

    def _run(self, command: Sequence[str], port: int, environment: Mapping[str, str] | None = None) -> Tree:
        log = self._folder / f"{Path(command[0]).name}-{port}.log"
        server = self._stack.enter_context(run_server(command, port, log, environment))
        self._servers.append(server)
        self._starting.append(server)
        return server.tree
