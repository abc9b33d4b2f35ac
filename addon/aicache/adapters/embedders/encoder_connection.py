"""The connection to the encoder's process: frames of `encoder_main`, one request at a time."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from aicache.adapters.stall_tolerant_timeout import StallTolerantTimer

HEAD_BYTES = 5
"""The length of what follows the first four bytes, and the tag."""
MAX_RECEIVED_BYTES = 256 * 1024


class EncoderConnection:
    """Reads from a *connected* socket whenever there is something, so that a reply costs one turn of the event loop.

    *on_lost* is called when the other side closes the connection, or sends something, while nobody waits for it.
    """

    def __init__(self, connected: socket.socket, on_lost: Callable[[], None]) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._on_lost = on_lost
        self._loop: asyncio.AbstractEventLoop | None = None
        self._received = bytearray()
        self._reply: asyncio.Future[tuple[bytes, bytes]] | None = None
        self._unsent, self._is_writing = memoryview(b""), False
        self._ended = self._closed = False

    async def exchange(self, request: bytes, timeout_s: float) -> tuple[bytes, bytes]:
        """Send a frame, if any, and return the tag and the content of the next one that comes.

        Raises TimeoutError, and EOFError when the other side has closed the connection. After any error, and
        when its caller was canceled, the connection must be closed.
        """
        if self._ended:
            raise EOFError
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop = loop
            loop.add_reader(self._socket, self._on_readable)
        reply: asyncio.Future[tuple[bytes, bytes]] = loop.create_future()
        self._reply = reply
        timer = StallTolerantTimer(timeout_s, self._on_timeout)
        try:
            self._unsent = memoryview(request)
            self._send()
            return await reply
        finally:
            timer.cancel()
            self._reply = None
            if self._ended and not self._closed:
                loop.call_soon(self._on_lost)

    def close(self) -> None:
        self._ended = self._closed = True
        self._stop_watching()
        self._socket.close()

    def _send(self) -> None:
        """Send what the socket takes, and the rest as soon as it takes more: all but long texts go at once."""
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent) :] if self._unsent else self._unsent
        except BlockingIOError:
            pass
        except OSError:
            self._end()
            return
        if self._loop is not None and self._is_writing is not bool(self._unsent):
            self._is_writing = bool(self._unsent)
            if self._is_writing:
                self._loop.add_writer(self._socket, self._send)
            else:
                self._loop.remove_writer(self._socket)

    def _on_readable(self) -> None:
        try:
            data = self._socket.recv(MAX_RECEIVED_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        self._received += data
        if not data or self._reply is None or self._reply.done():
            self._end()
            return
        size = 4 + int.from_bytes(self._received[:4], "big")
        if len(self._received) < max(size, HEAD_BYTES):
            return
        frame = bytes(self._received)
        self._received.clear()
        self._reply.set_result((frame[4:HEAD_BYTES], frame[HEAD_BYTES:size]))
        if len(frame) > size:  # nobody has asked for it
            self._end()

    def _on_timeout(self) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(TimeoutError())

    def _end(self) -> None:
        """Note that the other side has closed the connection, or cannot be understood any more."""
        if self._ended:
            return
        self._ended = True
        self._stop_watching()
        if self._reply is None:
            self._on_lost()
        elif not self._reply.done():
            self._reply.set_exception(EOFError())

    def _stop_watching(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
