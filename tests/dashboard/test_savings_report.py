"""The account of savings as a table and as values for the page."""

from __future__ import annotations

import csv
import io

import pytest

from aicache.dashboard.savings_report import COLUMNS, to_csv, to_document, usd
from aicache.domain.digests import digest
from aicache.telemetry.savings import JUDGE, NOBODY, Account, Amounts

ALICE = digest("alice")
ACCOUNTS = [
    (Account("2030-03", NOBODY, "judge-1", JUDGE), Amounts(spent=2_000_000)),
    (Account("2030-03", ALICE, "gpt-4o", "chat"), Amounts(2, 1, 200, 60, 20, 5_000_000, 0)),
    (Account("2030-03", ALICE, '=cmd|"x"', "messages"), Amounts(1, 0, 3, 0, 4, 1, 0)),
]


@pytest.mark.parametrize(
    ("nanos", "text"),
    [(0, "0.00"), (1, "0.000000001"), (10_000_000, "0.01"), (1_500_000_000, "1.50"), (-250_000_000, "-0.25")],
)
def test_money_is_told_to_the_last_digit(nanos: int, text: str) -> None:
    assert usd(nanos) == text


def test_the_table_has_a_line_for_each_account() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(ACCOUNTS).decode())))

    assert tuple(rows[0]) == COLUMNS
    assert [row["caller"] for row in rows] == ["none", ALICE[:12], ALICE[:12]]
    assert (rows[0]["spent_usd"], rows[0]["net_usd"]) == ("0.002", "-0.002")
    counted = [rows[1][name] for name in ("hits", "prompt_tokens", "cached_tokens", "unpriced_hits", "net_usd")]
    assert counted == ["2", "200", "60", "1", "0.005"]
    assert rows[2]["model"] == """'=cmd|"x\""""  # no formula


def test_the_page_has_the_sums_of_a_month() -> None:
    document = to_document(
        [("2030-03", Amounts(hits=3, saved=7_000_000, spent=2_000_000, misses=4)), ("2030-02", Amounts(hits=1))],
        "2030-03",
        ACCOUNTS,
    )

    assert (document["total"]["hits"], document["total"]["misses"], document["total"]["net_usd"]) == (4, 4, "0.005")
    assert document["months"][:1] == [
        {
            "month": "2030-03",
            "hits": 3,
            "prompt_tokens": 0,
            "cached_tokens": 0,
            "completion_tokens": 0,
            "saved_usd": "0.007",
            "spent_usd": "0.002",
            "net_usd": "0.005",
            "unpriced_hits": 0,
            "misses": 4,
            "bypasses": 0,
        }
    ]
    assert [(row["name"], row["hits"], row["net_usd"]) for row in document["callers"]] == [
        (ALICE[:12], 3, "0.005000001"),
        ("none", 0, "-0.002"),
    ]
    assert [row["name"] for row in document["models"]] == ["gpt-4o", '=cmd|"x"', "judge-1"]
    assert [row["name"] for row in document["apis"]] == ["chat", "messages", JUDGE]
    assert document["prices"]["date"]
