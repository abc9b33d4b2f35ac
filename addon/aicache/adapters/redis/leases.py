"""Leases in Redis or Valkey: a key with its holder's token, which expires. Commands: SET NX PX, EVAL, EXISTS."""

from __future__ import annotations

from aicache.adapters.redis.server import Servers

LEASE_KIND = "l:"
"""What the names of leases begin with, after the prefix."""
RENEW = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"
RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"
"""Scripts: no other command compares a key's value and changes the key (Valkey 8 and Redis 7)."""


class RedisLeases:
    """A LeaseStore, and the part of the exact store that is one."""

    _prefix: str

    @property
    def _open(self) -> Servers:
        """Return the servers. Raises StoreError once it is closed."""
        raise NotImplementedError

    async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
        key = self._prefix + LEASE_KIND + name
        return await self._open.execute("SET", key, token, "NX", "PX", int(ttl * 1000)) is not None

    async def renew_lease(self, name: str, token: str, ttl: float) -> bool:
        key = self._prefix + LEASE_KIND + name
        return bool(await self._open.execute("EVAL", RENEW, 1, key, token, int(ttl * 1000)))

    async def release_lease(self, name: str, token: str) -> None:
        await self._open.execute("EVAL", RELEASE, 1, self._prefix + LEASE_KIND + name, token)

    async def is_leased(self, name: str) -> bool:
        return bool(await self._open.execute("EXISTS", self._prefix + LEASE_KIND + name))
