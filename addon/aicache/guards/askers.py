"""Words in which somebody speaks of himself, or of the moment, in the languages of the local encoder. Data only."""

from __future__ import annotations

MINE = """
i my mine me myself we our ours ourselves im ive ich mein meine meinen meinem meiner meines mir mich wir uns unser
unsere unseren unserem unserer unseres je j mon ma mes mien mienne miens moi nous notre nos yo mi mis mío mía míos
mías mí conmigo nosotros nosotras nuestro nuestra nuestros nuestras tengo debo soy estoy gasté compré pedí pagué io
mio mia miei mie noi ci nostro nostra nostri nostre ho devo eu meu minha meus minhas mim comigo nós nosso nossa
nossos nossas tenho sou estou gastei comprei pedi paguei ik mijn mij mezelf wij ons onze mój moja moje mojego mojej
mojemu moim moich moją moimi mnie mną nam nas nasz nasza nasze mam jestem wydałem wydałam kupiłem kupiłam zamówiłem
zamówiłam zapłaciłem zapłaciłam muszę płacę ben beni bana benim bende benden biz bizim bize я мой моя моё мое мои
моего моей моему моим моих мою моими моем моём меня мне мной мы наш наша наше наши нас нам нами أنا انا لي عندي لدي
نحن لنا عندنا لدينا معي مني عني علي إلي بي 내 제 나 저 나의 저의 내가 제가 나는 저는 나도 저도 나를 저를 나에게
저에게 내게 제게 나한테 저한테 우리 저희 우리의 저희의
"""

NOW = """
now current currently recent recently lately ago here nearby tonight today yesterday tomorrow jetzt hier vorhin
kürzlich morgen gestern heute maintenant ici récemment demain ahora aquí mañana ayer hoy adesso ieri oggi domani
agora ontem hoje amanhã nu vandaag gisteren teraz tutaj niedawno dziś dzisiaj jutro wczoraj şimdi burada bugün yarın
dün сейчас здесь недавно сегодня завтра вчера الآن الان هنا اليوم غدا أمس 지금 여기 방금
"""

ARABIC_OTHERS = """
الذي التي اللتي حتى حوالي تالي التالي بالتالي عادي شرقي غربي عربي العربي العربية كي لكي ثاني الثاني ماضي الماضي
رئيسي الرئيسي طبيعي الطبيعي يجري يأتي يعني ينبغي يكفي تكفي ذكي الذكي أساسي الأساسي إلكتروني الإلكتروني علمي العلمي
عالمي العالمي تلقائي حقيقي الحقيقي مجاني المجاني دولي الدولي
"""
"""Arabic words that end as if they were the speaker's own."""

FRAMES = """
how do i / how can i / how could i / how should i / how would i / how might i / how must i / how do we / how can we
how should we / how may i / tell me / show me / give me / help me / let me know / explain to me / teach me
i want to know / i would like to know / i d like to know / i need to know / i wonder / i was wondering
i am wondering / i m wondering / i have a question / i am curious / i m curious / can i ask / may i ask
wie kann ich / wie könnte ich / wie mache ich / wie sollte ich / wie soll ich / sag mir / sagen sie mir
können sie mir sagen / kannst du mir sagen / erklär mir / erklären sie mir / ich möchte wissen / ich habe eine frage
hilf mir / comment puis je / comment je peux / comment pourrais je / comment dois je / dis moi / dites moi
pouvez vous me dire / peux tu me dire / explique moi / expliquez moi / je voudrais savoir / j aimerais savoir
j ai une question / aide moi / aidez moi / dime / me puedes decir / puedes decirme / me puede decir / explícame
me gustaría saber / tengo una pregunta / mi puoi dire / mi sai dire / mi può dire / vorrei sapere / come faccio
come posso / mi spieghi / ho una domanda / me diga / pode me dizer / me explique / me explica / você pode me dizer
eu gostaria de saber / tenho uma pergunta / hoe kan ik / hoe moet ik / hoe zou ik / vertel me / kun je me vertellen
kunt u mij vertellen / leg me uit / ik wil weten / ik heb een vraag / jak mogę / powiedz mi / proszę mi powiedzieć
czy możesz mi powiedzieć / wytłumacz mi / mam pytanie / bana söyle / bana anlat / bana açıkla / bana söyler misin
bana söyler misiniz / как мне / как я могу / скажи мне / скажите мне / расскажи мне / объясни мне / подскажи мне
подскажите мне / у меня вопрос / قل لي / لدي سؤال / عندي سؤال / 제가 어떻게 / 내가 어떻게 / 나에게 알려줘
저에게 알려주세요
"""
"""Questions in the first person that have one answer for all."""

NOT_FRENCH = "een het de hoe van wat waarom waar wanneer kun kan moet"
"""With one of these beside it, je is the Dutch one: you."""

MINE_UNSPACED = """
我 咱 俺 本人 私(?![人有立营募家下自密信营運運]) わたし わたくし あたし 僕 ぼく おれ 自分 我々 弊社 当社 小生 手元
ฉัน ผม ดิฉัน กระผม ข้าพเจ้า ของเรา พวกเรา ของหนู 现在 現在 目前 当前 當前 刚才 剛才 刚刚 剛剛 最近 附近 这里 這裡 今 昨
明天 明日 最新 この近く このへん さっき ただいま ตอนนี้ ที่นี่ แถวนี้
"""
"""The first person, and the moment, as patterns, where no spaces stand between words."""

FRAMES_UNSPACED = """
我怎么 我如何 我怎样 我该怎么 我该如何 我应该怎么 我应该如何 我想知道 我想问 我想请问 我想了解 告诉我 给我 帮我 教我
请教我 让我知道 我要怎么 我要如何 私に教えて 私はどうやって 私はどのように 自分で ฉันจะ ฉันสามารถ ผมจะ ผมสามารถ
ดิฉันจะ บอกฉัน บอกผม ช่วยฉัน ช่วยผม
"""
