"""The demo's questions, and a client that sends them."""

import contextlib
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any, Literal

from demo.answers import tokens

REQUEST_TIMEOUT_S = 15.0
PATH = "/v1/chat/completions"

Result = Literal["miss", "exact", "semantic"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the result that it should have."""

    text: str
    variation: str
    """How it differs from the questions before, for the table."""
    expected: Result
    streamed: bool = True
    credential: str = "alice"
    model: str = "stand-in"


QUESTIONS = (
    Question("How do I reset my password?", "first time, streamed", "miss"),
    Question("How do I reset my password?", "again", "exact"),
    Question("How do I reset my password?", "again, but whole", "exact", streamed=False),
    Question("How can I reset my password?", "in other words", "semantic"),
    Question("How do I reset my password?", "by another credential", "miss", credential="bob"),
    Question("如何重置密码？", "first time, whole", "miss", streamed=False),
    Question("如何重置密码？", "again, but streamed", "exact"),
    Question("怎样重置密码？", "in other words, whole", "semantic", streamed=False),
    Question("How many kilometres is 5 miles?", "first time, whole", "miss", streamed=False),
    Question("How many kilometres are 5 miles?", "in other words, streamed", "semantic"),
    Question("How many kilometres is 50 miles?", "another number", "miss"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The client's result; times in seconds."""

    result: Result
    similarity: str
    """As the proxy reports it, for a semantic hit."""
    text: str
    first_token: float
    whole: float

    @property
    def shown(self) -> str:
        return {"miss": "miss", "exact": "exact hit", "semantic": f"semantic hit {self.similarity[:4]}".rstrip()}[
            self.result
        ]

    def saved(self, question: Question) -> int:
        return 0 if self.result == "miss" else len(tokens(question.text)) + len(tokens(self.text))


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


def ask(port: int, question: Question) -> Outcome:
    """Send a question through the proxy. Raises DemoError unless the answer is complete."""
    headers = {"authorization": f"Bearer demo-{question.credential}", "content-type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_TIMEOUT_S)
    with contextlib.closing(connection):
        began = time.perf_counter()
        try:
            connection.request("POST", PATH, render_request(question), headers)
            response = connection.getresponse()
            received = response.read1()
            first_token = time.perf_counter() - began
            received += response.read()
        except (OSError, http.client.HTTPException) as exc:
            raise DemoError(f"no answer to {question.text!r}: {exc}") from exc
        whole = time.perf_counter() - began
    if response.status != 200:
        raise DemoError(f"{question.text!r} was answered with status {response.status}")
    return Outcome(
        parse_result(response),
        response.getheader("x-ai-cache-similarity", ""),
        parse_text(received),
        first_token,
        whole,
    )


def render_request(question: Question) -> bytes:
    """Render a request. A stream asks for the usage, since without it no whole answer could be served from it."""
    body = {"model": question.model, "messages": [{"role": "user", "content": question.text}]}
    options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}} if question.streamed else {}
    return json.dumps(body | options).encode()


def parse_result(response: http.client.HTTPResponse) -> Result:
    if response.getheader("x-cache-status") != "hit":
        return "miss"
    return "semantic" if "detail=semantic" in response.getheader("cache-status", "") else "exact"


def parse_text(body: bytes) -> str:
    """Return the text of a completion, streamed or whole. Each event of the stand-in is one line."""
    if not body.startswith(b"data:"):
        return str(json.loads(body)["choices"][0]["message"]["content"])
    events = [line.removeprefix(b"data:").strip() for line in body.splitlines() if line.startswith(b"data:")]
    chunks: list[dict[str, Any]] = [json.loads(event) for event in events if event != b"[DONE]"]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
