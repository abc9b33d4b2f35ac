"""Built-in masks leave out what they say, and nothing else."""

from __future__ import annotations

import contextlib
import re
import time
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aicache.domain import built_in_masks
from aicache.domain.built_in_masks import BUILT_IN_MASKS, BuiltInMask, body_edits, select, text_masks
from aicache.domain.conversation import Context
from aicache.domain.json_paths import edit_body, tell_nobody
from aicache.domain.keys import KeyRules, Origin, identify
from aicache.domain.masks import MASKED, MASKS_TIME_LIMIT_S, MaskTooSlow, Place
from aicache.domain.model import Call, Mode, Turn

ROLES = {Place.SYSTEM: "system", Place.USER: "user", Place.TOOL: "tool"}
ORIGIN = Origin("https://api.example.com:443", "/v1/x", "alice")
SPAN = re.compile(r"\[([^][]*)\]", re.DOTALL)
WITH_TEXTS = [(mask, example) for mask in BUILT_IN_MASKS if not mask.fields for example in mask.examples]
NAMES = [f"{mask.name} {number}" for number, (mask, _) in enumerate(WITH_TEXTS)]


def marked(example: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of an example, and where in it the parts are that the mask leaves out."""
    spans, text = [], ""
    for number, part in enumerate(re.split(r"[][]", example)):
        if number % 2:
            spans.append((len(text), len(text) + len(part)))
        text += part
    return text, spans


def key(mask: BuiltInMask, text: str, *further: str) -> set[str]:
    """The keys of requests with the text in each place that the mask applies to, and with *further* tool results."""
    rules = KeyRules("", Context.FULL, frozenset(), text_masks([mask]))
    found = set()
    for place in {place for pattern in mask.patterns for place in pattern.places}:
        turns = [Turn(ROLES[place], text, {}), *(Turn("tool", each, {}) for each in further), Turn("user", "Go.", {})]
        call = Call(mask.api or "chat", "m", Mode.WHOLE, False, {}, tuple(turns), None, 1, None)
        found.add(f"{place} {identify(call, ORIGIN, rules).key}")
    edits = body_edits([mask])
    return found | {str(edit_body(body_of(edit.path.steps, text), [edit], tell_nobody)) for edit in edits}


def body_of(steps: tuple[str, ...], value: Any) -> Any:
    for step in reversed(steps):
        value = [value] if step == "[]" else {step: value}
    return value


@pytest.mark.parametrize(("mask", "example"), WITH_TEXTS, ids=NAMES)
@settings(max_examples=20)
@given(data=st.data())
def test_a_digit_or_the_letter_of_a_directory_within_the_span_does_not_count(
    mask: BuiltInMask, example: str, data: st.DataObject
) -> None:
    text, spans = marked(example)
    changeable = [
        (i, "123456789" if text[i].isdigit() else "abcxyz")
        for start, end in spans
        for i in range(start, end)
        if text[i] in "123456789" or (text[start] == "/" and text[i].islower())
    ]
    if not changeable:
        pytest.skip("only words that the client chooses from a list")
    position, others = data.draw(st.sampled_from(changeable))
    other = text[:position] + data.draw(st.sampled_from(others)) + text[position + 1 :]

    assert key(mask, other) & key(mask, text)


@pytest.mark.parametrize(("mask", "example"), WITH_TEXTS, ids=NAMES)
@settings(max_examples=20)
@given(data=st.data())
def test_a_letter_or_digit_outside_of_the_span_counts(mask: BuiltInMask, example: str, data: st.DataObject) -> None:
    text, spans = marked(example)
    outside = [i for i, char in enumerate(text) if char.isalnum() and not any(a <= i < b for a, b in spans)]
    assume(outside)
    position = data.draw(st.sampled_from(outside))
    other = text[:position] + data.draw(st.sampled_from("abcxyzQR1289").filter(lambda c: c != text[position]))
    other += text[position + 1 :]

    assert not key(mask, other) & key(mask, text)


@pytest.mark.parametrize(("mask", "example"), WITH_TEXTS, ids=NAMES)
def test_what_is_left_out_is_what_the_example_marks(mask: BuiltInMask, example: str) -> None:
    text, spans = marked(example)
    for number, (start, end) in enumerate(spans):
        if not text[start:end].startswith("/"):
            assert not key(mask, text[:start] + text[end:]) & key(mask, text), "nothing is not something"
        else:
            elsewhere = text[:start] + f"/srv/ci/{number}" + text[end:]
            assert key(mask, elsewhere) & key(mask, text)


@pytest.mark.parametrize("mask", [mask for mask in BUILT_IN_MASKS if mask.patterns], ids=lambda mask: mask.name)
def test_no_text_takes_long(mask: BuiltInMask) -> None:
    """Beginnings of what is looked for, over and over, on one line or many."""
    pieces = {pattern.anchor for pattern in mask.patterns}
    for example in mask.examples:
        text = marked(example)[0]
        pieces |= {text, text[:-1], text[: len(text) // 2], text.replace("\n", " ")}

    places = {place for pattern in mask.patterns for place in pattern.places}
    for piece in pieces:
        text = (piece * (200_000 // len(piece)))[:200_000]
        began = time.thread_time()
        with contextlib.suppress(MaskTooSlow):
            key(mask, text)
        assert time.thread_time() - began < 5 * MASKS_TIME_LIMIT_S * len(places), piece


def test_every_pattern_has_an_example() -> None:
    for mask in BUILT_IN_MASKS:
        for pattern in mask.patterns:
            texts = [marked(example)[0] for example in mask.examples]
            kept = [re.sub("Chunk ID: [0-9a-f]+", f"Chunk ID: {MASKED}", text) for text in texts]
            assert any(pattern.anchor in text and re.search(pattern.pattern, text) for text in texts + kept), pattern


def test_names_are_unique_and_tell_the_client() -> None:
    names = [mask.name for mask in BUILT_IN_MASKS]

    assert len(names) == len(set(names))
    assert not {*names} & {built_in_masks.SAFE, built_in_masks.AGENTS, built_in_masks.NONE}


def test_groups_and_names_select_masks() -> None:
    safe = {mask.name for mask in select(["safe"])}

    assert {"codex-ids", "codex-chunks", "claude-code-version"} <= safe
    assert not {name for name in safe if "date" in name or "directories" in name or "environment" in name}
    assert {mask.name for mask in select(["agents"])} == {mask.name for mask in BUILT_IN_MASKS}
    assert select(["none"]) == ()
    assert [mask.name for mask in select(["aider-date"])] == ["aider-date"]


DIRECTORIES = st.lists(st.from_regex(r"\A[a-z][a-z0-9_.]{0,6}[a-z0-9]\Z"), min_size=2, max_size=4).map(
    lambda names: "/" + "/".join(names)
)
OPENCODE = next(mask for mask in BUILT_IN_MASKS if mask.name == "opencode-environment")


def environment(directory: str) -> str:
    return f"<env>\n  Working directory: {directory}\n  Workspace root folder: {directory}\n</env>"


@settings(max_examples=30)
@given(one=DIRECTORIES, other=DIRECTORIES, name=st.from_regex(r"\A[a-z]{1,5}\Z"))
def test_a_directory_is_the_same_by_another_name_wherever_it_stands(one: str, other: str, name: str) -> None:
    results = [f"wrote {{}}/{name}.py", "{}", "at {}: no such file", '{{"cwd": "{}"}}']
    assume(all("env" not in each and "wrote" not in each and "at" not in each for each in (one, other)))

    def run(directory: str) -> set[str]:
        return key(OPENCODE, environment(directory), *(each.format(directory) for each in results))

    assert run(one) == run(other)


@pytest.mark.parametrize(
    "longer", ["/home/alice/weather2", "/home/alice/weather-old/a", "/mnt/home/alice/weather", "x/home/alice/weather"]
)
def test_a_longer_path_is_another_one(longer: str) -> None:
    here, there = "/home/alice/weather", "/srv/ci/repo"
    longer_there = longer.replace(here, there)

    assert key(OPENCODE, environment(here), longer) != key(OPENCODE, environment(there), longer_there)


def test_two_directories_are_two() -> None:
    nested = "<env>\n  Working directory: /a/b/c\n  Workspace root folder: /a/b\n</env>"

    assert key(OPENCODE, nested) != key(OPENCODE, environment("/a/b"))
    assert key(OPENCODE, nested) == key(OPENCODE, nested.replace("/a/b", "/x/y/z"))


def test_the_directory_in_the_models_own_calls_is_renamed_too() -> None:
    def run(directory: str, in_call: str) -> str:
        calls = {"tool_calls": [{"function": {"name": "read", "arguments": f'{{"path":"{in_call}/a"}}'}}]}
        turns = (Turn("system", environment(directory), {}), Turn("assistant", None, calls), Turn("user", "Go.", {}))
        call = Call("chat", "m", Mode.WHOLE, False, {}, turns, None, 1, None)
        return identify(call, ORIGIN, KeyRules("", Context.FULL, frozenset(), text_masks([OPENCODE]))).key

    assert run("/a/b", "/a/b") == run("/c/d", "/c/d")
    assert run("/a/b", "/a/b") != run("/c/d", "/a/b")
