"""How clients are made to trust the proxy's authority, each as the docs say, and that without it they refuse."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from e2e.test_transparent import pytestmark
from e2e.transparent import API, Internet, Redirected
from namespaces import Lan

__all__ = ["pytestmark"]
URL = f"https://{API}/v1/models"
ANSWERED = "404\n"
"""The stand-in has no such page."""
PYTHON = {
    "urllib": (
        "import urllib.error, urllib.request\n"
        f"try: urllib.request.urlopen('{URL}')\n"
        "except urllib.error.HTTPError as answer: print(answer.code)"
    ),
    "requests": f"import requests; print(requests.get('{URL}').status_code)",
    "httpx": f"import httpx; print(httpx.get('{URL}').status_code)",
    "aiohttp": (
        "import aiohttp, asyncio\n"
        "async def ask():\n"
        "    async with aiohttp.ClientSession() as session:\n"
        f"        print((await session.get('{URL}')).status)\n"
        "asyncio.run(ask())"
    ),
}
NODE = f"fetch('{URL}').then(r => console.log(r.status), e => {{ console.error(e.cause.code); process.exitCode = 1 }})"
CURL = ("curl", "--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}\n", URL)


@pytest.fixture(scope="module")
def proxy(net: Lan, internet: Internet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redirected]:
    """A gateway that leads the client's traffic through a proxy, which only passes it on."""
    folder = tmp_path_factory.mktemp("gateway")
    machine, passing = net.gateway, "enabled: false"
    with Redirected(machine, internet, folder, "--forward", "lan", config=passing, ready=None) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def system_store(net: Lan, proxy: Redirected) -> Path:
    """The bundle that the system's own tool makes, on this machine only."""
    if shutil.which("update-ca-certificates") is None:
        pytest.skip("no update-ca-certificates: `apt install ca-certificates` brings it")
    for folder in ("/usr/local/share/ca-certificates", "/etc/ssl/certs"):
        upper = proxy.folder / folder.replace("/", "_")
        for name in ("upper", "work"):
            (upper / name).mkdir(parents=True)
        layers = f"lowerdir={folder},upperdir={upper}/upper,workdir={upper}/work"
        net.client.run("mount", "-t", "overlay", "overlay", "-o", layers, folder)
    net.client.run("cp", proxy.authority, "/usr/local/share/ca-certificates/ai-cache.crt")
    net.client.run("update-ca-certificates")
    return Path("/etc/ssl/certs/ca-certificates.crt")


def ask(net: Lan, *command: object, **variables: object) -> str:
    """Run a client on the client machine, with nothing of our own environment that says whom to trust."""
    trust = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    unset = [word for name in trust for word in ("-u", name)]
    return net.client.run(
        "env", *unset, *(f"{name}={value}" for name, value in variables.items()), *command, check=False
    )


def bundle(proxy: Redirected) -> Mapping[str, object]:
    return {"SSL_CERT_FILE": proxy.authority, "REQUESTS_CA_BUNDLE": proxy.authority}


@pytest.mark.parametrize("library", PYTHON)
def test_python_trusts_what_the_environment_names(net: Lan, proxy: Redirected, library: str) -> None:
    command = (sys.executable, "-c", PYTHON[library])

    assert "CERTIFICATE_VERIFY_FAILED" in ask(net, *command)
    assert ask(net, *command, **bundle(proxy)) == ANSWERED


def test_node_trusts_what_the_environment_names(net: Lan, proxy: Redirected) -> None:
    if shutil.which("node") is None:
        pytest.skip("no node on the path")

    assert "UNABLE_TO_VERIFY" in ask(net, "node", "-e", NODE)
    assert ask(net, "node", "-e", NODE, NODE_EXTRA_CA_CERTS=proxy.authority) == ANSWERED


def test_the_systems_own_store_is_curls_and_the_bundle_of_the_others(
    net: Lan, proxy: Redirected, system_store: Path
) -> None:
    told = {
        name: ask(net, sys.executable, "-c", code, SSL_CERT_FILE=system_store, REQUESTS_CA_BUNDLE=system_store)
        for name, code in PYTHON.items()
    }

    assert told == dict.fromkeys(PYTHON, ANSWERED)
    if shutil.which("curl") is not None:
        assert ask(net, *CURL) == ANSWERED


def test_chromium_trusts_what_is_in_its_users_database(net: Lan, proxy: Redirected, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None or shutil.which("certutil") is None:
        pytest.skip("no chromium or no certutil: `apt install chromium libnss3-tools` brings them")
    flags = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-sync",
        "--dump-dom",
        f"--user-data-dir={tmp_path}/p",
    )
    database = tmp_path / ".pki" / "nssdb"
    database.mkdir(parents=True)
    net.client.run("certutil", "-d", f"sql:{database}", "-N", "--empty-password")

    before = ask(net, chromium, *flags, URL, HOME=tmp_path)
    options = ("-A", "-t", "C,,", "-n", "ai-cache", "-i", proxy.authority)
    net.client.run("certutil", "-d", f"sql:{database}", *options)
    after = ask(net, chromium, *flags, URL, HOME=tmp_path)

    assert "ERR_CERT_AUTHORITY_INVALID" in before
    assert "no such route: GET /v1/models" in after
