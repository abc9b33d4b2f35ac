"""``serve --host`` and ``--port``: where the proxy listens, and what is refused."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from aicache.cli import serve
from aicache.cli.listening import free_port, name_in_url


def command(folder: Path, *arguments: str) -> list[str]:
    address = ("--port", "0", "--upstream", "http://127.0.0.1:9", "--data", str(folder))
    return serve.build_command([*address, *arguments], serve.Installation("serve", folder.joinpath))


def listens_on(started: list[str]) -> str:
    return started[started.index("--listen-host") + 1]


def test_it_listens_on_this_machine_only_unless_told(tmp_path: Path) -> None:
    assert listens_on(command(tmp_path)) == "127.0.0.1"
    assert listens_on(command(tmp_path, "--host", "0.0.0.0")) == "0.0.0.0"


def test_the_url_it_prints_is_one_that_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command(tmp_path, "--host", "0.0.0.0")

    assert "base_url is http://127.0.0.1:" in capsys.readouterr().out
    assert name_in_url("::1") == "[::1]"
    assert name_in_url("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("host", ["localhost", "", "127.0.0.1:8080"])
def test_what_is_no_ip_address_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match=f"--host: '{host}' is not an IP address, like 127.0.0.1"):
        command(tmp_path, "--host", host)


def test_a_port_that_is_taken_is_named_with_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(ValueError, match=f"port {port} of 0.0.0.0 is not available"):
            free_port(port, "--port N", "0.0.0.0")
