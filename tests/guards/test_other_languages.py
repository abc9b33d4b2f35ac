"""Negations and opposites in the encoder's languages other than English and Chinese."""

from __future__ import annotations

import time

import pytest

from aicache.guards import Outcome, compare_questions
from aicache.guards.language import detect_language
from aicache.guards.negation import is_negated

OPPOSITES = [
    ("Wie schalte ich den Dunkelmodus ein?", "Wie schalte ich den Dunkelmodus aus?"),
    ("Warum ist mein Blutdruck hoch?", "Warum ist mein Blutdruck niedrig?"),
    ("Was esse ich vor dem Sport?", "Was esse ich nach dem Sport?"),
    ("Hoe zet ik de wekker aan?", "Hoe zet ik de wekker uit?"),
    ("Quels aliments augmentent la tension ?", "Quels aliments diminuent la tension ?"),
    ("Que dire à mon père malade ?", "Que dire à ma mère malade ?"),
    ("¿Qué le regalo a mi hermano?", "¿Qué le regalo a mi hermana?"),
    ("Perché ho la pressione alta?", "Perché ho la pressione bassa?"),
    ("Por que minha pressão está alta?", "Por que minha pressão está baixa?"),
    ("Dlaczego mam wysokie ciśnienie?", "Dlaczego mam niskie ciśnienie?"),
    ("Tansiyonum neden yüksek?", "Tansiyonum neden düşük?"),
    ("Какие продукты повышают давление?", "Какие продукты понижают давление?"),
    ("ما الأطعمة التي ترفع ضغط الدم؟", "ما الأطعمة التي تخفض ضغط الدم؟"),
    ("銀行口座を開設する方法は？", "銀行口座を解約する方法は？"),
    ("비자가 있으면 입국할 수 있나요?", "비자가 없으면 입국할 수 있나요?"),
    ("วิธีเปิดใช้งานการแจ้งเตือน", "วิธีปิดใช้งานการแจ้งเตือน"),
]
OTHERS = [
    ("Was ist am Montag geöffnet?", "Was ist am Dienstag geöffnet?"),
    ("Wie warm ist Rom im März?", "Wie warm ist Rom im Juli?"),
    ("Comment faire un gâteau pour quatre personnes ?", "Comment faire un gâteau pour huit personnes ?"),
    ("Comment expliquer la photosynthèse en anglais ?", "Comment expliquer la photosynthèse en russe ?"),
    ("¿Cómo explico la fotosíntesis en inglés?", "¿Cómo explico la fotosíntesis en francés?"),
    ("Jak upiec chleb w trzy godziny?", "Jak upiec chleb w dwie godziny?"),
    ("Что делать в Риме в мае?", "Что делать в Риме в июне?"),
    ("光合成を英語で説明して", "光合成をフランス語で説明して"),
    ("광합성을 영어로 설명해 줘", "광합성을 일본어로 설명해 줘"),
]
NEGATED = [
    ("Warum darf man nachts nicht waschen?", "Warum darf man nachts waschen?"),
    ("Waarom mag je hier niet parkeren?", "Waarom mag je hier parkeren?"),
    ("Pourquoi mon imprimante ne marche pas ?", "Pourquoi mon imprimante marche ?"),
    ("¿Por qué no puedo dormir?", "¿Por qué puedo dormir?"),
    ("Perché il mio gatto non mangia?", "Perché il mio gatto mangia?"),
    ("Por que meu gato não come?", "Por que meu gato come?"),
    ("Dlaczego nigdy nie śpię w nocy?", "Dlaczego śpię w nocy?"),
    ("Почему мой кот не ест?", "Почему мой кот ест?"),
    ("Telefonum neden şarj olmuyor?", "Telefonum neden şarj oluyor?"),
    ("لماذا لا أستطيع النوم؟", "لماذا أستطيع النوم؟"),
    ("왜 고양이가 밥을 안 먹나요?", "왜 고양이가 밥을 먹나요?"),
]
SAME = [
    ("Wie kann ich schneller einschlafen?", "Wie schlafe ich schneller ein?"),
    ("Wie schalte ich das WLAN am Laptop ein?", "Wie kann ich am Laptop das WLAN einschalten?"),
    ("Hoe zet ik mijn telefoon uit?", "Hoe schakel ik mijn telefoon uit?"),
    ("Comment éteindre mon ordinateur ?", "Comment arrêter l'ordinateur ?"),
    ("¿Cómo quito una mancha de vino?", "¿Cómo eliminar una mancha de vino?"),
    ("Come si spegne l'iPhone?", "Come posso spegnere l'iPhone?"),
    ("Ne zaman kar yağar?", "Kar ne zaman yağar?"),
    ("C'est une bonne idée, n'est-ce pas ?", "C'est une bonne idée ?"),
]


@pytest.mark.parametrize(("question", "neighbor"), OPPOSITES + OTHERS + NEGATED)
def test_the_opposite_another_day_number_or_language_is_another_question(question: str, neighbor: str) -> None:
    assert compare_questions(question, neighbor).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize(("question", "neighbor"), SAME)
def test_the_same_in_other_words_has_no_opposite_and_no_negation(question: str, neighbor: str) -> None:
    names = {difference.name for difference in compare_questions(question, neighbor).differences}

    assert not names & {"antonym", "negation", "polarity"}


def test_one_endless_turkish_word_is_read_in_linear_time() -> None:
    word = "ışm" * 20_000

    began = time.process_time()
    assert not is_negated(word, [word], detect_language(word, [word]).sure)
    assert time.process_time() - began < 2


def test_one_endless_run_of_kana_is_compared_in_linear_time() -> None:
    began = time.process_time()
    compare_questions("猫かの", "猫" + "どのくらい" * 25 + "で")
    assert time.process_time() - began < 2
