"""What the APIs' requests and answers have in common, and the words for it: those of chat completions. Pure.

Each format says what of its own it can put in these words; what it cannot makes a request the API's own business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aicache.domain.model import Answer, Choice, Common, Finish, Part, Reasoning, Refusal, Text, ToolCall
from aicache.formats.json_body import JSONObject, object_list, parse_object, render_json

NUMBER_PARAMS = frozenset(
    {"temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty", "n", "max_tokens"}
)
_TEXT_TYPES = ("text", "input_text", "output_text")


def build_common(
    system: Iterable[str], turns: Iterable[tuple[str, str]], said: Mapping[str, Any], names: Mapping[str, str]
) -> Common | None:
    """Return a request in common words, or None where it says more than those.

    *said* is all that the request says beside the conversation and the model, less what cannot change the answer;
    *names* are the common names of what the API calls otherwise. ``stop`` may be one text or a list; ``tools`` and
    ``tool_choice`` are expected in common words already.
    """
    params: JSONObject = {}
    for own, value in said.items():
        name = names.get(own, own)
        if value is None:
            continue
        if name in params:
            return None  # two names of one thing: which counts is the upstream's business
        if name in NUMBER_PARAMS:
            if type(value) not in (int, float):
                return None
            params[name] = int(value) if isinstance(value, float) and value.is_integer() else value
        elif name == "stop":
            stops = [value] if isinstance(value, str) else value
            if not isinstance(stops, list) or not all(isinstance(stop, str) for stop in stops):
                return None
            params[name] = stops
        elif name in ("tools", "tool_choice"):
            params[name] = value
        else:
            return None
    if params.get("n") == 1:
        del params["n"]
    if params.get("stop") == []:
        del params["stop"]
    if params.get("tools") and params.get("tool_choice") == "auto":
        del params["tool_choice"]  # so do all APIs unasked; some clients say it, others do not
    most = params.pop("max_tokens", None)
    turns = tuple(turns)
    if not turns or turns[-1][0] != "user" or not (most is None or (type(most) is int and most > 0)):
        return None
    return Common("\n\n".join(text for text in system if text), turns, params, most)


def translate_request(
    spoken: Iterable[tuple[str, str | None]],
    said: Mapping[str, Any],
    names: Mapping[str, str],
    tool: Callable[[JSONObject], JSONObject],
    choice: Callable[[Any], Any] | None = None,
) -> Common | None:
    """Return a request in common words, as `build_common` does, from what the API itself says.

    *spoken* are turns as `split_conversation` takes them; *tool* and *choice* put the API's ``tools`` and
    ``tool_choice`` in common words, and raise ValueError where there are none.
    """
    said = dict(said)
    try:
        if said.get("tools") is not None:
            said["tools"] = [tool(each) for each in object_list(said["tools"], "tools")]
        if choice is not None and said.get("tool_choice") is not None:
            said["tool_choice"] = choice(said["tool_choice"])
    except ValueError:
        return None
    parted = split_conversation(spoken)
    return None if parted is None else build_common(*parted, said, names)


def split_conversation(spoken: Iterable[tuple[str, str | None]]) -> tuple[list[str], list[tuple[str, str]]] | None:
    """Part turns (the role ``system``, ``user`` or ``assistant``, and the text) into system prompts and the rest.

    None where a turn is of another role or more than text (None), and where a system prompt comes later than a turn:
    there it matters where it stands.
    """
    system: list[str] = []
    turns: list[tuple[str, str]] = []
    for role, text in spoken:
        if text is None or role not in ("system", "user", "assistant"):
            return None
        if role != "system":
            turns.append((role, text))
        elif turns:
            return None
        else:
            system.append(text)
    return system, turns


def translate_function(declared: JSONObject) -> JSONObject:
    """Return a function that is declared as chat completions do. Raises ValueError for any other tool."""
    inner = declared.get("function")
    if declared.keys() != {"type", "function"} or declared["type"] != "function" or not isinstance(inner, dict):
        raise ValueError("tools: one that is no plain function")
    if not inner.keys() <= {"name", "description", "parameters"}:
        raise ValueError("tools: a function that says more than others can")
    return common_tool(inner.get("name"), inner.get("description"), inner.get("parameters"))


def common_tool(name: Any, description: Any, parameters: Any) -> JSONObject:
    """Return a function of the caller's in common words. Raises ValueError for what is none."""
    if not isinstance(name, str) or not name or not isinstance(description, str | None):
        raise ValueError("tools: one without a name")
    if not isinstance(parameters, dict | None):
        raise ValueError("tools: one whose parameters are no schema")
    return {"name": name, "description": description or "", "parameters": parameters or {}}


def only_text(content: Any) -> str | None:
    """Return the text of a content that is a string, or a list of one part that holds nothing but text; else None.

    Several parts are not the text that they make when joined: "Is 1" and "2 prime?" do not ask whether 12 is.
    """
    if isinstance(content, list) and len(content) == 1:
        (part,) = content
        if (
            not isinstance(part, dict)
            or not part.keys() <= {"type", "text"}
            or part.get("type", "text") not in _TEXT_TYPES
        ):
            return None
        content = part.get("text")
    return content if isinstance(content, str) else None


def parse_arguments(text: Any) -> JSONObject:
    """Return a tool call's arguments, sent as JSON text or as an object. Raises ValueError for anything else."""
    if isinstance(text, dict):
        return text
    if not isinstance(text, str):
        raise ValueError("a tool call whose arguments are no object")
    return parse_object(text or "{}")


def render_arguments(arguments: Mapping[str, Any]) -> str:
    return render_json(arguments).decode()


def finish_of_parts(parts: Sequence[Part]) -> Finish:
    """Return why an answer of these parts ended, where its API has one word for all good ends."""
    if any(isinstance(part, ToolCall) for part in parts):
        return Finish.TOOL_CALLS
    return Finish.REFUSAL if any(isinstance(part, Refusal) for part in parts) else Finish.STOP


def only_choice(answer: Answer) -> Choice:
    """Return the choice of an answer for an API that has one. Raises ValueError where there are more."""
    if len(answer.choices) != 1:
        raise ValueError("more choices than this API has")
    return answer.choices[0]


def joined_text(parts: Iterable[Part], kind: type[Text] | type[Reasoning] | type[Refusal]) -> str:
    """Return the text of all parts of a kind, in order."""
    return "".join(part.text for part in parts if isinstance(part, kind))


def tool_calls_in(parts: Iterable[Part]) -> list[ToolCall]:
    return [part for part in parts if isinstance(part, ToolCall)]
