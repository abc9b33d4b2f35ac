"""Settings from the environment: every key, before the file, with errors that name the variable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aicache.config import Config, ConfigError, DashVectorIndex, LocalEmbedder, OpenAIEmbedder, load, read_file
from aicache.config.environment import PREFIX, variable_name
from aicache.config.scalars import Scalar
from aicache.config.schema import ListOf, walk

ROOT = Path(__file__).parents[2]
HIGRESS = "cache: {type: redis, serviceHost: redis.example.com}\n"


def loaded(yaml: str = "", **env: str) -> Config:
    return load(yaml, "config.yaml", {f"{PREFIX}{name}": value for name, value in env.items()})


def problems(yaml: str = "", **env: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(yaml, **env)
    return list(caught.value.problems)


KEYS = {key: setting for key, setting in walk(Config) if not setting.required and setting.name != "kind"}


@pytest.mark.parametrize(
    "key",
    [
        key
        for key, setting in KEYS.items()
        if isinstance(setting.shape, Scalar)
        and not key.startswith(("semantic.judge", "semantic.index", "semantic.embedder"))
    ],
)
def test_every_key_has_a_variable_that_takes_its_default(key: str) -> None:
    setting = KEYS[key]
    assert isinstance(setting.shape, Scalar)
    given = "null" if setting.default is None else setting.shape.show(setting.default)
    required = {"AI_CACHE__EXACT__REDIS__URL": "redis://r"} if key.startswith("exact.redis.") else {}

    config = load("", "", {**required, variable_name(key): given})

    value = config
    for name in key.split("."):
        value = getattr(value, name, getattr(value, f"{name}_", None))
    assert value == setting.default


@pytest.mark.parametrize("key", [key for key, setting in KEYS.items() if isinstance(setting.shape, ListOf)])
def test_a_list_is_yaml(key: str) -> None:
    setting = KEYS[key]
    assert isinstance(setting.shape, ListOf)

    load("", "", {variable_name(key): "[]"})
    with pytest.raises(ConfigError, match=f"environment variable {variable_name(key)}"):
        load("", "", {variable_name(key): "no list"})


def test_the_environment_comes_before_the_file_and_leaves_the_rest_of_it() -> None:
    config = loaded("semantic: {threshold: 0.8, top_k: 7}\nsession_id: a\n", SEMANTIC__THRESHOLD="0.9", SESSION_ID="b")

    assert (config.semantic.threshold, config.semantic.top_k, config.session_id) == (0.9, 7, "b")


def test_without_a_file_there_is_the_environment() -> None:
    assert read_file(None, {"AI_CACHE__ENABLED": "false", "AI_CACHE_UPSTREAM": "https://a"}) == Config(enabled=False)
    assert read_file(None, {}) == Config()


def test_a_value_is_taken_as_it_is() -> None:
    config = loaded(SESSION_ID="007", DASHBOARD__TOKEN="0123456789${abcdef}", IGNORE='["${x}", "2"]')

    assert config.session_id == "007"
    assert config.dashboard.token == "0123456789${abcdef}"
    assert config.ignore == ("${x}", "2")


def test_a_section_is_yaml_and_its_keys_come_before_it() -> None:
    config = loaded(
        "semantic: {embedder: {kind: dashscope, api_key: k}}",
        SEMANTIC__EMBEDDER="{kind: openai, model: m}",
        SEMANTIC__EMBEDDER__MODEL="n",
        EXACT__REDIS__URL="redis://redis.example.com:6379/0",
    )

    assert isinstance(config.semantic.embedder, OpenAIEmbedder)
    assert config.semantic.embedder.model == "n"
    assert config.exact.redis is not None
    assert config.exact.redis.prefix == "aicache:"


def test_a_kind_can_be_chosen_key_by_key() -> None:
    config = loaded(
        SEMANTIC__INDEX__KIND="dashvector",
        SEMANTIC__INDEX__ENDPOINT="vrs-cn-x.dashvector.cn-hangzhou.aliyuncs.com",
        SEMANTIC__INDEX__API_KEY="k",
        SEMANTIC__INDEX__COLLECTION="abc",
    )

    assert isinstance(config.semantic.index, DashVectorIndex)
    assert config.semantic.embedder == LocalEmbedder()


@pytest.mark.parametrize("given", ["", "null", "~"])
def test_a_key_that_is_optional_in_one_kind_only_can_be_null_there(given: str) -> None:
    kinds = {"openai": "{kind: openai, model: m, api_key: k}", "dashscope": "{kind: dashscope, api_key: k}"}

    config = loaded(SEMANTIC__EMBEDDER=kinds["openai"], SEMANTIC__EMBEDDER__API_KEY=given)

    assert isinstance(config.semantic.embedder, OpenAIEmbedder)
    assert config.semantic.embedder.api_key is None
    assert problems(SEMANTIC__EMBEDDER=kinds["dashscope"], SEMANTIC__EMBEDDER__API_KEY=given)


def test_null_and_nothing_put_a_default_back() -> None:
    yaml = "semantic: {threshold: 0.8}\ndashboard: {token: 0123456789abcdef}\nexact: {redis: {url: redis://r}}\n"

    config = loaded(yaml, SEMANTIC__THRESHOLD="null", DASHBOARD__TOKEN="", EXACT__REDIS="~")

    assert (config.semantic.threshold, config.dashboard.token, config.exact.redis) == (None, None, None)


def test_it_comes_before_higress_too() -> None:
    config = loaded(HIGRESS, EXACT__TTL="1h", EXACT__REDIS__PREFIX="ours:")

    assert config.exact.redis is not None
    assert (config.exact.ttl, config.exact.redis.prefix, config.exact.redis.url) == (
        3600,
        "ours:",
        "redis://redis.example.com:6379/0",
    )


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SEMANTIC__THRESHOLD", "1.4", "semantic.threshold: 1.4 is not between 0 and 1"),
        ("DASHBOARD__ENABLED", "maybe", "dashboard.enabled: maybe is not true or false"),
        ("EXACT__TTL", "", 'exact.ttl: "" is not a duration: write 90s, 30m, 12h, 7d, 500ms or plain seconds'),
        ("IGNORE", "[stream", "ignore: not YAML: a quote or bracket that is never closed"),
        ("IGNORE", "", "ignore: has no value: write [] for an empty list"),
        ("DASHBOARD", "{tocken: x}", "dashboard.tocken: unknown key; did you mean dashboard.token?"),
        ("DASHBOARD", "{enabled: true, enabled: true}", "dashboard.enabled: written twice"),
        ("SEMANTIC__EMBEDDER__MODEL", "m", "semantic.embedder.model: a key of another kind; known here: kind, timeout"),
    ],
)
def test_a_problem_names_key_value_and_variable(name: str, value: str, said: str) -> None:
    assert problems(**{name: value}) == [f"{said} (environment variable {PREFIX}{name})"]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("SEMANTIC__TRESHOLD", "did you mean AI_CACHE__SEMANTIC__THRESHOLD?"),
        ("SEMANTIC_THRESHOLD", "did you mean AI_CACHE__SEMANTIC__THRESHOLD?"),
        ("semantic__top_k", "write it in capitals: AI_CACHE__SEMANTIC__TOP_K"),
        ("QUUX", "what begins like this is named after a key, such as AI_CACHE__SEMANTIC__THRESHOLD"),
        ("", "what begins like this is named after a key, such as AI_CACHE__SEMANTIC__THRESHOLD"),
    ],
)
def test_an_unknown_variable_is_a_problem(name: str, hint: str) -> None:
    assert problems(**{name: "1"}) == [f"{PREFIX}{name}: unknown variable; {hint} (environment)"]


def test_problems_of_both_come_at_once() -> None:
    said = problems("semantic:\n  top_k: x\n", SEMANTIC__THRESHOLD="x", FOO="1")

    assert [line.rpartition(" (")[2] for line in said] == [
        "environment)",
        "environment variable AI_CACHE__SEMANTIC__THRESHOLD)",
        "config.yaml line 2)",
    ]


def test_a_file_that_is_wrong_on_the_way_to_a_key_is_the_problem() -> None:
    (said,) = problems("semantic: 5", SEMANTIC__THRESHOLD="0.9")

    assert said.startswith("semantic: 5 is not a section")


def test_a_secret_is_not_shown() -> None:
    said = "\n".join(
        problems(DASHBOARD__TOKEN="hunter2", EXACT__REDIS__URL="http://u:hunter2@h", EXACT__SECRET="hunter2")
    )

    assert said.count("environment variable") == 3
    assert "hunter2" not in said


def test_an_alias_that_leads_to_itself_ends() -> None:
    assert problems(SEMANTIC="&a {judge: *a}")


def test_the_variables_of_the_documents_are_there() -> None:
    known = {variable_name(key) for key, _ in walk(Config)}
    documents = [ROOT / "README.md", ROOT / "config.example.yaml", *sorted((ROOT / ".github").rglob("*.md"))]

    named = {found for path in documents for found in re.findall(r"AI_CACHE__[A-Z_]+[A-Z]", path.read_text("utf-8"))}

    assert named
    assert named <= known
