"""The agents of the tests, with the settings of `.github/docs/agents.md`, and how the model does the task in each."""

from __future__ import annotations

import json
from typing import Any

from e2e.agents import installed, page
from e2e.agents.cli import CHECKOUT, Agent
from e2e.agents.model import Turn

TASK = "Write the capital of France to capital.txt"
TEXT = "Paris\n"
FILE = f"{CHECKOUT}/capital.txt"
COPY = f"cd {CHECKOUT}\ncat {FILE} > copy.txt; pwd"
RESULT = {"capital.txt": TEXT, "copy.txt": TEXT}


def _turns(*calls: tuple[str, dict[str, Any]]) -> tuple[Turn, ...]:
    said = ("I write it.", "I read it.", "I copy it.")
    return (*(Turn(text, (call,)) for text, call in zip(said, calls, strict=True)), Turn("It is done."))


def _json(agent: str, url: str, **more: Any) -> str:
    return json.dumps(json.loads(page.file(agent, "json", url)) | more)


def _codex(name: str, way: int, key: str) -> Agent:
    offline = 'model = "gpt-5.1-codex"\ncheck_for_update_on_startup = false\nanalytics = {enabled = false}\n'
    return Agent(
        name,
        installed.codex,
        ("exec", "--dangerously-bypass-approvals-and-sandbox", TASK),
        files=lambda url: {".codex/config.toml": offline + page.file("Codex", "toml", url, way)},
        variables=lambda url: {},
        key=key,
        turns=_turns(
            ("exec_command", {"cmd": f"printf 'Paris\\n' > {FILE}"}),
            ("exec_command", {"cmd": f"cat {FILE}"}),
            ("exec_command", {"cmd": COPY}),
        ),
        api="responses",
        path="/v1/responses",
        result=RESULT,
    )


AGENTS = (
    Agent(
        "claude-code",
        installed.claude_code,
        ("-p", TASK, "--permission-mode", "acceptEdits", "--allowedTools", "Write", "Read", "Bash"),
        files=lambda url: {},
        variables=lambda url: page.variables("Claude Code", url) | {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"},
        key="ANTHROPIC_API_KEY",
        turns=_turns(
            ("Write", {"file_path": FILE, "content": TEXT}),
            ("Read", {"file_path": FILE}),
            ("Bash", {"command": COPY, "description": "Copy the file"}),
        ),
        api="messages",
        path="/v1/messages",
        result=RESULT,
    ),
    _codex("codex-provider", 0, "OPENAI_API_KEY"),
    _codex("codex-base-url", 1, "CODEX_API_KEY"),
    Agent(
        "opencode",
        installed.opencode,
        ("run", TASK),
        files=lambda url: {
            ".config/opencode/opencode.json": _json("opencode", url, permission="allow", snapshot=False)
        },
        variables=lambda url: {
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
            "npm_config_offline": "true",  # it wants its plugins' types from npm, and would try again
        },
        key="OPENAI_API_KEY",
        turns=_turns(
            ("write", {"filePath": FILE, "content": TEXT}),
            ("read", {"filePath": FILE}),
            ("bash", {"command": COPY, "description": "Copy the file"}),
        ),
        api="chat",
        path="/v1/chat/completions",
        result=RESULT,
        heavy=True,
    ),
    Agent(
        "gemini-cli",
        installed.gemini_cli,
        ("--model", "gemini-2.5-flash", "--yolo", "--prompt", TASK),
        files=lambda url: {
            ".gemini/settings.json": _json("Gemini CLI", url, privacy={"usageStatisticsEnabled": False})
        },
        variables=lambda url: page.variables("Gemini CLI", url) | {"GEMINI_CLI_TRUST_WORKSPACE": "true"},
        key="GEMINI_API_KEY",
        turns=_turns(
            ("write_file", {"file_path": FILE, "content": TEXT}),
            ("read_file", {"file_path": FILE}),
            ("run_shell_command", {"command": COPY, "description": "Copy the file"}),
        ),
        api="gemini",
        path="/v1beta/models/gemini-2.5-flash:streamGenerateContent",
        result=RESULT,
        heavy=True,
    ),
    Agent(
        "aider",
        installed.aider,
        (
            *("--model", "openai/test-model", "--edit-format", "diff", "--yes-always", "--no-auto-commits"),
            *("--no-analytics", "--no-check-update", "--no-show-model-warnings", "--message", TASK, "capital.txt"),
        ),
        files=lambda url: {},
        variables=lambda url: page.variables("aider", url) | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        key="OPENAI_API_KEY",
        turns=(Turn("capital.txt\n```\n<<<<<<< SEARCH\n=======\nParis\n>>>>>>> REPLACE\n```\n"),),
        api="chat",
        path="/v1/chat/completions",
        result={"capital.txt": TEXT},
        heavy=True,
    ),
)
