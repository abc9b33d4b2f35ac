"""A stand-in for an LLM API, on loopback by default: a script chooses the replies, and requests are recorded.

    async with StandIn(lambda request: Reply(("Hello",), first_token=0.2)) as upstream:
        ... upstream.url, upstream.calls, upstream.requests

`python -m demo.upstream` serves it by itself. Standard library only.
"""

import argparse
import asyncio
import contextlib
import functools
import http
import socket
import ssl
import struct
from collections.abc import Callable
from types import TracebackType
from typing import Self

from demo.answers import Reply, Request, answer, count, pieces

MAX_HEAD_BYTES = 64 * 1024


class StandIn:
    """An HTTP/1.1 server with keep-alive, and with *tls* an HTTPS one; *script* chooses the reply of every request."""

    def __init__(
        self,
        script: Callable[[Request], Reply] = answer,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.aborted = 0  # replies whose client disconnected early
        self._host, self._port, self._tls = host, port, tls
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def calls(self) -> int:
        return len(self.requests)

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://{self._host}:{self._port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, self._host, self._port, limit=MAX_HEAD_BYTES, ssl=self._tls
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # canceled only when the stand-in ends, and asyncio's own callback would log that as an error
        with (
            contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError),
            contextlib.closing(writer),
        ):
            while await self._exchange(reader, writer):
                pass

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        request = await read_request(reader)
        self.requests.append(request)
        reply = self.script(request)
        try:
            keep_alive = await self._send(reply, request, reader, writer)
        except ConnectionError:
            self.aborted += 1
            return False
        return keep_alive and request.headers.get("connection", "").lower() != "close"

    async def _send(
        self, reply: Reply, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        content_type, parts = pieces(reply, request, self.calls)
        streamed = "event-stream" in content_type
        framing = reply.framing if reply.framing != "natural" else "chunked" if streamed else "length"
        headers = {"content-type": content_type, "x-request-id": f"stand-in-{self.calls}", **reply.headers}
        match framing:
            case "chunked":
                headers["transfer-encoding"] = "chunked"
            case "length":
                headers["content-length"] = str(sum(map(len, parts)))
            case "close":
                headers["connection"] = "close"

        if reply.ends == "hang" and reply.ends_after == 0:
            await reader.read()  # until the client disconnects
            return False
        # a whole answer is sent when all its tokens are ready
        await asyncio.sleep(reply.first_token + (0 if streamed else reply.per_token * count(reply)))
        lines = [
            f"HTTP/1.1 {reply.status} {http.HTTPStatus(reply.status).phrase}",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        for index, part in enumerate(parts):
            if reply.ends != "complete" and index == reply.ends_after:
                return await _break_off(reply, reader, writer)
            writer.write(b"%x\r\n%b\r\n" % (len(part), part) if framing == "chunked" else part)
            await writer.drain()
            await asyncio.sleep(reply.per_token if streamed else 0)
        if framing == "chunked":
            writer.write(b"0\r\n\r\n")
        await writer.drain()
        return framing != "close"


async def _break_off(reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    await writer.drain()
    if reply.ends == "hang":
        await reader.read()
    elif reply.ends == "reset":
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    return False


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read a request. Raises IncompleteReadError if the client disconnected."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    elif length := int(headers.get("content-length", 0)):
        body = await reader.readexactly(length)
    return Request(method, path, headers, body)


async def _serve(port: int, script: Callable[[Request], Reply]) -> None:
    async with StandIn(script, port) as upstream:
        print(f"a stand-in for an LLM API is at {upstream.url}; Ctrl-C ends it", flush=True)
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo.upstream", description="A stand-in for an LLM API, on 127.0.0.1."
    )
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--first-token", type=float, default=0.3, metavar="SECONDS", help="default %(default)s")
    parser.add_argument("--per-token", type=float, default=0.02, metavar="SECONDS", help="default %(default)s")
    options = parser.parse_args()
    script = functools.partial(answer, first_token=options.first_token, per_token=options.per_token)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options.port, script))


if __name__ == "__main__":
    main()
