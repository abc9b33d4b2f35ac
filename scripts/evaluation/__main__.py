"""The command behind `scripts/evaluate`: measures the accuracy of semantic hits on labeled questions."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aicache import config as configuration
from aicache.config import Config, ConfigError
from aicache.domain.policy import Policy, Rules, Volatile
from aicache.domain.ports import StoreError
from aicache.evidence.embedding_space import space_of_model
from aicache.runtime.data_folder import default_data_folder
from aicache.runtime.preflight import rules_for
from evaluation import stress, table, tune
from evaluation.chinese_pairs import make_pairs, real_questions
from evaluation.data import Question, read_pairs, read_questions
from evaluation.decisions import Run, earlier_neighbors, evaluate_pairs, evaluate_stream
from evaluation.learning_stream import evaluate_verified
from evaluation.metrics import summarize
from evaluation.vectors import Vectors

MIN_REPORT_THRESHOLD = 0.8  # the lowest threshold of a report's curves


@dataclass(frozen=True, slots=True)
class MeasuredFile:
    """The decisions on a file, and a function that repeats them under other rules."""

    file: str
    runs: list[Run]
    """One per order of a stream; a single one for pairs."""
    rerun: Callable[[Rules], Run]
    note: str = ""


def main() -> int:
    options = _parser().parse_args()
    try:
        match options.what:
            case "chinese":
                return _write_chinese(options)
            case "hardships":
                return _hardships(options)
            case "tune":
                return _tune(options)
            case _:
                return _evaluate(options)
    except ConfigError as exc:
        print(exc, file=sys.stderr)
    except (OSError, ValueError, StoreError) as exc:
        print(f"evaluate: {exc}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nevaluate: interrupted; vectors computed so far are saved", file=sys.stderr)
        return 130
    return 1


def _evaluate(options: argparse.Namespace) -> int:
    config = configuration.read_file(Path(options.config), os.environ) if options.config else Config()
    rules = effective_rules(config, options)
    policy = rules.policy.value
    vectors = _vectors(options, config)
    if not options.json:
        how = f"max_error {rules.max_error:g}" if rules.policy is Policy.VERIFIED else f"threshold {rules.threshold:g}"
        print(f"{vectors.model}, policy {policy}, {how}, volatile {rules.volatile.value}")
    measured = []
    for file in options.files:
        one = _measure(options, file, vectors, rules)
        document = summarize(file, policy, one.runs, one.note)
        print(json.dumps(document, ensure_ascii=False) if options.json else table.format_document(document), flush=True)
        measured.append(one)
    if options.report:
        from evaluation.report import write_report  # matplotlib is installed only with --report

        page = write_report(Path(options.report), [(one.file, one.runs[0], one.rerun) for one in measured], rules)
        print(f"report: {page}", file=sys.stderr)
    return 0


def _measure(options: argparse.Namespace, file: str, vectors: Vectors, rules: Rules) -> MeasuredFile:
    path = Path(file)
    rerun: Callable[[Rules], Run]
    if options.what == "pairs":
        pairs = read_pairs(path, options.limit, options.seed)
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
    others = [] if rules.policy is Policy.VERIFIED and not options.report else [rules.threshold]
    floor = min([MIN_REPORT_THRESHOLD, *others] if options.report else others, default=1.0)
    neighbors = earlier_neighbors(questions, known, floor) if floor < 1 or others else []
    space = space_of_model(vectors.model, vectors.threshold)

    def rerun(rules: Rules) -> Run:
        if rules.policy is Policy.VERIFIED:
            return evaluate_verified(questions, known, space, rules, seed)
        return evaluate_stream(questions, neighbors, rules)

    return rerun


def guarded_rules(options: argparse.Namespace) -> Rules:
    config = configuration.read_file(Path(options.config), os.environ) if options.config else Config()
    return effective_rules(config, argparse.Namespace(**{**vars(options), "policy": Policy.GUARDED.value}))


def effective_rules(config: Config, options: argparse.Namespace) -> Rules:
    """Return the proxy's rules, with the overrides of the command line."""
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


def _hardships(options: argparse.Namespace) -> int:
    config = configuration.read_file(Path(options.config), os.environ) if options.config else Config()
    rules = effective_rules(config, options)
    seeds = range(options.seed, options.seed + options.orders)
    vectors = _vectors(options, config)
    for row in stress.run([Path(file) for file in options.files], vectors, options.limit, seeds, rules.max_error):
        print(json.dumps(row, ensure_ascii=False) if options.json else stress.format_row(row), flush=True)
    return 0


def _tune(options: argparse.Namespace) -> int:
    """Print settings for the files, with their measured accuracy."""
    config = configuration.read_file(Path(options.config), os.environ) if options.config else Config()
    rules = effective_rules(config, options)
    proposal = tune.propose([Path(f) for f in options.files], lambda: _vectors(options, config), options, rules)
    print(json.dumps(proposal.as_json()) if options.json else proposal.text())
    return 0


def _vectors(options: argparse.Namespace, config: Config) -> Vectors:
    cache = Path(options.cache) if options.cache else default_data_folder() / "evaluation"
    return Vectors(cache, config.semantic.embedder)


def _write_chinese(options: argparse.Namespace) -> int:
    """Print pairs as JSON lines, generated by rules from the questions of the files."""
    questions = [question for file in options.files for question in real_questions(Path(file))]
    for pair in make_pairs(questions, options.limit or 200, options.seed):
        print(json.dumps(pair, ensure_ascii=False))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/evaluate",
        description="Measure how often semantic hits are right, on labeled questions of your own, with the proxy's own "
        "code. Vectors are saved on disk (digests and numbers, no texts), so that a second run is fast.",
        epilog='FILE: JSON lines, gzipped or not. pairs: {"a": text, "b": text, "y": 1 if one answer fits both}, '
        'optionally "cap" and "test" for a table of capabilities. stream: {"q": text, "cls": class of its answer}, '
        "sent in random order; every miss is stored. hardships: stress tests of the verified policy on streams with "
        "wrong labels, a wrong prior, changing traffic and a poisoning caller. tune: propose settings for --max-error "
        "from streams, pairs, or the log of a proxy in shadow mode. chinese: print hard Chinese pairs, generated by "
        "rules from pairs.",
    )
    parser.add_argument("what", choices=("pairs", "stream", "hardships", "tune", "chinese"))
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--policy", choices=[policy.value for policy in Policy], help="default: the configuration's")
    parser.add_argument("--threshold", type=_share, help="similarity; default: the policy's for the embedder's model")
    parser.add_argument(
        "--max-error", type=_share, help="share of wrong answers among all questions; default: the configuration's"
    )
    parser.add_argument("--audit", type=_share, help="share of hits that are checked upstream; default: as configured")
    parser.add_argument(
        "--volatile",
        choices=[volatile.value for volatile in Volatile],
        help="time-sensitive questions; default: as configured",
    )
    parser.add_argument("--config", metavar="FILE", help="the cache's YAML; without it, the embedded default")
    parser.add_argument("--limit", type=_count, metavar="N", help="use a random sample of N from each file")
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample and of a stream's order (default 0)")
    parser.add_argument(
        "--orders",
        type=_count,
        default=1,
        metavar="N",
        help="evaluate each stream in N orders, with seeds from --seed on (default 1)",
    )
    parser.add_argument("--cache", metavar="DIR", help="folder for vectors; default: evaluation in the data folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object per file, as lines")
    parser.add_argument("--report", metavar="DIR", help="write curves (PNG) and index.html; it quotes questions")
    return parser


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
