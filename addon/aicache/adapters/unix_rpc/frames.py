"""Messages on a stream: four bytes with the length of what follows (big-endian), then a value in MessagePack.

A request is ``[id, procedure, arguments]``, and its reply ``[id, error, result]``, with an error of None or
``[kind, text]``. With None for a procedure, a request says that nobody waits for the reply to that id any more.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any

import msgspec

MAX_FRAME_BYTES = 64 << 20
BUSY, FAILED = "busy", "failed"
"""Kinds of errors: `Busy`, any other StoreError."""

_LENGTH = struct.Struct(">I")
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder()


def encode_frame(value: Any) -> bytes:
    """Raises ValueError or TypeError for what MessagePack cannot hold, such as half of a surrogate pair."""
    content = _ENCODER.encode(value)
    if len(content) > MAX_FRAME_BYTES:
        raise ValueError(f"a message of {len(content)} bytes")
    return _LENGTH.pack(len(content)) + content


class FrameProtocol(asyncio.Protocol):
    """One end of a connection. *on_frame* gets each value, *on_lost* is called at the end; both with this protocol."""

    def __init__(
        self, on_frame: Callable[[FrameProtocol, Any], None], on_lost: Callable[[FrameProtocol], None]
    ) -> None:
        self._on_frame, self._on_lost = on_frame, on_lost
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self.is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.is_open = transport, True

    def data_received(self, data: bytes) -> None:
        self._received += data
        position = 0
        while len(self._received) - position >= _LENGTH.size and self.is_open:
            [length] = _LENGTH.unpack_from(self._received, position)
            end = position + _LENGTH.size + length
            if length > MAX_FRAME_BYTES:
                self.close()
                return
            if len(self._received) < end:
                break
            try:
                value = _DECODER.decode(memoryview(self._received)[position + _LENGTH.size : end])
            except msgspec.DecodeError:
                self.close()
                return
            position = end
            self._on_frame(self, value)
        del self._received[:position]

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._on_lost(self)

    def send(self, frame: bytes) -> None:
        if self._transport is not None and self.is_open:
            self._transport.write(frame)

    def close(self) -> None:
        self.is_open = False
        if self._transport is not None:
            self._transport.close()
