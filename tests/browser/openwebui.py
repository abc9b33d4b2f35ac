"""Open WebUI, as PyPI has it, and its page as a person uses it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Page, expect

import environment
from browser.chat import Person, Server

REQUIREMENTS = ("open-webui==0.12.4", "numpy", "pgvector", "psycopg2-binary", "python-dateutil", "typer")
WITHOUT = (
    *("accelerate", "chromadb", "einops", "faster-whisper", "google-cloud-storage", "onnxruntime"),
    *("opencv-python-headless", "opensearch-py", "pandas", "pyarrow", "rapidocr", "sentence-transformers"),
    *("sentencepiece", "soundfile", "transformers"),
)
"""Models and documents on the server itself, which its slim edition does without: gigabytes, torch among them."""


class OpenWebUI(Server):
    """One person's own: without accounts, and with the models and settings that its environment says."""

    patience = 300.0

    @classmethod
    def python(cls) -> Path:
        return environment.packages("chat-openwebui", REQUIREMENTS, without=WITHOUT)

    def command(self) -> Sequence[str]:
        program = environment.executable(self.python(), "open-webui")
        return [str(program), "serve", "--host", "127.0.0.1", "--port", str(self.port)]

    def variables(self) -> Mapping[str, str]:
        return {
            "OPENAI_API_BASE_URL": self.api.base_url,
            "OPENAI_API_KEY": "sk-openwebui",
            "ENABLE_FORWARD_USER_INFO_HEADERS": "True",
            "ENABLE_OLLAMA_API": "False",
            "WEBUI_AUTH": "False",
            "WEBUI_SECRET_KEY": "of this test",
            "DATA_DIR": str(self.home / "openwebui"),
            "USE_SLIM_DOCKER": "True",
            "OFFLINE_MODE": "True",
            "RAG_EMBEDDING_ENGINE": "openai",
        }


class OpenWebUIOnOllama(OpenWebUI):
    """The same, with its models on an Ollama."""

    def variables(self) -> Mapping[str, str]:
        ollama = {"OLLAMA_BASE_URL": self.api.base_url, "ENABLE_OLLAMA_API": "True", "ENABLE_OPENAI_API": "False"}
        return {**super().variables(), **ollama}


class OpenWebUIPerson(Person):
    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page, url)
        page.get_by_role("button", name="Okay, Let's Go!").click()  # what is new in this release

    def new_chat(self) -> None:
        self.page.get_by_role("link", name="New Chat").click()
        expect(self.page.locator(".chat-assistant")).to_have_count(0)

    def send(self, question: str) -> None:
        self.page.locator("#chat-input").fill(question)
        self.page.keyboard.press("Enter")

    def answers(self) -> list[str]:
        return self.page.locator(".chat-assistant #response-content-container").all_inner_texts()

    def wait_finished(self) -> None:
        expect(self.page.get_by_role("button", name="Regenerate").last).to_be_visible()

    def stop(self) -> None:
        """Have the answer cut off that is being written."""
        self.page.get_by_role("button", name="Stop").last.click()
        self.wait_finished()

    def sees_chores(self, title: str, follow_up: str) -> None:
        """Wait for what is asked about the chat in the background: its title, and what to ask next."""
        expect(self.page).to_have_title(re.compile(f"^{title}"))
        expect(self.page.get_by_text(follow_up).first).to_be_visible()
