"""Requests and whole answers that have all kinds of fields of their API, to put odd values in their places."""

from __future__ import annotations

from typing import Any

_HI = {"role": "user", "content": "Hi"}
_BRIEF = {"role": "system", "content": "Be brief."}
_SCHEMA = {"type": "object"}
_TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": _SCHEMA}}
_CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
_OPENAI_USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}

_CHAT_REQUEST = {
    "model": "m",
    "stream": True,
    "stream_options": {"include_usage": True},
    "n": 1,
    "temperature": 0.5,
    "response_format": {"type": "text"},
    "messages": [_BRIEF, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
}
_CHAT_ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1700000000,
    "model": "m-1",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello!"},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": _OPENAI_USAGE,
    "system_fingerprint": "fp",
}

_COMPLETIONS_REQUEST = {
    "model": "m",
    "prompt": "def f(",
    "suffix": ")",
    "stream": True,
    "stream_options": {"include_usage": True},
    "n": 1,
    "logprobs": 2,
    "stop": ["\n"],
}
_COMPLETIONS_ANSWER = {
    "id": "cmpl-1",
    "object": "text_completion",
    "created": 1700000000,
    "model": "m-1",
    "choices": [{"text": " a time", "index": 0, "logprobs": {"tokens": ["a"]}, "finish_reason": "stop"}],
    "usage": _OPENAI_USAGE,
    "system_fingerprint": "fp",
}

_RESPONSES_REQUEST: dict[str, Any] = {
    "model": "m",
    "stream": True,
    "store": False,
    "instructions": "Be brief.",
    "temperature": 0.5,
    "tools": [{"type": "function", "name": "f", "parameters": _SCHEMA, "strict": False}],
    "text": {"format": {"type": "text"}},
    "input": [
        _BRIEF,
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "21 C"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
    ],
}
_RESPONSES_ANSWER = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1700000000,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "model": "m-1",
    "output": [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm"}]},
        {
            "id": "msg_1",
            "type": "message",
            "status": "completed",
            "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello!"}],
            "role": "assistant",
        },
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "mcp_call", "arguments": "{}", "output": "x"},
    ],
    "usage": {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 14,
    },
}

_TOOL_USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Rome"}}
_MESSAGES_REQUEST = {
    "model": "m",
    "max_tokens": 100,
    "stream": True,
    "temperature": 0.5,
    "stop_sequences": ["END"],
    "system": [{"type": "text", "text": "Be brief."}],
    "tools": [
        {"name": "weather", "description": "Tells it", "input_schema": {"type": "object", "properties": {}}},
        {"type": "web_search_20250305", "name": "web_search"},
    ],
    "tool_choice": {"type": "tool", "name": "weather"},
    "output_config": {"format": {"type": "json_schema"}},
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
        {"role": "assistant", "content": [_TOOL_USE]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "21 C"},
                {"type": "text", "text": "And now?"},
            ],
        },
    ],
}
_MESSAGES_ANSWER = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "m-1",
    "content": [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "text", "text": "x", "citations": [{"type": "char_location"}]},
        _TOOL_USE,
        {"type": "web_search_tool_result", "content": [{"type": "web_search_result"}]},
        {"type": "compaction", "content": "c", "encrypted_content": None},
    ],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 3, "output_tokens_details": {}},
    "stop_details": None,
    "context_management": {"applied_edits": []},
}

_GEMINI_REQUEST = {
    "systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Weather?"}, {"inlineData": {"mimeType": "image/png", "data": "AA=="}}]},
        {"role": "model", "parts": [{"functionCall": {"id": "1", "name": "f", "args": {"x": 1}}}]},
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "f", "response": {"y": 2}, "parts": [{"text": "z"}]}}],
        },
        {"role": "user", "parts": [{"fileData": {"mimeType": "video/mp4", "fileUri": "https://youtu.be/x"}}]},
    ],
    "generationConfig": {
        "temperature": 0.5,
        "candidateCount": 1,
        "stopSequences": ["\n"],
        "responseModalities": ["TEXT"],
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 64},
    },
    "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}]}, {"googleSearch": {}}],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
}
_GEMINI_ANSWER = {
    "candidates": [
        {
            "content": {
                "parts": [
                    {"text": "Hm", "thought": True},
                    {"text": "See:"},
                    {"functionCall": {"id": "1", "name": "f", "args": {"x": 1}}, "thoughtSignature": "AA=="},
                ],
                "role": "model",
            },
            "finishReason": "STOP",
            "index": 0,
            "groundingMetadata": {"webSearchQueries": ["q"]},
            "safetyRatings": [{"category": "c", "probability": "LOW"}],
            "logprobsResult": {"chosenCandidates": [{"token": "S", "logProbability": -0.5}]},
        }
    ],
    "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11},
    "modelVersion": "gemini-2.5-flash",
    "responseId": "r-1",
    "promptFeedback": {"safetyRatings": []},
}

_OLLAMA_CALL = {"id": "call_1", "function": {"index": 0, "name": "f", "arguments": {"city": "Tokyo"}}}
_OLLAMA_END = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "done": True, "done_reason": "stop"}
_OLLAMA_COUNTS = {"prompt_eval_count": 26, "eval_count": 298, "total_duration": 5191566416}
_OLLAMA_CHAT_REQUEST = {
    "model": "m",
    "stream": True,
    "messages": [
        _BRIEF,
        {"role": "assistant", "content": "", "thinking": "t", "tool_calls": [_OLLAMA_CALL]},
        {"role": "tool", "content": "21 C", "tool_name": "f"},
        _HI | {"images": ["aGk="]},
    ],
    "tools": [_TOOL],
    "options": {"temperature": 0.5, "stop": ["x"], "num_predict": 9},
    "format": "json",
    "keep_alive": "5m",
    "think": "low",
}
_OLLAMA_GENERATE_REQUEST = {
    "model": "m",
    "prompt": "Hi",
    "system": "s",
    "context": [1, 2],
    "images": ["aGk="],
    "options": {"seed": 1},
    "raw": False,
}
_OLLAMA_MESSAGE = {"role": "assistant", "content": "x", "thinking": "t", "tool_calls": [_OLLAMA_CALL]}
_OLLAMA_CHAT_ANSWER = _OLLAMA_END | _OLLAMA_COUNTS | {"message": _OLLAMA_MESSAGE}
_OLLAMA_GENERATE_ANSWER = (
    _OLLAMA_END | _OLLAMA_COUNTS | {"response": "x", "thinking": "t", "logprobs": [{"token": "x"}]}
)

_DASHSCOPE_REQUESTS: tuple[dict[str, Any], ...] = (
    {
        "model": "m",
        "input": {
            "messages": [
                _BRIEF,
                {"role": "assistant", "content": "", "tool_calls": [{"id": "c"}]},
                {"role": "user", "content": [{"text": "Hi"}]},
            ]
        },
        "parameters": {
            "result_format": "message",
            "incremental_output": True,
            "n": 1,
            "temperature": 0.5,
            "tools": [_TOOL],
            "response_format": {"type": "text"},
            "stop": ["x"],
        },
    },
    {"model": "m", "input": {"prompt": "Hi", "history": [{"user": "a", "bot": "b"}]}},
)
"""With messages, and with a prompt as in the API's first version."""
_DASHSCOPE_USAGE = {"total_tokens": 11, "output_tokens": 2, "input_tokens": 9}
_DASHSCOPE_MESSAGE = {
    "role": "assistant",
    "content": [{"text": "x"}],
    "reasoning_content": "y",
    "tool_calls": [{"index": 0, **_CALL}],
}
_DASHSCOPE_CHOICE = {
    "finish_reason": "stop",
    "message": _DASHSCOPE_MESSAGE,
    "index": 0,
    "logprobs": {"content": [{"token": "x"}]},
}
_DASHSCOPE_ANSWERS: tuple[dict[str, Any], ...] = tuple(
    {"output": output, "usage": _DASHSCOPE_USAGE, "request_id": "r-1"}
    for output in ({"choices": [_DASHSCOPE_CHOICE]}, {"text": "x", "finish_reason": "stop"})
)

REQUESTS: dict[str, tuple[dict[str, Any], ...]] = {
    "chat": (_CHAT_REQUEST,),
    "completions": (
        _COMPLETIONS_REQUEST,
        _COMPLETIONS_REQUEST | {"prompt": ["def f(", "x"]},
        _COMPLETIONS_REQUEST | {"prompt": [[1, 2], [3]]},
    ),
    "responses": (_RESPONSES_REQUEST,),
    "messages": (_MESSAGES_REQUEST,),
    "gemini": (_GEMINI_REQUEST,),
    "ollama-chat": (_OLLAMA_CHAT_REQUEST, _OLLAMA_GENERATE_REQUEST),
    "ollama-generate": (_OLLAMA_GENERATE_REQUEST, _OLLAMA_CHAT_REQUEST),
    "dashscope": _DASHSCOPE_REQUESTS,
}
"""By API. Ollama's endpoints get each other's, too."""

ANSWERS: dict[str, tuple[dict[str, Any], ...]] = {
    "chat": (_CHAT_ANSWER,),
    "completions": (_COMPLETIONS_ANSWER,),
    "responses": (_RESPONSES_ANSWER,),
    "messages": (_MESSAGES_ANSWER,),
    "gemini": (_GEMINI_ANSWER,),
    "ollama-chat": (_OLLAMA_CHAT_ANSWER, _OLLAMA_CHAT_ANSWER | {"done": False}, _OLLAMA_GENERATE_ANSWER),
    "ollama-generate": (
        _OLLAMA_GENERATE_ANSWER,
        _OLLAMA_GENERATE_ANSWER | {"done": False},
        _OLLAMA_CHAT_ANSWER,
    ),
    "dashscope": _DASHSCOPE_ANSWERS,
}
"""By API. The first is good."""
