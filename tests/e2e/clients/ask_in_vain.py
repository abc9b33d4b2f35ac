"""Asks through official clients as they are set up by default, and tells which error they raise."""

import time

import dashscope
import ollama
from anthropic import Anthropic
from asks import serve
from google import genai
from openai import OpenAI

ONLY = {"cache-control": "only-if-cached"}


def ask(url, key, api, mode, model, question, system, tools):
    turns = [{"role": "user", "content": question}]
    headers = ONLY if mode == "only-if-cached" else {}
    began = time.monotonic()
    try:
        match api:
            case "chat":
                OpenAI(base_url=f"{url}/v1", api_key=key, default_headers=headers).chat.completions.create(
                    model=model, messages=turns
                )
            case "responses":
                OpenAI(base_url=f"{url}/v1", api_key=key, default_headers=headers).responses.create(
                    model=model, input=question
                )
            case "messages":
                Anthropic(base_url=url, api_key=key, default_headers=headers).messages.create(
                    model=model, max_tokens=9, messages=turns
                )
            case "gemini":
                gemini = genai.Client(api_key=key, http_options={"base_url": url, "headers": headers})
                gemini.models.generate_content(model=model, contents=question)
            case "ollama":
                ollama.Client(host=url, headers=headers).chat(model=model, messages=turns)
            case "dashscope":
                dashscope.base_http_api_url = f"{url}/api/v1"
                reply = dashscope.Generation.call(
                    model=model, messages=turns, result_format="message", api_key=key, headers=headers
                )
                if reply.status_code != 200:
                    raise RuntimeError(f"{reply.status_code} {reply.code}: {reply.message}")
    except Exception as exc:
        return {"kind": type(exc).__name__, "says": str(exc), "seconds": time.monotonic() - began}
    raise AssertionError("there was an answer")


serve(ask)
