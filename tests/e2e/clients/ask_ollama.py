"""Asks through the official ollama client: chat and generate."""

import functools

from asks import WEATHER, serve
from ollama import Client


@functools.cache
def client(url, key):
    return Client(host=url, headers={"authorization": f"Bearer {key}"}, timeout=20)


def ask(url, key, api, mode, model, question, system, tools):
    ollama = client(url, key)
    stream = mode == "stream"
    if api == "chat":
        messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
        declared = {"tools": [{"type": "function", "function": WEATHER}]} if tools else {}
        answered = ollama.chat(model=model, messages=messages, stream=stream, **declared)
    else:
        answered = ollama.generate(model=model, prompt=question, system=system, stream=stream)
    lines = list(answered) if stream else [answered]
    said = [line.message if api == "chat" else line for line in lines]
    last = lines[-1]
    calls = [call for each in said for call in getattr(each, "tool_calls", None) or []]
    return {
        "model": last.model,
        "text": "".join((each.content if api == "chat" else each.response) or "" for each in said),
        "thought": "".join(each.thinking or "" for each in said),
        "calls": [[getattr(call, "id", None), call.function.name, dict(call.function.arguments)] for call in calls],
        "end": [last.done, last.done_reason],
        "usage": [last.prompt_eval_count, last.eval_count, last.total_duration, last.eval_duration],
    }


serve(ask)
