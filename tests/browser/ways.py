"""The ways of a chat UI to its API, with a mitmweb and the cache on them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from browser.chat import Api
from browser.mitmweb import Web
from certificates import a_certificate
from e2e.conftest import Upstream


@dataclass(frozen=True)
class Way:
    """The proxy, what the UI is told of its API, and the API."""

    web: Web
    api: Api
    upstream: Upstream


@pytest.fixture
def secure_upstream(tmp_path: Path) -> Iterator[Upstream]:
    """An upstream that speaks TLS only, as the holder of ``certificate.pem``."""
    certificate, key = a_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    upstream = Upstream(tls)
    yield upstream
    upstream.close()


@pytest.fixture
def reverse(start_web: Callable[..., Web], upstream: Upstream) -> Callable[[str | None], Way]:
    """The UI's base URL is the proxy's."""

    def lay(config: str | None = None) -> Way:
        web = start_web(config)
        return Way(web, Api(f"{web.url}/v1", {}), upstream)

    return lay


@pytest.fixture
def regular(start_web: Callable[..., Web], secure_upstream: Upstream, tmp_path: Path) -> Callable[[str | None], Way]:
    """The UI asks its API over TLS as ever; two variables of its environment send it through the proxy."""

    def lay(config: str | None = None) -> Way:
        trusted = ("--set", f"ssl_verify_upstream_trusted_ca={tmp_path / 'certificate.pem'}")
        web = start_web(config, mode="regular", options=trusted)
        authority = str(tmp_path / "confdir" / "mitmproxy-ca-cert.pem")
        api = Api(f"{secure_upstream.url}/v1", {"HTTPS_PROXY": web.url, "SSL_CERT_FILE": authority})
        return Way(web, api, secure_upstream)

    return lay
