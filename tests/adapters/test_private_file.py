"""A secret kept in a file: made once, for its owner alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aicache.adapters.private_file import load_or_create_secret
from aicache.domain.ports import StoreError


def test_it_is_made_once(tmp_path: Path) -> None:
    made = load_or_create_secret(tmp_path / "folder" / "secret")

    assert len(made) >= 43
    assert load_or_create_secret(tmp_path / "folder" / "secret") == made
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["secret"]


def test_its_owner_alone_can_read_it(tmp_path: Path) -> None:
    load_or_create_secret(tmp_path / "secret")

    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_those_who_make_it_at_once_have_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = set(pool.map(load_or_create_secret, [tmp_path / "secret"] * 64))

    assert len(made) == 1


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()

    with pytest.raises(StoreError, match="remove the file"):
        load_or_create_secret(tmp_path / "secret")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match="file"):
        load_or_create_secret(tmp_path / "file" / "secret")
