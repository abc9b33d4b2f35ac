"""What was saved and spent, as plain values for JSON and as CSV. Money is in US dollars, as text in full. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from aicache.domain.pricing import NANOS_PER_USD, built_in_prices
from aicache.maintenance.results import CALLER
from aicache.telemetry.savings import NOBODY, Account, Amounts

COLUMNS = (
    *("month", "caller", "model", "api", "hits", "prompt_tokens", "cached_tokens", "completion_tokens"),
    *("saved_usd", "spent_usd", "net_usd", "unpriced_hits", "misses", "bypasses"),
)
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet may take for the beginning of a formula: callers choose the names of models."""

UNKNOWN = "not known"
"""In place of the model of requests that were not read, or not answered well."""

Accounts = Sequence[tuple[Account, Amounts]]


def to_csv(accounts: Accounts) -> bytes:
    """Return a table with a line for each account, without a line of totals."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    for account, amounts in accounts:
        names = (account.month, caller_name(account.caller), account.model, account.api)
        writer.writerow([*map(_cell, names), *_figures(amounts).values()])
    return text.getvalue().encode("utf-8", "replace")


def to_document(months: Sequence[tuple[str, Amounts]], month: str, accounts: Accounts) -> dict[str, Any]:
    """Return the totals of all months and of each, and of one *month* the sums by caller, model and API."""
    return {
        "months": [{"month": name, **_figures(amounts)} for name, amounts in months],
        "total": _figures(_sum(amounts for _, amounts in months)),
        "month": month,
        "callers": _sums(accounts, lambda account: caller_name(account.caller)),
        "models": _sums(accounts, lambda account: account.model or UNKNOWN),
        "apis": _sums(accounts, lambda account: account.api),
        "prices": {"source": built_in_prices().source, "date": built_in_prices().date},
    }


def caller_name(caller: str) -> str:
    """Return the name by which the dashboard shows a caller."""
    return "none" if caller == NOBODY else caller[:CALLER]


def usd(nanos: int) -> str:
    """Return an amount of nano-dollars in US dollars: exact, with two decimals or more."""
    amount = Decimal(nanos) / NANOS_PER_USD
    text = f"{amount:.9f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:0<2}"


def _figures(amounts: Amounts) -> dict[str, Any]:
    return {
        "hits": amounts.hits,
        "prompt_tokens": amounts.prompt,
        "cached_tokens": amounts.cached,
        "completion_tokens": amounts.completion,
        "saved_usd": usd(amounts.saved),
        "spent_usd": usd(amounts.spent),
        "net_usd": usd(amounts.saved - amounts.spent),
        "unpriced_hits": amounts.unpriced,
        "misses": amounts.misses,
        "bypasses": amounts.bypasses,
    }


def _sum(several: Iterable[Amounts]) -> Amounts:
    total = Amounts()
    for amounts in several:
        total.add(amounts)
    return total


def _sums(accounts: Accounts, name_of: Callable[[Account], str]) -> list[dict[str, Any]]:
    """Return a row for each name, that which saved most first."""
    sums: dict[str, Amounts] = {}
    for account, amounts in accounts:
        sums.setdefault(name_of(account), Amounts()).add(amounts)
    ordered = sorted(sums.items(), key=lambda each: (each[1].spent - each[1].saved, each[0]))
    return [{"name": name, **_figures(amounts)} for name, amounts in ordered]


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text
