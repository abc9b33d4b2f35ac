"""Small English words that say something else than the one in whose place they stand, and Chinese ones. Data only;
standard grammar."""

from __future__ import annotations

DETERMINERS = """
this that these those
all every each
any some
no
one single
both
either
neither
another other
many much
few several
"""
"""English determiners that are no articles and name no owner; those of a line may stand for each other."""

VERBS = """
give gives gave given giving
have has had having
take takes took taken taking
make makes made making
get gets got gotten getting
come comes came coming
go goes went gone going
keep keeps kept keeping
let lets letting
put puts putting
"""
"""English verbs that say little beside a noun, in all their forms, one a line."""

VERBS_ALIKE = """
have take
get go
get come
get have
"""
"""Those of which one may stand for the other: take a shower, have one."""

TAKING_BOTH = """
remember remembers remembered remembering
forget forgets forgot forgotten forgetting
stop stops stopped stopping
regret regrets regretted regretting
"""
"""Verbs behind which "to" and a verb tell what is still to be done, and a verb in -ing what was done, one a line."""

BEFORE_PLACES = "in on at for with from by under inside near to of about"
"""Prepositions that do not belong to the verb before them."""

BEFORE_OBJECTS = "a an the my your our his her their its this that"
"""Words with which an object begins."""

TELLING = """
explain tell show help teach describe give guide walk advise assist share provide clarify suggest recommend let say
"""
"""What is asked of who is to tell how something is done."""

UNIVERSAL_HAN = "所有|全部|全体|一切|每[一个天位张件台条次]"
INDIVIDUAL_HAN = "某|(?<!所)有的|有些|这(?![么样])|那(?![么样])|一(?:个|位|张|件|台|条)|任[何意]|各"
"""Chinese determiners for all of a kind, and for one or another of it."""

CAUSING_HAN = """
导致 引起 造成 影响 决定 取决于 等于 大于 小于 高于 低于 属于 引发
促进 推动 代替 取代 替代 超过 战胜 打败 依赖 包含 包括 产生 控制
"""
"""Chinese verbs that lead from one thing to another, and say something else when both are exchanged."""

TELLING_HAN = "告诉|教|问|介绍|解释|说明|说说|指导|指点|讲|推荐|分享|提供|帮忙|查|看|找|回答|解答|支招"
"""What is asked in Chinese of who is to tell how something is done."""

DUTIES = "must required obliged obligated mandatory compulsory"
PERMISSIONS = "allowed permitted"
"""Words that tell that one has to do something, or that one may."""

VERBS_OF_QUESTIONS = "do does did is are was were am can could will would should has have had must may might"
"""Verbs before which "what" and "how much" may ask for the same: what does it cost, how much does it cost."""
