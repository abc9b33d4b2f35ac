"""The built-in prices, and how they are brought up to date from LiteLLM's list."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aicache.cli.prices import convert, main, merge
from aicache.domain.pricing import Price, PriceList, cost, parse_price_list


def a_row(**fields: Any) -> dict[str, Any]:
    row = {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 2.5e-06,
        "output_cost_per_token": 1e-05,
    }
    return row | fields


LISTED = {
    "sample_spec": {"litellm_provider": "one of the providers", "input_cost_per_token": 0},
    "gpt-4o": a_row(cache_read_input_token_cost=1.25e-06),
    "gpt-4o-2024-08-06": a_row(cache_read_input_token_cost=1.25e-06),
    "gpt-4o-2024-05-13": a_row(input_cost_per_token=5e-06, output_cost_per_token=1.5e-05),
    "gemini/gemini-x": a_row(litellm_provider="gemini", input_cost_per_token=3.75e-08, output_cost_per_token=1.5e-07),
    "text-embedding-3-small": a_row(mode="embedding", input_cost_per_token=2e-08, output_cost_per_token=0.0),
    "dashscope/qwen-t": {
        "litellm_provider": "dashscope",
        "mode": "chat",
        "tiered_pricing": [{"input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "range": [0, 32000.0]}],
    },
    "azure/gpt-4o": a_row(litellm_provider="azure", input_cost_per_token=9e-06),
    "whisper-1": a_row(mode="audio_transcription"),
    "free": a_row(input_cost_per_token=0, output_cost_per_token=0),
    "odd": a_row(input_cost_per_token="2.5e-06"),
    "negative": a_row(input_cost_per_token=-1),
    "huge": a_row(input_cost_per_token=1e300),
}


def d(text: str) -> Decimal:
    return Decimal(text)


def test_prices_of_the_makers_are_taken_exactly() -> None:
    assert {each.model: each for each in convert(json.dumps(LISTED))} == {
        "gpt-4o": Price("gpt-4o", d("2.5"), d("10"), d("1.25")),
        "gpt-4o-2024-08-06": Price("gpt-4o-2024-08-06", d("2.5"), d("10"), d("1.25")),
        "gpt-4o-2024-05-13": Price("gpt-4o-2024-05-13", d("5"), d("15")),
        "gemini-x": Price("gemini-x", d("0.0375"), d("0.15")),
        "text-embedding-3-small": Price("text-embedding-3-small", d("0.02"), d("0")),
        "qwen-t": Price("qwen-t", d("1"), d("2")),
    }


def test_old_models_keep_their_price_and_equal_versions_need_none() -> None:
    current = PriceList("s", "2026-01-01", (Price("gpt-4o", d("9"), d("9")), Price("gpt-3", d("20"), d("20"))))

    merged = merge(current, convert(json.dumps(LISTED)), "the list", "2026-11-30")

    assert (merged.source, merged.date) == ("the list", "2026-11-30")
    prices = {each.model: each.prompt for each in merged.prices}
    assert (prices["gpt-4o"], prices["gpt-3"], prices["gpt-4o-2024-05-13"]) == (d("2.5"), d("20"), d("5"))
    assert "gpt-4o-2024-08-06" not in prices


@pytest.mark.parametrize("text", ["", "[]", '{"m": {"litellm_provider": "azure"}}', "[" * 100_000])
def test_what_is_no_such_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        convert(text)


def test_the_command_writes_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "list.json", tmp_path / "prices.json"
    source.write_text(json.dumps(LISTED))

    assert main(["update", str(source), "--named", "a list", "--output", str(output)], "ai-cache prices") == 0

    written = parse_price_list(output.read_text())
    assert written.source == "a list"
    assert cost("qwen-t", 1_000_000, 0, written.prices) == 10**9
    assert "prices" in capsys.readouterr().err


@pytest.mark.parametrize("source", ["no-such-file", "ftp://example.org/list", "file:///etc/hostname"])
def test_a_source_that_cannot_be_read_changes_nothing(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "prices.json"

    assert main(["update", source, "--output", str(output)], "ai-cache prices") == 1

    assert not output.exists()
    assert capsys.readouterr().err.startswith(f"ai-cache prices: {source}: ")


def test_the_built_in_list_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], "ai-cache prices") == 0

    assert parse_price_list(capsys.readouterr().out).prices
