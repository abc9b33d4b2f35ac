"""The same question in another frame is the same; the same words in a frame that asks for something else are not."""

from __future__ import annotations

import re

import pytest

from aicache.guards import Outcome, compare_questions
from aicache.guards.lexicon import rephrasings
from aicache.guards.rephrasing import MAX_REPHRASED_CHARS, rephrase
from aicache.guards.verb_infinitives import (
    dutch_infinitive,
    german_infinitive,
    turkish_infinitive,
    without_te,
    without_zu,
)

SAME = [
    ("如果护照丢了怎么办？", "护照丢了的话该怎么办？"),
    ("感冒了可以喝咖啡吗？", "感冒的时候能不能喝咖啡？"),
    ("用Python读取Excel的方法是什么？", "怎么用Python读取Excel？"),
    ("细菌和病毒有什么区别?", "细菌和病毒有哪些不同?"),
    ("手機充電慢是什麼原因？", "為什麼手機充電慢？"),
    ("Wie kann ich meine PIN ändern?", "Was muss ich machen, um meine PIN zu ändern?"),
    ("Wie melde ich mich vom Newsletter ab?", "Was muss ich tun, um mich vom Newsletter abzumelden?"),
    ("Was mache ich, wenn mein Zug ausfällt?", "Wenn mein Zug ausfällt, was mache ich dann?"),
    ("Quelle est la capitale de l'Australie ?", "Comment s'appelle la capitale de l'Australie ?"),
    ("J'ai perdu ma carte bancaire, que dois-je faire ?", "Que faire si j'ai perdu ma carte bancaire ?"),
    ("¿Cómo puedo activar el roaming?", "¿Qué tengo que hacer para activar el roaming?"),
    ("¿Qué diferencia hay entre RAM y ROM?", "¿En qué se diferencian la RAM y la ROM?"),
    ("Come faccio ad attivare la mia carta?", "Vorrei attivare la mia carta, come si fa?"),
    ("Como posso cancelar a assinatura?", "Qual é o passo a passo para cancelar a assinatura?"),
    ("Hoe zeg ik mijn abonnement op?", "Op welke manier kan ik mijn abonnement opzeggen?"),
    ("Hoe kan ik mijn adres wijzigen?", "Wat moet ik doen om mijn adres te wijzigen?"),
    ("Как поменять тариф?", "Что нужно сделать, чтобы поменять тариф?"),
    ("Jak mogę zmienić hasło?", "Co mam zrobić, żeby zmienić hasło?"),
    ("パスワードを変更するにはどうすればいいですか？", "パスワードを変更する方法を教えてください。"),
    ("배송지를 어떻게 변경하나요?", "배송지를 변경하려면 어떻게 해야 돼요?"),
    ("เปลี่ยนรหัสผ่านยังไง", "ถ้าจะเปลี่ยนรหัสผ่านต้องทำยังไง"),
    ("ما هي عاصمة دولة كندا؟", "ما اسم عاصمة دولة كندا؟"),
    ("Şifremi unuttum, ne yapmalıyım?", "Şifremi unuttum, ne yapmam gerekiyor?"),
    ("Hattımı nasıl dondurabilirim?", "Hattımı dondurmak için ne yapmam gerekiyor?"),
    ("電気を消してください", "電気を消してもらえますか"),
    ("データの削除方法は？", "データを削除するにはどうすればいいですか？"),
    ("파이썬에서 리스트를 어떻게 뒤집어?", "파이썬에서 리스트를 뒤집는 방법이 뭐예요?"),
    ("电话是由谁发明的?", "谁发明了电话?"),
    ("Пароль как поменять?", "Как поменять пароль?"),
    ("What's the difference between RAM and ROM?", "How do RAM and ROM differ?"),
    ("What is the capital of Mongolia?", "What's Mongolia's capital?"),
    ("How can I sort a list in Python?", "In Python, how do I sort a list?"),
    ("从北京到上海的机票要多少钱？", "北京去上海的机票多少钱？"),
    ("¿A qué hora cierra la farmacia?", "¿Cuándo cierra la farmacia?"),
    ("パスワードを変更する方法は？", "パスワードはどうやって変更しますか？"),
    ("Who invented the telephone?", "Who was it that invented the telephone?"),
]
ANOTHER = [
    ("怎样才能退货？", "能退货吗？"),
    ("手机充电很慢是什么原因？", "手机充电很慢怎么办？"),
    ("吃饭了可以洗澡吗？", "吃饭时可以洗澡吗？"),
    ("感冒的时候能喝咖啡吗？", "感冒之后能喝咖啡吗？"),
    ("我想告房東怎麼辦？", "房東想告我怎麼辦？"),
    ("坐高铁必须带身份证吗？", "坐高铁可以带身份证吗？"),
    ("办签证要多久？", "办签证要多少钱？"),
    ("Wie lösche ich mein Konto?", "Kann ich mein Konto löschen?"),
    ("Was muss ich tun, um mein Konto zu löschen?", "Muss ich mein Konto löschen?"),
    ("Was muss ich tun, um mich anzumelden?", "Wie melde ich mich ab?"),
    ("Was soll ich tun, wenn mein Zug ausfällt?", "Was darf ich tun, wenn mein Zug ausfällt?"),
    ("Wenn mein Zug ausfällt, was mache ich?", "Wenn mein Zug nicht ausfällt, was mache ich?"),
    ("Que dois-je faire pour résilier mon abonnement ?", "Pourquoi dois-je résilier mon abonnement ?"),
    ("Comment s'appelle la capitale du Canada ?", "Où est la capitale du Canada ?"),
    ("Faut-il payer la taxe ?", "Puis-je payer la taxe ?"),
    ("¿Debo ayunar antes del análisis?", "¿Puedo ayunar antes del análisis?"),
    ("Si pierdo mi tarjeta, ¿qué hago?", "Si pierdo mi tarjeta, ¿qué pasa?"),
    ("Come posso pagare la multa?", "Come posso non pagare la multa?"),
    ("O que preciso fazer para cancelar a assinatura?", "Preciso cancelar a assinatura?"),
    ("Is het toegestaan om hier te parkeren?", "Is het verplicht om hier te parkeren?"),
    ("Что нужно сделать, чтобы отменить подписку?", "Нужно ли отменить подписку?"),
    ("Co zrobić, żeby zmienić hasło?", "Dlaczego mam zmienić hasło?"),
    ("パスワードを変更する方法は？", "パスワードを変更する理由は？"),
    ("写真を撮ってもいいですか？", "写真を撮る方法は？"),
    ("강아지가 포도를 먹어도 되나요?", "강아지가 포도를 먹어야 되나요?"),
    ("เปลี่ยนรหัสผ่านยังไง", "เปลี่ยนรหัสผ่านได้ไหม"),
    ("كيف يمكنني إلغاء الاشتراك؟", "هل يمكنني إلغاء الاشتراك؟"),
    ("Hattımı dondurmak için ne yapmam gerekiyor?", "Hattımı dondurmamak için ne yapmam gerekiyor?"),
    ("電気を消してください", "電気を消してもいいですか"),
    ("財布をなくしたときはどうすればいいですか？", "財布を拾ったらどうすればいいですか？"),
    ("这个充电宝怎么样啊", "这个充电宝怎么用？"),
    ("坐高铁是不是必须带身份证?", "坐高铁是不是不必带身份证?"),
    ("Mon fils a frappé un élève, que faire ?", "Un élève a frappé mon fils, que faire ?"),
    ("Wie setze ich das Passwort zurück?", "Wie setze ich das Passwort?"),
    ("从北京到上海要多久？", "从上海去北京多久？"),
    ("回北京要多少钱？", "去北京要多少钱？"),
    ("In Java, how do I sort a list?", "How do I sort a list in JavaScript?"),
    ("What is Einstein's riddle?", "What is the Einstein riddle for interview?"),
    ("A qué hora abre la farmacia?", "¿Cuándo cierra la farmacia?"),
    ("À quelle heure est mort Napoléon ?", "Quand est mort Napoléon ?"),
    ("May I park here?", "Must I park here?"),
    ("What should I do if I lose my passport?", "What can I do if I lose my passport?"),
    ("What distinguishes a crow from a raven?", "What protects a crow from a raven?"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_in_another_frame_is_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED


@pytest.mark.parametrize(("one", "other"), ANOTHER)
def test_another_frame_around_the_same_words_is_not(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is not Outcome.EXPLAINED


def test_each_pattern_compiles_and_the_frame_that_stands_for_others_stays() -> None:
    for word in sorted(set(re.findall(r"[^\W\d_]+", "\n".join((*rephrasings.BEGINNINGS, rephrasings.ENDINGS))))):
        assert rephrase(f"{word} ;") == f"{word} ;"
        assert rephrase(f"; {word}?") == f"; {word}?"
    for one, other in SAME:
        for text in (one, other):
            assert rephrase(rephrase(text)) == rephrase(text)


@pytest.mark.parametrize(
    "text",
    [
        "Übersetze: Was muss ich tun, um mich anzumelden?",
        'Wie sage ich "Was muss ich tun"?',
        "把“护照丢了的话该怎么办”翻译成英文",
        "Wie lange habe ich Zeit?",
        "Wie heißt der Chef der Firma?",
        "Quelle est la procédure de résiliation ?",
        "How do I differ?",
        "",
        "?",
        "What should I do if " + "very " * MAX_REPHRASED_CHARS + "?",
    ],
)
def test_what_is_no_frame_stays_as_it_is_written(text: str) -> None:
    assert rephrase(text) == text


def test_infinitives() -> None:
    assert german_infinitive("mich ab", "melde") == ("mich", "abmelden")
    assert german_infinitive("meine PIN", "ändere") == ("meine PIN", "ändern")
    assert german_infinitive("ich Zeit", "lange") == ("ich Zeit", "")
    assert (without_zu("abzuholen"), without_zu("zu löschen"), without_zu("benutzuen")) == ("abholen", "löschen", "")
    assert dutch_infinitive("mijn abonnement op", "zeg") == ("mijn abonnement", "opzeggen")
    assert [dutch_infinitive("het", verb)[1] for verb in ("maak", "lees", "wijzig", "schrijf", "kan")] == [
        "maken", "lezen", "wijzigen", "schrijven", "",
    ]  # fmt: skip
    assert (without_te("op te zeggen"), without_te("te wijzigen")) == ("opzeggen", "wijzigen")
    assert [turkish_infinitive(stem) for stem in ("değiştir", "dondur", "t")] == ["değiştirmek", "dondurmak", ""]
