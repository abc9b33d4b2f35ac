"""What the keys of a configuration say together is checked before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicache.config import Config, ConfigError, Exact, Redis, RedisIndex, Semantic
from aicache.runtime.preflight import check_config


def test_no_masks_beside_masks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^built_in_masks: none stands beside other masks: leave out either"):
        check_config(Config(built_in_masks=("none", "agents")), tmp_path)

    assert check_config(Config(built_in_masks=("none",)), tmp_path)


def test_an_index_in_redis_is_at_the_server_of_the_exact_store_unless_it_names_its_own(tmp_path: Path) -> None:
    exact = Exact(redis=Redis(url="redis://cache:6379/1", prefix="ours:"))
    found = []
    for given in (RedisIndex(), RedisIndex(url="redis://vectors:6379/0"), RedisIndex(prefix="theirs:")):
        config, _ = check_config(Config(exact=exact, semantic=Semantic(index=given)), tmp_path)
        assert isinstance(config.semantic.index, RedisIndex)
        found.append((config.semantic.index.url, config.semantic.index.prefix))

    assert found == [
        ("redis://cache:6379/1", "ours:"),
        ("redis://vectors:6379/0", "ours:"),
        ("redis://cache:6379/1", "theirs:"),
    ]


def test_an_index_in_redis_without_a_redis_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^semantic.index.url: not set, nor is exact.redis.url.*kind: zvec$"):
        check_config(Config(semantic=Semantic(index=RedisIndex())), tmp_path)

    assert check_config(Config(semantic=Semantic(enabled=False, index=RedisIndex())), tmp_path)
