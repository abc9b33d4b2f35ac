"""`scripts/bench faults`: that its checks find what is wrong, that its rows judge, and one row with a real proxy."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="wants POSIX")

import environment
from benchmarks.errors import Problem
from benchmarks.faults import runner
from benchmarks.faults.answer_checker import Response, Verdict, check_answer
from benchmarks.faults.client import Client
from benchmarks.faults.load import CheckedRequest, Load
from benchmarks.faults.measurements import Expected, row, table
from benchmarks.faults.redis_wire import RedisWire
from benchmarks.faults.requests import Corpus, Kind, PlannedRequest
from benchmarks.faults.sent_answers import Answer, Ledger, UpstreamRequest, answer, stream
from benchmarks.faults.upstream import Upstream
from benchmarks.processes import free_port

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
QUESTION, OTHER, ELSE = "How do I paint the fence?", "How can I paint the fence?", "How do I sell the fence?"
GROUP = frozenset((QUESTION, OTHER))
WHOLE = PlannedRequest(Kind.REPEAT, "sk-a", "m", (QUESTION,), GROUP)
STREAM = dataclasses.replace(WHOLE, stream=True)
BATCH = PlannedRequest(Kind.BATCH, "sk-a", "e", ("one", "two", "three"))


class CheckedAnswers:
    """What the upstream has said, and how a client judges what it got."""

    def __init__(self) -> None:
        self.ledger = Ledger()

    def sent(self, ask: PlannedRequest, name: str = "before", mode: str = "") -> Answer:
        asked = UpstreamRequest(name, ask.path, ask.key, ask.model, ask.texts, ask.stream)
        found = answer(self.ledger.number(), asked, mode)
        self.ledger.add(found)
        return found

    def judged(
        self, ask: PlannedRequest, body: bytes, cache: str, *, name: str = "now", down: bool = False, **more: str
    ) -> tuple[Verdict, str]:
        status = cache if cache in ("", "miss", "bypass") else "hit"
        kind = "text/event-stream" if ask.stream else "application/json"
        headers = {
            "content-type": kind,
            "x-cache-status": status,
            "cache-status": f"ai-cache; hit; detail={cache}; ttl=9",
        }
        return check_answer(ask, name, Response(200, headers | more, body), self.ledger, down=down, refused=False)


@pytest.fixture
def checked() -> CheckedAnswers:
    return CheckedAnswers()


@pytest.mark.parametrize("ask", [WHOLE, STREAM], ids=["whole", "stream"])
def test_a_miss_is_what_the_upstream_sent_for_that_request(checked: CheckedAnswers, ask: PlannedRequest) -> None:
    sent = checked.sent(ask, "now")

    assert checked.judged(ask, sent.wire, "miss")[0] is Verdict.GOOD
    assert checked.judged(ask, sent.wire[:-1], "miss")[0] is Verdict.WRONG
    assert checked.judged(ask, sent.wire, "miss", name="another")[0] is Verdict.WRONG


@pytest.mark.parametrize("stored", [WHOLE, STREAM], ids=["whole", "stream"])
@pytest.mark.parametrize("ask", [WHOLE, STREAM], ids=["whole", "stream"])
def test_a_hit_in_either_mode_is_right(checked: CheckedAnswers, stored: PlannedRequest, ask: PlannedRequest) -> None:
    sent = checked.sent(stored)
    body = (
        sent.body if stored == ask else answer(sent.number, dataclasses.replace(sent.request, stream=ask.stream)).body
    )

    assert checked.judged(ask, body, "exact") == (Verdict.GOOD, "")


def cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def without_end(body: bytes) -> bytes:
    return body.replace(b"data: [DONE]\n\n", b"")


def one_letter(body: bytes) -> bytes:
    return body.replace(b"alpha", b"alphb", 1)


def unsent(body: bytes) -> bytes:
    return body.replace(b"Answer 1 ", b"Answer 7 ")


@pytest.mark.parametrize("ask", [WHOLE, STREAM], ids=["whole", "stream"])
@pytest.mark.parametrize("damage", [cut, one_letter, unsent])
def test_a_hit_that_is_cut_or_damaged_is_wrong(
    checked: CheckedAnswers, ask: PlannedRequest, damage: Callable[[bytes], bytes]
) -> None:
    body = checked.sent(ask).body
    assert damage(body) != body

    assert checked.judged(ask, damage(body), "exact")[0] is Verdict.WRONG


def test_a_stream_without_its_end_is_wrong(checked: CheckedAnswers) -> None:
    assert checked.judged(STREAM, without_end(checked.sent(STREAM).body), "exact")[0] is Verdict.WRONG


def test_the_same_text_not_byte_for_byte_is_wrong(checked: CheckedAnswers) -> None:
    sent = checked.sent(WHOLE)

    assert checked.judged(WHOLE, json.dumps(json.loads(sent.body) | {"id": "x"}).encode(), "exact")[0] is Verdict.WRONG


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"key": "sk-b"}, "another caller"),
        ({"model": "n"}, "another model"),
        ({"texts": (OTHER,)}, "another question"),
    ],
)
def test_a_hit_on_anothers_answer_is_wrong(checked: CheckedAnswers, change: dict[str, str], why: str) -> None:
    body = checked.sent(dataclasses.replace(WHOLE, **change)).body  # type: ignore[arg-type]

    verdict, said_why = checked.judged(WHOLE, body, "exact")

    assert (verdict, why in said_why) == (Verdict.WRONG, True)


def test_a_hit_by_meaning_is_on_another_wording_of_the_same(checked: CheckedAnswers) -> None:
    wording = checked.sent(dataclasses.replace(WHOLE, texts=(OTHER,))).body
    foreign = checked.sent(dataclasses.replace(WHOLE, texts=(ELSE,))).body

    assert checked.judged(WHOLE, wording, "semantic")[0] is Verdict.GOOD
    assert checked.judged(WHOLE, foreign, "semantic")[0] is Verdict.WRONG
    assert checked.judged(WHOLE, wording, "same-words")[0] is Verdict.GOOD
    assert checked.judged(WHOLE, foreign, "same-words")[0] is Verdict.WRONG


def test_a_hit_in_the_other_mode_than_was_asked_for_is_wrong(checked: CheckedAnswers) -> None:
    body = checked.sent(STREAM).body

    assert checked.judged(WHOLE, body, "exact", **{"content-type": "text/event-stream"})[0] is Verdict.WRONG


def test_a_hit_on_what_was_no_good_answer_is_wrong(checked: CheckedAnswers) -> None:
    bad = dataclasses.replace(checked.sent(WHOLE), good=False)
    checked.ledger.add(bad)

    assert checked.judged(WHOLE, bad.body, "exact")[0] is Verdict.WRONG


@pytest.mark.parametrize("cache", ["exact", "miss"])
def test_a_batch_has_the_vector_of_each_of_its_texts(checked: CheckedAnswers, cache: str) -> None:
    whole = checked.sent(BATCH, "now").body
    document = json.loads(whole)
    short = {**document, "data": document["data"][:-1]}
    first = document["data"][0]["embedding"]
    swapped = {**document, "data": [{**item, "embedding": first} for item in document["data"]]}
    others = checked.sent(dataclasses.replace(BATCH, key="sk-b"), "elsewhere").body

    assert checked.judged(BATCH, whole, cache)[0] is Verdict.GOOD
    for body in (json.dumps(short).encode(), json.dumps(swapped).encode(), others, whole[:-9]):
        assert checked.judged(BATCH, body, cache)[0] is Verdict.WRONG


def test_the_answer_to_a_part_of_a_batch_is_not_the_batch(checked: CheckedAnswers) -> None:
    part = checked.sent(dataclasses.replace(BATCH, texts=("two",)), "now")

    assert checked.judged(BATCH, part.wire, "")[0] is Verdict.WRONG


def failed(checked: CheckedAnswers, response: Response, *, down: bool = False, refused: bool = False) -> Verdict:
    return check_answer(WHOLE, "now", response, checked.ledger, down=down, refused=refused)[0]


def test_failures_are_laid_at_the_right_door(checked: CheckedAnswers) -> None:
    nothing = Response(0, failure="cut off")

    assert failed(checked, nothing) is Verdict.ERROR
    assert failed(checked, nothing, down=True) is Verdict.DOWN
    assert failed(checked, Response(502), refused=True) is Verdict.UPSTREAM
    assert failed(checked, Response(502)) is Verdict.ERROR
    checked.sent(WHOLE, "now")
    assert failed(checked, Response(500)) is Verdict.ERROR
    checked.sent(WHOLE, "now", "500")
    assert failed(checked, Response(500)) is Verdict.UPSTREAM
    assert failed(checked, Response(503)) is Verdict.ERROR


def seen(kind: Kind, at: float, *, hit: bool = True, verdict: Verdict = Verdict.GOOD) -> CheckedRequest:
    return CheckedRequest(kind, at, 0.01, verdict, "", "exact" if hit else "miss")


def fault(back: float) -> list[CheckedRequest]:
    """A fault from 0 to 10 seconds, after which hits are back so many seconds later."""
    times = [place / 20 for place in range(400)]
    return [seen(kind, at, hit=at >= 10 + back) for at in times for kind in (Kind.REPEAT, Kind.PARAPHRASE)]


@pytest.mark.parametrize(("back", "fails"), [(0.0, 0), (1.4, 0), (3.0, 1), (20.0, 2)])
def test_a_row_says_when_hits_are_back_and_fails_when_they_are_late(back: float, fails: int) -> None:
    found = row("x", "y", fault(back), (0.0, 10.0), 0, Expected(exact=2.0, semantic=4.0), ())

    assert len(found.faults) == fails
    if back < 10:
        assert found.exact == pytest.approx(back, abs=0.3)
    else:
        assert found.exact is None


def test_a_busy_machine_is_given_time() -> None:
    patient = Expected(exact=2.0, semantic=None).times(2)

    assert (patient.exact, patient.semantic) == (4.0, None)
    assert not row("x", "y", fault(3.0), (0.0, 10.0), 0, patient, ()).faults


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.WRONG, Verdict.DOWN])
def test_one_bad_answer_fails_a_row(verdict: Verdict) -> None:
    everything = [*fault(0.0), seen(Kind.NEW, 5.0, verdict=verdict)]

    assert row("x", "y", everything, (0.0, 10.0), 0, Expected(), ()).faults
    assert not row("x", "y", everything, (0.0, 10.0), 0, Expected(down=True, errors=True), ()).faults or (
        verdict is Verdict.WRONG
    )


def test_what_a_fault_has_found_itself_fails_its_row() -> None:
    found = row("x", "y", fault(0.0), (0.0, 10.0), 0, Expected(), ["it sank"])

    assert found.faults == ("it sank",)
    assert "FAILED" in table([found])


def test_an_unknown_fault_is_a_problem() -> None:
    with pytest.raises(Problem, match="'9z' is not one of 0, 1a"):
        runner.select_faults(["9z"])
    names = [each.name for each in runner.select_faults(())]
    assert len(names) == len(set(names)) > 60


@pytest.mark.parametrize("mode", ["", "500", "reset", "close", "close-eof", "errevent", "gzip"])
async def test_without_a_proxy_every_failure_is_the_upstreams(mode: str) -> None:
    """So what is counted otherwise beside a proxy is the proxy's."""
    ledger = Ledger()
    upstream = Upstream(free_port(), ledger)
    upstream.set(mode)
    await upstream.listen()
    load = Load(Client(upstream.port), Corpus(20), ledger, 50)

    everything = await load.all(load.corpus.some() for _ in range(150))
    await upstream.close()
    load.client.forget()

    assert {each.verdict for each in everything} <= {Verdict.GOOD, Verdict.UPSTREAM}
    assert any(each.verdict is Verdict.UPSTREAM for each in everything) == (mode not in ("", "errevent", "gzip"))


async def test_the_wire_to_a_redis_damages_what_comes_back() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(100):
            writer.write(piece)

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    wire = RedisWire(free_port(), server.sockets[0].getsockname()[1])
    await wire.listen()
    got = {}
    for mode in ("", "flip", "twice", "cut", "hole"):
        wire.set(mode)
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(b"hello world!")
        try:
            got[mode] = await asyncio.wait_for(reader.readexactly(24 if mode == "twice" else 12), 0.3)
        except (OSError, EOFError, TimeoutError) as exc:
            got[mode] = type(exc).__name__.encode()
        writer.close()
    await wire.close()
    server.close()

    assert got[""] == b"hello world!"
    assert sum((one ^ other).bit_count() for one, other in zip(got["flip"], b"hello world!", strict=True)) == 1
    assert got["twice"] == b"hello world!" * 2
    assert got["hole"] == b"TimeoutError"
    assert got["cut"] in (b"ConnectionResetError", b"IncompleteReadError")


def test_a_stream_that_ends_with_an_error_event_has_no_end() -> None:
    assert b"[DONE]" not in stream(1, "m", "some text", ends="error")


@linux
def test_a_row_with_a_real_proxy(tmp_path: Path) -> None:
    path = os.pathsep.join(str(environment.ROOT / folder) for folder in ("scripts", "addon"))
    rows = tmp_path / "rows"
    command = [sys.executable, "-m", "benchmarks", "faults", "--quick", "--only", "4c", "--json", str(rows)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env={**os.environ, "PYTHONPATH": path})

    [found] = json.loads(rows.read_text())
    assert found["up"] > 0
    assert (found["err"], found["wrong"], found["down"]) == (0, 0, 0), done.stdout
    assert found["n"] > 100
    assert done.returncode == (1 if found["faults"] else 0), done.stderr
