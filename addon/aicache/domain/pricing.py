"""Prices of tokens, to tell what hits saved. List prices change and discounts differ: these are estimates. Pure.

Money is a whole number of nano-dollars (10⁻⁹ US dollars), so that sums are exact. A call is rounded once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

TOKENS_PER_PRICE = 1_000_000
NANOS_PER_USD = 1_000_000_000
MAX_MODEL_CHARS = 128
"""Compared characters of a model's name, which callers choose."""
CACHED_SHARE = Decimal("0.1")
"""The price of a cached token where a price list has none, as a share of that of others: the lowest usual one, so that
too little is counted as saved rather than too much."""
PRICES_FILE = "prices.json"


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a model in US dollars per million tokens. *model* is its name, or a prefix of it up to a ``-``."""

    model: str
    prompt: Decimal
    completion: Decimal
    cached: Decimal | None = None
    """Price of a prompt's tokens that the provider reads from its own cache; None: `CACHED_SHARE` of the others'."""

    @property
    def cached_prompt(self) -> Decimal:
        return Decimal(self.prompt) * CACHED_SHARE if self.cached is None else self.cached


@dataclass(frozen=True, slots=True)
class PriceList:
    """The built-in list prices, with where and when they were taken from."""

    source: str
    date: str
    """The day, as ``2026-11-30``."""
    prices: tuple[Price, ...]


@cache
def built_in_prices() -> PriceList:
    """Return the list that is part of the package."""
    return parse_price_list(files("aicache.domain").joinpath(PRICES_FILE).read_text("utf-8"))


def parse_price_list(text: str) -> PriceList:
    """Parse a list as `render_price_list` writes it. Raises ValueError for anything else."""
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        prices = tuple(_parse_price(model, row) for model, row in document["prices"].items())
        return PriceList(str(document["source"]), str(document["date"]), prices)
    except (KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise ValueError("not a list of prices") from exc


def render_price_list(price_list: PriceList) -> str:
    """Render a list as JSON, a model a line, by name."""
    rows = [
        f"    {json.dumps(each.model)}: [{', '.join(map(_show, _amounts(each)))}]"
        for each in sorted(price_list.prices, key=lambda price: price.model)
    ]
    head = (
        ("source", price_list.source),
        ("date", price_list.date),
        (
            "unit",
            "US dollars per million tokens: prompt, completion, and cached prompt where it has a price of its own",
        ),
    )
    fields = "".join(f"  {json.dumps(name)}: {json.dumps(value)},\n" for name, value in head)
    return "{\n" + fields + '  "prices": {\n' + ",\n".join(rows) + "\n  }\n}\n"


def cost(model: str, prompt: int, completion: int, own: Sequence[Price] = (), *, cached: int = 0) -> int | None:
    """Return nano-dollars for tokens, None for a model without a known price. *own* prices precede the built-in ones.

    *cached* tokens of the prompt cost what the provider charges for reading them from its own cache.
    """
    if (rates := _rates(model[:MAX_MODEL_CHARS], tuple(own))) is None:
        return None
    per_prompt, per_cached, per_completion = rates
    cached = min(max(cached, 0), prompt)
    amount = (prompt - cached) * per_prompt + cached * per_cached + completion * per_completion
    return (amount + TOKENS_PER_PRICE // 2) // TOKENS_PER_PRICE


def to_usd(nanos: int) -> float:
    """Return US dollars, for display."""
    return nanos / NANOS_PER_USD


def find_price(model: str, own: tuple[Price, ...]) -> Price | None:
    """Return the price with the longest name that equals the model's, or its prefix up to a ``-``, ``:`` or ``@``.

    ``gpt-4o-2024-08-06`` is gpt-4o and not gpt-4. Gateways prepend the provider's name and a slash.
    """
    names = (model, model.rpartition("/")[2])
    for prices in (own, built_in_prices().prices):
        matches = [price for price in prices if any(_matches(price.model, name) for name in names)]
        if matches:
            return max(matches, key=lambda price: len(price.model))
    return None


@lru_cache(1024)
def _rates(model: str, own: tuple[Price, ...]) -> tuple[int, int, int] | None:
    """Return nano-dollars per million tokens: of a prompt, of what is cached of it, and of a completion."""
    if (price := find_price(model, own)) is None:
        return None
    prompt, cached, completion = (
        int((Decimal(amount) * NANOS_PER_USD).to_integral_value(ROUND_HALF_UP))
        for amount in (price.prompt, price.cached_prompt, price.completion)
    )
    return prompt, cached, completion


def _matches(prefix: str, model: str) -> bool:
    return model.startswith(prefix) and model[len(prefix) : len(prefix) + 1] in ("", "-", ":", "@")


def _parse_price(model: str, row: Any) -> Price:
    match row:
        case [Decimal() as prompt, Decimal() as completion]:
            return Price(model, prompt, completion)
        case [Decimal() as prompt, Decimal() as completion, Decimal() as cached]:
            return Price(model, prompt, completion, cached)
        case _:
            raise ValueError(f"{model[:MAX_MODEL_CHARS]}: not a price")


def _amounts(price: Price) -> Sequence[Decimal]:
    return (price.prompt, price.completion) if price.cached is None else (price.prompt, price.completion, price.cached)


def _show(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
