"""Batches that are partly known while the script, the settings or the proxy end: whole, or cut off, and never short."""

from __future__ import annotations

import http.client
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply, Request
from e2e.proxy import READY_EXACT, Proxy, children, copy_script
from e2e.proxy import Reply as Response
from e2e.test_embeddings import ask, embed, expected, vectors

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]
CONFIG = "semantic: {enabled: false}\n"
KNOWN = ("uno", "dos", "tres", "cuatro", "cinco")
MIXED = (*KNOWN[:3], "seis", *KNOWN[3:])
TAKES = 2.0  # seconds that the upstream takes: the script is looked at each second
STREAMER = """
def responseheaders(flow):
    if b"seis" in flow.request.content:
        flow.response.stream = True
"""


class UnderWay:
    """A proxy that knows some texts, and a batch with another one that waits for the upstream."""

    def __init__(self, proxy: Proxy, upstream: Upstream, script: Callable[[Request], Reply] | None = None) -> None:
        ask(proxy, *KNOWN)
        proxy.wait_for(lambda: ask(proxy, *KNOWN).cache == "exact")
        upstream.script = script or slowly
        calls = upstream.calls
        self._pool = ThreadPoolExecutor(1)
        self.reply: Future[Response] = self._pool.submit(ask, proxy, *MIXED)
        proxy.wait_for(lambda: upstream.calls > calls)
        assert upstream.last.json["input"] == ["seis"]

    def whole(self) -> bool:
        """Whether the answer is whole; False where there is none."""
        try:
            reply = self.reply.result(30)
        except (OSError, http.client.HTTPException):
            return False
        assert reply.status == 200
        assert vectors(reply) == expected(*MIXED)
        return True


def slowly(request: Request) -> Reply:
    reply = embed(request)
    return Reply(body=reply.body, first_token=TAKES)


@pytest.fixture
def proxy(start: Start, upstream: Upstream, tmp_path: Path) -> Proxy:
    """One on a copy of the script, that may be changed."""
    upstream.script = embed
    return start(CONFIG, wait_for=READY_EXACT, script=copy_script(tmp_path / "addon"))


def test_a_reload_of_the_script_leaves_a_batch_whole(proxy: Proxy, upstream: Upstream) -> None:
    batch = UnderWay(proxy, upstream)

    proxy.script.touch()
    proxy.wait_log("Loading script", times=2)

    assert batch.whole()
    assert "Traceback" not in proxy.log


@pytest.mark.parametrize("change", ["broken", "removed"])
def test_so_does_a_script_that_is_there_no_more(proxy: Proxy, upstream: Upstream, change: str) -> None:
    batch = UnderWay(proxy, upstream)

    if change == "broken":
        proxy.script.write_text("raise RuntimeError('as it should be')\n")
    else:
        proxy.script.unlink()

    assert batch.whole()


def test_after_a_reload_an_answer_that_does_not_fit_is_cut_off(proxy: Proxy, upstream: Upstream) -> None:
    """Nobody is left to ask for the whole."""
    body = embed(Request("POST", "", {}, b'{"input": ["seis", "siete"]}')).body
    batch = UnderWay(proxy, upstream, lambda _: Reply(body=body, first_token=TAKES))

    proxy.script.touch()
    proxy.wait_log("Loading script", times=2)

    assert not batch.whole()
    assert "Traceback" not in proxy.log


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_proxys_end_cuts_a_batch_off_if_it_is_not_whole(proxy: Proxy, upstream: Upstream) -> None:
    """A Valkey that does not answer makes the end take longer than the upstream."""
    batch = UnderWay(proxy, upstream)
    [valkey] = children(proxy.pid)
    os.kill(valkey, signal.SIGSTOP)

    try:
        proxy.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
        batch.whole()
    finally:
        os.kill(valkey, signal.SIGCONT)

    assert proxy.stop() == 0


def test_a_cache_that_is_switched_off_meanwhile_leaves_it_whole(proxy: Proxy, upstream: Upstream) -> None:
    batch = UnderWay(proxy, upstream)

    proxy.config_file.write_text(CONFIG + "enabled: false\n", "utf-8")
    proxy.wait_log("every request passes untouched")

    assert batch.whole()


def test_so_does_a_configuration_that_is_broken_meanwhile(proxy: Proxy, upstream: Upstream) -> None:
    batch = UnderWay(proxy, upstream)

    proxy.config_file.write_text("semantic: [\n", "utf-8")
    proxy.wait_log("not taken")

    assert batch.whole()


def test_another_addon_cannot_have_the_part_streamed(start: Start, upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = embed
    streamer = tmp_path / "streamer.py"
    streamer.write_text(STREAMER)
    proxy = start(CONFIG, wait_for=READY_EXACT, options=("-s", str(streamer)))
    ask(proxy, *KNOWN)
    proxy.wait_for(lambda: all(ask(proxy, text).cache == "exact" for text in KNOWN))

    reply = ask(proxy, *MIXED)

    assert upstream.last.json["input"] == ["seis"]
    assert vectors(reply) == expected(*MIXED)
