"""The embedding services of Higress ``ai-cache`` and their settings here. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Service:
    """One service type. *port* and *model* are the plugin's defaults, *path* is ours."""

    kind: Literal["dashscope", "openai"]
    host: str
    """Its usual host."""
    public: bool
    """Whether *host* is the default."""
    port: int
    path: str
    model: str
    variable: str
    """The environment variable for the API key; empty if there is none."""
    note: str = ""


EMBEDDINGS = {
    "dashscope": Service(
        "dashscope", "dashscope.aliyuncs.com", True, 443, "/api/v1", "text-embedding-v2", "DASHSCOPE_API_KEY"
    ),
    "openai": Service("openai", "api.openai.com", True, 443, "/v1", "text-embedding-3-small", "OPENAI_API_KEY"),
    "azure": Service(
        "openai",
        "RESOURCE.openai.azure.com",
        False,
        443,
        "/openai/deployments/{model}?api-version={version}",
        "text-embedding-ada-002",
        "AZURE_OPENAI_API_KEY",
    ),
    "ollama": Service("openai", "localhost", False, 11434, "/v1", "llama3.2", ""),
    "cohere": Service(
        "openai",
        "api.cohere.ai",
        True,
        443,
        "/compatibility/v1",
        "embed-english-v2.0",
        "COHERE_API_KEY",
        "Cohere is asked in OpenAI's way, by its compatibility API: try it with scripts/doctor",
    ),
}

_SERVED = "serve the model with /v1/embeddings (TEI, vLLM, Xinference, Ollama) and write type: openai with serviceHost"
NO_WAY = {
    "huggingface": f"its API is not the one of OpenAI: {_SERVED}",
    "textin": f"its API is not the one of OpenAI: {_SERVED}, or type: dashscope",
    "xfyun": f"its API is not the one of OpenAI: {_SERVED}, or type: dashscope",
}
"""Types that are not supported, each with an alternative."""
