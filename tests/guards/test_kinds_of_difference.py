"""Differences by kind in many languages: who is meant, when, who does what to whom, what is asked; and what is none."""

from __future__ import annotations

import pytest

from aicache.guards import Outcome, compare_questions

NEAR_MISSES = [
    ("Can I borrow your charger?", "Can you borrow my charger?"),
    ("Do I have to register my bike?", "Can I register my bike?"),
    ("Does a landlord have to paint the flat?", "May a landlord paint the flat?"),
    ("Which foods suit blood type A+?", "Which foods suit blood type O+?"),
    ("Welches Essen passt zu Blutgruppe B-?", "Welches Essen passt zu Blutgruppe A-?"),
    ("My landlord is evicting me, what are the rules?", "I am evicting my landlord, what are the rules?"),
    ("Mein Nachbar hat mich verklagt", "Ich habe meinen Nachbarn verklagt"),
    ("Mon voisin m'a frappé, que dit la loi ?", "J'ai frappé mon voisin, que dit la loi ?"),
    ("Mi jefe me debe dinero", "Yo le debo dinero a mi jefe"),
    ("Il mio capo mi deve dei soldi", "Io devo dei soldi al mio capo"),
    ("Какой твой любимый фильм?", "Какой мой любимый фильм?"),
    ("Jaki jest twój ulubiony film?", "Jaki jest mój ulubiony film?"),
    ("Wat is jouw lievelingsfilm?", "Wat is mijn lievelingsfilm?"),
    ("Qual é o teu filme favorito?", "Qual é o meu filme favorito?"),
    ("Benim en sevdiğim renk ne?", "Senin en sevdiğin renk ne?"),
    ("너의 이름은 무엇인가요", "나의 이름은 무엇인가요"),
    ("你的名字是什么", "我的名字是什么"),
    ("あなたの名前は何ですか", "私の名前は何ですか"),
    ("คุณชื่ออะไร", "ฉันชื่ออะไร"),
    ("Welche Sprachen sprichst du?", "Welche Sprachen spreche ich?"),
    ("¿Qué idiomas hablas?", "¿Qué idiomas hablo?"),
    ("我欠他钱怎么办", "他欠我钱怎么办"),
    ("Wer war Bundeskanzler von Österreich?", "Wer ist Bundeskanzler von Österreich?"),
    ("Quién era el rey de España", "Quién es el rey de España"),
    ("Chi era il presidente della Francia?", "Chi è il presidente della Francia?"),
    ("Wie was de koning van België?", "Wie is de koning van België?"),
    ("Kto był prezydentem Polski?", "Kto jest prezydentem Polski?"),
    ("Кто был президентом Франции?", "Кто президент Франции?"),
    ("من كان رئيس فرنسا؟", "من هو رئيس فرنسا؟"),
    ("フランスの首都はどこでしたか", "フランスの首都はどこですか"),
    ("프랑스의 수도는 어디였나요", "프랑스의 수도는 어디인가요"),
    ("เมืองหลวงของฝรั่งเศสเคยอยู่ที่ไหน", "เมืองหลวงของฝรั่งเศสอยู่ที่ไหน"),
    ("法国的首都曾是哪里", "法国的首都是哪里"),
    ("Fransa'nın başkenti neresiydi?", "Fransa'nın başkenti neresidir?"),
    ("Darf man hier parken?", "Muss man hier parken?"),
    ("What may a notary do?", "What must a notary do?"),
    ("Que peut faire un huissier ?", "Que doit faire un huissier ?"),
    ("What should a visitor bring?", "What must a visitor bring?"),
    ("what is a boat house", "what is a house boat"),
    ("how much does a dog guard cost", "how much does a guard dog cost"),
    ("what is a pocket watch", "what is a watch pocket"),
    ("蜂蜜是什么", "蜜蜂是什么"),
    ("英語を日本語に翻訳するアプリ", "日本語を英語に翻訳するアプリ"),
    ("猫が犬を追いかける夢の意味", "犬が猫を追いかける夢の意味"),
    ("고양이가 개를 쫓는 꿈", "개가 고양이를 쫓는 꿈"),
    ("서울에서 부산으로 가는 법", "부산에서 서울로 가는 법"),
    ("Der Hund beißt den Mann, was nun?", "Den Hund beißt der Mann, was nun?"),
    ("Почему собака любит кошку?", "Почему собаку любит кошка?"),
    ("Dlaczego Anna kocha Ewę?", "Dlaczego Annę kocha Ewa?"),
    ("What changed in Node 20.1?", "What changed in Node 20.10?"),
    ("Was ist neu in Kotlin 1.2?", "Was ist neu in Kotlin 1.20?"),
    ("What does :D mean in a chat", "What does :P mean in a chat"),
    ("what does a // b do", "what does a / b do"),
    ("what does x && y do", "what does x & y do"),
    ("Warum fiel die Mauer?", "Wann fiel die Mauer?"),
    ("¿Por qué murió Mozart?", "¿Cuándo murió Mozart?"),
    ("Dove è morto Dante?", "Quando è morto Dante?"),
    ("Onde morreu Camões?", "Quando morreu Camões?"),
    ("Waarom stierf Van Gogh?", "Waar stierf Van Gogh?"),
    ("Kiedy umarł Chopin?", "Dlaczego umarł Chopin?"),
    ("Когда умер Пушкин?", "Где умер Пушкин?"),
    ("Mozart ne zaman öldü?", "Mozart neden öldü?"),
    ("متى مات موزارت؟", "لماذا مات موزارت؟"),
    ("모차르트는 왜 죽었나요", "모차르트는 언제 죽었나요"),
    ("モーツァルトはなぜ死んだのですか", "モーツァルトはいつ死んだのですか"),
    ("โมสาร์ทตายเมื่อไร", "โมสาร์ทตายทำไม"),
    ("莫扎特为什么去世", "莫扎特何时去世"),
    ("كم راتب مهندس في دبي؟", "كم راتب مهندسة في دبي؟"),
    ("¿Cuánto gana un profesor?", "¿Cuánto gana una profesora?"),
    ("Wie viel verdient ein Lehrer?", "Wie viel verdient eine Lehrerin?"),
    ("Combien gagne un infirmier ?", "Combien gagne une infirmière ?"),
    ("Сколько зарабатывает актёр?", "Сколько зарабатывает актриса?"),
    ("Ile zarabia aktor?", "Ile zarabia aktorka?"),
    ("すべての鳥は飛べますか", "一部の鳥は飛べますか"),
    ("นกทุกชนิดบินได้ไหม", "นกบางชนิดบินได้ไหม"),
    ("所有鸟都会飞吗", "有些鸟会飞吗"),
    ("모든 새는 날 수 있나요", "일부 새는 날 수 있나요"),
    ("Wie viele Zentimeter hat ein Zoll?", "Wie viele Millimeter hat ein Zoll?"),
    ("Ile gramów ma funt?", "Ile gramów ma uncja?"),
    ("10マイルは何キロですか", "10海里は何キロですか"),
    ("How does she pay her taxes?", "How do I pay my taxes?"),
    ("turn on her alarm", "turn on my alarm"),
    ("Wie ändere ich seine Adresse?", "Wie ändere ich meine Adresse?"),
    ("Does my cat like you?", "Do you like my cat?"),
    ("Can my boss sue me?", "Can I sue my boss?"),
    ("Peut-on licencier mon patron ?", "Mon patron peut-il me licencier ?"),
    ("¿Puede mi casero echarme?", "¿Puedo echar a mi casero?"),
    ("Mag mijn baas mij ontslaan?", "Mag ik mijn baas ontslaan?"),
    ("Мой брат должен мне деньги", "Я должен брату деньги"),
    ("Mój brat jest mi winien pieniądze", "Jestem winien bratu pieniądze"),
    ("我能起诉我的房东吗", "我的房东能起诉我吗"),
    ("내가 그를 사랑하나요", "그가 나를 사랑하나요"),
    ("弟が私に貸したお金", "私が弟に貸したお金"),
    ("What are his rights as a tenant?", "What are her rights as a tenant?"),
    ("What are her rights as a tenant?", "What are my rights as a tenant?"),
    ("¿Dónde nació él?", "¿Dónde nació ella?"),
    ("Will the euro fall?", "Did the euro fall?"),
    ("Wird es in Rom regnen?", "Hat es in Rom geregnet?"),
    ("Is Pluto a planet?", "Will Pluto be a planet?"),
    ("Kim başkandı?", "Kim başkan?"),
    ("Quem era o presidente?", "Quem será o presidente?"),
    ("ใครเคยเป็นนายก", "ใครเป็นนายก"),
    ("誰が社長でしたか", "誰が社長ですか"),
    ("Should I tip in Japan?", "Must I tip in Japan?"),
    ("¿Puedo votar?", "¿Debo votar?"),
    ("Можно голосовать?", "Нужно голосовать?"),
    ("Posso votare?", "Devo votare?"),
    ("投票してもいいですか", "投票しなければなりませんか"),
    ("투표해도 되나요", "투표해야 하나요"),
    ("可以投票吗", "必须投票吗"),
    ("what is water tap", "what is tap water"),
    ("what is a house cat", "what is a cat house"),
    ("社会と会社の違い", "会社と社会の違い"),
    ("会社とは何ですか", "社会とは何ですか"),
    ("국민은 무엇인가요", "민국은 무엇인가요"),
    ("Release notes for Django 4.2", "Release notes for Django 4.20"),
    ("what is new in v1.10", "what is new in v1.1"),
    ("was bedeutet :-) im Chat", "was bedeutet :-( im Chat"),
    ("what does ;) mean", "what does :) mean"),
    ("what does a ** b do", "what does a * b do"),
    ("what does a ?? b do", "what does a ? b do"),
    ("what does <- do in R", "what does -> do in R"),
    ("Combien coûte un passeport ?", "Où faire un passeport ?"),
    ("Wie lange dauert ein Spiel?", "Wie oft findet ein Spiel statt?"),
    ("How often does the bus run?", "How long does the bus run?"),
    ("¿Cuántos años vive un perro?", "¿Dónde vive un perro?"),
    ("سيارة المدير", "سيارة المديرة"),
    ("Qual o salário de um ator?", "Qual o salário de uma atriz?"),
    ("Qual o salário de um professor?", "Qual o salário de uma professora?"),
    ("Combien gagne un étudiant ?", "Combien gagne une étudiante ?"),
    ("Quanto guadagna un maestro?", "Quanto guadagna una maestra?"),
    ("Most birds can fly, right?", "All birds can fly, right?"),
    ("Niektóre ptaki latają?", "Wszystkie ptaki latają?"),
    ("全員が参加できますか", "誰も参加できませんか"),
    ("أقل من 5 أيام", "أكثر من 5 أيام"),
    ("At least 5 people?", "At most 5 people?"),
    ("Mindestens fünf Tage?", "Höchstens fünf Tage?"),
    ("最少几个人", "最多几个人"),
    ("En az kaç gün?", "En fazla kaç gün?"),
    ("How many feet in a yard?", "How many inches in a yard?"),
    ("Combien de litres dans un gallon ?", "Combien de millilitres dans un gallon ?"),
    ("1ヤードは何フィートですか", "1ヤードは何インチですか"),
    ("1 фунт сколько граммов", "1 унция сколько граммов"),
    ("一英尺等于多少厘米", "一英寸等于多少厘米"),
    ("Is it 50 °C or hotter?", "Is it 50 °F or hotter?"),
    ("Kann man Kaffee in Tee gießen?", "Kann man Tee in Kaffee gießen?"),
    ("Translate from German to French: Hund", "Translate from French to German: Hund"),
    ("Vertaal van het Duits naar het Frans", "Vertaal van het Frans naar het Duits"),
    ("de Lyon à Nice en train", "de Nice à Lyon en train"),
    ("Ankara'dan İzmir'e otobüs", "İzmir'den Ankara'ya otobüs"),
    ("z Krakowa do Gdańska pociąg", "z Gdańska do Krakowa pociąg"),
    ("из Москвы в Казань поезд", "из Казани в Москву поезд"),
    ("رحلة من دبي إلى عمان", "رحلة من عمان إلى دبي"),
    ("จากเชียงใหม่ไปภูเก็ต", "จากภูเก็ตไปเชียงใหม่"),
    ("Is butter better than oil?", "Is oil better than butter?"),
    ("Ist Gold schwerer als Blei?", "Ist Blei schwerer als Gold?"),
    ("O ouro é mais pesado que o chumbo?", "O chumbo é mais pesado que o ouro?"),
    ("금이 납보다 무거운가요", "납이 금보다 무거운가요"),
    ("金は鉛より重いですか", "鉛は金より重いですか"),
    ("ทองหนักกว่าตะกั่วไหม", "ตะกั่วหนักกว่าทองไหม"),
    ("Altın kurşundan ağır mı?", "Kurşun altından ağır mı?"),
    ("Золото тяжелее свинца?", "Свинец тяжелее золота?"),
    ("هل الذهب أثقل من الرصاص؟", "هل الرصاص أثقل من الذهب؟"),
]
PARAPHRASES = [
    ("How do I change my password?", "How do you change your password?"),
    ("Can you freeze milk?", "Can I freeze milk?"),
    ("Where can you buy stamps?", "Where can I buy stamps?"),
    ("How do I get a refund?", "How can we get a refund?"),
    ("Wie kann ich mein Passwort ändern?", "Wie kann man das Passwort ändern?"),
    ("Comment puis-je changer mon mot de passe ?", "Comment changer mon mot de passe ?"),
    ("¿Cómo puedo cambiar mi contraseña?", "¿Cómo cambio mi contraseña?"),
    ("Como posso mudar a minha senha?", "Como mudar a minha senha?"),
    ("Come posso cambiare la mia password?", "Come cambiare la password?"),
    ("Hoe kan ik mijn wachtwoord wijzigen?", "Hoe wijzig ik mijn wachtwoord?"),
    ("Jak mogę zmienić hasło?", "Jak zmienić hasło?"),
    ("Как мне поменять пароль?", "Как поменять пароль?"),
    ("パスワードを変更する方法を教えてください", "パスワードを変更する方法は?"),
    ("如何修改密码", "怎么修改密码"),
    ("密碼怎麼改", "密碼要怎麼改"),
    ("เปลี่ยนรหัสผ่านอย่างไร", "เปลี่ยนรหัสผ่านยังไงครับ"),
    ("Which planet is the largest?", "What planet is the biggest?"),
    ("Why is the sky blue?", "why is the sky blue, please?"),
    ("Quelle est la capitale du Pérou ?", "c'est quoi la capitale du Pérou"),
    ("Was ist die Hauptstadt von Peru?", "Wie heißt die Hauptstadt von Peru?"),
    ("¿Cuál es la capital de Perú?", "cual es la capital de peru"),
    ("Jaka jest stolica Peru?", "jaka jest stolica peru??"),
    ("페루의 수도는 어디예요?", "페루의 수도는 어디인가요"),
    ("ペルーの首都はどこですか", "ペルーの首都はどこ?"),
    ("秘鲁的首都是哪里", "秘鲁的首都在哪里？"),
    ("the 3rd planet from the sun", "the third planet from the sun"),
    ("Nenne 7 Flüsse in Asien", "Nenne sieben Flüsse in Asien"),
    ("Cite 3 fleuves d'Afrique", "Cite trois fleuves d'Afrique"),
    ("hoe oud wordt een olifant aub", "Hoe oud wordt een olifant?"),
    ("recieve money from abroad", "receive money from abroad"),
]


def test_another_person_time_role_or_question_is_not_explained() -> None:
    assert [pair for pair in NEAR_MISSES if compare_questions(*pair).outcome is Outcome.EXPLAINED] == []


@pytest.mark.parametrize(("one", "other"), PARAPHRASES)
def test_the_same_in_other_small_words_is_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("什么是 CPU 呢？", "什么是CPU"),
        ("请问怎么注销账号", "怎么注销账号啊"),
        ("Ist ein Wal der Fisch des Jahres?", "ist ein wal der fisch des jahres bitte"),
        ("how to reinstlal a driver", "how to reinstall a driver"),
        ("¿Qué es la inflación?", "que es la inflacion"),
    ],
)
def test_what_says_nothing_leaves_the_lower_similarity(one: str, other: str) -> None:
    comparison = compare_questions(one, other)

    assert comparison.outcome is Outcome.EXPLAINED
    assert comparison.raised < 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('How do you say "he went to Japan" in German?', 'How do you say "he went to Japan." in German?'),
        ('What does "Carpe diem" mean?', 'What does "carpe diem" mean?'),
    ],
)
def test_the_same_quotation_is_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('How do you say "he has been to Japan" in German?', 'How do you say "he had been to Japan" in German?'),
        ("“他去过日本”用英语怎么说", "“他要去日本”用英语怎么说"),
        ("Traduis « il a mangé » en anglais", "Traduis « il a rangé » en anglais"),
        ("「雨が降った」は英語で何と言いますか", "「雨が降る」は英語で何と言いますか"),
    ],
)
def test_a_quotation_is_compared_to_the_letter(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.DIFFERENT


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Which notes are in Cm7?", "Which notes are in CM7?"),
        ("Is `fn f() -> i32 { 1 + x }` right?", "Is `fn f() -> i32 { 1 + x; }` right?"),
        ("What does .menu .item select in CSS?", "What does .menu.item select in CSS?"),
        ("Scrivi una lettera al papa", "Scrivi una lettera al papà"),
        ("Que fazer com coco na roupa branca", "Que fazer com cocô na roupa branca"),
        ("Казнить нельзя, помиловать", "Казнить, нельзя помиловать"),
        ("Mein Hund hat den Hund gebissen", "Meinen Hund hat der Hund gebissen"),
        ("I rear-ended a car, who pays?", "I was rear-ended by a car, who pays?"),
    ],
)
def test_what_is_written_to_the_letter_is_not_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is not Outcome.EXPLAINED


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("play an MP3 file in Java", "Play an mp3 file in Java"),
        ("¿Cuál es la capital de Chile?", "Cual es la capital de Chile"),
        (
            "Dove si trova la stazione di Forlì, a nord o più a sud?",
            "Dove si trova la stazione di Forli, a nord o piu a sud?",
        ),
        ("If it rains, what do I wear?", "If it rains what do I wear?"),
    ],
)
def test_what_is_often_written_otherwise_is_explained(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED
