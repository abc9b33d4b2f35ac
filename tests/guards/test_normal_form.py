"""The normal form: what is written differently is equal, and nothing that could change an answer is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.guards.lexicon import letter_case
from aicache.guards.normal_form import MAX_CHARS, normal_form

SAME = [
    ("What is the capital of France?", "what is the capital of france"),
    ("What is the capital of France?", "WHAT IS THE CAPITAL OF FRANCE"),
    ("What is the capital of France?", "What Is The Capital Of France??"),
    ("What is the capital of France?", "Ｗｈａｔ ｉｓ ｔｈｅ ｃａｐｉｔａｌ ｏｆ Ｆｒａｎｃｅ？"),
    ("What is the capital of France?", "  What  is\tthe capital of France ?\n"),
    ("What is the capital of France?", "Please tell me what is the capital of France"),
    ("What is the capital of France?", "Hi, could you tell me what is the capital of France? Thanks!"),
    ("What is the capital of France?", "What's the capital of France, please?"),
    ("What is the capital of France?", "what is the capital of france please"),
    ("what is machine learning", "WHAT IS MACHINE LEARNING"),
    ("How do I reset my password?", "HOW DO I RESET MY PASSWORD"),
    ("Can I use it twice?", "can i use it twice"),
    ("Explain how photosynthesis works.", "please explain how photosynthesis works"),
    ("Name 3 rivers in Europe", "name three rivers in europe"),
    ("What are 25 prime numbers?", "What are twenty-five prime numbers?"),
    ("What is 20% of 80?", "What is 20 percent of 80?"),
    ("How does HTML work?", "how does html work"),
    ("Who wrote Romeo and Juliet?", "who wrote romeo and juliet"),
    ("Will it rain in Tokyo?", "will it rain in tokyo"),
    ("黑洞是什么？", "请问黑洞是什么"),
    ("怎么重启路由器？", "你好，请问怎么重启路由器？谢谢！"),
    ("什么是HTTP？", "什么是 ＨＴＴＰ ?"),
    ("三个苹果多少钱？", "3个苹果多少钱"),
    ("ブラックホールとは何ですか？", "すみません、ブラックホールとは何ですか"),
    ("라우터를 재설정하는 방법은 무엇인가요?", "안녕하세요, 라우터를 재설정하는 방법은 무엇인가요"),
    ("Wie setze ich meinen Router zurück?", "wie setze ich meinen router zurueck"),
    ("Was ist ein Schwarzes Loch?", "bitte sag mir, was ist ein schwarzes loch"),
    ("Qu'est-ce qu'un trou noir ?", "qu’est-ce qu’un trou noir s'il vous plaît"),
    ("¿Cómo reinicio mi router?", "como reinicio mi router"),
    ("¿Cuál es la capital de España?", "Por favor, ¿cuál es la capital de españa?"),
    ("Che cos'è un buco nero?", "Mi può dire che cos'è un buco nero?"),
    ("Qual é a capital da frança?", "por favor, qual é a capital da França"),
    ("Wat is de hoofdstad van Frankrijk?", "wat is de hoofdstad van frankrijk, alstublieft"),
    ("Jak działa silnik?", "Dzień dobry, jak działa silnik? Z góry dziękuję!"),
    ("Что такое чёрная дыра?", "подскажите, пожалуйста, что такое черная дыра"),
    ("Nenne mir drei Flüsse in der Schweiz", "nenne mir 3 flüsse in der schweiz"),
    ("¿Cuáles son los cinco ríos más largos?", "cuales son los 5 ríos más largos"),
    ("Quelles sont les trois couleurs ?", "quelles sont les 3 couleurs"),
    ("Wie alt ist die Erde?", "kann mir jemand sagen, wie alt ist die Erde?"),
    ("ما هو الثقب الأسود؟", "من فضلك، ما هو الثقب الأسود"),
    ("Kara delik nedir?", "kara delik nedir?"),
    ("หลุมดำคืออะไร", "สวัสดีครับ หลุมดำคืออะไร?"),
]

DIFFERENT = [
    # a capital that says something
    ("What is polish?", "What is Polish?"),
    ("Tell me about us", "Tell me about US"),
    ("How is it used?", "How is IT used?"),
    ("Who is the director?", "WHO is the director?"),
    ("What can may do?", "What can May do?"),
    ("How hot is mercury?", "How hot is Mercury?"),
    ("What is java?", "What is Java?"),
    ("apple calories", "Apple calories"),
    ("China is made of what?", "china is made of what?"),
    ("WHO IS IT FOR", "who is it for"),
    ("WHAT DOES US LAW SAY", "what does us law say"),
    ("WHAT IS A MINOR SCALE", "what is a minor scale"),
    ("Wo wohnen sie?", "Wo wohnen Sie?"),
    ("Wie ist der Weg?", "Wie ist der weg?"),
    ("What is vitamin c?", "What is vitamin C?"),
    ("What is x?", "What is X?"),
    ("What is i?", "What is I?"),
    ("Explain myVar", "explain myvar"),
    ("What is a_b?", "What is A_B?"),
    ("What does it do", "What Does It Do"),
    # units, numbers and formulas
    ("How big is 5 mW?", "How big is 5 MW?"),
    ("How long does 10 MB take?", "How long does 10 Mb take?"),
    ("HOW LONG DOES 10 MB TAKE", "how long does 10 mb take"),
    ("What is 2+2?", "What is 2-2?"),
    ("What is 5!?", "What is 5?"),
    ("What is -5?", "What is 5?"),
    ("What is 1,000?", "What is 1000?"),
    ("What is 1.5?", "What is 15?"),
    ("What is x²?", "What is x2?"),
    ("What is ½?", "What is 12?"),
    ("Is 5 < 6?", "Is 5 6?"),
    ("Name two rivers", "Name three rivers"),
    ("What is nine eleven?", "What is 911?"),
    ("Who came second?", "Who came 2?"),
    ("Is it a one off?", "Is it a 1 off?"),
    ("三国是什么", "3国是什么"),
    ("一个人怎么生活", "2个人怎么生活"),
    ("Quel est le livre neuf ?", "Quel est le livre 9 ?"),
    ("Chi sei tu", "Chi 6 tu"),
    ("Help me write a poem", "write a poem"),
    # quotation and code
    ('Who said "hello"?', 'Who said "Hello"?'),
    ("Who said 'hello'?", "Who said hello?"),
    ("What does `LS` do?", "What does `ls` do?"),
    ("What is C#?", "What is C?"),
    ("What is .NET?", "What is NET?"),
    ("print(a)\n  print(b)", "print(a)\nprint(b)"),
    ("《红楼梦》是什么", "红楼梦是什么"),
    # what a mark, a sign or a word at the edge says
    ("You like cats.", "You like cats?"),
    ("Let's eat, grandma", "Let's eat grandma"),
    ("Once upon a time...", "Once upon a time"),
    ("What a day!", "What a day?"),
    ("Do you like it?", "Do you like it 😀?"),
    ("How do you say please?", "How do you say?"),
    ("What is the German word for please", "What is the German word for"),
    ("Hello world program", "world program"),
    ("Please Please Me lyrics", "Please Me lyrics"),
    ("How do I teach please", "How do I teach"),
    ("请问用英语怎么说", "用英语怎么说"),
    ("请假怎么写", "假怎么写"),
    ("谢谢的意思是什么", "的意思是什么"),
    ("Write a poem", "Write a poem, then translate it"),
    # accents that make another word
    ("si", "sí"),
    ("¿Cuántos años tienes?", "¿Cuántos anos tienes?"),
    ("Ich habe es schon gesehen", "Ich habe es schön gesehen"),
    ("Il est à Paris ou à Lyon", "Il est à Paris où à Lyon"),
    ("a quoi ça sert", "à quoi ça sert"),
    ("Что все это?", "Что всё это?"),
    ("Sık", "SIK"),
    ("mal", "mâl"),
]


def test_what_is_only_written_differently_has_the_same_form() -> None:
    assert all(normal_form(one) is not None for one, _ in SAME)
    assert [(one, other) for one, other in SAME if normal_form(one) != normal_form(other)] == []


def test_what_could_change_the_answer_is_in_the_form() -> None:
    forms = [(pair, [normal_form(text) for text in pair]) for pair in DIFFERENT]

    assert [pair for pair, (one, other) in forms if one is not None and one == other] == []


def test_enough_pairs_are_told_apart() -> None:
    assert len(DIFFERENT) >= 60


@pytest.mark.parametrize(
    "text", ["", "   ", "?", "!!!", "请问", "x" * (MAX_CHARS + 1), "one\ntwo", 'say "hi"', "\ud800"]
)
def test_no_form_is_safe_for(text: str) -> None:
    form = normal_form(text)

    assert form is None or form == "请问"


def test_a_form_of_a_form_is_the_form_itself() -> None:
    for one, other in (*SAME, *DIFFERENT):
        for text in (one, other):
            if (form := normal_form(text)) is not None:
                assert normal_form(form) in (form, None)


WORDS = ["what", "is", "the", "of", "France", "US", "polish", "Polish", "two", "5", "kW", "I", "a", "please", "router"]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=2, max_size=8).map(" ".join)
MARKS = st.sampled_from(["", "?", ".", " ?", "??"])


@settings(deadline=None, max_examples=300)
@given(st.one_of(st.text(max_size=60), SENTENCES))
def test_any_text_has_a_form_or_none_and_only_one(text: str) -> None:
    form = normal_form(text)

    assert form == normal_form(text)
    if form is not None:
        assert normal_form(f"  {text} ") == form


@settings(deadline=None, max_examples=300)
@given(SENTENCES, st.integers(0, 9), st.integers(0, 9), MARKS)
def test_another_digit_is_another_form(text: str, one: int, other: int, mark: str) -> None:
    left, right = normal_form(f"{text} {one}{mark}"), normal_form(f"{text} {other}{mark}")

    assert (left == right) == (one == other)


@settings(deadline=None, max_examples=300)
@given(SENTENCES, st.sampled_from("+-*/%$€&()[]§°²½😀←,;:"), MARKS)
def test_a_sign_more_is_another_form(text: str, sign: str, mark: str) -> None:
    assert normal_form(f"{text} {sign}5{mark}") != normal_form(f"{text} 5{mark}")
    assert normal_form(f"{text} {sign} 5{mark}") != normal_form(f"{text} 5{mark}")


@settings(deadline=None, max_examples=300)
@given(SENTENCES, SENTENCES, st.sampled_from(["not", "never", "without", "Java", "router", "red", "less"]), MARKS)
def test_a_content_word_more_is_another_form(before: str, after: str, word: str, mark: str) -> None:
    assert normal_form(f"{before} {word} {after}{mark}") != normal_form(f"{before} {after}{mark}")


@settings(deadline=None, max_examples=200)
@given(SENTENCES, st.sampled_from("\"'`“”«»「」《》"))
def test_a_text_with_quotation_marks_has_no_form(text: str, quote: str) -> None:
    assert normal_form(f"{text} {quote}{text}{quote}") is None


def test_no_name_in_small_letters_is_a_word_that_keeps_its_capital() -> None:
    names = {*letter_case.NAMES.split(), *letter_case.ACRONYMS.split()}

    assert names.isdisjoint(letter_case.CAPITONYMS.split())
    assert names.isdisjoint(letter_case.ACRONYM_WORDS.split())
    assert all(word == word.lower() for word in names)
