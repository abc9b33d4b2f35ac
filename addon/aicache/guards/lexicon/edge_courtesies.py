"""Courtesies at the edges of a question, which change no answer. Data only; standard phrases of each language.

Unlike `courtesies`, which only counts what two texts differ in, they are cut off, so they hold whole phrases alone. In
lower case, without punctuation.
"""

from __future__ import annotations

BEFORE = """
please / kindly / pls / plz / hi / hello / hey / hi there / hello there / hey there / good morning
good afternoon / good evening / excuse me / i have a question / i have a quick question / quick question
i would like to know / i'd like to know / i want to know / i wanted to know / i was wondering / just wondering
i wonder / can you tell me / could you tell me / can you please tell me / could you please tell me
would you please tell me / would you tell me / please tell me / tell me / do you know / can you please explain
could you please explain / bitte / hallo / guten tag / guten morgen / guten abend / entschuldigung
ich habe eine frage / eine frage / kurze frage / kannst du mir sagen / kannst du mir bitte sagen
können sie mir sagen / können sie mir bitte sagen / könntest du mir sagen / könntest du mir bitte sagen
könnten sie mir sagen / könnten sie mir bitte sagen / bitte sag mir / sag mir bitte / sag mir / weißt du
wissen sie / ich möchte wissen / ich würde gerne wissen / bonjour / bonsoir / salut / excusez-moi / pardon
s'il vous plaît / s'il te plaît / s'il vous plait / s'il te plait / svp / stp / j'ai une question / une question
pouvez-vous me dire / pourriez-vous me dire / peux-tu me dire / pourrais-tu me dire / dites-moi / dis-moi
savez-vous / sais-tu / je voudrais savoir / j'aimerais savoir / hola / buenos días / buenas tardes
buenas noches / por favor / disculpe / disculpa / perdón / tengo una pregunta / una pregunta / me puedes decir
me puede decir / puedes decirme / puede decirme / podrías decirme / podría decirme / me podrías decir
me podría decir / dime / dígame / quiero saber / quisiera saber / me gustaría saber / sabes / ciao / salve
buongiorno / buonasera / per favore / per piacere / scusi / scusa / ho una domanda / una domanda / mi puoi dire
mi può dire / puoi dirmi / può dirmi / potresti dirmi / potrebbe dirmi / mi sai dire / mi sa dire / dimmi
mi dica / vorrei sapere / voglio sapere / sai / sa dirmi / sai dirmi / olá / oi / bom dia / boa tarde
boa noite / por gentileza / tenho uma pergunta / uma pergunta / uma dúvida / pode me dizer / poderia me dizer
você pode me dizer / me diga / diga-me / gostaria de saber / quero saber / você sabe / hoi / goedemorgen
goedemiddag / goedenavond / goedendag / alsjeblieft / alstublieft / ik heb een vraag / kun je me vertellen
kunt u mij vertellen / kunt u me vertellen / kan je me vertellen / vertel me / ik wil graag weten
ik zou graag willen weten / weet je / weet u / cześć / dzień dobry / dobry wieczór / proszę / przepraszam
mam pytanie / czy możesz mi powiedzieć / czy mógłbyś mi powiedzieć / powiedz mi / proszę powiedzieć
proszę mi powiedzieć / chciałbym wiedzieć / chciałabym wiedzieć / chcę wiedzieć / merhaba / selam / günaydın
iyi günler / iyi akşamlar / lütfen / bir sorum var / bana söyler misin / bana söyler misiniz / söyler misin
söyler misiniz / lütfen söyler misin / lütfen söyler misiniz / привет / здравствуйте / добрый день
добрый вечер / доброе утро / пожалуйста / извините / простите / у меня вопрос / подскажите
подскажите пожалуйста / подскажи / подскажи пожалуйста / скажите / скажите пожалуйста / скажи / скажи пожалуйста
можете сказать / можешь сказать / не подскажете / хочу узнать / хотел бы узнать / хотела бы узнать / مرحبا
السلام عليكم / صباح الخير / مساء الخير / من فضلك / لو سمحت / عذرا / لدي سؤال / عندي سؤال / أخبرني
هل يمكنك أن تخبرني / هل يمكنك إخباري / قل لي / أود أن أعرف / أريد أن أعرف / 안녕하세요 / 안녕 / 실례합니다
죄송하지만 / 저기요 / 질문이 있어요 / 질문이 있습니다 / 질문 있습니다
"""
"""Cut off where a question or an instruction follows."""

AFTER = """
please / pls / plz / thanks / thank you / thx / thanks a lot / many thanks / thank you very much
thank you so much / thanks in advance / thank you in advance / cheers / bitte / danke / danke schön
vielen dank / danke im voraus / vielen dank im voraus / s'il vous plaît / s'il te plaît / s'il vous plait
s'il te plait / svp / stp / merci / merci beaucoup / merci d'avance / por favor / gracias / muchas gracias
gracias de antemano / per favore / per piacere / grazie / grazie mille / grazie in anticipo / por gentileza
obrigado / obrigada / muito obrigado / muito obrigada / alsjeblieft / alstublieft / bedankt / alvast bedankt
dank je wel / dank u wel / proszę / dziękuję / z góry dziękuję / lütfen / teşekkürler / teşekkür ederim
şimdiden teşekkürler / пожалуйста / спасибо / спасибо заранее / заранее спасибо / большое спасибо / من فضلك
لو سمحت / شكرا / شكرا لك / شكرا جزيلا / 감사합니다 / 고맙습니다 / 미리 감사합니다 / 부탁드립니다 / 谢谢 / 谢谢你
谢谢您 / 谢谢了 / 多谢 / 非常感谢 / 感谢 / 麻烦了 / 拜托了 / ありがとうございます / ありがとう / お願いします
よろしくお願いします / ขอบคุณ / ขอบคุณครับ / ขอบคุณค่ะ
"""
"""Cut off behind a punctuation mark."""

UNSPACED_BEFORE = """
请问一下 请问 你好 您好 嗨 哈喽 大家好 不好意思 打扰一下 打扰了 麻烦问一下 请教一下 我想请问一下 我想请问
想请问一下 想请问 我想问一下 我想问 想问一下 想问 我想知道 想知道 请告诉我 请你告诉我 请您告诉我 能告诉我
你能告诉我 您能告诉我 能不能告诉我 可以告诉我 你可以告诉我 可不可以告诉我 你知道 您知道 問一下 請問一下 請問
請告訴我 能告訴我 可以告訴我 你能告訴我 すみませんが すみません すいません こんにちは こんばんは
おはようございます お尋ねしますが 質問です 質問があります สวัสดีครับ สวัสดีค่ะ สวัสดี ขอโทษครับ ขอโทษค่ะ
ขอถามหน่อย อยากทราบว่า อยากรู้ว่า ช่วยบอกหน่อยว่า
"""
"""The same in writing without spaces."""

UNSPACED_AFTER = """
教えていただけますか 教えていただけませんか 教えてもらえますか 教えてくれますか 教えてください 教えて下さい ครับ
ค่ะ คะ
"""
"""Cut off at the end, without a mark before them, where a question is left."""

OPENERS = """
is are was were am do does did can could will would should shall may might has have had isn't aren't wasn't
don't doesn't didn't can't couldn't won't wouldn't shouldn't whats what's who's where's how's when's why's in on
at for to from explain describe define list name give show write compare summarize summarise calculate compute
solve convert translate find create make generate suggest recommend help tell provide outline draft prove
discuss analyze analyse ist sind war gibt kann können soll muss darf hat haben wird erkläre erklären beschreibe
nenne schreibe wozu est peut puis-je puis est-ce qu'est-ce qu'est c'est y-a-t-il explique expliquez écris
écrivez donne donnez décris es son hay puedo puede está por para en a de explica escribe dame che è sono c'è ci
posso può cos'è cosa com'è dov'è qual'è qual'e spiega scrivi dammi descrivi é são há pode escreva que o zijn kan
kun mag leg schrijf geef beschrijf wat czy jest są można wyjaśnij napisz opisz podaj ли есть можно объясни
объясните напиши напишите опиши расскажи расскажите почему зачем чем кому чей هل
"""
"""Words beside the question words that begin a question or an instruction, in all languages."""

ASKING_OPENERS = """
is are was were am do does did can could will would should shall may might has have had isn't aren't wasn't
don't doesn't didn't can't couldn't won't wouldn't shouldn't what's who's where's how's when's why's gibt kann
können est-ce qu'est-ce qu'est puis-je peut-on y-a-t-il czy hay cos'è com'è dov'è هل
"""
"""Those with which nothing but a question begins, so that its mark says nothing more."""

ASKING_UNSPACED = """
什么 怎么 怎样 如何 为何 为啥 谁 哪 几 多少 多久 多大 多高 多长 多远 何时 何地 吗 呢 是否 能否 可否 是不是
有没有 能不能 可不可以 会不会 什麼 怎麼 為何 誰 幾 嗎 何 いつ どこ だれ どう なぜ どれ どの いくら いくつ なに
ですか ますか でしょうか อะไร อย่างไร ยังไง ไหม เท่าไร เท่าไหร่ ที่ไหน เมื่อไร เมื่อไหร่ ใคร ทำไม หรือไม่ กี่ 까
나요 가요 무엇 뭐 어떻게 어디 언제 누구 누가 왜 몇 얼마
"""
"""Parts of words that make a text a question, in writing without spaces, and in Korean."""

ABOUT_WORDS = """
say says said saying spell spells spelled spelling translate translates translated translation mean means meant
meaning meanings pronounce pronounced pronunciation word words phrase phrases synonym synonyms antonym antonyms
rhyme rhymes sentence sentences letter letters vowel vowels consonant consonants syllable syllables grammar
grammatical grammatically contraction apostrophe abbreviation abbreviations acronym stand capitalize capitalise
reply respond response sign song songs sing sang sung lyrics title titled called named movie film
album book band poem repeat echo print output type character characters string strings text uppercase lowercase
plural singular verb noun adjective adverb tense heißt heissen bedeutet sagen sagt wort buchstaben schreibt
übersetze übersetzen dit dire signifie mot traduire traduis écrit épelle dice decir significa palabra traduce
traducir escribe parola tradurre significato diz palavra traduzir zeg zegt zeggen betekent woord vertaal znaczy
mówić mówi słowo przetłumacz kelime denir çevir demek значит сказать слово переведи перевести كلمة ترجم معنى
"""
"""Words of questions that are about words: in them, how something is written may be what is asked."""

ABOUT_WORDS_UNSPACED = """
怎么说 怎麼說 怎么写 怎麼寫 怎么读 怎么念 英文 英语 日语 日文 法语 德语 韩语 翻译 翻譯 拼音 意思 含义 笔画 部首
偏旁 组词 造句 成语 读音 发音 单词 词语 对联 歌 歌词 同义词 反义词 繁体 简体 大写 小写 这个词 这句话 字 意味
読み方 書き方 漢字 訳 英語 単語 แปล ความหมาย คำว่า 뜻 번역 영어로 맞춤법
"""
