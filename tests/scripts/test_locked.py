"""The lock files: they are of what pyproject.toml says, name no place, and are what the environment holds."""

from __future__ import annotations

import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import environment
import interpreter
import locked

FILES = sorted(interpreter.LOCKS.glob("3.*.txt"))
PYPROJECT = tomllib.loads((environment.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SYSTEMS = [
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin", "platform_machine": "arm64"},
    {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin", "platform_machine": "x86_64"},
    {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows", "platform_machine": "AMD64"},
]
in_own_environment = pytest.mark.skipif(
    not Path(sys.executable).is_relative_to(environment.ROOT / ".venv"), reason="wants scripts/test's own environment"
)


def text_of(name: str) -> str:
    return (interpreter.LOCKS / name).read_text("utf-8")


def pins(version: str, *, extras: bool, system: dict[str, str]) -> dict[str, Version]:
    """What is installed for a Python on a system."""
    texts = [text_of(f"{version}.txt"), *([text_of(f"{version}-extras.txt")] if extras else [])]
    variables = {**default_environment(), **system, "python_version": version, "python_full_version": f"{version}.9"}
    return {
        name: Version(pinned)
        for text in texts
        for name, (pinned, marker) in locked.pins(text).items()
        if not marker or Marker(marker).evaluate({**variables, "platform_python_implementation": "CPython"})
    }


def requirements(extras: bool) -> Iterator[Requirement]:
    groups = PYPROJECT["optional-dependencies"].values() if extras else ()
    for line in [*PYPROJECT["dependencies"], *(line for group in groups for line in group)]:
        if (requirement := Requirement(line)).name != PYPROJECT["name"]:
            yield requirement


def test_there_is_one_for_each_python() -> None:
    kinds = [f"{version}{kind}.txt" for version in interpreter.VERSIONS for kind in ("", "-extras")]

    assert sorted(kinds) == [file.name for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_is_of_the_present_requirements(file: Path) -> None:
    assert locked.recorded_digest(file.read_text("utf-8")) == locked.digest(), "scripts/lock brings it up to date"


def test_that_of_uv_is_of_its_requirement() -> None:
    assert locked.recorded_digest(text_of(locked.TOOL)) == locked.digest_of(locked.TOOL_PROJECT)
    assert list(locked.pins(text_of(locked.TOOL))) == ["uv"]


@pytest.mark.parametrize("name", [file.name for file in interpreter.LOCKS.iterdir()])
def test_none_names_a_place_or_an_option(name: str) -> None:
    text = text_of(name)

    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE)
    assert not re.search(r"\b[\w-]+\.(org|com|net|io|dev)\b", text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_line_is_a_pin_or_a_hash_of_one(file: Path) -> None:
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("#")]
    pinned = [line for line in lines if not line.startswith(" ")]

    assert len(pinned) == len(locked.pins(file.read_text("utf-8")))
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines if line.startswith(" "))


@pytest.mark.parametrize("version", interpreter.VERSIONS)
@pytest.mark.parametrize("system", SYSTEMS, ids=lambda each: f"{each['sys_platform']}-{each['platform_machine']}")
@pytest.mark.parametrize("extras", [False, True])
def test_every_requirement_is_met(version: str, system: dict[str, str], extras: bool) -> None:
    pinned = pins(version, extras=extras, system=system)

    for requirement in requirements(extras):
        if requirement.marker is None or requirement.marker.evaluate({**system, "python_version": version}):
            assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, requirement


@pytest.mark.parametrize("version", interpreter.VERSIONS)
def test_roots_are_current_and_no_package_is_in_both(version: str) -> None:
    base, extras = (locked.pins(text_of(f"{version}{kind}.txt")) for kind in ("", "-extras"))

    assert Version(base["certifi"][0]) >= Version("2026")
    assert not base.keys() & extras.keys()
    assert {"pytest", "ruff", "playwright", "matplotlib"} <= extras.keys()  # with which no proxy is started


@pytest.mark.parametrize("version", interpreter.PREFERRED)
def test_what_is_preferred_has_no_mitmproxy_of_known_faults(version: str) -> None:
    pinned = pins(version, extras=False, system=SYSTEMS[0])

    assert pinned["mitmproxy"] >= Version("12.2.2")
    assert pinned["h2"] >= Version("4.3")
    assert pinned["h11"] >= Version("0.16")


@in_own_environment
def test_the_environment_is_what_is_locked_and_nothing_else() -> None:
    here = {name: Version(pinned) for text in _texts() for name, pinned in _here(text).items()}

    installed = {
        canonicalize_name(each.metadata["Name"]): Version(each.version)
        for each in importlib.metadata.distributions(path=[entry for entry in sys.path if "site-packages" in entry])
    }

    installed.pop(canonicalize_name("pip"), None)  # what made it where there was no uv
    installed.pop(canonicalize_name("setuptools"), None)
    assert installed == here


def _texts() -> list[str]:
    return [text_of(f"{interpreter.version()}{kind}.txt") for kind in ("", "-extras")]


def _here(text: str) -> dict[str, str]:
    return {name: pin for name, (pin, marker) in locked.pins(text).items() if not marker or Marker(marker).evaluate()}


@pytest.mark.parametrize(
    ("file", "fit"),
    [
        ("a-1-py3-none-any.whl", True),
        ("a-1-py2.py3-none-any.whl", True),
        ("a-1-py2-none-any.whl", False),
        ("a-1-py37-none-any.whl", True),
        ("a-1-py3-none-manylinux_2_28_x86_64.whl", True),
        ("a-1-cp312-cp312-win_amd64.whl", True),
        ("a-1-cp312-none-win_amd64.whl", True),
        ("a-1-cp311-cp311-win_amd64.whl", False),
        ("a-1-cp313-cp313-win_amd64.whl", False),
        ("a-1-cp313-cp313t-win_amd64.whl", False),
        ("a-1-cp39-abi3-macosx_11_0_arm64.whl", True),
        ("a-1-cp313-abi3-macosx_11_0_arm64.whl", False),
        ("a-1-pp311-pypy311_pp73-win_amd64.whl", False),
        ("a-1-1-cp312-cp312-musllinux_1_2_x86_64.manylinux2014_x86_64.whl", True),
    ],
)
def test_wheels_that_a_python_can_use(file: str, fit: bool) -> None:
    assert locked.fits(file, "3.12") is fit


def test_a_package_without_a_wheel_is_told() -> None:
    package = {"name": "a", "version": "1", "wheels": [{"name": "a-1-cp310-cp310-any.whl", "hashes": {"sha256": ""}}]}

    with pytest.raises(ValueError, match=r"a 1 has no wheel for Python 3\.12"):
        locked.render_lock_file("It.", "digest", [package], "3.12")


def test_what_is_written_is_read() -> None:
    whole = locked.environment("3.12")
    wheels = [{"url": f"https://index.test/x/a-1-py3-none-any{i}.whl", "hashes": {"sha256": str(i) * 64}} for i in "21"]
    found = [
        {"name": "a", "version": "1", "marker": whole, "wheels": wheels},
        {"name": "b", "version": "2", "marker": f"{whole} and sys_platform == 'win32'", "wheels": wheels[:1]},
    ]

    text = locked.render_lock_file("It.", "0123abc", found, "3.12")

    assert locked.recorded_digest(text) == "0123abc"
    assert locked.pins(text) == {"a": ("1", ""), "b": ("2", "sys_platform == 'win32'")}
    assert "index.test" not in text
