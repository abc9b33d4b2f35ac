"""Normalizes spelling: widths, case, quotation marks, contractions, Chinese scripts. Pure.

For comparing only: embedders get the text as it was sent.
"""

from __future__ import annotations

import re
import unicodedata

from aicache.guards.patterns import any_of, compile_later

# Traditional and simplified characters in turn: those common in questions, each with a single simplified form.
_TRADITIONAL_SIMPLIFIED = (
    "這这個个來来時时為为們们說说國国會会後后過过開开關关對对還还沒没嗎吗麼么現现無无從从發发當当動动問问題题應应"
    "該该電电話话機机網网頁页帳帐號号碼码錢钱銀银貸贷費费額额買买賣卖價价錯错誤误連连線线車车門门長长間间見见觀观"
    "覺觉學学習习讓让請请謝谢認认識识證证設设計计記记讀读寫写語语詞词詢询調调誰谁課课試试評评訊讯許许論论訂订訴诉"
    "診诊譯译議议護护變变給给級级結结統统經经終终續续約约紅红紙纸細细組组織织練练綁绑縣县總总績绩維维編编緩缓繳缴"
    "紹绍絡络綠绿緊紧繼继歲岁樣样樓楼權权標标橋桥條条東东業业極极檢检歡欢氣气決决況况涼凉減减測测溫温準准滿满漢汉"
    "漲涨濟济災灾點点熱热燈灯燒烧爭争爾尔狀状獨独獲获環环產产畫画異异療疗盡尽監监盤盘眾众礎础確确禮礼種种稱称穩稳"
    "積积窮穷競竞筆笔節节範范簡简簽签籤签糧粮係系純纯絕绝絲丝罰罚義义聖圣聞闻聯联聲声職职聽听腦脑腳脚臉脸臨临舉举"
    "舊旧與与興兴華华萬万葉叶蓋盖藍蓝藥药藝艺蘇苏蘋苹處处虛虚虧亏蟲虫術术衛卫衝冲補补裝装裡里裏里製制複复親亲觸触"
    "規规視视覽览訓训託托詳详誌志誠诚誕诞談谈講讲讚赞負负財财貢贡責责貨货貼贴貴贵貿贸賀贺資资賓宾賠赔賴赖賺赚購购"
    "賽赛贈赠贊赞贏赢趕赶跡迹踐践軍军軌轨軟软較较載载輕轻輛辆輸输轉转辦办農农運运達达違违遠远適适選选遲迟遺遗邊边"
    "郵邮鄉乡醫医醬酱釋释針针鐘钟鐵铁鋼钢錄录鍵键鎖锁鏡镜鑰钥閉闭閱阅閒闲闆板陣阵陽阳陰阴隊队階阶際际隨随險险隱隐"
    "難难雞鸡離离雲云靜静頂顶項项順顺須须預预頭头頻频顏颜願愿類类顧顾顯显風风飛飞飯饭飲饮養养館馆駕驾駛驶騎骑騙骗"
    "驗验驚惊體体髮发鬆松魚鱼鮮鲜鳥鸟麗丽麥麦黃黄齊齐齒齿龍龙龜龟兒儿兩两內内冊册凍冻劃划劇剧劉刘創创勝胜勞劳勢势"
    "勵励匯汇區区協协單单卻却厭厌參参雙双員员啟启嘗尝嚴严圍围園园圓圆圖图團团場场塊块報报墊垫壓压壞坏夠够夢梦奪夺"
    "奧奥奮奋婦妇孫孙實实審审導导將将尋寻屆届屬属島岛幣币帶带幫帮幹干幾几庫库廠厂廣广廢废張张強强彈弹彙汇徵征徑径"
    "復复恆恒悶闷惡恶愛爱態态慣惯慮虑憂忧憑凭懷怀戰战戲戏戶户拋抛掃扫掛挂採采換换揮挥損损搶抢擁拥擇择擊击擋挡據据"
    "擔担擬拟擴扩攝摄數数敵敌斷断於于曆历歷历曉晓書书朧胧樂乐構构槍枪歐欧殘残殺杀毀毁滅灭潔洁潛潜灣湾煩烦牆墙牽牵"
    "猶犹獎奖瑪玛畢毕疊叠癥症癒愈癡痴皺皱盜盗矯矫碩硕禦御稅税穌稣窩窝築筑篩筛紀纪紋纹納纳紐纽紡纺紮扎絨绒綜综綫线"
    "緣缘縮缩縱纵纖纤罵骂聰聪肅肃脫脱腫肿膚肤膽胆艦舰艱艰莊庄蒼苍薦荐蘭兰虜虏蝦虾螢萤襲袭襪袜訪访詐诈詩诗誇夸諒谅"
    "諾诺謀谋謊谎謂谓謎谜譽誉貓猫貞贞貧贫販贩貫贯賃赁賄贿賞赏質质賬账贖赎躍跃軸轴輔辅輝辉輪轮輯辑遞递遷迁遼辽邏逻"
    "鄰邻鄭郑釘钉釣钓鈔钞鈕钮銅铜銷销鋪铺鋒锋錦锦鍋锅鍛锻鎮镇閃闪閩闽闊阔闖闯陸陆陳陈隻只霧雾靈灵鞏巩韓韩響响頓顿"
    "頑顽頒颁頗颇領领頸颈顛颠餅饼餓饿餘余饋馈馬马駐驻騰腾驅驱驟骤髒脏鬥斗鬧闹鬱郁鯊鲨鴨鸭鴻鸿鵝鹅鷹鹰鹽盐麵面黨党"
    "齡龄傢家備备傳传傷伤債债傾倾僅仅僑侨儀仪億亿優优償偿儲储凱凯剛刚倉仓偉伟側侧偵侦喚唤喪丧嗚呜嘆叹嘍喽囉啰壽寿"
    "夾夹妝妆媽妈嬌娇寧宁寬宽寶宝專专層层嶺岭師师帥帅幟帜彌弥彎弯徹彻悅悦愜惬慘惨慚惭懇恳懶懒憶忆掙挣揀拣揚扬擠挤"
    "擾扰攔拦攜携敗败啞哑曬晒暫暂楊杨棄弃榮荣樁桩橫横檔档櫃柜欄栏歸归殼壳毆殴汙污沖冲洩泄淚泪淨净渾浑湯汤滯滞滾滚"
    "漁渔瀏浏煉炼煙烟燙烫營营爐炉週周"
)
_QUOTES = {
    **dict.fromkeys(map(ord, "‘’‛ʼ＇`´"), "'"),
    **dict.fromkeys(map(ord, "“”„‟「」『』《》«»"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—−"), "-"),
}
_SIMPLIFIED = {
    ord(old): new for old, new in zip(_TRADITIONAL_SIMPLIFIED[::2], _TRADITIONAL_SIMPLIFIED[1::2], strict=True)
} | dict.fromkeys(map(ord, "帐帳"), "账")
_REPLACED_CHARACTERS = _QUOTES | _SIMPLIFIED
_REPLACED = re.compile(f"[{''.join(map(chr, _REPLACED_CHARACTERS))}]")
_WIDE_MARKS = tuple(zip("，？！：；（）", ",?!:;()", strict=True))
"""What makes most Chinese texts differ from NFKC, which takes long."""
_EITHER_SCRIPT = frozenset("后里只斗余志表冲松面几台系干卷出准云才沈胡范症借克了吁向夸姜布朴困姓弦折占致朱秋签")
"""Simplified forms that are traditional characters, too."""
_ONLY_TRADITIONAL = compile_later(f"[{''.join(map(chr, _SIMPLIFIED.keys()))}]")
_ONLY_SIMPLIFIED = compile_later(
    f"[{''.join(sorted({new for new in _SIMPLIFIED.values() if ord(new) not in _SIMPLIFIED} - _EITHER_SCRIPT))}]"
)
_KANA = re.compile("[぀-ヿ]")

_NEGATED_VERBS = ("do", "does", "did", "is", "are", "was", "has", "would", "should")
_CONTRACTED_WORDS = {f"{verb}nt": f"{verb} not" for verb in _NEGATED_VERBS} | {
    "couldnt": "could not", "havent": "have not", "wont": "will not", "cant": "can not", "cannot": "can not",
    "im": "i am", "ive": "i have", "id like": "i would like", "whats": "what is", "hows": "how is",
    "wheres": "where is", "whos": "who is", "thats": "that is", "gonna": "going to", "wanna": "want to",
    "u": "you", "ur": "your", "pls": "please", "plz": "please", "w/o": "without",
}  # fmt: skip
_CONTRACTION = re.compile(
    r"\b(?P<shan>ca|wo|sha)n't\b|n't\b|'(?P<verb>re|ll|ve|m|d)\b"
    r"|(?<=\b(?:what|that|here))'s\b|(?<=\b(?:it|he))'s\b|(?<=\b(?:how|who|she))'s\b|(?<=\b(?:where|there))'s\b"
    r"|(?P<whole>\b(?:" + "|".join(sorted(map(re.escape, _CONTRACTED_WORDS), key=len, reverse=True)) + r")(?![\w']))"
)
_LETTERS = re.compile("[a-z]+")
_CONTRACTED = frozenset([found[0] for word in _CONTRACTED_WORDS if (found := _LETTERS.match(word))])
"""The letters that each contraction without an apostrophe begins with."""
_CONTRACTED_VERBS = {"re": " are", "ll": " will", "ve": " have", "m": " am", "d": " would"}
_NEGATED_STEMS = {"ca": "can not", "wo": "will not", "sha": "shall not"}

# Chinese synonyms, by the one that replaces them.
_CHINESE_SYNONYMS = {
    phrase: same
    for same, phrases in {
        "为什么": "为什么 为啥 为何 为毛 干嘛",
        "为什么不": "咋不 怎么不",
        "为什么没": "咋没 怎么没",
        "怎么": "怎么样才能 怎么才能 怎样才能 如何才能 怎样 如何 咋样 咋 怎麽",
        "何时": "什么时候 什么时间 啥时候 几时",
        "能": "可以 能够 能不能 可不可以 能否 可否 是否可以 是否能",
        "是": "是不是 是否",
        "有": "有没有",
        "会": "会不会",
        "要": "要不要",
        "没": "没有",
        "后": "之后 以后",
        "前": "之前 以前",
        "或": "还是",
        "什么": "啥 哪些",
        "哪儿": "哪里",
        "多久": "多长时间",
        "手机号": "手机号码",
        "登录": "登陆",
        "": "一下",
    }.items()
    for phrase in phrases.split()
}
_CHINESE_SYNONYM = compile_later(any_of(sorted(_CHINESE_SYNONYMS, key=len, reverse=True)))


_OPINION = compile_later(
    r"\b(?P<who>who|what|which) do (?P<whose>[^?.,]{1,40}?) think (?P<be>is|are) (?P<what>[^?.,]{1,120})"
)


def normalize(text: str) -> str:
    """Return *text* in a form that is the same for texts that differ only in spelling and spaces.

    Never raises; linear in length.
    """
    if not text.isascii():
        text = normalize_keeping_case(text)
    elif "`" in text:
        text = text.replace("`", "'")
    text = text.casefold()
    if "\u0307" in text:
        text = text.replace("i\u0307", "i")  # Turkish capital I with a dot
    if "'" in text or not _CONTRACTED.isdisjoint(_LETTERS.findall(text)):
        text = _CONTRACTION.sub(_spelled_out, text)
    if " think " in text:
        text = _OPINION.sub(r"\g<who> \g<be> \g<what> according to \g<whose>", text)
    if not text.isascii():
        text = _CHINESE_SYNONYM.sub(lambda match: _CHINESE_SYNONYMS[match[0]], text)
    return " ".join(text.split())


def normalize_keeping_case(text: str) -> str:
    """Return *text* normalized except for its case, by which guards recognize names and identifiers."""
    if text.isascii():
        return text
    for wide, mark in _WIDE_MARKS:
        text = text.replace(wide, mark)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    for char in {*_REPLACED.findall(text)}:
        text = text.replace(char, _REPLACED_CHARACTERS[ord(char)])
    return text


def chinese_script(text: str) -> str:
    """Return "simplified" or "traditional", whichever a Chinese text is written in; "" if none or both fit."""
    if _KANA.search(text) is not None:
        return ""
    traditional, simplified = _ONLY_TRADITIONAL.search(text) is not None, _ONLY_SIMPLIFIED.search(text) is not None
    if traditional == simplified:
        return ""
    return "traditional" if traditional else "simplified"


def _spelled_out(match: re.Match[str]) -> str:
    if whole := match["whole"]:
        return _CONTRACTED_WORDS[whole]
    if stem := match["shan"]:
        return _NEGATED_STEMS[stem]
    if verb := match["verb"]:
        return _CONTRACTED_VERBS[verb]
    return " not" if match[0] == "n't" else " is"
