"""What is asked of the same thing in a few small words: to do it, whether it is done, what happens if, from where."""

from __future__ import annotations

import pytest

from aicache.guards import Outcome, compare_questions

PREPOSITIONS = [
    ("How do you say sorry in Korean?", "How do you say sorry to Korean people?"),
    ("How do I bake a cake for a dog?", "How do I bake a cake with a dog in it?"),
    ("How do I get to the station by bus?", "How do I get from the station to the bus?"),
    ("Train to Paris from Rome tomorrow", "Train from Paris to Rome tomorrow"),
    ("Is the drug made from plants?", "Are drugs made for plants?"),
    ("Treno da Roma a Napoli domani", "Treno a Roma da Napoli domani"),
    ("Come vado da Torino a Genova?", "Come vado a Torino da Genova?"),
    ("Vuelo de Madrid a Barcelona mañana", "Vuelo a Madrid de Barcelona mañana"),
    ("Un train de Paris à Lyon demain", "Un train à Paris de Lyon demain"),
    ("Zug von Berlin nach Hamburg morgen", "Zug nach Berlin von Hamburg morgen"),
    ("Pociąg z Krakowa do Warszawy jutro", "Pociąg do Krakowa z Warszawy jutro"),
    ("東京から大阪までの電車", "東京まで大阪からの電車"),
]
MOODS = [
    ("Set an alarm for 7", "Is an alarm set for 7?"),
    ("Send the report to Anna", "Has the report been sent to Anna?"),
    ("Charge my phone", "Is my phone charged?"),
    ("Close the garage", "Is the garage closed?"),
    ("What happens if I cancel my order?", "How do I cancel my order?"),
    ("What happens if I pay my loan early?", "Can I pay my loan early?"),
    ("What would happen if I quit my job?", "How should I quit my job?"),
    ("How do I know if I have diabetes?", "How do I have diabetes?"),
    ("How do I find out if a cake is done?", "How is a cake done?"),
    ("How long can I park here?", "Can I park here?"),
    ("What do I need a visa for?", "Do I need a visa for it?"),
    ("What is the time?", "What is time?"),
    ("What color is it?", "What is color?"),
    ("Is there a doctor here?", "Is the doctor here?"),
    ("Why did they go to prison?", "Why did they go to the prison?"),
]
TIMES = [
    ("Remind me every Friday to call mom", "Remind me on Friday to call mom"),
    ("Book a room each Tuesday at 9", "Book a room Tuesday at 9"),
    ("Play jazz every morning", "Play jazz in the morning"),
    ("How long does aspirin take to work?", "How long does aspirin work?"),
    ("Where have I been working?", "Where will I be working?"),
    ("Is the file being uploaded?", "Has the file been uploaded?"),
]
REFLEXIVES = [
    ("Why does my dog bite me?", "Why does my dog bite itself?"),
    ("How do I introduce you?", "How do I introduce myself?"),
    ("Why do they blame us?", "Why do they blame themselves?"),
]
WRITING = [
    ("What is a small-business loan?", "What is a small business-loan?"),
    ("How much are thirty two-day tickets?", "How much are thirty-two day tickets?"),
    ("What does who recommend?", "What does WHO recommend?"),
    ("How does it support people?", "How does IT support people?"),
    ("Wie schreibe ich sie an?", "Wie schreibe ich Sie an?"),
    ("Сколько стоит роза?", "Сколько стоит Роза?"),
]
NOUNS = [
    ("How do I look younger in pictures?", "How do I make pictures look younger?"),
    ("How do I stay warm in a tent?", "How do I keep a tent warm?"),
    ("How do I have a word with my boss?", "How do I have words with my boss?"),
    ("How do I rent an apartment online?", "How do I rent my apartment online?"),
    ("How do I find a phone?", "How do I find my phone?"),
    ("Comment louer un appartement à Paris ?", "Comment louer mon appartement à Paris ?"),
    ("Como alugo uma casa no Porto?", "Como alugo a minha casa no Porto?"),
    ("Jak wynająć mieszkanie?", "Jak wynająć swoje mieszkanie?"),
    ("Despiértame los lunes a las 6", "Despiértame el lunes a las 6"),
]
OPENINGS = [
    ("What steps do I take to change the oil?", "When should I change the oil?"),
    ("What do I do to verify my identity?", "Why do I verify my identity?"),
    ("What do I say when I answer the phone?", "When do I answer the phone?"),
    ("Has the plant been watered?", "Should the plant be watered?"),
    ("Was I supposed to pay?", "Did I pay?"),
    ("How long have I had this account?", "How long can I have this account?"),
    ("Is it going to rain?", "Is it raining?"),
    ("Remind me what to buy", "Remind me to buy it"),
    ("What is the movie about?", "What about the movie?"),
    ("How much is the room?", "How much room is there?"),
    ("Refund my order", "When will my order be refunded?"),
    ("Read my new email", "Have I read my new email?"),
    ("Schedule a meeting with Tom", "Do I have a meeting with Tom?"),
    ("What do you call a doctor?", "How do you call a doctor?"),
    ("What does the app do?", "How does the app work?"),
    ("What is vitamin C good for?", "What is vitamin C?"),
    ("What happened to my order?", "What happens to my order?"),
    ("What is Rust?", "What is rust?"),
    ("Would it be cheaper to fly?", "Was it cheaper to fly?"),
]
EMBEDDED = [
    ("Write an email asking my boss to call me", "Write an email asking to call my boss"),
    ("The train is late", "They say the train is late, is it?"),
    ("How do I do a test?", "How do I make a test?"),
    ("Do I need to paint?", "Do I need painting?"),
    ("Do I pay if I don't show up?", "Don't I pay if I show up?"),
    ("What is a business?", "What is business?"),
    ("How long have they been married?", "How long were they married?"),
    ("Where have you been?", "Where are you?"),
    ("Can I be fired?", "Am I fired?"),
    ("Could it be cancer?", "Is it cancer?"),
]
TOLD = [
    ("Find a bug in my code", "Find all bugs in my code"),
    ("Give me an example", "Give me the examples"),
    ("How do I know who called me?", "Who called me?"),
    ("How do I know when the rice is cooked?", "How do I cook the rice?"),
    ("Is it bad if I skip lunch?", "How do I skip lunch?"),
    ("He might have broken his arm, what now?", "He has broken his arm, what now?"),
    ("Who has a picture of me?", "Who has my picture?"),
    ("How long does it take to dry?", "How long does it take to dry clothes?"),
    ("Find out when the movie starts", "Start the movie"),
    ("Do cats like fish more than dogs do?", "Do cats like fish more than dogs?"),
    ("I have to quit my job", "I had to quit my job"),
]
SAME = [
    ("How do I know when to plant tomatoes?", "How do I know when I should plant tomatoes?"),
    ("How do I open an account?", "How can I open an account?"),
    ("If I don't show up, do I pay?", "Do I pay if I don't show up?"),
    ("Can you help me reset my password?", "Help me reset my password"),
    ("I want you to write a poem about spring", "Write a poem about spring"),
    ("What is a firewall?", "What is firewall?"),
    ("What do I do to reset my router?", "How do I reset my router?"),
    ("How can I save money?", "How should I save money?"),
    ("Wake me up on Mondays at 6", "Wake me up every Monday at 6"),
    ("How do I sign up for a two-week trial?", "How do I sign up for a two week trial?"),
    ("How do I make my photos look better?", "How can I make my pictures look better?"),
    ("How do I cancel an order?", "How can I cancel my order?"),
    ("Wie kann ich mein passwort ändern?", "Wie kann ich mein Passwort ändern?"),
    ("What happens if I lose my card?", "What will happen when I lose my card?"),
    ("What should I do if my card is lost?", "What do I do if my card gets lost?"),
    ("How do I know if my phone is locked?", "How can I know if my phone is locked?"),
    ("Is my order canceled?", "Has my order been canceled?"),
    ("How hard is it to learn piano?", "Is it hard to learn piano?"),
    ("How can I stop comparing myself to others?", "How do I stop comparing myself to others?"),
    ("How do I top up by card?", "How can I top up with my card?"),
    ("What time is it?", "What is the time?"),
    ("How much water should I drink every day?", "How much water should I drink a day?"),
    ("Vuelo de Madrid a Barcelona", "Vuelo de Madrid a Barcelona, por favor"),
    ("Treno da Torino a Genova domani", "Treno da Torino a Genova domani, grazie"),
]


@pytest.mark.parametrize(
    ("one", "other"), [*PREPOSITIONS, *MOODS, *TIMES, *REFLEXIVES, *WRITING, *NOUNS, *OPENINGS, *EMBEDDED, *TOLD]
)
def test_something_else_is_asked(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is not Outcome.EXPLAINED
    assert compare_questions(other, one).outcome is not Outcome.EXPLAINED


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_is_asked(one: str, other: str) -> None:
    assert compare_questions(one, other).outcome is Outcome.EXPLAINED
