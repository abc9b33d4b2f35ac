"""Recognizes task prompts: requests about a chat, for titles, tags, suggestions, summaries. Pure; never raises.

Chat UIs send them in the background after an answer: the chat stands in the prompt itself (Open WebUI between
``<chat_history>`` tags; LibreChat, LobeChat and Chatbox as lines under the speakers' names) or before it (NextChat).
All prompts of a UI for one task are alike except for the chat, so an embedder takes any two chats for the same; and a
key without the history takes them for one.
"""

from __future__ import annotations

import re

MAX_SCANNED_CHARS = 20_000
"""Characters that are scanned, half of them at either end: the task is stated before or after the chat."""

_TAGGED = re.compile(
    r"</?(?:chat|conversation|message|dialog(?:ue)?)s?(?:[_ -]?(?:history|context|log))?>|</transcript>", re.I
)
_USER = re.compile(r"^[^\w\n]{0,4}(?:user|human|you|me|用户)\W{0,3}[:：]", re.I | re.M)
_ASSISTANT = re.compile(r"^[^\w\n]{0,4}(?:assistant|ai|bot|model|chatgpt|助手|助理)\W{0,3}[:：]", re.I | re.M)

_TASK = r"(?:titles?|names?|tags?|topics?|headlines?|recap|summar(?:y|i[sz]e|i[sz]ing)|follow[- ]?ups?|emojis?)"
_CHAT = (
    r"(?:the|this|that|our|my|above|following|previous|entire|whole|current|provided)\s+"
    r"(?:conversation|chat|discussion|dialog(?:ue)?|thread|exchange|messages)\b"
)
_STATED = re.compile(
    rf"\b{_TASK}\b[^.?!\n]{{0,80}}\b{_CHAT}|\b{_CHAT}[^?!\n]{{0,80}}\b{_TASK}\b"
    r"|(?:总结|概括|归纳|标题|主题|命名|起名)[^。？！\n]{0,40}(?:对话|聊天|会话|讨论|这句话)"
    r"|(?:对话|聊天|会话|讨论|这句话)[^。？！\n]{0,40}(?:总结|概括|归纳|标题|主题|命名|起名)",
    re.I,
)


def is_task_prompt(question: str) -> bool:
    """Return whether a question is about a conversation, so that its answer fits no other chat.

    People ask such questions, too ("summarize our chat"), and mean the current chat just as well.
    """
    if len(question) > MAX_SCANNED_CHARS:
        question = question[: MAX_SCANNED_CHARS // 2] + "\n" + question[-MAX_SCANNED_CHARS // 2 :]
    if _TAGGED.search(question) or (_USER.search(question) and _ASSISTANT.search(question)):
        return True
    return _STATED.search(question) is not None
