"""Guards: near misses are refused by name, paraphrases pass, whichever question came first."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.guards import Comparison, Outcome, compare_questions
from aicache.guards.leftovers import EASE, MOST_EASE
from aicache.guards.text_features import MAX_CACHED_LONG_TEXTS, MAX_SHORT_CHARS, TextFeatures, extract_features

NEAR_MISSES = [
    ("numbers", "How far is 5 miles?", "How far is 50 miles?"),
    ("numbers", "How far is 5 miles?", "How far is 5 km?"),
    ("numbers", "一斤等于多少克？", "一公斤等于多少克？"),
    ("numbers", "Who won World War I?", "Who won World War II?"),
    ("sign", "What is 7 / 5?", "What is 7 * 5?"),
    ("sign", "What does the flag -r mean in cp?", "What does the flag -R mean in cp?"),
    ("sign", "What does s/a/b/g do?", "What does s/a/b/ do?"),
    ("sign", "Is a 10 mW laser safe?", "Is a 10 MW laser safe?"),
    ("letter", "How is hepatitis A treated?", "How is hepatitis treated?"),
    ("letter", "What is USB-C?", "What is USB-A?"),
    ("roles", "円をドルに替えるには", "ドルを円に替えるには"),
    ("order", "f(g(x)) composition meaning", "g(f(x)) composition meaning"),
    ("tongue", "Wat is blockchain?", "Was ist Blockchain?"),
    ("sign", "What does rm -rf ./ do?", "What does rm -rf / do?"),
    ("sign", "Reply to the message: 😀", "Reply to the message: 😢"),
    ("pronoun", "Где он живёт?", "Где она живёт?"),
    ("quantifier", "Are all snakes venomous?", "Are some snakes venomous?"),
    ("antonym", "Darf ich vor der Operation essen?", "Darf ich nach der Operation essen?"),
    ("antonym", "Wie schalte ich das WLAN an?", "Wie schalte ich das WLAN aus?"),
    ("antonym", "¿Qué se hace antes de la operación?", "¿Qué se hace después de la operación?"),
    ("order", "Subtract 8 from 20", "Subtract 20 from 8"),
    ("order", "Who did Brutus kill?", "Who killed Brutus?"),
    ("order", "熊吃什么", "什么吃熊"),
    ("order", "¿Cómo voy de Sevilla a Córdoba?", "¿Cómo voy de Córdoba a Sevilla?"),
    ("order", "A room for two adults and one child?", "A room for one adult and two children?"),
    ("numbers", "What can I buy for twenty dollars?", "What can I buy for thirty dollars?"),
    ("numbers", "What is new in Python 3.11.1?", "What is new in Python 3.11.2?"),
    ("numbers", "Is the shop open on Monday?", "Is the shop open on Tuesday?"),
    ("numbers", "Is it safe to call at 5 am?", "Is it safe to call at 5 pm?"),
    ("numbers", "What happened on March 3rd?", "What happened on March 4th?"),
    ("numbers", "借5万一个月利息多少", "借5万三个月利息多少"),
    ("numbers", "二十岁能贷款吗", "二十五岁能贷款吗"),
    ("numbers", "手续费是百分之五吗", "手续费是百分之三吗"),
    ("numbers", "周五几点关门", "周六几点关门"),
    ("negation", "Is it safe to eat this?", "Is it not safe to eat this?"),
    ("negation", "Can I pay without a card?", "Can I pay with a card?"),
    ("negation", "Why can I not withdraw money?", "Why can I withdraw money?"),
    ("negation", "Why hasn't my refund arrived?", "Why has my refund arrived?"),
    ("negation", "我能用微信还款吗", "我不能用微信还款吗"),
    ("negation", "为什么没有额度", "为什么有额度"),
    ("antonym", "How do I enable two-factor login?", "How do I disable two-factor login?"),
    ("antonym", "Is it normal to eat before 8am?", "Is it normal to eat after 8am?"),
    ("antonym", "怎么开通花呗", "怎么关闭花呗"),
    ("antonym", "還款前可以提前結清嗎", "還款後可以提前結清嗎"),
    ("tongue", "開通帳號", "开通账号"),
    ("antonym", "上个月的账单在哪里", "下个月的账单在哪里"),
    ("polarity", "Why is my phone so slow?", "Why is my phone so fast?"),
    ("polarity", "Which drugs are safe during pregnancy?", "Which drugs are unsafe during pregnancy?"),
    ("polarity", "Is that a legal contract?", "Is that an illegal contract?"),
    ("degree", "How can I become more patient?", "How can I become less patient?"),
    ("gender", "What should I give my sister?", "What should I give my brother?"),
    ("aspect", "Is Ann a nurse?", "Is Ann becoming a nurse?"),
    ("sibling", "How do I sort a list in Python?", "How do I sort a list in Java?"),
    ("sibling", "花呗怎么还款", "借呗怎么还款"),
    ("country", "What is the capital of France?", "What is the capital of Spain?"),
    ("city", "上海有什么好玩的", "北京有什么好玩的"),
    ("name", "Who was married to Ada Lovelace?", "Who was married to Ada Byron?"),
    ("name", "How old is the city of Paris?", "How old is the city of Ouagadougou?"),
    ("roles", "Flights from Paris to London", "Flights from London to Paris"),
    ("roles", "Does Anna trust Peter?", "Does Peter trust Anna?"),
    ("roles", "从北京到上海的火车", "从上海到北京的火车"),
    ("roles", "男人喜欢什么样的女人", "女人喜欢什么样的男人"),
    ("roles", "为什么男人喜欢搂着女人睡觉", "女人为什么喜欢搂着男人睡觉？"),
    ("direction", "How do I go from Paris to London by train?", "How can I travel from London to Paris by rail?"),
    (
        "order",
        "Which British ship was captured in 1803 and became a French trading vessel?",
        "Which French ship was captured in 1803 and became a British trading vessel?",
    ),
    (
        "order",
        "Was the institution sanctioned by the new government and given its current name?",
        "Was the institution sanctioned by the current government and given its new name?",
    ),
    ("order", "他出生在上海后来在广州读大学最后到北京公司工作", "他出生在广州后来在北京读大学最后到上海公司工作"),
    ("part", "毫不气馁的馁是什么意思", "毫不气馁是什么意思"),
    ("part", "毫不气馁的馁是什么意思", "毫不气馁的气是什么意思"),
    ("character", "皖是哪个省的简称", "滇是哪个省的简称"),
    ("character", "彬字的行书怎么写", "焱字的行书是怎么写"),
    ("voice", "Does Anna remember Peter?", "Is Anna remembered by Peter?"),
    ("junction", "Is she a singer or a dancer?", "Is she both a singer and a dancer?"),
    ("code", "What does get_user_id do here?", "What does get_user_name do here?"),
    ("code", "Is https://example.com/a safe?", "Is https://example.com/b safe?"),
    ("quote", 'What does "carpe diem" mean?', 'What does "alea iacta est" mean?'),
    ("language", "Say good morning in Mandarin", "Say good morning in Hindi"),
    ("format", "List the planets as JSON", "List the planets as YAML"),
    ("tongue", "How do I reset the password of my account?", "Wie setze ich das Passwort für mein Konto zurück?"),
    ("tongue", "How do I reset my password?", "怎么重置我的密码？"),
]  # fmt: skip

PARAPHRASES = [
    ("How do I reset my password?", "how can I reset my passwords"),
    ("How do I reset my password?", "I don't know how to reset my password"),
    ("What's the capital of France?", "what is the capital of france"),
    ("Don't you like it?", "Do not you like it?"),
    ("How far is 5 miles?", "How far is five miles?"),
    ("Does it weigh 1 kg?", "Does it weigh 1 kilogram?"),
    ("Can it wait an hour?", "Can it wait 1 hour?"),
    ("Can it wait 60 minutes?", "Can it wait 1 hour?"),
    ("Is the shop open at 17:00?", "Is the shop open at 5 pm?"),
    ("What does iPhone6 cost?", "What does iPhone 6 cost?"),
    ("How can I become less fat?", "How can I become more thin?"),
    ("How can I be a good person?", "How can I be a person who is not bad?"),
    ("Is Anna married to Peter?", "Is Peter married to Anna?"),
    ("What is the difference between TCP and UDP?", "What is the difference between UDP and TCP?"),
    ("Does Anna trust Peter?", "Is Peter trusted by Anna?"),
    ("Should I go or not?", "Should I go?"),
    ("Is that cat on the sofa?", "Is that cat actually on the sofa?"),
    ("Who won in the US?", "Who won in the USA?"),
    (
        "In which year did the old town council sell the harbour lights company?",
        "The old town council sold the harbour lights company in which year?",
    ),
    (
        "Since last winter, has my laptop battery lost charge overnight while sleeping?",
        "Has my laptop battery lost charge overnight while sleeping since last winter?",
    ),
    ("Who was Jan Kowalczyk?", "Who was Jan Kowalcyzk?"),
    ("Quels sont les symptômes de la grippe ?", "Quels sont les symptômes d'une grippe ?"),
    ("كيف أطبخ الأرز؟", "كيف اطبخ الارز"),
    ("ご飯の炊き方", "ご飯の炊き方は？"),
    ("How many km is 5 miles?", "How many kilometers are 5 miles?"),
    ("Who do fans think is the best player?", "Who is the best player according to fans?"),
    ("How do I use get_user_id?", "How can I use get_user_id"),
]  # fmt: skip

SAME_IN_CHINESE = [
    ("毫不气馁的馁什么意思", "毫不气馁中的馁字是什么意思"),
    ("毫不气馁的意思是什么", "毫不气馁是什么意思"),
    ("開通帳號", "開通帳號嗎"),
    ("ＡＢＣ怎么用？", "ABC怎么用？"),
    ("能不能用微信还款", "能用微信还款吗"),
    ("我的花呗开通了没有", "我的花呗开通了吗"),
    ("为什么没有花呗", "花呗为什么没有"),
    ("三个月利息多少", "3个月利息多少"),
    ("小米三怎么刷机", "小米3怎么刷机"),
    ("下午三点半", "15:30"),
    ("显卡驱动为什么安装不了", "为什么显卡驱动安装不了"),
    ("中国移动好还是中国联通好", "中国联通好还是中国移动好"),
]  # fmt: skip


@pytest.mark.parametrize(("slot", "one", "other"), NEAR_MISSES)
def test_a_near_miss_is_refused_by_the_name_of_what_differs(slot: str, one: str, other: str) -> None:
    comparison = compare_questions(one, other)

    assert (comparison.outcome, comparison.names) == (Outcome.DIFFERENT, slot)


@pytest.mark.parametrize(("one", "other"), PARAPHRASES)
def test_a_paraphrase_passes(one: str, other: str) -> None:
    comparison = compare_questions(one, other)

    assert comparison.outcome is Outcome.EXPLAINED
    assert comparison.raised <= 0


@pytest.mark.parametrize(("one", "other"), SAME_IN_CHINESE)
def test_a_chinese_paraphrase_needs_no_more_than_every_chinese_question(one: str, other: str) -> None:
    comparison = compare_questions(one, other)

    assert comparison.outcome is Outcome.EXPLAINED
    assert {*comparison.names.split("+")} <= {"", "chinese", "filler", "moved"}


@pytest.mark.parametrize(
    ("slot", "one", "other"),
    [
        (
            "addition",
            "How much would I be charged for a transfer?",
            "How much will I be charged for making a transfer?",
        ),
        ("modifier", "She is a photographer.", "She is a decent photographer."),
        ("person", "How can I change my name?", "How can you change your name?"),
    ],
)
def test_a_doubt_raises_the_bar(slot: str, one: str, other: str) -> None:
    comparison = compare_questions(one, other)

    assert comparison.outcome is Outcome.EXPLAINED
    assert slot in [difference.name for difference in comparison.differences]
    assert 0 < comparison.raised <= 1


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("substitution", "How do I use the tiny function?", "How do I use the parseRow function?"),
        ("substitution", "How do I grill a zucchini?", "How do I grill a pumpkin?"),
        ("auxiliary", "Why did the bridge shake?", "Why does the bridge shake?"),
        ("question", "为什么关闭账户", "怎么关闭账户"),
        ("substitution", "芜菁怎么腌", "蘑菰怎么腌"),
        ("substitution", "Как почистить кофеварку?", "Как почистить мясорубку?"),
        ("order", "If it rains the street is wet, right?", "If the street is wet it rains, right?"),
        ("tense", "Was Pluto a planet?", "Is Pluto a planet?"),
        ("tense", "How long was the bridge closed?", "How long is the bridge closed?"),
        ("asked", "Why does the engine start?", "When does the engine start?"),
        ("speaker", "What is your name?", "What is my name?"),
        ("modality", "Can I take aspirin daily?", "Must I take aspirin daily?"),
        ("preposition", "Can I eat the day before surgery?", "Can I eat the day surgery?"),
    ],
)
def test_what_is_left_over_is_unexplained(name: str, one: str, other: str) -> None:
    comparison = compare_questions(one, other)

    assert comparison.outcome is Outcome.UNEXPLAINED
    assert name in [difference.name for difference in comparison.differences]


def test_it_makes_no_difference_which_is_the_neighbor() -> None:
    pairs = [pair[-2:] for pair in (*NEAR_MISSES, *PARAPHRASES, *SAME_IN_CHINESE)]

    assert [(a, b) for a, b in pairs if compare_questions(a, b) != compare_questions(b, a).turned()] == []


WORDS = (
    *("not", "no", "un", "able", "is", "was", "by", "from", "to", "and", "or", "before", "after", "five", "5", "km"),
    *"从到不没能一二十万月",
)
TEXTS = st.one_of(
    st.text(max_size=80),
    st.text("abcno not 15一二两三十百千万个月点不没有能从到比男女'\"`_./-:()AB?？", max_size=60),
    st.lists(
        st.sampled_from(WORDS),
        max_size=14,
    ).map(" ".join),
)


def kind_of(comparison: Comparison) -> object:
    """What decides: several refusals may apply, of which either may be named."""
    return comparison.outcome, comparison.raised


@settings(max_examples=400)
@given(TEXTS, TEXTS)
def test_no_text_makes_it_raise_and_both_directions_agree(one: str, other: str) -> None:
    assert kind_of(compare_questions(one, other)) == kind_of(compare_questions(other, one))


@settings(max_examples=200)
@given(TEXTS)
def test_a_text_is_never_refused_for_itself(text: str) -> None:
    comparison = compare_questions(text, text)

    assert (comparison.outcome, comparison.differences) == (Outcome.EXPLAINED, ())
    assert comparison.raised < 0
    assert compare_questions(text, f"  {text.swapcase().swapcase()} ") == compare_questions(
        text, text.swapcase().swapcase()
    )


LONG = "You write product texts for a shop. Be friendly and clear, and never mention a price. " * 14


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("Product: a red umbrella", "Product: a wool blanket", "substitution"),
        ("Product: an umbrella", "Product: an umbrella. Rhyme.", "instruction"),
        ("Product: 5 umbrellas", "Product: 6 umbrellas", "numbers"),
        ("Product: " + "a red umbrella, " * 80, "Product: " + "a wool blanket, " * 80, "length"),
    ],
)
def test_long_texts_are_compared_by_the_sentences_that_differ(one: str, other: str, name: str) -> None:
    for before, after in ((LONG, ""), ("", " " + LONG), (LONG, " " + LONG)):
        comparison = compare_questions(before + one + after, before + other + after)

        assert (comparison.outcome, comparison.names) == (Outcome.DIFFERENT, name)


def test_long_texts_may_differ_in_spelling() -> None:
    assert compare_questions(LONG + "Product: a  red Umbrella", LONG + "Product: a red umbrella").raised < 0


def test_few_long_texts_are_kept_in_memory() -> None:
    """Those of a thousand Chinese characters take a third of a megabyte each."""
    for number in range(MAX_CACHED_LONG_TEXTS):
        compare_questions(f"{number} {'a' * MAX_SHORT_CHARS}", f"{number} {'b' * MAX_SHORT_CHARS}")

    kept = [each for each in gc.get_objects() if isinstance(each, TextFeatures) and len(each.text) > MAX_SHORT_CHARS]
    assert 0 < len(kept) <= MAX_CACHED_LONG_TEXTS


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("How do I install the bicycle?", ("How can I install the bicycle?", "How should I install the bicycle?")),
        ("信用卡怎么还款？", ("信用卡要怎么还款？", "怎么还信用卡的款？")),
    ],
)
def test_how_a_stored_question_is_built_is_read_once(stored: str, asked: tuple[str, str]) -> None:
    compare_questions(asked[0], stored, "one partition")
    structure = extract_features(stored, "one partition").structure
    read = dict(vars(structure))
    compare_questions(asked[1], stored, "one partition")

    assert read.keys() > {"text", "bare"}
    assert all(vars(structure)[name] is value for name, value in read.items())
    assert extract_features(stored, "one partition").structure is structure
    assert extract_features(stored, "another").structure is not structure


@pytest.mark.parametrize(
    ("question", "neighbor", "ease"),
    [
        ("please shut off", "will you please shut off", MOST_EASE),  # the same words
        ("Wie hoch ist der Eiffelturm?", "Wie hoch ist denn der Eiffelturm?", EASE),
        ("How should I change the oil in my car?", "How do I change the oil in my car?", MOST_EASE),
        ("I want to change the oil in my car", "When must I change the oil in my car?", EASE),
        ("My flight has been delayed", "Has my flight been delayed?", EASE),
        ("Why doesn't my passcode work?", "What can I do if my passcode won't work?", EASE),
        ("ฝันเห็นเสือสีขาวหมายความว่าอะไร", "ฝันเห็นเสื้อสีขาวหมายความว่าอะไร", EASE),
    ],
)
def test_where_nothing_is_left_over_what_is_asked_says_how_far_a_neighbor_may_be(
    question: str, neighbor: str, ease: float
) -> None:
    comparison = compare_questions(question, neighbor)

    assert (comparison.outcome, comparison.raised) == (Outcome.EXPLAINED, ease)
