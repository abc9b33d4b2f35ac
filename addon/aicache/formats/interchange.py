"""Common terms for requests and answers of all APIs: those of chat completions. Pure.

Each format converts to these terms. A request that they cannot express can be answered by its own API only.
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
    system: Iterable[str], turns: Iterable[tuple[str, str]], own_params: Mapping[str, Any], names: Mapping[str, str]
) -> Common | None:
    """Return a request in common terms, or None if they cannot express it.

    *own_params* are the parameters beside the conversation and the model, without those that cannot change the answer;
    *names* maps the API's own names of parameters to the common ones. ``stop`` may be one text or a list; ``tools`` and
    ``tool_choice`` are in common terms already.
    """
    params: JSONObject = {}
    for own, value in own_params.items():
        name = names.get(own, own)
        if value is None:
            continue
        if name in params:
            return None  # two names of one parameter: only the upstream knows which one counts
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
        del params["tool_choice"]  # the default of all APIs; some clients send it, others do not
    max_tokens = params.pop("max_tokens", None)
    turns = tuple(turns)
    if not turns or turns[-1][0] != "user":
        return None
    if not (max_tokens is None or (type(max_tokens) is int and max_tokens > 0)):
        return None
    return Common("\n\n".join(text for text in system if text), turns, params, max_tokens)


def translate_request(
    spoken: Iterable[tuple[str, str | None]],
    own_params: Mapping[str, Any],
    names: Mapping[str, str],
    to_tool: Callable[[JSONObject], JSONObject],
    to_tool_choice: Callable[[Any], Any] | None = None,
) -> Common | None:
    """Return a request in common terms, as `build_common` does, from the API's own parameters.

    *spoken* are turns as for `split_conversation`; *to_tool* and *to_tool_choice* convert the API's ``tools`` and
    ``tool_choice``, and raise ValueError for those that have no common form.
    """
    own_params = dict(own_params)
    try:
        if own_params.get("tools") is not None:
            own_params["tools"] = [to_tool(each) for each in object_list(own_params["tools"], "tools")]
        if to_tool_choice is not None and own_params.get("tool_choice") is not None:
            own_params["tool_choice"] = to_tool_choice(own_params["tool_choice"])
    except ValueError:
        return None
    conversation = split_conversation(spoken)
    return None if conversation is None else build_common(*conversation, own_params, names)


def split_conversation(spoken: Iterable[tuple[str, str | None]]) -> tuple[list[str], list[tuple[str, str]]] | None:
    """Split turns (the role ``system``, ``user`` or ``assistant``, and the text) into system prompts and the rest.

    Returns None if a turn has another role or more than text (None), and if a system prompt follows a turn: its place
    matters then.
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
    """Convert a function declared as in chat completions to common terms. Raises ValueError for any other tool."""
    inner = declared.get("function")
    if declared.keys() != {"type", "function"} or declared["type"] != "function" or not isinstance(inner, dict):
        raise ValueError("tools: not a plain function")
    if not inner.keys() <= {"name", "description", "parameters"}:
        raise ValueError("tools: a function with fields that other APIs do not have")
    return common_tool(inner.get("name"), inner.get("description"), inner.get("parameters"))


def common_tool(name: Any, description: Any, parameters: Any) -> JSONObject:
    """Return a caller's function in common terms. Raises ValueError for a malformed one."""
    if not isinstance(name, str) or not name or not isinstance(description, str | None):
        raise ValueError("tools: a function without a name")
    if not isinstance(parameters, dict | None):
        raise ValueError("tools: a function whose parameters are not a schema")
    return {"name": name, "description": description or "", "parameters": parameters or {}}


def only_text(content: Any) -> str | None:
    """Return the text of content that is a string, or a list of one part with nothing but text; else None.

    Several parts are not the same as their joined text: "Is 1" and "2 prime?" is not a question about 12.
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
    """Return the finish reason of an answer with these parts, for APIs with a single reason for all successful ends."""
    if any(isinstance(part, ToolCall) for part in parts):
        return Finish.TOOL_CALLS
    return Finish.REFUSAL if any(isinstance(part, Refusal) for part in parts) else Finish.STOP


def only_choice(answer: Answer) -> Choice:
    """Return the only choice of an answer, for APIs that have one. Raises ValueError if there are more."""
    if len(answer.choices) != 1:
        raise ValueError("more choices than this API has")
    return answer.choices[0]


def joined_text(parts: Iterable[Part], kind: type[Text] | type[Reasoning] | type[Refusal]) -> str:
    """Return the joined text of all parts of a kind."""
    return "".join(part.text for part in parts if isinstance(part, kind))


def tool_calls_in(parts: Iterable[Part]) -> list[ToolCall]:
    return [part for part in parts if isinstance(part, ToolCall)]
