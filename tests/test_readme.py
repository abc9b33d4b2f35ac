"""The README is held to the code."""

from __future__ import annotations

import re
from pathlib import Path

from aicache import controls
from aicache.config import docs

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_configuration_table_is_the_codes_own() -> None:
    table = README.partition("--table -->\n")[2].partition("<!-- end of configuration table -->")[0]

    assert table.strip() == docs.table().strip(), "write `python -m aicache.config --table` into README.md"


def test_every_request_header_of_ours_is_described() -> None:
    described = set(re.findall(r"^\| `([a-z-]+):", README, re.MULTILINE))

    assert set(controls.OWN_HEADERS) <= described


def test_every_command_named_is_there() -> None:
    commands = set(re.findall(r"scripts/([a-z]+)", README))

    assert commands
    for command in commands:
        assert (Path(__file__).parent.parent / "scripts" / command).is_file(), command
