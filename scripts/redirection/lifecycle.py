"""Adds the rules, updates them while the proxy runs, and removes them. A state file records what to undo."""

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

from redirection import iptables, proxy, saved_state, system
from redirection.rules import Plan, Target

ADDRESS_LIFETIME_S = 3600.0  # after the last lookup that returned an address, it is still redirected for so long
RUN_EXIT_TIMEOUT_S = 30.0  # for a `run` and its proxy to end


def up(plan: Plan, settings: dict[str, str], runner: saved_state.Process | None = None) -> saved_state.State:
    """Add the rules, change the settings and return the state, which is saved first, so that a crash can be undone."""
    state = saved_state.State(plan.hosts(), plan.ports, plan.proxy_port, settings, runner)
    saved_state.write(state)
    try:
        saved_state.switch_off(settings)
        iptables.install_rules(plan)
    except BaseException:
        saved_state.restore(settings)
        saved_state.delete()
        raise
    return state


def down() -> bool:
    """Undo what `up` or `run` did, completely or in part; return whether there was anything to undo."""
    state = saved_state.read()
    if state and state.runner and state.runner.alive and state.runner.pid != os.getpid():
        os.kill(state.runner.pid, signal.SIGTERM)  # it undoes everything and waits for its proxy
        deadline = time.monotonic() + RUN_EXIT_TIMEOUT_S
        while state.runner.alive and time.monotonic() < deadline:
            time.sleep(0.1)
    undone = iptables.remove_rules(system.families())
    if state:
        saved_state.restore(state.settings)
        if state.proxy and state.proxy.alive and not (state.runner and state.runner.alive):
            os.kill(state.proxy.pid, signal.SIGTERM)  # left behind by a `run` that was killed
    saved_state.delete()
    return undone or state is not None


def run(
    plan: Plan,
    settings: dict[str, str],
    refresh: float,
    start: Callable[[], tuple[subprocess.Popen[bytes], IO[bytes]]],
) -> None:
    """Run the proxy with the rules until a signal ends it. Raises ProxyFailed if the proxy ends by itself.

    Every *refresh* seconds the hosts' addresses are looked up again.

    The rules are added after the proxy is ready and removed before it ends, so that traffic always reaches a proxy.
    """
    with _blocked_signals():
        process, ready = start()
        try:
            proxy.wait_ready(process, ready)
            state = up(plan, settings, saved_state.process(os.getpid()))
            try:
                saved_state.write(replace(state, proxy=saved_state.process(process.pid)))
                print("in force; Ctrl-C undoes it", flush=True)
                _watch(process, plan, refresh)
            finally:
                down()
        finally:
            proxy.stop(process)


def _watch(process: subprocess.Popen[bytes], plan: Plan, refresh: float) -> None:
    found: queue.SimpleQueue[list[Target]] = queue.SimpleQueue()
    threading.Thread(target=_resolve_repeatedly, args=(plan.hosts(), refresh, found), daemon=True).start()
    lookups = [(time.monotonic(), plan.targets)]
    while process.poll() is None:
        # SIGCHLD wakes us when the proxy ends
        received = signal.sigtimedwait(proxy.STOP_SIGNALS | {signal.SIGCHLD}, 1.0)
        if received and received.si_signo in proxy.STOP_SIGNALS:
            return
        with contextlib.suppress(queue.Empty):
            now = time.monotonic()
            lookups = [(when, targets) for when, targets in lookups if now - when < ADDRESS_LIFETIME_S]
            lookups.append((now, tuple(found.get_nowait())))
            plan = _update_plan(plan, [target for _, targets in lookups for target in targets])
    raise proxy.ProxyFailed(f"the proxy has ended with exit code {process.returncode}, and the rules are undone")


def _update_plan(plan: Plan, found: Sequence[Target]) -> Plan:
    """Redirect the addresses that were found; return the plan that is in force now."""
    newer = plan.with_addresses(found)
    if newer == plan:
        return plan
    try:
        iptables.update_addresses(newer)
    except iptables.CommandFailed as exc:
        print(f"the hosts have new addresses, which are not redirected yet: {exc}", flush=True)
        return plan
    return newer


def _resolve_repeatedly(hosts: Sequence[str], refresh: float, found: "queue.SimpleQueue[list[Target]]") -> None:
    while True:
        time.sleep(refresh)
        with contextlib.suppress(OSError):  # keep the previous addresses
            found.put(system.resolve(hosts))


@contextlib.contextmanager
def _blocked_signals() -> Iterator[None]:
    """Block signals, so that none interrupts a step; `sigtimedwait` receives them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, proxy.STOP_SIGNALS | {signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
