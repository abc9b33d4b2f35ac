"""Questions whose answer depends on the moment, or on the person who asks: no other answer is theirs for long. Pure."""

from __future__ import annotations

import re

from aicache.guards.normalise import normalise

_NOW = re.compile(
    r"\b(?:today|todays|tonight|tomorrow|yesterday|nowadays|currently|latest|newest|recently|(?:right|just|as of) now"
    r"|at (?:the|this) moment|up to date|so far|(?:this|next|last) (?:week|month|year|weekend|morning|evening|night)"
    r"|current (?!affairs\b|density\b|mirror\b|carrying\b)\w+|(?:live|breaking) (?:score|scores|news|price|prices)"
    r"|(?:weather|forecast) (?:in|for|like|at|of)|what (?:is the weather|time is it|day is it|is the time|is the date)"
    r"|(?:stock|share|gold|oil|bitcoin|btc) price|exchange rate)\b"
    r"|今天|今日|今晚|今早|明天|昨天|后天|前天|现在|目前|当前|眼下|最新|最近|近期|实时|刚刚|刚才|这周|本周|上周|下周|这个月"
    r"|本月|上个月|下个月|今年|明年|去年|几点了|股价|汇率|金价|油价|天气|行情"
)
_OWN = (
    r"orders?|balances?|account balance|statements?|packages?|parcels?|delivery|shipments?|refunds?|transactions?"
    r"|tickets?|bookings?|reservations?|appointments?|flights?|bills?|invoices?|subscriptions?|calendar|schedule"
    r"|meetings?|alarms?|reminders?|inbox|emails?|messages|location|name|birthday|points|quota|usage"
    r"|to-?do list|shopping list"
)
_PERSON = re.compile(
    rf"\bmy (?:(?:last|next|latest|recent|current|own) )?(?:{_OWN})\b|\b(?:where|who) am i\b|\bdo i have any\b"
    r"|\bdid i\b"
    r"|我的?(?:订单|快递|包裹|余额|账单|额度|积分|预约|机票|车票|退款|物流|发票|位置|名字|工单|日程|闹钟)"
    r"|我的?(?:会议|邮件|欠款|流量|话费)"
    r"|我(?:是谁|在哪儿|叫什么名字|欠多少|还欠|还剩|什么时候还款)"
)


def depends_on_now(question: str) -> bool:
    """Tell whether the answer will be another one soon, or is another one for another person. Never raises."""
    plain = normalise(question)
    return _NOW.search(plain) is not None or _PERSON.search(plain) is not None
