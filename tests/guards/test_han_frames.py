"""What a Chinese question asks of the same thing: when or whether, by or to how much, and where its parts stand; and
Japanese and Thai ones."""

from __future__ import annotations

import pytest

from aicache.guards import Outcome, compare_questions

ASKED = [
    ("什么时候能退货？", "能退货吗？"),
    ("在哪里能修手机？", "能修手机吗？"),
    ("谁能参加比赛？", "能参加比赛吗？"),
    ("为什么要打疫苗？", "要打疫苗吗？"),
    ("怎么知道我有没有怀孕？", "怎么怀孕？"),
    ("怎么知道下雨了", "怎么下雨了"),
    ("怎么判断手机是否解锁？", "怎么解锁手机？"),
    ("这个药能治哪些病？", "哪些药能治这个病？"),
    ("这种充电器能充哪些手机？", "哪些充电器能充这种手机？"),
]
OTHER_ANSWERS = [
    ("你叫什么", "你为什么叫"),
    ("保险有哪些", "保险有什么用"),
    ("怎么出租房子", "怎么租房子"),
    ("一次吃几片", "几次吃一片"),
    ("先打印再签字", "先签字再打印"),
    ("再发一次验证码", "发一次验证码"),
    ("他也去吗", "他去吗"),
    ("怎么去的北京", "怎么去北京"),
    ("我要被辞退了怎么办", "我被辞退了怎么办"),
    ("为什么要戴口罩", "要不要戴口罩"),
    ("帮我把闹钟关了", "闹钟关了吗"),
    ("提醒我什么时候吃药", "提醒我吃药"),
]
JAPANESE_AND_THAI = [
    ("誰が来ますか", "誰か来ますか"),
    ("何が食べられますか", "何か食べられますか"),
    ("温度を5度上げて", "温度を5度に上げて"),
    ("ยกเลิกการจอง", "ยกเลิกการจองอย่างไร"),
]
AMOUNTS = [
    ("把空调调低2度", "把空调调低到2度"),
    ("音量减少20", "音量减少到20"),
    ("价格涨了10元", "价格涨到10元"),
    ("每周一早上叫我起床", "周一早上叫我起床"),
    ("每天提醒我吃药", "今天提醒我吃药"),
    ("查出有科目不及格的学生", "查出所有科目都不及格的学生"),
    ("所有人都没来吗", "有人都没来吗"),
]
PARTS = [
    ("牛奶咖啡怎么做？", "咖啡牛奶怎么做？"),
    ("数据分析是什么", "分析数据是什么"),
    ("找新公司的工作", "找公司的新工作"),
    ("推荐一家便宜的酒店附近的餐厅", "推荐一家酒店附近的便宜的餐厅"),
    ("中国最大的公司老板是谁？", "中国最大的公司里，老板是谁？"),
]
SAME = [
    ("怎么设置铃声", "铃声怎么设置"),
    ("冰箱里的异味怎么去除", "冰箱的异味怎么去除"),
    ("每天应该喝多少水", "每天该喝多少水"),
    ("什么牌子的运动鞋好？", "运动鞋什么牌子的好？"),
    ("为什么冬天下雪不打雷", "冬天下雪为什么不打雷"),
    ("怎么知道手机有没有中毒", "如何知道手机有没有中毒"),
    ("好看的电视剧推荐几部", "推荐几部好看的电视剧"),
    ("誰が来ますか", "誰が来ますか？"),
    ("7時に起こして", "7時に起こしてください"),
    ("古代中国的四大发明是什么？", "中国古代四大发明是什么？"),
]


@pytest.mark.parametrize(("one", "other"), [*ASKED, *OTHER_ANSWERS, *JAPANESE_AND_THAI, *AMOUNTS, *PARTS])
def test_something_else_is_asked(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is not Outcome.EXPLAINED
    assert compare_questions(other, one).outcome is not Outcome.EXPLAINED


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_is_asked(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED
