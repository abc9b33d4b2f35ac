"""Pronouns of the first and second person, some of the third, by language. Data only; written for this project.

``words = value``; the value is the person with its case: ``s`` subject, ``o`` object, ``p`` possessive, ``d`` to
whom, ``x`` what may be either, or stands for anyone (how do you …). "We" counts as "I". Pronouns that are other words
of their language, too, are left out: German sie and ihr, Spanish su, Portuguese seu.
"""

from __future__ import annotations

_PERSONS = {
    "en": """
i we = 1s; me us myself ourselves = 1o; my mine our ours = 1p; you yourself = 2x; your yours = 2p
he = 3s; him = 3o; they = 4s; them = 4o
""",
    "de": """
ich wir = 1s; mich mir uns = 1o; mein meine meinen meinem meiner meines unser unsere unseren unserem unserer = 1p
du = 2s; dich dir = 2o; dein deine deinen deinem deiner deines euer eure euren = 2p
er = 3s; ihn ihm = 3o
""",
    "fr": """
je j nous = 1s; me m moi = 1o; mon ma mes notre nos = 1p; tu = 2s; te t toi = 2o; vous = 2x; ton ta tes votre vos = 2p
""",
    "es": """
yo nosotros nosotras = 1s; me mí nos conmigo = 1o; mi mis mío mía nuestro nuestra nuestros nuestras = 1p
tú vosotros = 2s; te ti contigo = 2o; usted ustedes = 2x; tu tus tuyo tuya vuestro vuestra = 2p
""",
    "it": """
io noi = 1s; mi me = 1o; mio mia miei mie nostro nostra nostri nostre = 1p
tu voi = 2s; ti te = 2o; tuo tua tuoi tue vostro vostra vostri vostre = 2p
""",
    "pt": """
eu nós = 1s; me mim comigo = 1o; meu minha meus minhas nosso nossa nossos nossas = 1p
tu = 2s; te ti contigo = 2o; você vocês = 2x; teu tua teus tuas = 2p
""",
    "nl": """
ik wij we = 1s; mij me = 1o; mijn m'n onze = 1p; jij = 2s; jou = 2o; je u jullie = 2x; jouw uw = 2p; hij = 3s; hem = 3o
""",
    "pl": """
ja my = 1s; mnie mną nas = 1o; mi nam = 1d; mój moja moje mojego mojej moim moich moją mojemu nasz nasza nasze = 1p
ty wy = 2s; ciebie cię tobą was = 2o; ci tobie wam = 2d; twój twoja twoje twojego twojej twoim twoich twoją wasz = 2p
""",
    "ru": """
я мы = 1s; меня мной нас = 1o; мне нам = 1d
мой моя моё мое мои моего моей моему моим моих мою моими наш наша наше наши нашего нашей нашу наших = 1p
ты = 2s; тебя тобой = 2o; тебе = 2d; вы вас вам = 2x
твой твоя твоё твое твои твоего твоей твою твоих ваш ваша ваше ваши = 2p
""",
    "tr": """
ben biz = 1s; beni bana bizi bize = 1o; benim bizim = 1p
sen = 2s; seni sana = 2o; siz = 2x; sizi size = 2o; senin sizin = 2p
""",
    "ar": "أنا انا نحن = 1s; أنت انت أنتم = 2s",
    "ko": """
나는 내가 저는 제가 우리는 우리가 = 1s; 나를 저를 나에게 저에게 우리를 = 1o; 나의 내 제 저의 = 1p
너는 네가 당신은 당신이 = 2s; 너를 당신을 너에게 당신에게 = 2o; 너의 네 당신의 = 2p
""",
}
PERSONS = {
    language: {
        word: value.strip()
        for words, _, value in (each.partition("=") for each in text.replace("\n", ";").split(";") if each.strip())
        for word in words.split()
    }
    for language, text in _PERSONS.items()
}
UNSPACED_PERSONS = {
    **dict.fromkeys(("我", "咱", "私", "僕", "俺", "ฉัน"), "1x"),
    **dict.fromkeys(("你", "您", "あなた", "คุณ"), "2x"),
}
"""The same in writing without spaces."""

GIVING = frozenset("tell give show let send help teach explain remind allow allows for get gets".split())
"""Words behind which "me" is only who wants to know."""
ANYONE = frozenset(
    """
how where can could should must may would need have to wie wo kann kannst können soll muss darf comment où peut peux
dois faut cómo dónde puedo puede puedes debo come dove posso può puoi devo como onde pode posso hoe waar kan kun kunt
moet mag jak gdzie mogę można muszę как где могу можно нужно nasıl nerede nereden كيف أين يمكن 어떻게 어디서
""".split()
)
"""Words beside which "I" and "you" are anyone: how do I, how do you."""
UNSPACED_ANYONE = "怎么|怎样|如何|哪里|哪儿|能|可以|应该|需要|どう|どこ|方法|อย่างไร|ยังไง|ที่ไหน|วิธี"
"""The same in writing without spaces."""
UNSPACED_FRAMES = (
    "(?:告诉|帮|教|给|让|请)(?:一?下)?我|我(?:想|要|该|能|可以)|你(?:们)?(?:知道|能|可以|好|认为|觉得)|您(?:好|知道|能)"
)
"""Phrases in which a person is only the one who asks, or who is asked."""

_LETTING = {
    "en": "rent rents renting lease leasing find finding locate locating",
    "es": "alquilar alquilo alquila alquilan arrendar arriendo encontrar encuentro",
    "fr": "louer loue louons trouver trouve retrouver",
    "it": "affittare affitto affitta trovare trovo",
    "pt": "alugar alugo aluga arrendar arrendo encontrar encontro",
    "de": "finde finden",
    "nl": "vind vinden",
    "pl": "wynająć wynajmę wynajmuję wynajmować",
    "ru": "арендовать",
}
LETTING = {language: frozenset(words.split()) for language, words in _LETTING.items()}
"""Verbs of which one's own is the other side of the bargain, or a thing lost: rent an apartment, rent my apartment."""
ANY_ONE = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a an",
        "es": "un una",
        "fr": "un une",
        "it": "un uno una",
        "pt": "um uma",
        "de": "ein eine einen",
        "nl": "een",
    }.items()
}
"""Articles of any one of a kind, in languages that have some."""
OWN = {
    "pl": frozenset("swój swoja swoje swojego swojej swoim swoich swoją".split()),
    "ru": frozenset("свой своя своё свое свои своего своей своему своим своих свою своими".split()),
}
"""Words for one's own, whoever it is, in languages that have one."""
