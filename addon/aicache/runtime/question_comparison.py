"""Compares two questions as a look-up does, and says why one's answer may answer the other: ``doctor compare A B``."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aicache import config as configuration
from aicache.config import Config, ConfigError
from aicache.domain import policy
from aicache.domain.model import Call, Mode
from aicache.domain.policy import Policy, Rules
from aicache.domain.ports import StoreError
from aicache.domain.request_directives import NO_DIRECTIVES
from aicache.guards import Comparison, Difference, compare_questions
from aicache.runtime.factories import build_embedder
from aicache.runtime.preflight import rules_for


async def measure_cosine(config: Config, question: str, neighbor: str) -> float:
    """Return the cosine of two questions' vectors by the configured embedder. Raises StoreError."""
    embedder = build_embedder(config.semantic.embedder)
    try:
        await embedder.load()
        one, other = await embedder.embed([question, neighbor], "query")
    finally:
        await embedder.close()
    return float(one @ other)


def describe(question: str, neighbor: str, compared: Comparison, cosine: float, rules: Rules) -> list[str]:
    """Return the lines that tell how two questions compare, and whether the policy would serve."""
    lines = [f"outcome     {compared.outcome}"]
    lines += [f"difference  {_describe_difference(difference)}" for difference in compared.differences]
    needed = rules.threshold + compared.raised * (1 - rules.threshold)
    lines.append(f"cosine      {cosine:.4f}, needed with these differences: {min(1.0, needed):.4f}")
    return [*lines, f"policy      {_describe_decision(question, neighbor, cosine, rules)}"]


def main(arguments: Sequence[str], prog: str) -> int:
    parser = argparse.ArgumentParser(
        prog=f"{prog} compare",
        description="Tell how two questions compare: the differences by name with the words that differ, the cosine "
        "by the configured embedder, and whether the answer to the second would be served for the first.",
    )
    parser.add_argument("question", help="the question that is asked")
    parser.add_argument("neighbor", help="the question whose answer is stored")
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the embedded default")
    options = parser.parse_args(arguments)
    try:
        config = configuration.read_file(Path(options.config) if options.config else None, os.environ)
        rules = rules_for(config)
        cosine = asyncio.run(measure_cosine(config, options.question, options.neighbor))
    except (ConfigError, StoreError, OSError) as exc:
        print(exc, file=sys.stderr)
        return 1
    compared = compare_questions(options.question, options.neighbor)
    print("\n".join(describe(options.question, options.neighbor, compared, cosine, rules)))
    return 0


def _describe_difference(difference: Difference) -> str:
    sides = [" ".join(side) or "–" for side in (difference.left, difference.right)]
    return difference.name if sides == ["–", "–"] else f"{difference.name}: {sides[0]} | {sides[1]}"


def _describe_decision(question: str, neighbor: str, cosine: float, rules: Rules) -> str:
    for text in (question, neighbor):
        call = Call("chat", "", Mode.WHOLE, False, {}, (), text, 1, None)
        if not policy.may_answer_by_meaning(call, NO_DIRECTIVES, rules):
            return f"{rules.policy} never serves: exact hits only, by what is asked, its length, or the settings"
    refused = policy.check_guards(question, neighbor, cosine, rules.threshold, rules)
    if refused is None and cosine < policy.lowest_similarity(rules.threshold, rules):
        refused = policy.TOO_FAR
    if rules.policy is Policy.VERIFIED and not (refused or "").startswith("guard:"):
        return "verified decides by evidence"
    return f"{rules.policy} serves" if refused is None else f"{rules.policy} does not serve: {refused}"
