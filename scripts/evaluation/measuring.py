"""Measures files of labeled questions under the rules that the command line and the configuration ask for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aicache import config as configuration
from aicache.config import Config
from aicache.domain.policy import Policy, Rules, Volatile, lowest_similarity
from aicache.evidence.embedding_space import EmbeddingSpace, space_of_model
from aicache.runtime.data_folder import default_data_folder
from aicache.runtime.preflight import rules_for
from evaluation.data import Question, read_pairs, read_questions
from evaluation.decisions import Run, earlier_neighbors, evaluate_pairs, evaluate_stream
from evaluation.judges import EndpointJudge, JudgeUse, parse_simulated
from evaluation.learning_stream import evaluate_verified
from evaluation.vectors import Vectors

MIN_REPORT_THRESHOLD = 0.8
"""The lowest threshold of a report's curves."""
FIELDS = {"cap": ("cap",), "test": ("test",), "both": ("cap", "test")}


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """The decisions on a file, and a function that repeats them under other rules."""

    file: str
    runs: list[Run]
    """One per order of a stream; a single one for pairs."""
    rerun: Callable[[Rules], Run]
    note: str = ""


def measure(options: argparse.Namespace, what: str, file: str, vectors: Vectors, rules: Rules) -> MeasuredFile:
    """Measure a file of ``pairs`` or a ``stream``, in as many orders as the options ask for."""
    path = Path(file)
    rerun: Callable[[Rules], Run]
    if what == "pairs":
        pairs = read_pairs(path, options.limit, options.seed, FIELDS[options.by])
        rerun = partial(evaluate_pairs, pairs, vectors.of(text for pair in pairs for text in (pair.one, pair.other)))
        if rules.policy is Policy.VERIFIED:  # the verified policy learns from earlier questions, and a pair has none
            return MeasuredFile(
                file, [rerun(guarded_rules(options))], rerun, "decided as guarded: pairs have no history"
            )
        return MeasuredFile(file, [rerun(rules)], rerun)
    orders = [
        _stream_runner(options, read_questions(path, options.limit, seed), vectors, rules, seed)
        for seed in range(options.seed, options.seed + options.orders)
    ]
    return MeasuredFile(file, [rerun(rules) for rerun in orders], orders[0])


def _stream_runner(
    options: argparse.Namespace, questions: list[Question], vectors: Vectors, rules: Rules, seed: int
) -> Callable[[Rules], Run]:
    """Return a function that evaluates a stream in one order under given rules."""
    known = vectors.of(question.text for question in questions)
    space = space_of_model(vectors.model, vectors.threshold)
    judge = judge_of(options, space)
    lowest = lowest_similarity(rules.threshold, rules)
    floors = [] if rules.policy is Policy.VERIFIED and not options.report else [lowest]
    floors += [MIN_REPORT_THRESHOLD] if options.report else []
    if floors and judge is not None:
        floors.append(judge.min_similarity)
    neighbors = earlier_neighbors(questions, known, min(floors)) if floors else []

    def rerun(rules: Rules) -> Run:
        if rules.policy is Policy.VERIFIED:
            return evaluate_verified(questions, known, space, rules, seed, judge)
        return evaluate_stream(questions, neighbors, rules, judge)

    return rerun


def judge_of(options: argparse.Namespace, space: EmbeddingSpace) -> JudgeUse | None:
    """Return the judge that the options name. Raises ValueError."""
    if not options.judge:
        return None
    verified = effective_rules(options).policy is Policy.VERIFIED
    usual = space.judged_similarity if verified else space.judged_by_guards_similarity
    min_similarity = usual if options.judge_from is None else options.judge_from
    if options.judge.startswith("simulated:"):
        return JudgeUse(parse_simulated(options.judge, options.seed), min_similarity)
    if not options.judge_model:
        raise ValueError("--judge URL needs --judge-model")
    key = os.environ.get("AI_CACHE_JUDGE_KEY")
    return JudgeUse(EndpointJudge(options.judge, options.judge_model, key), min_similarity)


def configured(options: argparse.Namespace) -> Config:
    return configuration.read_file(Path(options.config) if options.config else None, os.environ)


def open_vectors(options: argparse.Namespace) -> Vectors:
    cache = Path(options.cache) if options.cache else default_data_folder() / "evaluation"
    return Vectors(cache, configured(options).semantic.embedder)


def guarded_rules(options: argparse.Namespace) -> Rules:
    return effective_rules(argparse.Namespace(**{**vars(options), "policy": Policy.GUARDED.value}))


def effective_rules(options: argparse.Namespace) -> Rules:
    """Return the proxy's rules, with the overrides of the command line."""
    config = configured(options)
    semantic = config.semantic
    if options.policy:
        semantic = replace(semantic, policy=Policy(options.policy))
    if options.volatile:
        semantic = replace(semantic, volatile=Volatile(options.volatile))
    if options.threshold is not None:
        semantic = replace(semantic, threshold=options.threshold)
    if options.max_error is not None:
        semantic = replace(semantic, max_error=options.max_error)
    if options.audit is not None:
        semantic = replace(semantic, audit=options.audit)
    return rules_for(replace(config, semantic=semantic))
