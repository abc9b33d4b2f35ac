"""Questions near the border between what all ask alike and what one caller, or this moment, makes different."""

from __future__ import annotations

import pytest

from aicache.guards.caller_dependent import depends_on_caller
from aicache.guards.time_sensitive import depends_on_now

DEPENDING = {
    "en": [
        "What's the IP address I'm connecting from?",
        "what is my IP",
        "Who is leading the Premier League?",
        "Has my leave request been approved?",
    ],
    "de": [
        "Wie ist der Dollar gerade bewertet?",
        "Läuft heut Abend noch ein Zug nach Köln?",
        "Ist meine Überweisung schon durch?",
        "Wer ist derzeit Bundeskanzler?",
    ],
    "fr": [
        "Il fait combien de degrés à Lyon là ?",
        "Qui est le premier ministre actuel ?",
        "Mon virement est-il bien parti ?",
        "Combien vaut un euro en dollars actuellement ?",
    ],
    "es": [
        "¿Cuánto está el dólar hoy?",
        "¿Quién va ganando la liga?",
        "¿Ya salió mi paquete del almacén?",
        "¿Qué tiempo hará mañana en Sevilla?",
    ],
    "it": [
        "Chi è l'attuale presidente del Brasile?",
        "Che tempo farà a Roma nel weekend?",
        "Il mio rimborso è arrivato?",
        "Quanto ho speso questo mese?",
    ],
    "pt": [
        "Como está o dólar neste instante?",
        "Quanto falta para o meu próximo salário?",
        "Vai chover em Lisboa logo à tarde?",
        "Qual é a cotação do euro hoje?",
    ],
    "nl": [
        "Regent het vandaag in Utrecht?",
        "Is mijn declaratie al goedgekeurd?",
        "Wie is de huidige premier?",
        "Hoe laat vertrekt mijn vlucht?",
    ],
    "pl": [
        "Ile kosztuje teraz litr benzyny?",
        "Kto wygrał wczorajszy mecz?",
        "Czy mój przelew już doszedł?",
        "Jaka będzie jutro pogoda w Gdańsku?",
    ],
    "tr": [
        "Dolar kaç lira oldu?",
        "İade talebim onaylandı mı?",
        "Galatasaray maçı bu akşam kaçta?",
        "Paketim ne zaman gelir?",
    ],
    "ru": [
        "Какая погода будет завтра в Москве?",
        "Мой возврат уже одобрен?",
        "Кто сейчас президент Франции?",
        "Сколько дней отпуска у меня осталось?",
    ],
    "ar": [
        "كم سعر الدولار اليوم؟",
        "هل وصلت طلبيتي؟",
        "من هو رئيس الوزراء الحالي؟",
        "ما حالة الطقس غدا في دبي؟",
    ],
    "ja": [
        "今の気温は何度ですか？",
        "残高を教えて",
        "私の有給はあと何日ですか",
        "明日の大阪の天気は？",
    ],
    "ko": [
        "지금 서울 기온이 몇 도예요?",
        "잔액 알려줘",
        "내 환불 언제 들어와?",
        "내일 부산 날씨 어때?",
    ],
    "th": [
        "วันนี้ฝนจะตกไหม",
        "พัสดุของผมถึงไหนแล้ว",
        "นายกรัฐมนตรีคนปัจจุบันคือใคร",
        "พรุ่งนี้อากาศที่เชียงใหม่เป็นยังไง",
    ],
    "zh": [
        "我的余额还有多少",
        "现任美国总统是谁？",
        "我的IP地址是什么",
        "查一下我这个月的流量",
    ],
    "zt": [
        "我的訂單出貨了嗎？",
        "台北現在幾度？",
        "目前的匯率是多少？",
        "我的預約是什麼時候？",
    ],
}

GENERAL = {
    "en": [
        "How do I refund a customer in Stripe?",
        "Why does my code throw an IndexError?",
        "How do weather balloons work?",
        "What did a loaf of bread cost in 1930?",
    ],
    "de": [
        "Wie entsteht Wetterleuchten?",
        "Was versteht man unter Tagesgeldkonto?",
        "Wie richte ich in Outlook einen Kalender ein?",
        "Wie schreibe ich eine Rechnung ohne Mehrwertsteuer?",
    ],
    "fr": [
        "Qu'est-ce qu'un solde intermédiaire de gestion ?",
        "Comment mettre à jour mon navigateur ?",
        "D'où vient l'expression « l'heure d'été » ?",
        "Comment calculer un taux de change ?",
    ],
    "es": [
        "¿Qué es un pedido de compra abierto?",
        "¿Cómo funciona una cita a ciegas?",
        "¿Cómo soluciono un error de memoria en mi programa?",
        "¿Qué es un envío contra reembolso?",
    ],
    "it": [
        "Che cos'è un ordine di grandezza?",
        "Come faccio a formattare il mio disco?",
        "Che cos'è il tasso di cambio?",
        "Perché il mio computer è lento?",
    ],
    "pt": [
        "O que é uma fatura proforma?",
        "Como criar um calendário em Excel?",
        "Por que meu código Python não compila?",
        "Como funciona o câmbio automático?",
    ],
    "nl": [
        "Wat is een weerkaart?",
        "Hoe maak ik een factuur in Word?",
        "Wat betekent carpe diem, pluk de dag?",
        "Hoe werkt een wekker?",
    ],
    "pl": [
        "Co to jest faktura korygująca?",
        "Jak napisać kalendarz w Pythonie?",
        "Dlaczego mój program się zawiesza?",
        "Jak wystawić fakturę?",
    ],
    "tr": [
        "Fatura adresi ne demektir?",
        "Python kodumda neden hata alıyorum?",
        "Güneş saati nasıl çalışır?",
        "Hava yastığı nasıl çalışır?",
    ],
    "ru": [
        "Что такое баланс белого?",
        "Почему моя программа падает с ошибкой?",
        "Как появились часовые пояса?",
        "Что такое курс лекций?",
    ],
    "ar": [
        "ما هي الفاتورة الضريبية؟",
        "لماذا لا يعمل الكود الخاص بي؟",
        "كيف يتكون المطر؟",
        "كيف أكتب رسالة رسمية؟",
    ],
    "ja": [
        "残高証明書とは何ですか？",
        "私のコードがエラーになるのはなぜですか？",
        "天気図の読み方を教えてください",
        "請求書の書き方は？",
    ],
    "ko": [
        "재무제표에서 잔액이란 무엇인가요?",
        "내 코드에서 왜 오류가 나나요?",
        "달력은 누가 발명했나요?",
        "환율은 어떻게 결정되나요?",
    ],
    "th": [
        "ใบแจ้งหนี้คืออะไร",
        "ทำไมโค้ดของฉันถึงมีข้อผิดพลาด",
        "ปฏิทินจันทรคติทำงานอย่างไร",
        "อัตราแลกเปลี่ยนคำนวณอย่างไร",
    ],
    "zh": [
        "余额宝是什么？",
        "我的代码为什么报错？",
        "天气预报是怎么做出来的？",
        "如何用Excel做日程表？",
    ],
    "zt": [
        "什麼是帳單地址？",
        "為什麼我的程式跑不動？",
        "今天這個詞的英文怎麼說？",
        "匯率是什麼？",
    ],
}


def every(table: dict[str, list[str]]) -> list[str]:
    return [question for questions in table.values() for question in questions]


@pytest.mark.parametrize("question", every(DEPENDING))
def test_what_belongs_to_the_caller_or_the_moment_has_no_general_answer(question: str) -> None:
    assert depends_on_now(question)
    assert depends_on_caller(question)


@pytest.mark.parametrize("question", every(GENERAL))
def test_what_something_means_or_how_it_is_done_has_one_answer(question: str) -> None:
    assert not depends_on_now(question)


@pytest.mark.parametrize(
    "question",
    [
        "Why does my code throw an IndexError?",
        "Warum stürzt mein Programm ab?",
        "Pourquoi mon code ne compile-t-il pas ?",
        "¿Por qué mi ordenador va lento?",
        "Dlaczego mój program się zawiesza?",
        "Почему моя программа падает с ошибкой?",
        "لماذا حاسوبي بطيء؟",
        "私のコードがエラーになるのはなぜですか？",
        "내 코드에서 왜 오류가 나나요?",
        "ทำไมคอมพิวเตอร์ของฉันช้า",
        "我的代码为什么报错？",
        "為什麼我的程式跑不動？",
        "What is an invoice?",
        "Wie richte ich in Outlook einen Kalender ein?",
        "残高証明書とは何ですか？",
    ],
)
def test_why_ones_code_fails_and_what_an_invoice_is_is_the_same_for_all(question: str) -> None:
    assert not depends_on_caller(question)


@pytest.mark.parametrize(
    "question",
    [
        "How do I cancel my order? And where is my parcel?",
        "What is a refund? Has my refund been approved?",
        "怎么查余额？我的余额是多少？",
        "What does the weather look like today?",
        "What was my code?",
    ],
)
def test_a_general_frame_speaks_for_its_own_question_only(question: str) -> None:
    assert depends_on_caller(question)


@pytest.mark.parametrize("question", ["İade talebim onaylandı mı?", "İstanbul'da hava kaç derece?"])
def test_a_turkish_capital_with_a_dot_is_read_like_the_small_letter(question: str) -> None:
    assert depends_on_now(question)
