"""The token is the configuration's or the data folder's, and the log says once where the pages are."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicache.config import Dashboard
from aicache.dashboard.token import DashboardToken, dashboard_url
from aicache.domain.ports import StoreError

FOLDER, HERE = Path("/data"), [("127.0.0.1", 8080)]


class Kept:
    """A data folder's secrets, and how often they were read."""

    def __init__(self, token: str = "made/of+signs") -> None:
        self.token, self.read = token, 0

    def __call__(self, name: str) -> str:
        assert name == "dashboard-token"
        self.read += 1
        return self.token


def broken(name: str) -> str:
    raise StoreError("/data/dashboard-token: Permission denied")


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_it_is_said_once_and_again_when_it_changes(caplog: pytest.LogCaptureFixture) -> None:
    token, kept = DashboardToken(), Kept()
    chosen = Dashboard(token="a-token-of-24-characters")

    with caplog.at_level("INFO"):
        for wanted in (Dashboard(), Dashboard(), chosen, chosen, Dashboard(enabled=False), Dashboard()):
            token.configure(wanted, FOLDER, kept)
            token.announce(HERE)

    made = "the dashboard: http://127.0.0.1:8080/_ai_cache/?token=made%2Fof%2Bsigns"
    assert messages(caplog) == [
        made,
        "the dashboard: http://127.0.0.1:8080/_ai_cache/ (it asks for dashboard.token)",
        made,
    ]
    assert kept.read == 1


def test_a_folder_that_cannot_be_written_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    token = DashboardToken()

    token.configure(Dashboard(), FOLDER, broken)
    first = token.value
    token.configure(Dashboard(), FOLDER, broken)

    assert first is not None
    assert len(first) >= 43
    assert token.value == first
    reason = "/data/dashboard-token: Permission denied"
    assert messages(caplog) == [f"{reason} (the dashboard's token is valid for this run only)"]
    assert first not in caplog.text


def test_another_folder_has_another_token() -> None:
    token = DashboardToken()
    token.configure(Dashboard(), FOLDER, Kept("one"))
    token.configure(Dashboard(), Path("/other"), Kept("other"))

    assert token.value == "other"


def test_without_pages_none_is_made_and_one_that_is_configured_is_known_all_the_same() -> None:
    token, kept = DashboardToken(), Kept()

    token.configure(Dashboard(enabled=False), FOLDER, kept)
    assert (token.value, token.secrets, kept.read) == (None, None, 0)
    token.configure(Dashboard(enabled=False, token="a-token-of-24-characters"), FOLDER, kept)
    assert token.secrets is not None


@pytest.mark.parametrize(
    ("endpoints", "url"),
    [
        ([], None),
        ([("0.0.0.0", 8080), ("::", 8080)], "http://127.0.0.1:8080/_ai_cache/"),
        ([("::", 8080)], "http://[::1]:8080/_ai_cache/"),
        ([("::1", 81)], "http://[::1]:81/_ai_cache/"),
        ([("192.168.1.2", 80), ("127.0.0.3", 81)], "http://127.0.0.3:81/_ai_cache/"),
        ([("192.168.1.2", 80)], "http://192.168.1.2:80/_ai_cache/"),
    ],
)
def test_the_url_is_one_that_this_machine_reaches(endpoints: list[tuple[str, int]], url: str | None) -> None:
    assert dashboard_url(endpoints) == url
