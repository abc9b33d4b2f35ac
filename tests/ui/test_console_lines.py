"""mitmdump's console: a line for each request, and none about connections, where mitmdump prints no flows itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from mitmproxy import ctx
from mitmproxy.options import Options
from mitmproxy.tools.dump import DumpMaster

from aicache.ui.console_lines import MAX_LINES_PER_S, ConsoleLines, describe_on_console
from telemetry.reports import a_hit, a_near_hit, a_refused_miss, a_report

CONNECTIONS = logging.getLogger("mitmproxy.proxy.server")


@pytest.fixture
def console() -> Iterator[ConsoleLines]:
    console = ConsoleLines()
    yield console
    console.uninstall()


async def apply(console: ConsoleLines, monkeypatch: pytest.MonkeyPatch, *, wanted: bool = True, **options: Any) -> None:
    master = DumpMaster(Options(), with_termlog=True, with_dumper=True)
    master.options.update(**{"flow_detail": 0, **options})  # type: ignore[no-untyped-call]
    monkeypatch.setattr(ctx, "master", master, raising=False)
    monkeypatch.setattr(ctx, "options", master.options, raising=False)
    console.apply(wanted=wanted)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "aicache.ui.console_lines"]


async def test_each_request_is_a_line_without_its_text(
    console: ConsoleLines, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await apply(console, monkeypatch)

    console.decided(a_near_hit(0.967))
    console.decided(a_refused_miss())
    console.decided(a_report("bypass", reason="skip", model=""))

    assert lines(caplog) == [
        "semantic hit 0.967 · 1 min old · saved 1,500 tokens, 2.0 s · gpt-4o · 4 ms",
        "miss: neighbor at 0.930 refused by guard: numbers · gpt-4o · 4 ms",
        "bypass: the request says so · 4 ms",
    ]


@pytest.mark.parametrize(
    "options", [{"wanted": False}, {"flow_detail": 1}, {"termlog_verbosity": "error"}, {"termlog_verbosity": "warn"}]
)
async def test_there_are_none_where_they_are_not_wanted_or_mitmdump_prints_flows_or_nothing(
    console: ConsoleLines, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, options: dict[str, Any]
) -> None:
    await apply(console, monkeypatch, **options)

    console.decided(a_hit())

    assert lines(caplog) == []


async def test_of_more_than_anybody_reads_the_rest_is_counted(
    console: ConsoleLines, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await apply(console, monkeypatch)

    for _ in range(MAX_LINES_PER_S):
        console.decided(a_hit())
    for _ in range(1200):
        console.decided(a_hit())
    console.decided(a_refused_miss())
    console.uninstall()

    assert len(lines(caplog)) == MAX_LINES_PER_S + 1
    assert lines(caplog)[-1] == "… and 1,201 more: exact hit 1,200, miss 1"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ({}, False),
        ({"wanted": False}, False),
        ({"flow_detail": 1}, True),
        ({"termlog_verbosity": "debug"}, True),
    ],
)
async def test_lines_about_connections_are_left_out_and_others_are_not(
    console: ConsoleLines,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, Any],
    shown: bool,
) -> None:
    caplog.set_level(logging.INFO)
    await apply(console, monkeypatch, **options)

    for line in ("client connect", "client disconnect", "server connect a:443", "server disconnect a:443"):
        CONNECTIONS.info(line)
    CONNECTIONS.info("error establishing server connection: refused")
    console.uninstall()
    CONNECTIONS.info("client connect")

    told = [record.getMessage() for record in caplog.records if record.name == CONNECTIONS.name]
    assert len(told) == (6 if shown else 2)
    assert told[-2:] == ["error establishing server connection: refused", "client connect"]


def test_what_a_terminal_could_obey_is_replaced() -> None:
    line = describe_on_console(a_hit(model="gpt\x1b[2J\n4\u202e"))

    assert line.isprintable()
    assert "gpt�[2J�4" in line
