"""Whose answer it is, over the wire: whatever a request says besides, nobody gets what was answered to another one."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from aicache.domain.known_request_headers import ADDRESSES, HARMLESS, HARMLESS_BESIDE, HARMLESS_VALUES
from certificates import a_certificate
from demo.answers import Reply, Request
from e2e.conftest import Upstream
from e2e.proxy import READY_EXACT, Proxy
from e2e.wire import Wire, body_of, request

EXACT = "semantic: {enabled: false}\n"
LANE = ("--set", "flow_detail=0")  # nobody wants flows, so the fast lane is open
QUESTION = "Whose answer is this?"
MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
FEWER = settings(MANY, max_examples=60)

TOKENS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789!#$%&'*+-.^_`|~", min_size=1, max_size=20)
PRODUCTS = (
    # Kong, APISIX, Tyk, Gravitee, Apigee, Zuplo, Cloudflare, Vercel, LiteLLM, Helicone, Portkey, Bedrock, Vertex, WSO2
    *("x-consumer-username", "x-consumer-custom-id", "x-credential-identifier", "x-anonymous-consumer"),
    *("x-apisix-consumer", "x-tyk-authorization", "x-gravitee-api-key", "x-apikey", "zuplo-user", "x-zuplo-sub"),
    *("cf-aig-metadata", "cf-aig-custom-cost", "cf-access-authenticated-user-email", "x-vercel-oidc-token"),
    *("x-litellm-tags", "x-litellm-customer-id", "x-litellm-end-user-id", "helicone-user-id", "helicone-property-plan"),
    *("helicone-omit-request", "helicone-fallbacks", "x-portkey-metadata", "x-portkey-retry-count"),
    *("x-amzn-bedrock-trace", "x-amz-security-token", "x-amz-date", "x-goog-request-params", "x-jwt-assertion"),
    *("x-ms-azureai-deployment", "x-ms-region", "azureml-model-deployment", "x-openrouter-model", "x-modal-key"),
    *("x-databricks-endpoint", "x-snowflake-role", "x-watson-project-id", "ibm-consumer", "x-hf-bill-to"),
    *("x-use-cache", "x-wait-for-model", "x-compute-type", "x-truefoundry-metadata", "x-kong-llm-model"),
)
"""Header names that gateways and providers document."""
NAMES = st.one_of(TOKENS, st.sampled_from(PRODUCTS), st.builds("x-{}".format, TOKENS))
VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=30)


@pytest.fixture(scope="module", params=[LANE, ()], ids=["fast lane", "flows"])
def owned(
    request: pytest.FixtureRequest, module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    home = tmp_path_factory.mktemp("owner")
    with Proxy(module_upstream.url, home, EXACT, options=request.param).start(wait_for=READY_EXACT) as proxy:
        yield proxy
        assert "Traceback" not in proxy.log


@pytest.fixture(autouse=True)
def _answers_again(upstream: Upstream) -> None:
    """Have the upstream answer as usual, whatever the test before had it do."""


class Client:
    """One caller on one connection, made anew when the proxy has ended it."""

    def __init__(self, proxy: Proxy) -> None:
        self._port = proxy.port
        self._wire = Wire(proxy.port)

    def __call__(self, *headers: str, question: str = QUESTION, cached: bool = True) -> str:
        """Ask, and return what the cache says: ``hit``, ``miss`` or ``bypass``; *cached* wants no other answer."""
        wish = ["cache-control: only-if-cached"] if cached else []
        sent = request(body_of(question), *headers, *wish)
        try:
            reply = self._wire.ask(sent)
        except (OSError, EOFError):
            self._wire = Wire(self._port)
            reply = self._wire.ask(sent)
        found = re.search(rb"(?im)^x-cache-status: (\w+)", reply)
        return found[1].decode() if found else reply.partition(b"\r\n")[0].decode()

    def stored(self, *headers: str, question: str = QUESTION) -> None:
        """Have a question answered and stored; where the fast lane is open its answer is at hand there."""
        assert self(*headers, question=question, cached=False) in ("miss", "hit")
        deadline = time.monotonic() + 5
        while self(*headers, question=question) != "hit":
            assert time.monotonic() < deadline
            time.sleep(0.002)
        for _ in range(2):
            assert self(*headers, question=question, cached=False) == "hit"


def is_plain(name: str) -> bool:
    return name.lower() not in HARMLESS and name.lower() not in ("cookie", *ADDRESSES)


def test_a_header_that_is_on_no_list_is_another_question(owned: Proxy) -> None:
    client = Client(owned)
    client.stored()
    seen = 0

    @MANY
    @given(name=NAMES, value=VALUES)
    def differs(name: str, value: str) -> None:
        nonlocal seen
        assume(is_plain(name))
        seen += 1

        assert client(f"{name}: {value}") != "hit"

    differs()
    assert seen >= 250
    assert client() == "hit"


def test_two_values_of_a_header_are_two_questions(owned: Proxy) -> None:
    client = Client(owned)
    numbers = count()

    @FEWER
    @given(name=NAMES, values=st.lists(VALUES.map(str.strip), min_size=2, max_size=2, unique=True))
    def differs(name: str, values: list[str]) -> None:
        assume(is_plain(name))
        one, other = (f"{name}: {value}" for value in values)

        question = f"Of which value, {next(numbers)}?"
        client.stored(one, question=question)

        assert client(other, question=question) != "hit"

    differs()


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_a_harmless_header_costs_no_hit(owned: Proxy, name: str) -> None:
    consumed = {"cache-control", "pragma", "x-higress-skip-ai-cache", "origin", "host", "content-length"}
    if name in consumed or name in HARMLESS_VALUES or name in HARMLESS_BESIDE:
        return
    client = Client(owned)
    client.stored()

    assert client(f"{name}: {time.monotonic()}") == "hit"


@pytest.mark.parametrize(
    "header",
    [
        "cookie: sid=1",
        "cookie: AWSALB=1; sid=1",
        "cookie: AWSALB=1, sid=1",
        "content-type: application/json; charset=latin1",
        "content-type: text/plain",
        "accept: application/xml",
        "x-http-method-override: DELETE",
        "connection: keep-alive, x-a",
        "x-a: caf\xe9",
    ],
)
def test_what_changes_how_a_request_is_read_is_another_question(owned: Proxy, header: str) -> None:
    client = Client(owned)
    client.stored()

    assert client(header) != "hit"


def test_a_header_with_any_byte_is_no_error_and_takes_nothing_of_ours_along(owned: Proxy, upstream: Upstream) -> None:
    client = Client(owned)

    client("authorization: Bearer \xff\xfe", "x-ai-cache-ttl: 60", question="With any byte?", cached=False)

    assert "x-ai-cache-ttl" not in upstream.last.headers
    assert "Traceback" not in owned.log


@pytest.mark.parametrize("line", ["post", "Post", "pOST"])
def test_a_method_in_other_letters_is_not_looked_up(owned: Proxy, line: str) -> None:
    client = Client(owned)
    client.stored()
    body = body_of(QUESTION)

    wire = Wire(owned.port)
    reply = wire.run([request(body, "cache-control: only-if-cached", line=f"{line} /v1/chat/completions HTTP/1.1")])

    assert b"x-cache-status: hit" not in reply


def test_an_absolute_target_is_not_the_plain_one(owned: Proxy) -> None:
    """The upstream goes by the authority of an absolute target, whatever Host says (RFC 9112, 3.2.2)."""
    client = Client(owned)
    client.stored(question="At which host?")
    body = body_of("At which host?")

    wire = Wire(owned.port)
    target = "http://evil.test/v1/chat/completions"
    reply = wire.run([request(body, "cache-control: only-if-cached", line=f"POST {target} HTTP/1.1")])

    assert b"x-cache-status: hit" not in reply


def test_keys_in_the_query_that_are_no_utf8_stay_apart(owned: Proxy) -> None:
    body = body_of("Which key?")

    def ask(key: str, *more: str) -> bytes:
        line = f"POST /v1/chat/completions?key={key} HTTP/1.1"
        return Wire(owned.port).ask(request(body, *more, line=line))

    ask("%E9")
    deadline = time.monotonic() + 5
    while b"x-cache-status: hit" not in ask("%E9", "cache-control: only-if-cached"):
        assert time.monotonic() < deadline

    assert b"x-cache-status: hit" not in ask("%FF", "cache-control: only-if-cached")


def test_the_log_names_the_header_that_alone_made_a_miss(start: Callable[..., Proxy]) -> None:
    proxy = start(EXACT, wait_for=READY_EXACT)
    client = Client(proxy)
    client.stored("x-build: 1", question="Why a miss?")

    assert client("x-build: secret-7", question="Why a miss?", cached=False) == "miss"

    proxy.wait_log("for its header x-build")
    assert "secret-7" not in proxy.log


def test_callers_without_a_credential_have_answers_of_their_own(owned: Proxy, upstream: Upstream) -> None:
    def refuse(asked: Request) -> Reply:
        return Reply(body=json.dumps({"error": {}}).encode(), status=401)

    def ask(*headers: str, question: str = "Who am I?") -> bytes:
        sent = request(body_of(question), *headers)
        with socket.create_connection(("127.0.0.1", owned.port), 5):
            return Wire(owned.port).ask(sent.replace(b"authorization: Bearer sk-test\r\n", b""))

    victim = "apikey: VICTIM-KEY"
    ask(victim)
    deadline = time.monotonic() + 5
    while b"x-cache-status: hit" not in ask(victim, "cache-control: only-if-cached"):
        assert time.monotonic() < deadline

    upstream.script = refuse
    for nobody in ([], ["apikey: WRONG"], ["x-unheard-of: VICTIM-KEY"], ["cookie: apikey=VICTIM-KEY"]):
        assert b"x-cache-status: hit" not in ask(*nobody)


def test_who_shows_no_credential_is_never_accepted(upstream: Upstream, tmp_path: Path) -> None:
    """Even where all callers share: what has no credential has proven none."""
    shared = EXACT + "scope: shared\n"
    with Proxy(upstream.url, tmp_path, shared).start(wait_for=READY_EXACT) as proxy:
        client = Client(proxy)
        client.stored(question="Shared?")

        def ask(*headers: str) -> bytes:
            sent = request(body_of("Shared?"), *headers)
            return Wire(proxy.port).ask(sent.replace(b"authorization: Bearer sk-test\r\n", b""))

        wanted = "cache-control: only-if-cached"
        assert b"x-cache-status: hit" not in ask(wanted)
        ask()  # the upstream answers whoever asks, which proves nothing
        time.sleep(0.3)
        assert b"ai-cache; hit" in ask(wanted)  # its own kind's
        assert client(question="Shared?") == "hit"
        assert b"x-cache-status: hit" not in ask(wanted, "authorization: Bearer unproven")


def test_the_name_that_tls_was_set_up_for_tells_upstreams_apart(tmp_path: Path) -> None:
    """Behind one address, the server chooses by SNI whose answers it gives, whatever Host says."""
    certificate, key = a_certificate(tmp_path, "localhost", "evil.test")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    upstream = Upstream(context)
    port = upstream.url.rpartition(":")[2]
    options = ("--set", "ssl_insecure=true")
    body = body_of("Which server's?")

    def ask(proxy: Proxy, name: str, *headers: str) -> bytes:
        mine = ssl.create_default_context()
        mine.check_hostname, mine.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", proxy.port), 5) as plain:
            plain.sendall(f"CONNECT localhost:{port} HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n".encode())
            assert b" 200 " in plain.recv(65536)
            with mine.wrap_socket(plain, server_hostname=name) as tls:
                tls.sendall(request(body, "connection: close", *headers, host=f"host: localhost:{port}"))
                return b"".join(iter(lambda: tls.recv(65536), b""))

    wanted = "cache-control: only-if-cached"
    try:
        with Proxy(upstream.url, tmp_path, EXACT, options=options, mode="regular").start(wait_for=READY_EXACT) as proxy:
            ask(proxy, "evil.test")
            deadline = time.monotonic() + 5
            while b"ai-cache; hit" not in ask(proxy, "evil.test", wanted):
                assert time.monotonic() < deadline
            assert b"ai-cache; hit" not in ask(proxy, "localhost", wanted)
    finally:
        upstream.close()
