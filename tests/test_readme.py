"""The documents are held to the code: what they name exists, links resolve, commands parse, tables are complete."""

from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

import environment
from aicache import config
from aicache.config import docs
from aicache.domain import request_directives
from aicache.domain.policy import Rules
from aicache.domain.resource_usage import DiskUsage, ResourceUsage, StoreUsage
from aicache.engine import Engine
from aicache.telemetry.counters import Counters
from aicache.telemetry.health import collect_health
from aicache.telemetry.prometheus import Metrics
from aicache.ui.cassette_commands import CassetteCommands
from aicache.ui.commands import Commands
from e2e.preloaded import PRELOADED
from test_layout import LAYERS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "addon" / "aicache"
PAGES = ROOT / ".github" / "docs"
README, CHINESE = ROOT / "README.md", PAGES / "README.zh.md"
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob(".github/**/*.md"), *PACKAGE.rglob("README.md"), *ROOT.glob("*/README.md")]
)
FOR_DEVELOPERS = [path for path in DOCUMENTS if path.parent not in (ROOT, PAGES) and path.name != "SECURITY.md"]
"""Here everything in backticks that looks like a path is one; elsewhere only what begins with one of our folders."""

MAX_README_LINES = 150
RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=400)
SECRETS = dict.fromkeys(
    ("REDIS_PASSWORD", "DASHSCOPE_API_KEY", "DASHVECTOR_API_KEY", "PGPASSWORD", "AI_CACHE_SECRET"), "0" * 16
)

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`([\w.*-]+(?:/[\w.*-]+)*(?:/|\.(?:py|md|yaml|yml|toml|sh|txt))|[\w.-]+/[\w./-]+)`")
_OURS = ("addon/", "scripts/", "tests/", ".github/", ".ci/")

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def text(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(path: Path, language: str) -> list[str]:
    return [block for name, block in _FENCED.findall(text(path)) if name == language]


def prose(path: Path) -> str:
    return _FENCED.sub("", text(path))


# ---------------------------------------------------------------------- links and paths


@functools.cache
def anchors(path: Path) -> set[str]:
    """Return the anchors that GitHub gives to a document's headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", prose(path), re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
        found.add(slug if slug not in found else f"{slug}-1")
    return found


@each_document
def test_every_link_between_documents_resolves(path: Path) -> None:
    for link in _LINK.findall(prose(path)):
        if ":" in link:
            continue
        place, _, anchor = link.partition("#")
        target = (path.parent / place).resolve() if place else path

        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@each_document
def test_every_path_named_exists(path: Path) -> None:
    """Paths in folders that git ignores, such as the environments, exist on some machines only."""
    ignored = tuple(line for line in text(ROOT / ".gitignore").split() if line.endswith("/"))

    for named in _PATH.findall(prose(path)):
        if named.startswith(ignored):
            continue
        if path in FOR_DEVELOPERS or named.startswith(_OURS):
            assert any(any(base.glob(named)) for base in (ROOT, path.parent, PACKAGE)), named


def test_the_picture_of_the_layers_is_the_layout_tests() -> None:
    picture = next(block for block in blocks(PACKAGE / "README.md", "") if "fastpath/" in block)
    lines = [set(re.findall(r"(\w+)(?:/|\.py)", line[:48])) for line in picture.splitlines()]

    assert [line for line in reversed(lines) if line] == [layer for layer in LAYERS if layer != {"__main__"}]


def test_the_glossary_has_the_words_of_the_code() -> None:
    terms = re.findall(r"^\| ([a-z ,]+) \|", text(PACKAGE / "README.md").partition("## Glossary")[2], re.MULTILINE)

    assert {"namespace", "scope", "traffic segment", "neighbor", "entry", "exchange", "variant"} <= set(terms)


def test_the_readme_is_short() -> None:
    assert len(text(README).splitlines()) <= MAX_README_LINES


@pytest.mark.parametrize(
    "change",
    [
        "add an API format",
        "change what is refused as a semantic hit",
        "add a vector index",
        "add a metric",
        "change a dashboard text",
    ],
)
def test_contributing_says_where_to_change_what(change: str) -> None:
    table = text(ROOT / ".github" / "CONTRIBUTING.md")
    row = next(line for line in table.splitlines() if line.startswith(f"| {change} |"))
    _, _, where, tests, _ = row.split("|")

    assert any(named.startswith("addon/aicache/") for named in _PATH.findall(where))
    assert any(named.startswith("tests/") for named in _PATH.findall(tests))


def test_the_workflow_runs_what_ci_runs() -> None:
    workflow = yaml.safe_load(text(ROOT / ".github" / "workflows" / "test.yml"))

    assert ".ci/run" in [step.get("run") for step in workflow["jobs"]["test"]["steps"]]


def test_every_page_is_in_the_readmes_table() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in _LINK.findall(text(README)) if ":" not in link}

    assert set(PAGES.glob("*.md")) <= linked


# ---------------------------------------------------------------------- commands


def commands(path: Path) -> Iterator[list[str]]:
    """Yield the commands of ours in a document's shell blocks, as words, up to what they hand on to mitmproxy."""
    for block in blocks(path, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
            starts = [i for i, word in enumerate(words) if word.startswith("scripts/") or word == "ai-cache"]
            for start in starts:
                rest = words[start:]
                end = next((i for i, word in enumerate(rest) if word == "--" or set(word) <= set("();<>|&")), len(rest))
                yield rest[:end]


@functools.cache
def help_of(command: str, *words: str) -> str:
    """Return a command's ``--help``, of a subcommand where it has one. *command* runs on this Python's environment."""
    if "/" in command:
        start = [sys.executable, str(ROOT / command), *words, "--help"]
        ran = subprocess.run(start, capture_output=True, text=True, timeout=60, check=False)
    else:
        ran = PRELOADED.run([sys.executable, "-m", "aicache", *words, "--help"], os.environ, 60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def describes(told: str, flag: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", told) is not None


def test_the_documents_have_commands() -> None:
    assert {name for path in DOCUMENTS for name, *_ in commands(path)} >= {"scripts/serve", "scripts/test"}
    assert len(list(commands(CHINESE))) > 5


@each_document
def test_every_shell_block_is_shell(path: Path) -> None:
    for block in blocks(path, "sh"):
        checked = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


@each_document
def test_every_script_named_is_there(path: Path) -> None:
    for name in re.findall(r"(?<![\w/])scripts/([a-z]+)(?![\w/.])", text(path)):
        assert (ROOT / "scripts" / name).is_file(), name


@pytest.mark.skipif(
    not (ROOT / ".venv" / environment.PYTHON / "finished.json").exists(),
    reason="the commands would first make their environment",
)
@pytest.mark.slow
@each_document
def test_every_command_parses(path: Path) -> None:
    for command, *arguments in commands(path):
        words = [word for word in arguments[:1] if re.fullmatch(r"[a-z]+", word)]
        flags = {word.partition("=")[0] for word in arguments if word.startswith("-")}
        if command == "scripts/test":  # all other arguments are pytest's
            flags &= {"--quick"}

        missing = {flag for flag in flags if not describes(help_of(command), flag)}
        assert not missing or all(describes(help_of(command, *words), flag) for flag in missing), (command, missing)


def test_nothing_is_installed_by_a_name_that_is_not_ours() -> None:
    for path in [*DOCUMENTS, *PACKAGE.parent.rglob("*.py"), ROOT / "config.example.yaml"]:
        for installed in re.findall(r"(?:pip install|pipx run|uvx)\s+(\S+)", text(path)):
            assert installed.strip("'\"`").startswith((".", "-", "/")), (path, installed)


# ---------------------------------------------------------------------- tables


def test_the_configuration_table_is_the_codes_own() -> None:
    table = text(PAGES / "configuration.md").partition("--table -->\n")[2].partition("<!-- end of")[0]

    assert table.strip() == docs.table().strip(), "run `python -m aicache.config --table`"


def test_the_table_of_masks_is_the_codes_own() -> None:
    table = text(PAGES / "masks.md").partition("--masks -->\n")[2].partition("<!-- end of")[0]

    assert table.strip() == docs.mask_table().strip(), "run `python -m aicache.config --masks`"


@each_document
def test_every_configuration_shown_can_be_used(path: Path) -> None:
    for block in blocks(path, "yaml"):
        if not block.startswith(("metrics_path", "livenessProbe")):  # those are of Prometheus and Kubernetes
            config.load(block, path.name, SECRETS)


def test_every_setting_named_is_there() -> None:
    keys = {row.key.partition(" ")[0] for row in docs.rows()}
    sections = {key.partition(".")[0] for key in keys if "." in key} - {"dashboard", "log"}
    named = {
        name
        for path in DOCUMENTS
        for name in re.findall(r"`((?:\w+\.)+\w+)(?:: [^`]*)?`", prose(path))
        if name.partition(".")[0] in sections and not name.endswith(".py")
    }

    assert len(named) > 20
    assert {name for name in named if not any(key == name or key.startswith(f"{name}.") for key in keys)} == set()


def test_every_option_of_mitmproxy_named_is_there() -> None:
    source = "".join(text(path) for path in PACKAGE.rglob("*.py"))
    named = {name for path in DOCUMENTS for name in re.findall(r"(?:--set |\| `)(ai_cache_\w+)", text(path))}

    assert named == set(re.findall(r'"(ai_cache_(?:config|data|warm|mode|cassette|strict))"', source))


def test_every_request_header_of_ours_is_described() -> None:
    described = set(re.findall(r"^\| `([a-z-]+):", text(PAGES / "headers.md"), re.MULTILINE))

    assert set(request_directives.OWN_HEADERS) <= described


def test_the_metrics_described_are_all_there_are() -> None:
    described = re.findall(r"^\| `(aicache_\w+)` \|", text(PAGES / "operations.md"), re.MULTILINE)
    usage = ResourceUsage(StoreUsage(1, 2, 3), DiskUsage(1, 2, 3))
    metrics = Metrics(Counters(lambda *_, cached=0: None), lambda: collect_health(Engine(RULES, 1.0)), lambda: 0, usage)
    families = {family.name for family in text_string_to_metric_families(metrics.text().decode())}

    assert {name.removesuffix("_total") for name in described} == families


def test_the_comments_shown_are_in_the_words_of_the_code() -> None:
    comments = re.findall(r"^\| \w+ \| `(.*?)`", text(PAGES / "operations.md"), re.MULTILINE)
    source = text(PACKAGE / "telemetry" / "phrases.py")

    assert len(comments) > 5
    for word in {word for comment in comments for word in re.findall(r"\b[a-z]{3,}\b", comment)} - {"known"}:
        assert word in source, word


def test_the_commands_of_mitmproxy_described_are_all_there_are() -> None:
    commands = [*vars(Commands).values(), *vars(CassetteCommands).values()]
    there = {name for each in commands if (name := getattr(each, "command_name", None)) is not None}

    rows = re.findall(r"^\| `(aicache.*?) \| ", text(PAGES / "operations.md"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(aicache\.[a-z.]+)", f"`{row}")} == there
