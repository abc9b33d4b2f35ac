"""Chinese words that tell what is asked of the same thing, as patterns. Data only; standard grammar."""

from __future__ import annotations

ASKED_PARTS = (
    "什么时候|何时|几点|哪里|在哪|哪儿|谁(?!(?:能|可以|会|来)?(?:帮|告诉|给|教|介绍|推荐|知道|有))|为什么|为何|多久"
)
"""Words with which it is asked when, where, who or why."""
ASKED = "什么|何|哪|谁|怎|多久|多少|几|啥|咋|多[大高长远]"
YES_OR_NO = r"[吗嘛么]\W*$|([^\W\d])不\1|有没有|是否|能否|可否|没有\W*$"
"""What makes a question for yes or no."""

WAY = "怎么|怎样|如何|咋"
FINDING_OUT = "知道|看|判断|查|确认|确定|分辨|辨别|检查|发现"
TELLING = "知道|判断|分辨|辨别|确认|看出"
"""Those behind which a clause is what one finds out."""
WHETHER = r"有|是否|是不是|会不会|能不能|([^\W\d])不\1|没有\W*$"

WHY, WHY_DO = "为什么|为何|为啥|原因", "为什么要"
USE = "有(?:什么|啥|何)(?:用|作用|好处|坏处|意义)"
"""Words with which it is asked what something is good for."""
LETTING = "出租|租给|招租|转租"
"""What one does with a house of one's own; 租 alone is also what the tenant does."""

WAS_DONE = r"(?:怎么|在哪儿?|哪儿|什么时候|几点)[^\W是快好大]的(?=[^\W呢吗呀啊吧])"
"""A verb with 的 behind a question word, which tells that it was done: 怎么去的北京."""
IS_DONE = r"了(?:吗|没有?)\W*$"
"""An end with which it is asked whether something is done: 关了吗."""
AGAIN = r"[再又也]|正在|(?<![不需只主重])要(?=[^不]{1,5}了)"
"""Words that say that it is so again, of another, too, now, or soon."""
REQUEST = "^(?:请|麻烦)?(?:你|您)?(?:帮|把|替|给我)"
TELLING_ME = "^(?:请|记得)?(?:提醒|告诉|通知|叫)我"
"""Beginnings with which one asks for something to be done, and to be told something."""

MEASURES = "[高低大小多少长短快慢涨跌升降加减]"
"""Characters behind which an amount is by how much, or with 到 to how much, something changes."""

UNIVERSAL = "所有|全部|全都|每一?个|任何|人人"
DENIED = "[不没未无非]"

EVERY = "每个?(周|星期|礼拜|天|日|晚|早|月|年|小时)"
ONCE = "(?<![一几两三每个])(周|星期|礼拜|天|日|晚|早|月|年|小时)"
"""Times that come each time, and those that may be one."""

DETERMINED = "(?:这|那|该)(?:个|种|款|家|门|部|本|类|些|台|件|首|只|条)?([㐀-鿿])"
WHICH = "(?:什么|哪)(?:些|个|种|款|家|门|部|本|类|台|件|首|只|条)?(?P<noun>[㐀-鿿])"
"""The first character of a noun behind "this", and behind "which"."""

OF_COMPOUNDS = "(?:是什|什么|的|怎么[做写煮弄画样读算]|好吃|多少|做法|食谱|菜谱|配方)"
"""What may follow a compound, whose parts do not change places: 牛奶巧克力怎么做."""

SMALL_ADJECTIVES = "[新旧老短小大长几先]"
"""Characters that belong to the one behind them: adjectives, how many, first."""
JOINED = "[和或与及]"
"""Words that join what may stand in either order."""
WITHIN = "[里内][,，、]"
"""The end of a clause that says in what something is."""
