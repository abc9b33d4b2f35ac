"""Measures what the guards take to read two questions and to compare them, in milliseconds of processor time."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator

from aicache.guards import compare_questions
from aicache.guards.text_features import extract_features, extract_long_features

SIZES = (25, 50, 100, 200, 400)  # characters
PAIRS = 100
ROUNDS = 5
"""Times that each pair is compared; the fastest counts."""
HOSTILE_TEXTS = 2000
MAX_HOSTILE_CHARS = 4000
MAX_HOSTILE_MS = 20.0
QUESTIONS = {
    "en": """How do I reset the password of my account if I have lost my phone?
What is the difference between a debit card and a credit card?
Why was my order from Berlin delivered two days later than promised?
Can I cancel my subscription before the end of the month?
Which documents do I need to open a joint account with my wife?
Where can I see the 12 latest transactions of my savings account?""",
    "zh": """我忘记了登录密码，手机也丢了，应该怎么重置？
信用卡和借记卡有什么区别？
为什么我的订单比承诺的时间晚了两天才送到？
可以在月底之前取消会员订阅吗？
和妻子一起开联名账户需要准备哪些材料？
在哪里可以查看储蓄账户最近的12笔交易？""",
    "de": """Wie setze ich das Passwort meines Kontos zurück, wenn ich mein Handy verloren habe?
Was ist der Unterschied zwischen einer Debitkarte und einer Kreditkarte?
Warum kam meine Bestellung aus Berlin zwei Tage später als versprochen?
Kann ich mein Abo vor dem Ende des Monats kündigen?
Welche Unterlagen brauche ich für ein gemeinsames Konto mit meiner Frau?
Wo sehe ich die letzten 12 Buchungen meines Sparkontos?""",
    "ja": """携帯電話をなくした場合、アカウントのパスワードをどうやって再設定しますか？
デビットカードとクレジットカードの違いは何ですか？
なぜ注文した商品は約束より2日遅れて届いたのですか？
月末までに定期購入を解約することはできますか？
妻と共同口座を開くにはどの書類が必要ですか？
普通預金口座の最近の12件の取引はどこで見られますか？""",
    "ar": """كيف أعيد تعيين كلمة مرور حسابي إذا فقدت هاتفي؟
ما الفرق بين بطاقة الخصم وبطاقة الائتمان؟
لماذا وصل طلبي من برلين متأخرا يومين عن الموعد؟
هل يمكنني إلغاء اشتراكي قبل نهاية الشهر؟
ما المستندات المطلوبة لفتح حساب مشترك مع زوجتي؟
أين أجد آخر 12 معاملة في حساب التوفير؟""",
}
PIECES = (
    *("a", "A", "I", "i", "US", "the ", "not ", "n't", "'s", "who do you think is ", "from a to b ", " by ", "was "),
    *("1", "12:30 pm", "3.10.2", "$5", "5 miles", "10mW", "twenty ", "one hundred and ", "may 5 "),
    *("第一", "二十", "半年", " ", "\n", "\t"),
    *[".", "..", ",", ";", ":", "?", "!", "-", "--", "—", "/", "://", "@", "_", "=", "{", "}", "()", "*"],
    *('"', "'", "「", "“", "：", "，", "\u200b", "\u0301", "\ufe0f", "😀", "#", "ё", "ß", "İ", "ﷺ", "㌀", "e\u0301"),
    *["的", "不", "没有", "为什么", "什么意思", "從", "比", "从北京到上海"],
    *["の", "は", "ください", "ไม่", "ครับ", "없이", "لا"],
)


def measure() -> int:
    """Print the table; return the exit code: 1 if a hostile pair takes 20 ms or more."""
    print(f"\nguards: ms of processor time to read two questions and compare them (median / p99 of {PAIRS} pairs)")
    print(f"{'characters':32}{''.join(f'{size:>16}' for size in SIZES)}")
    for language, questions in QUESTIONS.items():
        pairs = [list(_pairs(questions, language, size)) for size in SIZES]
        for remembered, name in ((False, language), (True, "  stored question remembered")):
            cells = [_cell(sorted(_time(*pair, remembered=remembered) for pair in each)) for each in pairs]
            print(f"{name:32}{''.join(cells)}")
    worst = max(_time(*pair) for pair in _hostile_pairs())
    print(f"worst of {HOSTILE_TEXTS} hostile texts of up to {MAX_HOSTILE_CHARS} characters: {worst:.1f} ms")
    return 1 if worst >= MAX_HOSTILE_MS else 0


def _cell(times: list[float]) -> str:
    return f"{statistics.median(times):8.2f} /{times[int(0.99 * len(times))]:6.2f}"


def _time(question: str, neighbor: str, *, remembered: bool = False) -> float:
    """Return the milliseconds to compare two questions; *remembered*: the neighbor was compared before, like that of
    most hits by meaning."""
    best = float("inf")
    for _ in range(ROUNDS):
        if remembered:
            _forget(question)
        else:
            extract_features.cache_clear()
            extract_long_features.cache_clear()
        compare_questions.cache_clear()
        began = time.thread_time()
        compare_questions(question, neighbor)
        best = min(best, time.thread_time() - began)
    return 1000 * best


def _forget(text: str) -> None:
    """Forget what was read of a text."""
    for extract in (extract_features, extract_long_features):
        features = vars(extract(text, ""))
        for name in features.keys() - {"text"}:
            del features[name]


def _pairs(questions: str, language: str, size: int) -> Iterator[tuple[str, str]]:
    """Yield texts of about *size* characters, each with one that differs by a word."""
    chosen = random.Random(size)
    space = "" if language in ("zh", "ja") else " "
    for _ in range(PAIRS):
        lines = questions.splitlines()
        chosen.shuffle(lines)
        words = list("".join(lines)) if not space else " ".join(lines).split()
        text = _cut(space.join(words * (1 + size // len(space.join(words)))), size, space)
        yield text, _changed(text, words, space, chosen)


def _cut(text: str, size: int, space: str) -> str:
    return text[:size].rpartition(space)[0] if space else text[:size]


def _changed(text: str, others: list[str], space: str, chosen: random.Random) -> str:
    """Return a text with a word more, less, elsewhere, or in the place of another."""
    words = text.split(space) if space else list(text)
    at, other = chosen.randrange(len(words)), chosen.choice(others)
    match chosen.randrange(4):
        case 0:
            words[at:at] = [other]
        case 1:
            del words[at]
        case 2:
            words.append(words.pop(at))
        case _:
            words[at] = other
    return space.join(words)


def _hostile_pairs() -> Iterator[tuple[str, str]]:
    """Yield texts of nothing but what is looked for, each with one that is nearly the same, or its reverse."""
    chosen = random.Random(1)
    for _ in range(HOSTILE_TEXTS):
        pieces = chosen.sample(PIECES, chosen.randrange(1, 12))
        size = chosen.choice((300, 1000, MAX_HOSTILE_CHARS))
        text = "".join(chosen.choices(pieces, k=size))[:size]
        at = chosen.randrange(len(text))
        yield text, chosen.choice((text[:at] + chosen.choice(PIECES) + text[at + 1 :], text[::-1]))[:size]
