"""The ways of a chat UI to its API, with a mitmweb and the cache on all of them."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser import chromium
from browser.chat import Api, Server
from browser.mitmweb import Web
from certificates import a_certificate
from e2e.conftest import Upstream
from e2e.proxy import READY, free_port
from namespaces import GATEWAY, INTERNET, Lan, Machine, entered, lan

API = "api.openai.com"
WAYS = ("reverse", "regular", "transparent")
"""The UI's base URL is the proxy's; two variables of its environment send it through the proxy; the gateway, which it
knows nothing of, redirects what it asks the API into the proxy."""


@dataclass(frozen=True)
class Site:
    """A proxy, the API behind it, and what a chat UI before it is told of that API, by the way.

    The three are on machines of their own, or on this one where there can be no others: then no way is transparent.
    """

    home: Path
    web: Web
    upstream: Upstream
    apis: Mapping[str, Api]
    gateway: Machine | None = None
    lacks: str = ""
    """What this machine lacks for a transparent way."""

    def api(self, way: str) -> Api:
        """Return what the UI is told; skips the test where this way cannot be laid."""
        if way not in self.apis:
            pytest.skip(self.lacks)
        return self.apis[way]

    @contextlib.contextmanager
    def opened(self, ui: Server) -> Iterator[Browser]:
        """Start a chat UI, and a browser beside it."""
        ui.python()  # from where there is a package index
        with _at(ui.api.machine), ui, chromium.browsing() as browser:
            yield browser

    def asked(self, path: str = "/chat/completions") -> list[tuple[str, str]]:
        """Return what the API was asked, and what became of it."""
        with _at(self.gateway):
            return self.web.asked(path)


class WebOn(Web):
    """A mitmweb on a machine, which listens on all of its addresses."""

    machine: Machine

    def command(self) -> list[str]:
        return self.machine.command(*super().command(), "--listen-host", "0.0.0.0")


@contextlib.contextmanager
def laid(home: Path, config: str | None = None) -> Iterator[Site]:
    """Lay all ways that this machine has the rights for."""
    with contextlib.ExitStack() as stack:
        net, lacks = None, ""
        try:
            net = stack.enter_context(lan(home, {API: INTERNET[:1]}))
        except pytest.skip.Exception as exc:
            lacks = str(exc)
        yield from _laid_between(net, home, config) if net else _laid_here(home, config, lacks)


def _laid_here(home: Path, config: str | None, lacks: str) -> Iterator[Site]:
    upstream, reverse = Upstream(_tls(home)), free_port()
    modes = ("--mode", f"reverse:{upstream.url}@{reverse}")
    with (
        contextlib.closing(upstream),
        Web(upstream.url, home, config, mode="regular", options=(*modes, *_trusting(home))) as web,
    ):
        yield Site(home, web, upstream, _apis(web, "127.0.0.1", reverse, upstream.url), lacks=lacks)


def _laid_between(net: Lan, home: Path, config: str | None) -> Iterator[Site]:
    with entered(net.internet):
        upstream = Upstream(_tls(home, API), INTERNET[0], 443)
    reverse, transparent = free_port(), free_port()
    modes = ("--mode", f"reverse:https://{API}@{reverse}", "--mode", f"transparent@{transparent}")
    web = WebOn(upstream.url, home, config, mode="regular", options=(*modes, *_trusting(home)))
    web.machine = net.gateway
    with contextlib.closing(upstream), web.start(wait_for=None):
        web.wait_log(READY, within=60)
        redirect = ("-i", "lan", "-p", "tcp", "--dport", "443", "-j", "REDIRECT", "--to-ports", transparent)
        net.gateway.run("iptables", "-t", "nat", "-A", "PREROUTING", *redirect)
        apis = _apis(web, GATEWAY[0], reverse, f"https://{API}", net.client)
        yield Site(home, web, upstream, apis, net.gateway)


def _apis(web: Web, host: str, reverse: int, url: str, client: Machine | None = None) -> dict[str, Api]:
    trusting = {"SSL_CERT_FILE": str(web.authority)}
    apis = {
        "reverse": Api(f"http://{host}:{reverse}/v1", {}, client),
        "regular": Api(f"{url}/v1", {"HTTPS_PROXY": f"http://{host}:{web.port}", **trusting}, client),
    }
    return apis | ({"transparent": Api(f"{url}/v1", trusting, client)} if client else {})


def _at(machine: Machine | None) -> contextlib.AbstractContextManager[None]:
    return entered(machine) if machine else contextlib.nullcontext()


def _tls(folder: Path, *names: str) -> ssl.SSLContext:
    certificate, key = a_certificate(folder, *names)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


def _trusting(folder: Path) -> tuple[str, str]:
    return "--set", f"ssl_verify_upstream_trusted_ca={folder / 'certificate.pem'}"
