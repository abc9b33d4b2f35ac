"""Function words that say something by their place, by language. Data only; standard grammar, for this project."""

from __future__ import annotations

PEOPLE = """
you
he him
she her
they them
"""
"""English persons, a line for each: which of them stands before the verb tells who does it."""

STRANDED = "of for at by about with from to on in off after over into like"
"""English prepositions that change the verb behind which they end a clause."""


def _by_word(table: str) -> dict[str, str]:
    lines = (line.partition(":") for line in table.strip().splitlines())
    return {word: meaning for meaning, _, words in lines for word in words.split()}


ASKING = {
    language: _by_word(table)
    for language, table in {
        "en": "what: what which\nwho: who whom\nwhose: whose\nwhere: where\nwhen: when\nwhy: why\nhow: how",
        "de": """
what: was welche welcher welches welchen welchem
who: wer
whom: wen wem
where: wo
whence: woher
whither: wohin
when: wann
why: warum wieso weshalb
for: wozu
how: wie
""",
        "fr": """
what: quoi quel quelle quels quelles que qu
who: qui
where: où
when: quand
why: pourquoi
how: comment
many: combien
""",
        "es": """
what: qué cuál cuáles
who: quién quiénes
where: dónde
when: cuándo
how: cómo
many: cuánto cuánta cuántos cuántas
""",
        "it": """
what: cosa cos quale quali qual che
who: chi
where: dove
when: quando
why: perché
how: come
many: quanto quanta quanti quante
""",
        "pt": """
what: qual quais que
who: quem
where: onde
when: quando
how: como
many: quanto quanta quantos quantas
""",
        "nl": """
what: wat welke welk
who: wie
where: waar
when: wanneer
why: waarom
how: hoe
many: hoeveel
""",
        "pl": """
what: co jaki jaka jakie jaką
who: kto
whom: kogo komu
where: gdzie
whence: skąd
whither: dokąd
when: kiedy
why: dlaczego czemu
how: jak
many: ile
""",
        "ru": """
what: что какой какая какое какие чем чего
who: кто
whom: кого кому
where: где
whence: откуда
whither: куда
when: когда
why: почему зачем
how: как
many: сколько
""",
        "tr": """
what: ne hangi nedir
who: kim kimdir
whom: kimi kime
where: nerede
whither: nereye
whence: nereden
why: neden niçin niye
how: nasıl
many: kaç
""",
        "ar": """
what: ما ماذا
where: أين اين
when: متى
why: لماذا
how: كيف
many: كم
""",
        "ko": """
what: 무엇 뭐 무슨 무엇인가요
who: 누가
whom: 누구를 누굴
where: 어디 어디에
whence: 어디서 어디에서
whither: 어디로
when: 언제
why: 왜
how: 어떻게
many: 얼마
""",
    }.items()
}
"""Question words by what they ask for."""

ARTICLES = {
    language: _by_word(table)
    for language, table in {
        "de": "masculine: der\nfeminine: die\nneuter: das",
        "fr": "masculine: le un du au ce mon ton son\nfeminine: la une cette ma ta sa",
        "es": "masculine: el un del al este ese\nfeminine: la una esta esa",
        "it": "masculine: il lo un uno del dello al allo nel sul dal questo\n"
        "feminine: la una della alla nella sulla dalla questa",
        "pt": "masculine: o um do no ao pelo este esse\nfeminine: a uma da na à pela esta essa",
        "nl": "common: de deze\nneuter: het dit",
    }.items()
}
"""Articles, and what stands in their place, by the gender that they give to a noun."""

_INTERCHANGEABLE = {
    "en": """
am is are s
was were
do does
has have
can could
will would shall
may might
what which
i you we
me us myself yourself
to into
who whom
who that which
my our this that these those its the
it this that
""",
    "de": """
der ein dieser mein
die eine diese meine
das ein dieses mein
den einen diesen meinen
dem einem diesem meinem
der einer dieser meiner
des eines dieses meines
ist sind bin heisst heissen
was wie
war waren
wird werden
wurde worden
hat habe haben
kann können könnte kannst könntest könnten
soll sollte
welcher welche welches welchen was
ich man wir
mir mich
im in
zu zum zur
am an
wenn falls
warum wieso weshalb
""",
    "fr": """
le la les l un une des ce cet cette ces mon ma mes
de d du des
votre vos
notre nos
est sont
ai as a ont avez avons
peut peux puis pouvez pourrais pourriez
dois doit faut
que qu
quoi quel quelle quels quelles
je j on nous
à au aux
en dans
""",
    "es": """
el la los las un uno una unos unas este esta estos estas ese esa mi mis
de del
es son
está están estoy
he ha han
hay
tengo tiene
puedo puede puedes podría podrías
debo debe
que qué cual cuál cuáles
cómo como
cuándo cuando
dónde donde
quién quien
cuánto cuánta cuántos cuántas
a al
""",
    "it": """
il lo la i gli le l un uno una questo questa questi queste
di del dello della dei degli delle d
mio mia miei mie
è sono
ho ha hanno abbiamo
può puoi posso potrei potrebbe
devo deve
che cosa cos quale quali qual
quanto quanta quanti quante
a al allo alla ai agli alle
in nel nella nei nelle
da dal dalla
su sul sulla
fra tra
""",
    "pt": """
o a os as um uma uns umas este esta esse essa meu minha meus minhas
de do da dos das
é são
está estão estou
posso pode podes poderia
devo deve
que qual quais
quanto quanta quantos quantas
em no na nos nas
por pelo pela
ao aos à
para pra pro
você tu vc
""",
    "nl": """
de het een dit dat deze die mijn
is zijn ben
was waren
wordt worden
heb heeft hebben
kan kun kunt kunnen
mag
moet moeten
wil wilt
wat welke welk
ik men we wij
je jij u
ze zij
me mij
""",
    "pl": """
jest są
był była było
mam ma mają
mogę może możesz można
jaki jaka jakie jaką
który która które
dlaczego czemu
ten ta te to tego tej tym
z ze
w we
o
jeśli jeżeli
""",
    "ru": """
это этот эта эти
какой какая какое какие
во в
со с
ко к
о об
можно могу
нужно надо
её ее
моя мой моё мое мои
""",
    "tr": """
bu şu
neden niçin niye
mi mı mu mü
""",
    "ar": """
ما ماذا
هو هي
إلى الى
أن ان إن
إذا اذا
أو او
أين اين
أنا انا
أنت انت
أي اي
هذا هذه
الذي التي
""",
}
INTERCHANGEABLE = {
    language: {
        word: frozenset(number for number, group in enumerate(groups) if word in group)
        for word in frozenset().union(*groups)
    }
    for language, groups in (
        (language, [frozenset(line.split()) for line in text.strip().splitlines()])
        for language, text in _INTERCHANGEABLE.items()
    )
}
"""Function words, with the groups in which one may stand for another: another article, another form, anyone.

The gender that an article gives is compared elsewhere.
"""

FREE = {
    language: frozenset(words.split())
    for language, words in {
        "en": "that so s my this these those the is are am do does did was were",
        "fr": "est ce c que qu quoi",
        "es": "yo",
        "it": "io",
        "pt": "eu",
        "pl": "ja",
        "tr": "ben",
    }.items()
}
"""Function words that one of two texts may have more, wherever it has them: pronouns that the verb says as well."""

WAY = {
    language: frozenset(words.split())
    for language, words in {
        "en": "can could do does should would will might may shall i you we myself yourself",
        "de": "wie kann kannst können könnte könnten ich man wir mache macht machen mein meine meinen meinem meiner",
        "fr": "comment je j on nous peut peux puis pouvons pouvez pourrait pourrais pour faire fait faut il mon ma mes",
        "es": "cómo como puedo puede podemos podría hacer hago hace mi mis",
        "it": "come posso può potrei fare faccio fa io mio mia miei mie",
        "pt": "como posso pode podemos poderia faço faz fazer eu pra para meu minha meus minhas",
        "nl": "hoe kan kun kunnen kon ik je jij men we mijn",
        "pl": "jak mogę można możemy mógłbym mój moja moje mojego mojej moim moich moją swój swoją swoje",
        "ru": "как можно могу можем мне мой моя моё мое мои моего моей моему моим моих мою свой свою свои",
        "ar": "كيف يمكن يمكنني أستطيع",
        "tr": "benim",
    }.items()
}
"""Function words of which each may stand for another, or be left out, where it is asked how one does something."""

OPENING = """
how what which do does can could will would should i we you me to want need must let is are am if and so but now it have
"""
"""English words that may come before what another text begins with: a request, or a question in an indirect form."""

BARE_ARTICLES = {
    language: frozenset(words.split())
    for language, words in {
        "fr": "le la les l un une des",
        "es": "el la los las un una",
        "it": "il lo la i gli le l un uno una",
        "pt": "o a os as um uma",
        "nl": "de het een",
    }.items()
}
"""Articles that may be left out between a function word and a noun."""

LEFT_OUT = {
    language: frozenset(words.split())
    for language, words in {
        "en": """
a an the please kindly hi hello hey thanks thank ok okay dear sir madam sorry cheers everyone guys yes yeah yep yeap yup
ya nope well um uh uhh uhm hmm oh greetings regards alexa siri cortana olly ai assistant bot really actually indeed very
quite truly genuinely honestly even also just
""",
        "de": """
bitte danke hallo hi guten tag morgen abend liebe lieber grüße gruß denn doch mal eigentlich etwa also wirklich
tatsächlich echt sehr genau halt eben überhaupt
""",
        "fr": "donc alors bonjour bonsoir salut merci svp stp vraiment réellement très exactement bien",
        "es": "pues hola buenas buenos días tardes noches gracias saludos favor realmente muy exactamente",
        "it": """
dunque allora ciao salve buongiorno buonasera grazie prego saluti favore davvero realmente veramente molto esattamente
""",
        "pt": "então olá oi bom boa dia tarde noite obrigado obrigada favor realmente mesmo muito exatamente afinal",
        "nl": """
er dan dus hallo hoi dag goedemorgen goedemiddag goedenavond bedankt dank alstublieft alsjeblieft graag eens even
eigenlijk groet groeten echt werkelijk heel erg precies nou toch aub ajb svp
""",
        "pl": """
więc cześć witam dzień dobry wieczór dziękuję dzięki proszę pozdrawiam naprawdę rzeczywiście bardzo właściwie dokładnie
""",
        "ru": """
же ли бы пожалуйста спасибо привет здравствуйте добрый день вечер действительно очень правда вообще именно собственно
""",
        "tr": "lütfen merhaba selam teşekkürler teşekkür ederim iyi günler gerçekten aslında çok tam",
        "ar": "مرحبا السلام عليكم شكرا شكراً فضلك رجاء الرجاء لو سمحت حقا فعلا جدا بالضبط",
        "ko": """
안녕하세요 안녕 감사합니다 고마워요 고맙습니다 부탁드립니다 부탁해요 혹시 저기요 좀 정말 진짜 과연 대체 도대체
""",
    }.items()
}
"""Function words that are not compared: greetings, fillers, and articles where they have no gender."""
