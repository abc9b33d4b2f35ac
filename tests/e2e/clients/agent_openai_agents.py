"""Does a task with tools as an agent of OpenAI's Agents SDK."""

import asyncio

from agents import Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool, set_tracing_disabled
from asks import serve
from openai import AsyncOpenAI
from tools import TOOLS

MODELS = {"chat": OpenAIChatCompletionsModel, "responses": OpenAIResponsesModel}

set_tracing_disabled(True)


def ask(url, key, api, mode, model, question, system, tools):
    return asyncio.run(run(url, key, api, mode, model, question, system))


async def run(url, key, api, mode, model, question, system):
    async with AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        spoken = MODELS[api](model, client)
        agent = Agent("Weather", instructions=system, model=spoken, tools=[function_tool(tool) for tool in TOOLS])
        if mode == "whole":
            return {"text": (await Runner.run(agent, question)).final_output}
        streamed = Runner.run_streamed(agent, question)
        async for _ in streamed.stream_events():
            pass
        return {"text": streamed.final_output}


serve(ask)
