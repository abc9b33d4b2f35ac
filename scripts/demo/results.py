"""The demo's table, and its check of the results."""

import unicodedata
from collections.abc import Sequence

from demo.answers import Request, answer
from demo.questions import PATH, Outcome, Question, render_request


def format_row(question: str, variation: str, result: str, first: str, whole: str, saved: str) -> str:
    cells = zip((question, variation, result, first, whole, saved), (33, 25, 18, 12, 13, 12), strict=True)
    return " ".join(cell + " " * (width - display_width(cell)) for cell, width in cells).rstrip()


def display_width(text: str) -> int:
    """Return the number of terminal columns of *text*."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def print_summary(questions: Sequence[Question], outcomes: Sequence[tuple[Outcome, int]]) -> int:
    hits = [outcome for outcome, _ in outcomes if outcome.result != "miss"]
    misses = [outcome for outcome, _ in outcomes if outcome.result == "miss"]
    saved = sum(outcome.saved(question) for question, (outcome, _) in zip(questions, outcomes, strict=True))
    miss_time, hit_time = format_mean(misses), format_mean(hits)
    print(
        f"\n{len(questions)} questions: {len(misses)} misses ({miss_time}), {len(hits)} hits ({hit_time}); "
        f"{sum(calls for _, calls in outcomes)} went upstream; {saved} tokens saved"
    )
    deviations = [
        line
        for question, (outcome, calls) in zip(questions, outcomes, strict=True)
        for line in find_deviations(question, outcome, calls)
    ]
    print(*[f"NOT AS EXPECTED: {line}" for line in deviations] or ["everything came as expected"], sep="\n")
    return 1 if deviations else 0


def find_deviations(question: Question, outcome: Outcome, calls: int) -> list[str]:
    """Return deviations from the expected result; *calls* is the number of upstream requests."""
    name = f"{question.text!r} ({question.variation})"
    found = []
    if outcome.result != question.expected:
        found.append(f"{name}: {outcome.result}, not {question.expected}")
    if calls != (1 if question.expected == "miss" else 0):
        found.append(f"{name}: {calls} upstream requests")
    if outcome.text != answer(Request("POST", PATH, {}, render_request(question))).texts[0]:
        found.append(f"{name}: another answer than the upstream's")
    return found


def format_mean(outcomes: Sequence[Outcome]) -> str:
    return (
        f"{sum(outcome.whole for outcome in outcomes) / len(outcomes) * 1000:.0f} ms on average" if outcomes else "none"
    )
