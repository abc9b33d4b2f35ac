"""Does a task with tools as an agent of LangChain."""

from asks import serve
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from tools import TOOLS


def ask(url, key, api, mode, model, question, system, tools):
    responses = api == "responses"
    spoken = ChatOpenAI(
        model=model,
        base_url=f"{url}/v1",
        api_key=key,
        use_responses_api=responses,
        streaming=mode == "stream",
        max_retries=0,
    )
    agent = create_agent(spoken, TOOLS, system_prompt=system)
    said = agent.invoke({"messages": [{"role": "user", "content": question}]})
    return {"text": said["messages"][-1].text}


serve(ask)
