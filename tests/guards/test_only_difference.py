"""Texts that differ in one place only: what stands there must be known to say nothing."""

from __future__ import annotations

import pytest

from aicache.guards import Outcome, compare_questions

ONE_MORE_WORD = [
    ("What are the risks of smoking?", "What are the health risks of smoking?"),
    ("What is the penalty for murder?", "What is the penalty for attempted murder?"),
    ("Is Ann a photographer?", "Is Ann a decent photographer?"),
    ("Does she live there?", "Does she still live there?"),
    ("My refund has not arrived", "My refund has not arrived yet"),
    ("Can I fly when I am pregnant?", "Can I fly when I am very pregnant?"),
    ("小孩能喝冰的水吗", "小孩能喝很冰的水吗"),
    ("Is it used in Canada?", "Is it also used in Canada?"),
    ("Darf ich müde Auto fahren?", "Darf ich sehr müde Auto fahren?"),
    ("Il est malade, que faire ?", "Il est très malade, que faire ?"),
    ("Холодная вода вредна?", "Очень холодная вода вредна?"),
]
ANOTHER_FORM = [
    ("Why is my dog so bored?", "Why is my dog so boring?"),
    ("What does an employed lawyer earn?", "What does an employing lawyer earn?"),
    ("How old are my sisters?", "How old is my sister?"),
    ("Is the shop open late?", "Is the shop open lately?"),
    ("I have finished my course early", "I have to finish my course early"),
    ("When did he buy it?", "When he bought it?"),
]
ANOTHER_WORD = [
    ("How do I get a loan app?", "How do I get a loan application?"),
    ("What is a fast day?", "What is a quick day?"),
    ("How do I substitute eggs?", "How do I replace eggs?"),
    ("What happens if I keep taking aspirin?", "What happens if I start taking aspirin?"),
]
QUOTED_COURTESIES = [
    ("How do I say hello in Thai?", "How do I say in Thai?"),
    ("Comment dire merci en chinois ?", "Comment dire en chinois ?"),
    (
        "Translate into German: hello, I have a question about rent",
        "Translate into German: I have a question about rent",
    ),
    ("How do I say thank you?", "How do I say please?"),
    ("How do I spell sorry?", "How do I spell hello?"),
    ("怎么说谢谢", "怎么说"),
    ("谢谢用法语怎么说", "请用法语怎么说"),
    ("翻译成英文：请问厕所在哪里", "翻译成英文：厕所在哪里"),
    ("Fix the grammar: please kindly send it", "Fix the grammar: please send it"),
]
OTHER_PLACES = [
    ("When is not used in Python?", "When not is used in Python?"),
    ("Is every student not obliged to attend?", "Is not every student obliged to attend?"),
    ("Nicht alle dürfen wählen, warum?", "Alle dürfen nicht wählen, warum?"),
    ("Solo io posso firmare?", "Posso solo firmare io?"),
    ("Is a square a rectangle?", "Is a rectangle a square?"),
    ("sum of the squares of 3 and 4", "square of the sum of 3 and 4"),
    ("the tenant has not paid me, what now", "I have not paid the tenant, what now"),
    ("the dog's owner and rights", "the owners' dog and rights"),
    ("the bank was robbed, what now", "the bank robbed me, what now"),
]
WRITTEN_OTHERWISE = [
    ("How do I clean Windows before I sell my laptop?", "How do I clean windows before I sell my laptop?"),
    ("difference in Go of func foo visibility", "difference in Go of func Foo visibility"),
    ("Is it safe to eat raw, chicken?", "Is it safe to eat raw chicken?"),
    ("Where do the boys' parents meet?", "Where do the boy's parents meet?"),
    ("What does .5 + .5 give?", "What does 5 + .5 give?"),
    ("fashion in the 1920s", "fashion in 1920"),
    ("Mode der 1920er Jahre", "Mode im Jahr 1920"),
]
SAME = [
    ("Say that again please", "Say that again"),
    ("How do I cancel a transaction?", "How do I go about cancelling a transaction?"),
    ("Why do cats purr?", "Why does a cat purr?"),
    ("How do I remove a stain from a carpet?", "How do I remove stains from carpet?"),
    ("How do I begin learning guitar?", "How do I start learning guitar?"),
    ("Is that lizard on the couch?", "Is that lizard really on the couch?"),
    ("Are there top-up limits?", "Are there any top-up limits?"),
    ("I want to apply for a card", "I desire to apply for a card"),
    ("What is the color of sapphire?", "What is the colour of sapphire?"),
    ("Wie lange dauert das?", "Wie lange dauert das denn eigentlich?"),
    ("Where is Martha's Vineyard?", "Where is Marthas Vineyard?"),
    ("Play an MP3 file in Java", "play an mp3 file in Java"),
    ("If it rains, what do I wear?", "If it rains what do I wear?"),
    ("music of the 1980s", "music of the 1980's"),
]


@pytest.mark.parametrize(
    ("one", "other"),
    [*ONE_MORE_WORD, *ANOTHER_FORM, *ANOTHER_WORD, *QUOTED_COURTESIES, *OTHER_PLACES, *WRITTEN_OTHERWISE],
)
def test_the_only_difference_is_not_taken_as_harmless(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is not Outcome.EXPLAINED


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_only_difference_may_be_known_to_say_nothing(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED


def test_several_differences_are_another_way_to_ask() -> None:
    comparison = compare_questions("Can I track the card you sent to me?", "Can you track my card for me?")

    assert comparison.outcome is not Outcome.DIFFERENT
