"""`scripts/evaluate`: labeled questions in, the proxy's own decisions and what they are worth out."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import itertools
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import environment
from aicache.config.values import LocalEmbedder
from aicache.domain.model import Vector
from aicache.domain.policy import Policy, Rules, Volatile
from aicache.evidence.embedding_space import USE_MULTILINGUAL
from e2e.preloaded import PRELOADED
from evaluation import tune
from evaluation.chinese_pairs import CAPABILITIES, make_pairs
from evaluation.data import Pair, Question, read_pairs, read_questions
from evaluation.decisions import earlier_neighbors, evaluate_pairs, evaluate_stream
from evaluation.intervals import clopper_pearson
from evaluation.learning_stream import evaluate_verified
from evaluation.metrics import compute_metrics, summarize
from evaluation.vectors import Vectors

RULES = Rules(ttl=1, max_bytes=1, max_temperature=None, threshold=0.9, top_k=5, max_question=100)
STATIC = replace(RULES, policy=Policy.STATIC)
PAIRS = [
    Pair("how far is 5 miles", "how far is 50 miles", False, "numbers"),
    Pair("how do i reset it", "how can i reset it", True, "paraphrase"),
    Pair("what is a dog", "who was Ada", False, "paraphrase"),
]
SCRIPTS = environment.ROOT / "scripts"


def at(*similarities: float) -> Vector:
    """A vector a row, of which each has this similarity to the first axis."""
    return np.array([[s, (1 - s * s) ** 0.5] for s in similarities], np.float32)


def alike(pairs: Sequence[Pair], similarities: Sequence[float]) -> dict[str, Vector]:
    """Vectors of pairs' texts: every first one is the axis, the second as similar as said."""
    found = {}
    for pair, similarity in zip(pairs, similarities, strict=True):
        found[pair.one], found[pair.other] = at(1.0, similarity)
    return found


def test_pairs_are_answered_above_the_threshold_and_by_the_guards_leave() -> None:
    vectors = alike(PAIRS, [0.99, 0.95, 0.2])

    static = compute_metrics(evaluate_pairs(PAIRS, vectors, STATIC).decisions)
    guarded = compute_metrics(evaluate_pairs(PAIRS, vectors, RULES).decisions)

    assert (static.hit_rate, static.wrong_of_all) == (2 / 3, 1 / 3)
    assert (guarded.hit_rate, guarded.wrong_of_all, guarded.right_of_hits) == (1 / 3, 0, 1)


def test_capabilities_say_what_was_wrongly_answered_and_what_was_kept() -> None:
    document = summarize("f", "static", [evaluate_pairs(PAIRS, alike(PAIRS, [0.99, 0.95, 0.2]), STATIC)])

    table = {
        row["capability"]: (row["different"], row["false_hits"], row["same"], row["kept"])
        for row in [document["pairs"], *document["capabilities"]]
    }
    assert table == {"all": (2, 0.5, 1, 1.0), "numbers": (1, 1.0, 0, None), "paraphrase": (1, 0.0, 1, 1.0)}
    assert [row["capability"] for row in document["capabilities"]] == ["numbers", "paraphrase"]


def test_a_stream_keeps_every_miss_and_takes_the_next_neighbor_when_a_guard_refuses() -> None:
    texts = ["how far is 50 miles", "how far is 5 miles", "how far are 5 miles", "how far is 5 miles"]
    questions = [Question(text, "50" if "50" in text else "5") for text in texts]
    vectors = dict(zip(texts, at(1.0, 0.99, 0.98, 0.99), strict=True))
    near = earlier_neighbors(questions, vectors, 0.9)

    static = evaluate_stream(questions, near, STATIC).decisions
    guarded = evaluate_stream(questions, near, RULES).decisions

    assert [decision.right for decision in static] == [None, False, False, False]
    assert [decision.right for decision in guarded] == [None, None, True, True]


def test_questions_that_depend_on_now_are_hits_only_by_the_same_text() -> None:
    texts = ["what is new today", "what's new today", "what is new today"]
    questions = [Question(text, "news") for text in texts]
    near = earlier_neighbors(questions, dict.fromkeys(texts, at(1.0)[0]), 0.9)

    exact = evaluate_stream(questions, near, RULES).decisions
    others = evaluate_stream(questions, near, replace(RULES, volatile=Volatile.LIKE_OTHERS)).decisions

    assert [decision.right for decision in exact] == [None, None, True]
    assert [decision.right for decision in others] == [None, True, True]


@pytest.mark.parametrize(
    ("right", "hits", "low", "high"),
    [  # low and high by scipy.stats.beta.ppf
        (0, 0, 0.0, 1.0),
        (10, 10, 0.6915029, 1.0),
        (0, 10, 0.0, 0.3084971),
        (9, 10, 0.5549839, 0.9974714),
        (500, 1000, 0.4685492, 0.5314508),
        (9990, 10000, 0.9981617, 0.9995204),
    ],
)
def test_the_interval_is_clopper_and_pearsons(right: int, hits: int, low: float, high: float) -> None:
    assert clopper_pearson(right, hits) == pytest.approx((low, high), abs=1e-7)


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


def test_files_are_read_and_sampled_the_same_way_every_time(tmp_path: Path) -> None:
    pairs = write(
        tmp_path / "p.jsonl.gz", [{"a": f"a{i}", "b": "b", "y": i % 2, "cap": "C", "test": "t"} for i in range(50)]
    )
    questions = write(tmp_path / "q.jsonl", [{"q": f"q{i}", "cls": i} for i in range(50)])

    assert read_pairs(pairs, None, 0)[1] == Pair("a1", "b", True, "C: t")
    assert read_pairs(pairs, None, 0, ("cap",))[1] == Pair("a1", "b", True, "C")
    assert len(read_pairs(pairs, 10, 1)) == 10
    assert read_pairs(pairs, 10, 1) == read_pairs(pairs, 10, 1)
    assert read_questions(questions, None, 1) == read_questions(questions, None, 1)
    assert read_questions(questions, None, 1) != read_questions(questions, None, 2)


@pytest.mark.parametrize("row", [{"a": "secret", "b": 1, "y": 1}, {"q": "secret"}, {"a": "secret", "b": "b", "y": 2}])
def test_a_line_that_is_none_is_named_by_its_number_only(tmp_path: Path, row: dict[str, Any]) -> None:
    path = write(tmp_path / "p.jsonl", [row])

    for read in (read_pairs, read_questions):
        with pytest.raises(ValueError, match="line 1") as caught:
            read(path, None, 0)
        assert "secret" not in str(caught.value)


def test_chinese_near_misses_come_with_a_paraphrase_each() -> None:
    questions = [
        "怎么开通花呗",
        "借款5天利息多少",
        "北京哪里好玩",
        "今天能还款吗",
        "还款之前能取消吗",
        "我能用微信还款吗",
    ]

    pairs = list(make_pairs(questions, 10, 0))

    assert {pair["cap"] for pair in pairs} == set(CAPABILITIES)
    assert [pair["y"] for pair in pairs] == [0, 1] * (len(pairs) // 2)
    assert all(pair["a"] != pair["b"] for pair in pairs)
    assert pairs == list(make_pairs(questions, 10, 0))


MANNERS = [
    "please",
    "kindly",
    "thanks",
    "hello",
    "dear",
    "sorry",
    "well",
    "hi",
    "cheers",
    "morning",
    "evening",
    "team",
    "folks",
    "friends",
    "once",
    "soon",
]


def a_stream(count: int, seed: int = 1, spread: float = 0.4) -> tuple[list[Question], dict[str, Vector]]:
    """Ten classes of questions, far apart from one another; *spread* says how far the questions of a class are."""
    chance = np.random.default_rng(seed)
    centers = chance.normal(size=(10, 64)) / 8
    manners = [" ".join(words) for words in itertools.permutations(MANNERS, 3)]
    questions, vectors = [], {}
    for i, manner in enumerate(manners[:count]):
        text, row = f"{manner}, tell", centers[i % 10] + spread * chance.normal(size=64) / 8
        questions.append(Question(text, str(i % 10)))
        vectors[text] = (row / np.linalg.norm(row)).astype(np.float32)
    return questions, vectors


def test_the_verified_policy_learns_on_a_stream_and_keeps_to_its_bound() -> None:
    questions, vectors = a_stream(1000)
    rules = replace(RULES, policy=Policy.VERIFIED, threshold=0.0, audit=0.05)

    played = evaluate_verified(questions, vectors, USE_MULTILINGUAL, rules, seed=1)

    worth = compute_metrics(played.decisions)
    assert len(played.seconds) == len(played.decisions) == 1000
    assert worth.hit_rate > 0.5
    assert worth.wrong_of_all <= 0.01
    assert all(decision.answered is None for decision in played.decisions[:5])


def test_where_classes_cannot_be_told_apart_the_verified_policy_serves_next_to_nothing() -> None:
    questions, vectors = a_stream(1000)
    mixed = [replace(question, answer=str(i * 7 % 13)) for i, question in enumerate(questions)]
    rules = replace(RULES, policy=Policy.VERIFIED, threshold=0.0, audit=0.05)

    worth = compute_metrics(evaluate_verified(mixed, vectors, USE_MULTILINGUAL, rules, seed=1).decisions)

    assert worth.wrong_of_all <= 0.01


def a_log(path: Path, *seen: tuple[float, str, str | None]) -> Path:
    rows = [
        {"event": "judged", "similarity": s, "verdict": verdict, "source": "shadow", "would": s > 0.9, "guard": guard}
        for s, verdict, guard in seen
    ]
    return write(path, [{"event": "request", "outcome": "miss"}, *rows])


def test_settings_are_proposed_from_a_log_of_shadow_mode(tmp_path: Path) -> None:
    right, wrong = [(0.95, "right", None)] * 500, [(0.84, "wrong", None)] * 60
    wrong += [(0.93, "wrong", "guard:numbers")] * 60
    log = a_log(tmp_path / "log.jsonl", *right, *wrong)

    proposal = tune.propose([log], no_vectors, argparse.Namespace(limit=None, seed=0), replace(RULES, max_error=0.02))

    assert proposal.as_json()["proposed"] == {"policy": "guarded", "threshold": 0.85, "max_error": 0.02}
    assert "policy: guarded" in proposal.text()


def test_nothing_is_proposed_where_nothing_keeps_to_the_bound(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log.jsonl", *[(0.99, "right", None), (0.99, "unknown", None)] * 30)

    proposal = tune.propose([log], no_vectors, argparse.Namespace(limit=None, seed=0), RULES)

    assert proposal.as_json()["proposed"] == {"enabled": False}


def test_too_little_to_go_by_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too few"):
        tune.propose([a_log(tmp_path / "log.jsonl", (0.9, "right", None))], no_vectors, argparse.Namespace(), RULES)


def no_vectors() -> Vectors:
    raise AssertionError("a log needs no vectors")


def test_orders_policies_and_tuning_over_the_command_line(tmp_path: Path) -> None:
    rows = [{"q": f"How do I {verb} my card {m}?", "cls": verb} for verb in ("lock", "order") for m in MANNERS]
    file = write(tmp_path / "stream.jsonl", rows)
    common = (file, "--json", "--cache", tmp_path / "cache")

    played = run("stream", *common, "--policy", "verified", "--orders", "2", "--max-error", "0.02")
    hard = run("hardships", *common, "--orders", "1")
    tuned = run("tune", *common, "--max-error", "0.3")

    assert played.returncode == hard.returncode == tuned.returncode == 0, played.stderr + hard.stderr + tuned.stderr
    document = json.loads(played.stdout)
    assert (document["policy"], document["n"], len(document["orders"])) == ("verified", len(rows), 2)
    assert {json.loads(line)["policy"] for line in hard.stdout.splitlines()} >= {"verified", "poisoned", "static 0.97"}
    assert {choice["policy"] for choice in json.loads(tuned.stdout)["choices"]} == {"static", "guarded", "verified"}


def test_a_judge_and_a_comparison_over_the_command_line(tmp_path: Path) -> None:
    rows = [{"q": f"How do I {verb} my card {m}?", "cls": verb} for verb in ("lock", "order") for m in MANNERS]
    file = write(tmp_path / "stream.jsonl", rows)
    common = (file, "--json", "--cache", tmp_path / "cache", "--judge", "simulated:0,0")

    judged = run("stream", *common)
    compared = run("compare", *common, "--against", "static:1", "--save", tmp_path / "saved.json")
    again = run("compare", *common, "--against", tmp_path / "saved.json")
    neither = run("docs", file)

    document, difference = json.loads(judged.stdout), json.loads(compared.stdout)
    assert document["judge"]["judged_hits"] > 0
    assert document["wrong_of_all"] == 0
    assert difference["hits"]["ours"] == document["hit_rate"]
    assert difference["test"] == "bootstrap over classes of answers"
    assert json.loads(again.stdout)["hits"]["difference"] == 0
    assert neither.returncode == 2


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    paths = f"{SCRIPTS}:{environment.ROOT / 'addon'}"
    command = [sys.executable, "-m", "evaluation", *map(str, arguments)]
    return PRELOADED.run(command, {"PYTHONPATH": paths, "PATH": ""}, 100)


def test_one_object_a_file_and_a_second_run_embeds_nothing(tmp_path: Path) -> None:
    rows = [{"a": "How far is 5 miles?", "b": "How far is 50 miles?", "y": 0, "cap": "numbers"}]
    rows.append({"a": "How do I reset my password?", "b": "How can I reset my password?", "y": 1, "cap": "same"})
    file = write(tmp_path / "pairs.jsonl", rows)
    arguments = ("pairs", file, "--json", "--cache", tmp_path / "cache")

    first, second = run(*arguments), run(*arguments, "--policy", "static", "--threshold", "0.8")

    assert first.returncode == second.returncode == 0, first.stderr
    guarded, static = json.loads(first.stdout), json.loads(second.stdout)
    assert set(guarded) == {
        *(
            "file",
            "n",
            "policy",
            "hit_rate",
            "wrong_of_all",
            "right_of_hits",
            "right_of_hits_low",
            "right_of_hits_high",
        ),
        *("decision_p50_ms", "decision_p99_ms", "pairs", "capabilities"),
    }
    assert (guarded["file"], guarded["n"], guarded["policy"], guarded["wrong_of_all"]) == (str(file), 2, "guarded", 0.0)
    assert (static["policy"], static["hit_rate"], static["wrong_of_all"]) == ("static", 1.0, 0.5)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "cache").rglob("*.npz"))
    assert b"miles" not in stored
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 1


def test_vectors_of_a_run_that_was_broken_off_are_there_in_the_next(tmp_path: Path) -> None:
    before = Vectors(tmp_path, LocalEmbedder())
    before._write({hashlib.sha256(b"a question").digest(): at(1.0)[0]})

    after = Vectors(tmp_path, LocalEmbedder())

    assert np.array_equal(after.of(["a question"])["a question"], at(1.0)[0])


def test_a_file_that_is_none_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    told = run("stream", tmp_path / "none.jsonl", "--cache", tmp_path)

    assert told.returncode == 1
    assert told.stderr.startswith("evaluate: ")
    assert told.stderr.count("\n") == 1
