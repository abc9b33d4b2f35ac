"""Months and days of the week by language. Data only.

From CLDR (by Babel 2.19: wide names, alone and in a date), with the case forms of Polish and Russian and the usual
other names from own knowledge. The order is that of ISO 8601: 1 is January, 1 is Monday.
"""

from __future__ import annotations

from typing import Final

from aicache.guards.lexicon.tables import numbered

MONTHS: Final = numbered(
    {
        "ar": """
يناير كانون_الثاني / فبراير شباط / مارس آذار / أبريل نيسان / مايو أيار / يونيو حزيران / يوليو تموز / أغسطس آب /
سبتمبر أيلول / أكتوبر تشرين_الأول / نوفمبر تشرين_الثاني / ديسمبر كانون_الأول
""",
        "de": """
januar jänner / februar feber / märz / april / mai / juni / juli / august / september / oktober / november /
dezember
""",
        "en": """
january jan / february feb / march / april apr / may / june jun / july jul / august aug / september sept sep /
october oct / november nov / december dec
""",
        "es": """
enero / febrero / marzo / abril / mayo / junio / julio / agosto / septiembre setiembre / octubre / noviembre /
diciembre
""",
        "fr": """
janvier / février / mars / avril / mai / juin / juillet / août / septembre / octobre / novembre / décembre
""",
        "it": """
gennaio / febbraio / marzo / aprile / maggio / giugno / luglio / agosto / settembre / ottobre / novembre / dicembre
""",
        "ja": """
1月 一月 / 2月 二月 / 3月 三月 / 4月 四月 / 5月 五月 / 6月 六月 / 7月 七月 / 8月 八月 / 9月 九月 / 10月 十月 /
11月 十一月 / 12月 十二月
""",
        "ko": """
1월 / 2월 / 3월 / 4월 / 5월 / 6월 / 7월 / 8월 / 9월 / 10월 / 11월 / 12월
""",
        "nl": """
januari / februari / maart / april / mei / juni / juli / augustus / september / oktober / november / december
""",
        "pl": """
styczeń stycznia styczniu / luty lutego lutym / marzec marca marcu / kwiecień kwietnia kwietniu / maj maja maju /
czerwiec czerwca czerwcu / lipiec lipca lipcu / sierpień sierpnia sierpniu / wrzesień września wrześniu /
październik października październiku / listopad listopada listopadzie / grudzień grudnia grudniu
""",
        "pt": """
janeiro / fevereiro / março / abril / maio / junho / julho / agosto / setembro / outubro / novembro / dezembro
""",
        "ru": """
январь января январе / февраль февраля феврале / март марта марте / апрель апреля апреле / май мая мае /
июнь июня июне / июль июля июле / август августа августе / сентябрь сентября сентябре / октябрь октября октябре /
ноябрь ноября ноябре / декабрь декабря декабре
""",
        "th": """
มกราคม / กุมภาพันธ์ / มีนาคม / เมษายน / พฤษภาคม / มิถุนายน / กรกฎาคม / สิงหาคม / กันยายน / ตุลาคม / พฤศจิกายน /
ธันวาคม
""",
        "tr": """
ocak ocakta / şubat şubatta / mart martta / nisan nisanda / mayıs mayısta / haziran haziranda / temmuz temmuzda /
ağustos ağustosta / eylül eylülde / ekim ekimde / kasım kasımda / aralık aralıkta
""",
        "zh": """
一月 1月 1月份 一月份 / 二月 2月 2月份 二月份 / 三月 3月 3月份 三月份 / 四月 4月 4月份 四月份 /
五月 5月 5月份 五月份 / 六月 6月 6月份 六月份 / 七月 7月 7月份 七月份 / 八月 8月 8月份 八月份 /
九月 9月 9月份 九月份 / 十月 10月 10月份 十月份 / 十一月 11月 11月份 十一月份 / 十二月 12月 12月份 十二月份
""",
        "zh-tw": """
1月 一月 / 2月 二月 / 3月 三月 / 4月 四月 / 5月 五月 / 6月 六月 / 7月 七月 / 8月 八月 / 9月 九月 / 10月 十月 /
11月 十一月 / 12月 十二月
""",
    },
    range(1, 13),
)
"""English "may" and "march", French "mars" and the like are other words, too."""

WEEKDAYS: Final = numbered(
    {
        "ar": """
الاثنين الإثنين / الثلاثاء / الأربعاء الاربعاء / الخميس / الجمعة / السبت / الأحد
""",
        "de": """
montag / dienstag / mittwoch / donnerstag / freitag / samstag sonnabend / sonntag
""",
        "en": """
monday / tuesday / wednesday / thursday / friday / saturday / sunday
""",
        "es": """
lunes / martes / miércoles / jueves / viernes / sábado / domingo
""",
        "fr": """
lundi / mardi / mercredi / jeudi / vendredi / samedi / dimanche
""",
        "it": """
lunedì / martedì / mercoledì / giovedì / venerdì / sabato / domenica
""",
        "ja": """
月曜日 月曜 / 火曜日 火曜 / 水曜日 水曜 / 木曜日 木曜 / 金曜日 金曜 / 土曜日 土曜 / 日曜日 日曜
""",
        "ko": """
월요일 / 화요일 / 수요일 / 목요일 / 금요일 / 토요일 / 일요일
""",
        "nl": """
maandag / dinsdag / woensdag / donderdag / vrijdag / zaterdag / zondag
""",
        "pl": """
poniedziałek poniedziałku / wtorek wtorku / środa środę środy / czwartek czwartku / piątek piątku /
sobota sobotę soboty / niedziela niedzielę niedzieli
""",
        "pt": """
segunda-feira segunda / terça-feira terça / quarta-feira quarta / quinta-feira quinta / sexta-feira sexta / sábado /
domingo
""",
        "ru": """
понедельник понедельника / вторник вторника / среда среду среды / четверг четверга / пятница пятницу пятницы /
суббота субботу субботы / воскресенье воскресенья
""",
        "th": """
วันจันทร์ จันทร์ / วันอังคาร อังคาร / วันพุธ พุธ / วันพฤหัสบดี พฤหัส พฤหัสบดี / วันศุกร์ ศุกร์ / วันเสาร์ เสาร์ /
วันอาทิตย์ อาทิตย์
""",
        "tr": """
pazartesi / salı / çarşamba / perşembe / cuma / cumartesi / pazar
""",
        "zh": """
星期一 周一 礼拜一 / 星期二 周二 礼拜二 / 星期三 周三 礼拜三 / 星期四 周四 礼拜四 / 星期五 周五 礼拜五 /
星期六 周六 礼拜六 / 星期日 周日 周天 星期天 礼拜天 礼拜日
""",
        "zh-tw": """
星期一 週一 禮拜一 / 星期二 週二 禮拜二 / 星期三 週三 禮拜三 / 星期四 週四 禮拜四 / 星期五 週五 禮拜五 /
星期六 週六 禮拜六 / 星期日 週日 星期天 禮拜天 禮拜日
""",
    },
    range(1, 8),
)
