"""Chat UIs in front of the cache, with nothing changed in them but the API's address, or not even that."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.chat import Api
from browser.chromium import Screenshots
from browser.gradio import Gradio, GradioPerson
from browser.mitmweb import Web
from certificates import a_certificate
from demo.answers import FAMILIAR, Reply, Request
from e2e.conftest import Upstream

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.timeout(600)  # the first use of a UI makes its environment

QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "I forgot my password, how do I reset it?"
ANSWER = FAMILIAR["password"]


def slowly(request: Request) -> Reply:
    """Answer as a model does: word by word."""
    return Reply((ANSWER,), first_token=0.2, per_token=0.05)


@pytest.fixture
def secure_upstream(tmp_path: Path) -> Iterator[Upstream]:
    """An upstream that speaks TLS only, as ``upstream.certificate``'s holder."""
    certificate, key = a_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    upstream = Upstream(tls)
    yield upstream
    upstream.close()


@pytest.fixture
def reverse(start_web: Callable[..., Web], upstream: Upstream) -> tuple[Web, Api, Upstream]:
    """The UI's base URL is the proxy's."""
    web = start_web()
    return web, Api(f"{web.url}/v1", {}), upstream


@pytest.fixture
def regular(start_web: Callable[..., Web], secure_upstream: Upstream, tmp_path: Path) -> tuple[Web, Api, Upstream]:
    """The UI asks its API over TLS as ever; two variables of its environment send it through the proxy."""
    trusted = ("--set", f"ssl_verify_upstream_trusted_ca={tmp_path / 'certificate.pem'}")
    web = start_web(mode="regular", options=trusted)
    authority = str(tmp_path / "confdir" / "mitmproxy-ca-cert.pem")
    return web, Api(f"{secure_upstream.url}/v1", {"HTTPS_PROXY": web.url, "SSL_CERT_FILE": authority}), secure_upstream


@pytest.mark.parametrize("way", ["reverse", "regular"])
def test_a_person_asks_and_asks_again_in_the_same_and_in_other_words(
    request: pytest.FixtureRequest, page: Page, screenshot: Screenshots, tmp_path: Path, way: str
) -> None:
    web, api, upstream = request.getfixturevalue(way)
    upstream.script = slowly
    with Gradio(api, tmp_path) as server:
        person = GradioPerson(page, server.url)

        first = person.ask(QUESTION, ANSWER)
        screenshot(page, "first")
        calls = upstream.calls
        person.new_chat()
        again = person.ask(QUESTION, ANSWER)
        person.new_chat()
        reworded = person.ask(IN_OTHER_WORDS, ANSWER)
        screenshot(page, "reworded")

    assert len(first) > 5  # it was there to read as it came
    assert again[-1] == reworded[-1] == ANSWER
    assert upstream.calls == calls
    assert web.became() == ["miss", "exact", "semantic"]
    assert "Traceback" not in web.log
