"""Words for the moment, by language: whatever is asked, the answer will be another. Data only.

Own knowledge of each language. Phrases stand between slashes; patterns stand between spaces, with \\s for a space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOW: Final[Mapping[str, str]] = {
    "en": """
today / todays / tonight / tomorrow / yesterday / nowadays / currently / latest / newest / most recent / recently
these days / right now / just now / as of now / at the moment / at this moment / at present / up to date / so far
this week / next week / last week / this month / next month / last month / this year / next year / last year
this quarter / last quarter / this weekend / next weekend / last weekend / this morning / this afternoon
this evening / last night / this season / this summer / this winter / live score / live scores / live news
live price / live prices / breaking news / who is winning / who is leading / who is ahead / in the lead
what day is it / what day is today
""",
    "de": """
heute / heut abend / morgen früh / gestern / gestrige / gestrigen / übermorgen / vorgestern / jetzt / gerade eben
derzeit / derzeitige / derzeitigen / momentan / zurzeit / zur zeit / im moment / im augenblick / bisher / kürzlich
neulich / diese woche / dieser woche / nächste woche / nächster woche / letzte woche / letzter woche / diesen monat
dieser monat / diesem monat / nächsten monat / letzten monat / dieses jahr / dieses jahres / diesem jahr
nächstes jahr / letztes jahr / dieses wochenende / diesem wochenende / nächstes wochenende / letztes wochenende
am wochenende / letzte nacht / wer führt / wer liegt vorne / welcher tag ist / welches datum / ist gerade
sind gerade / steht gerade / gibt es gerade / läuft gerade
""",
    "fr": """
aujourd hui / demain / avant hier / maintenant / actuellement / en ce moment / à l'heure actuelle / récemment
dernièrement / ces jours ci / ce soir / ce matin / cet après midi / cette nuit / la nuit dernière / cette semaine
semaine prochaine / semaine dernière / ce mois / mois prochain / mois dernier / cette année / année prochaine
année dernière / l'an dernier / l'an prochain / ce week end / ce weekend / week end prochain / dernière version
dernier modèle / dernières nouvelles / dernières actualités / dernières infos / qui gagne / qui mène / quel jour
quelle est la date / actuel président / actuel premier ministre / ministre actuel / président actuel / là tout de suite
""",
    "es": """
hoy / pasado mañana / ayer / anteayer / anoche / ahora / ahora mismo / actualmente / en este momento
en estos momentos / recientemente / últimamente / esta noche / esta mañana / esta tarde / esta semana
próxima semana / semana que viene / semana pasada / este mes / próximo mes / mes pasado / mes que viene / este año
próximo año / año pasado / año que viene / este fin de semana / últimas noticias / última versión / último modelo
precio actual / actual precio / presidente actual / actual presidente / actual ministro / estado actual
quién va ganando / quién gana / quién lidera / quién va primero / qué día es / qué fecha
""",
    "it": """
oggi / domani / dopodomani / ieri / l'altro ieri / stasera / stanotte / stamattina / adesso / in questo momento
al momento / attualmente / recentemente / ultimamente / questa settimana / settimana prossima / prossima settimana
settimana scorsa / scorsa settimana / questo mese / mese prossimo / prossimo mese / mese scorso / quest'anno
anno prossimo / prossimo anno / anno scorso / scorso anno / questo weekend / nel weekend / questo fine settimana
ultime notizie / ultima versione / ultimo modello / chi sta vincendo / chi è in testa / che giorno è
""",
    "pt": """
hoje / amanhã / depois de amanhã / ontem / anteontem / agora / atualmente / neste momento / neste instante
no momento / recentemente / ultimamente / esta noite / hoje à noite / esta manhã / esta tarde / logo à tarde
logo à noite / mais logo / esta semana / semana que vem / próxima semana / semana passada / este mês / mês que vem
próximo mês / mês passado / este ano / ano que vem / próximo ano / ano passado / este fim de semana
últimas notícias / última versão / último modelo / quem está ganhando / quem está a ganhar / quem lidera / que dia é
""",
    "nl": """
vandaag / morgenochtend / morgenmiddag / morgenavond / overmorgen / gisteren / eergisteren / gisteravond / vanavond
vannacht / vanmorgen / vanochtend / vanmiddag / nu / momenteel / op dit moment / op dit ogenblik / tegenwoordig
onlangs / recentelijk / deze week / volgende week / vorige week / afgelopen week / deze maand / volgende maand
vorige maand / dit jaar / volgend jaar / vorig jaar / dit weekend / laatste nieuws / laatste versie
wie staat voor / wie wint / welke dag is
""",
    "pl": """
dzisiaj / dziś / jutro / pojutrze / wczoraj / przedwczoraj / teraz / obecnie / aktualnie / w tej chwili
w tym momencie / ostatnio / niedawno / ostatnie wiadomości / dziś wieczorem / wczoraj wieczorem / w tym tygodniu
tym tygodniu / ten tydzień / przyszłym tygodniu / następnym tygodniu / zeszłym tygodniu / ubiegłym tygodniu
tym miesiącu / przyszłym miesiącu / zeszłym miesiącu / tym roku / przyszłym roku / zeszłym roku / ubiegłym roku
ten weekend / kto wygrywa / kto prowadzi / jaki jest dzień
""",
    "tr": """
bugün / bugünkü / yarın / yarınki / dün / dünkü / dün gece / şimdi / şu an / şu anda / şu anki / güncel
mevcut durumda / bugünlerde / son zamanlarda / geçenlerde / bu gece / bu akşam / bu sabah / bu hafta / gelecek hafta
önümüzdeki hafta / haftaya / geçen hafta / bu ay / gelecek ay / önümüzdeki ay / geçen ay / bu yıl / bu sene
gelecek yıl / geçen yıl / geçen sene / bu hafta sonu / en son / en yeni / son haberler / kim önde / kim kazanıyor
günlerden ne
""",
    "ru": """
сегодня / завтра / послезавтра / вчера / позавчера / сейчас / теперь / в данный момент / на данный момент
в настоящее время / на сегодняшний день / недавно / в последнее время / на днях / последние новости
последняя версия / последняя модель / свежие новости / сегодня вечером / вчера вечером / этой ночью / этим вечером
на этой неделе / этой неделе / эта неделя / следующей неделе / прошлой неделе / этом месяце / следующем месяце
прошлом месяце / этом году / следующем году / прошлом году / эти выходные / этих выходных / кто побеждает
кто выигрывает / кто лидирует / какое сегодня / какой сегодня
""",
    "ar": """
اليوم / غدا / غداً / بعد غد / أمس / امس / البارحة / الآن / الان / حاليا / حالياً / الحالي / الحالية
في الوقت الحالي / في هذه اللحظة / هذه الأيام / مؤخرا / مؤخراً / أحدث / احدث / آخر الأخبار / اخر الاخبار / آخر إصدار
الليلة / هذا الصباح / هذا المساء / هذا الأسبوع / الأسبوع القادم / الأسبوع المقبل / الأسبوع الماضي / هذا الشهر
الشهر القادم / الشهر المقبل / الشهر الماضي / هذا العام / العام القادم / العام المقبل / العام الماضي / هذه السنة
السنة القادمة / السنة الماضية / من يتصدر / ما التاريخ
""",
}
"""Phrases for the present, yesterday, this week, the newest: whatever is asked, the answer will be another."""

NOW_UNSPACED: Final[Mapping[str, str]] = {
    "zh": r"""
今天(?!这[个两]?[词字]) 今日 今晚 今早 明天(?!这[个两]?[词字]) 明早 明晚 昨天(?!这[个两]?[词字]) 昨晚
后天(?![性的]?免疫|性|培养)
前天 现在(?!完成|进行|分词) 目前 当前 眼下 此刻 最新 最近(?!公|邻|点|距离) 近期 近日 实时 刚刚 刚才 这周 本周 上周 下周
这个?星期 下个?星期 上个?星期 周末(?=.{0,20}(?:天气|去哪|开|有)) 这个月 本月 上个月 下个月 这个季度 今年 明年 去年
现任 如今
几点了 谁(?:在)?领先 几号了 星期几了 今儿 明儿 昨儿
""",
    "zh-tw": "这个?礼拜 下个?礼拜 上个?礼拜 即时 此时此刻 现任",
    "ja": r"""
今日(?!は$) 本日 明日 明後日 昨日 一昨日 今夜(?=[ぁ-ん]) 今晩 今朝 昨夜 昨晩 今すぐ 今の 今は 今どう 今いる 今、
現在(?!完了|進行|分詞)
最新 最近(?![公邻隣接傍]) 先ほど さっき 今週 来週 先週 今月 来月(?![经經]) 先月 今年 来年 去年 昨年 きょう あした(?!ば)
あす(?=[はのも]) きのう(?!こ)
いま(?=[のはどい]) 現職 リアルタイム 直近 このごろ 近ごろ 何曜日ですか
""",
    "ko": r"""
오늘(?!날) 내일 모레 어제 그저께 지금 현재(?!\s?(?:완료|진행|분사)) 최신 최근 요즘 방금 이번\s?주 다음\s?주 지난\s?주
이번\s?달
다음\s?달 지난\s?달 이달 올해 내년 작년 현직 실시간 이번\s?주말 오늘날의\s?날씨 며칠이(?:에|예)요
""",
    "th": r"""
วันนี้ พรุ่งนี้ มะรืน เมื่อวาน คืนนี้ เมื่อคืน เช้านี้ บ่ายนี้ เย็นนี้ ตอนนี้ ขณะนี้ เดี๋ยวนี้ ปัจจุบัน ล่าสุด
เร็วๆนี้ เมื่อเร็ว สัปดาห์นี้
อาทิตย์นี้ สัปดาห์หน้า อาทิตย์หน้า สัปดาห์ที่แล้ว อาทิตย์ที่แล้ว เดือนนี้ เดือนหน้า เดือนที่แล้ว ปีนี้ ปีหน้า
ปีที่แล้ว สุดสัปดาห์นี้ เรียลไทม์
""",
}
"""The same, as patterns, where words do not stand between spaces. Chinese is written as `normalize` writes it."""

NOW_BEGINNINGS: Final[Mapping[str, str]] = {
    "de": "heutig gestrig morgig derzeitig gegenwärtig aktuell neuest jüngst",
    "fr": "actuel",
    "it": "attual",
    "pt": "atual",
    "nl": "huidige actuele nieuwste",
    "pl": "dzisiejsz jutrzejsz wczorajsz najnowsz aktualn obecn",
    "ru": "сегодняшн завтрашн вчерашн текущ новейш актуальн нынешн",
}
"""Beginnings of words for the present that have many endings."""

NOT_NOW: Final[Mapping[str, str]] = {
    "de": "aktualisier",
    "fr": "actualis actualit",
    "it": "attualit attualizz",
    "pt": "atualiz",
    "pl": "aktualiz obecność obecności",
    "ru": "актуальност актуализ",
}
"""Beginnings of other words that begin so, too."""

NOW_UNLESS_AFTER = """
morgen: guten gute gutn schönen am jeden jedem goede goeie elke iedere de s
mañana: la una cada las
manana: la una cada las
hier: von bis ist sind ich du wir es gibt bin in der die das den dem is zijn wat kan ik je het en und oder nicht
"""
"""Words for the present, but not after the listed words: guten Morgen, la mañana; French *hier* is here in German."""

NOW_PATTERNS = r"""
\bcurrent\s(?!affairs\b|density\b|mirror\b|carrying\b|in\b|through\b|flows?\b|with\b|and\b|of\b|at\b|to\b|source\b)\w+
^(?:who|what|which|where|when)\b.{0,120}(?<!by )(?<!till )(?<!until )(?<!from )(?<!for )\bnow\s?[?.!]*$
^(?:how|is|are|do|does)\b.{0,120}(?<!by )(?<!till )(?<!until )(?<!from )(?<!for )\bnow\s?[?.!]*$
^is\s(?:the\s)?\w+\sdown\s?(?:\?|$)
^ist\s(?:die\s|der\s)?\w+\s(?:gerade\s)?(?:down|gestört|offline)\b
\b(?:ist|sind|läuft|laufen|gibt es)\b.{0,40}(?<!eine)(?<!diese)(?<!die)\sgerade\b(?!\s(?:zahl|linie|strecke|zahlen))
\b(?:steht|stehen)\b.{0,40}(?<!eine)(?<!diese)(?<!die)\sgerade\b(?!\s(?:zahl|linie|strecke|zahlen))
\b(?:spielt|spielen|kommt)\b.{0,40}(?<!eine)(?<!diese)(?<!die)\sgerade\b(?!\s(?:zahl|linie|strecke|zahlen))
"""
"""Patterns for the present that need more than a list of words, one a line."""
