"""A damaged folder of zvec is set aside and begun anew; a sound one, and what only failed once, is left alone."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aicache.adapters.damaged_files import find_set_aside
from aicache.adapters.vectors import zvec_check_main
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.ports import StoreError
from sample_vectors import ALICE, K1, LATER, axis, digest

DIMENSIONS = 8


class Failing:
    """In a collection's place: every call fails, as zvec's do on what it cannot read."""

    def __init__(self, error: BaseException | None = None) -> None:
        self._error = error or RuntimeError("Read next record batch failed")

    def query(self, **_: Any) -> None:
        raise self._error

    def close(self) -> None:
        raise self._error


def empty_the_manifest(folder: Path) -> None:
    """At which zvec ends its process (SIGSEGV)."""
    [manifest] = folder.glob("manifest.*")
    manifest.write_bytes(b"")


def cut_every_file_in_half(folder: Path) -> None:
    for path in files(folder):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_every_file(folder: Path) -> None:
    for path in files(folder):
        path.write_bytes(b"")


def flip_bits_everywhere(folder: Path) -> None:
    chance = random.Random(3)
    for path in files(folder):
        content = bytearray(path.read_bytes())
        for _ in range(20 if content else 0):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)


def take_the_manifest_away(folder: Path) -> None:
    [manifest] = folder.glob("manifest.*")
    manifest.unlink()


def take_the_keys_away(folder: Path) -> None:
    shutil.rmtree(folder / "idmap.0")


def cut_the_keys_journal(folder: Path) -> None:
    """It opens, and searches find; but nothing that is found can be fetched."""
    [journal] = (folder / "idmap.0").glob("MANIFEST-*")
    journal.write_bytes(journal.read_bytes()[:90])


def blank_the_vectors(folder: Path) -> None:
    """It opens, and everything is found at no similarity at all."""
    path = folder / "0" / "vector.index.2.proxima"
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content) - 8192, 4096):
        content[start : start + 4096] = bytes(4096)
    path.write_bytes(content)


def put_a_file_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("somebody's")


def put_a_foreign_folder_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "notes.txt").write_text("somebody's")


HARMS = [
    *(empty_the_manifest, cut_every_file_in_half, empty_every_file, flip_bits_everywhere, take_the_manifest_away),
    *(take_the_keys_away, cut_the_keys_journal, blank_the_vectors, put_a_file_in_its_place),
    put_a_foreign_folder_in_its_place,
]


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


@pytest.mark.slow
class TestZvecDamage:
    @pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
    async def test_a_damaged_folder_is_set_aside_and_begun_anew(
        self, filled: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, harm: Callable[[Path], None]
    ) -> None:
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        harm(folder)
        index = ZvecIndex(folder, DIMENSIONS)

        await index.open()

        [aside] = find_set_aside(folder)
        assert aside.stat().st_mode & 0o777 == 0o700 or not aside.is_dir()
        assert [record.levelname for record in caplog.records if aside.name in record.message] == ["WARNING"]
        assert await index.count() == 0
        await index.upsert(K1, ALICE, axis(1), LATER)
        assert [n.key for n in await index.search(ALICE, axis(1), 5)] == [K1]
        assert index.begun_at == pytest.approx(time.time(), abs=60)
        await index.close()

    async def test_a_sound_folder_is_left_as_it_is(self, filled: Path, tmp_path: Path) -> None:
        """One of which most was deleted again, and one that was copied while nothing had it open, too."""
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        for there, kept in ((300, 300), (300, 10), (10, 0), (0, 0)):
            index = ZvecIndex(folder, DIMENSIONS, max_slack_bytes=0)
            await index.open()
            assert await index.count() == there
            await index.delete([digest(i) for i in range(kept, 300)])
            await index.close()

        assert find_set_aside(folder) == []

    async def test_only_one_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "vectors" / "zvec"
        older = folder.with_name("zvec.damaged-20200101T000000Z")
        (older / "0").mkdir(parents=True)
        folder.mkdir()
        (folder / "notes.txt").write_text("somebody's")
        index = ZvecIndex(folder, DIMENSIONS)

        await index.open()

        [aside] = find_set_aside(folder)
        assert aside != older
        assert (aside / "notes.txt").read_text() == "somebody's"
        await index.close()

    async def test_a_folder_of_other_dimensions_is_set_aside(self, zvec: ZvecIndex, tmp_path: Path) -> None:
        await zvec.close()
        other = ZvecIndex(tmp_path / "data" / "zvec", 16)

        await other.open()

        assert find_set_aside(tmp_path / "data" / "zvec")
        await other.close()

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
    async def test_files_that_may_not_be_read_are_not_damaged(self, filled: Path, tmp_path: Path) -> None:
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        for path in folder.glob("manifest.*"):
            path.chmod(0)

        with pytest.raises(StoreError, match="Permission denied"):
            await ZvecIndex(folder, DIMENSIONS).open()

        assert find_set_aside(folder) == []

    async def test_a_damaged_folder_stays_where_no_new_one_could_be_made(
        self, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Then something else may be wrong, and it is tried again."""
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        empty_the_manifest(folder)
        monkeypatch.setattr(zvec_check_main, "__file__", str(tmp_path / "fails.py"))
        (tmp_path / "fails.py").write_text("import sys; print('no'); sys.exit(10)")

        with pytest.raises(StoreError, match="nor can a new one be made"):
            await ZvecIndex(folder, DIMENSIONS).open()

        assert find_set_aside(folder) == []

    @pytest.mark.parametrize("status", ["12", "-signal.SIGKILL", "-signal.SIGTERM"])
    async def test_an_examination_that_somebody_ends_says_nothing(
        self, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
    ) -> None:
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        program = f"import os, signal, sys\nif {status} > 0: sys.exit({status})\nos.kill(os.getpid(), -({status}))"
        monkeypatch.setattr(zvec_check_main, "__file__", str(tmp_path / "ends.py"))
        (tmp_path / "ends.py").write_text(program)

        with pytest.raises(StoreError, match="cannot be examined"):
            await ZvecIndex(folder, DIMENSIONS).open()

        assert find_set_aside(folder) == []

    async def test_a_folder_that_goes_while_it_is_open_is_trouble(self, zvec: ZvecIndex, tmp_path: Path) -> None:
        await zvec.upsert(K1, ALICE, axis(1), LATER)
        assert await zvec.find_problem() is None
        shutil.rmtree(tmp_path / "data")

        assert "removed" in (await zvec.find_problem() or "")

        with contextlib.suppress(StoreError):  # whatever zvec says to it
            await zvec.close()
        again = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
        await again.open()
        await again.upsert(K1, ALICE, axis(1), LATER)
        assert await again.find_problem() is None
        await again.close()

    async def test_what_fails_again_and_again_is_trouble_once(self, zvec: ZvecIndex) -> None:
        working = zvec._folder._collection
        zvec._folder._collection = Failing()
        for _ in range(3):
            with pytest.raises(StoreError, match="RuntimeError"):
                await zvec.search(ALICE, axis(1), 5)

        assert "fails again and again in search" in (await zvec.find_problem() or "")
        assert await zvec.find_problem() is None
        zvec._folder._collection = working

    async def test_now_and_then_a_failure_is_no_trouble(self, zvec: ZvecIndex) -> None:
        working = zvec._folder._collection
        for collection in (Failing(), working) * 5:
            zvec._folder._collection = collection
            with contextlib.suppress(StoreError):
                await zvec.search(ALICE, axis(1), 5)

        assert await zvec.find_problem() is None

    @pytest.mark.parametrize("error", [RuntimeError("IO error"), SystemExit(1), KeyError(1), StopIteration()])
    async def test_whatever_a_close_fails_with_is_a_store_error(self, tmp_path: Path, error: BaseException) -> None:
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
        await index.open()
        collection, index._folder._collection = index._folder._collection, Failing(error)

        with pytest.raises(StoreError):
            await index.close()

        collection.close()
