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
    if judge := document.get("judge"):
        text += (
            f"\n    a judge was asked about {judge['asked']:.2f} neighbors a request, in {judge['requests_asked']:.1%} "
            f"of them; {judge['judged_hits']:.2%} are hits by it, {judge['judged_wrong']:.2%} wrong, after "
            f"{_number(judge['asked_per_judged_hit'])} questions each"
        )
    if note := document.get("note"):
        text += f"\n    {note}"
    if document.get("capabilities"):
        text += "\n    pairs that differ and that do not; how many of each are answered"
    for row in [document["pairs"], *document["capabilities"]] if "pairs" in document else ():
        shares = [
            f"{name} {row[key]:7.2%}" if row[key] is not None else " " * (len(name) + 8)
            for key, name in (("false_hits", "false"), ("kept", "kept"))
        ]
        text += f"\n    {row['different']:5} {row['same']:5}  {'  '.join(shares):28}  {row['capability']}"
    return text


def _rates(document: dict[str, Any]) -> str:
    right = document["right_of_hits"]
    hit_accuracy = "no hit" if right is None else f"{right:.1%} of the hits right ({_interval(document)})"
    return f"{document['hit_rate']:.2%} hits, {document['wrong_of_all']:.2%} wrong, {hit_accuracy}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def _interval(document: dict[str, Any]) -> str:
    return f"{document['right_of_hits_low']:.1%} to {document['right_of_hits_high']:.1%}"
