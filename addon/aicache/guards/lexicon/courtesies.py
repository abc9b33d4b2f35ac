"""Courtesies: greetings, thanks, frames and small words, which ask for nothing more. Data only.

Everything that is not listed counts as a request, so a line too few costs a hit, and a line too many lets an
instruction through: no word here may tell how, in which form or in whose voice to answer.
"""

from __future__ import annotations

ASKING = """
who whom whose what which why where when how
wer wen wem was wie wo wann warum wieso weshalb wozu welche welcher welches wohin woher
qui quoi quel quelle quels quelles comment pourquoi quand où combien
quién quiénes qué cuál cuáles cómo cuándo dónde cuánto cuánta cuántos cuántas
chi cosa quale quali come quando dove perché quanto quanta quanti quante
quem qual quais como quando onde porquê quanto quanta quantos quantas
wie wat hoe waar wanneer waarom welke welk
kto co jak jaki jaka jakie gdzie kiedy dlaczego czemu ile
kim ne nasıl nerede neden niçin niye hangi kaç
кто что как какой какая какое какие где куда когда почему зачем сколько
ما ماذا من كيف متى أين اين لماذا كم
왜 언제 어디 누구 누가 무엇 뭐 어떻게 얼마
"""
"""Question words; alone in a sentence they ask for something, too."""

ASKING_UNSPACED = "为什么 怎么 何时 谁 哪儿 多少 多久 何 几时"
"""The Chinese ones, in normalized form."""

WORDS = {
    "en": """
a an the of to in on at for with by from into onto about is are was were be been being am do does did done have has
had having will would can could should may might must shall i me my mine we us our ours you your yours it its he she
him her his hers they them their this that these those there here and or but if so then what which who whom whose
how why when where s t m re ve d ll myself please kindly hi hello hey thanks thank ok okay dear sir madam sorry
cheers everyone guys yes yeah yep yeap yup ya nope well um uh uhh uhm hmm oh greetings regards alexa siri cortana
olly ai assistant bot really actually indeed very quite truly genuinely honestly even also just
""",
    "de": """
der die das den dem des ein eine einen einem einer eines ist sind bin war waren wird werden wurde worden
hat habe haben kann können kannst könnte könntest könnten muss müssen soll sollte darf dürfen möchte würde ich
du er sie es wir ihr mir mich dir dich uns euch ihnen man mein meine meinen meinem meiner meines dein deine
deinen deinem deiner unser unsere und oder aber wenn dass ob weil zu zum zur im in am an auf aus bei beim für
mit von vom nach über um was wer wie wo wann warum wieso weshalb wozu welche welcher welches welchen wohin woher
da hier dort dies diese dieser dieses diesen bitte danke hallo hi guten tag morgen abend liebe lieber grüße gruß
denn doch mal eigentlich etwa also heißt heiße heissen heißen mache macht machen
wirklich tatsächlich echt sehr genau denn halt eben überhaupt
""",
    "fr": """
le la les l un une des du de d est sont suis était être été ai as a ont avoir avez avons peut peux puis pouvez
pourriez pourrais dois doit faut faire fait je j tu il elle on nous vous ils elles me m te t se s lui y en mon ma
mes ton ta tes son sa ses votre vos notre nos ce c cet cette ces cela ça et ou mais si que qu qui quoi quel quelle
quels quelles comment pourquoi quand où combien dans sur sous pour par avec à au aux chez donc alors bonjour bonsoir
salut merci svp stp s'il c'est n'est qu'est est-ce
vraiment réellement très exactement bien donc
""",
    "es": """
el la los las lo un una unos unas de del al a es son soy era ser estar está están estoy he ha han hay haber tengo
tiene puedo puede puedes podría podrías debo debe quiero hacer hago hace yo tú él ella nosotros me te se le les nos
mi mis tu tus su sus y e o u pero si que qué quien quién cual cuál cuáles cómo como cuándo cuando dónde donde cuánto
cuánta cuántos cuántas en por para con desde hasta sobre este esta esto estos estas ese esa eso pues hola buenas
buenos días tardes noches gracias saludos favor
realmente muy exactamente
""",
    "it": """
il lo la i gli le l un uno una di del dello della dei degli delle dell a al allo alla ai agli alle è sono era essere
ho ha hanno abbiamo avere c'è ci può puoi posso potrei potrebbe potresti devo deve faccio fare fa io tu lui lei noi
voi mi ti si vi mio mia miei mie tuo tua suo sua e ed o ma se che chi cosa cos quale quali qual come quando dove
perché quanto quanta quanti quante in nel nella nei nelle su sul sulla per con da dal dalla tra fra questo questa
questi queste dunque allora ciao salve buongiorno buonasera grazie prego saluti favore
davvero realmente veramente molto esattamente d n
""",
    "pt": """
o a os as um uma uns umas de do da dos das ao aos à às é são sou era ser estar está estão estou há tem tenho posso
pode podes poderia devo deve quero fazer faço faz eu tu ele ela nós você vocês me te se lhe meu minha meus minhas
seu sua seus suas teu tua e ou mas que quem qual quais como quando onde porque porquê quanto quanta quantos quantas
em no na nos nas por pelo pela para com sobre desde até este esta isto esse essa isso então olá oi bom boa dia tarde
noite obrigado obrigada favor
realmente mesmo muito exatamente afinal pra pro vc
""",
    "nl": """
de het een is zijn ben was waren wordt worden heb heeft hebben kan kun kunt kunnen kon zou zouden moet moeten mag
wil wilt ik jij je u hij zij ze wij we jullie mij me jou hem haar mijn jouw uw ons onze er en of maar als dat dit
deze die wat wie hoe waar wanneer waarom welke welk in op aan uit bij voor met van naar over om te tot door dan dus
hallo hoi dag goedemorgen goedemiddag goedenavond bedankt dank alstublieft alsjeblieft graag eens even eigenlijk
groet groeten
echt werkelijk heel erg precies nou toch aub ajb svp
""",
    "pl": """
jest są jestem był była było być mam ma mają mogę może możesz mógłbyś mogłabyś można muszę trzeba chcę chciałbym
chciałabym ja ty on ona ono my wy oni mi mnie mną ci cię ciebie się go jej ich nam nas was mój moja moje mojego
mojej moim moich moją swój swoją swoje twój twoja twoje i oraz lub albo ale jeśli jeżeli że co kto jak jaki jaka
jakie jaką gdzie kiedy dlaczego czemu który która które ile czy w we na z ze do od po o u przy przez dla za to ten
ta te tego tej tym więc cześć witam dzień dobry wieczór dziękuję dzięki proszę pozdrawiam
naprawdę rzeczywiście bardzo właściwie dokładnie
""",
    "tr": """
bir bu şu o ben sen biz siz onlar bana beni benim sana seni bizim ve veya ya da ama fakat ise ki mi mı mu mü miyim
mıyım misiniz mısınız musunuz müsünüz ne neden niçin niye nasıl nerede nereye nereden kim hangi kaç ile için de den
dan var yok olur olarak ol lütfen merhaba selam teşekkürler teşekkür ederim iyi günler
gerçekten aslında çok tam
""",
    "ru": """
и а но или же ли бы в во на с со к ко о об от до из по за у при для про это этот эта эти я ты он она оно мы вы они
мне меня мной тебя тебе вас вам нас нам его её ее их мой моя моё мое мои моего моей моему моим моих мою свой свою
свои твой ваш есть был была было были быть можно могу может можете нужно надо должен что чего чем кто как какой
какая какое какие где куда когда почему зачем сколько если то так пожалуйста спасибо привет здравствуйте добрый день
вечер
действительно очень правда вообще именно собственно
""",
    "ar": """
ما ماذا من هو هي هل كيف في على عن الى إلى مع أن ان إن أو او و ثم لكن إذا اذا التي الذي هذا هذه ذلك تلك أنا انا أنت
انت نحن هم لي لك لنا كان كانت يكون يمكن يمكنني يمكنك أستطيع متى أين اين لماذا كم أي اي قد مرحبا السلام عليكم شكرا
شكراً فضلك رجاء الرجاء لو سمحت
حقا فعلا جدا بالضبط
""",
    "ko": """
이 그 저 나 내 나의 제 저의 저는 나는 제가 내가 좀 및 와 과 또는 하지만 만약 어떻게 무엇 뭐 뭔가요 무엇인가요
무엇입니까 뭐예요 뭐에요 뭐야 왜 언제 어디 어디서 어디에 어디에서 누가 누구 몇 얼마 얼마나 어떤 어느 수 있나요
있어요 있습니까 있을까요 하나요 해요 합니까 하죠 할까요 되나요 돼요 됩니까 인가요 건가요 걸까요 안녕하세요 안녕
감사합니다 고마워요 고맙습니다 부탁드립니다 부탁해요 혹시 저기요
정말 진짜 과연 대체 도대체 아주 매우
""",
}
"""Words that say nothing, by language, as `language` names those: they make no sentence by themselves."""

LIGHT = """
as than any some anyone someone one ones thing things themselves itself yourself via per such too still now already
currently possibly possible perhaps maybe probably definitely certainly need needed needing needs want wanted
wanting wants like let let's lets going went gone go get got getting gotten gets gotta way ways able unable work
working works worked mean means meaning meant use used using uses make making makes take taken took taking takes up
out through off down over back in reason reasons find finding found figure think thinking thought see seeing seen
seem seems seemed come coming came comes yet soon once after before until while since during because though although
however receive received receiving obtain obtaining give given giving gave help helping show showing shown shows
showed appear appears appearing all both each every much many more most another other others additional extra again
set require required requires requirement order supposed necessary allowed allow allows allowing happen happens
happened happening start starting started begin try tried trying attempt attempted attempting know knowing knew kind
kinds sort sorts type types form forms number numbers amount time times date day days procedure process wish wishing
desire hope believe wonder wondering ought hear feel feeling looks look looking looked say says said sure certain
put keep keeps kept hold place places located locate location living live lives reside stay stays approximately
about around roughly usually typically normally generally sometimes always something anything everything somewhere
anywhere someplace somebody anybody new available next last current present exist exists provided provide provides
offer offered offers best good better great nice proper properly correct correctly right exactly exact specific
specifically different several multiple various between under inside within along across upon toward towards instead
together due related relating regarding concerning involved complete completed completely done doing perform
performed functioning issue issues problem problems trouble fee fees charge charged charges cost costs price
charging money funds card account payment transaction pay paying paid cash fast urgently urgent asap immediately
ahead forever recently lately arrive arrived arrives reach reaches accept accepted expect expected cause caused
causes pending listed change changed changing add added send sent access check checked pick buy bought purchase
purchased fix fixed solve solved solution solutions ever lot lots bit person people guy man main major top famous
popular recommended recommend suggest suggested life today learn learning prepare preparing preparation choose
become becoming being world country india usa america name names considered difference important impact effect
effects true real free online website websites site sites app apps application company companies book books
effective effectively efficiently often long own skill skills series service services system systems product
products item items user users quality level levels health city home house job jobs career school college university
student students program programs course courses experience experienced favorite favourite personal basic common
greatest biggest largest friend friends family daily year years month months week weeks moment minute part parts
member members whole entire total overall near nearby nearest local state states area region side sides end age
based include includes including involve involves enjoy love prefer preferred interested interesting amazing awesome
incredible beautiful wonderful fantastic cool successful apply applying applied visit visiting read reading watch
watching play playing played listen listening heard buying select selecting ordering earn earning gain increase
handle deal dealing treat treated manage managing deliver delivered delivery visible occur occurs occurred turns
turned regards ability abilities collection range thoughts lifetime habit gadget gadgets film films movie movies
game games hotel hotels restaurant restaurants chance resource resources healthy unusual permanent permanently legal
point points error mail bank branch credit debit transfer transfers close holiday vacation processor behind earlier
clear interval whether mind actual worried worry concern concerned aware notice noticed remotely double busy etc
tourists degree degrees platform choice choices software hardware tool tools brand brands model models device
devices phone phones mobile computer laptop machine car cars role benefit benefits advantages field subject topic
topics method methods technique techniques strategy strategies purpose key feature features function functions
definition concept stage stages situation case cases areas relationship couple women men girl girls boy boys
informed fine ok told cup cups glass contain contains continue enrolled enroll totally sometime accommodate pursue
pursuing released release chances tangible annoying delicious deep dark recent updated update upcoming decent
reliable convenient suitable useful worth worthy significance importance factors factor components component
elements element concepts theory theories tell mathematics math bad worse worst example examples tips advice
suggestion suggestions option options fact facts idea ideas listened watched grade grades hair election elections
season support gift gifts disease business return verification withdraw withdrew withdrawal declined duplicated
duplicate processors processed regular regularly assist assistance value market government culture coaching team
room hour hours video videos training tutor tutorials practice disadvantages policy stock stocks email socket finish
requested fund exchange atm rate rates pin visa statement disposable currency currencies trip flight flights
engineering travel china programming music water science bill earth countries apple president food morning clinton
trump study oil web human humans weight traffic future password exam exams salary reservation transactions foreign
delhi youtube score uber request plan plans contact gas class whatsapp media wait parents playlist pakistan woman
dollars air universe address interview girlfriend boyfriend york confirm insurance power events event test tests
universities tires mechanical period schedule build source development move body exercise reduce wear weather center
grow windows improve employees news track marketing night project energy switch security law medical search interest
minimum passcode studying research mistake size matter digital colleges institute mass past startup startups private
carry amazon minutes income economy station control physics religion birthday missing messages vacuum internship
investment friday monday tuesday wednesday thursday saturday sunday blood traveling luggage police network accounts
structure developer scope industry profile height depression capital standard care battery prime episode seasons
shop view pressure group national gre maximum improvement suddenly automatically financial john emails info rewards
doctor dating land teacher political diet protein picture pictures admission provider communication wallet camera
channel london engine memory pain airport minister society head schools potter planning global personality
installation eyes accent banks player africa projects trading loan screen father mother brother sister son daughter
wife husband mom dad cities distance factory electric animal animals growth speakers economic skin tickets spain
knowledge chemistry budget rest changes merchant demand corporate becomes entry court recipient replacement beginner
activity activities walk couples image images classes planet rental treatment april january february march june july
august september october november december road version analytics politics literature positions rupee rupees
symptoms tourist commercial competitive algorithm algorithms campus football machines drinking bed coast license
economics passport clothes shoes street garden smartphone population sales psychology guitar military approach
object stress existence businesses modern crime summer winter spring autumn workout gym electricity conversation
weekend takeaway sense candidate stars artist lunch dinner breakfast travelling wedding scientist documents document
environment plant plants square jumps typical trade sports connection equation highest evening similarities
individual pregnancy evolution funding mental hobbies mutual growing walking industrial bedroom asia generation
rights parent manager display boss democracy bigger relationships climate probability characteristics arts
directions gaming actors match driver drivers overseas rules database citizen citizens addiction lawyer aspects
surgery legit seats vision nature domain improved graphic pollution analysis launch potential jacket requirements
recovery nutrition mouth frequency background residential maintenance recipes recipe increased essential safety
ethical photography tour certification historical guide challenges academic cpu writer writers integration
presidential result results speed tv renowned passion reputation average shape basics batch odds character influence
existing presented obtained produce consulate muscle muscles hips not no never
"""
"""English words that may come beside the words of a question: they add next to nothing, and by themselves they do not
tell how to answer. A sentence of its own that is made of them counts all the same."""

BARE = """
make say keep start begin take give show find see look put hold try use get go come think know feel set choose pick
buy change add send check pay let help read play suggest recommend allow wonder hear stay believe provide offer fix
watch listen turn want like tell
"""
"""Those of them that are imperatives where nothing is before them: "make it up"."""

PHRASES = """
best way to / thank you very much in advance / thanks so much in advance / thanks very much / many thanks in advance
hi there
hello there / hey there / merci beaucoup d'avance / merci infiniment / mille mercis / çok teşekkür ederim
çok sağ olun / sağ olun /정말 감사합니다 / 대단히 감사합니다 / bardzo ci dziękuję / serdecznie dziękuję / wielkie dzięki
bardzo dziękuję z góry / огромное спасибо / спасибо большое / спасибо огромное / большое спасибо заранее
dank u zeer / dank je zeer / heel erg bedankt / hartelijk bedankt / muchísimas gracias / muchas gracias de antemano
grazie infinite / grazie tante / grazie di cuore / mille grazie / grazie mille in anticipo / muitíssimo obrigado
muitíssimo obrigada / muito obrigado desde já / herzlichen dank / tausend dank / schönen dank / danke sehr
danke vielmals / vielen lieben dank / شكرا لك / شكرا كثيرا / ألف شكر / на самом деле / en realidad / en fait
in realtà / in werkelijkheid / w rzeczywistości / na verdade / de fato
thanks in advance / thank you very much / thank you so much / thank you in advance / many thanks / thanks a lot
good morning / good afternoon / good evening / good day / good night / to whom it may concern / excuse me
i have a question / i have a quick question / i have one question / quick question / just a question / a question
just wondering / i was wondering / i am wondering / i was just wondering / i wonder / wondering / can you tell me
could you tell me / can you please tell me / could you please tell me / please tell me / tell me / would you tell me
will you tell me / do you know / do you happen to know / does anyone know / does anybody know / i want to know
i would like to know / i need to know / i wanted to know / let me know / please let me know / i wish to know
i am curious / inform me / please inform me / please inform / teach me / why did this happen / why does this happen
why did that happen / why is that happening / why has this happened / would this be possible / is this possible
is that possible / can i do something / i think / i believe / i guess / i suppose / so that / i would like to ask
i want to ask / may i ask / can i ask / could i ask / can you explain / could you explain / please explain
can you please explain / can you show me / could you show me / please show me / show me / can you help me
could you help me / please help me / please help / help me / help / can you help / could you help / i need help
need help / i need some help / i need your help / any help / some help / can someone / can anyone / could someone
could anyone / can somebody / can you please / could you please / can you give me / could you give me
please give me / give me / i am trying to / i am looking to / i am looking for / i would like to / i would love to
i want to / i need to / i have to / i am going to / i want / i need / i wish to / i do not know
i do not understand / i am not sure / not sure / i cannot figure out / i can not figure out / figure out / find out
in order to / be able to / is there a way to / is there any way to / is there a way / is it possible to
is it possible / is it ok to / is it okay to / how to / how do you / how do i go about / go about / go ahead
the steps to / steps to / the way to / a way to / what should i do now / what can i do now / what do i do now
what do you need / what is needed / is needed / what is the best way to / what is the way to / what are the steps to
what steps do i take to / what are the steps for / what are the ways to / what are some ways to
what is the procedure to / what is the procedure for / what is the process for / what is the process to
what do i need to do to / what do i have to do to / what should i do to / what can i do to / what must i do to
what do i do to / what should i do / what can i do / what do i do / what am i supposed to do / what can be done
what to do / what do i need to do / what will i need to do / what needs to be done / what has to be done
how can this be / why is this / why is that / what is going on / what is happening / what happened / what is wrong
what is the reason / what is the reason for / what are the reasons for / what are the reasons / how come / any idea
any ideas / any suggestions / any advice / any tips / by the way / a lot / as well / as soon as possible
generally speaking / in your opinion / what would it be like / what is it like / be like / or not / at present
do you think / what do you think / so much / very much / kind of / sort of / type of / of course / for me / to me
at all / no longer / instructions on / information on / information about / info on / info about
give me instructions on / ich habe eine frage / kurze frage / eine frage / ich hätte eine frage
ich hätte da mal eine frage / vielen dank / danke im voraus / vielen dank im voraus / besten dank / danke schön
guten morgen / guten abend / mit freundlichen grüßen / sehr geehrte damen und herren / können sie mir sagen
kannst du mir sagen / könnten sie mir sagen / könnten sie mir bitte sagen / können sie mir bitte sagen
kannst du mir bitte sagen / könntest du mir sagen / könntest du mir bitte sagen / sag mir bitte / bitte sag mir
ich möchte wissen / ich würde gerne wissen / ich wüsste gern / weißt du / wissen sie / kann mir jemand sagen
bitte helfen sie mir / können sie mir helfen / kannst du mir helfen / ich brauche hilfe / ich will wissen
gibt es eine möglichkeit / wie kann ich / wie mache ich / ist es möglich / j'ai une question / une question
petite question / une petite question / merci d'avance / merci beaucoup / merci par avance / s'il vous plaît
s'il te plaît / s'il vous plait / s'il te plait / pouvez-vous me dire / pouvez vous me dire / peux-tu me dire
peux tu me dire / pourriez-vous me dire / pourriez vous me dire / pourrais-tu me dire / pourrais tu me dire
dites-moi / dites moi / dis-moi / dis moi / je voudrais savoir / j'aimerais savoir / je veux savoir / savez-vous
savez vous / sais-tu / sais tu / pouvez vous m'aider / aidez-moi / bonne journée / est ce que / qu'est ce que
qu'est ce qu / est ce qu / comment faire pour / est il possible de / tengo una pregunta / una pregunta / una duda
tengo una duda / muchas gracias / gracias de antemano / gracias por adelantado / mil gracias / por favor
buenos días / buenas tardes / buenas noches / puedes decirme / puede decirme / podrías decirme / podría decirme
me puedes decir / me puede decir / me podrías decir / me podría decir / dime / dígame / quiero saber
quisiera saber / me gustaría saber / sabes / sabe usted / puedes ayudarme / puede ayudarme / ayúdame
necesito ayuda / necesito saber / es posible / hay alguna forma de / ho una domanda / una domanda / grazie mille
grazie in anticipo / molte grazie / per favore / per piacere / per cortesia / puoi dirmi / può dirmi
potresti dirmi / potrebbe dirmi / mi puoi dire / mi può dire / mi sai dire / mi sa dire / dimmi / mi dica
vorrei sapere / voglio sapere / mi piacerebbe sapere / sai dirmi / buona giornata / puoi aiutarmi / può aiutarmi
aiutami / ho bisogno di aiuto / è possibile / tenho uma pergunta / uma pergunta / uma dúvida / tenho uma dúvida
muito obrigado / muito obrigada / obrigado desde já / obrigada desde já / desde já obrigado / se faz favor / bom dia
boa tarde / boa noite / pode me dizer / pode dizer-me / poderia me dizer / você pode me dizer / me diga / diga-me
diz-me / gostaria de saber / queria saber / quero saber / você sabe / pode me ajudar / preciso de ajuda / me ajude
é possível / ik heb een vraag / een vraag / vraagje / een vraagje / alvast bedankt / dank je wel / dank u wel
hartelijk dank / bij voorbaat dank / kunt u mij vertellen / kun je me vertellen / kunt u me vertellen
kan je me vertellen / kunt u mij zeggen / kun je me zeggen / vertel me / ik wil graag weten / ik wil weten
ik zou graag willen weten / weet je / weet u / weet iemand / kunt u mij helpen / kun je me helpen
met vriendelijke groet / is het mogelijk / mam pytanie / pytanie / krótkie pytanie / z góry dziękuję
dziękuję z góry / bardzo dziękuję / dzień dobry / dobry wieczór / czy możesz mi powiedzieć
czy może mi pan powiedzieć / czy mógłbyś mi powiedzieć / powiedz mi / proszę powiedzieć / proszę mi powiedzieć
chciałbym wiedzieć / chciałabym wiedzieć / chcę wiedzieć / czy wiesz / czy ktoś wie / czy możesz mi pomóc
potrzebuję pomocy / czy można / w jaki sposób / bir sorum var / bir soru / bir şey sormak istiyorum
şimdiden teşekkürler / çok teşekkürler / teşekkür ederim / iyi günler / iyi akşamlar / söyler misiniz / söyler misin
bana söyler misiniz / bana söyler misin / söyleyebilir misiniz / söyleyebilir misin / öğrenmek istiyorum
bilmek istiyorum / biliyor musunuz / biliyor musun / yardım eder misiniz / yardımcı olur musunuz / yardım lazım
у меня вопрос / у меня есть вопрос / есть вопрос / вопрос / заранее спасибо / спасибо заранее / большое спасибо
добрый день / добрый вечер / доброе утро / подскажите пожалуйста / подскажите / подскажи / скажите пожалуйста
скажите / скажи / можете сказать / можешь сказать / не могли бы вы сказать / хочу узнать / хотел бы узнать
хотела бы узнать / хочу знать / кто знает / вы не знаете / вы знаете / помогите пожалуйста / помогите
мне нужна помощь / можете помочь / каким образом / لدي سؤال / عندي سؤال / سؤال / شكرا جزيلا / شكرا مقدما / وشكرا
من فضلك / لو سمحت / هل يمكنك أن تخبرني / هل يمكنك إخباري / هل تستطيع أن تخبرني / أخبرني / اخبرني / قل لي
أريد أن أعرف / اريد ان اعرف / أود أن أعرف / هل تعرف / هل تعلم / السلام عليكم / صباح الخير / مساء الخير
هل يمكنك مساعدتي / أحتاج مساعدة / ما هو / ما هي / 질문이 있어요 / 질문 있습니다 / 질문이 있습니다 / 질문 있어요
질문이요 / 질문 / 미리 감사합니다 / 알려 주세요 / 알려주세요 / 알려 줘 / 알려줘 / 가르쳐 주세요 / 가르쳐주세요
말해 주세요 / 말해주세요 / 말해 줘 / 말해줘 / 알려 주시겠어요 / 알려주시겠어요 / 알려 주실 수 있나요
알려주실 수 있나요 / 알고 싶어요 / 알고 싶습니다 / 궁금합니다 / 궁금해요 / 도와주세요 / 도와 주세요
"""
"""Courtesies and frames of questions, in any of the languages."""

UNSPACED = """
どうもありがとうございます どうもありがとう 本当にありがとうございます ありがとうございました
ขอบคุณมากครับ ขอบคุณมากค่ะ ขอบคุณมากๆ
请问一下 请问 的意思是什么 的意思 意思是 是什么意思 是啥意思 什么意思 啥意思 推荐一下 推荐下 推荐几个 推荐 介绍一下
介绍下 介绍 寻找 问下 说下 说一下 高手 达人 感激不尽 十分感谢 万分感谢 非常感谢 多谢了 坐等 求采纳 采纳 好评 急需
急切 很急 跪谢 帮帮我 在哪里 什么时候 有没有 是不是 能不能 可不可以 怎么办呢 好不好 你好 您好 谢谢你 谢谢您 谢谢大家
谢谢了 谢谢 多谢 感谢 麻烦问一下 麻烦您 麻烦 不好意思 打扰一下 打扰了 我想问一下 我想问 想问一下 想问 我想知道
想知道 我想了解 你知道 您知道 有谁知道 谁知道 有人知道 有没有人知道 大家知道 能告诉我 能不能告诉我 可以告诉我
告诉我一下 告诉我 请告诉我 请告知 求告知 我有一个问题 我有个问题 有个问题 问个问题 请教一下 请教 帮我看看 帮忙看看
帮个忙 帮忙 求助 求解答 求解 字是什么意思 字什么意思 求教
求大神 各位大神 各位 大神 大家好 大家 在线等 急急急 急求 跪求 急 求 谢 亲们 亲
谁能告诉我 谁能 谁有 谁 有谁 有哪位 哪位 哪里有 如题 是怎么回事 怎么回事 怎么处理 怎么解决 该怎么办 怎么办 到底 究竟
应该 比较 一下 有哪些 有什么 哪些 什么 怎么样 怎么 怎样 如何 为什么 为何 是什么 哪个 知道 知不知道 可以吗 好吗 行吗
对吗 非常 真的 するには 方法を教えてください 方法を教えて 方法は 方法を やり方 ために すみませんが すみません
すいません こんにちは こんばんは おはようございます はじめまして ありがとうございます ありがとう
よろしくお願いします よろしくお願いいたします よろしくおねがいします お願いします お願いいたします おねがいします
教えてください 教えて下さい 教えていただけますか 教えていただけませんか 教えてもらえますか 教えてくれますか
教えてほしいです 教えて 質問があります 質問です ご質問 知りたいです 知りたい ご存知ですか 知っていますか
お聞きしたいのですが 聞きたいのですが 分かりますか わかりますか 助けてください 困っています 何ですか 何でしょうか
なんですか なんでしょうか どうすればいいですか どうすればよいですか どうしたらいいですか どうやって どのように
どうやったら どうすれば ですか ますか でしょうか ください とは何 について とは って สวัสดีครับ สวัสดีค่ะ สวัสดี
ขอบคุณครับ ขอบคุณค่ะ ขอบคุณมาก ขอบคุณล่วงหน้า ขอบคุณ ขอถามหน่อย ขอสอบถาม สอบถามหน่อย สอบถาม อยากทราบว่า อยากทราบ อยากรู้ว่า อยากรู้
ช่วยบอกหน่อย ช่วยบอก บอกหน่อย กรุณาบอก กรุณา ขอโทษครับ ขอโทษค่ะ ขอโทษ รบกวนถาม รบกวน มีคำถาม คุณรู้ไหม คุณทราบไหม ทราบไหม รู้ไหม
ช่วยหน่อย หน่อยครับ หน่อยค่ะ หน่อย นะครับ นะคะ ครับ ค่ะ คะ ไหม อย่างไร ยังไง คืออะไร อะไร ถึง จึง
"""
"""The same for writing without spaces."""

SILENT = (
    "的地得了着吗呢吧啊呀哦嘛么请问你您我们是在有就都也又这那个一想要会能可以它他呵哈诶喂给让啦哪里儿才该"
    "啥嗯哎吖哟急求谢亲谁什怎丶呗和与跟被叫到帮教很最更些几来过之于为所而其把上下中面边种款部本首条位家次"
    "时好名寻找"
)
"""Chinese characters that say nothing outside a word."""

LIGHT_HAN = (
    "后前间内外时期次回遍起出去来进过上下点些类种样般式型版片部份样者员人家网站总老常经太多大小新全共再还仍又既已曾正刚"
    "用做打使令让对向往从由自以因而或及并且但若则便即如像等除带需要获取得购买变加修改记看听说指播放完现主当每各某另此其该没不"
)
"""Characters that are half a word, or a word between words; two of them say something."""
