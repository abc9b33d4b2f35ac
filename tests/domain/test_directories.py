"""Answers name the directories of the request that they answer."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.directories import relocate
from aicache.domain.masks import Mask, Masks, Place

HOME, CHECKOUT = ("home 0", "/home/alice"), ("directory 0", "/home/alice/src/weather")
CI = (("home 0", "/root"), ("directory 0", "/builds/42"))
SEGMENTS = st.from_regex(r"[A-Za-z0-9äあ_-]([A-Za-z0-9äあ ._-]{0,6}[A-Za-z0-9äあ_-])?", fullmatch=True)
PATHS = st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))


def test_each_directory_has_its_counterpart_the_longest_one_first() -> None:
    relocation = relocate((HOME, CHECKOUT), CI)

    assert relocation is not None
    assert relocation("/home/alice/src/weather/a.py and /home/alice/.netrc") == "/builds/42/a.py and /root/.netrc"
    assert relocation(["cd /home/alice/src/weather.", {"/home/alice": 1}]) == ["cd /builds/42.", {"/home/alice": 1}]


def test_a_longer_name_is_another_directory() -> None:
    relocation = relocate((CHECKOUT,), CI)
    others = "/home/alice/src/weather2 /mnt/home/alice/src/weather ./home/alice/src/weather /home/alice"

    assert relocation is not None
    assert relocation(others) == others


def test_the_same_directories_and_unknown_ones_stay() -> None:
    assert relocate((HOME, CHECKOUT), (HOME, CHECKOUT)) is None
    assert relocate((), CI) is None
    assert relocate((HOME,), (CHECKOUT,)) is None


def test_a_directory_that_has_not_moved_is_none_within_one_that_has() -> None:
    relocation = relocate((HOME, CHECKOUT), (("home 0", "/root"), CHECKOUT))

    assert relocation is not None
    assert relocation("/home/alice/src/weather/a /home/alice/b") == "/home/alice/src/weather/a /root/b"


@given(PATHS, PATHS, st.booleans())
def test_a_path_in_the_arguments_of_a_call_is_replaced_as_json(was: str, now: str, ascii_only: bool) -> None:
    for command in ("{}/a.py", "cat <<E\n{}\n\t{}/b\nE", '"{}"'):
        arguments = json.dumps({"command": command.replace("{}", was)}, ensure_ascii=ascii_only)
        relocation = relocate((("directory 0", was),), (("directory 0", now),))

        moved = arguments if relocation is None else relocation(arguments)

        assert json.loads(moved) == {"command": command.replace("{}", now)}


def test_a_path_of_windows_is_replaced_in_texts_and_in_arguments() -> None:
    relocation = relocate((("directory 0", r"C:\work\app"),), (("directory 0", r"D:\a\app"),))
    arguments = json.dumps({"path": r"C:\work\app\main.py"})

    assert relocation is not None
    assert relocation(r"in C:\work\app\main.py") == r"in D:\a\app\main.py"
    assert json.loads(relocation(arguments)) == {"path": r"D:\a\app\main.py"}


def test_masks_tell_the_directories_that_they_learned_and_no_endless_ones() -> None:
    masks = Masks([Mask(re.compile(r"(cwd: )(/\S+)"), anchor="cwd: ", spreads="directory")])

    masks.learn(f"cwd: /a/b/\ncwd: /{'x' * 5000}", Place.SYSTEM)

    assert [path for _, path in masks.directories] == ["/a/b"]
