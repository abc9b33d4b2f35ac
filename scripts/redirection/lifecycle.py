"""The rules' life: put in force and noted, kept up to date while the proxy runs, and undone."""

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import IO

from redirection import netfilter, proxy, saved_state, system
from redirection.plan import Plan, Target

REMEMBERED = 3600.0  # seconds for which an address is redirected after a host was last said to have it
UNDONE_WITHIN = 30.0  # seconds that a `run` may take to end, its proxy included


def up(plan: Plan, settings: dict[str, str], runner: saved_state.Process | None = None) -> saved_state.State:
    """Put everything in force and return what undoes it. It is noted first, so that it is known however this ends."""
    noted = saved_state.State(plan.hosts(), plan.ports, plan.proxy_port, settings, runner)
    saved_state.write(noted)
    try:
        saved_state.switch_off(settings)
        netfilter.open_(plan)
    except BaseException:
        saved_state.restore(settings)
        saved_state.forget()
        raise
    return noted


def down() -> bool:
    """Undo what `up` or `run` did, wherever it stopped; says whether there was anything."""
    noted = saved_state.read()
    if noted and noted.runner and noted.runner.alive and noted.runner.pid != os.getpid():
        os.kill(noted.runner.pid, signal.SIGTERM)  # it undoes all of it, and waits for its proxy
        deadline = time.monotonic() + UNDONE_WITHIN
        while noted.runner.alive and time.monotonic() < deadline:
            time.sleep(0.1)
    undone = netfilter.close(system.families())
    if noted:
        saved_state.restore(noted.settings)
        if noted.proxy and noted.proxy.alive and not (noted.runner and noted.runner.alive):
            os.kill(noted.proxy.pid, signal.SIGTERM)  # of a run that was killed
    saved_state.forget()
    return undone or noted is not None


def run(
    plan: Plan,
    settings: dict[str, str],
    refresh: float,
    start: Callable[[], tuple[subprocess.Popen[bytes], IO[bytes]]],
) -> None:
    """Run the proxy, and lead the traffic to it until somebody ends this. Raises Failed where the proxy ends first.

    Every *refresh* seconds the hosts' addresses are looked up again.

    The rules come after the proxy has come up and go before it ends, so that the traffic is never led to nobody.
    """
    with _signals_waiting():
        process, ready = start()
        try:
            proxy.wait_ready(process, ready)
            noted = up(plan, settings, saved_state.process(os.getpid()))
            try:
                saved_state.write(replace(noted, proxy=saved_state.process(process.pid)))
                print("in force; Ctrl-C undoes it", flush=True)
                _watch(process, plan, refresh)
            finally:
                down()
        finally:
            proxy.stop(process)


def _watch(process: subprocess.Popen[bytes], plan: Plan, refresh: float) -> None:
    found: queue.SimpleQueue[list[Target]] = queue.SimpleQueue()
    threading.Thread(target=_look_up, args=(plan.hosts(), refresh, found), daemon=True).start()
    told = [(time.monotonic(), plan.targets)]
    while process.poll() is None:
        # woken by our own children as well: by the proxy's end above all
        came = signal.sigtimedwait(proxy.ENDS | {signal.SIGCHLD}, 1.0)
        if came and came.si_signo in proxy.ENDS:
            return
        with contextlib.suppress(queue.Empty):
            now = time.monotonic()
            told = [(when, targets) for when, targets in told if now - when < REMEMBERED]
            told.append((now, tuple(found.get_nowait())))
            plan = _refreshed(plan, [target for _, targets in told for target in targets])
    raise proxy.Failed(f"the proxy has ended with exit code {process.returncode}, and the rules are undone")


def _refreshed(plan: Plan, found: Sequence[Target]) -> Plan:
    """The plan that is in force now."""
    newer = plan.at(found)
    if newer == plan:
        return plan
    try:
        netfilter.refresh(newer)
    except netfilter.Failed as exc:
        print(f"the hosts have other addresses, which are not redirected yet: {exc}", flush=True)
        return plan
    return newer


def _look_up(hosts: Sequence[str], refresh: float, found: "queue.SimpleQueue[list[Target]]") -> None:
    while True:
        time.sleep(refresh)
        with contextlib.suppress(OSError):  # the addresses of before serve on
            found.put(system.resolve(hosts))


@contextlib.contextmanager
def _signals_waiting() -> Iterator[None]:
    """Let no signal interrupt a step half done: they wait to be asked for."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, proxy.ENDS | {signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
