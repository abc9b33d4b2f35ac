"""The README is held to the code."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from aicache.config import docs
from aicache.domain import request_directives
from aicache.domain.policy import Rules
from aicache.engine import Engine
from aicache.telemetry.counters import Counters
from aicache.telemetry.health import collect_health
from aicache.telemetry.prometheus import Metrics
from aicache.ui.commands import Commands

RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=400)
README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_configuration_table_is_the_codes_own() -> None:
    table = README.partition("--table -->\n")[2].partition("<!-- end of configuration table -->")[0]

    assert table.strip() == docs.table().strip(), "write `python -m aicache.config --table` into README.md"


def test_every_request_header_of_ours_is_described() -> None:
    described = set(re.findall(r"^\| `([a-z-]+):", README, re.MULTILINE))

    assert set(request_directives.OWN_HEADERS) <= described


def test_every_metric_named_is_there() -> None:
    named = set(re.findall(r"`(aicache_\w+)`", README))
    text = Metrics(Counters(lambda *_: None), lambda: collect_health(Engine(RULES, 1.0)), lambda: 0).text().decode()
    families = {family.name for family in text_string_to_metric_families(text)}

    assert len(named) > 10
    assert {name.removesuffix("_total") for name in named} <= families


def test_every_command_named_is_there() -> None:
    commands = set(re.findall(r"scripts/([a-z]+)(?![a-z/])", README))

    assert commands
    for command in commands:
        assert (Path(__file__).parent.parent / "scripts" / command).is_file(), command


def test_the_commands_of_mitmproxy_that_it_tells_of_are_all_there_are() -> None:
    there = {name for each in vars(Commands).values() if (name := getattr(each, "command_name", None)) is not None}

    rows = re.findall(r"^\| `(aicache.*?) \| ", README, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(aicache\.[a-z.]+)", f"`{row}")} == there
