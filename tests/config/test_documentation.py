"""The example and the table say what the code does, key by key."""

from __future__ import annotations

import re
import runpy

import pytest
import yaml

from aicache.config import (
    Config,
    Exact,
    JudgeModel,
    Redis,
    Semantic,
    StreamPace,
    docs,
)
from aicache.config.schema import walk
from config.yaml_texts import EXAMPLE, OTHER_KINDS, loaded, nested, problems, uncommented


def test_the_example_is_what_the_code_says(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["python -m aicache.config", "--example"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("aicache.config", run_name="__main__")

    assert not ended.value.code
    assert capsys.readouterr().out == EXAMPLE == docs.example()


def test_the_example_is_the_default_configuration():
    assert loaded(EXAMPLE) == Config()


def test_the_example_loads_with_every_key_in_use():
    redis = Redis(url="redis://127.0.0.1:6379/0")
    judge = JudgeModel(model="gpt-4.1-mini")

    assert loaded(uncommented(EXAMPLE)) == Config(
        exact=Exact(redis=redis), semantic=Semantic(judge=judge), stream_pace=StreamPace()
    )


def test_the_example_has_every_key_once():
    names = [name for name, _, _ in keys_in(uncommented(EXAMPLE))]

    other_kinds = {row.key.partition(" (")[0] for row in docs.rows() if " (" in row.key}

    assert len(names) == len(set(names))
    assert {*names, *other_kinds} == {name for name, _ in walk(Config)}


def test_every_kind_of_the_example_can_be_put_in_the_place_of_the_default():
    kinds = [re.sub("^  #", "  ", block, flags=re.MULTILINE) for block in OTHER_KINDS.findall(EXAMPLE)]

    found = [loaded(f"semantic:\n{block}", API_KEY="sk-1").semantic for block in kinds]

    assert [(each.embedder.kind, each.index.kind) for each in found] == [
        ("dashscope", "zvec"),
        ("openai", "zvec"),
        ("local", "dashvector"),
        ("local", "redis"),
        ("local", "pgvector"),
    ]
    assert "sk-1" not in repr(found)


def test_the_rows_name_every_key_with_type_default_and_meaning():
    rows = {row.key: row for row in docs.rows()}

    assert {key.partition(" (")[0] for key in rows} == {
        name for name, setting in walk(Config) if setting.description != "a section"
    }
    assert all(row.type and row.default and row.meaning for row in rows.values())
    assert rows["exact.ttl"] == docs.Row(
        "exact.ttl", "a duration above 0 and at most 3650d", "7d", "how long an answer is kept"
    )
    assert (rows["exact.redis"].default, rows["exact.redis.url"].default) == ("null", "required")


def test_the_rows_hold_the_defaults():
    for row in docs.rows():
        if not row.key.startswith(("exact.redis.", "semantic.judge.", "stream_pace.")) and " (" not in row.key:
            assert loaded(nested(row.key, row.default)) == Config()


def test_the_table_is_markdown():
    assert {line.count("|") for line in docs.table().splitlines()} == {4}


def test_every_key_given_a_wrong_type_is_named_with_its_line():
    text = uncommented(EXAMPLE)
    keys = keys_in(text)
    alone = [key for key in keys if isinstance(key[2], yaml.MappingNode) or key[0].endswith(".kind")]
    others = [key for key in keys if key not in alone]

    # A section that is wrong hides the keys in it, and so does a kind.
    for wrong in [*([key] for key in alone), *(others[i : i + 20] for i in range(0, len(others), 20))]:
        edited = text
        for _, _, node in reversed(wrong):
            edited = edited[: node.start_mark.index] + another_type(node) + edited[node.end_mark.index :]
        found = problems(edited)
        assert len(found) == len(wrong)
        for problem, (name, line, _) in zip(found, wrong, strict=True):
            assert problem.startswith(f"{name}: ") and problem.endswith(f"(config.yaml line {line})")


def another_type(node: yaml.Node) -> str:
    """Return a value of another type than a key's, of as many lines."""
    if isinstance(node, yaml.MappingNode):
        return f"wrong\n{' ' * node.end_mark.column}"  # it ends where the next key begins
    return "{wrong: type}" + "\n" * (node.end_mark.line - node.start_mark.line)


def keys_in(text: str) -> list[tuple[str, int, yaml.Node]]:
    found = []

    def visit(node: yaml.Node, path: str) -> None:
        for key, value in node.value:
            found.append((path + key.value, key.start_mark.line + 1, value))
            if isinstance(value, yaml.MappingNode):
                visit(value, f"{path}{key.value}.")

    visit(yaml.compose(text, Loader=yaml.SafeLoader), "")
    return found
