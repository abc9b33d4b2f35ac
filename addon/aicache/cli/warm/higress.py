"""Reads the answers that Higress's ai-cache stored in Redis: the key is the question, the value the answer's text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import redis
from redis.exceptions import RedisError

from aicache.cli.warm.question_exchange import RequestDefaults, build_question_flow
from aicache.cli.warm.records import BrokenRecord, FlowRecord, Position, Records, SourceError
from aicache.config.higress import PREFIX
from aicache.config.redis_url import SEVERAL, parse_redis_url, redacted
from aicache.domain.request_directives import TTL

KEYS_PER_BATCH = 200
COMMAND_TIMEOUT_S = 30.0
_OWN_KEY = re.compile("[emnc]:[0-9a-f]{40}")  # keys of this cache, which may share the prefix

__all__ = ["PREFIX", "read_answers"]


def read_answers(url: str, prefix: str, defaults: RequestDefaults) -> Records:
    """Read every answer under *prefix*, with the time it has left to live. Raises SourceError if Redis fails."""
    server = redacted(url)
    try:
        parse_redis_url(url)
    except ValueError as exc:
        raise SourceError(f"{server}: {exc}") from None
    if url.partition("://")[0] in SEVERAL:
        raise SourceError(f"{server}: name one server that has the answers: redis://host:6379/0")
    try:
        with redis.Redis.from_url(
            url, socket_timeout=COMMAND_TIMEOUT_S, socket_connect_timeout=COMMAND_TIMEOUT_S
        ) as client:
            total, number = client.dbsize(), 0
            for keys in _key_batches(client, prefix):
                pipe = client.pipeline(transaction=False)
                for key in keys:
                    pipe.get(key)
                    pipe.pttl(key)
                found = pipe.execute(raise_on_error=False)
                for key, value, left in zip(keys, found[::2], found[1::2], strict=True):
                    number += 1
                    yield _parse_answer(
                        Position(f"{server}: answer {number}", number, int(total)), key, value, left, prefix, defaults
                    )
    except (RedisError, OSError) as exc:
        raise SourceError(f"{server}: {type(exc).__name__}; is it the right server, user and password?") from None


def _key_batches(client: redis.Redis, prefix: str) -> Iterator[list[bytes]]:
    """Yield the keys in batches. SCAN may return a key twice, which does no harm."""
    pattern = re.sub(r"([*?\[\]\\])", r"\\\1", prefix) + "*"
    keys: list[bytes] = []
    for key in client.scan_iter(match=pattern, count=KEYS_PER_BATCH):
        keys.append(key)
        if len(keys) >= KEYS_PER_BATCH:
            yield keys
            keys = []
    yield keys


def _parse_answer(
    position: Position, key: bytes, value: object, left: object, prefix: str, defaults: RequestDefaults
) -> FlowRecord | BrokenRecord:
    try:
        if not isinstance(value, bytes) or _OWN_KEY.match(question := key.decode().removeprefix(prefix)):
            raise ValueError("is not an answer of Higress")
        text = value.decode()
        if not question.strip():
            raise ValueError("has no question")
        # its age is unknown; its remaining life is not
        directives = {TTL: f"{left / 1000:.3f}"} if isinstance(left, int) and left > 0 else {}
        turns = [{"role": "user", "content": question}]
        return FlowRecord(position, build_question_flow(turns, text, defaults, None, headers=directives), dated=False)
    except UnicodeDecodeError:
        return BrokenRecord(position, "is not text")
    except ValueError as exc:
        return BrokenRecord(position, str(exc))
