"""``prices``: shows the built-in list prices, or takes them from LiteLLM's list."""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from aicache.domain import pricing
from aicache.domain.pricing import TOKENS_PER_PRICE, Price, PriceList

LIST_URL = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"
MAX_LIST_BYTES = 64 * 1024**2
FETCH_TIMEOUT_S = 60.0
MAX_USD_PER_MILLION = 100_000
MAKERS = frozenset(
    {
        *("openai", "text-completion-openai", "anthropic", "gemini", "deepseek", "dashscope", "mistral", "codestral"),
        *("xai", "moonshot", "zai", "minimax", "cohere", "cohere_chat", "perplexity", "voyage", "jina_ai"),
    }
)
"""Providers that sell models of their own. Others sell a model of the same name at other prices, and a request does not
show for certain whom it reaches."""
MODES = frozenset({"chat", "completion", "responses", "embedding"})
EPILOG = f"""
SOURCE is a URL or a file with LiteLLM's list of prices (MIT license), by default
{LIST_URL}

Only prices of the models' own makers are taken. Models that the list no longer has keep the price that they had. The
result replaces the file that is part of the package, or goes to --output; proxies read it at their start.
"""


def main(arguments: Sequence[str], prog: str) -> int:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Show the built-in list prices, or bring them up to date.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", nargs="?", choices=("show", "update"), default="show", help="default: show")
    parser.add_argument("source", nargs="?", default=LIST_URL, metavar="SOURCE", help="for update: a URL or a file")
    parser.add_argument("--named", metavar="TEXT", help="what to note as the source; default: SOURCE")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of into the package")
    options = parser.parse_args(arguments)
    current = pricing.built_in_prices()
    if options.action == "show":
        print(pricing.render_price_list(current), end="")
        return 0
    output: Path = options.output or Path(pricing.__file__).with_name(pricing.PRICES_FILE)
    try:
        taken = convert(_read(options.source))
        updated = merge(current, taken, options.named or options.source, datetime.now(UTC).date().isoformat())
        output.write_text(pricing.render_price_list(updated), "utf-8")
    except (OSError, ValueError) as exc:
        print(f"{prog}: {options.source}: {exc}", file=sys.stderr)
        return 1
    print(
        f"{output}: {len(updated.prices)} prices, for the {len(taken)} models of the list and older ones",
        file=sys.stderr,
    )
    return 0


def convert(text: str) -> list[Price]:
    """Return the prices in LiteLLM's list. Raises ValueError if it is none, or has none of a maker."""
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError) as exc:
        raise ValueError("not JSON") from exc
    if not isinstance(document, dict):
        raise ValueError("not LiteLLM's list of prices: not an object of models")
    prices = {price.model: price for price in _prices(document)}
    if not prices:
        raise ValueError("not LiteLLM's list of prices: it has no price of a model's maker")
    return list(prices.values())


def merge(current: PriceList, taken: Sequence[Price], source: str, date: str) -> PriceList:
    """Return the current list with the prices that were *taken* from a source; those that it lacks stay.

    A name is left out where the beginning of it stands for the same price.
    """
    prices = {each.model: each for each in (*current.prices, *taken)}
    kept: dict[str, Price] = {}
    for model in sorted(prices, key=len):
        shorter = pricing.find_price(model, tuple(kept.values())) if kept else None
        if shorter is None or shorter.model not in kept or replace(shorter, model=model) != prices[model]:
            kept[model] = prices[model]
    return PriceList(source, date, tuple(kept.values()))


def _read(source: str) -> str:
    if "://" not in source:
        return Path(source).read_text("utf-8")
    if not source.startswith(("https://", "http://")):
        raise ValueError("not an http or https URL")
    with urllib.request.urlopen(source, timeout=FETCH_TIMEOUT_S) as response:
        body: bytes = response.read(MAX_LIST_BYTES + 1)
    if len(body) > MAX_LIST_BYTES:
        raise ValueError(f"larger than {MAX_LIST_BYTES // 1024**2} MB")
    return body.decode("utf-8")


def _prices(document: Mapping[str, Any]) -> Iterator[Price]:
    for name, row in document.items():
        if not isinstance(row, dict) or row.get("litellm_provider") not in MAKERS or row.get("mode") not in MODES:
            continue
        tiers = row.get("tiered_pricing")
        base = tiers[0] if isinstance(tiers, list) and tiers and isinstance(tiers[0], dict) else row
        prompt = _per_million(base.get("input_cost_per_token"))
        completion = _per_million(base.get("output_cost_per_token")) or Decimal(0)
        cached = _per_million(base.get("cache_read_input_token_cost"))
        model = name.removeprefix("ft:").rpartition("/")[2]
        if prompt is not None and (prompt or completion) and model:
            yield Price(model, prompt, completion, cached)


def _per_million(amount: Any) -> Decimal | None:
    """Return US dollars per million tokens; None for what is no price."""
    if not isinstance(amount, Decimal):
        return None
    try:
        dollars = (amount * TOKENS_PER_PRICE).quantize(Decimal("1e-9")).normalize()
    except InvalidOperation:
        return None
    return dollars if 0 <= dollars <= MAX_USD_PER_MILLION else None
