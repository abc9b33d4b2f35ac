"""Lua scripts for wrk, as text: one repeated body, or the bodies of a file in turn."""

from __future__ import annotations

from pathlib import Path

HEAD = """wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer {key}"
"""
REPEAT_BODY = "wrk.body = {body}\n"
BODIES_FROM_FILE = """local bodies, number = {{}}, 0
for line in io.lines({file}) do bodies[#bodies + 1] = line end
request = function()
  number = number % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[number])
end
"""


def repeat_body(key: str, body: str) -> str:
    """Return a script that repeats *body*."""
    return HEAD.format(key=key) + REPEAT_BODY.format(body=quoted(body))


def bodies_from_file(key: str, file: Path) -> str:
    """Return a script that sends the lines of *file* in turn, in a loop.

    It begins with the second line: wrk builds one request itself, to check the script.
    """
    return HEAD.format(key=key) + BODIES_FROM_FILE.format(file=quoted(str(file)))


def quoted(text: str) -> str:
    """Quote a text as a Lua string, in long brackets of a level that the text does not contain."""
    level = 0
    while f"]{'=' * level}]" in text + "]":
        level += 1
    return f"[{'=' * level}[\n{text}]{'=' * level}]"
