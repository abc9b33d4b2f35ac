"""The commands as a user types them: their help, their errors in one line, and a proxy that starts and ends."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import environment
import interpreter
from aicache.cli import launch, serve
from aicache.cli.upstream_check import find_problem
from certificates import a_certificate
from demo.upstream import StandIn

SCRIPTS = environment.ROOT / "scripts"
in_own_environment = pytest.mark.skipif(
    not Path(sys.executable).is_relative_to(environment.ROOT / ".venv"), reason="wants scripts/test's own environment"
)


def run(name: str, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPTS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, **variables})


def refusal(*arguments: object, **variables: str) -> str:
    """The one line with which `scripts/serve` refuses."""
    refused = run("serve", *arguments, **variables)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
    return refused.stderr.strip()


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("serve", "--upstream URL"),
        ("serve", "mitmproxy arguments"),
        ("test", "go to pytest"),
        ("test", "--quick takes a minute"),
        ("lint", "ruff check"),
        ("lock", "by version and hash"),
        ("audit", "known vulnerabilities"),
    ],
)
def test_help_says_what_it_is_for(name: str, says: str) -> None:
    told = run(name, "--help")

    assert told.returncode == 0
    assert says in told.stdout


@in_own_environment
@pytest.mark.parametrize(("name", "says"), [("warm", '"question"'), ("replay", "recorded traffic")])
def test_help_of_what_needs_the_environment_says_what_it_is_for(name: str, says: str) -> None:
    told = run(name, "--help")

    assert told.returncode == 0
    assert says in told.stdout


def test_commands_can_be_executed() -> None:
    assert all(
        os.access(SCRIPTS / name, os.X_OK) for name in ("serve", "test", "lint", "warm", "replay", "lock", "audit")
    )


def test_taken_port_names_the_way_out(taken_port: int) -> None:
    line = refusal("--port", taken_port)

    assert line.startswith(f"serve: port {taken_port} is not available")
    assert "`--port N`" in line


def test_port_out_of_range_is_refused() -> None:
    assert "port 70000" in refusal("--port", 70000)


@pytest.mark.parametrize(
    "url",
    [
        "openai",
        "ftp://host",
        "https://",
        "http://host:99999",
        "https://host:0",
        "https://user:secret@host",
        "https://h?a=b",
    ],
)
def test_upstream_that_is_no_url_is_refused(url: str) -> None:
    assert refusal("--upstream", url).startswith(f"serve: --upstream: {url!r} is not the URL of an API")


def test_upstream_is_taken_from_the_environment() -> None:
    assert "'nonsense' is not the URL" in refusal(AI_CACHE_UPSTREAM="nonsense")


def test_missing_configuration_is_refused(tmp_path: Path) -> None:
    assert refusal("--config", tmp_path / "none.yaml").endswith("none.yaml: No such file or directory")


def test_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert refusal("--data", tmp_path / "file" / "data").startswith("serve: --data: cannot write to")


def test_demo_stands_alone() -> None:
    assert refusal("--demo", "--web") == "serve: --demo takes no other arguments"


on_the_fallback = pytest.mark.skipif(
    interpreter.version() != interpreter.FALLBACK, reason=f"not on Python {interpreter.FALLBACK}"
)


@on_the_fallback
@pytest.mark.parametrize("command", [["serve"], ["transparent", "run", "--host", "127.0.0.1"]])
def test_on_the_fallback_the_web_interface_is_refused(command: list[str]) -> None:
    refused = run(*command, "--web")

    assert refused.returncode == 1
    assert "--web: not on Python 3.11" in refused.stderr
    assert refused.stderr.count("\n") == 1


@on_the_fallback
@in_own_environment
def test_on_the_fallback_a_command_says_what_it_lacks() -> None:
    told = run("warm", "--help")

    assert told.stderr.startswith("warm: on Python 3.11, so without the fast path and without --web")
    assert told.stderr.count("\n") == 1


def test_users_settings_win_over_ours() -> None:
    ours = {"flow_detail": "0", "connection_strategy": "lazy", "ai_cache_data": "/data"}

    arguments = launch.set_options(ours, ["--set", "flow_detail=2", "--set=connection_strategy=eager"])

    assert arguments == ["--set", "ai_cache_data=/data"]


def test_everything_behind_two_dashes_is_mitmproxys() -> None:
    assert launch.split_arguments(["--port", "1", "--", "-q", "--", "--web"]) == (
        ["--port", "1"],
        ["-q", "--", "--web"],
    )


async def test_an_upstream_is_reachable_only_while_it_listens() -> None:
    async with StandIn() as upstream:
        assert await problem(upstream.url) is None

    assert await problem(upstream.url) == "cannot be reached"
    assert await problem("http://no-such-host.invalid") == "cannot be reached"


async def test_an_upstream_is_to_speak_tls_as_its_url_says(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*a_certificate(tmp_path))

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Do as most servers do with what is no HTTP."""
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async with StandIn(tls=tls) as secured, await asyncio.start_server(refuse, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]

        assert await problem(secured.url) is None
        assert await problem(f"http://127.0.0.1:{port}") is None
        assert "speaks TLS at this port" in (await problem(secured.url.replace("https", "http")) or "")
        assert "does not speak TLS" in (await problem(f"https://127.0.0.1:{port}") or "")


async def test_an_upstream_that_says_nothing_is_not_judged() -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(wait, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]

        assert await problem(f"https://127.0.0.1:{port}") is None


async def problem(url: str) -> str | None:
    return await asyncio.to_thread(find_problem, serve.parse_upstream(url))


@in_own_environment
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_proxy_says_its_base_url_forwards_and_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    async with StandIn() as upstream:
        options = ["--upstream", f"{upstream.url}/v1", "--port", "0", "--data", str(tmp_path / "data")]
        command = [str(SCRIPTS / "serve"), *options, "--", "--set", f"confdir={tmp_path}"]
        process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        try:
            line = (await process.stdout.readline()).decode()
            base_url = line.partition("base_url is ")[2].partition(",")[0]
            while b"listening at" not in (logged := await process.stdout.readline()):
                assert logged, "the proxy ended"
            status = await asyncio.to_thread(status_of, f"{base_url}/models")
            unread = urllib.request.Request(f"{base_url}/chat/completions", b"not JSON", method="POST")
            await asyncio.to_thread(status_of, unread)

            process.send_signal(ending)
            told, _ = await asyncio.wait_for(process.communicate(), 20)
        finally:
            if process.returncode is None:
                process.kill()

    assert process.returncode == 0
    assert status == 404  # the stand-in's own
    assert [request.path for request in upstream.requests] == ["/v1/models", "/v1/chat/completions"]
    assert "bypass: the request was not understood" in told.decode()
    if interpreter.version() != interpreter.FALLBACK:  # which has no fast lane, so mitmproxy says all it says
        _, opened, later = told.decode().partition("the fast lane is open")
        assert opened
        assert "client connect" not in later  # before that, mitmproxy says what it says without the cache


def status_of(url: str | urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as exc:
        return exc.code
