"""What Higress's ai-cache left in a Redis: the bare text of an answer under the bare question."""

from __future__ import annotations

import re
from collections.abc import Iterator

import redis
from redis.exceptions import RedisError

from aicache.cli.warm.question_exchange import Asking, exchange
from aicache.cli.warm.records import Broken, Found, Place, Records, SourceError
from aicache.config.higress import PREFIX
from aicache.config.redis_url import SEVERAL, parse_redis_url, redacted
from aicache.domain.request_directives import TTL

SOME = 200  # keys asked for at once
PATIENCE = 30.0  # seconds for one command
_OURS = re.compile("[emnc]:[0-9a-f]{40}")  # keys of this cache, which may have the same prefix

__all__ = ["PREFIX", "answers"]


def answers(url: str, prefix: str, asking: Asking) -> Records:
    """Read every answer under *prefix*; one that expires there does so here. Raises SourceError where Redis fails."""
    place = redacted(url)
    try:
        parse_redis_url(url)
    except ValueError as exc:
        raise SourceError(f"{place}: {exc}") from None
    if url.partition("://")[0] in SEVERAL:
        raise SourceError(f"{place}: name one server that has the answers: redis://host:6379/0")
    try:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            total, number = client.dbsize(), 0
            for keys in _some(client, prefix):
                pipe = client.pipeline(transaction=False)
                for key in keys:
                    pipe.get(key)
                    pipe.pttl(key)
                found = pipe.execute(raise_on_error=False)
                for key, value, left in zip(keys, found[::2], found[1::2], strict=True):
                    number += 1
                    yield _answer(
                        Place(f"{place}: answer {number}", number, int(total)), key, value, left, prefix, asking
                    )
    except (RedisError, OSError) as exc:
        raise SourceError(f"{place}: {type(exc).__name__}; is it the right server, user and password?") from None


def _some(client: redis.Redis, prefix: str) -> Iterator[list[bytes]]:
    """Go through the keys. SCAN may bring one twice, which does no harm."""
    pattern = re.sub(r"([*?\[\]\\])", r"\\\1", prefix) + "*"
    keys: list[bytes] = []
    for key in client.scan_iter(match=pattern, count=SOME):
        keys.append(key)
        if len(keys) >= SOME:
            yield keys
            keys = []
    yield keys


def _answer(place: Place, key: bytes, value: object, left: object, prefix: str, asking: Asking) -> Found | Broken:
    try:
        if not isinstance(value, bytes) or _OURS.match(question := key.decode().removeprefix(prefix)):
            raise ValueError("is no answer of Higress's")
        text = value.decode()
        if not question.strip():
            raise ValueError("has no question")
        # of its age nothing is known, but of how long it is to live
        wishes = {TTL: f"{left / 1000:.3f}"} if isinstance(left, int) and left > 0 else {}
        turns = [{"role": "user", "content": question}]
        return Found(place, exchange(turns, text, asking, None, headers=wishes), dated=False)
    except UnicodeDecodeError:
        return Broken(place, "is no text")
    except ValueError as exc:
        return Broken(place, str(exc))
