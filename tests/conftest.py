"""What holds for every test, and what ``--quick`` leaves out."""

from __future__ import annotations

import contextlib
import gc
import importlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import parts

TESTS = Path(__file__).parent
NOT_QUICK = {TESTS / "browser", TESTS / "e2e", TESTS / "scripts"}
"""Folders of real proxies, browsers and commands."""
SLOWEST_FIRST = ("e2e", "browser", "scripts", "adapters")
"""Workers get these folders' files first, so that none is left alone with a long one at the end."""
QUICK_EXAMPLES = 10
FEW_EXAMPLES = 50

# Thousands of tests are alive until the end: to look through them for garbage at the usual pace takes a twentieth.
gc.set_threshold(100_000, 20, 20)
# A busy machine makes no property untrue.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("unhurried"), max_examples=QUICK_EXAMPLES)
settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick",
        action="store_true",
        help="leave out tests/e2e, tests/browser, tests/scripts and tests marked slow; try fewer examples",
    )
    parser.addoption("--part", type=parts.part, metavar="2/3", help="run the files of one part, here the second of 3")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes seconds, or starts clusters or processes; --quick leaves it out")
    if config.getoption("quick"):
        settings.load_profile("quick")
        read_no_constants()
    if (part := config.getoption("part")) is not None:
        files = parts.deal(files_of_tests(config), *part)
        cache = getattr(config, "cache", None)  # None with -p no:cacheprovider
        config.pluginmanager.register(parts.Part(files, cache), "part")


def files_of_tests(config: pytest.Config) -> list[Path]:
    left_out = NOT_QUICK if config.getoption("quick") else set()
    return [file for file in TESTS.rglob("test_*.py") if left_out.isdisjoint(file.parents)]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("quick") and collection_path in NOT_QUICK else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("quick"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if not item.get_closest_marker("slow")]
        for test in {getattr(item, "function", None) for item in items}:
            try_fewer_examples(test)
    elif hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.path))


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over the thousands of tests."""
    gc.collect()
    gc.freeze()


def place(test: Path) -> int:
    """Return the place of a test's folder among those that workers get in order."""
    folder = test.relative_to(TESTS).parts[0]
    return SLOWEST_FIRST.index(folder) if folder in SLOWEST_FIRST else len(SLOWEST_FIRST)


def read_no_constants() -> None:
    """Keep hypothesis from reading all modules for constants to try, half a second in each process: few are tried."""
    with contextlib.suppress(ImportError, AttributeError):  # these names are its own
        providers = importlib.import_module("hypothesis.internal.conjecture.providers")
        none = providers._local_constants
        providers._get_local_constants = lambda: none


def try_fewer_examples(test: object) -> None:
    """Try a tenth of the examples that a property asks for itself, which its profile does not change.

    One that asks for few does so for each of many parameters.
    """
    name = "_hypothesis_internal_use_settings"  # where hypothesis keeps them; its plug-in for pytest sets it, too
    if (own := getattr(test, name, None)) is not None:
        few = QUICK_EXAMPLES < own.max_examples < FEW_EXAMPLES
        fewer = max(own.max_examples // 10, QUICK_EXAMPLES // 2 if few else QUICK_EXAMPLES)
        setattr(test, name, settings(own, max_examples=min(own.max_examples, fewer)))
