"""YAML that this writes, read by PyYAML: by the cassette's own schema, and as YAML 1.1."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.cassette.file_format import _Loader
from aicache.cassette.yaml_text import write

CHARACTERS = st.one_of(
    st.characters(codec="utf-8"), st.sampled_from("\n \t#:-|>&*!%@`'\"{}[],?~=\\\x85\u2028\ufeff\x7f\r0123456789eE.+")
)
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=40),
    st.sampled_from(["yes", "No", "null", "1e5", "0x10", "2026-01-01", "012", "1:30", "on", "<<", "=", "~", ".inf"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(VALUES)
def test_what_is_written_reads_as_it_was(value: Any) -> None:
    document = {"list": [value], "mapping": {"name": value}}

    text = write(document)

    for loader in (_Loader, yaml.SafeLoader):
        assert json.dumps(yaml.load(text, loader)) == json.dumps(document)


def test_a_text_of_several_lines_is_a_block() -> None:
    assert write({"content": "You are kind. \n\n\tAnd brief.\n"}) == "content: |\n  You are kind. \n\n  \tAnd brief.\n"


def test_a_list_of_mappings_is_as_compact_as_people_write_it() -> None:
    messages = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes"}]}

    assert write(messages) == ('messages:\n- role: user\n  content: hi\n- role: assistant\n  content: "yes"\n')


def test_numbers_stand_side_by_side() -> None:
    text = write({"embedding": [0.5, 1e-07] * 30})

    assert text.startswith("embedding: [0.5, 1.0e-07, ")
    assert len(text.splitlines()) < 8


@pytest.mark.parametrize("value", [{"n": float("nan")}, {"d": object()}, {"x" * 200: 1}, {1: "a"}])
def test_what_has_no_short_yaml_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"value|name"):
        write(value)
