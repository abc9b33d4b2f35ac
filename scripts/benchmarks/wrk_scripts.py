"""Scripts for wrk, as text: the same body again and again, or one body after the other."""

from __future__ import annotations

from pathlib import Path

HEAD = """wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer {key}"
"""
SAME = "wrk.body = {body}\n"
LISTED = """local bodies, number = {{}}, 0
for line in io.lines({file}) do bodies[#bodies + 1] = line end
request = function()
  number = number % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[number])
end
"""


def same(key: str, body: str) -> str:
    """Ask one and the same *body*."""
    return HEAD.format(key=key) + SAME.format(body=quoted(body))


def listed(key: str, file: Path) -> str:
    """Ask what stands in *file*, a body a line, in its order, and again when it has ended.

    It begins with the second: wrk makes one request for itself, to see what the script is.
    """
    return HEAD.format(key=key) + LISTED.format(file=quoted(str(file)))


def quoted(text: str) -> str:
    """Return a Lua string of the text: a long bracket of a level that the text does not close."""
    level = 0
    while f"]{'=' * level}]" in text + "]":
        level += 1
    return f"[{'=' * level}[\n{text}]{'=' * level}]"
