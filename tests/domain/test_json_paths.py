"""Paths name fields within a body, and what they name is left out of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from aicache.domain.json_paths import Edit, edit_body, parse_path

BODY: dict[str, Any] = {
    "metadata": {"user_id": "u", "tier": 1},
    "messages": [
        {"role": "user", "content": "text", "cache_control": {"type": "ephemeral"}},
        {
            "role": "user",
            "content": [{"type": "text", "text": "x", "cache_control": {}}, {"type": "text", "text": "y"}],
        },
    ],
    "grid": [[{"id": 1}], [{"id": 2, "a": 3}]],
}


def without(*paths: str) -> tuple[Any, list[str]]:
    before, found = copy.deepcopy(BODY), []
    edited = edit_body(BODY, [Edit(parse_path(path), path) for path in paths], lambda edit: found.append(edit.name))

    assert before == BODY, "the body itself is unchanged"
    return edited, found


def test_a_field_within_another_is_left_out() -> None:
    edited, found = without("metadata.user_id")

    assert edited == BODY | {"metadata": {"tier": 1}}
    assert found == ["metadata.user_id"]


def test_brackets_stand_for_each_item() -> None:
    edited, _ = without("messages[].cache_control", "messages[].content[].cache_control", "grid[][].id")

    assert "cache_control" not in str(edited)
    assert edited["messages"][0] == {"role": "user", "content": "text"}
    assert edited["grid"] == [[{}], [{"a": 3}]]


@pytest.mark.parametrize(
    "path", ["metadata.x", "messages.cache_control", "metadata[].user_id", "messages[].content.text", "x.y"]
)
def test_a_path_to_nothing_changes_nothing(path: str) -> None:
    edited, found = without(path)

    assert edited is BODY
    assert found == []


def test_a_change_is_made_of_the_value() -> None:
    edit = Edit(parse_path("metadata.user_id"), "m", str.upper)

    assert edit_body(BODY, [edit], print)["metadata"] == {"user_id": "U", "tier": 1}


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "[]", "[].a", "a[0].b", "a[", "a]b", "a[].", "a[]b.c", "a b.c", "a.b[]"]
)
def test_malformed_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"^(is not a path|names whole items)"):
        parse_path(path)


@pytest.mark.parametrize("path", ["messages[].content", "input[].role", "contents[].parts[].text", "input[].output"])
def test_the_conversation_itself_cannot_be_ignored(path: str) -> None:
    with pytest.raises(ValueError, match="use mask"):
        parse_path(path)
