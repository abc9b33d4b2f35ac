"""Formats the results of one file as text."""

from __future__ import annotations

from typing import Any


def format_document(document: dict[str, Any]) -> str:
    """Return the file's results and one line per capability."""
    text = (
        f"{document['file']}\n  {document['n']} questions, {_rates(document)}; decided in "
        f"{document['decision_p50_ms']:.3f} ms (p99 {document['decision_p99_ms']:.3f})"
    )
    if (worst := document.get("wrong_of_all_worst_order")) is not None:
        text += f"\n    {len(document['orders'])} orders, the worst one's wrong {worst:.2%}"
    if note := document.get("note"):
        text += f"\n    {note}"
    for row in document.get("capabilities", ()):
        shares = [
            f"{name} {row[key]:7.2%}"
            for key, name in (("false_hits", "false"), ("kept", "kept"))
            if row[key] is not None
        ]
        text += f"\n    {row['n']:6}  {'  '.join(shares):28}  {row['capability']}"
    return text


def _rates(document: dict[str, Any]) -> str:
    right = document["right_of_hits"]
    hit_accuracy = "no hit" if right is None else f"{right:.1%} of the hits right ({_interval(document)})"
    return f"{document['hit_rate']:.2%} hits, {document['wrong_of_all']:.2%} wrong, {hit_accuracy}"


def _interval(document: dict[str, Any]) -> str:
    return f"{document['right_of_hits_low']:.1%} to {document['right_of_hits_high']:.1%}"
