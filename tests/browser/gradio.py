"""Gradio's chat, as its documentation mounts it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
from playwright.sync_api import expect

import environment
from browser.chat import Api, Person, Server

REQUIREMENTS = ("gradio>=6,<7", "openai>=2,<4")
CODE = """
import json, os, sys, fastapi, gradio, uvicorn
apis, port = sys.argv[1:]
app = fastapi.FastAPI()
app.get("/")(lambda: "there")
for name, (base_url, variables) in json.loads(apis).items():
    os.environ.update(variables)
    chat = gradio.load_chat(base_url, model="gpt-test", token=f"sk-{name}", save_history=True, api_name="chat")
    app = gradio.mount_gradio_app(app, chat, path=f"/{name}")
    for variable in variables:
        del os.environ[variable]
uvicorn.run(app, host="127.0.0.1", port=int(port))
"""


class Gradio(Server):
    """A chat for each of several APIs, under its name; each has a credential and the environment of its own."""

    def __init__(self, apis: Mapping[str, Api], home: Path) -> None:
        machine = next(iter(apis.values())).machine
        super().__init__(Api("", {}, machine), home)
        self._apis = apis

    @classmethod
    def python(cls) -> Path:
        return environment.packages("chat-gradio", REQUIREMENTS)

    def command(self) -> Sequence[str]:
        apis = json.dumps({name: [api.base_url, dict(api.variables)] for name, api in self._apis.items()})
        return [str(self.python()), "-c", CODE, apis, str(self.port)]

    def variables(self) -> Mapping[str, str]:
        return {"GRADIO_ANALYTICS_ENABLED": "False"}

    def ask(self, name: str, question: str) -> list[str]:
        """Ask a chat as its page does, by Gradio's own API; return what the answer was as it came."""
        api = f"{self.url}/{name}/gradio_api/call/chat"
        event = httpx.post(api, json={"data": [{"text": question, "files": []}]}, timeout=30).json()["event_id"]
        with httpx.stream("GET", f"{api}/{event}", timeout=30) as response:
            events = [line.removeprefix("data: ") for line in response.iter_lines() if line.startswith("data: ")]
        return [said for event in events if event != "null" for said in json.loads(event)[:1]]


class GradioPerson(Person):
    def new_chat(self) -> None:
        self.page.get_by_role("button", name="New chat").click()
        expect(self.page.get_by_test_id("bot")).to_have_count(0)

    def send(self, question: str) -> None:
        self.page.get_by_test_id("textbox").fill(question)
        self.page.keyboard.press("Enter")

    def answers(self) -> list[str]:
        return self.page.get_by_test_id("bot").all_inner_texts()

    def wait_finished(self) -> None:
        expect(self.page.get_by_test_id("submit-button")).to_be_visible()
