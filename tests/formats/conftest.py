"""The recorded traffic and its tool, for tests of what real vendors answered. Nothing of it is in this repository."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="session")
def tool(datasets: Path) -> ModuleType:
    """The tool that says what a cache owes each recorded exchange."""
    path = datasets.parent / "tools" / "replay_traffic.py"
    if not path.exists():
        pytest.skip(f"{path} is not there: recorded traffic not read")
    spec = importlib.util.spec_from_file_location("replay_traffic", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["replay_traffic"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def datasets() -> Path:
    if not (path := os.environ.get("AI_CACHE_DATASETS")):
        pytest.skip("AI_CACHE_DATASETS is not set: recorded traffic not read")
    return Path(path).resolve()


@pytest.fixture(scope="session")
def recorded(tool: ModuleType, datasets: Path) -> list[Any]:
    """All recorded exchanges."""
    exchanges: list[Any] = tool.load(str(datasets / "traffic" / "recorded.jsonl.gz"))
    return exchanges
