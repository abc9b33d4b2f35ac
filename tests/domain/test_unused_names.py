"""Names that no request has are reported once, after an hour of traffic."""

from __future__ import annotations

from aicache.domain.unused_names import PATIENCE_S, UnusedNames


def test_a_name_that_no_request_has_is_reported_once_after_an_hour() -> None:
    names = UnusedNames(["seed", "sed", "input[].idd"])

    names.see(["model", "seed"])
    assert names.due(100.0) == []
    assert names.due(99.0 + PATIENCE_S) == []
    assert names.due(100.0 + PATIENCE_S) == ["input[].idd", "sed"]
    assert names.due(101.0 + PATIENCE_S) == []
    assert not names


def test_nothing_is_watched_once_all_names_were_seen() -> None:
    names = UnusedNames(["seed"])
    assert names

    names.see(["seed"])

    assert not names
