"""The ways of a chat UI to its API, with a mitmweb and the cache on them."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page

from browser import chromium
from browser.chat import Api, Server
from browser.mitmweb import Web
from certificates import a_certificate
from e2e.conftest import Upstream
from e2e.proxy import READY
from namespaces import INTERNET, Machine, entered, lan

API = "api.openai.com"


@dataclass(frozen=True)
class Way:
    """The proxy, what the UI is told of its API, and the API; each may be on a machine of its own."""

    home: Path
    web: Web
    api: Api
    upstream: Upstream
    gateway: Machine | None = None

    @contextlib.contextmanager
    def opened(self, ui: type[Server]) -> Iterator[tuple[Page, str]]:
        """Start a chat UI, and a browser beside it; give a page, and the UI's address."""
        ui.python()  # from where there is a package index
        with (
            _at(self.api.machine),
            ui(self.api, self.home) as server,
            chromium.browsing() as browser,
            chromium.page_of(browser) as page,
        ):
            yield page, server.url

    def asked(self) -> list[tuple[str, str]]:
        """Return what the API was asked, and what became of it."""
        with _at(self.gateway):
            return self.web.asked()


def _at(machine: Machine | None) -> contextlib.AbstractContextManager[None]:
    return entered(machine) if machine else contextlib.nullcontext()


def _tls(folder: Path, *names: str) -> ssl.SSLContext:
    certificate, key = a_certificate(folder, *names)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


def _trusting(folder: Path) -> tuple[str, str]:
    return "--set", f"ssl_verify_upstream_trusted_ca={folder / 'certificate.pem'}"


@pytest.fixture
def secure_upstream(tmp_path: Path) -> Iterator[Upstream]:
    """An upstream that speaks TLS only, as the holder of ``certificate.pem``."""
    upstream = Upstream(_tls(tmp_path))
    yield upstream
    upstream.close()


@pytest.fixture
def reverse(start_web: Callable[..., Web], upstream: Upstream, tmp_path: Path) -> Callable[[str | None], Way]:
    """The UI's base URL is the proxy's."""

    def lay(config: str | None = None) -> Way:
        web = start_web(config)
        return Way(tmp_path, web, Api(f"{web.url}/v1", {}), upstream)

    return lay


@pytest.fixture
def regular(start_web: Callable[..., Web], secure_upstream: Upstream, tmp_path: Path) -> Callable[[str | None], Way]:
    """The UI asks its API over TLS as ever; two variables of its environment send it through the proxy."""

    def lay(config: str | None = None) -> Way:
        web = start_web(config, mode="regular", options=_trusting(tmp_path))
        variables = {"HTTPS_PROXY": web.url, "SSL_CERT_FILE": str(web.authority)}
        api = Api(f"{secure_upstream.url}/v1", variables)
        return Way(tmp_path, web, api, secure_upstream)

    return lay


@pytest.fixture
def transparent(tmp_path: Path) -> Iterator[Callable[[str | None], Way]]:
    """The UI asks the API by its own name; the gateway, which it knows nothing of, redirects that into the proxy."""
    with contextlib.ExitStack() as stack:

        def lay(config: str | None = None) -> Way:
            net = stack.enter_context(lan(tmp_path, {API: INTERNET[:1]}))
            with entered(net.internet):
                upstream = Upstream(_tls(tmp_path, API), INTERNET[0], 443)
            stack.callback(upstream.close)
            options = ("--listen-host", "0.0.0.0", *_trusting(tmp_path))
            web = Web(upstream.url, tmp_path, config, mode="transparent", options=options)
            with entered(net.gateway):
                web.start(wait_for=None)  # an unredirected connection is an error, and one at the start ends mitmproxy
            stack.callback(web.stop)
            web.wait_log(READY)
            redirect = ("-i", "lan", "-p", "tcp", "--dport", "443", "-j", "REDIRECT", "--to-ports", web.port)
            net.gateway.run("iptables", "-t", "nat", "-A", "PREROUTING", *redirect)
            api = Api(f"https://{API}/v1", {"SSL_CERT_FILE": str(web.authority)}, net.client)
            return Way(tmp_path, web, api, upstream, net.gateway)

        yield lay
