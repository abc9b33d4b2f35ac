"""Parses YAML to PyYAML's nodes, with hints in the error messages, which quote one character at most. Pure."""

from __future__ import annotations

import re

import yaml
from yaml.reader import ReaderError

_HINTS = (
    (r"'\\t'", "a tab: YAML indents and separates with spaces only"),
    (r"end of stream|stream end", "a quote or bracket that is never closed"),
    (r"found another document|document start", "a second document begins here: only one is allowed"),
    (r"'(.)' that cannot start any token", r"a value cannot begin with \1: put it in quotes"),
    (r"mapping values are not allowed", "a colon too many: put the value in quotes, or check the indentation"),
    (r"unknown escape|hexadecimal", "a backslash means something else in double quotes: use single quotes"),
    (r"expected <block end>", "not in line with what stands above: check the indentation, or put the value in quotes"),
    (r"could not find expected ':'", "a key without a colon: write key: value"),
    (r"undefined alias|duplicate anchor|alphabetic", "a value that begins with * or & must be in quotes"),
    (r"tag|directive|incompatible YAML", "a value or line that begins with ! or % must be in quotes"),
    (r"block scalar", "a value that begins with | or > must be in quotes"),
    (r"sequence entries", "a list begins on a line of its own: put the value in quotes if it is none"),
    (r"expected ',' or", "a comma or a closing bracket is missing, or a value needs quotes"),
)
_VARIABLE_IN_BRACKETS = re.compile(r"[{\[,].*\$\{")


def compose(text: str, source: str) -> yaml.Node | None:
    """Return the root node of the document, None if it is empty. Raises ValueError with position and problem."""
    line, column = 1, 1
    try:
        loader = yaml.SafeLoader(text)
    except ReaderError as exc:
        line = text.count("\n", 0, exc.position) + 1
        raise ValueError(f"not YAML: a control character ({source} line {line})") from None
    try:
        return loader.get_single_node()
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        if exc.context_mark and re.search("end of stream|stream end", exc.problem or ""):
            mark = exc.context_mark  # where the quote or bracket began
        if mark is not None:
            line, column = mark.line + 1, mark.column + 1
        what = _explain(exc.problem or "", exc.context or "", _line(text, line))
    except RecursionError:
        line, what = loader.line + 1, "nested too deeply"
    except (ValueError, OverflowError):  # PyYAML lets them out for "\Uffffffff" and %YAML 1.<5000 digits>
        line, what = loader.line + 1, "an escape or a number that means nothing"
    raise ValueError(f"not YAML: {what} ({source} line {line}, column {column})")


def _explain(problem: str, context: str, line: str) -> str:
    if "flow" in context and _VARIABLE_IN_BRACKETS.search(line):
        return "${NAME} must be in quotes between brackets and braces"
    for pattern, hint in _HINTS:
        if found := re.search(pattern, problem) or re.search(pattern, context):
            return found.expand(hint)
    return "cannot be read: put the value in quotes"


def _line(text: str, number: int) -> str:
    lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text)  # YAML 1.1 section 4.2; str.splitlines() knows more breaks
    return lines[number - 1] if number <= len(lines) else ""
