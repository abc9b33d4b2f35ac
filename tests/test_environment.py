"""The environments that the commands make: once, whole, and with a clear word when it cannot be done."""

import ast
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import environment
import progress

SCRIPTS = environment.ROOT / "scripts"
PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "tiny"
version = "1"
"""
BACKEND = """\
import shutil

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return shutil.copy("{wheel}", wheel_directory).rpartition("/")[2]
"""


def wheel(folder: Path, name: str, *metadata: str) -> Path:
    """The smallest wheel there is: one module that says its name."""
    folder.mkdir(exist_ok=True)
    path, info = folder / f"{name}-1-py3-none-any.whl", f"{name}-1.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"print({name!r})\n")
        archive.writestr(
            f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1", *metadata, ""])
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def tarball(folder: Path, name: str) -> Path:
    """The smallest package of npm's there is: it exports its name, and would leave a mark where it is installed."""
    path = folder / f"{name}-1.0.0.tgz"
    install = {"install": "node -e \"require('fs').writeFileSync('ran', '')\""}
    files = {
        "package.json": json.dumps({"name": name, "version": "1.0.0", "main": "main.js", "scripts": install}),
        "main.js": f"module.exports = {name!r};",
    }
    with tarfile.open(path, "w:gz") as archive:
        for file, text in files.items():
            entry = tarfile.TarInfo(f"package/{file}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def has(python: Path, module: str) -> bool:
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def start(code: str) -> subprocess.Popen[str]:
    code = f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); sys.argv = ['serve']; {code}"
    return subprocess.Popen([sys.executable, "-c", code], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project's folder in which an environment with one package has been made."""
    root = tmp_path_factory.mktemp("made")
    environment.packages("clients", [str(wheel(root, "first"))], root=root)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Iterator[Path]:
    """The same for one test to spoil; afterwards it is as it was, and where it was."""
    kept = tmp_path / "kept"
    shutil.copytree(made / ".venv", kept, symlinks=True)
    yield made
    shutil.rmtree(made / ".venv")
    kept.rename(made / ".venv")


def test_holds_what_was_asked_for(made: Path) -> None:
    python = environment.packages("clients", [str(made / "first-1-py3-none-any.whl")], root=made)

    assert python.is_relative_to(made / ".venv" / f"{environment.PYTHON}-clients")
    assert has(python, "first")


def test_second_start_does_nothing(made: Path, capfd: pytest.CaptureFixture[str]) -> None:
    stamp = made / ".venv" / f"{environment.PYTHON}-clients" / "finished.json"
    before = stamp.stat().st_mtime_ns

    environment.packages("clients", [str(made / "first-1-py3-none-any.whl")], root=made)

    assert stamp.stat().st_mtime_ns == before
    assert capfd.readouterr() == ("", "")


def test_changed_requirements_are_installed_into_it(root: Path) -> None:
    files = [str(root / "first-1-py3-none-any.whl"), str(wheel(root, "second"))]

    python = environment.packages("clients", files, root=root)

    assert has(python, "first")
    assert has(python, "second")


def test_dependencies_that_are_not_wanted_are_left_out(tmp_path: Path) -> None:
    wheel(tmp_path, "small")
    needs = [f"Requires-Dist: small @ file://{tmp_path}/small-1-py3-none-any.whl", "Requires-Dist: large==1"]
    file = str(wheel(tmp_path, "wanted", *needs, "Requires-Dist: other==1 ; extra == 'all'"))

    python = environment.packages("x", [file], root=tmp_path, without=["large"])

    assert [has(python, module) for module in ("wanted", "small", "large", "other")] == [True, True, False, False]


def test_half_made_environment_is_made_anew(root: Path) -> None:
    folder = root / ".venv" / f"{environment.PYTHON}-clients"
    (folder / "finished.json").unlink()
    (folder / "rubbish").touch()

    environment.packages("clients", [str(root / "first-1-py3-none-any.whl")], root=root)

    assert not (folder / "rubbish").exists()


def test_environment_whose_python_has_gone_is_made_anew(root: Path) -> None:
    folder = root / ".venv" / f"{environment.PYTHON}-clients"
    python = environment.Environment(folder, "").python
    python.unlink()
    python.symlink_to(root / "uninstalled" / "python")

    assert has(environment.packages("clients", [str(root / "first-1-py3-none-any.whl")], root=root), "first")


def test_failure_shows_pips_last_lines_and_one_of_ours(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="pip failed with exit code 1; its last lines are above"):
        environment.packages("clients", [str(root / "missing-1-py3-none-any.whl")], root=root)

    assert "missing-1-py3-none-any.whl" in capsys.readouterr().err
    assert not (root / ".venv" / f"{environment.PYTHON}-clients" / "finished.json").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_terminated_command_leaves_nothing_running_and_nothing_finished(tmp_path: Path) -> None:
    process = start(f"import pathlib, environment; environment.packages('x', [], root=pathlib.Path({str(tmp_path)!r}))")
    folder = tmp_path / ".venv" / f"{environment.PYTHON}-x"
    while not folder.exists() and process.poll() is None:
        time.sleep(0.01)

    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "interrupted; the next start begins again" in err
    assert not (folder / "finished.json").exists()


def test_two_commands_at_once_make_it_once(tmp_path: Path) -> None:
    file = str(wheel(tmp_path, "first"))
    code = f"import pathlib, environment; environment.packages('x', [{file!r}], root=pathlib.Path({str(tmp_path)!r}))"

    processes = [start(code), start(code)]
    errors = [process.communicate(timeout=100)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert sorted("making the environment" in err for err in errors) == [False, True]


def test_project_keeps_extras_and_ignores_settings_of_tools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extra = wheel(tmp_path, "extra")
    needs = f"Requires-Dist: extra @ {extra.as_uri()} ; extra == 'test'"
    tiny = wheel(tmp_path / "dist", "tiny", "Provides-Extra: test", needs)
    (tmp_path / "backend.py").write_text(BACKEND.format(wheel=tiny.as_posix()))
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)

    python = environment.project("test", root=tmp_path)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT + "[tool.ruff]\nline-length = 120\n")
    capsys.readouterr()
    environment.project(root=tmp_path)

    assert has(python, "tiny")
    assert has(python, "extra")
    assert capsys.readouterr().err == ""

    (tmp_path / "pyproject.toml").write_text(PYPROJECT + 'description = "changed"\n')
    environment.project(root=tmp_path)

    assert "is ready after" in capsys.readouterr().err
    assert json.loads((tmp_path / ".venv" / environment.PYTHON / "finished.json").read_text())["extras"] == ["test"]


needs_node = pytest.mark.skipif(not environment.has_node(), reason="there is no Node with npm")


@needs_node
def test_packages_of_npm_are_installed_once_and_run_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tarball(tmp_path, "first"))
    folder = environment.node_packages("clients", [file], root=tmp_path)
    capsys.readouterr()

    again = environment.node_packages("clients", [file], root=tmp_path)
    code = "import first from 'first'; console.log(first)"
    said = subprocess.run(["node", "--input-type=module", "-e", code], cwd=folder, capture_output=True, text=True)

    assert folder == again == tmp_path / ".venv" / "node-clients"
    assert capsys.readouterr() == ("", "")
    assert said.stdout == "first\n"
    assert not (folder / "node_modules" / "first" / "ran").exists()
    assert not (folder / "package-lock.json").exists()


@needs_node
def test_changed_requirements_of_npm_make_it_anew(tmp_path: Path) -> None:
    environment.node_packages("clients", [str(tarball(tmp_path, "first"))], root=tmp_path)

    folder = environment.node_packages("clients", [str(tarball(tmp_path, "second"))], root=tmp_path)

    assert [path.name for path in (folder / "node_modules").iterdir() if path.is_dir()] == ["second"]


@needs_node
def test_failure_shows_npms_last_lines_and_one_of_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="npm failed with exit code"):
        environment.node_packages("clients", [str(tmp_path / "missing-1.0.0.tgz")], root=tmp_path)

    assert "missing-1.0.0.tgz" in capsys.readouterr().err
    assert not (tmp_path / ".venv" / "node-clients" / "finished.json").exists()


def test_machine_without_node_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SystemExit, match="Node and its npm are needed, and are not on the PATH"):
        environment.node_packages("clients", ["first"], root=tmp_path)


@pytest.mark.parametrize("name", ["environment.py", "serve", "test", "lint"])
def test_parses_on_pythons_that_are_too_old(name: str) -> None:
    ast.parse((SCRIPTS / name).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_too_old_python_is_told_in_one_line() -> None:
    process = start("sys.version_info = (3, 9, 18, 'final', 0); import environment")

    _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert err.startswith("serve: Python 3.11 or newer is needed")
    assert err.count("\n") == 1


def test_python_without_venv_is_told_the_way_out_in_one_line(tmp_path: Path) -> None:
    code = "import pathlib, environment; sys.modules['ensurepip'] = None; "
    process = start(code + f"environment.packages('x', [], root=pathlib.Path({str(tmp_path)!r}))")

    _, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "-venv` brings it" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "doing"),
    [
        ("Collecting mitmproxy<13,>=11.0.2 (from mitmproxy-ai-cache==0.1.0)", "collecting mitmproxy"),
        ("  Downloading zvec-0.8.0-cp311-cp311.whl (18.1 MB)", "downloading zvec-0.8.0-cp311-cp311.whl (18.1 MB)"),
        ("  Downloading https://host/path/idna-3.whl.metadata (70 kB)", "downloading idna-3.whl.metadata (70 kB)"),
        ("Installing collected packages: a, b, c", "installing 3 packages"),
        ("Building wheel for sgmllib3k (pyproject.toml): started", "building sgmllib3k"),
        ("Requirement already satisfied: redis in /somewhere", None),
    ],
)
def test_progress_says_what_pip_is_doing(line: str, doing: str | None) -> None:
    assert progress.activity(line) == doing


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_keeps_to_one_line_on_a_terminal() -> None:
    out = Terminal()
    shown = progress.Progress("venv", out)

    shown.show()
    shown.doing = "collecting redis"
    shown.show()
    shown.clear()

    assert "\n" not in out.getvalue()
    assert "   0 s  collecting redis" in out.getvalue()
    assert out.getvalue().endswith("\r")
