"""The log names headers that alone made a miss: each now and then, and with advice that gives nobody's answers away."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from aicache.telemetry.header_miss_log import ADVICE, ADVICE_ON_IDENTITY, HeaderMissLog
from telemetry.reports import a_report


def test_a_header_is_named_once_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    notes = HeaderMissLog()

    with caplog.at_level(logging.INFO):
        for _ in range(3):
            notes.decided(replace(a_report(), headers=("x-build",)))

    assert [record.getMessage().endswith(ADVICE) for record in caplog.records] == [True]
    assert "x-build" in caplog.text


def test_a_header_that_looks_like_an_identity_is_not_to_be_ignored_lightly(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        HeaderMissLog().decided(replace(a_report(), headers=("x-user-id",)))

    assert caplog.records[0].getMessage().endswith(ADVICE_ON_IDENTITY)


def test_a_miss_without_one_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        HeaderMissLog().decided(a_report())

    assert not caplog.records
