"""Generates ten thousand different questions, and paraphrases of each. Pure."""

from __future__ import annotations

VERBS = """install remove replace clean repair paint move sell buy rent lock unlock charge cool heat dry wash polish
store carry weigh measure adjust align balance calibrate inspect test insure label wrap ship return register renew
cancel upgrade downgrade configure connect disconnect mount dismount assemble dismantle recycle decorate cover
insulate ventilate drain fill empty tighten loosen lubricate sharpen sand varnish glue weld solder cut drill
fold stack sort scan print copy photograph film record stream share export import translate sign encrypt archive
restore recover rename resize rotate compress schedule postpone organise plan design sketch model simulate
program debug deploy host monitor protect""".split()
NOUNS = """bicycle dishwasher kettle sofa wardrobe bookshelf mattress carpet curtain mirror lamp ceiling staircase
balcony fence gate garage roof chimney gutter greenhouse lawnmower wheelbarrow ladder hammer saw drill workbench toolbox
caravan motorcycle scooter tractor trailer canoe sailboat surfboard skateboard snowboard tent backpack suitcase
umbrella wristwatch necklace jacket raincoat boots helmet gloves piano guitar violin trumpet drum microphone
amplifier headset loudspeaker projector television camera tripod drone telescope microscope thermometer
barometer compass printer scanner router modem keyboard monitor laptop tablet smartphone calculator typewriter
notebook newspaper calendar poster painting sculpture vase candle fireplace radiator boiler thermostat fridge
freezer oven toaster blender mixer grill teapot aquarium birdcage doghouse""".split()
STORED = "How do I {verb} the {noun}?"
WORDINGS = (
    "How can I {verb} the {noun}?",
    "How to {verb} the {noun}?",
    "How should I {verb} the {noun}?",
    "How do you {verb} the {noun}?",
    "How would I {verb} the {noun}?",
    "How could I {verb} the {noun}?",
    "How might I {verb} the {noun}?",
    "How do I {verb} the {noun}, please?",
    "How do I {verb} the {noun} myself?",
    "Can you tell me how to {verb} the {noun}?",
)
NEW = "Why would anyone {verb} the {noun} of a neighbour, and what has the {other} in the {place} to do with it?"
PAIR_STEP = 3767
"""Step between consecutive pairs, so that few in a row share a word; coprime to the number of pairs."""


def stored(count: int) -> list[str]:
    """Return *count* different questions, at most 10,403."""
    return [STORED.format(verb=verb, noun=noun) for verb, noun in _pairs(0, count)]


def reworded(count: int) -> list[str]:
    """Return ten distinct paraphrases of each of the first *count* stored questions."""
    return [wording.format(verb=verb, noun=noun) for wording in WORDINGS for verb, noun in _pairs(0, count)]


def new(start: int, count: int) -> list[str]:
    """Return *count* questions unlike the stored ones and each other, beginning with number *start*.

    None of the first 200,000 comes twice.
    """
    found = []
    for place, (verb, noun) in enumerate(_pairs(start, count), start):
        rest = place * 7919 + place // (len(VERBS) * len(NOUNS))
        found.append(NEW.format(verb=verb, noun=noun, other=NOUNS[rest % len(NOUNS)], place=NOUNS[rest * 31 % 97]))
    return found


def _pairs(start: int, count: int) -> list[tuple[str, str]]:
    every = len(VERBS) * len(NOUNS)
    places = (place * PAIR_STEP % every for place in range(start, start + count))
    return [(VERBS[place // len(NOUNS)], NOUNS[place % len(NOUNS)]) for place in places]
