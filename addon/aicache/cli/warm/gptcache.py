"""Reads GPTCache's answers: the SQLite tables of its SQLStorage, or the arguments of its import_data as JSON.

GPTCache (https://github.com/zilliztech/GPTCache, manager/scalar_data/sql_storage.py) has no export of its own. Its maps
(``data_map.txt``) are pickles, which run code when they are loaded.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aicache.cli.warm.question_exchange import RequestDefaults, build_question_flow
from aicache.cli.warm.records import BrokenRecord, FlowRecord, Position, Records, SourceError, parse_time

STRING_ANSWER_TYPE = 0  # GPTCache's DataType.STR
ROWS_PER_FETCH = 500


def read_database(path: Path, defaults: RequestDefaults) -> Records:
    """Read a SQLite database. Raises SourceError if it is not GPTCache's."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            for name in _table_prefixes(path, connection):
                yield from _read_table(path, connection, name, defaults)
    except sqlite3.Error as exc:
        raise SourceError(f"{path}: cannot be read as a SQLite database of GPTCache ({exc})") from None


def _table_prefixes(path: Path, connection: sqlite3.Connection) -> list[str]:
    """Return the prefixes of the tables' names: GPTCache's table_name."""
    tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    found = [name.removesuffix("_question") for name in tables if name.endswith("_question")]
    if not (names := sorted(name for name in found if f"{name}_answer" in tables)):
        raise SourceError(f"{path}: has no tables of GPTCache (gptcache_question, gptcache_answer)")
    return names


def _read_table(path: Path, connection: sqlite3.Connection, name: str, defaults: RequestDefaults) -> Records:
    total = connection.execute(f'SELECT count(*) FROM "{name}_question"').fetchone()[0]
    deps = _dependent_ids(connection, name)
    rows = connection.execute(
        f"""SELECT q.id, q.question, q.create_on, a.answer, a.answer_type FROM "{name}_question" q
        LEFT JOIN "{name}_answer" a ON a.id =
        (SELECT min(id) FROM "{name}_answer" WHERE question_id = q.id AND answer_type = {STRING_ANSWER_TYPE})
        WHERE q.deleted = 0 ORDER BY q.id"""
    )
    number = 0
    while fetched := rows.fetchmany(ROWS_PER_FETCH):
        for id, question, created, answer, _ in fetched:
            number += 1
            position = Position(f"{path}: {name}_question {id}", number, total)
            try:
                if id in deps:
                    raise ValueError("depends on more than its question (an image, a sound)")
                if answer is None:
                    raise ValueError("has no answer in text")
                at = parse_time(created)
                yield FlowRecord(position, _flow(question, answer, defaults, at), dated=at is not None)
            except ValueError as exc:
                yield BrokenRecord(position, str(exc))


def _dependent_ids(connection: sqlite3.Connection, name: str) -> set[int]:
    try:
        return {int(row[0]) for row in connection.execute(f'SELECT question_id FROM "{name}_question_dep"')}
    except sqlite3.OperationalError:  # older versions have no such table
        return set()


def read_lists(path: Path, document: Mapping[str, Any], defaults: RequestDefaults) -> Records:
    """Read the arguments of ``cache.import_data``: two lists of the same length."""
    questions, answers = document.get("questions"), document.get("answers")
    if not isinstance(questions, list) or not isinstance(answers, list) or len(questions) != len(answers):
        raise SourceError(f'{path}: "questions" and "answers" are not two lists of the same length')
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True), 1):
        position = Position(f"{path}: question {number}", number, len(questions))
        try:
            yield FlowRecord(position, _flow(question, answer, defaults, None), dated=False)
        except ValueError as exc:
            yield BrokenRecord(position, str(exc))


def _flow(question: Any, answer: Any, defaults: RequestDefaults, at: float | None) -> Any:
    if not isinstance(question, str) or not isinstance(answer, str):
        raise ValueError("its question or its answer is not text")
    return build_question_flow([{"role": "user", "content": question}], answer, defaults, at)
