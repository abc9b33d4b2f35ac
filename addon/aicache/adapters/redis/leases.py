"""Leases in Redis or Valkey: a key with its holder's token, which expires; and streams that their holders pass on.

Commands: SET with NX and PX, GET, EVAL, EXISTS, DEL, RPUSH, LRANGE, PEXPIRE; PUBLISH to tell other proxies of this one.
"""

from __future__ import annotations

from collections.abc import Sequence

from aicache.adapters.redis.codec import seal, unseal
from aicache.adapters.redis.peers import Peers
from aicache.adapters.redis.server import Command, check_replies
from aicache.adapters.redis.store_base import LEASE_KIND, StoreBase
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import LeaseState

RENEW = (
    "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) == 1 "
    "and 1 + redis.call('EXISTS', KEYS[2]) or 0"
)
RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"
"""Scripts: no other command compares a key's value and changes the key (Valkey 8 and Redis 7)."""


class RedisLeases(StoreBase):
    """The part of the exact store that is a LeaseStore, but for `put_and_release`."""

    _peers: Peers | None

    @property
    def may_have_peers(self) -> bool:
        return self._peers is None or self._peers.may_exist

    async def acquire_lease(self, name: str, token: str, ttl: float) -> bool:
        return await self._open.execute("SET", self._lease(name), token, "NX", "PX", int(ttl * 1000)) is not None

    async def renew_lease(self, name: str, token: str, ttl: float) -> LeaseState:
        keys = self._lease(name), self._asked(name)
        state = await self._open.execute("EVAL", RENEW, 2, *keys, token, int(ttl * 1000))
        try:
            return LeaseState(state)
        except ValueError:
            raise StoreError(f"{self}: a reply that does not belong to its command") from None

    async def release_lease(self, name: str, token: str) -> None:
        await self._open.execute(*self._release(name, token))

    async def lease_holder(self, name: str) -> str | None:
        token = await self._open.execute("GET", self._lease(name))
        return token.decode("ascii", "replace") if isinstance(token, bytes) else None

    async def ask_for_stream(self, name: str, ttl: float) -> None:
        await self._open.execute("SET", self._asked(name), "", "PX", int(ttl * 1000))

    async def append_to_stream(self, name: str, token: str, first: int, parts: Sequence[bytes], ttl: float) -> None:
        key = self._stream(name, token)
        commands: list[Command] = [("DEL", key)] if first == 0 else []
        if parts:
            sealed = (seal(self._sign, _purpose(name, token, number), part) for number, part in enumerate(parts, first))
            commands.append(("RPUSH", key, *sealed))
        check_replies(await self._open.execute_all([*commands, ("PEXPIRE", key, int(ttl * 1000))]))

    async def read_stream(self, name: str, token: str, first: int) -> list[bytes]:
        reply = await self._open.execute("LRANGE", self._stream(name, token), first, -1)
        try:
            numbered = enumerate(reply, first)
            return [_unseal(self._sign, _purpose(name, token, number), part) for number, part in numbered]
        except (ValueError, TypeError) as exc:
            raise StoreError(f"{self}: a stream at another proxy cannot be read ({exc})") from exc

    def _lease(self, name: str) -> str:
        """Return the key of a lease: in a cluster it has the slot of the entry of this name, so that both can be
        written in one round trip."""
        return f"{self._prefix}{LEASE_KIND}{{{self._prefix}e:{name}}}"

    def _asked(self, name: str) -> str:
        return self._lease(name) + ":asked"

    def _stream(self, name: str, token: str) -> str:
        return f"{self._lease(name)}:{token}"

    def _release(self, name: str, token: str) -> Command:
        return ("EVAL", RELEASE, 1, self._lease(name), token)


def _purpose(name: str, token: str, number: int) -> bytes:
    """Return what a part of a stream is signed for: this part and no other."""
    return f"stream {name} {token} {number}".encode()


def _unseal(sign: bytes, purpose: bytes, sealed: bytes) -> bytes:
    if (part := unseal(sign, purpose, sealed)) is None:
        raise ValueError("no part")
    return bytes(part)
