"""Tells whether a text is about its speaker (I, my) or its addressee (you, your). Pure."""

from __future__ import annotations

from collections.abc import Iterable

_PERSONS = {
    **dict.fromkeys(("my", "mine", "me", "myself"), "me"),
    **dict.fromkeys(("your", "yours", "yourself"), "you"),
}


def find_person(words: Iterable[str]) -> str:
    """Return "me" or "you", whichever a text is about; "" for neither and for both.

    "I" and "you" alone mean nothing: how do I, how can you and how to are one question.
    """
    persons = {_PERSONS[word] for word in words if word in _PERSONS}
    return persons.pop() if len(persons) == 1 else ""
