"""Leases in Redis or Valkey: a key with its holder's token, which expires. Commands: SET NX PX, EVAL, EXISTS, and
PUBLISH to tell other proxies of this one."""

from __future__ import annotations

from aicache.adapters.redis.peers import Peers
from aicache.adapters.redis.server import Command, Servers

LEASE_KIND = "l:"
"""What the names of leases begin with, after the prefix."""
RENEW = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"
RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"
"""Scripts: no other command compares a key's value and changes the key (Valkey 8 and Redis 7)."""


class RedisLeases:
    """A LeaseStore, and the part of the exact store that is one."""

    _prefix: str
    _peers: Peers | None

    @property
    def _open(self) -> Servers:
        """Return the servers. Raises StoreError once it is closed."""
        raise NotImplementedError

    @property
    def may_have_peers(self) -> bool:
        return self._peers is None or self._peers.may_exist

    async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
        return await self._open.execute("SET", self._lease(name), token, "NX", "PX", int(ttl * 1000)) is not None

    async def renew_lease(self, name: str, token: str, ttl: float) -> bool:
        return bool(await self._open.execute("EVAL", RENEW, 1, self._lease(name), token, int(ttl * 1000)))

    async def release_lease(self, name: str, token: str) -> None:
        await self._open.execute(*self._release(name, token))

    async def is_leased(self, name: str) -> bool:
        return bool(await self._open.execute("EXISTS", self._lease(name)))

    def _lease(self, name: str) -> str:
        """Return the key of a lease: in a cluster it has the slot of the entry of this name, so that both can be
        written in one round trip."""
        return f"{self._prefix}{LEASE_KIND}{{{self._prefix}e:{name}}}"

    def _release(self, name: str, token: str) -> Command:
        return ("EVAL", RELEASE, 1, self._lease(name), token)
