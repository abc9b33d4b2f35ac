"""What workers share: a folder for their group, and limits on calls of a service."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from aicache import config
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.runtime.worker_process import FOLDER, GroupFolder, Worker, owner_socket, share_limits

SERVICES = """
semantic:
  index: {kind: dashvector, endpoint: vrs.example, api_key: k, queries_per_second: 90}
  judge: {model: m, api_key: k, max_per_minute: 1}
"""


def test_each_group_has_a_private_folder_and_those_of_groups_that_ended_go(tmp_path: Path) -> None:
    ended = tmp_path / FOLDER / "0123abcd"
    ended.mkdir(parents=True)
    (ended / "1.counts").write_bytes(b"counts")
    (alive := FolderLock(tmp_path / FOLDER / "4567abcd")).acquire()

    group = GroupFolder(tmp_path)

    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == sorted(["4567abcd", group.path.name])
    assert stat.S_IMODE(group.path.stat().st_mode) == 0o700
    group.delete()
    assert not group.path.exists()
    alive.release()


def test_sockets_are_found_where_the_path_of_the_folder_is_too_long(tmp_path: Path) -> None:
    group = GroupFolder(tmp_path / ("long" * 30))

    path = owner_socket(group.path)

    assert len(os.fsencode(path)) <= 100
    path.parent.mkdir(mode=0o700)
    group.delete()
    assert not path.parent.exists()


def test_a_worker_knows_the_others(tmp_path: Path) -> None:
    worker = Worker(2, 3, tmp_path, lambda: None)

    assert [path.name for path in worker.fellow_sockets] == ["1.sock", "3.sock"]
    assert [path.name for path in worker.fellow_counts_files] == ["1.counts", "3.counts"]
    assert (worker.socket.name, worker.counts_file.name) == ("2.sock", "2.counts")


def test_limits_on_calls_are_for_all_workers_together() -> None:
    whole = config.load(SERVICES, "config.yaml", {})

    one = share_limits(whole, 4)

    assert isinstance(one.semantic.index, config.DashVectorIndex)
    assert one.semantic.judge is not None
    assert (one.semantic.index.queries_per_second, one.semantic.judge.max_per_minute) == (22, 1)
    assert share_limits(config.Config(), 4) == config.Config()
