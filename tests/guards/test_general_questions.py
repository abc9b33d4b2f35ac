"""Questions near the border between what all ask alike and what one caller, or this moment, makes different."""

from __future__ import annotations

import pytest

from aicache.guards.caller_dependent import depends_on_caller
from aicache.guards.time_sensitive import depends_on_now

DEPENDING = {
    "en": [
        "Did my mom text me back?",
        "When does my contract expire?",
        "How many steps have I walked?",
        "How many vacation days do I have left?",
        "What's on TV tonight?",
    ],
    "de": [
        "Ist Github gerade down?",
        "Wie ist der Dollar gerade bewertet?",
        "Wann läuft mein Vertrag aus?",
        "Wer ist derzeit Bundeskanzler?",
        "Wie viel Grad sind es draußen?",
    ],
    "fr": [
        "Il fait combien de degrés à Lyon là ?",
        "Mon virement est-il bien parti ?",
        "Qui est le premier ministre actuel ?",
        "Quels films sortent cette semaine ?",
        "Combien vaut un euro en dollars actuellement ?",
    ],
    "es": [
        "¿Qué tiempo hará mañana en Sevilla?",
        "¿Hay atascos en la M-30?",
        "¿Cuándo vence mi contrato?",
        "¿Quién va ganando la liga?",
        "¿Cuántos puntos me quedan?",
    ],
    "it": [
        "Quanto ho speso questo mese?",
        "Chi è l'attuale presidente del Brasile?",
        "Che film danno stasera al cinema?",
        "Ci sono scioperi dei treni oggi?",
        "Il mio rimborso è arrivato?",
    ],
    "pt": [
        "Vai chover em Lisboa logo à tarde?",
        "Tem jogo do Benfica hoje?",
        "A que horas passa o próximo autocarro?",
        "Quanto falta para o meu próximo salário?",
        "Quando vence o meu contrato?",
    ],
    "nl": [
        "Wanneer komt mijn pakketje?",
        "Wat is de temperatuur buiten?",
        "Wanneer loopt mijn contract af?",
        "Wie is de huidige premier?",
        "Is mijn declaratie al goedgekeurd?",
    ],
    "pl": [
        "Ile kosztuje teraz litr benzyny?",
        "Jaki jest teraz kurs euro?",
        "Jaka będzie jutro pogoda w Gdańsku?",
        "Ile dni urlopu mi zostało?",
        "Kto wygrał wczorajszy mecz?",
    ],
    "tr": [
        "Galatasaray maçı bu akşam kaçta?",
        "İstanbul'da hava kaç derece?",
        "Kaç gün iznim kaldı?",
        "Paketim ne zaman gelir?",
        "Faturamın son ödeme tarihi ne zaman?",
    ],
    "ru": [
        "Какой сейчас курс юаня?",
        "Сколько дней отпуска у меня осталось?",
        "Кто сейчас президент Франции?",
        "Когда придёт моя посылка?",
        "Когда заканчивается мой договор?",
    ],
    "ar": [
        "متى تصل شحنتي؟",
        "كم سعر الدولار اليوم؟",
        "كم تبقى من إجازاتي؟",
        "هل توجد مباراة الليلة؟",
        "هل وصلت طلبيتي؟",
    ],
    "ja": [
        "私の有給はあと何日ですか",
        "ポイントはあと何ポイント残っていますか",
        "残高を教えて",
        "今の総理大臣は誰？",
        "東京の今日の天気は？",
    ],
    "ko": [
        "제 주문 상태가 어떻게 되나요?",
        "달러 환율 얼마야?",
        "지금 서울 기온이 몇 도예요?",
        "현재 대통령은 누구인가요?",
        "지금 지하철 운행하나요?",
    ],
    "th": [
        "คะแนนสะสมของฉันเหลือเท่าไหร่",
        "ตอนนี้ราคาทองเท่าไหร่",
        "ราคาน้ำมันเท่าไหร่",
        "สัญญาของฉันหมดอายุเมื่อไหร่",
        "พัสดุของฉันจะถึงเมื่อไหร่",
    ],
    "zh": [
        "明天北京会下雨吗",
        "我的IP地址是什么",
        "今天人民币兑美元汇率",
        "我上个月花了多少钱？",
        "我的退款什么时候到账？",
    ],
    "zh-tw": [
        "我的訂單出貨了嗎？",
        "明天高雄會下雨嗎？",
        "台股今天漲了嗎？",
        "最新的匯率是多少？",
        "今晚有什麼比賽？",
    ],
}

GENERAL = {
    "en": [
        "Can you review my essay on Hamlet?",
        "How do I refund a customer in Stripe?",
        "Why does my dog eat grass?",
        "How can I recover my Instagram password?",
        "What is the order of the planets?",
    ],
    "de": [
        "Warum frisst mein Hund Gras?",
        "Wie entsteht Wetterleuchten?",
        "Wie kündige ich meinen Handyvertrag?",
        "Wie überweise ich Geld mit meinem Handy?",
        "Was ist der Unterschied zwischen Wetter und Klima?",
    ],
    "fr": [
        "D'où vient l'expression « l'heure d'été » ?",
        "Comment calculer un taux de change ?",
        "Comment mettre à jour mon navigateur ?",
        "Pourquoi mon chien mange-t-il de l'herbe ?",
        "Comment annuler ma commande ?",
    ],
    "es": [
        "¿Cómo cancelo mi suscripción?",
        "¿Cómo se calcula la hora solar?",
        "¿Cuánto tiempo hierve un huevo?",
        "¿Cómo puedo ver mi saldo en la app?",
        "¿Por qué mi ordenador va lento?",
    ],
    "it": [
        "Come si scrive una fattura elettronica?",
        "Quanto tempo cuoce la pasta?",
        "Come faccio a formattare il mio disco?",
        'Che cosa significa la parola "oggi"?',
        "Perché il mio cane mangia l'erba?",
    ],
    "pt": [
        "O que é um bilhete de identidade?",
        "Como melhoro o meu currículo?",
        "O que é uma fatura proforma?",
        "Por que meu cachorro come grama?",
        "Quanto tempo leva para cozinhar arroz?",
    ],
    "nl": [
        "Hoe werkt een wekker?",
        "Wat is een bestelbus?",
        "Hoe lang moet rijst koken?",
        "Hoe kan ik mijn wachtwoord wijzigen?",
        "Hoe maak ik een factuur in Word?",
    ],
    "pl": [
        "Jak naprawić mój komputer?",
        "Co oznacza punkt widzenia?",
        "Ile czasu gotuje się ryż?",
        "Jak napisać kalendarz w Pythonie?",
        "Dlaczego mój program się zawiesza?",
    ],
    "tr": [
        "Enflasyon nasıl hesaplanır?",
        "Takvim ne zaman icat edildi?",
        "Bilgisayarım neden yavaş?",
        "Güneş saati nasıl çalışır?",
        "Köpeğim neden ot yiyor?",
    ],
    "ru": [
        "Почему моя программа падает с ошибкой?",
        "Как появились часовые пояса?",
        "Почему мой телефон быстро разряжается?",
        "Как отменить мой заказ?",
        "Что такое курс валюты?",
    ],
    "ar": [
        "ما هي الفاتورة الضريبية؟",
        "لماذا لا يعمل الكود الخاص بي؟",
        "كم من الوقت يستغرق طهي الأرز؟",
        "لماذا يأكل كلبي العشب؟",
        "كيف تتشكل الغيوم؟",
    ],
    "ja": [
        "請求書の書き方は？",
        "パスワードを変更するにはどうすればいいですか",
        "私のパソコンはなぜ遅いのですか",
        "予約語とは何ですか？",
        "為替レートはどのように決まりますか",
    ],
    "ko": [
        "일기예보는 어떻게 만들어지나요?",
        "우리 강아지는 왜 풀을 먹나요?",
        "달력은 누가 발명했나요?",
        "재무제표에서 잔액이란 무엇인가요?",
        "예약어가 무엇인가요?",
    ],
    "th": [
        "ใบแจ้งหนี้คืออะไร",
        "วิธียกเลิกคำสั่งซื้อ",
        "วิธีเขียนอีเมลสมัครงาน",
        "อัตราแลกเปลี่ยนคำนวณอย่างไร",
        "ทำไมโค้ดของฉันถึงมีข้อผิดพลาด",
    ],
    "zh": [
        "怎么修改我的密码？",
        "怎么取消我的订单？",
        "天气预报是怎么做出来的？",
        "我的电脑为什么很慢？",
        "我的代码为什么报错？",
    ],
    "zh-tw": [
        "今天這個詞的英文怎麼說？",
        "我家的狗為什麼吃草？",
        "如何寫一封道歉郵件？",
        "天氣預報怎麼看？",
        "什麼是帳單地址？",
    ],
}


def every(table: dict[str, list[str]]) -> list[str]:
    return [question for questions in table.values() for question in questions]


def test_what_belongs_to_the_caller_or_the_moment_has_no_general_answer() -> None:
    assert [question for question in every(DEPENDING) if not depends_on_now(question)] == []
    assert [question for question in every(DEPENDING) if not depends_on_caller(question)] == []


def test_what_something_means_or_how_it_is_done_has_one_answer() -> None:
    assert [question for question in every(GENERAL) if depends_on_now(question)] == []


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
