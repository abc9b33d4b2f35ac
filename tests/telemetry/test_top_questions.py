"""What is asked most: it stays at the top whatever else is asked once, and texts are kept only while that is wanted."""

from __future__ import annotations

from aicache.domain.digests import digest
from aicache.telemetry.top_questions import MAX_QUESTION_CHARS, MAX_QUESTIONS, TopQuestions
from telemetry.reports import a_hit, a_report, an_entry, checked, finished


def test_requests_count_for_the_entry_that_answers_them() -> None:
    top = TopQuestions()
    top.decided(a_report(key=an_entry().key))
    top.decided(a_hit(key=digest("key", "in other words")))

    [(key, asked)] = top.most_asked(10)
    assert key == an_entry().key
    assert (asked.count, asked.hits, asked.tokens, asked.question) == (2, 1, 1500, None)


def test_texts_are_kept_only_where_that_is_wanted_and_go_when_it_no_longer_is() -> None:
    top = TopQuestions()
    top.keep_texts(True)
    top.decided(a_report(question="x" * 1000))
    told = top.most_asked(1)[0][1].question
    top.keep_texts(False)

    assert told == "x" * MAX_QUESTION_CHARS
    assert top.most_asked(1)[0][1].question is None


def test_what_is_asked_often_stays_among_thousands_that_are_asked_once() -> None:
    top = TopQuestions()
    for i in range(20 * MAX_QUESTIONS):
        top.decided(a_report(key=digest("key", str(i))))
        if i % 50 == 0:
            top.decided(a_hit())

    assert top.most_asked(1)[0][0] == an_entry().key
    assert top.most_asked(1)[0][1].count == 20 * MAX_QUESTIONS / 50
    assert len(top.most_asked(10**6)) <= 2 * MAX_QUESTIONS


def test_what_was_not_looked_up_is_not_asked() -> None:
    top = TopQuestions()
    top.decided(a_report("bypass", reason="skip"))
    top.decided(a_report("miss", key=""))
    top.finished(finished())
    top.checked(checked())

    assert top.most_asked(10) == []
