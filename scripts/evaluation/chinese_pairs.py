"""Generates hard Chinese pairs from real questions by rules: a change that changes the answer, or a paraphrase.

Pure except for `real_questions`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from evaluation.data import read_pairs

Change: TypeAlias = Callable[[str, random.Random], str | None]
"""Returns a changed question, or None if the rule does not apply."""

CITIES = (
    "北京 上海 广州 深圳 天津 重庆 成都 武汉 杭州 南京 西安 苏州 青岛 大连 沈阳 厦门 长沙 郑州 济南 昆明 哈尔滨".split()
)
PROVINCES = "广东 广西 湖南 湖北 河南 河北 山东 山西 江苏 江西 浙江 安徽 福建 四川 贵州 云南 海南 辽宁 吉林".split()
DAYS = "今天 明天 昨天 后天".split()
MONTHS = "上个月 这个月 下个月".split()
WEEKDAYS = "周一 周二 周三 周四 周五 周六 周日".split()
SWAPS = {
    "before-after": (("之前", "之后"), ("以前", "以后"), ("提前", "延期")),
    "open-close": (
        *(("开通", "关闭"), ("打开", "关闭"), ("登录", "退出"), ("绑定", "解绑"), ("安装", "卸载"), ("上传", "下载")),
        *(("增加", "减少"), ("提高", "降低"), ("买", "卖"), ("转入", "转出"), ("存款", "取款"), ("最高", "最低")),
    ),
}
NEGATIONS = (("可以", "不可以"), ("能", "不能"), ("会", "不会"), ("有", "没有"), ("需要", "不需要"), ("要", "不要"))
POLITE = ("请问", "你好，", "您好，请问", "我想问一下，", "麻烦问下")
SYNONYMS = (
    ("怎么", "如何"),
    ("如何", "怎样"),
    ("为什么", "为何"),
    ("什么时候", "何时"),
    ("可以", "能"),
    ("多长时间", "多久"),
)
ENDINGS = ("？", "?", "呢？", "呀", "啊？", "，谢谢", "，急")


def real_questions(path: Path) -> list[str]:
    """Return both questions of every pair in a file, once each and in order."""
    return list(dict.fromkeys(text for pair in read_pairs(path, None, 0) for text in (pair.one, pair.other)))


def make_pairs(questions: Sequence[str], each: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield up to *each* changed pairs per capability, each followed by a paraphrase of the same question."""
    for capability, change in CAPABILITIES.items():
        chance = random.Random(f"{seed} {capability}")
        made = 0
        for question in chance.sample(list(questions), len(questions)):
            other = change(question, chance)
            if other is None or other == question:
                continue
            yield {"a": question, "b": other, "y": 0, "cap": capability, "test": "changed"}
            yield {"a": question, "b": paraphrase(question, chance), "y": 1, "cap": capability, "test": "paraphrase"}
            made += 1
            if made == each:
                break


def paraphrase(question: str, chance: random.Random) -> str:
    """Rephrase a question: a synonym if possible, sometimes a polite opening, another ending."""
    for word, other in chance.sample(SYNONYMS, len(SYNONYMS)):
        if word in question and f"不{word}" not in question:
            question = question.replace(word, other, 1)
            break
    if chance.random() < 0.5:
        question = chance.choice(POLITE) + question
    return re.sub(r"[吗呢啊呀]?[?？。!！]*$", "", question) + (_question_particle(question) or chance.choice(ENDINGS))


def _question_particle(question: str) -> str:
    return "吗？" if re.search(r"吗[?？。!！]*$", question) else ""


def change_number(question: str, chance: random.Random) -> str | None:
    found = re.search(
        r"(?<![A-Za-z\d.*])\d{1,5}(?![\d*])|(?<!第)[二三四五六七八九两](?=[个天年月号岁次块元万千百])", question
    )
    if found is None:
        return None
    if found[0].isdigit():
        other = str(int(found[0]) + chance.choice((1, 2, 3, 5, 10, 20)))
    else:
        other = chance.choice([char for char in "二三四五六七八九" if char != found[0].replace("两", "二")])
    return question[: found.start()] + other + question[found.end() :]


def replace_within(*groups: Sequence[str]) -> Change:
    """Return a rule that replaces a word by another one of its group."""

    def change(question: str, chance: random.Random) -> str | None:
        for group in groups:
            for word in group:
                if word in question:
                    rest = [other for other in group if other != word and other not in question]
                    return question.replace(word, chance.choice(rest), 1) if rest else None
        return None

    return change


def negate(question: str, chance: random.Random) -> str | None:
    """Add a negation, or remove the only one."""
    if re.search(r"(.)[不没]\1|是否", question):  # 能不能 is neither affirmative nor negative
        return None
    for word, no in NEGATIONS:
        if no in question and question.count("不") + question.count("没") == 1:
            return question.replace(no, word, 1)
    if re.search("[不没无未别非否]", question):
        return None
    return next((question.replace(word, no, 1) for word, no in NEGATIONS if word in question), None)


def swap(pairs: Sequence[tuple[str, str]]) -> Change:
    """Return a rule that replaces one word of a pair by the other."""

    def change(question: str, chance: random.Random) -> str | None:
        for one, other in pairs:
            if (one in question) != (other in question):
                return question.replace(one, other) if one in question else question.replace(other, one)
        return None

    return change


CAPABILITIES: dict[str, Change] = {
    "numbers": change_number,
    "dates": replace_within(DAYS, MONTHS, WEEKDAYS),
    "places": replace_within(CITIES, PROVINCES),
    "negation": negate,
    **{capability: swap(pairs) for capability, pairs in SWAPS.items()},
}
