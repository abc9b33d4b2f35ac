"""A stand-in for a Redis or Valkey with a search module: the few commands that the index uses, over RESP2.

No package has a server with FT commands. The grammar and the replies are those of the two modules' documents.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

import hiredis
import numpy as np

SEARCH = re.compile(rb"(?P<where>\*|\(.*\))=>\[KNN (?P<k>\d+) @vector \$vector AS distance\]")
TAG = re.compile(rb"\(@namespace:\{([0-9a-f]+)\}\)")
RANGE = re.compile(rb"\(@expires:\[(\(?)(\S+) (\(?)(\S+)\]\)")


@dataclass
class SearchIndex:
    prefix: bytes
    dimensions: int
    metric: bytes = b"COSINE"


@dataclass
class SearchServer:
    """Either module, by the shape of its replies; *clock* expires hashes."""

    module: Literal["redis", "valkey"] = "redis"
    clock: Callable[[], float] = time.time
    refusal: str = ""
    """What it says to each command of the module, in place of an answer."""
    indexes: dict[bytes, SearchIndex] = field(default_factory=dict)
    hashes: dict[bytes, dict[bytes, bytes]] = field(default_factory=dict)
    strings: dict[bytes, bytes] = field(default_factory=dict)
    expiries: dict[bytes, float] = field(default_factory=dict)
    seen: list[list[bytes]] = field(default_factory=list)
    forget_fields: bool = False
    """Return names without fields, as for hashes that have just expired."""
    leak: bool = False
    """Return neighbors of every namespace."""

    async def __aenter__(self) -> SearchServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        parser = hiredis.Reader()
        with suppress(ConnectionError):
            while data := await reader.read(1 << 16):
                parser.feed(data)
                while (command := parser.gets()) is not False:
                    self.seen.append(command)
                    writer.write(_render(self._execute(command)))
        writer.close()

    def _execute(self, command: list[bytes]) -> Any:
        for name in [name for name, until in self.expiries.items() if until <= self.clock()]:
            self._drop(name)
        name, *arguments = command
        match name.upper(), arguments:
            case command, _ if command.startswith(b"FT.") and self.refusal:
                return ValueError(self.refusal)
            case b"CLUSTER", [b"SLOTS"]:
                return [[0, 16383, [b"127.0.0.1", self.port, b"id"]]]
            case b"INFO", _:
                version = b"redis_version:7.2.4\r\n" + (b"valkey_version:8.1.0\r\n" if self.module == "valkey" else b"")
                return b"# Server\r\n" + version
            case ((b"CLIENT" | b"SELECT" | b"AUTH"), _):
                return "OK"
            case b"SET", [key, value, b"NX"]:
                self.strings.setdefault(key, value)
                return "OK"
            case b"GET", [key]:
                return self.strings.get(key)
            case b"EXISTS", [key]:
                return int(key in self.strings)
            case b"HGET", [key, name]:
                return self.hashes.get(key, {}).get(name)
            case b"HSET", [key, *pairs]:
                self.hashes.setdefault(key, {}).update(zip(pairs[::2], pairs[1::2], strict=True))
                return len(pairs) // 2
            case b"PEXPIRE", [key, milliseconds]:
                self.expiries[key] = self.clock() + int(milliseconds) / 1000
                return 1
            case b"UNLINK", keys:
                return sum([self._drop(key) for key in keys])
            case b"FT._LIST", []:
                return list(self.indexes)
            case b"FT.CREATE", [index, b"ON", b"HASH", b"PREFIX", b"1", prefix, b"SCHEMA", *schema]:
                if index in self.indexes:
                    return ValueError("Index already exists")
                assert schema[:7] == b"namespace TAG expires NUMERIC vector VECTOR HNSW".split()
                options = dict(zip(schema[8::2], schema[9::2], strict=True))
                assert int(schema[7]) == 2 * len(options)
                assert options[b"TYPE"] == b"FLOAT32"
                self.indexes[index] = SearchIndex(prefix, int(options[b"DIM"]), options[b"DISTANCE_METRIC"])
                return "OK"
            case b"FT.INFO", [index]:
                return self._describe(self.indexes[index]) if index in self.indexes else _unknown(index)
            case b"FT.SEARCH", [index, query, *options]:
                return self._search(index, query, options) if index in self.indexes else _unknown(index)
            case _:
                return ValueError(f"unknown command '{name.decode()}'")

    def _drop(self, key: bytes) -> bool:
        self.expiries.pop(key, None)
        return self.hashes.pop(key, None) is not None

    def _describe(self, index: SearchIndex) -> list[Any]:
        if self.module == "redis":
            vector: list[Any] = [b"identifier", b"vector", b"attribute", b"vector", b"type", b"VECTOR"]
            vector += [b"algorithm", b"HNSW", b"data_type", b"FLOAT32", b"dim", index.dimensions]
            vector += [b"distance_metric", index.metric, b"M", 16]
        else:
            details = [b"capacity", 10240, b"dimensions", index.dimensions, b"distance_metric", index.metric]
            vector = [b"identifier", b"vector", b"type", b"VECTOR", b"index", details]
        return [b"index_name", b"idx", b"attributes", [[b"identifier", b"namespace", b"type", b"TAG"], vector]]

    def _search(self, name: bytes, query: bytes, options: list[bytes]) -> Any:
        found = SEARCH.fullmatch(query)
        assert found and options[:3] == [b"PARAMS", b"2", b"vector"], query
        question = np.frombuffer(options[3], "<f4")
        wanted = options[6 : 6 + int(options[5])]
        assert options[4] == b"RETURN"
        assert options[6 + len(wanted) :] == [b"LIMIT", b"0", found["k"], b"DIALECT", b"2"]
        index = self.indexes[name]
        rows = [
            (self._distance(question, fields[b"vector"]), key, fields)
            for key, fields in self.hashes.items()
            if key.startswith(index.prefix) and (self.leak or _matches(found["where"], fields))
        ]
        rows = sorted(rows, key=lambda row: row[0])[: int(found["k"])]
        reply: list[Any] = [len(rows)]
        for _, key, fields in reversed(rows):  # an order is not promised
            pairs = [part for each in wanted for part in (each, fields[each])]
            reply += [key, None if self.forget_fields else pairs]
        return reply

    def _distance(self, one: np.ndarray[Any, Any], other: bytes) -> float:
        vector = np.frombuffer(other, "<f4")
        return float(1 - one @ vector / ((np.linalg.norm(one) * np.linalg.norm(vector)) or 1))


def _matches(where: bytes, fields: dict[bytes, bytes]) -> bool:
    if where == b"*":
        return True
    if tag := TAG.fullmatch(where):
        return fields[b"namespace"] == tag[1]
    found = RANGE.fullmatch(where)
    assert found, where
    least, most, expires = float(found[2]), float(found[4]), float(fields[b"expires"])
    return (expires > least if found[1] else expires >= least) and (expires < most if found[3] else expires <= most)


def _unknown(index: bytes) -> ValueError:
    return ValueError(f"Index with name '{index.decode()}' not found")


def _render(reply: Any) -> bytes:
    match reply:
        case None:
            return b"*-1\r\n"
        case ValueError():
            words = str(reply).encode()
            return b"-%s\r\n" % (words if words.startswith(b"NOPERM") else b"ERR " + words)
        case str():
            return b"+%s\r\n" % reply.encode()
        case int():
            return b":%d\r\n" % reply
        case bytes():
            return b"$%d\r\n%s\r\n" % (len(reply), reply)
        case _:
            return b"*%d\r\n" % len(reply) + b"".join(map(_render, reply))
