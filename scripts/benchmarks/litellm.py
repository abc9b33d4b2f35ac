"""LiteLLM's proxy with a Redis cache, configured as in its documentation, in a separate environment."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

import environment
from aicache.adapters.valkey.server_binary import find_binary
from benchmarks.errors import Problem

ENVIRONMENT = {  # start without requests to the Internet and without API keys
    "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOG": "ERROR",
    "PYTHONPATH": "",
}


def python() -> Path:
    """Return the Python of its environment, which is made if it is missing."""
    return environment.packages("litellm", ["litellm[proxy]"])


def config(folder: Path, upstream: int, redis: int) -> Path:
    """Write its configuration: one model, on port *upstream*, and the cache."""
    model = {"model": "openai/gpt-test", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "sk-bench"}
    document = {
        "model_list": [{"model_name": "gpt-test", "litellm_params": model}],
        "litellm_settings": {
            "cache": True,
            "cache_params": {"type": "redis", "host": "127.0.0.1", "port": redis},
            "telemetry": False,
        },
    }
    file = folder / "litellm.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


def command(port: int, config: Path) -> list[str]:
    program = environment.executable(python(), "litellm")
    return [str(program), "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]


def redis_command(port: int, folder: Path) -> list[str]:
    """Return the command for a Redis, or for the cache's own Valkey, without persistence. Raises Problem."""
    server = shutil.which("redis-server") or shutil.which("valkey-server") or find_binary()
    if server is None:
        raise Problem("--litellm: it needs a redis-server or valkey-server on the PATH")
    return [str(server), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
