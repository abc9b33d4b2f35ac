"""The import rule: folders are layers, imports go inward only, and only the outermost layers know mitmproxy."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "addon" / "aicache"

LAYERS = [
    {"guards", "evidence", "patches"},
    {"domain"},
    {"formats", "adapters"},
    {"entries"},
    {"config", "engine", "cassette"},
    {"maintenance", "telemetry", "runtime"},
    {"proxy"},
    {"ui"},
    {"dashboard", "fastpath"},
    {"assembly"},
    {"addon", "cli"},
    {"pytest_plugin"},
    {"__main__"},
]
"""From the inside out. A module imports from its own folder and from folders of inner layers."""
KNOW_MITMPROXY = {"patches", "proxy", "ui", "dashboard", "fastpath", "assembly", "addon", "cli"}
LAYER = {folder: layer for layer, folders in enumerate(LAYERS) for folder in folders}
MODULES = sorted(PACKAGE.rglob("*.py"))


def folder_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@functools.cache
def imports(path: Path) -> set[str]:
    """Return the dotted names that a module imports, ``from`` parts included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports fail in a script that mitmproxy loads"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_every_folder_has_a_layer() -> None:
    assert {folder_of(path) for path in MODULES} - {"__init__"} == set(LAYER)


def test_modules_import_from_inner_layers_only() -> None:
    assert [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in MODULES
        for name in sorted(imports(path))
        if name.startswith("aicache.") and not is_further_in(name.split(".")[1], folder_of(path))
    ] == []


def is_further_in(other: str, own: str) -> bool:
    return other == own or LAYER[other] < LAYER[own]


def test_only_the_outer_layers_know_mitmproxy() -> None:
    assert [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in MODULES
        for name in sorted(imports(path))
        if name.split(".")[0] == "mitmproxy" and folder_of(path) not in KNOW_MITMPROXY
    ] == []


def test_beside_the_script_lies_the_package_and_nothing_else() -> None:
    """mitmproxy puts the folder on sys.path: a stray file there would shadow a module of the whole process."""
    assert {p.name for p in PACKAGE.parent.iterdir()} - {"__pycache__"} == {"ai_cache.py", "aicache"}
