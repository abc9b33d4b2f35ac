"""Does a task with tools as an agent of pydantic-ai."""

from asks import serve
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from tools import TOOLS


def model_of(api, model, url, key):
    match api:
        case "chat":
            return OpenAIChatModel(model, provider=OpenAIProvider(base_url=f"{url}/v1", api_key=key))
        case "responses":
            return OpenAIResponsesModel(model, provider=OpenAIProvider(base_url=f"{url}/v1", api_key=key))
        case "messages":
            return AnthropicModel(model, provider=AnthropicProvider(base_url=url, api_key=key))


def ask(url, key, api, mode, model, question, system, tools):
    agent = Agent(model_of(api, model, url, key), instructions=system, tools=TOOLS)
    return {"text": agent.run_sync(question, event_stream_handler=drain if mode == "stream" else None).output}


async def drain(context, events):
    """Read the events; that there is a handler makes the agent ask for streams."""
    async for _ in events:
        pass


serve(ask)
