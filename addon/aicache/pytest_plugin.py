"""The pytest plug-in: the fixture `ai_cassette` has a test's LLM calls recorded and replayed.

It imports nothing but pytest until a test wants the fixture.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from aicache.cli.cassette.proxy_process import CassetteProxy

RECORD_MODES = ("none", "once", "new_episodes", "new", "all", "rewrite")
"""Those of pytest-recording, where ``new`` is short for ``new_episodes``; ``all`` and ``rewrite`` are the same."""
DUMMY_KEY = "sk-none"
MARK = "ai_cassette"
_ANYTHING_ELSE = re.compile(r"[^\w.\[\]-]+")


@dataclass(frozen=True, slots=True)
class API:
    """An API, and the environment variables by which its clients find it."""

    variables: tuple[str, ...]
    """Those with its base URL."""
    url: str
    """The base URL where none is set."""
    keys: tuple[str, ...] = ()
    """The variables with the key: any one of them is enough."""


APIS = {
    "openai": API(("OPENAI_BASE_URL", "OPENAI_API_BASE"), "https://api.openai.com/v1", ("OPENAI_API_KEY",)),
    "anthropic": API(
        ("ANTHROPIC_BASE_URL",), "https://api.anthropic.com", ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
    ),
    "gemini": API(
        ("GOOGLE_GEMINI_BASE_URL",), "https://generativelanguage.googleapis.com", ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    ),
    "ollama": API(("OLLAMA_HOST",), "http://127.0.0.1:11434"),
    "dashscope": API(("DASHSCOPE_HTTP_BASE_URL",), "https://dashscope.aliyuncs.com/api/v1", ("DASHSCOPE_API_KEY",)),
}


@dataclass(slots=True)
class CassetteInUse:
    """What the fixture gives a test."""

    file: Path
    mode: str
    """``record``, ``replay`` or ``hybrid``."""
    urls: dict[str, str]
    """The base URL of each API, by the names in `APIS` and the variables of ``ai_cache_upstreams``."""
    report: list[str] = field(default_factory=list)
    """Once the test has ended: the tally, then each refusal."""


class SharedProxy:
    """The proxy of a test session, started when the first test wants it."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._started: tuple[CassetteProxy, dict[str, tuple[API, str]]] | None = None

    def start(self) -> tuple[CassetteProxy, dict[str, tuple[API, str]]]:
        """Return the proxy, and each API with the path of its base URL."""
        if self._started is None:
            from aicache.cli.cassette.proxy_process import CassetteProxy, find_mitmdump

            apis = {name: (api, _upstream(api)) for name, api in (APIS | _further(self._config)).items()}
            origins = {name: f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for name, (_, url) in apis.items()}
            config = self._config.getini("ai_cache_config")
            proxy = CassetteProxy(
                find_mitmdump(), origins, self._folder, config=self._config.rootpath / config if config else None
            )
            self._started = proxy, {name: (api, urlsplit(url).path.rstrip("/")) for name, (api, url) in apis.items()}
        return self._started

    def close(self) -> None:
        if self._started is not None:
            self._started[0].close()


def pytest_addoption(parser: pytest.Parser) -> None:
    if find_spec("pytest_recording") is None:  # else that has the option, with the same values
        parser.getgroup("ai-cache").addoption(
            "--record-mode",
            choices=RECORD_MODES,
            default=None,
            help="none (default): replay cassettes, send nothing; once: record those that are not there; new_episodes: "
            "also record requests that are not on them; rewrite, all: record them anew",
        )
    parser.addini("ai_cache_config", "the AI cache's configuration, for masks and redaction", default="")
    parser.addini("ai_cache_upstreams", "further APIs, one a line: VARIABLE URL", type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARK}(name=None, record_mode=None, strict=True): the cassette of the fixture {MARK}: its name in the folder "
        "cassettes beside the test, how it is recorded, and whether a test fails whose requests were not all on it",
    )


@pytest.fixture(scope="session")
def ai_cache_proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedProxy]:
    """The proxy of the session; `ai_cassette` uses it."""
    proxy = SharedProxy(request.config, tmp_path_factory.mktemp("ai-cache"))
    yield proxy
    proxy.close()


@pytest.fixture
def ai_cassette(
    request: pytest.FixtureRequest, ai_cache_proxy: SharedProxy, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CassetteInUse]:
    """Have the LLM calls of a test, of its clients and of programs that it starts, recorded or replayed.

    The variables with base URLs lead to the proxy; keys that are not set are dummies while nothing is recorded.
    """
    mark = request.node.get_closest_marker(MARK)
    chosen = _Chosen(*mark.args, **mark.kwargs) if mark is not None else _Chosen()
    file = _file_of(request.node, chosen.name)
    mode = _mode(request.config.getoption("--record-mode") or chosen.record_mode or "none", file)
    proxy, apis = ai_cache_proxy.start()
    proxy.load(mode, file)
    urls = {name: proxy.urls[name] + path for name, (_, path) in apis.items()}
    for name, (api, _) in apis.items():
        for variable in api.variables:
            monkeypatch.setenv(variable, urls[name])
        if api.keys and mode == "replay" and not any(map(os.environ.get, api.keys)):
            monkeypatch.setenv(api.keys[0], DUMMY_KEY)
    used = CassetteInUse(file, mode, urls)
    yield used
    used.report = proxy.report()
    proxy.unload()
    request.node.add_report_section("teardown", "cassette", "\n".join(used.report))
    if (missing := used.report[1:]) and chosen.strict:
        pytest.fail("\n".join([*missing, "record what is missing with --record-mode=new_episodes"]), pytrace=False)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The arguments of the mark."""

    name: str | None = None
    record_mode: str | None = None
    strict: bool = True


def _file_of(node: Any, name: str | None) -> Path:
    """Return ``cassettes/MODULE/TEST.yaml`` beside the test's file, or the file that the mark names there."""
    folder = Path(node.path).parent / "cassettes"
    if name is not None:
        return folder / (name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    test = ".".join(filter(None, (node.cls.__name__ if node.cls is not None else "", node.name)))
    return folder / Path(node.path).stem / f"{_ANYTHING_ELSE.sub('_', test)}.yaml"


def _mode(record_mode: str, file: Path) -> str:
    match record_mode:
        case "none":
            return "replay"
        case "once":
            return "replay" if file.exists() else "record"
        case "new" | "new_episodes":
            return "hybrid"
        case "all" | "rewrite":
            return "record"
    raise pytest.UsageError(f"record mode {record_mode!r}: choose {', '.join(RECORD_MODES)}")


def _further(config: pytest.Config) -> dict[str, API]:
    found = {}
    for line in config.getini("ai_cache_upstreams"):
        variable, _, url = line.strip().partition(" ")
        if not urlsplit(url.strip()).netloc:
            raise pytest.UsageError(f"ai_cache_upstreams: {line!r} is not VARIABLE URL, as in GROQ_BASE_URL https://…")
        found[variable] = API((variable,), url.strip())
    return found


def _upstream(api: API) -> str:
    """Return the base URL that a variable has now, else the usual one."""
    set_ones = (os.environ.get(variable, "") for variable in api.variables)
    url = next(filter(None, set_ones), api.url)
    return url if "://" in url else f"http://{url}"
