"""Gradio's chat, as its documentation starts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import expect

import environment
from browser.chat import Person, Server

REQUIREMENTS = ("gradio>=6,<7", "openai>=2,<4")
CODE = """
import sys, gradio
base_url, port = sys.argv[1:]
chat = gradio.load_chat(base_url, model="gpt-test", token="sk-gradio", save_history=True)
chat.launch(server_name="127.0.0.1", server_port=int(port))
"""


class Gradio(Server):
    @classmethod
    def python(cls) -> Path:
        return environment.packages("chat-gradio", REQUIREMENTS)

    def command(self) -> Sequence[str]:
        return [str(self.python()), "-c", CODE, self.api.base_url, str(self.port)]

    def variables(self) -> Mapping[str, str]:
        return {"GRADIO_ANALYTICS_ENABLED": "False"}


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
