"""What GPTCache keeps its answers in: the tables of its SQLStorage in SQLite, or the lists of its import_data as JSON.

GPTCache (https://github.com/zilliztech/GPTCache, manager/scalar_data/sql_storage.py) has no export of its own. Its maps
(``data_map.txt``) are pickles, which run code when they are read.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aicache.cli.warm.question_exchange import Asking, exchange
from aicache.cli.warm.records import Broken, Found, Place, Records, SourceError, time_of

TEXT = 0  # GPTCache's DataType.STR
SOME = 500  # rows read at once


def database(path: Path, asking: Asking) -> Records:
    """Read a SQLite database. Raises SourceError for one that is not GPTCache's."""
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            for name in _names(path, opened):
                yield from _table(path, opened, name, asking)
    except sqlite3.Error as exc:
        raise SourceError(f"{path}: cannot be read as a SQLite database of GPTCache ({exc})") from None


def _names(path: Path, opened: sqlite3.Connection) -> list[str]:
    """Return what the tables' names begin with: GPTCache's table_name."""
    tables = {str(row[0]) for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    found = [name.removesuffix("_question") for name in tables if name.endswith("_question")]
    if not (names := sorted(name for name in found if f"{name}_answer" in tables)):
        raise SourceError(f"{path}: has no tables of GPTCache's (gptcache_question, gptcache_answer)")
    return names


def _table(path: Path, opened: sqlite3.Connection, name: str, asking: Asking) -> Records:
    total = opened.execute(f'SELECT count(*) FROM "{name}_question"').fetchone()[0]
    deps = _dependent(opened, name)
    rows = opened.execute(
        f"""SELECT q.id, q.question, q.create_on, a.answer, a.answer_type FROM "{name}_question" q
        LEFT JOIN "{name}_answer" a ON a.id =
        (SELECT min(id) FROM "{name}_answer" WHERE question_id = q.id AND answer_type = {TEXT})
        WHERE q.deleted = 0 ORDER BY q.id"""
    )
    number = 0
    while some := rows.fetchmany(SOME):
        for id, question, created, answer, _ in some:
            number += 1
            place = Place(f"{path}: {name}_question {id}", number, total)
            try:
                if id in deps:
                    raise ValueError("depends on more than its question (an image, a sound)")
                if answer is None:
                    raise ValueError("has no answer in text")
                at = time_of(created)
                yield Found(place, _flow(question, answer, asking, at), dated=at is not None)
            except ValueError as exc:
                yield Broken(place, str(exc))


def _dependent(opened: sqlite3.Connection, name: str) -> set[int]:
    try:
        return {int(row[0]) for row in opened.execute(f'SELECT question_id FROM "{name}_question_dep"')}
    except sqlite3.OperationalError:  # older versions have no such table
        return set()


def lists(path: Path, document: Mapping[str, Any], asking: Asking) -> Records:
    """Read the arguments of ``cache.import_data``: questions and answers, as many of each."""
    questions, answers = document.get("questions"), document.get("answers")
    if not isinstance(questions, list) or not isinstance(answers, list) or len(questions) != len(answers):
        raise SourceError(f'{path}: "questions" and "answers" are not two lists of one length')
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True), 1):
        place = Place(f"{path}: question {number}", number, len(questions))
        try:
            yield Found(place, _flow(question, answer, asking, None), dated=False)
        except ValueError as exc:
            yield Broken(place, str(exc))


def _flow(question: Any, answer: Any, asking: Asking, at: float | None) -> Any:
    if not isinstance(question, str) or not isinstance(answer, str):
        raise ValueError("its question or its answer is not text")
    return exchange([{"role": "user", "content": question}], answer, asking, at)
