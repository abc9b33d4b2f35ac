"""What is asked about a chat is told from what is asked in one, in the words that chat UIs and people use for it."""

from __future__ import annotations

import time

import pytest

from aicache.domain.task_prompts import is_task_prompt

SAID, ANSWERED = "Why is the sky blue?", "Air scatters blue light the most."

CHORES = {
    "between tags": f"### Task:\nName it.\n<chat_history>\nUSER: {SAID}\nASSISTANT: {ANSWERED}\n</chat_history>",
    "tags with nobody's name": f"Pick three topics.\n<conversation>{SAID} {ANSWERED}</conversation>",
    "lines of both": f"user: {SAID}\nassistant: {ANSWERED}\n\nIn at most five words, please.",
    "lines under AI": f"Something short to file this under.\n\nUser: {SAID}\nAI: {ANSWERED}",
    "lines with stars": f"**Human:** {SAID}\n\n**Assistant:** {ANSWERED}",
    "Chinese lines": f"用户：{SAID}\n助手：{ANSWERED}",
    "title of what came before": "Generate a title of five words summarizing our conversation, without quotes.",
    "name before a transcript": f"Give this conversation a name, please.\n```\n{SAID}\n---\n{ANSWERED}\n```",
    "summary": "Summarize the discussion briefly, in 200 words or less.",
    "a person's": "Can you summarise our chat so far?",
    "the chat first": "For the conversation above, suggest three follow-up questions.",
    "Chinese title": "用四到五个字直接返回这句话的简要主题，不要解释。",
    "Chinese summary": "简要总结一下对话内容，用作后续的上下文提示。",
    "Chinese, of the above": "请总结上述对话为10个字以内的标题",
}
QUESTIONS = (
    SAID,
    "What is a good title for a book about whales?",
    "Summarize the plot of Hamlet.",
    "How do I start a conversation with a stranger?",
    "How do I name a chat group in Telegram?",
    "Write a summary of the French Revolution.",
    "What is the title of the first chapter of Dune?",
    "How do I export my data from this service?",
    "Translate for me: the user: a person who uses things",
    "Which tags does the HTML head need?",
    "总结一下第二次世界大战的原因",
    "论文的标题怎么写？",
    "如何开始一段对话？",
)


@pytest.mark.parametrize("question", CHORES.values(), ids=CHORES)
def test_chores_are_about_a_chat(question: str) -> None:
    assert is_task_prompt(question)


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_are_not(question: str) -> None:
    assert not is_task_prompt(question)


@pytest.mark.parametrize("text", ["title " * 200_000, "\n" * 1_000_000, " :" * 500_000, "the conversation " * 60_000])
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()

    is_task_prompt(text)

    assert time.perf_counter() - began < 1
