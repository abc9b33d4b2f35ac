"""`scripts/evaluate compare`: two policies on the same questions, and how sure the difference is."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from evaluation import documentation, paired
from evaluation.decisions import Decision, LabeledNeighbor, Run

HIT = LabeledNeighbor("a neighbor", 0.9, right=True)
WRONG_HIT = LabeledNeighbor("a neighbor", 0.9, right=False)


def run_of(*answered: tuple[str, LabeledNeighbor | None]) -> Run:
    return Run([Decision(f"q{i}", hit, answer=answer) for i, (answer, hit) in enumerate(answered)])


def pairs_of(same: bool, *hits: bool) -> list[Decision]:
    near = HIT if same else WRONG_HIT
    return [Decision(f"q{i}", near if hit else None, same=same) for i, hit in enumerate(hits)]


@pytest.mark.parametrize(("one", "other", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 6, 0.03125), (1, 9, 22 / 1024)])
def test_mcnemars_test_is_the_exact_binomial_one(one: int, other: int, p: float) -> None:
    assert paired.mcnemar(one, other) == pytest.approx(p)
    assert paired.mcnemar(other, one) == pytest.approx(p)


def test_pairs_are_compared_by_label() -> None:
    ours = Run(pairs_of(False, False, False, True) + pairs_of(True, True, True))
    other = Run(pairs_of(False, True, True, True) + pairs_of(True, True, False))

    document = paired.compare("f", [ours], paired.outcomes_of([other]))

    assert document["test"] == "McNemar, exact"
    false_hits = {"ours": round(1 / 3, 6), "other": 1.0, "only_ours": 0, "only_other": 2, "p": 0.5}
    assert document["false_hits"] == false_hits
    assert (document["kept"]["only_ours"], document["kept"]["only_other"]) == (1, 0)
    assert "0 only here, 2 only there" in paired.format_comparison(document)


def test_a_difference_on_many_classes_is_sure_and_one_on_a_single_class_is_not() -> None:
    chance = np.random.default_rng(1)
    classes = [str(i) for i in range(200)]
    misses = run_of(*[(answer, None) for answer in classes])
    everywhere = run_of(*[(answer, HIT if chance.random() < 0.3 else None) for answer in classes])
    one_class = run_of(*[("a", HIT)] * 60, *[(answer, None) for answer in classes[60:]])
    its_misses = run_of(*[("a", None)] * 60, *[(answer, None) for answer in classes[60:]])

    sure = paired.compare("f", [everywhere], paired.outcomes_of([misses]))
    unsure = paired.compare("f", [one_class], paired.outcomes_of([its_misses]))

    assert sure["hits"]["low"] > 0.2
    assert sure["wrong"] == {"ours": 0.0, "other": 0.0, "difference": 0.0, "low": 0.0, "high": 0.0}
    assert unsure["hits"]["difference"] == pytest.approx(0.3)
    assert unsure["hits"]["low"] == 0.0  # a resample often lacks the only class that differs


def test_outcomes_of_other_questions_are_not_compared() -> None:
    with pytest.raises(ValueError, match="other questions"):
        paired.compare("f", [run_of(("a", HIT))], [[0, 0]])


def test_outcomes_are_saved_as_numbers_and_read_back(tmp_path: Path) -> None:
    outcomes = paired.outcomes_of([run_of(("a secret", HIT), ("b", None), ("c", WRONG_HIT))])

    paired.save(tmp_path / "before.json", {"f": outcomes})

    assert paired.load(tmp_path / "before.json") == {"f": outcomes} == {"f": [[1, 0, 2]]}
    assert "secret" not in (tmp_path / "before.json").read_text()


def test_the_other_side_is_a_policy_with_its_bar_or_a_configuration() -> None:
    options = argparse.Namespace(policy="guarded", threshold=0.9, max_error=None, config=None, against="static:.95")

    static = paired.other_options(options)
    verified = paired.other_options(argparse.Namespace(**{**vars(options), "against": "verified:.02"}))
    configured = paired.other_options(argparse.Namespace(**{**vars(options), "against": "other.yaml"}))

    assert (static.policy, static.threshold, static.max_error) == ("static", 0.95, None)
    assert (verified.policy, verified.threshold, verified.max_error) == ("verified", None, 0.02)
    assert (configured.config, configured.policy, configured.threshold) == ("other.yaml", None, None)
    with pytest.raises(ValueError, match="--against"):
        paired.other_options(argparse.Namespace(**{**vars(options), "against": "nothing"}))


def test_measurements_replace_what_is_between_the_marks() -> None:
    document = f"before\n{documentation.BEGIN}old\n{documentation.END}after\n"

    changed = documentation.insert(document, "| new |\n")

    assert changed == f"before\n{documentation.BEGIN}\n| new |\n\n{documentation.END}after\n"
    assert documentation.insert(changed, "| new |") == changed
    with pytest.raises(ValueError, match="marks"):
        documentation.insert("a document", "| new |")


def test_the_document_has_the_marks() -> None:
    documentation.insert(documentation.DOCUMENT.read_text(encoding="utf-8"), "")
