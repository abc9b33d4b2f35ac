"""Compares every answer that a client got with what the upstream sent. Pure."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from benchmarks.faults.requests import Kind, PlannedRequest
from benchmarks.faults.sent_answers import Answer, Ledger, vector

_NUMBER = re.compile(r"Answer (\d+) to «")


class Verdict(StrEnum):
    GOOD = "good"
    UPSTREAM = "up"
    """A failure that the upstream caused and the proxy passed on."""
    DOWN = "down"
    """The proxy was down on purpose."""
    ERROR = "err"
    """A failure that the proxy caused."""
    WRONG = "wrong"
    """An apparently good answer that is another request's, or truncated or damaged."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response as the client got it. *failure* says why it is incomplete (by HTTP); header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""

    @property
    def is_hit(self) -> bool:
        return self.headers.get("x-cache-status") == "hit"

    @property
    def cache(self) -> str:
        """What kind of hit it is (``exact``, ``semantic``, ``same-words``), ``miss``, ``bypass``, or empty."""
        status = self.headers.get("x-cache-status", "")
        if status != "hit":
            return status
        return self.headers.get("cache-status", "").rpartition("hit;")[2].partition("detail=")[2].partition(";")[0]


def check_answer(
    ask: PlannedRequest, name: str, response: Response, ledger: Ledger, *, down: bool, refused: bool
) -> tuple[Verdict, str]:
    """Return the verdict on a response and its reason. *down*: the proxy was down between request and response.

    *refused*: the upstream accepted no connections then, or had an untrusted certificate.
    """
    sent = ledger.of(name)
    if response.failure or response.status != 200:
        what = response.failure or f"status {response.status}"
        if down:
            return Verdict.DOWN, what
        if any(_explains_failure(response, each) for each in sent) or (refused and response.status == 502):
            return Verdict.UPSTREAM, what
        return Verdict.ERROR, what
    hit = response.is_hit
    if wrong := _hit(ask, response, ledger) if hit else _miss(ask, response, sent):
        return Verdict.WRONG, wrong
    cut = not hit and sent and not sent[-1].good and not _is_errevent(sent[-1])
    return (Verdict.UPSTREAM, "cut by the upstream") if cut else (Verdict.GOOD, "")


def _explains_failure(response: Response, answer: Answer) -> bool:
    """Return whether the upstream's answer explains a failure."""
    if answer.good:
        return False
    return bool(response.failure) or response.status in (answer.status, 502)


def _is_errevent(answer: Answer) -> bool:
    return answer.status == 200 and answer.wire == answer.body


def _miss(ask: PlannedRequest, response: Response, sent: Sequence[Answer]) -> str:
    """Compare a miss with the upstream's answer, byte for byte; for a partly cached batch, compare all vectors."""
    if not sent:
        return "an answer that the upstream never sent"
    if any(response.body == each.wire for each in sent) and (ask.kind is not Kind.BATCH or not sent[-1].good):
        return ""
    if ask.kind is Kind.BATCH:
        return _vectors(ask, response)
    return "not what the upstream sent"


def _hit(ask: PlannedRequest, response: Response, ledger: Ledger) -> str:
    if ask.kind is Kind.BATCH:
        return _vectors(ask, response)
    text = _text(ask, response)
    if text is None:
        return "a hit that cannot be read"
    if (found := _NUMBER.search(text)) is None or (answer := ledger.get(int(found[1]))) is None:
        return "a hit on a number that was never sent"
    if not answer.good:
        return f"a hit on number {answer.number}, which was no good answer"
    if text != answer.text:
        return f"a hit on number {answer.number}, cut or damaged"
    if ask.stream == answer.request.stream and response.body != answer.body:
        return f"a hit on number {answer.number}, not as it was sent"
    if answer.request.key != ask.key:
        return "a hit on another caller's answer"
    if answer.request.model != ask.model:
        return "a hit on another model's answer"
    [question], [asked] = answer.request.texts, ask.texts
    if question != asked and response.cache == "exact":
        return "an exact hit on another question"
    if question != asked and question not in ask.group:
        return "a hit by meaning on a question that means something else"
    return ""


def _text(ask: PlannedRequest, response: Response) -> str | None:
    """Return the text of a complete answer in the requested mode, else None."""
    kind = response.headers.get("content-type", "").partition(";")[0]
    if kind != ("text/event-stream" if ask.stream else "application/json"):
        return None
    try:
        if not ask.stream:
            [choice] = json.loads(response.body)["choices"]
            return str(choice["message"]["content"]) if choice["finish_reason"] == "stop" else None
        events = [line[6:] for line in response.body.decode().splitlines() if line.startswith("data: ")]
        if events[-1] != "[DONE]":
            return None
        choices = [choice for event in events[:-1] for choice in json.loads(event)["choices"]]
        if not any(choice["finish_reason"] == "stop" for choice in choices):
            return None
        return "".join(choice["delta"].get("content") or "" for choice in choices)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _vectors(ask: PlannedRequest, response: Response) -> str:
    try:
        packed = response.headers.get("content-encoding") == "gzip"
        body = gzip.decompress(response.body) if packed else response.body
        items = json.loads(body)["data"]
        found = [(item["index"], item["embedding"]) for item in items]
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError):
        return "vectors that cannot be read"
    if len(found) != len(ask.texts):
        return f"{len(found)} vectors for {len(ask.texts)} texts"
    expected = [(place, vector(ask.key, ask.model, text)) for place, text in enumerate(ask.texts)]
    return "" if found == expected else "vectors of other texts"
