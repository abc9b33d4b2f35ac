"""Number words by language: 0 to 20, the tens, 100, 1000. Data only.

From own knowledge, checked against num2words; with the forms for genders and, in Polish, Russian and Arabic, the common
cases. The order is that of the values. Some are articles, too (un, ein).
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.tables import numbered

VALUES = (*range(21), *range(30, 100, 10), 100, 1000)

NUMBER_WORDS: Final = numbered(
    {
        "ar": """
صفر / واحد واحدة / اثنان اثنين اثنتان / ثلاثة ثلاث / أربعة أربع / خمسة خمس / ستة ست / سبعة سبع / ثمانية ثماني ثمان /
تسعة تسع / عشرة عشر / أحد_عشر / اثنا_عشر / ثلاثة_عشر / أربعة_عشر / خمسة_عشر / ستة_عشر / سبعة_عشر / ثمانية_عشر /
تسعة_عشر / عشرون عشرين / ثلاثون ثلاثين / أربعون أربعين / خمسون خمسين / ستون ستين / سبعون سبعين / ثمانون ثمانين /
تسعون تسعين / مائة مئة / ألف
""",
        "de": """
null / eins ein eine einen einem einer / zwei zwo / drei / vier / fünf / sechs / sieben / acht / neun / zehn / elf /
zwölf / dreizehn / vierzehn / fünfzehn / sechzehn / siebzehn / achtzehn / neunzehn / zwanzig / dreißig / vierzig /
fünfzig / sechzig / siebzig / achtzig / neunzig / einhundert hundert / eintausend tausend
""",
        "en": """
zero nought / one / two / three / four / five / six / seven / eight / nine / ten / eleven / twelve / thirteen /
fourteen / fifteen / sixteen / seventeen / eighteen / nineteen / twenty / thirty / forty / fifty / sixty / seventy /
eighty / ninety / one_hundred hundred / one_thousand thousand
""",
        "es": """
cero / uno un una / dos / tres / cuatro / cinco / seis / siete / ocho / nueve / diez / once / doce / trece / catorce /
quince / dieciséis / diecisiete / dieciocho / diecinueve / veinte / treinta / cuarenta / cincuenta / sesenta /
setenta / ochenta / noventa / cien ciento / mil
""",
        "fr": """
zéro / un une / deux / trois / quatre / cinq / six / sept / huit / neuf / dix / onze / douze / treize / quatorze /
quinze / seize / dix-sept / dix-huit / dix-neuf / vingt / trente / quarante / cinquante / soixante /
soixante-dix septante / quatre-vingts quatre-vingt huitante octante / quatre-vingt-dix nonante / cent / mille
""",
        "it": """
zero / uno un una / due / tre / quattro / cinque / sei / sette / otto / nove / dieci / undici / dodici / tredici /
quattordici / quindici / sedici / diciassette / diciotto / diciannove / venti / trenta / quaranta / cinquanta /
sessanta / settanta / ottanta / novanta / cento / mille
""",
        "ja": """
零 ゼロ / 一 一つ / 二 二つ / 三 三つ / 四 四つ / 五 五つ / 六 六つ / 七 七つ / 八 八つ / 九 九つ / 十 / 十一 / 十二 /
十三 / 十四 / 十五 / 十六 / 十七 / 十八 / 十九 / 二十 / 三十 / 四十 / 五十 / 六十 / 七十 / 八十 / 九十 / 百 / 千
""",
        "ko": """
영 공 / 하나 한 일 / 둘 두 이 / 셋 세 삼 / 넷 네 사 / 다섯 오 / 여섯 육 / 일곱 칠 / 여덟 팔 / 아홉 구 / 열 십 /
열하나 십일 / 열둘 십이 / 열셋 십삼 / 열넷 십사 / 열다섯 십오 / 열여섯 십육 / 열일곱 십칠 / 열여덟 십팔 /
열아홉 십구 / 스물 스무 이십 / 서른 삼십 / 마흔 사십 / 쉰 오십 / 예순 육십 / 일흔 칠십 / 여든 팔십 / 아흔 구십 / 백 /
천
""",
        "nl": """
nul / één een / twee / drie / vier / vijf / zes / zeven / acht / negen / tien / elf / twaalf / dertien / veertien /
vijftien / zestien / zeventien / achttien / negentien / twintig / dertig / veertig / vijftig / zestig / zeventig /
tachtig / negentig / honderd / duizend
""",
        "pl": """
zero / jeden jedna jedno jednego jednej / dwa dwie dwóch dwoje / trzy trzech / cztery czterech / pięć pięciu /
sześć sześciu / siedem siedmiu / osiem ośmiu / dziewięć dziewięciu / dziesięć dziesięciu / jedenaście / dwanaście /
trzynaście / czternaście / piętnaście / szesnaście / siedemnaście / osiemnaście / dziewiętnaście / dwadzieścia /
trzydzieści / czterdzieści / pięćdziesiąt / sześćdziesiąt / siedemdziesiąt / osiemdziesiąt / dziewięćdziesiąt / sto /
tysiąc
""",
        "pt": """
zero / um uma / dois duas / três / quatro / cinco / seis / sete / oito / nove / dez / onze / doze / treze /
catorze quatorze / quinze / dezasseis dezesseis / dezassete dezessete / dezoito / dezanove dezenove / vinte / trinta /
quarenta / cinquenta / sessenta / setenta / oitenta / noventa / cem cento / mil
""",
        "ru": """
ноль / один одна одно одного одной / два две двух / три трёх трех / четыре четырёх четырех / пять пяти / шесть шести /
семь семи / восемь восьми / девять девяти / десять десяти / одиннадцать / двенадцать / тринадцать / четырнадцать /
пятнадцать / шестнадцать / семнадцать / восемнадцать / девятнадцать / двадцать / тридцать / сорок / пятьдесят /
шестьдесят / семьдесят / восемьдесят / девяносто / сто / одна_тысяча тысяча тысячу тысячи
""",
        "th": """
ศูนย์ / หนึ่ง / สอง / สาม / สี่ / ห้า / หก / เจ็ด / แปด / เก้า / สิบ / สิบเอ็ด / สิบสอง / สิบสาม / สิบสี่ / สิบห้า /
สิบหก / สิบเจ็ด / สิบแปด / สิบเก้า / ยี่สิบ / สามสิบ / สี่สิบ / ห้าสิบ / หกสิบ / เจ็ดสิบ / แปดสิบ / เก้าสิบ /
ร้อย หนึ่งร้อย / พัน หนึ่งพัน
""",
        "tr": """
sıfır / bir / iki / üç / dört / beş / altı / yedi / sekiz / dokuz / on / onbir on_bir / oniki on_iki / onüç on_üç /
ondört on_dört / onbeş on_beş / onaltı on_altı / onyedi on_yedi / onsekiz on_sekiz / ondokuz on_dokuz / yirmi / otuz /
kırk / elli / altmış / yetmiş / seksen / doksan / yüz / bin
""",
        "zh": """
零 / 一 / 二 / 三 / 四 / 五 / 六 / 七 / 八 / 九 / 十 / 十一 / 十二 / 十三 / 十四 / 十五 / 十六 / 十七 / 十八 / 十九 /
二十 / 三十 / 四十 / 五十 / 六十 / 七十 / 八十 / 九十 / 一百 百 / 一千 千
""",
        "zh-tw": """
零 / 一 / 二 / 三 / 四 / 五 / 六 / 七 / 八 / 九 / 十 / 十一 / 十二 / 十三 / 十四 / 十五 / 十六 / 十七 / 十八 / 十九 /
二十 / 三十 / 四十 / 五十 / 六十 / 七十 / 八十 / 九十 / 一百 百 / 一千 千
""",
    },
    VALUES,
)
