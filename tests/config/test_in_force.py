"""The settings in force: each with its value and origin, and none with a secret."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicache.config import Config, RunMode, load_with_origins
from aicache.config.docs import rows
from aicache.config.in_force import ADJUSTED, SECRET, SettingInForce, describe
from aicache.config.scalars import Scalar
from aicache.config.schema import walk

SECRETS = {"REDIS_PASSWORD": "pass-of-redis", "KEY": "sk-embedder-key", "TOKEN": "a-token-of-24-characters", "TAG": "t"}
YAML = """\
session_id: one-${TAG}
exact:
  ttl: 3d
  redis: {url: "redis://me:${REDIS_PASSWORD}@redis.test:6379/0?ssl_keyfile=/etc/key"}
  secret: literal-secret-of-the-file
semantic:
  embedder: {kind: openai, model: m, api_key: "${KEY}", base_url: "https://embedder.test/v1"}
  judge: {model: j, api_key: "${KEY}"}
cassette: {redact: ['hush-[0-9]+']}
dashboard: {token: "${TOKEN}"}
ignore_headers: [x-one, x-two]
"""


def in_force(yaml: str = "", **env: str) -> dict[str, SettingInForce]:
    loaded = load_with_origins(yaml, "config.yaml", SECRETS | env)
    return {each.key: each for each in describe(loaded.config, loaded.origins)}


def test_without_configuration_every_key_is_there_with_its_default() -> None:
    found = in_force()

    documented = {row.key: row.default for row in rows() if "(" not in row.key and row.default != "required"}
    shown = {key: each.value for key, each in found.items()}
    assert all(each.is_default and each.origin == "default" for each in found.values())
    assert shown.keys() == {key for key in documented if not key.startswith(("exact.redis.", "semantic.judge."))} - {
        key for key in documented if key.startswith("stream_pace.")
    }
    assert shown["exact.ttl"] == documented["exact.ttl"] == "7d"
    assert shown["session_id"] == '""'
    assert shown["ignore"].startswith("[stream, stream_options")


def test_each_says_where_it_is_from() -> None:
    found = in_force(YAML, AI_CACHE__LOG__TEXT="true", AI_CACHE__EXACT__TTL="1d")

    origins = {key: each.origin for key, each in found.items() if not each.is_default}
    assert (found["exact.ttl"].value, origins["exact.ttl"]) == ("1d", "environment variable AI_CACHE__EXACT__TTL")
    assert origins["log.text"] == "environment variable AI_CACHE__LOG__TEXT"
    assert origins["exact.redis.url"] == "config.yaml line 4, with REDIS_PASSWORD"
    assert origins["ignore_headers"] == "config.yaml line 11"
    assert "exact.redis.prefix" not in origins
    assert found["ignore_headers"].value == "[x-one, x-two]"


def test_no_secret_is_shown() -> None:
    found = in_force(YAML)

    told = str(found)
    for secret in ("pass-of-redis", "sk-embedder", "a-token-of", "literal-secret", "hush", "/etc/key"):
        assert secret not in told
    assert found["exact.redis.url"].value == "redis://redis.test:6379/0"
    assert found["semantic.embedder.base_url"].value == "https://embedder.test/v1"
    assert found["dashboard.token"].value == found["exact.secret"].value == SECRET
    assert found["cassette.redact"].value == f"[{SECRET}]"
    assert found["session_id"].value == "${TAG}"


def test_a_secret_that_looks_like_a_url_is_none() -> None:
    found = in_force("exact: {secret: 'hush://a-long-deployment-secret'}\ndashboard: {token: 'hush://a-long-token'}\n")

    assert "hush" not in str(found)
    assert found["exact.secret"].value == found["dashboard.token"].value == SECRET


def test_what_the_environment_adds_to_a_url_is_not_shown() -> None:
    yaml = "semantic:\n  embedder: {kind: openai, model: m, base_url: 'https://gateway.test/${KEY}/v1'}\n"
    found = in_force(yaml + "session_id: 'tenant://${KEY}'\n")

    assert "sk-embedder" not in str(found)
    assert found["semantic.embedder.base_url"].value == "https://gateway.test, with ${KEY}"
    assert found["session_id"].value == "${KEY}"


@pytest.mark.parametrize("word", ["key", "token", "secret", "password", "url"])
def test_every_setting_that_sounds_like_a_secret_is_masked_or_a_url(word: str) -> None:
    for key, setting in walk(Config):
        if isinstance(setting.shape, Scalar) and key.rpartition(".")[2].endswith(word):
            assert setting.shape.secret or "URL" in setting.description, key


def test_what_was_adjusted_at_the_start_says_so() -> None:
    read = Config()
    found = describe(replace(read, mode=RunMode.RECORD), {}, read)

    assert [(each.key, each.value) for each in found if each.origin == ADJUSTED] == [("mode", "record")]


def test_a_translated_file_has_its_own_names() -> None:
    found = in_force("cache: {type: redis, serviceHost: redis.test, password: hush-hush}\nredis: {}\n"[:73])

    assert "hush" not in str(found)
    assert found["exact.redis.url"].origin.startswith("config.yaml line 1, cache.")
