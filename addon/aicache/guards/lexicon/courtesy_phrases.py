"""Courtesies by language: what stands before or after a question and changes nothing in it. Data only.

Own knowledge of each language. In normal form, without end punctuation. No phrase asks for a manner, a length or a
form.
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.tables import phrases

_ALONE = {
    "en": """
hi / hello / hey / hi there / hello there / dear sir or madam / good morning / good afternoon / good evening
greetings / excuse me / sorry / so / well / ok / okay / hey there / just wondering / i am curious / i have a question
quick question / question / can you help me / could you help me / please help me / please help / any idea / by the way
thanks / thank you / thank you very much / thank you so much / many thanks / thanks a lot / thanks in advance
thank you in advance / cheers / thx / ty / can you help / any help / any help is appreciated
any help would be appreciated / kind regards / best regards / regards / have a nice day / can anyone help
just curious
""",
    "de": """
hallo / hi / hey / guten tag / guten morgen / guten abend / moin / servus / grüss gott / entschuldigung
entschuldigen sie / entschuldigen sie bitte / verzeihung / sehr geehrte damen und herren / liebes team / also
ich habe eine frage / ich habe mal eine frage / ich hätte eine frage / ich hätte mal eine frage / kurze frage / frage
eine frage / darf ich fragen / kannst du mir helfen / können sie mir helfen / danke / danke schön / dankeschön
vielen dank / besten dank / herzlichen dank / danke im voraus / vielen dank im voraus / danke dir / danke ihnen / mfg
mit freundlichen grüssen / viele grüsse / liebe grüsse / bitte um hilfe
""",
    "fr": """
bonjour / bonsoir / salut / coucou / excusez-moi / excusez moi / excuse-moi / pardon / madame / monsieur
madame, monsieur / alors / dis / j'ai une question / une question / petite question / question / pouvez-vous m'aider
peux-tu m'aider / merci / merci beaucoup / merci d'avance / merci bien / merci par avance / grand merci / cordialement
bien cordialement / bonne journée / bonne soirée / au fait / à votre avis
""",
    "es": """
hola / buenos días / buenas tardes / buenas noches / buenas / buen día / disculpe / disculpa / perdón / perdone
perdona / oye / oiga / pues / estimados señores / sabe / tengo una pregunta / tengo una duda / una pregunta
una duda / pregunta / puedes ayudarme / puede ayudarme / ayuda / gracias / muchas gracias / mil gracias
gracias de antemano / muchas gracias de antemano / gracias por adelantado / un saludo / saludos / saludos cordiales
me ayudas / me puedes ayudar / me puede ayudar / me podrías ayudar / ayuda por favor
""",
    "it": """
ciao / salve / buongiorno / buon giorno / buonasera / buona sera / scusa / scusi / scusate / mi scusi
gentili signori / senti / senta / allora / sai / sapete / ho una domanda / avrei una domanda / una domanda / domanda
posso chiedere / puoi aiutarmi / può aiutarmi / aiuto / grazie / grazie mille / molte grazie / tante grazie
grazie in anticipo / cordiali saluti / saluti / buona giornata / buona serata / mi puoi aiutare / mi può aiutare
""",
    "pt": """
olá / oi / bom dia / boa tarde / boa noite / desculpe / desculpa / com licença / prezados / então / sabe / sabes
tenho uma pergunta / tenho uma dúvida / uma pergunta / uma dúvida / pergunta / dúvida / pode me ajudar
você pode me ajudar / obrigado / obrigada / muito obrigado / muito obrigada / obrigado desde já / obrigada desde já
desde já obrigado / desde já agradeço / valeu / abraço / atenciosamente / cumprimentos / podem me ajudar / me ajuda
alguém sabe
""",
    "nl": """
hallo / hoi / hey / goedemorgen / goedemiddag / goedenavond / goedendag / pardon / sorry / excuseer
geachte heer of mevrouw / zeg / nou / ik heb een vraag / ik heb een vraagje / een vraag / vraagje / vraag
korte vraag / kun je me helpen / kunt u mij helpen / bedankt / dank je / dank je wel / dankjewel / dank u / dank u wel
dankuwel / alvast bedankt / hartelijk dank / bij voorbaat dank / met vriendelijke groet / groet / groeten / groetjes
""",
    "pl": """
cześć / hej / witam / witaj / dzień dobry / dobry wieczór / przepraszam / szanowni państwo / słuchaj / no więc
mam pytanie / pytanie / krótkie pytanie / czy możesz mi pomóc / czy możecie mi pomóc / pomocy / dziękuję / dzięki
dziękuję bardzo / bardzo dziękuję / z góry dziękuję / dziękuję z góry / z góry dzięki / pozdrawiam
pozdrawiam serdecznie / możesz mi pomóc / proszę o pomoc / proszę o odpowiedź / wiesz może
""",
    "tr": """
merhaba / merhabalar / selam / selamlar / iyi günler / günaydın / iyi akşamlar / pardon / affedersiniz / affedersin
afedersiniz / özür dilerim / kusura bakmayın / sayın yetkili / bir sorum var / bir sorum olacak / bir soru
bir şey soracağım / yardım eder misiniz / yardımcı olur musunuz / yardım edin / teşekkürler / teşekkür ederim
çok teşekkürler / çok teşekkür ederim / şimdiden teşekkürler / sağ ol / sağolun / sağ olun / saygılar / iyi çalışmalar
biliyor musun / biliyor musunuz / bilen var mı
""",
    "ru": """
привет / здравствуйте / здравствуй / добрый день / добрый вечер / доброе утро / доброго времени суток / извините
извини / простите / прошу прощения / уважаемые / слушай / ну / интересно / у меня вопрос / у меня есть вопрос
есть вопрос / вопрос / помогите / помогите пожалуйста / можете помочь / спасибо / большое спасибо / спасибо большое
заранее спасибо / спасибо заранее / благодарю / заранее благодарю / с уважением / всего доброго / кто знает
не знаете
""",
    "ar": """
مرحبا / مرحباً / أهلا / السلام عليكم / صباح الخير / مساء الخير / تحية طيبة / عفوا / عذرا / المعذرة / لدي سؤال
عندي سؤال / سؤال / سؤال سريع / هل يمكنك مساعدتي / شكرا / شكراً / شكرا لك / شكرا جزيلا / شكراً جزيلاً / شكرا مقدما
وشكرا / مع الشكر / مع التحية / جزاك الله خيرا / أرجو المساعدة
""",
    "ko": """
안녕하세요 / 안녕 / 저기요 / 저기 / 실례합니다 / 죄송하지만 / 죄송한데 / 질문이 있어요 / 질문 있어요 / 질문이 있습니다
질문 있습니다 / 질문입니다 / 질문이요 / 질문 / 궁금한 게 있어요 / 궁금한 게 있는데요 / 궁금한 점이 있습니다
여쭤볼 게 있어요 / 물어볼 게 있어요 / 한 가지 질문 / 감사합니다 / 고맙습니다 / 고마워요 / 고마워 / 미리 감사합니다
도와주세요 / 도와 주세요 / 아시는 분
""",
    "ja": """
すみません / すいません / こんにちは / こんばんは / おはようございます / おはよう / はじめまして / 失礼します
お尋ねします / お聞きします / 質問です / 質問があります / 質問なのですが / 質問ですが / ちょっと質問 / 教えてください
教えて / あの / ところで / ねえ / お願いします / お願いいたします / よろしくお願いします / よろしくお願いいたします
ありがとう / ありがとうございます / どうもありがとうございます / 助けてください / お答えください
""",
    "th": """
สวัสดีครับ / สวัสดีค่ะ / สวัสดี / หวัดดี / ขอโทษครับ / ขอโทษค่ะ / ขอโทษนะครับ / ขอโทษนะคะ / มีคำถาม / ขอบคุณครับ
ขอบคุณค่ะ / ขอบคุณ / ขอบคุณมาก / ขอบคุณมากครับ / ขอบคุณมากค่ะ / ขอบคุณล่วงหน้า / ด้วยครับ / ด้วยค่ะ / ช่วยหน่อย
ช่วยด้วย
""",
    "zh": """
问下 / 问个问题 / 我有个问题 / 我有一个问题 / 有个问题 / 请教 / 你好 / 您好 / 你好啊 / 大家好 / 早上好 / 下午好
晚上好 / 不好意思 / 打扰一下 / 打扰了 / 抱歉 / 麻烦 / 劳驾 / 求助 / 谢谢 / 谢谢你 / 谢谢您 / 谢谢大家 / 谢谢了 / 多谢
多谢了 / 感谢 / 非常感谢 / 十分感谢 / 万分感谢 / 拜托 / 拜托了 / 麻烦了 / 辛苦了 / 求解 / 求解答 / 求教 / 请教一下
请问 / 急 / 急急急 / 在线等 / 求大神 / 谢 / 好吗 / 可以吗
""",
    "zh-tw": """
不好意思 / 您好 / 你好 / 哈囉 / 嗨 / 早安 / 午安 / 晚安 / 各位好 / 抱歉 / 打擾了 / 好奇問一下 / 謝謝 / 謝謝你 / 謝謝您
謝謝大家 / 感謝 / 感恩 / 感謝您 / 非常感謝 / 拜託 / 拜託了 / 麻煩了 / 麻煩您了 / 麻煩你了 / 先謝謝 / 先謝了 / 求解
求助 / 謝啦
""",
}

_BEFORE = {
    "en": """
please / kindly / can you tell me / could you tell me / would you tell me / can you please tell me
could you please tell me / would you please tell me / please tell me / tell me / can anyone tell me
can someone tell me / could someone tell me / can you explain to me / do you know / do you happen to know
does anyone know / does anybody know / does anyone here know / i want to know / i would like to know / i need to know
i wanted to know / i wonder / i am wondering / i was wondering / i just want to know / i just wanted to know
may i ask / can i ask / could i ask / might i ask / let me ask / i want to ask / i would like to ask / help me
can you let me know / could you let me know / please let me know / let me know / i am trying to find out
would you mind telling me / would you know / can you please
""",
    "de": """
bitte / sag mal / kannst du mir sagen / können sie mir sagen / könntest du mir sagen / könnten sie mir sagen
kannst du mir bitte sagen / können sie mir bitte sagen / könntest du mir bitte sagen / könnten sie mir bitte sagen
kann mir jemand sagen / sag mir / sag mir bitte / bitte sag mir / sagen sie mir / sagen sie mir bitte
bitte sagen sie mir / weisst du / wissen sie / weiss jemand / ich möchte wissen / ich will wissen
ich würde gern wissen / ich würde gerne wissen / ich möchte gern wissen / ich möchte gerne wissen / ich wüsste gern
mich würde interessieren / mich interessiert / ich frage mich / kannst du mir verraten
""",
    "fr": """
s'il vous plaît / s'il te plaît / s'il vous plait / s'il te plait / svp / stp / pouvez-vous me dire
pouvez vous me dire / peux-tu me dire / peux tu me dire / tu peux me dire / vous pouvez me dire
pourriez-vous me dire / pourriez vous me dire / pourrais-tu me dire / pourrais tu me dire / est-ce que tu sais
est-ce que vous savez / dites-moi / dites moi / dis-moi / dis moi / savez-vous / savez vous / sais-tu / sais tu
quelqu'un sait / quelqu'un peut me dire / je voudrais savoir / j'aimerais savoir / je veux savoir
j'aurais voulu savoir / je souhaiterais savoir / je me demande / je me demandais / puis-je vous demander
est-ce que tu peux me dire / est-ce que vous pouvez me dire
""",
    "es": """
por favor / me puedes decir / me puede decir / me podrías decir / me podría decir / puedes decirme / puede decirme
podrías decirme / podría decirme / podéis decirme / pueden decirme / alguien me puede decir / alguien puede decirme
dime / dígame / dime por favor / por favor dime / sabes / sabe usted / sabéis / alguien sabe / quiero saber
quisiera saber / me gustaría saber / querría saber / necesito saber / me pregunto / puedo preguntar
""",
    "it": """
per favore / per piacere / per cortesia / mi puoi dire / mi può dire / mi potresti dire / mi potrebbe dire
puoi dirmi / può dirmi / potresti dirmi / potrebbe dirmi / mi sai dire / mi sa dire / sapete dirmi / sai dirmi
qualcuno sa / qualcuno sa dirmi / qualcuno può dirmi / dimmi / mi dica / vorrei sapere / voglio sapere / volevo sapere
mi piacerebbe sapere / mi chiedo / mi chiedevo / posso chiederti
""",
    "pt": """
por favor / por gentileza / se faz favor / pode me dizer / pode dizer-me / você pode me dizer / poderia me dizer
você poderia me dizer / podes dizer-me / podia dizer-me / poderia dizer-me / consegue me dizer / alguém sabe
alguém pode me dizer / alguém sabe me dizer / me diga / diga-me / diz-me / me diz / você sabe / sabe me dizer
quero saber / queria saber / gostaria de saber / eu gostaria de saber / preciso saber / me pergunto / posso perguntar
""",
    "nl": """
alstublieft / alsjeblieft / a.u.b. / aub / kun je me vertellen / kunt u mij vertellen / kunt u me vertellen
kan je me vertellen / kun je mij vertellen / zou je me kunnen vertellen / zou u mij kunnen vertellen
kan iemand me vertellen / kan iemand mij vertellen / kun je me zeggen / kunt u mij zeggen / vertel me / vertel mij
zeg me / weet je / weet jij / weet iemand / ik wil graag weten / ik wil weten / ik zou graag willen weten
ik zou graag weten / ik wilde weten / ik vraag me af / ik vroeg me af / mag ik vragen
""",
    "pl": """
proszę / czy możesz mi powiedzieć / możesz mi powiedzieć / czy mógłbyś mi powiedzieć / czy mogłabyś mi powiedzieć
mógłbyś mi powiedzieć / mogłabyś mi powiedzieć / czy może mi pan powiedzieć / czy może mi pani powiedzieć
czy mógłby mi pan powiedzieć / czy ktoś może mi powiedzieć / czy ktoś wie / ktoś wie / czy wiesz / czy wiecie / wiesz
powiedz mi / powiedz / proszę mi powiedzieć / proszę powiedzieć / chcę wiedzieć / chciałbym wiedzieć
chciałabym wiedzieć / chciałbym się dowiedzieć / chciałabym się dowiedzieć / zastanawiam się / mogę zapytać
czy mogę zapytać
""",
    "tr": """
lütfen / bana söyler misin / bana söyler misiniz / söyler misin / söyler misiniz / bana söyleyebilir misin
bana söyleyebilir misiniz / söyleyebilir misin / söyleyebilir misiniz / bana söyle / söyle / biliyor musun
biliyor musunuz / bilen var mı / bir şey sormak istiyorum / sormak istiyorum / acaba / merak ediyorum
şunu merak ediyorum / sorabilir miyim
""",
    "ru": """
пожалуйста / подскажите / подскажите пожалуйста / подскажите, пожалуйста / подскажи / подскажи пожалуйста
подскажи, пожалуйста / скажите / скажите пожалуйста / скажите, пожалуйста / скажи / скажи пожалуйста
скажи, пожалуйста / скажи мне / скажите мне / можешь сказать / можете сказать / можешь мне сказать
можете мне сказать / не могли бы вы сказать / не подскажете / не подскажешь / не подскажете ли / вы не знаете
ты не знаешь / знаешь ли ты / знаете ли вы / кто-нибудь знает / кто знает / хочу узнать / хочу знать / хотел бы узнать
хотела бы узнать / хотелось бы узнать / хотел узнать / хотела узнать / мне интересно / можно спросить / хочу спросить
хотел спросить / хотела спросить
""",
    "ar": """
من فضلك / من فضلكم / لو سمحت / لو سمحتم / رجاء / رجاءً / الرجاء / هل يمكنك أن تخبرني / هل يمكنك إخباري
هل يمكن أن تخبرني / هل تستطيع أن تخبرني / هل بإمكانك أن تخبرني / هل بإمكانك إخباري / أخبرني / اخبرني / قل لي / هل تعرف
هل تعلم / هل يعرف أحد / هل من أحد يعرف / أريد أن أعرف / اريد ان اعرف / أود أن أعرف / أرغب في معرفة / أتساءل
هل يمكنني أن أسأل / هل لي أن أسأل / ممكن أعرف / يا ترى
""",
    "ko": """
혹시 / 궁금한데
""",
    "ja": """
すみませんが / すいませんが / 恐れ入りますが / お聞きしたいのですが / 聞きたいのですが / 伺いたいのですが
ちょっと聞きたいのですが
""",
    "th": """
รบกวนสอบถาม / รบกวนถาม / รบกวนถามหน่อย / ขอสอบถาม / ขอสอบถามหน่อย / สอบถามหน่อย / สอบถาม / ขอถาม / ขอถามหน่อย
อยากทราบว่า / อยากทราบ / อยากรู้ว่า / อยากรู้ / ช่วยบอกหน่อย / ช่วยบอกหน่อยว่า / ช่วยบอกฉันหน่อย / ช่วยบอก / บอกหน่อย
บอกฉันหน่อยว่า / กรุณาบอก / กรุณา / โปรด / คุณรู้ไหมว่า / คุณรู้ไหม / คุณทราบไหมว่า / คุณทราบไหม / ทราบไหมว่า
รู้ไหมว่า / มีใครรู้บ้าง / มีใครทราบบ้าง / มีใครทราบไหมว่า
""",
    "zh": """
请问 / 请问一下 / 想问一下 / 我想问一下 / 我想问 / 想问 / 我想请问 / 想请问 / 问一下 / 请教一下 / 想请教一下
麻烦问一下 / 麻烦问下 / 麻烦您 / 告诉我 / 请告诉我 / 请你告诉我 / 你能告诉我 / 能告诉我 / 能不能告诉我 / 可以告诉我
可不可以告诉我 / 可以告诉我一下 / 麻烦告诉我 / 你知道 / 您知道 / 你知不知道 / 有人知道 / 有谁知道 / 有没有人知道
谁知道 / 谁能告诉我 / 大家知道 / 我想知道 / 想知道 / 我想了解 / 想了解 / 想了解一下 / 请帮我看看 / 帮我看看 / 请
""",
    "zh-tw": """
請問 / 請問一下 / 想請問 / 想請問一下 / 想問一下 / 不好意思請問 / 想請教 / 請教一下 / 可以告訴我 / 可以跟我說
能告訴我 / 請告訴我 / 告訴我 / 跟我說 / 有人知道 / 有誰知道 / 我想知道 / 想知道
""",
}

_AFTER = {
    "en": """
please / please tell me / do you know / please let me know / let me know / can you tell me
""",
    "de": """
bitte / weisst du das / wissen sie das / eigentlich / kannst du mir das sagen / können sie mir das sagen
""",
    "fr": """
s'il vous plaît / s'il te plaît / s'il vous plait / s'il te plait / svp / stp
""",
    "es": """
por favor / lo sabes
""",
    "it": """
per favore / per piacere / per cortesia / lo sai
""",
    "pt": """
por favor / por gentileza / se faz favor
""",
    "nl": """
alstublieft / alsjeblieft / a.u.b. / aub / weet iemand dat / weet je dat
""",
    "pl": """
proszę
""",
    "tr": """
lütfen / söyler misin / söyler misiniz / söyleyebilir misin / söyleyebilir misiniz / acaba / öğrenebilir miyim
öğrenmek istiyorum / bilmek istiyorum / merak ediyorum
""",
    "ru": """
пожалуйста / подскажите пожалуйста / подскажите, пожалуйста / подскажите / не подскажете / скажите пожалуйста
""",
    "ar": """
من فضلك / من فضلكم / لو سمحت / لو سمحتم / رجاء / رجاءً / يا ترى
""",
    "ko": """
알려 주세요 / 알려주세요 / 알려 줘 / 알려줘 / 알려 주시겠어요 / 알려주시겠어요 / 알려 주실 수 있나요
알려주실 수 있나요 / 알려 줄 수 있나요 / 알려 줄래요 / 알려줄래 / 가르쳐 주세요 / 가르쳐주세요 / 가르쳐 줘
말해 주세요 / 말해주세요 / 말해 줘 / 말해줘 / 알고 싶어요 / 알고 싶습니다 / 알고 싶어 / 궁금합니다 / 궁금해요 / 궁금해
부탁드립니다 / 부탁드려요 / 부탁해요 / 부탁합니다 / 아시나요 / 아세요
""",
    "ja": """
教えてください / 教えて下さい / を教えてください / を教えて下さい / 教えていただけますか / を教えていただけますか
教えていただけませんか / を教えていただけませんか / 教えてもらえますか / を教えてもらえますか / 教えてもらえませんか
教えてくれますか / を教えてくれますか / 教えてくれませんか / 教えてほしいです / 教えて欲しいです / 教えて / を教えて
教えてくれ / 教えてよ / が知りたいです / を知りたいです / 知りたいです / が知りたい / 知りたい / ご存知ですか
ご存じですか / を知っていますか / 知っていますか / わかりますか / 分かりますか / がわかりますか / でしょうか / ですか
のですか / なのですか
""",
    "th": """
ครับ / ค่ะ / คะ / ครับผม / จ้ะ / จ้า / นะครับ / นะคะ / ช่วยบอกหน่อย / ช่วยบอกทีครับ / ช่วยบอกหน่อยครับ
ช่วยบอกหน่อยค่ะ / บอกหน่อย / บอกหน่อยครับ / บอกหน่อยค่ะ / หน่อยครับ / หน่อยค่ะ / หน่อย / มีใครรู้บ้าง / มีใครทราบบ้าง
ใครรู้บ้าง
""",
    "zh": """
请告诉我 / 告诉我 / 请告知 / 求告知 / 能告诉我吗 / 可以告诉我吗 / 你知道吗 / 您知道吗 / 有人知道吗 / 有谁知道吗
大家知道吗 / 呢 / 啊 / 呀
""",
    "zh-tw": """
請告訴我 / 可以告訴我嗎 / 能告訴我嗎 / 有人知道嗎 / 有誰知道嗎 / 呢 / 啊 / 唷 / 喔
""",
}

COURTESIES_ALONE: Final = phrases(_ALONE)
"""Greetings and thanks, which must be a clause of their own: "good morning in Spanish" asks for them.

By language, the longest first, as in the other two tables.
"""
COURTESIES_BEFORE: Final = phrases(_BEFORE)
"""Frames that may stand before a question."""
COURTESIES_AFTER: Final = phrases(_AFTER)
"""Frames that may stand after it; in Japanese and Korean most do: …を教えてください, … 알려주세요."""
