"""Builds the embedder and the vector index that a configuration names."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, assert_never

from aicache.adapters.chat_judge import ChatJudge
from aicache.adapters.damaged_files import ASIDE_SUFFIX
from aicache.adapters.embedders.dashscope import DashScopeEmbedder
from aicache.adapters.embedders.local import LocalEmbedder
from aicache.adapters.embedders.openai import OpenAIEmbedder
from aicache.adapters.embedders.remote_embedder import RemoteEmbedder
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.vectors.dashvector import DashVectorIndex
from aicache.adapters.vectors.pgvector import PgVectorIndex
from aicache.adapters.vectors.redis_index import RedisIndex
from aicache.adapters.vectors.remote_index import RemoteIndex
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.adapters.vectors.zvec_rewrite import is_temporary
from aicache.config import DashScopeEmbedder as DashScopeConfig
from aicache.config import DashVectorIndex as DashVectorConfig
from aicache.config import Embedder as EmbedderConfig
from aicache.config import Index as IndexConfig
from aicache.config import JudgeModel
from aicache.config import LocalEmbedder as LocalConfig
from aicache.config import OpenAIEmbedder as OpenAIConfig
from aicache.config import PgVectorIndex as PgVectorConfig
from aicache.config import RedisIndex as RedisConfig
from aicache.config import ZvecIndex as ZvecConfig
from aicache.domain.digests import digest

logger = logging.getLogger(__name__)

AnyEmbedder: TypeAlias = LocalEmbedder | RemoteEmbedder | DashScopeEmbedder | OpenAIEmbedder
AnyIndex: TypeAlias = ZvecIndex | RemoteIndex | DashVectorIndex | RedisIndex | PgVectorIndex


def build_embedder(config: EmbedderConfig, owner: RpcClient | None = None, encoders: int = 1) -> AnyEmbedder:
    """Build the embedder that the configuration names: `load` it before use, `close` it in the end.

    An embedded one is that of the process *owner*, if there is one; else it has so many encoders.
    """
    match config:
        case LocalConfig():
            return LocalEmbedder(encoders=encoders) if owner is None else RemoteEmbedder(owner)
        case DashScopeConfig():
            return DashScopeEmbedder(
                config.model,
                api_key=config.api_key,
                base_url=config.base_url,
                dimensions=config.dimensions,
                timeout=config.timeout,
                stored_as=config.stored_as,
            )
        case OpenAIConfig():
            return OpenAIEmbedder(
                config.model,
                api_key=config.api_key,
                base_url=config.base_url,
                dimensions=config.dimensions,
                timeout=config.timeout,
            )
        case _:
            assert_never(config)


def build_index(
    config: IndexConfig,
    data: Path,
    embedder: AnyEmbedder,
    owner: RpcClient | None = None,
    on_hung: Callable[[str], None] = lambda why: None,
) -> AnyIndex:
    """Build the index of one embedder's vectors: those of another model or dimension are in another place.

    An embedded one is that of the process *owner*, if there is one; else *on_hung* is called when it hangs.
    """
    space = vector_space(embedder.model, embedder.dimensions)
    match config:
        case ZvecConfig() if owner is not None:
            return RemoteIndex(owner, space)
        case ZvecConfig():
            folder = data / "vectors"
            if others := [
                path.name
                for path in folder.glob("*")
                if path.is_dir() and path.name.partition(ASIDE_SUFFIX)[0] != space and not is_temporary(path)
            ]:
                logger.info("%s: vectors of other models are not used any more: %s", folder, ", ".join(others))
            return ZvecIndex(folder / space, embedder.dimensions, on_hung=on_hung)
        case DashVectorConfig():
            return DashVectorIndex(
                config.endpoint,
                api_key=config.api_key,
                collection=config.collection or space,
                dimensions=embedder.dimensions,
                timeout=config.timeout,
                queries_per_second=config.queries_per_second,
                partition=config.partition,
            )
        case RedisConfig():
            assert config.url is not None and config.prefix is not None, "check_config fills them in"
            return RedisIndex(
                config.url,
                prefix=config.prefix,
                space=space,
                dimensions=embedder.dimensions,
                timeout=config.timeout,
                max_connections=config.max_connections,
            )
        case PgVectorConfig():
            return PgVectorIndex(
                config.url,
                table=config.table or f"ai_cache_{space.lower().replace('-', '_')}",
                dimensions=embedder.dimensions,
                timeout=config.timeout,
                max_connections=config.max_connections,
            )
        case _:
            assert_never(config)


def build_judge(config: JudgeModel) -> ChatJudge:
    """Build the judge model that the configuration names: `close` it in the end."""
    return ChatJudge(config.model, base_url=config.base_url, api_key=config.api_key, timeout=config.compare_timeout)


def vector_space(model: str, dimensions: int) -> str:
    """Return the name of a model's vectors, valid as a DashVector collection (3 to 32 characters)."""
    name = re.sub(r"[^a-zA-Z0-9]+", "-", f"{model}-{dimensions}").strip("-")
    return name if 3 <= len(name) <= 32 else f"{name[:23].strip('-')}-{digest(model, str(dimensions))[:8]}"
