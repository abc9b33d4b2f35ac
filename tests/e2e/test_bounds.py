"""One caller's worst: what is too much to be read passes untouched, and what is held for a caller stays small."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h2.config
import h2.connection
import h2.events
import pytest

from benchmarks import hostile_bodies
from demo.answers import Reply, Request
from e2e.proxy import READY_EXACT, WANTS_FAST_PATH, Proxy, post
from e2e.proxy import Reply as Answer
from e2e.wire import body_of, request

if TYPE_CHECKING:
    from e2e.conftest import Upstream

MB = 1024**2
CONFIG = """
semantic: {enabled: false, volatile: short}
max_request: 2mb
store: {max_bytes: 2mb}
mask: ['(a|aa)+$']
log: {file: LOG}
lookup_timeout: 3  # half of it to read a request, which a busy machine may need
"""
LARGE = json.dumps(
    {
        "id": "x",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "w " * 900_000}}],
    }
).encode()
SMALL = LARGE.replace(b"w " * 900_000, b"hello")
KEY = {"authorization": "Bearer sk-test"}
wants_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="wants /proc")


def says(request: Request) -> Reply:
    """A chat answer, large for those who ask for it; of everything else nothing is looked at."""
    match request.path.partition("?")[2]:
        case "large":
            return Reply(body=LARGE)
        case "huge":
            return Reply(body=b" " * (9 * MB) + SMALL, framing="chunked")
        case "huge, declared":
            return Reply(body=b" " * (9 * MB) + SMALL)
    return Reply(body=SMALL)


@pytest.fixture(scope="module")
def bounded(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    home = tmp_path_factory.mktemp("bounded")
    config = CONFIG.replace("LOG", str(home / "decisions.log"))
    quiet = ("--set", "flow_detail=0", "--set", "termlog_verbosity=info")
    with Proxy(module_upstream.url, home, config, options=quiet).start(wait_for=READY_EXACT) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def script(upstream: Upstream) -> None:
    upstream.script = says


def reason(proxy: Proxy) -> str:
    """Return why the last request that was decided on was no hit."""
    file = proxy.home / "decisions.log"
    proxy.wait_for(lambda: file.exists() and b'"outcome"' in file.read_bytes())
    decided = [json.loads(line) for line in file.read_text().splitlines()]
    return str([line for line in decided if "outcome" in line][-1]["reason"])


def peak(proxy: Proxy) -> int:
    """Return the most memory that the proxy has had, in bytes."""
    lines = Path(f"/proc/{proxy.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def reset_peak(proxy: Proxy) -> int:
    Path(f"/proc/{proxy.pid}/clear_refs").write_text("5")
    return peak(proxy)


@pytest.mark.parametrize(
    ("body", "headers", "why"),
    [
        (hostile_bodies.CHAT["lists"](1, MB), {}, "too-complex"),
        (hostile_bodies.CHAT["900 deep"](1, 20_000), {}, "too-complex"),
        (hostile_bodies.CHAT["names"](1, 1_900_000), {}, "too-complex"),
        (hostile_bodies.CHAT["text"](1, 3 * MB), {}, "too-large"),
        (gzip.compress(body_of("zipped"))[:-1], {"content-encoding": "gzip"}, "content-encoding: gzip"),
        (body_of("brotli?"), {"content-encoding": "br"}, "content-encoding: br"),
        (body_of("odd"), {"content-encoding": "x-secret-value"}, "content-encoding: other"),
        (
            json.dumps({"model": "m", "messages": [{"role": "system", "content": "a" * 50 + "!"}]}).encode(),
            {},
            "mask-too-slow",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_read_passes_untouched_and_says_why(
    bounded: Proxy, upstream: Upstream, body: bytes, headers: dict[str, str], why: str
) -> None:
    for _ in range(2):
        answered = post(bounded.port, body, KEY | headers)

        assert (answered.status, answered.cache, answered.body) == (200, "bypass", SMALL)
        assert upstream.last.body == body
        bounded.wait_for(lambda: reason(bounded) == why)


def test_a_slow_pattern_is_named_in_the_log_once(bounded: Proxy) -> None:
    post(
        bounded.port,
        json.dumps({"model": "m", "messages": [{"role": "system", "content": "a" * 51 + "!"}]}).encode(),
        KEY,
    )

    bounded.wait_log("mask: the pattern (a|aa)+$ takes more than")
    assert bounded.log.count("takes more than") == 1
    assert "aaaa" not in bounded.log


@pytest.mark.parametrize("name", ["text", "½", "short texts", "integers", "names", "turns of a user"])
def test_what_is_large_and_within_bounds_is_looked_up(bounded: Proxy, name: str) -> None:
    body = hostile_bodies.CHAT[name](7, {"names": 700_000, "turns of a user": 300_000}.get(name, 900_000))

    # Where the one thread that parses is late, requests pass by the cache.
    bounded.wait_for(lambda: post(bounded.port, body, KEY).cache == "exact", within=20)


def test_a_request_that_cannot_be_read_in_time_goes_upstream(start: Callable[..., Proxy], tmp_path: Path) -> None:
    """Reading and identifying are part of `lookup_timeout`, and so is waiting for one's turn."""
    config = f"semantic: {{enabled: false}}\nlookup_timeout: 0.001\nlog: {{file: {tmp_path / 'decisions.log'}}}\n"
    proxy = start(config, wait_for=READY_EXACT)

    assert post(proxy.port, hostile_bodies.CHAT["short texts"](1, 3 * MB), KEY).cache == "bypass"

    proxy.wait_for(lambda: reason(proxy) == "busy")


# ---------------------------------------------------------------------- bodies that do not end


@WANTS_FAST_PATH
@wants_proc
@pytest.mark.parametrize("how", ["content-length: 99000000", "transfer-encoding: chunked"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/files"])
def test_a_body_that_is_too_large_is_not_held(bounded: Proxy, how: str, path: str) -> None:
    before = reset_peak(bounded)
    piece = b"x" * MB if "length" in how else b"%x\r\n%b\r\n" % (MB, b"x" * MB)
    with socket.create_connection(("127.0.0.1", bounded.port), 10) as connection:
        connection.sendall(f"POST {path} HTTP/1.1\r\nhost: x\r\n{how}\r\n\r\n".encode())
        for _ in range(12):
            connection.sendall(piece)
        time.sleep(0.3)

        assert peak(bounded) - before < 8 * MB


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "chunked"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/files"])
def test_a_body_that_is_too_large_arrives_as_it_was(
    bounded: Proxy, upstream: Upstream, chunked: bool, path: str
) -> None:
    body = bytes(range(256)) * (4 * MB // 256)
    headers = KEY | {"x-ai-cache-ttl": "60"}
    sent: Any = iter([body[i : i + 65_536] for i in range(0, len(body), 65_536)]) if chunked else body
    answered = post(bounded.port, sent, headers, path=path)

    assert (answered.status, answered.body) == (200, SMALL)
    assert upstream.last.body == body
    if path != "/v1/files":
        assert answered.cache in ("bypass", "")
        assert "x-ai-cache-ttl" not in upstream.last.headers


@pytest.mark.parametrize("path", ["huge", "huge, declared"])
def test_a_response_that_is_too_large_to_keep_passes_as_it_comes(bounded: Proxy, upstream: Upstream, path: str) -> None:
    path = f"/v1/chat/completions?{path.replace(' ', '%20')}"
    upstream.script = lambda asked: says(Request(asked.method, asked.path.replace("%20", " "), asked.headers, b""))
    for _ in range(2):
        answered = post(bounded.port, body_of("a huge answer"), KEY, path=path)

        assert answered.body == b" " * (9 * MB) + SMALL
        assert answered.cache == "miss"


def test_only_if_cached_is_answered_however_large_the_body_is(bounded: Proxy, upstream: Upstream) -> None:
    calls = upstream.calls
    answered = post(bounded.port, b"x" * (5 * MB), KEY | {"cache-control": "only-if-cached"})

    assert (answered.status, upstream.calls) == (504, calls)


# ---------------------------------------------------------------------- readers that do not read


def stored_large(proxy: Proxy, question: str) -> bytes:
    """Have a large answer stored, and return the request for it."""
    body, path = body_of(question), "/v1/chat/completions?large"
    post(proxy.port, body, KEY, path=path)
    proxy.wait_for(lambda: post(proxy.port, body, KEY, path=path).cache == "exact")
    return request(body, line="POST /v1/chat/completions?large HTTP/1.1")


def over_tls(proxy: Proxy, protocol: str) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    tls = context.wrap_socket(socket.create_connection(("127.0.0.1", proxy.port), 10), server_hostname="api.example")
    assert tls.selected_alpn_protocol() == protocol
    return tls


@wants_proc
def test_hits_wait_for_a_reader_that_does_not_read(bounded: Proxy) -> None:
    """Over TLS: what is not encrypted is held once, however often it is sent (Python 3.12)."""
    asked = stored_large(bounded, "unread")
    with over_tls(bounded, "http/1.1") as connection:
        connection.sendall(asked)
        time.sleep(0.5)  # over TLS it is another request, which is stored with this
        before = reset_peak(bounded)
        connection.sendall(asked * 60)
        time.sleep(1)

        assert peak(bounded) - before < 40 * MB
        assert bounded.ask("somebody else").status == 200


def test_a_reader_that_is_late_gets_all_of_its_hits(bounded: Proxy) -> None:
    asked = stored_large(bounded, "read late")
    with socket.create_connection(("127.0.0.1", bounded.port), 10) as connection:
        threading.Thread(target=connection.sendall, args=(asked * 20,)).start()
        time.sleep(0.5)
        received = bytearray()
        while received.count(b"HTTP/1.1 200 OK") < 20 or not received.endswith(LARGE[-100:]):
            some = connection.recv(MB)
            assert some
            received += some

    assert received.count(b"w w w w w") > 0
    assert received.count(LARGE[:100]) == 20


@wants_proc
def test_hits_wait_for_a_reader_of_http2_that_does_not_read(bounded: Proxy) -> None:
    """Flow control holds each stream's answer back in the proxy: 60 of them on one connection."""
    stored_large(bounded, "unread over HTTP/2")
    with over_tls(bounded, "h2") as tls:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        connection.initiate_connection()
        body = body_of("unread over HTTP/2")
        send_h2(connection, body, 1)
        tls.sendall(connection.data_to_send())
        time.sleep(0.5)
        before = reset_peak(bounded)
        for stream in range(3, 3 + 2 * 60, 2):
            send_h2(connection, body, stream)
        tls.sendall(connection.data_to_send())
        time.sleep(1)

        assert peak(bounded) - before < 40 * MB
        assert bounded.ask("somebody else").status == 200


def send_h2(connection: h2.connection.H2Connection, body: bytes, stream: int) -> None:
    head = [(":method", "POST"), (":scheme", "https"), (":authority", "api.example")]
    head += [(":path", "/v1/chat/completions?large"), ("authorization", "Bearer sk-test")]
    connection.send_headers(stream, [*head, ("content-type", "application/json")])
    connection.send_data(stream, body, end_stream=True)


# ---------------------------------------------------------------------- vectors that grow


def vectors(count: int, numbers: int) -> bytes:
    items = [{"object": "embedding", "index": i, "embedding": [0] * numbers} for i in range(count)]
    return json.dumps({"object": "list", "model": "m", "data": items}, separators=(",", ":")).encode()


def embed(proxy: Proxy, *texts: str) -> Answer:
    return post(proxy.port, json.dumps({"model": "m", "input": texts}).encode(), KEY, path="/v1/embeddings")


@wants_proc
def test_vectors_are_measured_as_what_comes_out(bounded: Proxy, upstream: Upstream) -> None:
    packed = gzip.compress(vectors(1, 1).replace(b"[0]", b"[" + b"0," * (25 * MB) + b"0]"), 1)
    upstream.script = lambda _: Reply(body=packed, headers={"content-encoding": "gzip"})
    before = reset_peak(bounded)

    for _ in range(2):
        assert embed(bounded, "bomb").cache == "miss"

    time.sleep(0.5)
    assert embed(bounded, "bomb").cache == "miss"
    assert peak(bounded) - before < 30 * MB


def test_a_compressed_part_completes_a_batch_and_is_kept(bounded: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda asked: Reply(
        body=gzip.compress(vectors(len(asked.json["input"]), 30_000), 1), headers={"content-encoding": "gzip"}
    )
    embed(bounded, "one", "two")
    bounded.wait_for(lambda: embed(bounded, "one", "two").cache == "exact")

    answered = embed(bounded, "two", "three")

    found = json.loads(gzip.decompress(answered.body) if answered.body[:2] == b"\x1f\x8b" else answered.body)
    assert [len(item["embedding"]) for item in found["data"]] == [30_000, 30_000]
    assert upstream.last.json["input"] == ["three"]
    bounded.wait_for(lambda: embed(bounded, "one", "two", "three").cache == "exact")
