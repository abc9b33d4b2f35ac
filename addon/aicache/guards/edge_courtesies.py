"""Cuts courtesies off the edges of a question: "please", "could you tell me", 请问, "merci". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aicache.guards.lexicon import courtesies, courtesy_phrases, edge_courtesies
from aicache.guards.lexicon.tables import UNSPACED_LANGUAGES
from aicache.guards.likely_language import WORDS_OF
from aicache.guards.patterns import compile_later

_MARKS = ",;:.!?، ؟"
_CLOSING = frozenset({"please", "pls", "plz"})
_CLOSING_PHRASES = frozenset(
    tuple(phrase.split())
    for phrase in (
        "s'il vous plaît/s'il te plaît/s'il vous plait/s'il te plait/por favor/per favore/per piacere/bitte/lütfen/"
        "alsjeblieft/alstublieft/пожалуйста/من فضلك/لو سمحت"
    ).split("/")
)
"""Cut off without a mark before them, too, behind a question that says more than a word."""
MIN_QUESTION_WORDS = 4
_PLAIN_QUESTIONS = (
    "what is",
    "what are",
    "how do i",
    "how can i",
    "how to",
    "where is",
    "when is",
    "when was",
    "who is",
)
_NEVER_BEFORE_PLEASE = frozenset(
    "teach text write use answer forget hear add do use get sing beg reply cover play produce".split()
)
_DEPENDENT = ("的", "是", "用", "和", "与", "跟", "这", "が", "は", "を", "の", "と")
"""What follows 请问 where it is the subject."""


def _shared(table: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the phrases of several words: one word alone may be a part of the sentence. Asking for help is no frame."""
    for language, phrases in table.items():
        if language not in UNSPACED_LANGUAGES:
            yield from (each for each in phrases if " " in each and not _HELP.search(each))


def _by_first_word(phrases: Iterable[str]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted(set(phrases), key=lambda each: (-len(each.split()), each)):
        if words := tuple(phrase.split()):
            found.setdefault(words[0], []).append(words)
    return found


def _unspaced() -> set[str]:
    shared = {
        phrase
        for language in ("zh", "ja", "th")
        for phrase in courtesy_phrases.COURTESIES_BEFORE[language]
        if len(phrase) > 1 and phrase not in _NO_FRAMES
    }
    return shared.union(edge_courtesies.UNSPACED_BEFORE.split())


_NO_FRAMES = frozenset({"谁知道", "帮我看看", "请帮我看看", "麻烦您", "กรุณา", "โปรด"})
_HELP = re.compile("help|aider|helfen|hilfe|ayud|aiut|ajud|pomóc|pomoc|yardım|помо|مساعد|도와")
_BEFORE = _by_first_word(
    (
        *re.split(r"[/\n]", edge_courtesies.BEFORE),
        *_shared(courtesy_phrases.COURTESIES_BEFORE),
        *_shared(courtesy_phrases.COURTESIES_ALONE),
    )
)
_AFTER = sorted(
    (
        words
        for phrases in _by_first_word(
            (*re.split(r"[/\n]", edge_courtesies.AFTER), *_shared(courtesy_phrases.COURTESIES_AFTER))
        ).values()
        for words in phrases
    ),
    key=len,
    reverse=True,
)
_LAST = frozenset(words[-1] for words in _AFTER)
_ASKING = frozenset(courtesies.ASKING.split())
_OPENERS = _ASKING | frozenset(edge_courtesies.OPENERS.split())
_ASKING_OPENERS = _ASKING | frozenset(edge_courtesies.ASKING_OPENERS.split())
_ABOUT_WORDS = frozenset(edge_courtesies.ABOUT_WORDS.split())
_ABOUT_WORDS_UNSPACED = compile_later("|".join(edge_courtesies.ABOUT_WORDS_UNSPACED.split()))
_ASKING_UNSPACED = compile_later("|".join(edge_courtesies.ASKING_UNSPACED.split()))
_UNSPACED_BEFORE = compile_later("(?:" + "|".join(sorted(_unspaced(), key=len, reverse=True)) + r")[,，、.。!！:：\s]*")
_UNSPACED_CLOSING = compile_later(
    r"[,，、.。!！?？;；](?:"
    + "|".join(re.escape(words[0]) for words in _AFTER if len(words) == 1 and not words[0].isascii())
    + ")[.!。！]*$"
)
_UNSPACED_AFTER = tuple(edge_courtesies.UNSPACED_AFTER.split())


def is_about_words(tokens: Sequence[str]) -> bool:
    """Return whether a text may be about words: then how it is written may be what is asked."""
    if not _ABOUT_WORDS.isdisjoint(map(_bare, tokens)):
        return True
    return any(not token.isascii() and _ABOUT_WORDS_UNSPACED.search(token) for token in tokens)


def asks(tokens: Sequence[str]) -> bool:
    """Return whether a text is a question by its words, so that a question mark adds nothing."""
    if not tokens:
        return False
    if _bare(tokens[0]) in _ASKING_OPENERS or _bare(tokens[0]).partition("'")[0] in _ASKING:
        return True
    return any(not token.isascii() and _ASKING_UNSPACED.search(token) for token in tokens)


def without_courtesies(tokens: Sequence[str]) -> list[str]:
    """Return the tokens without the courtesies before and after them; all of them where it might be about words."""
    left = list(tokens)
    if not _may_have_courtesies(left):
        return left
    while (shorter := _without_first(_without_last(left))) != left:
        left = shorter
    return list(tokens) if is_about_words(left) else left


def _may_have_courtesies(tokens: Sequence[str]) -> bool:
    first, last = _bare(tokens[0]), _bare(tokens[-1])
    return first in _BEFORE or last in _LAST or not (first.isascii() and last.isascii())


def _without_first(tokens: list[str]) -> list[str]:
    if not tokens:
        return tokens
    if not tokens[0].isascii() and (match := _UNSPACED_BEFORE.match(tokens[0])) is not None:
        rest = [tokens[0][match.end() :], *tokens[1:]] if match.end() < len(tokens[0]) else tokens[1:]
        if rest and not rest[0].startswith(_DEPENDENT) and any(_ASKING_UNSPACED.search(each) for each in rest):
            return rest
    for phrase in _BEFORE.get(_bare(tokens[0]), ()):
        rest = tokens[len(phrase) :]
        if rest and _is_phrase(tokens[: len(phrase)], phrase) and _opens(rest):
            return rest
    return tokens


def _without_last(tokens: list[str]) -> list[str]:
    last = _bare(tokens[-1]) if tokens else ""
    if last not in _LAST or len(tokens) < 2:
        return _without_unspaced(tokens)
    for phrase in _AFTER:
        at = len(tokens) - len(phrase)
        if at > 0 and phrase[-1] == last and _is_phrase(tokens[at:], phrase):
            if tokens[at - 1][-1] in _MARKS and tokens[at - 1].strip(_MARKS):
                return [*tokens[: at - 1], tokens[at - 1].rstrip(",;:")]
            if _is_plain_question(tokens[:at]) if last in _CLOSING else _may_close(phrase, tokens[:at]):
                return tokens[:at]
    return tokens


def _without_unspaced(tokens: list[str]) -> list[str]:
    if not tokens or tokens[-1].isascii():
        return tokens
    last = tokens[-1].rstrip(".!")
    if (match := _UNSPACED_CLOSING.search(last)) is not None and match.start() > 0:
        return [*tokens[:-1], last[: match.start() + 1].rstrip(",，、;；")]
    for phrase in _UNSPACED_AFTER:
        if last.endswith(phrase) and _ASKING_UNSPACED.search(last.removesuffix(phrase)):
            return [*tokens[:-1], last.removesuffix(phrase)]
    return tokens


def _is_plain_question(tokens: Sequence[str]) -> bool:
    """Return whether a "please" behind these words, without a mark, can only be one."""
    text = " ".join(map(str.lower, tokens[:3]))
    before = tokens[-1].lower()
    is_plain = any(text == start or text.startswith(start + " ") for start in _PLAIN_QUESTIONS)
    return (
        len(tokens) >= MIN_QUESTION_WORDS
        and is_plain
        and before not in WORDS_OF["en"]
        and before not in _NEVER_BEFORE_PLEASE
    )


def _may_close(phrase: tuple[str, ...], before: Sequence[str]) -> bool:
    return phrase in _CLOSING_PHRASES and len(before) >= MIN_QUESTION_WORDS and _bare(before[0]) in _ASKING_OPENERS


def _opens(rest: Sequence[str]) -> bool:
    """Return whether a question, an instruction or another courtesy begins."""
    word = _bare(rest[0])
    if word in _OPENERS or word.partition("'")[0] in _ASKING or rest[0].startswith("¿"):
        return True
    if any(not each.isascii() and _ASKING_UNSPACED.search(each) for each in rest):
        return True
    return any(
        len(rest) > len(phrase) and _is_phrase(rest[: len(phrase)], phrase) and _opens(rest[len(phrase) :])
        for phrase in _BEFORE.get(word, ())
    )


def _is_phrase(tokens: Sequence[str], phrase: Sequence[str]) -> bool:
    """Return whether tokens are a phrase, with no mark inside but commas."""
    return all(_bare(token) == word for token, word in zip(tokens, phrase, strict=True)) and not any(
        token[-1] in ".?!" for token in tokens[:-1]
    )


def _bare(token: str) -> str:
    return token.lower().strip(_MARKS + "¿¡")
