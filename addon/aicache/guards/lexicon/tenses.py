"""Forms of "to be" that tell the time of what is asked, by language. Data only; written for this project.

Forms that also make a perfect or a passive (wurde, a été, fue construido) are left out.
"""

from __future__ import annotations

TENSES = {
    "en": {"past": "was were did had used", "present": "is are am do does", "future": "will"},
    "de": {"past": "war waren warst wart", "present": "ist sind bin bist seid", "future": ""},
    "fr": {
        "past": "était étaient étais étiez furent fut avait avaient",
        "present": "est sont suis es a ont",
        "future": "sera seront sera-t aura auront",
    },
    "es": {
        "past": "era eran fue fueron estaba estaban había",
        "present": "es son está están hay",
        "future": "será serán",
    },
    "it": {"past": "era erano fu furono aveva", "present": "è sono ha hanno", "future": "sarà saranno avrà"},
    "pt": {"past": "era eram foi foram estava estavam havia", "present": "é são está estão há", "future": "será serão"},
    "nl": {"past": "was waren had hadden", "present": "is zijn heeft hebben", "future": "zal zullen"},
    "pl": {"past": "był była było byli były", "present": "jest są", "future": "będzie będą"},
    "ru": {"past": "был была было были", "present": "есть является являются", "future": "будет будут"},
    "ar": {"past": "كان كانت كانوا", "present": "يكون تكون", "future": "سيكون ستكون سوف"},
    "tr": {
        "past": "idi neydi kimdi nasıldı neresiydi vardı",
        "present": "nedir kimdir neresidir nasıldır",
        "future": "olacak",
    },
}
ONE_SIDED = frozenset({"ru", "ar", "tr"})
"""Languages in which "to be" in the present is mostly not said: there a past in one of two texts is a difference."""

UNSPACED_TENSES = {
    "past": "曾经|曾是|曾|でした|だった|ました|でしたか|เคย|였나요|였습니까|였어|이었|였던|였지|였죠",
    "present": "です|である|ます",
    "future": "将会|将来|でしょう|จะ",
}
"""The same in writing without spaces, and as endings of Korean words."""
