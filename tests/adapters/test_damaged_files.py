"""What is damaged is set aside under a name of its own, and what only cannot be used at the moment is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aicache.adapters.damaged_files import find_obstacle, find_set_aside, make_private, set_aside

ADDON = Path(__file__).parents[2] / "addon"
posix = pytest.mark.skipif(sys.platform == "win32", reason="limits of a process, modes of files")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "index"
    (folder / "0").mkdir(parents=True)
    (folder / "0" / "vectors").write_bytes(b"v")
    return folder


def test_it_has_another_name_and_no_other_reader(folder: Path) -> None:
    folder.chmod(0o755)

    aside = set_aside(folder)

    assert not folder.exists()
    assert aside.name.startswith("index.damaged-2")
    assert aside.stat().st_mode & 0o777 == 0o700
    assert (aside / "0" / "vectors").read_bytes() == b"v"


def test_the_one_before_goes_and_nothing_else(folder: Path) -> None:
    others = [folder.with_name(name) for name in ("index.begun", "index2", "index2.damaged-20200101T000000Z")]
    for other in others:
        other.mkdir()
    before = [folder.with_name(f"index.damaged-2020010{day}T000000Z") for day in (1, 2)]
    before[0].mkdir()
    (before[0] / "file").write_text("old")
    before[1].write_text("a file")

    aside = set_aside(folder)

    assert find_set_aside(folder) == [aside]
    assert all(other.exists() for other in others)


def test_a_link_is_set_aside_and_not_what_it_leads_to(folder: Path, tmp_path: Path) -> None:
    elsewhere = folder.rename(tmp_path / "elsewhere")
    elsewhere.chmod(0o755)
    folder.symlink_to(elsewhere)

    aside = set_aside(folder)

    assert aside.is_symlink()
    assert elsewhere.stat().st_mode & 0o777 == 0o755


def test_nothing_speaks_against_whole_files_nor_against_odd_ones(folder: Path) -> None:
    (folder / "dangling").symlink_to(folder / "nowhere")
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "fifo")

    assert find_obstacle(folder) is None
    assert sorted(path.name for path in folder.parent.iterdir()) == ["index"]


@posix
@pytest.mark.parametrize(
    ("limit", "why"),
    [("NOFILE, (30, 30)", "Too many open files"), ("FSIZE, (1 << 20, 1 << 20)", "File too large")],
)
def test_what_the_process_may_not_do_is_no_damage(folder: Path, limit: str, why: str) -> None:
    program = f"""
import resource, sys
from pathlib import Path
from aicache.adapters.damaged_files import find_obstacle
resource.setrlimit(resource.RLIMIT_{limit})
print(find_obstacle(Path(sys.argv[1])))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, "PYTHONPATH": str(ADDON)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == why
    assert sorted(path.name for path in folder.parent.iterdir()) == ["index"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")
def test_files_that_may_not_be_read_are_no_damage(folder: Path) -> None:
    (folder / "0" / "vectors").chmod(0)

    assert find_obstacle(folder) == "Permission denied"


@posix
def test_a_folder_is_tightened_to_its_last_file(folder: Path) -> None:
    (folder / "0" / "vectors").chmod(0o644)
    (folder / "0").chmod(0o755)
    outside = folder.parent / "outside"
    outside.write_text("another's")
    outside.chmod(0o644)
    (folder / "link").symlink_to(outside)

    make_private(folder)

    assert (folder / "0" / "vectors").stat().st_mode & 0o777 == 0o600
    assert (folder / "0").stat().st_mode & 0o777 == 0o700
    assert outside.stat().st_mode & 0o777 == 0o644
