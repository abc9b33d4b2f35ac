"""Words for what changes by itself, by language: the weather, a rate, a score, the traffic, the next train. Data only.

Own knowledge of each language. Phrases stand between slashes; patterns stand between spaces, with \\s for a space.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LIVE: Final[Mapping[str, str]] = {
    "en": """
weather in / weather for / weather at / weather of / forecast in / forecast for / forecast like
what is the weather / how is the weather / what time is it / what is the date / stock price
share price / gold price / oil price / bitcoin price / btc price / gas prices / exchange rate / how hot is it
how cold is it / how warm is it / is it raining / is it snowing / will it rain / will it snow / is it going to rain
is it going to snow / who won the game / who won the match / traffic on / traffic in / price of bitcoin
price of gold / price of oil / temperature outside / top of the table / next train / next bus / next flight
next tram / next ferry
next match / next game / next bus / any delays / any strikes / is there traffic / is there a strike
traffic jam on / traffic jams on / running late / trains running / is delayed / are delayed / how much is bitcoin
how much is one bitcoin / how much is the dollar / open right now
""",
    "de": """
wetter / wetterbericht / wettervorhersage / wie spät ist / wie spät haben / wie viel uhr / wieviel uhr / aktienkurs
börsenkurs / wechselkurs / goldpreis / ölpreis / spritpreis / benzinpreis / bitcoin kurs / dollarkurs / eurokurs
wie viel grad / wieviel grad / regnet es / schneit es / wird es regnen / wird es schneien / wie steht es / spielstand
verkehrslage / wie warm ist es / wie kalt ist es / nächster zug / nächste zug / nächste bus / nächste bahn
nächste spiel
gibt es stau / gibt es staus / stau auf / verspätung hat / fährt der zug / fahren die züge / gibt es streik
wie ist der dollar / wie steht der dollar / wie steht der dax
""",
    "fr": """
météo / quel temps fait / quel temps fera / quel temps va / quel temps il fait / quelle heure est / taux de change
cours de l'action / cours du bitcoin / cours de l'or
cours du dollar / cours de l'euro / prix de l'or / prix de l'essence / cours de bourse / combien de degrés
est ce qu'il pleut / prochain train / prochain bus / prochain métro / prochain vol / prochain match / info trafic
y a t il des bouchons / y a t il des grèves / y a t il une grève / des retards sur / il pleut
pleut il / va t il pleuvoir / il va pleuvoir / il va neiger / fait il froid
fait il chaud / combien vaut le bitcoin / combien vaut un euro / combien vaut le dollar / quel est le score
""",
    "es": """
qué tiempo hace / qué tiempo hará / qué tiempo hay / el tiempo en / clima en / clima de / el pronóstico / qué hora es
qué horas son / tipo de cambio / tasa de cambio / precio del oro / precio del bitcoin / precio de la acción
precio de la gasolina / precio del dólar / cotización / a cuánto está / cuánto está el dólar / cuántos grados
próximo tren / próximo autobús / próximo metro / próximo partido / próximo vuelo / temperatura afuera
hay atascos / hay atasco / hay tráfico / hay huelga / hay retrasos / a cómo está
va a llover / va a nevar / está lloviendo / llueve en / cómo va el partido / hace frío en / hace calor en
""",
    "it": """
che tempo fa / che tempo farà / meteo / previsioni del tempo / che ore sono / che ora è / tasso di cambio
prezzo dell'oro / prezzo del bitcoin / prezzo della benzina / quotazione / quanti gradi / prossimo treno
prossimo autobus / prossimo volo
prossima partita / traffico su / ci sono scioperi
c'è sciopero / c'è traffico / ci sono ritardi / ci sono code
piove a / pioverà
sta piovendo / nevicherà / quanto vale un euro / quanto vale un dollaro / quanto vale un bitcoin
""",
    "pt": """
previsão do tempo / como está o tempo / tempo em / clima em / que horas são / taxa de câmbio / câmbio do
câmbio hoje / cotação / preço do ouro / preço do bitcoin / preço da ação / preço da gasolina / próximo comboio
próximo trem / próximo autocarro / próximo ônibus / próximo voo / próximo jogo
há greve / tem greve
há trânsito / tem trânsito / há atrasos / engarrafamento na / tem jogo / há jogo
vai chover / vai nevar
está chovendo / está a chover / quantos graus / como está o dólar / como está o euro / quanto está o dólar
quanto está o euro / quanto vale um euro / quanto vale um dólar / quanto vale um bitcoin
""",
    "nl": """
het weer / weerbericht / weersverwachting / hoe laat is het / wisselkoers / goudprijs / benzineprijs / beurskoers
aandelenkoers / bitcoin koers / koers van / hoeveel graden / regent het / sneeuwt het / volgende trein / volgende bus
volgende tram / volgende wedstrijd / temperatuur buiten
staan er files / files op
rijden er treinen / is er een staking / zijn er vertragingen
gaat het regenen
gaat het sneeuwen / wordt het warm / wordt het koud / hoe staat het
""",
    "pl": """
pogoda / pogodę / pogody / prognoza / która godzina / która jest godzina / kurs walut / kurs dolara / kurs euro
kurs franka / kurs bitcoina / cena złota / cena benzyny / kurs akcji / ile stopni / czy pada / następny pociąg
następny autobus / następny tramwaj / następny mecz / temperatura na zewnątrz / są korki
są utrudnienia / jest strajk / są opóźnienia / opóźniony pociąg / kursują pociągi
będzie padać
będzie padał / po ile jest / jaki jest wynik
""",
    "tr": """
hava durumu / hava nasıl / hava kaç / havası / havalar nasıl / saat kaç / döviz kuru / dolar kuru / euro kuru
altın fiyatı / altın fiyatları / bitcoin fiyatı / benzin fiyatı / hisse fiyatı / kaç tl / kaç lira / dolar kaç
euro kaç / kaç derece / sonraki tren / sonraki otobüs / sonraki maç / bir sonraki vapur / dışarısı kaç derece
trafik var mı / grev var mı / trafik nasıl / metro çalışıyor / rötar var mı / uçaklar kalkıyor
yağmur yağacak / kar yağacak / yağmur yağıyor / maç kaç kaç / skor kaç
""",
    "ru": """
погода / погоду / погоды / прогноз / который час / сколько времени сейчас / сколько время / курс доллара / курс евро
курс валют / курс валюты / курс рубля / курс юаня / обменный курс / курс биткоина / цена золота / цена нефти
цена бензина / курс акций / цена акций / сколько градусов / следующий поезд / следующий автобус / следующий рейс
следующий матч / температура на улице
есть ли пробки / есть пробки / пробки на
задерживается ли / ходит ли метро / ходят ли поезда
идёт ли дождь / идет ли дождь / будет ли дождь
пойдёт ли дождь / какой счёт / какой счет матча
""",
    "ar": """
الطقس / طقس / كم الساعة / سعر الصرف / سعر الدولار / سعر اليورو / سعر الذهب / سعر البيتكوين / سعر السهم / سعر النفط
سعر البنزين / درجة الحرارة في / القطار القادم / الحافلة القادمة / الرحلة القادمة / المباراة القادمة
هل يوجد ازدحام / هل هناك ازدحام / هل هناك إضراب / هل تأخرت الرحلة / حركة المرور في
كم درجة الحرارة / هل ستمطر / هل تمطر / هل سيهطل المطر / كم النتيجة / نتيجة المباراة
""",
}
"""Phrases for what changes by itself: the weather, a rate, a score. Not in a general question: how a rate is made."""

LIVE_UNSPACED: Final[Mapping[str, str]] = {
    "zh": r"""
股价 汇率 金价 油价 币价 天气(?!符号) 行情 气温 几度(?!音) 会下雨 会下雪 在下雨 下雨吗 比分 下一(?:班|趟|场|辆) 路况
晚点(?:了|吗)
延误(?:了|吗) 停运(?:了|吗) 误点 堵车吗 堵不堵 多少钱一克 房价多少
""",
    "zh-tw": "会不会下雨 几度(?!音) 油价",
    "ja": r"""
天気(?!図|予報士) 気温 何時ですか 今何時 何時になり 為替(?!手形) 株価 金価格 雨が?降り(?:ます|そう) 雨は降 雪は降
次の(?:電車|バス|試合|便) 遅れてい(?:ま|る) 遅延し 運休 運行(?:状況|して) 何度ですか レートは 渋滞
""",
    "ko": r"""
날씨 기온 몇\s?시(?!간) 몇\s?도 환율 주가 금값 시세 유가 비\s?(?:와|오나|올까|가?\s?올) 눈\s?(?:와|올까) 스코어
다음\s(?:기차|버스|지하철|경기) 지연되
연착 운행(?:하나|해요|중) 결항 막히나 경기\s?몇\s?시
""",
    "th": r"""
สภาพอากาศ พยากรณ์อากาศ อากาศวัน อากาศเป็น อากาศที่ กี่โมง กี่องศา วันที่เท่าไหร่ อัตราแลกเปลี่ยน ราคาทอง ราคาหุ้น
ราคาน้ำมัน ค่าเงิน
ฝนจะตก ฝนตกไหม หิมะจะตก ราคาบิตคอยน์ รถไฟขบวนต่อไป รถเมล์คันต่อไป รถติดไหม ขัดข้องไหม ดีเลย์ไหม มีบอล
""",
}
"""The same, as patterns."""

LIVE_PATTERNS = r"""
\bwhat is the time\b(?! (?:complexity|difference|signature|value|constant|limit|zone|machine|period|of|between|for)\b)
^(?!.*\b(?:was|were|did)\b).*\bweather like\b
"""
"""The same for what changes by itself."""

CURRENCIES = "usd eur gbp jpy cny rmb rub try pln brl inr krw thb chf cad aud btc eth"
"""ISO 4217 codes (and two coins) between which is converted: 100 usd in eur."""
