"""Prices of tokens, to show what hits saved. List prices change and discounts differ: these are estimates. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

TOKENS_PER_PRICE = 1_000_000
MAX_MODEL_CHARS = 128
"""Compared characters of a model's name, which callers choose."""


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a model in US dollars per million tokens. *model* is its name, or a prefix of it up to a ``-``."""

    model: str
    prompt: float
    completion: float


PRICES = (
    Price("gpt-5", 1.25, 10),
    Price("gpt-5-mini", 0.25, 2),
    Price("gpt-5-nano", 0.05, 0.4),
    Price("gpt-4.1", 2, 8),
    Price("gpt-4.1-mini", 0.4, 1.6),
    Price("gpt-4.1-nano", 0.1, 0.4),
    Price("gpt-4o", 2.5, 10),
    Price("gpt-4o-mini", 0.15, 0.6),
    Price("chatgpt-4o-latest", 5, 15),
    Price("gpt-4-turbo", 10, 30),
    Price("gpt-4", 30, 60),
    Price("gpt-3.5-turbo", 0.5, 1.5),
    Price("o1", 15, 60),
    Price("o1-mini", 1.1, 4.4),
    Price("o3", 2, 8),
    Price("o3-mini", 1.1, 4.4),
    Price("o4-mini", 1.1, 4.4),
    Price("claude-opus-4", 15, 75),
    Price("claude-opus-4-5", 5, 25),
    Price("claude-sonnet-4", 3, 15),
    Price("claude-haiku-4", 1, 5),
    Price("claude-3-7-sonnet", 3, 15),
    Price("claude-3-5-sonnet", 3, 15),
    Price("claude-3-5-haiku", 0.8, 4),
    Price("claude-3-opus", 15, 75),
    Price("claude-3-haiku", 0.25, 1.25),
    Price("gemini-2.5-pro", 1.25, 10),
    Price("gemini-2.5-flash", 0.3, 2.5),
    Price("gemini-2.5-flash-lite", 0.1, 0.4),
    Price("gemini-2.0-flash", 0.1, 0.4),
    Price("gemini-2.0-flash-lite", 0.075, 0.3),
    Price("deepseek-chat", 0.28, 0.42),
    Price("deepseek-reasoner", 0.28, 0.42),
    Price("qwen-max", 1.6, 6.4),
    Price("qwen-plus", 0.4, 1.2),
    Price("qwen-turbo", 0.05, 0.2),
    Price("qwen-flash", 0.05, 0.4),
    Price("mistral-large", 2, 6),
    Price("mistral-small", 0.1, 0.3),
)


def cost(model: str, prompt_tokens: int, completion_tokens: int, own: Sequence[Price] = ()) -> float | None:
    """Return US dollars, None for a model without a known price. *own* prices precede the built-in ones."""
    if (price := _price(model[:MAX_MODEL_CHARS], tuple(own))) is None:
        return None
    return (prompt_tokens * price.prompt + completion_tokens * price.completion) / TOKENS_PER_PRICE


@lru_cache(1024)
def _price(model: str, own: tuple[Price, ...]) -> Price | None:
    """Return the price with the longest name that equals the model's, or its prefix up to a ``-``, ``:`` or ``@``.

    ``gpt-4o-2024-08-06`` is gpt-4o and not gpt-4. Gateways prepend the provider's name and a slash.
    """
    names = (model, model.rpartition("/")[2])
    for prices in (own, PRICES):
        matches = [price for price in prices if any(_matches(price.model, name) for name in names)]
        if matches:
            return max(matches, key=lambda price: len(price.model))
    return None


def _matches(prefix: str, model: str) -> bool:
    return model.startswith(prefix) and model[len(prefix) : len(prefix) + 1] in ("", "-", ":", "@")
