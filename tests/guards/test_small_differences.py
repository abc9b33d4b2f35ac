"""Small words and forms that turn a question into another one, and those that do not."""

from __future__ import annotations

import pytest

from aicache.guards import Outcome, compare_questions
from aicache.guards.matching import is_misspelled

DETERMINERS = [
    ("How do I log out on every TV?", "How do I log out on this TV?"),
    ("How do I delete all messages?", "How do I delete this message?"),
    ("Can I use any card at the store?", "Can I use this card at the store?"),
    ("How do I mute notifications from both accounts?", "How do I mute notifications from one account?"),
    ("What is the name for the fear of spiders?", "What is the reason for the fear of spiders?"),
    ("Can I bring some friends?", "Can I bring many friends?"),
    ("怎么删除和所有人的聊天记录", "怎么删除和一个人的聊天记录"),
    ("怎么关闭全部群的通知", "怎么关闭这个群的通知"),
    ("怎么屏蔽每个人的朋友圈", "怎么屏蔽某个人的朋友圈"),
    ("所有的鸟都会飞吗", "有的鸟会飞吗"),
    ("Wie melde ich mich an jedem Fernseher ab?", "Wie melde ich mich an diesem Fernseher ab?"),
    ("Comment me déconnecter de chaque télé ?", "Comment me déconnecter de cette télé ?"),
    ("Как удалить каждое сообщение?", "Как удалить это сообщение?"),
]
NOUNS = [
    ("How do I keep chickens in the backyard?", "How do I keep chicken in the backyard?"),
    ("Can I feed lamb in winter?", "Can I feed lambs in winter?"),
    ("Can dogs eat chicken?", "Can dogs eat chickens?"),
    ("What is an iron used for?", "What is iron used for?"),
    ("What is a glass made of?", "What is glass made of?"),
    ("How do I draw hair?", "How do I draw a hair?"),
]
VERBS = [
    ("How do I give a job interview?", "How do I have a job interview?"),
    ("How do I give a party?", "How do I go to a party?"),
    ("What should I say when I give a gift?", "What should I say when I get a gift?"),
    ("What if I forgot to lock the door?", "What if I forgot locking the door?"),
    ("Why doesn't he remember taking it?", "Why didn't he remember to take it?"),
    ("Who became king because Edward died?", "Who would become king if Edward died?"),
    ("Is it wet because it rained?", "Is it wet if it rained?"),
    ("How do I teach myself to swim?", "How do I teach my son to swim?"),
    ("Which countries border Germany, in one line?", "How many countries border Germany, in one line?"),
    ("Do I have to tip in Japan?", "Am I allowed to tip in Japan?"),
]
ROLES = [
    ("How do I get fired by my boss?", "How do I get my boss fired?"),
    ("How can I get my teacher suspended?", "How can I get suspended by my teacher?"),
    ("What do I need to have a baby in the car?", "What do I need to have in the car for a baby?"),
    ("What do I need to bring a dog on the plane?", "What do I need to bring on the plane for a dog?"),
    ("什么问题会导致睡眠不足", "睡眠不足会导致什么问题"),
    ("什么食物会引起便秘？", "便秘会引起什么？"),
    ("利率由什么决定", "利率决定什么"),
    ("什么动物吃老虎", "老虎吃什么动物"),
    ("通货膨胀会造成失业吗", "失业会造成通货膨胀吗"),
]
REQUESTS = [
    ("How do you write a letter?", "Can you write a letter?"),
    ("What is the best way to write a speech?", "Can you write a speech?"),
    ("How do I write a poem about spring?", "Please write a poem about spring"),
    ("How to write a cover letter for a nurse", "Write a cover letter for a nurse"),
    ("Can you explain how to write a letter?", "Can you write a letter?"),
    ("Teach me to write a poem", "Write a poem"),
    ("I want to know how to write a poem", "I want you to write a poem"),
    ("Do you write letters?", "How do you write letters?"),
    ("如何写一封求职信", "请写一封求职信"),
]
LETTERS = [
    ("Где указать имя адресанта?", "Где указать имя адресата?"),
    ("Was ist ein Adressant?", "Was ist ein Adressat?"),
    ("Come posso tingere i capelli in casa?", "Come posso tingere i cappelli in casa?"),
]


@pytest.mark.parametrize(("one", "other"), [*DETERMINERS, *NOUNS, *VERBS, *ROLES, *REQUESTS, *LETTERS])
def test_a_small_difference_is_not_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is not Outcome.EXPLAINED
    assert compare_questions(other, one).outcome is not Outcome.EXPLAINED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I cancel the order?", "How do I cancel this order?"),
        ("How do I reset all phones?", "How do I reset all the phones?"),
        ("How long should I take a break?", "How long should I have a break?"),
        ("How do I reset password?", "How can I reset password?"),
        ("How do I write a resume for a nurse?", "How do I write resumes for a nurse?"),
        ("How do I write a cover letter?", "Can you explain how to write a cover letter?"),
        ("How do I reset my password?", "Can you help me reset my password?"),
        ("What does it cost to park?", "How much does it cost to park?"),
        ("怎么设置铃声", "铃声怎么设置"),
        ("孕妇能吃什么水果", "什么水果孕妇能吃"),
        ("什么原因导致失眠", "导致失眠的原因是什么"),
        ("房地产价格的影响因素有哪些？", "影响房地产价格的因素有哪些？"),
        ("How do I reset my pasword?", "How do I reset my password?"),
        ("how to reinstlal a driver", "how to reinstall a driver"),
    ],
)
def test_a_small_word_that_says_the_same_is_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED


@pytest.mark.parametrize(
    ("one", "other", "misspelled"),
    [
        ("password", "pasword", True),
        ("password", "passwrod", True),
        ("necessary", "neccessary", True),
        ("адресата", "адресанта", False),
        ("enviroment", "environment", False),
        ("addressor", "addressee", False),
    ],
)
def test_a_letter_more_or_less_is_a_typo_only_if_it_is_doubled(one: str, other: str, misspelled: bool) -> None:
    assert is_misspelled(one, other) is misspelled
    assert is_misspelled(other, one) is misspelled
