"""Fixtures of the tests of the engine."""

from __future__ import annotations

import pytest

from aicache.engine import refill_round
from engine.model_changes import Store


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refill without a rest between two steps."""
    monkeypatch.setattr(refill_round, "REST_FACTOR", 0.0)


@pytest.fixture
def store() -> Store:
    """A store that proxies with different embedding models share."""
    return Store()
