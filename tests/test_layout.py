"""The import rule: data flows one way, and only the outermost modules know mitmproxy."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "addon" / "aicache"

PURE = {
    *("model", "controls", "chores", "keys", "sse", "guards", "policy", "ports", "formats"),
    *("entries", "pieces", "templates", "legacy", "breaker", "tee", "evidence", "trace", "report"),
    *("looptime", "masks", "outages", "deployment", "field_lists", "owners", "request_fields", "response_fields"),
}
MAY_IMPORT = {
    **dict.fromkeys(PURE, PURE),
    "model": set(),
    "prices": set(),
    "looptime": set(),
    "outages": set(),
    "ports": {"model"},
    "sse": set(),
    "chores": set(),
    "field_lists": set(),
    "request_fields": {"field_lists"},
    "header_misses": {"request_fields"},
    "masks": set(),
    "keys": {"chores", "guards", "masks", "model", "request_fields"},
    "owners": {"field_lists", "keys", "request_fields"},
    "formats": {"model", "sse", "formats"},
    "guards": {"model", "guards"},
    "evidence": {"model", "keys", "evidence"},
    "templates": {"formats", "sse"},
    "config": {"keys", "masks", "policy", "prices", "templates", "config"},
    "readers": {"looptime"},
    "settings": {"config", "evidence", "formats", "keys", "model", "policy", "request_fields", "templates"},
    "adapters": {"model", "ports", "breaker", "deployment", "looptime", "response_fields", "adapters"},
    "outside": {"breaker", "looptime", "outages", "ports"},
    "recovery": {"outside"},
    "addresses": set(),
    "listeners": {"addresses"},
    "ownconnections": {"addresses", "listeners"},
    "engine": PURE | {"outside"},
    "upkeep": PURE | {"engine", "upkeep"},
    "parts": PURE | {"adapters", "config", "engine", "recovery"},
    "wiring": PURE | {"adapters", "config", "engine", "parts", "settings"},
    "reporting": PURE | {"engine"},
    "messages": PURE | {"engine", "settings"},
    "batches": PURE | {"engine", "messages", "settings"},
    "doctor": PURE | {"adapters", "config", "engine", "parts", "wiring"},
    "replays": {"engine"},
    "leftover": PURE | {"batches", "messages"},
    "recorded": PURE | {"batches", "engine", "messages", "settings"},
    "warming": PURE | {"engine", "recorded", "settings", "upkeep"},
    "shortcuts": set(),
    "sources": set(),
    "atonce": set(),
    "dispatch": {"atonce", "shortcuts", "sources"},
    "passing": {"sources"},
    "unread": {"dispatch"},
    "lane": PURE | {"engine", "messages", "reporting", "sources", "lane"},
    "malformed": {"request_fields"},
    "speed": PURE | {"malformed", "config", "dispatch", "engine", "lane", "settings"},
    "addon": PURE
    | {"batches", "config", "engine", "header_misses", "listeners", "malformed", "messages", "ownconnections"}
    | {"leftover", "passing", "readers", "recorded", "replays", "reporting", "speed", "ui", "unread", "warming"}
    | {"wiring"},
    "ui": PURE
    | {
        "addresses",
        "batches",
        "config",
        "engine",
        "listeners",
        "messages",
        "outside",
        "prices",
        "reporting",
        "settings",
        "upkeep",
        "wiring",
        "ui",
    },
}
OUTERMOST = {
    *("addon", "atonce", "batches", "dispatch", "lane", "listeners", "malformed", "messages", "ownconnections"),
    *("leftover", "passing", "recorded", "replays", "shortcuts", "speed", "ui", "unread", "warming"),
}
MODULES = sorted(PACKAGE.rglob("*.py"))


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


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_imports_inward_only(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if part == "__init__":
        return

    inner = {name.split(".")[1] for name in imports(path) if name.startswith("aicache.")}

    assert inner <= MAY_IMPORT[part] | {part}, f"{path.name} reaches out to {inner - MAY_IMPORT[part]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_the_outermost_modules_know_mitmproxy(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")

    outermost = part in OUTERMOST
    assert outermost or not any(name.split(".")[0] == "mitmproxy" for name in imports(path))


def test_beside_the_script_lies_the_package_and_nothing_else() -> None:
    """mitmproxy puts the folder on sys.path: a stray file there would shadow a module of the whole process."""
    assert {p.name for p in PACKAGE.parent.iterdir()} - {"__pycache__"} == {"ai_cache.py", "aicache"}
