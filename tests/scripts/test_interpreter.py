"""Which Python the commands run on: real ones, under the names by which they are found."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import environment
import interpreter

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Pythons that are links")
SCRIPTS = environment.ROOT / "scripts"
OWN = interpreter.version()
REAL = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
NEW = pytest.mark.skipif(OWN == interpreter.FALLBACK, reason="runs on the fallback itself")
COMMANDS = sorted(file.name for file in SCRIPTS.iterdir() if file.is_file() and not file.suffix)


class Machine:
    """A machine that has nothing but the Pythons that a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path: list[Path] = []

    def python(self, name: str, folder: str = "bin") -> Path:
        """Put the Python that the tests run on there, under a name."""
        place = self.folder / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(REAL)
        if place not in self.path:
            self.path.append(place)
        return place / name

    def broken(self, name: str, folder: str = "shims") -> None:
        """Put a name there behind which nothing is, as version managers do."""
        place = self.folder / folder
        place.mkdir()
        (place / name).write_text("#!/bin/sh\necho no such version >&2; exit 127\n")
        (place / name).chmod(0o755)
        self.path.append(place)

    def start(self, version: tuple[int, int], **variables: str) -> subprocess.CompletedProcess[str]:
        """Start a command as if by a Python of that version, and let it say which one it goes on with."""
        before = f"sys.version_info = ({version[0]}, {version[1]}, 9, 'final', 0)"
        code = (
            f"import os, sys; sys.path.insert(0, {str(SCRIPTS)!r}); sys.argv[0] = 'serve'\n"
            f"if {interpreter.SETTLED!r} not in os.environ: {before}\n"
            f"import interpreter; interpreter.settle()\n"
            f"print(sys.executable, *sys.version_info[:2])"
        )
        environ = {"PATH": os.pathsep.join(map(str, self.path)), "HOME": str(self.folder), **variables}
        return subprocess.run([REAL, "-c", code], env=environ, capture_output=True, text=True, timeout=60)

    def chosen(self, version: tuple[int, int], **variables: str) -> Path:
        done = self.start(version, **variables)
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.split()[0])


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@NEW
@pytest.mark.parametrize("version", [(3, 6), (3, 10), (3, 11), (3, 99)])
def test_a_newer_one_on_the_path_is_taken(machine: Machine, version: tuple[int, int]) -> None:
    python = machine.python(f"python{OWN}")

    assert machine.chosen(version) == python


@NEW
def test_a_name_behind_which_nothing_runs_is_passed_over(machine: Machine) -> None:
    machine.broken(f"python{OWN}")
    python = machine.python(f"python{OWN}")

    assert machine.chosen((3, 11)) == python


@NEW
def test_a_name_that_promises_another_version_is_not_believed(machine: Machine) -> None:
    wrong = next(version for version in interpreter.PREFERRED if version != OWN)
    machine.python(f"python{wrong}")

    assert machine.start((3, 10)).returncode == 1


@NEW
@pytest.mark.parametrize("root", ["PYENV_ROOT", "HOME"])
def test_pyenvs_are_found_without_its_shims(machine: Machine, root: str) -> None:
    place = {"PYENV_ROOT": "elsewhere", "HOME": ".pyenv"}[root]
    python = machine.python("python", f"{place}/versions/{OWN}.7/bin")
    machine.path.clear()

    assert machine.chosen((3, 11), PYENV_ROOT=str(machine.folder / "elsewhere")) == python


@NEW
def test_uvs_own_are_found_and_none_is_downloaded(machine: Machine) -> None:
    python = machine.python("a-python", "uv-keeps-it-here")
    machine.path.clear()
    folder = machine.folder / "bin"
    folder.mkdir()
    (folder / "uv").write_text(
        f'#!/bin/sh\ncase "$*" in *--no-python-downloads*{OWN}) echo {python};; *) exit 2;; esac\n'
    )
    (folder / "uv").chmod(0o755)
    machine.path.append(folder)

    assert machine.chosen((3, 11)) == python


def test_one_that_is_new_enough_is_kept(machine: Machine) -> None:
    for version in interpreter.VERSIONS:
        machine.python(f"python{version}")

    assert machine.chosen((3, 12)).resolve() == REAL
    assert machine.chosen((3, 12)).parent != machine.path[0]


def test_with_nothing_newer_the_fallback_stays(machine: Machine) -> None:
    done = machine.start((3, 11))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1:] == ["3", "11"]


def test_with_nothing_at_all_one_line_says_what_is_needed(machine: Machine) -> None:
    refused = machine.start((3, 9))

    assert refused.returncode == 1
    assert refused.stderr.startswith("serve: Python 3.11 or newer is needed (3.13 or 3.12 is best")
    assert refused.stderr.count("\n") == 1


def test_a_version_that_is_named_is_taken(machine: Machine) -> None:
    python = machine.python(f"python{OWN}")

    assert machine.chosen((3, 98), AI_CACHE_PYTHON=OWN) == python


def test_a_path_that_is_named_is_taken(machine: Machine) -> None:
    python = machine.python("my-own", "somewhere")
    machine.path.clear()

    assert machine.chosen((3, 10), AI_CACHE_PYTHON=str(python)) in (python, REAL)


@pytest.mark.parametrize("named", ["3.12", "3.2", "python9", "/nowhere/python"])
def test_what_is_named_and_cannot_be_had_is_told_in_one_line(machine: Machine, named: str) -> None:
    refused = machine.start((3, 11), AI_CACHE_PYTHON=named)

    assert refused.returncode == 1
    assert refused.stderr.startswith("serve: AI_CACHE_PYTHON: ")
    assert named in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_what_is_named_and_runs_already_goes_on(machine: Machine) -> None:
    assert machine.chosen((3, 11), AI_CACHE_PYTHON="3.11").resolve() == REAL


def test_importing_it_starts_nothing_anew(machine: Machine) -> None:
    machine.python(f"python{OWN}")
    code = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); sys.version_info = (3, 11, 1, 'final', 0)\n"

    done = subprocess.run(
        [REAL, "-c", f"{code}import environment; print(environment.PYTHON)"],
        env={"PATH": os.pathsep.join(map(str, machine.path)), "HOME": str(machine.folder)},
        capture_output=True,
        text=True,
    )

    assert done.stdout.strip() == "cpython-3.11"


@pytest.mark.parametrize("name", ["environment.py", "interpreter.py", *COMMANDS])
def test_commands_parse_on_pythons_that_are_too_old(name: str) -> None:
    """They have to come as far as changing to a newer one."""
    text = (SCRIPTS / name).read_text(encoding="utf-8")

    tree = ast.parse(text, feature_version=(3, 6))

    imported = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [each.module if isinstance(each, ast.ImportFrom) else each.names[0].name for each in imported]
    own = [each for each in names if each and (SCRIPTS / f"{each.partition('.')[0]}.py").exists()]
    assert [*own, "interpreter"][0] in ("environment", "interpreter")
