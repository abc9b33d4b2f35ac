"""A link between two machines on which every frame takes a while. (Not every kernel has tc's netem.)"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import struct
from pathlib import Path

from benchmarks.network_namespaces import Machine, entered

DEVICE = Path("/dev/net/tun")
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
MAX_FRAME_BYTES = 1 << 16


def missing_requirement() -> str:
    """Return what this system lacks for it; empty if it has all."""
    return "" if os.access(DEVICE, os.R_OK | os.W_OK) else f"no {DEVICE}: `modprobe tun` brings it"


class SlowCable:
    """Two TAP devices; a frame of either comes out of the other *delay_s* later. They end with `close`."""

    def __init__(self, one: Machine, device: str, other: Machine, others: str, delay_s: float) -> None:
        self._delay_s = delay_s
        self._loop = asyncio.get_running_loop()
        self._ends = _tap(one, device), _tap(other, others)
        for end, opposite in (self._ends, self._ends[::-1]):
            self._loop.add_reader(end, self._read, end, opposite)

    def close(self) -> None:
        for end in self._ends:
            self._loop.remove_reader(end)
            os.close(end)
        self._ends = (-1, -1)

    def _read(self, end: int, opposite: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._loop.call_later(self._delay_s, self._write, opposite, os.read(end, MAX_FRAME_BYTES))

    def _write(self, end: int, frame: bytes) -> None:
        if end in self._ends:  # else it is closed
            with contextlib.suppress(OSError):  # a device that is not up yet, or full: frames get lost
                os.write(end, frame)


def _tap(machine: Machine, device: str) -> int:
    with entered(machine):
        end = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TAP | IFF_NO_PI))
        return end
