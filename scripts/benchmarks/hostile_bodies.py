"""Hostile request bodies that are expensive to parse, of given sizes. Any caller may send them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping

HEAD = b'{"model":"m","messages":[{"role":"user","content":"hello %d"}],"p":'
Shape = Callable[[int, int], bytes]
"""Builds a body from a number, which makes it unique, and a size in bytes."""


def repeated(unit: bytes, begin: bytes = b"[", end: bytes = b"0]") -> Shape:
    """Return a shape that repeats a unit as often as fits."""

    def make(number: int, size: int) -> bytes:
        head = HEAD % number + begin
        return head + unit * ((size - len(head)) // len(unit)) + end + b"}"

    return make


def said(unit: str, field: str = "content") -> Shape:
    """Return a shape whose question repeats a unit."""

    def make(number: int, size: int) -> bytes:
        text = unit * (size // len(unit.encode()))
        return json.dumps(
            {"model": "m", "messages": [{"role": "user", field: f"{number}{text}"}]}, ensure_ascii=False
        ).encode("utf-8", "surrogatepass")

    return make


def turns(said: str, **fields: object) -> Shape:
    """Return a shape with many identical turns."""

    def make(number: int, size: int) -> bytes:
        turn = {"role": "user", "content": said}
        count = size // (len(json.dumps(turn)) + 2)
        return json.dumps({"model": f"m{number}", "messages": [turn] * count, **fields}).encode()

    return make


def names(length: int) -> Shape:
    """Return a shape with an object of many names of *length* letters."""

    def make(number: int, size: int) -> bytes:
        head = HEAD % number
        count = size // (length + 12)
        return head + b"{" + b",".join(b'"%s%d":1' % (b"k" * length, i) for i in range(count)) + b"}}"

    return make


def encoded(number: int, size: int) -> bytes:
    return gzip.compress(said("hello ")(number, 30 * size), 1)


def tokens(number: int, size: int) -> bytes:
    row = b"[" + b"12345," * 249 + b"1]"
    return b'{"model":"m%d","input":[' % number + b",".join([row] * (size // (len(row) + 1))) + b"]}"


CHAT: Mapping[str, Shape] = {
    "text": said("Hello, world: this is [some] text. "),
    "Chinese": said("请问今天的天气怎么样?"),
    "½": said("½"),
    "ﷺ": said("ﷺ"),
    "escapes": repeated(rb"\n\\\"", b'"', b'"'),
    "lists": repeated(b"[],"),
    "900 deep": repeated(b"[" * 900 + b"]" * 900 + b","),
    "60 deep": repeated(b"[" * 60 + b"]" * 60 + b","),
    "open": repeated(b"[", b"", b""),
    "objects": repeated(b'{"a":{}},'),
    "names": names(4),
    "long names": names(200),
    "empty texts": repeated(b'"",'),
    "short texts": repeated(b'"abcdefgh",'),
    "integers": repeated(b"12345,"),
    "decimals": repeated(b"-0.12345678901234567,"),
    "long numbers": repeated(b"1" * 900 + b","),
    "white space": repeated(b" ", b"[1"),
    "quotes": repeated(b'"', b"", b""),
    "colons": repeated(b'": ",'),
    "turns": turns("a"),
    "turns of a user": turns("a", user="u"),
    "user's id": turns("a", user="user_" + "a" * 64 + "_account_" + "_session_" * 6000 + "!"),
}
"""By name; sent to chat completions."""
