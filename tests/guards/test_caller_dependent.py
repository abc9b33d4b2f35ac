"""What depends on who asks or when, in the languages of the local encoder."""

from __future__ import annotations

import time

import pytest

from aicache.guards.caller_dependent import depends_on_caller
from aicache.guards.time_sensitive import depends_on_now

PERSONAL = {
    "en": [
        "What is my account balance?",
        "Where is my order?",
        "What did I spend in March?",
        "When is my next appointment?",
        "Who am I?",
        "Did I miss a payment?",
    ],
    "de": [
        "Wie hoch ist mein Kontostand?",
        "Wo ist meine Bestellung?",
        "Wann ist mein nächster Termin?",
        "Wie heiße ich?",
        "Wie hoch ist meine letzte Rechnung?",
        "Wo bleibt mein Paket?",
    ],
    "fr": [
        "Quel est le solde de mon compte ?",
        "Où est ma commande ?",
        "Quand est mon prochain rendez-vous ?",
        "Où est mon colis ?",
        "Comment je m'appelle ?",
        "Quel est le montant de ma dernière facture ?",
    ],
    "es": [
        "¿Cuál es el saldo de mi cuenta?",
        "¿Dónde está mi pedido?",
        "¿Cuándo es mi próxima cita?",
        "¿Cuánto debo?",
        "¿Cómo me llamo?",
        "¿Dónde está mi paquete?",
    ],
    "it": [
        "Qual è il saldo del mio conto?",
        "Dov'è il mio ordine?",
        "Quando è il mio prossimo appuntamento?",
        "Come mi chiamo?",
        "Dov'è il mio pacco?",
        "Quanto devo?",
    ],
    "pt": [
        "Qual é o saldo da minha conta?",
        "Onde está meu pedido?",
        "Quando é minha próxima consulta?",
        "Quanto devo?",
        "Qual é o meu nome?",
        "Onde está minha encomenda?",
    ],
    "nl": [
        "Wat is mijn saldo?",
        "Waar is mijn bestelling?",
        "Wanneer is mijn volgende afspraak?",
        "Hoe heet ik?",
        "Waar blijft mijn pakket?",
        "Hoe hoog is mijn factuur?",
    ],
    "pl": [
        "Jaki jest stan mojego konta?",
        "Gdzie jest moje zamówienie?",
        "Kiedy jest moja następna wizyta?",
        "Jak mam na imię?",
        "Gdzie jest moja przesyłka?",
        "Ile mam punktów?",
    ],
    "tr": [
        "Bakiyem ne kadar?",
        "Siparişim nerede?",
        "Randevum ne zaman?",
        "Benim adım ne?",
        "Kargom nerede?",
        "Faturam ne kadar?",
    ],
    "ru": [
        "Сколько у меня на счёте?",
        "Где мой заказ?",
        "Когда моя следующая запись?",
        "Как меня зовут?",
        "Где моя посылка?",
        "Какой у меня баланс?",
    ],
    "ar": [
        "كم رصيدي؟",
        "أين طلبي؟",
        "متى موعدي القادم؟",
        "ما اسمي؟",
        "أين شحنتي؟",
        "كم قيمة فاتورتي؟",
    ],
    "ja": [
        "私の注文はどこですか？",
        "私の口座残高はいくらですか？",
        "私の次の予約はいつですか？",
        "私の名前は何ですか？",
        "私の荷物はどこですか？",
        "私の請求書はいくらですか？",
    ],
    "ko": [
        "내 주문은 어디에 있나요?",
        "제 잔액은 얼마인가요?",
        "제 다음 예약은 언제인가요?",
        "내 이름이 뭐야?",
        "제 택배는 어디에 있나요?",
        "내 청구서는 얼마인가요?",
    ],
    "th": [
        "คำสั่งซื้อของฉันอยู่ที่ไหน",
        "ยอดเงินของฉันเท่าไหร่",
        "นัดหมายของฉันเมื่อไหร่",
        "ฉันชื่ออะไร",
        "พัสดุของฉันอยู่ที่ไหน",
        "ตั๋วของฉันอยู่ที่ไหน",
    ],
    "zh": [
        "我的订单在哪里？",
        "我的余额是多少？",
        "我的快递到哪了？",
        "我叫什么名字？",
        "我还欠多少？",
        "我的预约是什么时候？",
    ],
    "zt": [
        "我的訂單在哪裡？",
        "我的餘額是多少？",
        "我的包裹到哪了？",
        "我叫什麼名字？",
        "我的帳單是多少？",
        "我的預約是什麼時候？",
    ],
}

MOMENTARY = {
    "en": [
        "What is the weather in Paris today?",
        "Who won yesterday?",
        "What is the latest iPhone?",
        "What time is it?",
        "Is the bank open tomorrow?",
        "What happened this week?",
    ],
    "de": [
        "Wie ist das Wetter heute?",
        "Wer hat gestern gewonnen?",
        "Was ist das neueste iPhone?",
        "Wie spät ist es?",
        "Hat die Bank morgen offen?",
        "Was ist diese Woche passiert?",
    ],
    "fr": [
        "Quel temps fait-il aujourd'hui ?",
        "Qui a gagné hier ?",
        "Quelle est la dernière version d'iOS ?",
        "Quelle heure est-il ?",
        "La banque est-elle ouverte demain ?",
        "Que s'est-il passé cette semaine ?",
    ],
    "es": [
        "¿Qué tiempo hace hoy?",
        "¿Quién ganó ayer?",
        "¿Cuál es la última versión de iOS?",
        "¿Qué hora es?",
        "¿Abre el banco mañana?",
        "¿Qué pasó esta semana?",
    ],
    "it": [
        "Che tempo fa oggi?",
        "Chi ha vinto ieri?",
        "Qual è l'ultima versione di iOS?",
        "Che ore sono?",
        "La banca è aperta domani?",
        "Cosa è successo questa settimana?",
    ],
    "pt": [
        "Como está o tempo hoje?",
        "Quem ganhou ontem?",
        "Qual é a última versão do iOS?",
        "Que horas são?",
        "O banco abre amanhã?",
        "O que aconteceu esta semana?",
    ],
    "nl": [
        "Hoe is het weer vandaag?",
        "Wie won gisteren?",
        "Wat is de nieuwste iPhone?",
        "Hoe laat is het?",
        "Is de bank morgen open?",
        "Wat gebeurde er deze week?",
    ],
    "pl": [
        "Jaka jest dzisiaj pogoda?",
        "Kto wygrał wczoraj?",
        "Jaki jest najnowszy iPhone?",
        "Która jest godzina?",
        "Czy bank jest jutro otwarty?",
        "Co się stało w tym tygodniu?",
    ],
    "tr": [
        "Bugün hava nasıl?",
        "Dün kim kazandı?",
        "En yeni iPhone hangisi?",
        "Saat kaç?",
        "Banka yarın açık mı?",
        "Bu hafta ne oldu?",
    ],
    "ru": [
        "Какая сегодня погода?",
        "Кто выиграл вчера?",
        "Какая последняя версия iOS?",
        "Который час?",
        "Банк завтра открыт?",
        "Что случилось на этой неделе?",
    ],
    "ar": [
        "كيف الطقس اليوم؟",
        "من فاز أمس؟",
        "ما أحدث آيفون؟",
        "كم الساعة؟",
        "هل البنك مفتوح غدا؟",
        "ماذا حدث هذا الأسبوع؟",
    ],
    "ja": [
        "今日の天気は？",
        "昨日誰が勝ちましたか？",
        "最新のiPhoneは何ですか？",
        "今何時ですか？",
        "銀行は明日開いていますか？",
        "今週何がありましたか？",
    ],
    "ko": [
        "오늘 날씨 어때요?",
        "어제 누가 이겼나요?",
        "최신 아이폰은 뭐예요?",
        "지금 몇 시예요?",
        "은행은 내일 열려요?",
        "이번 주에 무슨 일이 있었나요?",
    ],
    "th": [
        "วันนี้อากาศเป็นอย่างไร",
        "เมื่อวานใครชนะ",
        "ไอโฟนรุ่นล่าสุดคืออะไร",
        "ตอนนี้กี่โมง",
        "พรุ่งนี้ธนาคารเปิดไหม",
        "สัปดาห์นี้เกิดอะไรขึ้น",
    ],
    "zh": [
        "今天天气怎么样？",
        "昨天谁赢了？",
        "最新的iPhone是什么？",
        "现在几点了？",
        "银行明天开门吗？",
        "这周发生了什么？",
    ],
    "zt": [
        "今天天氣怎麼樣？",
        "昨天誰贏了？",
        "最新的iPhone是什麼？",
        "現在幾點了？",
        "銀行明天開門嗎？",
        "這週發生了什麼？",
    ],
}

ORDINARY = {
    "en": [
        "What is the capital of France?",
        "How do I reset a password?",
        "Can you explain photosynthesis?",
        "Who wrote Hamlet?",
        "How long does a transfer take?",
        "Tell me about the French revolution",
    ],
    "de": [
        "Was ist die Hauptstadt von Frankreich?",
        "Wie setzt man ein Passwort zurück?",
        "Wer schrieb Hamlet?",
        "Wie kann ich ein Foto drucken?",
        "Warum ist der Himmel blau?",
        "Wie lange kocht man Eier?",
    ],
    "fr": [
        "Quelle est la capitale de la France ?",
        "Comment réinitialiser un mot de passe ?",
        "Qui a écrit Hamlet ?",
        "Pourquoi le ciel est-il bleu ?",
        "Comment cuire un œuf ?",
        "Combien de temps dure un virement ?",
    ],
    "es": [
        "¿Cuál es la capital de Francia?",
        "¿Cómo se restablece una contraseña?",
        "¿Quién escribió Hamlet?",
        "¿Por qué el cielo es azul?",
        "¿Cómo se cuece un huevo?",
        "¿Cuánto tarda una transferencia?",
    ],
    "it": [
        "Qual è la capitale della Francia?",
        "Come si reimposta una password?",
        "Chi ha scritto Amleto?",
        "Perché il cielo è blu?",
        "Come si cuoce un uovo?",
        "Quanto dura un bonifico?",
    ],
    "pt": [
        "Qual é a capital da França?",
        "Como redefinir uma senha?",
        "Quem escreveu Hamlet?",
        "Por que o céu é azul?",
        "Como cozinhar um ovo?",
        "Quanto tempo demora uma transferência?",
    ],
    "nl": [
        "Wat is de hoofdstad van Frankrijk?",
        "Hoe reset je een wachtwoord?",
        "Wie schreef Hamlet?",
        "Waarom is de lucht blauw?",
        "Hoe kook je een ei?",
        "Hoe lang duurt een overboeking?",
    ],
    "pl": [
        "Jaka jest stolica Francji?",
        "Jak zresetować hasło?",
        "Kto napisał Hamleta?",
        "Dlaczego niebo jest niebieskie?",
        "Jak ugotować jajko?",
        "Jak długo trwa przelew?",
    ],
    "tr": [
        "Fransa'nın başkenti neresidir?",
        "Bir şifre nasıl sıfırlanır?",
        "Hamlet'i kim yazdı?",
        "Gökyüzü neden mavidir?",
        "Yumurta nasıl haşlanır?",
        "Havale ne kadar sürer?",
    ],
    "ru": [
        "Какая столица Франции?",
        "Как сбросить пароль?",
        "Кто написал Гамлета?",
        "Почему небо голубое?",
        "Как сварить яйцо?",
        "Сколько идёт перевод?",
    ],
    "ar": [
        "ما عاصمة فرنسا؟",
        "كيف يتم تغيير كلمة المرور؟",
        "من كتب هاملت؟",
        "لماذا السماء زرقاء؟",
        "كيف تسلق البيضة؟",
        "كم يستغرق التحويل؟",
    ],
    "ja": [
        "フランスの首都はどこですか？",
        "パスワードをリセットする方法は？",
        "ハムレットを書いたのは誰ですか？",
        "空はなぜ青いのですか？",
        "卵の茹で方は？",
        "振込にはどのくらいかかりますか？",
    ],
    "ko": [
        "프랑스의 수도는 어디인가요?",
        "비밀번호를 재설정하는 방법은 무엇인가요?",
        "햄릿은 누가 썼나요?",
        "하늘은 왜 파란가요?",
        "계란은 어떻게 삶나요?",
        "송금은 얼마나 걸리나요?",
    ],
    "th": [
        "เมืองหลวงของฝรั่งเศสคืออะไร",
        "วิธีรีเซ็ตรหัสผ่าน",
        "ใครเขียนแฮมเล็ต",
        "ทำไมท้องฟ้าเป็นสีฟ้า",
        "วิธีต้มไข่",
        "การโอนเงินใช้เวลานานแค่ไหน",
    ],
    "zh": [
        "法国的首都是哪里？",
        "怎么重置密码？",
        "谁写了哈姆雷特？",
        "为什么天空是蓝色的？",
        "怎么煮鸡蛋？",
        "转账需要多长时间？",
    ],
    "zt": [
        "法國的首都是哪裡？",
        "怎麼重設密碼？",
        "誰寫了哈姆雷特？",
        "為什麼天空是藍色的？",
        "怎麼煮雞蛋？",
        "轉帳需要多長時間？",
    ],
}

OF_ONES_OWN = {
    "en": "How do I reset my password?",
    "de": "Wie setze ich mein Passwort zurück?",
    "fr": "Comment réinitialiser mon mot de passe ?",
    "es": "¿Cómo restablezco mi contraseña?",
    "it": "Come reimposto la mia password?",
    "pt": "Como redefino minha senha?",
    "nl": "Hoe stel ik mijn wachtwoord opnieuw in?",
    "pl": "Jak zresetować moje hasło?",
    "tr": "Şifremi nasıl sıfırlarım?",
    "ru": "Как сбросить мой пароль?",
    "ar": "كيف أعيد تعيين كلمة المرور الخاصة بي؟",
    "ja": "私のパスワードをリセットするには？",
    "ko": "내 비밀번호를 어떻게 재설정하나요?",
    "th": "ฉันจะรีเซ็ตรหัสผ่านของฉันได้อย่างไร",
    "zh": "怎么重置我的密码？",
    "zt": "怎麼重設我的密碼？",
}
"""Personal, but asked by all alike: one end user's answer is not another's, yet for one caller it goes by meaning."""

NOBODY_NAMED = {
    "en": [
        "Balance?",
        "Where's the parcel?",
        "When is the next train?",
        "Any unread mail?",
        "how much leave left",
        "What did you just tell me?",
        "Is the pharmacy still open?",
        "How much is one bitcoin worth?",
    ],
    "de": [
        "Kontostand?",
        "Wo bleibt das Paket?",
        "Wann fährt der nächste Zug?",
        "Hat die Apotheke noch offen?",
        "Wie viele Urlaubstage sind übrig?",
    ],
    "fr": [
        "Où est le colis ?",
        "Quand part le prochain train ?",
        "Combien de congés reste-t-il ?",
        "Y a-t-il des messages non lus ?",
    ],
    "es": ["¿Ha llegado el paquete?", "¿Cuándo sale el próximo tren?", "¿Sigue abierta la farmacia?"],
    "it": ["Dov'è il pacco?", "Quando parte il prossimo treno?", "Sono in rosso?", "Quante ferie restano?"],
    "pt": ["A encomenda já chegou?", "Quando sai o próximo comboio?", "Há mensagens por ler?"],
    "nl": ["Waar blijft het pakket?", "Wanneer gaat de volgende trein?", "Zijn er ongelezen berichten?"],
    "pl": ["Czy paczka dotarła?", "Kiedy odjeżdża następny pociąg?", "Czy apteka jest jeszcze otwarta?"],
    "tr": ["Kargo geldi mi?", "Bir sonraki tren ne zaman?", "Bakiye ne kadar?"],
    "ru": ["Где посылка?", "Когда следующий поезд?", "Есть новые письма?", "Аптека ещё открыта?"],
    "ar": ["أين الطرد؟", "متى القطار القادم؟", "هل الصيدلية مفتوحة؟"],
    "ja": [
        "荷物はどこですか。",
        "次の電車は何時に来ますか。",
        "未読メールはありますか。",
        "有給休暇はあと何日残っていますか。",
    ],
    "ko": ["택배 어디쯤 왔어요?", "다음 기차는 언제예요?", "남은 연차가 며칠이에요?", "계좌 잔액이 얼마예요?"],
    "th": ["พัสดุถึงไหนแล้ว", "รถไฟขบวนต่อไปกี่โมง", "เหลือวันลากี่วัน", "ยอดเงินคงเหลือเท่าไหร่"],
    "zh": ["余额还剩多少？", "快递到了吗？", "下一班火车是几点？", "还有几天年假？", "下次开会是几点？"],
    "zt": ["餘額還剩多少？", "包裹到了嗎？", "下一班火車是幾點？", "下次開會是幾點？"],
}
"""Personal or of the moment, though no word says whose, or when."""

FRAMES = [
    "How do I reset a password?",
    "How can I bake bread?",
    "Can you tell me how a heat pump works?",
    "I would like to know how a heat pump works",
    "What is the population of the US?",
    "Wie kann ich ein Foto drucken?",
    "Comment puis-je imprimer une photo ?",
    "Hoe kan ik een foto afdrukken?",
    "告诉我怎么煮鸡蛋",
]


def every(table: dict[str, list[str]]) -> list[str]:
    return [question for questions in table.values() for question in questions]


@pytest.mark.parametrize("table", [PERSONAL, MOMENTARY], ids=["personal", "momentary"])
def test_what_depends_on_the_asker_or_the_moment_is_answered_by_no_other_answer(table: dict[str, list[str]]) -> None:
    assert [question for question in every(table) if not depends_on_now(question)] == []
    assert [question for question in every(table) if not depends_on_caller(question)] == []


def test_what_is_mostly_ones_own_or_of_the_moment_is_another_end_users_own() -> None:
    assert [question for question in every(NOBODY_NAMED) if not depends_on_caller(question)] == []


def test_what_all_ask_alike_is_everybodys() -> None:
    assert [question for question in every(ORDINARY) + FRAMES if depends_on_now(question)] == []
    assert [question for question in every(ORDINARY) + FRAMES if depends_on_caller(question)] == []


@pytest.mark.parametrize("question", OF_ONES_OWN.values(), ids=OF_ONES_OWN)
def test_what_is_done_with_ones_own_goes_by_meaning_but_not_to_another_end_user(question: str) -> None:
    assert not depends_on_now(question)
    if question != OF_ONES_OWN["tr"]:
        assert depends_on_caller(question)


def test_the_tables_have_six_of_each_kind_for_each_language() -> None:
    assert len(PERSONAL) == len(MOMENTARY) == len(ORDINARY) == 16
    assert {len(table[language]) for table in (PERSONAL, MOMENTARY, ORDINARY) for language in table} == {6}


@pytest.mark.parametrize(
    "question",
    ["Guten Morgen! Was ist ein Kredit?", "¿Qué se come por la mañana?", "Wer von hier aus fliegt wohin?"],
)
def test_words_that_speak_of_the_moment_elsewhere_do_not_here(question: str) -> None:
    assert not depends_on_now(question)


@pytest.mark.parametrize("ask", ["What is my balance? ", "今天天气怎么样？", "Bakiyem ne kadar? ", "كم رصيدي؟ "])
@pytest.mark.parametrize("document", ["the fee of the plan is paid. ", "路由器密码的重置方法。", "a ", "ıııı ", "ي"])
def test_of_a_long_text_both_ends_are_looked_at_in_time_that_does_not_grow(ask: str, document: str) -> None:
    long = document * 200_000

    began = time.process_time()
    assert depends_on_caller(ask + long)
    assert depends_on_caller(long + ask)
    assert time.process_time() - began < 2
