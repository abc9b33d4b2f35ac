"""What is not used any more in the data folder goes in time, and nothing else does."""

from __future__ import annotations

import os
import time
from pathlib import Path

from aicache.adapters.unused_files import UnusedFiles


class Times:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_folder(path: Path, age: float = 0.0) -> Path:
    path.mkdir(parents=True)
    (path / "file").write_text("asked")
    for each in (path / "file", path):
        os.utime(each, (time.time() - age,) * 2)
    return path


def names(data: Path) -> set[str]:
    return {path.name for path in (*data.glob("*"), *(data / "vectors").glob("*"))} - {"vectors"}


def test_a_damaged_store_goes_after_a_time_or_when_everything_is_purged(tmp_path: Path) -> None:
    clock = Times()
    leftovers = UnusedFiles(tmp_path, clock)
    a_folder(tmp_path / "valkey")
    a_folder(tmp_path / "valkey.damaged-20260101T000000Z")
    a_folder(tmp_path / "vectors" / "model.damaged-20260101T000000Z")
    how = {"damaged_after": 60.0, "unused_after": 1000.0, "purged": False}

    assert leftovers.delete_unused("model", emptied=False, **how) == 0  # type: ignore[arg-type]
    clock.now = 61.0
    a_folder(tmp_path / "vectors" / "model")
    assert leftovers.delete_unused("model", emptied=False, **how) == 2  # type: ignore[arg-type]
    a_folder(tmp_path / "valkey.damaged-20260101T000100Z")
    assert leftovers.delete_unused("model", emptied=True, **how) == 1  # type: ignore[arg-type]

    assert names(tmp_path) == {"valkey", "model"}


def test_vectors_of_another_model_go_when_all_of_them_have_expired_or_something_is_purged(tmp_path: Path) -> None:
    leftovers = UnusedFiles(tmp_path)
    for name, age in {"used": 5000, "old": 5000, "young": 10, "young.new": 10}.items():
        a_folder(tmp_path / "vectors" / name, age)
    how = {"damaged_after": 60.0, "unused_after": 1000.0, "emptied": False}

    leftovers.delete_unused("", purged=True, **how)  # type: ignore[arg-type]  # which are used is not known yet
    assert names(tmp_path) == {"used", "old", "young", "young.new"}
    leftovers.delete_unused("used", purged=False, **how)  # type: ignore[arg-type]
    assert names(tmp_path) == {"used", "young", "young.new"}
    leftovers.delete_unused("used", purged=True, **how)  # type: ignore[arg-type]
    assert names(tmp_path) == {"used", "young.new"}
    leftovers.delete_unused(None, purged=True, **how)  # type: ignore[arg-type]
    assert names(tmp_path) == {"young.new"}
