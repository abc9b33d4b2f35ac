"""What the pytest plug-in makes of names, modes and settings."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aicache import pytest_plugin


def node(name: str, group: type | None = None) -> Any:
    return SimpleNamespace(path=Path("/repo/tests/test_agent.py"), name=name, cls=group)


class TestGroup:
    """A group of tests."""


@pytest.mark.parametrize(
    ("test", "name", "file"),
    [
        (node("test_chat"), None, "test_agent/test_chat.yaml"),
        (node("test_chat", TestGroup), None, "test_agent/TestGroup.test_chat.yaml"),
        (node("test_chat[gpt-4o/../x y]"), None, "test_agent/test_chat[gpt-4o_.._x_y].yaml"),
        (node("test_chat"), "shared", "shared.yaml"),
        (node("test_chat"), "more/shared.yml", "more/shared.yml"),
    ],
)
def test_the_cassette_is_beside_the_test(test: Any, name: str | None, file: str) -> None:
    assert pytest_plugin._file_of(test, name) == Path("/repo/tests/cassettes") / file


@pytest.mark.parametrize(
    ("record_mode", "there", "mode"),
    [
        ("none", False, "replay"),
        ("none", True, "replay"),
        ("once", False, "record"),
        ("once", True, "replay"),
        ("new", True, "hybrid"),
        ("new_episodes", False, "hybrid"),
        ("all", True, "record"),
        ("rewrite", True, "record"),
    ],
)
def test_record_modes_are_those_of_pytest_recording(record_mode: str, there: bool, mode: str, tmp_path: Path) -> None:
    file = tmp_path / "test.yaml"
    if there:
        file.touch()

    assert pytest_plugin._mode(record_mode, file) == mode


def test_an_unknown_record_mode_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="'sometimes': choose none, once"):
        pytest_plugin._mode("sometimes", Path("x.yaml"))


def test_further_upstreams_are_a_variable_and_a_url() -> None:
    config: Any = SimpleNamespace(getini=lambda name: ["GROQ_BASE_URL  https://api.groq.com"])
    assert pytest_plugin._further(config)["GROQ_BASE_URL"].url == "https://api.groq.com"

    config = SimpleNamespace(getini=lambda name: ["GROQ_BASE_URL"])
    with pytest.raises(pytest.UsageError, match="'GROQ_BASE_URL' is not VARIABLE URL"):
        pytest_plugin._further(config)


def test_the_upstream_is_what_the_variable_was(monkeypatch: pytest.MonkeyPatch) -> None:
    api = pytest_plugin.API(("ONE_URL", "OTHER_URL"), "https://usual.test")
    assert pytest_plugin._upstream(api) == "https://usual.test"

    monkeypatch.setenv("OTHER_URL", "localhost:11434")
    assert pytest_plugin._upstream(api) == "http://localhost:11434"
