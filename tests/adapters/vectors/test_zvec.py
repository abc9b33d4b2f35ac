"""What zvec must bear beside the contract: kills, a full disk, wrong use, and what it gives back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aicache.adapters.vectors import zvec_check_main, zvec_folder, zvec_library
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.adapters.vectors.zvec_folder import similarity_of
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError
from sample_vectors import ALICE, BOB, K1, K2, LATER, axis, digest, random_vector

DIMENSIONS = 8


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


@pytest.mark.slow
class TestZvec:
    @pytest.mark.parametrize("name", ["", "xyz", "AB", "a' OR 1=1 --", "ab\n", "a b"])
    async def test_only_hex_digests_get_into_filters(self, zvec: ZvecIndex, name: str) -> None:
        for call in (
            zvec.search(name, axis(1), 5),
            zvec.upsert(name, ALICE, axis(1), LATER),
            zvec.upsert(K1, name, axis(1), LATER),
            zvec.delete([name]),
        ):
            with pytest.raises(StoreError, match="hex digest"):
                await call

    @pytest.mark.parametrize("shape", [(7,), (9,), (1, 8), ()])
    async def test_a_vector_of_another_shape_is_refused(self, zvec: ZvecIndex, shape: tuple[int, ...]) -> None:
        with pytest.raises(StoreError, match="shape"):
            await zvec.search(ALICE, np.ones(shape, np.float32), 5)

    async def test_the_callers_array_is_its_own_again(self, zvec: ZvecIndex) -> None:
        vector = axis(1)
        writing = asyncio.create_task(zvec.upsert(K1, ALICE, vector, LATER))
        await asyncio.sleep(0)
        vector[:] = axis(0, 1)
        await writing

        assert (await zvec.search(ALICE, axis(1), 1))[0].similarity == pytest.approx(1.0, abs=1e-5)

    async def test_it_knows_again_what_it_knew(self, zvec: ZvecIndex, tmp_path: Path) -> None:
        await zvec.upsert(K1, ALICE, axis(1), LATER)
        await zvec.close()

        again = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
        await again.open()

        assert [n.key for n in await again.search(ALICE, axis(1), 5)] == [K1]
        assert await again.count() == 1
        await again.close()

    async def test_a_kill_loses_nothing_that_was_acknowledged(self, child: Callable[..., Any], tmp_path: Path) -> None:
        writer = child(
            """
import asyncio, hashlib, sys
from pathlib import Path
import numpy as np
from aicache.adapters.vectors.zvec import ZvecIndex

async def main():
    index = ZvecIndex(Path(sys.argv[1]), 8)
    await index.open()
    i = 0
    while True:
        vector = np.random.default_rng(i).standard_normal(8).astype(np.float32)
        key = hashlib.sha256(str(i).encode()).hexdigest()
        await index.upsert(key, "a1", vector / np.linalg.norm(vector), 4e9 if i % 2 else 1e9)
        if i == 50:
            await index.sweep(2e9)
        i += 1
        print(i, flush=True)

asyncio.run(main())
""",
            tmp_path / "zvec",
        )
        while (written := int(await writer.line())) < 200:
            pass

        writer.kill()

        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
        await index.open()
        for i in range(written):
            found = await index.search("a1", a_vector(i), 1)
            assert (found[0].key == digest(i)) == (i % 2 == 1 or i > 50), i
        await index.close()

    async def test_a_folder_that_is_open_already_is_told_apart(
        self, zvec: ZvecIndex, child: Callable[..., Any], tmp_path: Path
    ) -> None:
        same_process = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
        with pytest.raises(StoreError, match="is open already"):
            await same_process.open()
        await same_process.close()

        other_process = child(
            """
import asyncio, sys
from pathlib import Path
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.ports import StoreError

try:
    asyncio.run(ZvecIndex(Path(sys.argv[1]), 8).open())
except StoreError as exc:
    print(exc, flush=True)
""",
            tmp_path / "data" / "zvec",
        )
        assert "is open already" in await other_process.line()

    async def test_nothing_is_written_to_a_full_disk(
        self, zvec: ZvecIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """zvec would leave a folder there that it cannot open any more."""
        await zvec.upsert(K1, ALICE, axis(1), LATER)
        monkeypatch.setattr(zvec_folder, "MIN_FREE_BYTES", 1 << 60)

        with pytest.raises(StoreError, match="MB are free"):
            await zvec.upsert(K2, ALICE, axis(2), LATER)
        with pytest.raises(StoreError, match="MB are free"):
            await zvec.sweep(1000)

        assert [n.key for n in await zvec.search(ALICE, axis(1), 5)] == [K1]
        assert await zvec.find_problem() is None

    async def test_its_files_are_their_owners_alone(self, filled: Path, tmp_path: Path) -> None:
        """Also in a folder that was there before, for anybody to see."""
        folder = tmp_path / "vectors" / "zvec"
        shutil.copytree(filled, folder)
        folder.parent.chmod(0o755)
        folder.chmod(0o755)
        index = ZvecIndex(folder, DIMENSIONS, max_slack_bytes=0)

        await index.open()

        assert modes(folder.parent) == {0o700, 0o600}
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.sweep(1000)
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        await index.close()

    async def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        index = ZvecIndex(tmp_path / "file" / "zvec", DIMENSIONS)

        with pytest.raises(StoreError, match="file"):
            await index.open()

        await index.close()

    async def test_an_empty_folder_will_do(self, tmp_path: Path) -> None:
        (tmp_path / "zvec").mkdir()
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)

        await index.open()
        await index.open()

        assert await index.search(ALICE, axis(1), 5) == []
        await index.close()

    async def test_before_open_and_after_close_every_call_is_refused(self, tmp_path: Path) -> None:
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
        with pytest.raises(StoreError, match="not open"):
            await index.search(ALICE, axis(1), 5)
        await index.open()
        await index.close()
        with pytest.raises(StoreError, match="closed"):
            await index.search(ALICE, axis(1), 5)
        await index.close()

    async def test_space_of_the_dead_is_given_back_and_the_living_stay(self, tmp_path: Path) -> None:
        index = ZvecIndex(tmp_path / "zvec", 512, max_slack_bytes=1 << 20)
        await index.open()
        vectors = np.eye(512, dtype=np.float32)[np.arange(5000) % 512]
        for i, vector in enumerate(vectors):
            await index.upsert(digest(i), digest(i % 7), vector, LATER if i < 100 else 1000.0)
        await index.sweep(999)
        full = size(tmp_path / "zvec")

        await index.sweep(1000)

        assert size(tmp_path / "zvec") < full / 2
        assert await index.count() == 100
        for i in range(100):
            [nearest] = await index.search(digest(i % 7), vectors[i], 1)
            assert nearest.key == digest(i)
        await index.close()

    async def test_what_expires_after_a_compaction_is_dropped_too(self, tmp_path: Path) -> None:
        index = ZvecIndex(tmp_path / "zvec", DIMENSIONS, max_slack_bytes=0)
        await index.open()
        await index.upsert(digest("stays"), ALICE, axis(1), LATER)

        for second in range(1000, 1005):  # each sweep compacts
            await index.upsert(digest(second), ALICE, axis(2), second)
            await index.sweep(second)
            assert await index.count() == 1
        await index.close()

    async def test_an_index_that_kept_what_expired_is_taken_from_a_folder_that_has_one(self, tmp_path: Path) -> None:
        """Of an older version: with an index for ranges zvec answers no filter any more once it has compacted."""
        zvec = zvec_library.import_zvec()
        schema = zvec_check_main.schema(zvec, DIMENSIONS)
        ranged = zvec.InvertIndexParam(enable_range_optimization=True)
        fields = [
            *(each for each in schema.fields if each.name != "expires"),
            zvec.FieldSchema("expires", zvec.DataType.INT64, nullable=False, index_param=ranged),
        ]
        schema = zvec.CollectionSchema(name=schema.name, fields=fields, vectors=schema.vectors)
        before = zvec.create_and_open(str(tmp_path / "zvec"), schema)
        for name, expires in (("stays", 1 << 40), ("goes", 1000)):
            about = {"namespace": ALICE, "expires": expires}
            before.optimize()
            before.upsert(zvec.Doc(id=digest(name), vectors={"vector": axis(1)}, fields=about))
        with pytest.raises(RuntimeError):
            before.delete_by_filter("expires <= 1000")
        before.close()
        del before

        for second in (1000, 1001):
            index = ZvecIndex(tmp_path / "zvec", DIMENSIONS, max_slack_bytes=0)
            await index.open()
            await index.upsert(digest(second), ALICE, axis(3), second)
            await index.sweep(second)

            assert await index.count() == 1
            assert [each.key for each in await index.search(ALICE, axis(1), 5)] == [digest("stays")]
            await index.close()


def modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("distance", "cosine"), [(0.0, 1.0), (1.0, 0.0), (2.0, -1.0), (-1e-7, 1.0), (2.1, -1.0)])
def test_a_distance_is_one_less_the_cosine(distance: float, cosine: float) -> None:
    assert similarity_of(distance) == cosine


async def test_zvec_tells_an_empty_namespace_from_one_that_holds_something(tmp_path: Path) -> None:
    folder = tmp_path / "zvec"
    index = ZvecIndex(folder, DIMENSIONS)
    await index.open()
    before = await index.is_empty(ALICE)
    await index.upsert(K1, ALICE, axis(1), LATER)
    after = [await index.is_empty(name) for name in (ALICE, BOB)]
    await index.close()

    again = ZvecIndex(folder, DIMENSIONS)
    await again.open()
    opened_again = [await again.is_empty(name) for name in (ALICE, BOB)]
    await again.delete([K1])
    emptied = await again.is_empty(ALICE)  # it may say no where there was something
    await again.close()

    assert before
    assert after == opened_again == [False, True]
    assert not emptied
