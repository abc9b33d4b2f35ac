"""Questions that differ in function words alone, in signs within words, or in quotation marks."""

from __future__ import annotations

import pytest

from aicache.guards import Outcome, compare_questions

DIFFERENT_ROLES = [
    ("Who called you?", "Who did you call?"),
    ("Who warned her?", "Who did she warn?"),
    ("Do you owe them?", "Do they owe you?"),
    ("Qui est-ce que tu connais ?", "Qui est-ce qui te connaît ?"),
    ("Wie heeft hem gebeld?", "Wie heeft hij gebeld?"),
    ("你找谁", "谁找你"),
    ("ใครเห็นคุณ", "คุณเห็นใคร"),
]
REPLACED = [
    ("What is a cup for tea?", "What is a cup of tea?"),
    ("What is a walk in the park?", "What is a walk to the park?"),
    ("Who is the song by?", "Who is the song for?"),
    ("Un bol à soupe, c'est quoi ?", "Un bol de soupe, c'est quoi ?"),
    ("Was ist ein Glas mit Saft?", "Was ist ein Glas für Saft?"),
    ("¿Qué es una taza de café?", "¿Qué es una taza para café?"),
    ("Cos'è un bicchiere da vino?", "Cos'è un bicchiere di vino?"),
    ("O que é uma xícara de chá?", "O que é uma xícara para chá?"),
    ("Wat is een fles voor melk?", "Wat is een fles met melk?"),
    ("Co to jest kubek na kawę?", "Co to jest kubek z kawą?"),
    ("Что такое ваза для цветов?", "Что такое ваза с цветами?"),
    ("İzmir'e nasıl giderim?", "İzmir'den nasıl giderim?"),
    ("¿Es aburrido?", "¿Está aburrido?"),
    ("Was passiert, wenn es regnet?", "Was passiert, weil es regnet?"),
]
STRANDED = [("Who was laughed at?", "Who was laughed?"), ("What are they?", "What are they for?")]
OF_ANOTHER_GENDER = [
    ("Was ist der Kiefer?", "Was ist die Kiefer?"),
    ("C'est quoi un livre ?", "C'est quoi une livre ?"),
    ("¿Qué es el cólera?", "¿Qué es la cólera?"),
    ("Che cos'è il fronte?", "Che cos'è la fronte?"),
    ("O que é o rádio?", "O que é a rádio?"),
    ("Wat is de bal?", "Wat is het bal?"),
]
OF_ANOTHER_TIME = [
    ("这是谁写的", "这是谁写"),
    ("Сколько стоит билет?", "Сколько стоил билет?"),
    ("Was kostet ein Brief?", "Was kostete ein Brief?"),
    ("Gdzie pracuje Ewa?", "Gdzie pracowała Ewa?"),
    ("Where do pandas live?", "Where did pandas live?"),
]
WRITTEN_OTHERWISE = [
    ("How many vowels are in the answer?", 'How many vowels are in "the answer"?'),
    ('How do I print "HI" in C?', 'How do I print "hi" in C?'),
    ('Was ergibt len("Fuß")?', 'Was ergibt len("Fuss")?'),
    ("What does a.b do in Lua?", "What does a:b do in Lua?"),
    ("What does the face (^^;) mean?", "What does the face (^^) mean?"),
    ("：）是什么意思", "：（是什么意思"),
    ("什麼是愛情", "什么是爱情"),
]
OTHER_WORDS = [
    ("How do I plan a trail run?", "How do I plan a trial run?"),
    ("How is cystine made?", "How is cysteine made?"),
    ("Who invented the smartphone?", "Who invented the telephone?"),
    ("How do I turn down the heating?", "How do I turn the heating?"),
    ("Cosa significa però?", "Cosa significa pero?"),
    ("犬と行けますか？", "犬が行けますか？"),
]
FOUND_IN_QUESTIONS = [
    ("What is 9 - -4?", "What is 9 - 4?"),
    ("What does x[1:4] give in Python?", "What does x[1:-4] give in Python?"),
    ("When does the cron line 5 0 * * 2 run?", "When does the cron line 5 0 2 * * run?"),
    ("Can blood type B- be given to B+?", "Can blood type B+ be given to B-?"),
    ("My boss's son hit my car, who pays?", "My son hit my boss's car, who pays?"),
    ("One pill every day: how many for May?", "One pill every other day: how many for May?"),
    ("I've been evicted, what now?", "I'm about to be evicted, what now?"),
    ("He looked over my error. Did he see it?", "He overlooked my error. Did he see it?"),
    ('What does bool("True") return?', "What does bool(True) return?"),
    ("In bash, what does echo '$USER' print?", 'In bash, what does echo "$USER" print?'),
    ("Can I call a function named readFile in Go?", "Can I call a function named ReadFile in Go?"),
    ("In chemistry, what is No?", "In chemistry, what is NO?"),
    ("Where does polish come from?", "Where does Polish come from?"),
    ("Where can I leave my glass?", "Where can I leave my glasses?"),
    ("Write a note that says I want to resign.", "Write a note that says I want to re-sign."),
    ("6除以3等于多少", "6除3等于多少"),
    ("小米14 防水吗", "小米14 Pro 防水吗"),
    ("发票没中奖要留着吗", "发票没对奖要留着吗"),
    ("Was ist schwül?", "Was ist schwul?"),
]
ONE_SMALL_WORD = [
    ("What is in a Whopper?", "What is a Whopper?"),
    ("How do I get over a fence?", "How do I get over to a fence?"),
    ("What has she been told?", "What has she told?"),
    ("Who will be there?", "Who will it be there?"),
    ("I stopped to smoke, which tense?", "I stopped smoking, which tense?"),
    ("Is there little time?", "Is there a little time?"),
    ("What is the hut on the hill for?", "What is the hut for on the hill?"),
    ("Does a snake bite?", "How does a snake bite?"),
    ("Who wrote Emma and why?", "Who wrote Emma?"),
    ("Wie komme ich an das Geld?", "Wie komme ich mit dem Geld an?"),
    ("Die Miete wurde bezahlt, was nun?", "Die Miete wird bezahlt, was nun?"),
    ("Übersetze: Er geht in den Wald.", "Übersetze: Er geht in dem Wald."),
    ("Comment se faire rembourser ?", "Comment faire rembourser ?"),
    ("¿Cómo hablo con el jefe?", "¿Cómo hablo del jefe?"),
    ("Come si fa a pagare?", "Come si fa pagare?"),
    ("Onde posso pôr?", "Onde o posso pôr?"),
    ("Jak uczyć polskiego?", "Jak uczyć się polskiego?"),
    ("Чем писать письмо?", "Что писать в письме?"),
    ("من كتب الكتاب؟", "ما كتب في الكتاب؟"),
]
WRITTEN_TO_THE_LETTER = [
    ("What does this print?\nwhile x:\n    f()\n    g()", "What does this print?\nwhile x:\n    f()\ng()"),
    ("正規表現 a{3,} とは?", "正規表現 a{,3} とは?"),
    ("What does a* match?", "What does * match?"),
    ("Was heißt „Die Fliegen“?", "Was heißt „Die fliegen“?"),
    ("ترجم كلمة كَتَبَ", "ترجم كلمة كُتُب"),
    ("क्या वह जा सकता है?", "क्या वह जा सकती है?"),
    ("ป่าคืออะไร", "ป้าคืออะไร"),
    ("Does UNION keep rows?", "Does UNION ALL keep rows?"),
    ("How do I get a visa?", "How do I get a Pakistan visa?"),
]
IN_ANOTHER_PLACE = [
    ("Only she left. Who left?", "She only left. Who left?"),
    ("I almost lost 9 euros: how much?", "I lost almost 9 euros: how much?"),
    ("ใครรักแม่", "แม่รักใคร"),
    ("Berapa harga satu kilo?", "Berapa kilo harga satu?"),
    ("我借给他50块", "我跟他借了50块"),
    ("这件衣服要是大了怎么办", "这件衣服要大了怎么办"),
]
IN_ANOTHER_FORM = [
    ("What is a lone star?", "What is a star alone?"),
    ("Can I read it every day?", "Can I read it everyday?"),
    ("Is it a classic novel?", "Is it a classical novel?"),
    ("Which scale is C D Eb F G Ab B?", "Which scale is C D Eb F G A B?"),
    ("Je dois être payé, que faire ?", "Je dois payer, que faire ?"),
]
ALIKE = [
    ("If it rains, can I paint a wall?", "Can I paint a wall if it rains?"),
    ("In Rust, how do I read a file?", "How do I read a file in Rust?"),
    ("Why doesn't oil burn here?", "Why does oil not burn here?"),
    ("秘鲁的首都是哪里", "秘鲁的首都在哪里"),
    ("How can I print a page?", "How do I print a page?"),
    ("Which is the best lens?", "What is the best lens?"),
    ("Is there a fee to exchange money?", "Is there a fee for exchanging money?"),
    ("Was ist die Hauptstadt von Chile?", "Wie heißt die Hauptstadt von Chile?"),
    ("Warum schnurren Katzen?", "Weshalb schnurren Katzen?"),
    ("Wie kann man Senf machen?", "Wie macht man Senf?"),
    ("O que é o DNA?", "O que é DNA?"),
    ("C'est quoi un trou noir ?", "Qu'est-ce qu'un trou noir ?"),
    ("¿Cómo puedo quitar el hipo?", "Cómo quitar el hipo"),
    ("What's the best way to tie a tie?", "How should I tie a tie?"),
    ("What is 2 + 2?", "what is 2+2"),
    ("Why was my card blocked?", "Why has my card been blocked?"),
    ("Can I get an option for auto top up?", "Can I get an auto top up option?"),
    ("How do I center a div?", "\nHow do I center a div?\n"),
    ("¿Cuál es la capital de Chile?", "cual es la capital de Chile"),
    ("What does 'serendipity' mean?", "What does serendipity mean?"),
    ('Who wrote "Dracula"?', "Who wrote Dracula?"),
]


def test_what_function_words_and_marks_say_is_not_explained() -> None:
    pairs = [
        *DIFFERENT_ROLES,
        *REPLACED,
        *STRANDED,
        *OF_ANOTHER_GENDER,
        *OF_ANOTHER_TIME,
        *WRITTEN_OTHERWISE,
        *OTHER_WORDS,
        *FOUND_IN_QUESTIONS,
        *ONE_SMALL_WORD,
        *WRITTEN_TO_THE_LETTER,
        *IN_ANOTHER_PLACE,
        *IN_ANOTHER_FORM,
    ]

    for one, other in ((left, right) for pair in pairs for left, right in (pair, pair[::-1])):
        assert compare_questions(one, other).outcome is not Outcome.EXPLAINED, (one, other)


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_function_words_that_stand_for_each_other_are_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED
