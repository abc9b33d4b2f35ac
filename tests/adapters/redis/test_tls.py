"""TLS with a private CA, and an ACL user that may do no more than the store does, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from aicache.adapters.redis.store import RedisStore
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from certificates import a_certificate
from servers import Process, free_ports

Make = Callable[..., Entry]


@dataclass
class Secure:
    """A server that speaks TLS only, and its certificate, which is its own authority."""

    process: Process
    certificate: Path
    key: Path

    def url(self, user: str = "", **query: object) -> str:
        parameters = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        return f"rediss://{user}127.0.0.1:{self.process.port}/0?{parameters}"


@pytest.fixture(params=["no", "yes"], ids=["server's certificate", "and the client's"])
async def secure(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Secure]:
    [port] = free_ports(1)
    certificate, key = a_certificate(tmp_path)
    files = ("--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate))
    listen = ("--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--save", "")
    tls = {"ssl": True, "ssl_ca_certs": str(certificate), "ssl_certfile": str(certificate), "ssl_keyfile": str(key)}
    process = Process(port, tmp_path / "server", (*listen, *files, "--tls-auth-clients", request.param), tls)
    process.start()
    try:
        await asyncio.sleep(0.1)
        if process.ended and "TLS" in process.log:
            pytest.skip("this redis-server was built without TLS")
        await process.up()
        yield Secure(process, certificate, key)
    finally:
        process.kill()


def a_store(url: str) -> RedisStore:
    return RedisStore(url, prefix="t:", timeout=2, max_connections=4, near=1 << 20)


async def test_certificates_of_the_url_are_used(secure: Secure, an_entry: Make) -> None:
    store = a_store(
        secure.url(ssl_ca_certs=secure.certificate, ssl_certfile=secure.certificate, ssl_keyfile=secure.key)
    )

    await store.put(an_entry())

    assert await store.get(an_entry().key) == an_entry()
    assert "certificate" not in str(store)
    await store.close()


async def test_a_certificate_of_an_unknown_authority_is_refused_unless_any_will_do(
    secure: Secure, an_entry: Make
) -> None:
    own = {"ssl_certfile": secure.certificate, "ssl_keyfile": secure.key}
    wary, careless = a_store(secure.url(**own)), a_store(secure.url(ssl_cert_reqs="none", **own))

    with pytest.raises(StoreError, match="certificate"):
        await wary.probe()
    await careless.probe()

    await wary.close()
    await careless.close()


async def test_a_plain_connection_to_a_tls_port_fails_in_time(secure: Secure) -> None:
    store = RedisStore(f"redis://127.0.0.1:{secure.process.port}", prefix="", timeout=0.3, max_connections=1)

    with pytest.raises(StoreError):
        await store.probe()
    await store.close()


async def test_a_user_needs_no_more_rights_than_these(secure: Secure, an_entry: Make) -> None:
    rights = ("+mget", "+set", "+unlink", "+exists", "+ping", "+client|id", "+client|tracking", "+subscribe")
    leases = ("+eval", "+get", "+pexpire", "+del")
    await secure.process.ask(
        *("ACL", "SETUSER", "alice", "on", ">p@ss/w", "~t:*", "&__redis__:invalidate", "-@all", *rights, *leases)
    )
    files = {"ssl_ca_certs": secure.certificate, "ssl_certfile": secure.certificate, "ssl_keyfile": secure.key}
    store = a_store(secure.url("alice:p%40ss%2Fw@", **files))

    await store.put(an_entry())
    await store.remember("m", 60)

    assert await store.remembers("m")
    assert await store.acquire_lease("l", "token", 60)
    assert await store.renew_lease("l", "token", 60)
    await store.release_lease("l", "token")
    assert not await store.lease_holder("l")
    async with asyncio.timeout(5):
        while store._near is None or store._near.get(an_entry().key) is None:
            assert await store.get(an_entry().key) == an_entry()
            await asyncio.sleep(0.01)
    await store.delete([an_entry().key])
    assert await store.get(an_entry().key) is None
    await store.probe()
    await store.close()
