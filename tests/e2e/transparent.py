"""Traffic that is redirected: an LLM API on the internet of a test's own, and `scripts/transparent run` before it.

with lan(folder, HOSTS) as net, Internet(net, folder) as internet:
    with Redirected(net.gateway, internet, folder, "--forward", "lan") as proxy:
        net.client.run(…)  # https://api.llm.test/ is answered through the cache; proxy.authority is to be trusted
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import environment
from certificates import a_certificate
from e2e.proxy import EXACT_ONLY, READY_EXACT
from namespaces import ELSEWHERE, INTERNET, Lan, Machine

API, SHARED, OTHER = "api.llm.test", "shared.test", "other.test"
HOSTS = {API: INTERNET, SHARED: INTERNET, OTHER: ELSEWHERE}
"""An LLM API, another name at its addresses, and a name that has nothing to do with it."""
USER = "nobody"
HOME = "/mnt"
"""Where the proxy's user may write; it goes with the machine."""
CONFIG = f"{HOME}/ai-cache.yaml"
TRANSPARENT = environment.ROOT / "scripts" / "transparent"


class Logged:
    """A process on a machine, and what it has said."""

    def __init__(self, machine: Machine, log: Path, *words: object) -> None:
        self.machine, self.log_file = machine, log
        self.process = machine.start(*words, log=log)

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    def wait_log(self, text: str, within: float = 60) -> None:
        deadline = time.monotonic() + within
        while text not in self.log:
            assert self.process.poll() is None, f"it has ended:\n{self.log}"
            assert time.monotonic() < deadline, f"no {text!r} in the log:\n{self.log}"
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


class Internet:
    """All HOSTS as one server of TLS, HTTP/1.1 and HTTP/2, before a stand-in that counts what it is asked."""

    def __init__(self, net: Lan, folder: Path) -> None:
        self.machine, self.folder = net.internet, folder
        self.authority, key = a_certificate(folder, *HOSTS)
        self._both = folder / "both.pem"
        self._both.write_bytes(key.read_bytes() + self.authority.read_bytes())

    def __enter__(self) -> Self:
        scripts = f"PYTHONPATH={environment.ROOT / 'scripts'}"
        api = ("env", scripts, sys.executable, "-u", "-m", "demo.upstream", "--port", 9000, "--per-token", 0.05)
        self._api = Logged(self.machine, self.folder / "api.log", *api)
        tls = (
            *(Path(sys.executable).with_name("mitmdump"), "--mode", "reverse:http://127.0.0.1:9000@443"),
            *("--certs", self._both, "--set", f"confdir={self.folder / 'internet'}"),
            *("--set", "stream_large_bodies=1", "--set", "keep_host_header=true"),
        )
        self._tls = Logged(self.machine, self.folder / "internet.log", *tls)
        self._api.wait_log("stand-in")
        self._tls.wait_log("listening")
        return self

    def __exit__(self, *_: object) -> None:
        self._tls.stop()
        self._api.stop()


class Redirected:
    """`scripts/transparent run` on a machine, in force, with a configuration, and *ready* in the log."""

    def __init__(
        self,
        machine: Machine,
        internet: Internet,
        folder: Path,
        *options: object,
        config: str = EXACT_ONLY,
        ready: str | None = READY_EXACT,
    ) -> None:
        self.machine, self.internet, self.folder = machine, internet, folder
        self.options = ("--user", USER, "--home", HOME, "--yes", "--host", API, "--config", CONFIG, *options)
        self.config, self.ready = config, ready
        self.authority = folder / "mitmproxy-ca-cert.pem"

    def __enter__(self) -> Self:
        self.machine.run("mount", "-t", "tmpfs", "-o", "uid=65534,mode=755", "tmpfs", HOME)
        self.machine.run("cp", self.internet.authority, f"{HOME}/internet.pem")
        self.machine.run("sh", "-c", f"cat > {CONFIG} <<'END'\n{self.config}\nEND")
        trusting = ("--", "--set", f"ssl_verify_upstream_trusted_ca={HOME}/internet.pem")
        trusting += ("--set", "termlog_verbosity=debug")  # connections are counted by their lines
        command = (sys.executable, TRANSPARENT, "run", *self.options, *trusting)
        self.run = Logged(self.machine, self.folder / "transparent.log", *command)
        self.run.wait_log("in force")
        if self.ready:
            self.run.wait_log(self.ready)
        self.authority.write_text(self.machine.run("cat", f"{HOME}/.mitmproxy/mitmproxy-ca-cert.pem"))
        return self

    def __exit__(self, *_: object) -> None:
        self.run.stop()
        self.machine.run("umount", "--lazy", HOME)
