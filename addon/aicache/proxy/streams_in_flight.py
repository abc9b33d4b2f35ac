"""Streams in flight as their followers are to be sent them: of this proxy's own requests, and of other proxies'."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

import msgspec

from aicache.domain import response_headers
from aicache.domain.events import ANOTHER_PROXY
from aicache.domain.in_flight import Form
from aicache.domain.model import Hit
from aicache.domain.ports import StoreError
from aicache.engine.collapsing import Flight
from aicache.engine.relayed_streams import Offer, RelayedStream
from aicache.proxy.response_tee import Follower, Tee

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StreamInFlight:
    """A streamed answer that has begun, as its followers are to be sent it."""

    tee: Tee
    flight: Flight
    content_type: str
    cors: tuple[tuple[str, str], ...]
    leader: str
    """The flow whose answer it is, or `ANOTHER_PROXY`."""

    def offer(self, form: Form, max_bytes: int) -> Offer | None:
        """Return it as it is offered to other proxies."""
        if form is None:
            return None
        head = msgspec.json.encode((self.content_type, self.cors))
        return Offer(digest(form), head, max_bytes, self.tee.follow)


@dataclass(frozen=True, slots=True)
class Joined:
    """A request follows a stream; it has *waited* for that to begin."""

    stream: StreamInFlight
    follower: Follower
    waited: float
    hit: Hit | None = None
    """The hit by meaning that it is, on the entry to come; None where the stream answers an equal request."""


def digest(form: Form) -> bytes:
    """Return bytes that are equal for equal forms, at all proxies: a form itself has values of the request."""
    return hashlib.sha256(repr(form).encode("utf-8", "surrogatepass")).digest()


def of_another_proxy(relayed: RelayedStream, flight: Flight, max_bytes: int) -> StreamInFlight | None:
    """Return the stream of a flight that another proxy passes on; None where its head is not one that this cache
    writes."""
    try:
        content_type, cors = msgspec.json.decode(relayed.head, type=tuple[str, tuple[tuple[str, str], ...]])
    except msgspec.DecodeError:
        return None
    if response_headers.media_type(content_type) is None or response_headers.cors(cors) != cors:
        return None
    return StreamInFlight(Tee(max_bytes), flight, content_type, cors, ANOTHER_PROXY)


async def fill(stream: StreamInFlight, relayed: RelayedStream) -> None:
    """Pass the chunks of another proxy's stream to its followers here, and end its flight with its entry."""
    tee, flight, entry = stream.tee, stream.flight, None
    try:
        async for chunk in relayed.chunks():
            tee(chunk)
        tee(b"")
        entry = await relayed.entry()
    except StoreError as exc:
        logger.debug("a stream of another proxy: %s", exc)
    except Exception:
        logger.exception("a stream of another proxy has broken off")
    finally:
        tee.break_off("the proxy that it comes from has ended")  # without effect where it has ended well
        if entry is not None:
            flight.complete(entry)
            flight.stored()
        else:
            flight.fail()
