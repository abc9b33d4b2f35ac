"""A short answer that begins in the usual words of a refusal is one, in many languages; others are not."""

from __future__ import annotations

import time

import pytest

from aicache.formats.refusals import is_refusal
from formats.worlds import ANSWERS, chat, gemini, keep

REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I’m sorry, I can’t assist with that request.",
    "Sorry, but I cannot provide that.",
    "I can't help with that request. If you have questions about safe use, I am glad to help.",
    "I'm unable to help with that.",
    "Unfortunately, I'm not able to discuss this topic.",
    "As an AI language model, I cannot provide that information.",
    "I apologize, but I am not comfortable writing this.",
    "I must decline to answer.",
    "Sorry for the inconvenience, but I simply cannot answer this.",
    "**I cannot answer that.**",
    "<think>Hm.</think>\n\nI won't write that.",
    "Es tut mir leid, aber dabei kann ich nicht helfen.",
    "Leider kann ich dir dabei nicht weiterhelfen.",
    "Ich kann diese Anfrage nicht beantworten.",
    "Je suis désolé, mais je ne peux pas vous aider.",
    "Désolée, je ne peux pas répondre à cela.",
    "Lo siento, pero no puedo ayudar con eso.",
    "No puedo ayudarte con eso.",
    "Desculpe, mas não posso ajudar com isso.",
    "Mi dispiace, ma non posso aiutarti.",
    "Het spijt me, maar ik kan je daar niet mee helpen.",
    "Przykro mi, ale nie mogę w tym pomóc.",
    "Üzgünüm, bu konuda yardımcı olamıyorum.",
    "Извините, но я не могу с этим помочь.",
    "На жаль, я не можу допомогти.",
    "عذرًا، لا أستطيع المساعدة في ذلك.",
    "क्षमा करें, मैं इसमें मदद नहीं कर सकता।",
    "抱歉，我无法回答这个问题。",
    "很抱歉，我不能提供相关信息。",
    "对不起，这个问题我没法回答。",
    "作为一个AI语言模型，我无法提供这些信息。",
    "申し訳ありませんが、お手伝いできません。",
    "죄송하지만 그 요청은 도와드릴 수 없습니다.",
    "Xin lỗi, tôi không thể giúp việc đó.",
    "ขออภัย ฉันไม่สามารถช่วยได้",
)
ANSWERED = (
    "Hold the reset button for ten seconds.",
    "I'm sorry to hear that! Hold the reset button.",
    "Sorry for the confusion: it is 42.",
    "Unfortunately yes.",
    "I can help with that.",
    "You can't reset it without the button.",
    "It is not possible to divide by zero.",
    "No.",
    "No puede ser par.",
    "Nicht ohne den Knopf.",
    "Das kann man nicht allgemein sagen.",
    "抱歉让您久等了，答案是42。",
    "不能。",
    "",
)


@pytest.mark.parametrize("text", REFUSALS)
def test_the_usual_words_of_a_refusal_are_known(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize("text", ANSWERED)
def test_other_answers_are_none(text: str) -> None:
    assert not is_refusal(text)


def test_a_long_answer_is_none_and_no_text_takes_long() -> None:
    assert not is_refusal("I'm sorry, but I can't say it in a word. " + "It goes on. " * 40)
    for piece in (
        "I'm sorry, ",
        "sorry ",
        "as an ai ",
        "i really ",
        "leider ",
        "죄송",
        "lo siento ",
        "a",
        " ",
        "<think>",
    ):
        text = (piece * 400)[:400]
        began = time.perf_counter()
        for _ in range(20):
            is_refusal(text)
        assert time.perf_counter() - began < 1


@pytest.mark.parametrize("api", list(ANSWERS))
def test_a_refusal_in_plain_words_is_noted_with_its_entry(api: str) -> None:
    assert keep(api, ANSWERS[api]("I'm sorry, but I can't help with that.")).refused
    assert not keep(api, ANSWERS[api]("So.")).refused


def test_one_choice_of_several_suffices() -> None:
    assert keep("chat", chat({"content": "So."}, {"content": "抱歉，我无法回答。"}), n=2).refused
    texts = ("So.", "I cannot help with that request.")
    candidates = [gemini({"text": text})["candidates"][0] | {"index": i} for i, text in enumerate(texts)]
    assert keep("gemini", {"candidates": candidates}, generationConfig={"candidateCount": 2}).refused
