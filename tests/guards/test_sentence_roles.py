"""Texts of the same words whose order, small words or articles tell who does what, and those in which they do not."""

from __future__ import annotations

import pytest

from aicache.guards import Outcome, compare_questions

SAME_WORDS_IN_ANOTHER_ORDER = [
    ("films about artists who paint", "artists who paint about films"),
    ("Why do dogs that are old sleep more?", "Why do dogs that sleep more are old?"),
    ("What if you are awake and your baby is not?", "What if your baby is awake and you are not?"),
    ("Can a lawyer hear what I hear?", "Can I hear what a lawyer hears?"),
    ("Show that if a number is prime, then it is odd", "Show that if a number is odd, then it is prime"),
    ("I had painted the door, is that fine?", "I had the door painted, is that fine?"),
    ("a promise I did not give", "I did not give a promise"),
    ("which parents trust my teachers", "which teachers do my parents trust"),
    ("Is it possible to not sleep and be healthy?", "Is it possible to sleep and not be healthy?"),
    ("my boss told me not to call", "my boss did not tell me to call"),
    ("Must all members bring one of these forms?", "Is there one of these forms all members must bring?"),
    ("为什么常喝茶的人睡得少？", "为什么睡得少的人常喝茶？"),
    ("推荐几本老师写的书", "推荐几本写老师的书"),
    ("怎么把列表的元组转成元组的列表？", "怎么把元组的列表转成列表的元组？"),
    ("不是所有车都能停", "所有车都不是能停"),
    ("找出只在晚上来过的人", "找出在晚上只来过的人"),
    ("孩子像谁多", "谁像孩子多"),
    ("睡什么床能长高", "长高能睡什么床"),
    ("狗最爱什么", "什么狗最爱"),
    ("她为什么总是笑", "为什么总是她笑"),
    ("What is needed for a passport?", "What is a passport needed for?"),
    ("What is the cause of fog?", "What does fog cause?"),
    ("我信任的人不信任我", "信任我的人我不信任"),
]
OTHER_PERSONS = [
    ("how can I lend a book to someone", "how can someone lend a book to me"),
    ("where are the parcels I sent", "where are the parcels sent to me"),
    ("what does my teacher want from me", "what do I want from my teacher"),
    ("where do I meet the people I need", "where do I meet people who need me"),
    ("I was overcharged twice", "I overcharged twice"),
    ("what would you say if you were me", "what would I say if I were you"),
    ("how to see photos I shared", "how to see who shared my photos"),
    ("Do I like tea more than my wife does?", "Do I like tea more than I do my wife?"),
]
OTHER_VERBS = [
    ("What do I do to get promoted?", "What do I do if I get promoted?"),
    ("How do I make my printer print?", "How does my printer print?"),
    ("How do I be a good neighbor?", "How do I get a good neighbor?"),
    ("Do I have to pay tax on a prize?", "How do I pay tax on a prize?"),
    ("Is red wine healthy?", "Which red wine is healthy?"),
    ("Does fate exist?", "Why does fate still exist?"),
    ("Is it ok to freeze milk?", "How to freeze milk?"),
    ("How do I get hired?", "How do I hire?"),
    ("Can a judge refuse to hear a witness?", "Can a witness refuse to be heard by a judge?"),
    ("When should a child stop using a cup?", "When should you stop a child using a cup?"),
    ("How often should I be cleaning a pond?", "How often should a pond be cleaning?"),
    ("What rights do guests have?", "What guests do I have rights to?"),
    ("How do I get my son to trust me?", "How do I get to trust my son?"),
    ("What is she like?", "What does she like?"),
    ("I used to take iron. Can I drink tea?", "I am used to taking iron. Can I drink tea?"),
    ("Say that guests do not have to pay", "Say that guests must not pay"),
    ("How do I cut my nails at home?", "How do I get my nails cut at home?"),
    ("My dog is choking on a bone, what now?", "My dog choked on a bone, what now?"),
    ("What does allow mean here?", "What does permit mean here?"),
]
OTHER_THINGS = [
    ("How long do I have to smoke fish in the oven?", "How long do I have to smoke a fish in the oven?"),
    ("What paint should I use for the wall?", "What paints should I use for the wall?"),
    ("Draw a man-eating plant", "Draw a man eating plant"),
    ("Write about the Queen for children", "Write about Queen for children"),
    ("How much does the door of a Fiat 500 cost?", "How much does a Fiat 500 cost?"),
    ("How do I sort a list?", "How do I sort a list in place?"),
    ("Who was the second man on the moon?", "Who was the second to last man on the moon?"),
    ("去车站要半个小时，几点走？", "去车站要一个半小时，几点走？"),
]
OTHER_LANGUAGES = [
    ("Qui a appelé Jeanne ?", "À qui a appelé Jeanne ?"),
    ("Puis-je ne pas payer ?", "Ne puis-je pas payer ?"),
    ("Comment réparer ma montre ?", "Comment faire réparer ma montre ?"),
    ("Comment soigner mon mémoire ?", "Comment soigner ma mémoire ?"),
    ("¿Cómo calmo el celo de mi gata?", "¿Cómo calmo los celos de mi gata?"),
    ("Comment aiguiser un ciseau ?", "Comment aiguiser des ciseaux ?"),
    ("Non posso dormire?", "Posso non dormire?"),
    ("Mogę nie spać?", "Nie mogę spać?"),
    ("¿Quién visitó Juan?", "¿A quién visitó Juan?"),
    ("受付は何時まで必要ですか?", "受付は何時までに必要ですか?"),
    ("登録はアプリだけでできますか?", "登録はアプリでだけできますか?"),
    ("誰を待つか", "誰が待つか"),
]
SAME_IN_ANOTHER_ORDER = [
    ("Why is my card still pending?", "Why is my card pending still?"),
    ("Why did my top-up not work?", "Why didn't my top-up work?"),
    ("Why is Java so popular?", "Why Java is so popular?"),
    ("My card was declined, why?", "Why was my card declined?"),
    ("Is Ann married to Bob?", "Is Bob married to Ann?"),
    ("Which is better, tea or coffee?", "Which is better, coffee or tea?"),
    ("What is the difference between a panic attack and an anxiety attack?",
     "What is the difference between an anxiety attack and a panic attack?"),
    ("turn the volume down", "turn down the volume"),
    ("I was charged twice for the same thing", "I was charged for the same thing twice"),
    ("Which is the best phone for kids?", "Which phone is best for kids?"),
    ("Since last winter, has my battery lost charge?", "Has my battery lost charge since last winter?"),
    ("where were you born", "you were born where"),
    ("How do I verify my source of funds?", "How do I verify the source of my funds?"),
    ("手机铃声怎么设置", "怎么设置手机铃声"),
    ("什么牌子的沙发好", "沙发什么牌子的好"),
    ("为什么大家爱猫", "大家为什么爱猫"),
    ("What does a transfer cost?", "What is the cost of a transfer?"),
    ("华为好还是小米好", "小米好还是华为好"),
]  # fmt: skip
SAME_ROLES = [
    ("How do you know if your car is stolen?", "How do I know if my car is stolen?"),
    ("How can someone become rich?", "How can I become rich?"),
    ("Who wrote this song?", "By whom was this song written?"),
    ("Can you tell me if I can hold euros?", "Can I hold euros?"),
    ("Which cards and currencies do you support?", "What currencies and cards do you support?"),
    ("Can I reset the passcode?", "How do I reset my passcode?"),
    ("How do I get my phone to charge?", "How can I get my phone to charge?"),
    ("Why was I charged a fee?", "Why have I been charged a fee?"),
]


@pytest.mark.parametrize(
    ("one", "other"),
    [*SAME_WORDS_IN_ANOTHER_ORDER, *OTHER_PERSONS, *OTHER_VERBS, *OTHER_THINGS, *OTHER_LANGUAGES],
)
def test_who_does_what_is_not_the_same(one: str, other: str) -> None:
    comparison = compare_questions(one, other)

    assert comparison.outcome is not Outcome.EXPLAINED
    assert comparison == compare_questions(other, one).turned()


@pytest.mark.parametrize(("one", "other"), [*SAME_IN_ANOTHER_ORDER, *SAME_ROLES])
def test_what_may_stand_elsewhere_says_the_same(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED
