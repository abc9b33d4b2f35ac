"""The environments that the commands make: once, whole, and with a clear word when it cannot be done."""

import hashlib
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
import installing
import interpreter
from aicache.cli import progress

SCRIPTS = environment.ROOT / "scripts"
posix = pytest.mark.skipif(os.name == "nt", reason="programs that are links or scripts")


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
    # not where the tests are started, and where a module may lie that the environment lacks
    return subprocess.run([python, "-c", f"import {module}"], cwd=python.parent, capture_output=True).returncode == 0


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


def test_changed_requirements_make_it_anew(root: Path) -> None:
    python = environment.packages("clients", [str(wheel(root, "second"))], root=root)

    assert not has(python, "first")
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


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_terminated_command_leaves_nothing_running_and_nothing_finished(tmp_path: Path) -> None:
    process = start(f"import pathlib, environment; environment.packages('x', [], root=pathlib.Path({str(tmp_path)!r}))")
    folder = tmp_path / ".venv" / f"{environment.PYTHON}-x"
    while not folder.exists() and process.poll() is None:
        time.sleep(0.01)

    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert "interrupted; the next start makes it again" in err
    assert not (folder / "finished.json").exists()


def test_two_commands_at_once_make_it_once(tmp_path: Path) -> None:
    file = str(wheel(tmp_path, "first"))
    code = f"import pathlib, environment; environment.packages('x', [{file!r}], root=pathlib.Path({str(tmp_path)!r}))"

    processes = [start(code), start(code)]
    errors = [process.communicate(timeout=100)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert sorted("making the environment" in err for err in errors) == [False, True]


COMMAND = """\
#!/usr/bin/env python3
import sys

import environment
import installing

print(environment.project(extras="extras" in sys.argv))
"""


class Project:
    """A project of its own, with the real modules; its lock files name wheels that lie beside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.locks = root / "scripts" / "locks"
        self.folder = root / ".venv" / environment.PYTHON
        self.programs = root / "programs"
        for folder in (self.locks, root / "addon", self.programs, root / "wheels"):
            folder.mkdir(parents=True)
        for name in ("environment.py", "installing.py", "interpreter.py"):
            shutil.copy(SCRIPTS / name, root / "scripts")
        for name in ("__init__.py", "cli/__init__.py", "cli/progress.py"):
            (root / "addon" / "aicache" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SCRIPTS.parent / "addon" / "aicache" / name, root / "addon" / "aicache" / name)
        (root / "scripts" / "make").write_text(COMMAND)
        (root / "addon" / "ours.py").touch()
        (self.locks / "uv.txt").write_text(f"uv==0.0.1 --hash=sha256:{'0' * 64}\n")  # which nobody has
        self.lock("", "first")
        self.lock("-extras", "extra")

    def lock(self, kind: str, name: str, *metadata: str, digest: str = "") -> None:
        """Let a lock file be of one wheel, which is made for it."""
        digest = digest or hashlib.sha256(wheel(self.root / "wheels", name, *metadata).read_bytes()).hexdigest()
        (self.locks / f"{interpreter.version()}{kind}.txt").write_text(f"{name}==1 \\\n    --hash=sha256:{digest}\n")

    def program(self, name: str, target: Path | str) -> None:
        """Put a program on the PATH: one that there is, or the text of a script."""
        file = self.programs / name
        if isinstance(target, Path):
            file.symlink_to(target)
        else:
            file.write_text(target)
            file.chmod(0o755)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        wheels = str(self.root / "wheels")
        variables = {
            "PATH": str(self.programs),
            "HOME": str(self.root),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_FIND_LINKS": wheels,
            "PIP_NO_INDEX": "1",
            "UV_CACHE_DIR": str(self.root / "cache"),
            "UV_FIND_LINKS": wheels,
            "UV_OFFLINE": "1",
        }
        command = [sys.executable, "scripts/make", *arguments]
        return subprocess.run(command, cwd=self.root, env=variables, capture_output=True, text=True, timeout=100)

    def made(self, *arguments: str) -> Path:
        done = self.make(*arguments)
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def real_uv() -> Path:
    found = environment.uv()
    if found is None:
        pytest.skip("uv is not available here")
    return found


@pytest.fixture
def project(tmp_path: Path, real_uv: Path) -> Project:
    project = Project(tmp_path / "project")
    project.program("uv", real_uv)
    return project


@pytest.fixture
def project_without_uv(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@posix
def test_project_is_what_its_lock_says_and_is_imported_from_where_it_lies(project: Project) -> None:
    project.lock("", "first", "Requires-Dist: absent>=3")  # what is locked is not resolved once more

    python = project.made()

    assert [has(python, module) for module in ("first", "ours", "extra", "pip")] == [True, True, False, False]


@posix
def test_extras_are_added_to_an_environment_that_may_be_in_use_and_stay(project: Project) -> None:
    (project.made().parent / "in-use").touch()

    python = project.made("extras")
    again = project.make()

    assert [has(python, module) for module in ("first", "ours", "extra")] == [True, True, True]
    assert (python.parent / "in-use").exists()
    assert "making" not in again.stderr


@posix
def test_changed_lock_leaves_nothing_of_before(project: Project) -> None:
    project.made("extras")
    project.lock("", "second")

    python = project.made("extras")

    assert [has(python, module) for module in ("first", "second", "extra")] == [False, True, True]


@posix
def test_an_environment_that_is_made_anew_by_a_command_without_extras_has_them_again(project: Project) -> None:
    project.made("extras")
    project.lock("", "second")

    python = project.made()

    assert [has(python, module) for module in ("first", "second", "extra")] == [False, True, True]


@posix
def test_another_file_of_the_same_name_and_version_is_refused_with_pips_last_lines_and_one_of_ours(
    project: Project,
) -> None:
    project.lock("", "first", digest="0" * 64)

    refused = project.make()

    *above, last = refused.stderr.splitlines()
    assert refused.returncode == 1
    assert "pip failed with exit code 1; its last lines are above" in last  # it may know better, and does not
    assert any("first==1" in line and "trying pip" not in line for line in above)
    assert not (project.folder / "finished.json").exists()


@posix
def test_where_uv_fails_or_is_not_there_pip_makes_the_same(project_without_uv: Project) -> None:
    project_without_uv.program("uv", "#!/bin/sh\n[ $1 = --version ] || { echo no such thing; exit 3; }\n")
    failed = project_without_uv.make()
    (project_without_uv.programs / "uv").unlink()
    absent = project_without_uv.make("extras")

    python = Path(absent.stdout.strip())
    assert python == Path(failed.stdout.strip())
    assert [has(python, module) for module in ("first", "ours", "extra")] == [True, True, True]
    assert "uv failed with exit code 3 (no such thing); trying pip" in failed.stderr
    assert "uv is not available: pip failed" in absent.stderr


@posix
def test_python_without_ensurepip_and_uv_is_told_the_way_out(project_without_uv: Project) -> None:
    command = project_without_uv.root / "scripts" / "make"
    command.write_text(COMMAND.replace("import sys", "import sys; sys.modules['ensurepip'] = None"))

    done = project_without_uv.make()

    assert done.returncode == 1
    assert "make: this Python" in done.stderr.splitlines()[-1]
    assert "-venv`" in done.stderr.splitlines()[-1]


@posix
def test_pips_index_is_uvs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.test/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)

    assert installing.settings("uv")["UV_DEFAULT_INDEX"] == "https://index.test/simple"
    assert "UV_DEFAULT_INDEX" not in installing.settings("pip")

    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.test/simple")
    assert installing.settings("uv")["UV_DEFAULT_INDEX"] == "https://own.test/simple"


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

    with pytest.raises(SystemExit, match="Node and npm are needed and are not on the PATH"):
        environment.node_packages("clients", ["first"], root=tmp_path)


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
    assert progress.parse_activity(line) == doing


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_keeps_to_one_line_on_a_terminal() -> None:
    out = Terminal()
    shown = progress.Progress("venv", out)

    shown.show()
    shown.task = "collecting redis"
    shown.show()
    shown.clear()

    assert "\n" not in out.getvalue()
    assert "   0 s  collecting redis" in out.getvalue()
    assert out.getvalue().endswith("\r")
