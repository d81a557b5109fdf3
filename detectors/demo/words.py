"""Invented words: names, small talk and spun templates; nobody in here exists."""

from __future__ import annotations

import re
from random import Random

ZERO_WIDTH = "\u200b"

_HEADS = ("Al", "Bre", "Cor", "Fen", "Gar", "Hil", "Jor", "Kel", "Lun", "Mor", "Pel", "Tor", "Yar")
_TAILS = (
    "bo",
    "cie",
    "den",
    "esta",
    "fina",
    "gor",
    "kim",
    "lis",
    "nuel",
    "per",
    "va",
    "wick",
    "zo",
)


def _listed(text: str) -> tuple[str, ...]:
    """Phrases of a literal that are parted by commas and line ends."""
    return tuple(phrase.strip() for phrase in re.split(r"[,\n]", text) if phrase.strip())


_WHEN = _listed("""
    this morning, last night, on the way home, after lunch, just now, before sunrise, on my day off
    half an hour ago, in the rain, first thing today, late again, between two meetings, at noon
    since Tuesday, yesterday, in the middle of the night, three weeks ago, on Sunday, at dawn
    during the heatwave, for the first time in years, once more, right after work, at half past {n}
""")
_WHO = _listed("""
    my neighbour, our trainer, the baker, a colleague, my sister, the choir, our old dog, grandpa
    the landlord, a stranger, my daughter, the new intern, the librarian, our goalkeeper, a cyclist
    the plumber, my flatmate, the whole team, my aunt, the postman, an old friend, the dentist
    our youngest, the caretaker, a tourist, the violinist, my boss, two students, the ferryman
""")
_DID = _listed("""
    found, painted, photographed, repaired, sold, borrowed, forgot, planted, measured, drew, wrapped
    carried, built, cleaned, returned, described, bought, lost, dropped, opened, tasted, admired
    exchanged, counted, hid, praised, rescued, ordered, burned, tuned, sewed, polished, framed
""")
_HOW = _listed("""
    rusty, enormous, blue, wooden, forgotten, striped, tiny, second-hand, noisy, velvet, crooked
    homemade, leaking, borrowed, golden, dusty, heavy, half-finished, foreign, musical, broken
    invisible, frozen, ridiculous, lovely, damp, spotless, secret, antique, purple, folding
""")
_THING = _listed("""
    umbrella, fence, lamp, cake, tomato plant, bicycle, map, trumpet, carpet, teapot, ladder, kite
    suitcase, birdhouse, puzzle, wheelbarrow, sandwich, mirror, telescope, blanket, sledge, radio
    toolbox, notebook, candle, drum, hammock, chessboard, lantern, postcard, pumpkin, wardrobe
""")
_WHERE = _listed("""
    near the pool, behind the school garden, at bus stop {n}, on platform {n}, at the flea market
    in front of house {n}, inside the library, next to the chess club, in the community kitchen
    by the pier, at the village fair, in room {n}, outside the rowing club, under the old bridge
    in the museum of buttons, beside the allotment, on top of the observatory, at the skate park
    along the canal, at my cousin's place, in an empty lift, on tram {n}, in the waiting room
    between two hedges, on our balcony, across the street, at the end of the lane
""")
_SO = _listed("""
    it made my day, nobody had expected that, dinner was late, everybody talks about it now
    the weather stayed friendly, I still cannot believe it, it cost {n} coins, we laughed for ages
    next time I bring a hat, honestly it was great, the afternoon was saved, {n} people clapped
    the coffee went cold, I owe them one, any advice, photos will follow, what would you do
    please tell nobody, it still smells of paint, my knees hurt, worth every minute, never again
    the children loved it, the cat disagrees, guess who paid, we missed the last bus, no regrets
""")
_SHAPES = (
    "{when} {who} {did} a {how} {thing} {where}, {so}",
    "{who} {did} our {thing} {where} {when}: {so}",
    "a {how} {thing} {where}! {so}",
    "{so}. {who} {did} the {how} {thing} {when}",
    "has anybody seen a {how} {thing} {where}? {who} {did} one {when}",
    "{when}: {thing}, {other}, {how} shoes {where}, {so}",
    "we {did} {n} of them {where}, every {thing} more {how} than the {other}",
    "{who} says a {thing} is never {how} {where}, {so}",
)
_SHORT = (
    "good morning!",
    "lol",
    "congrats :)",
    "same here",
    "thank you!",
    "happy birthday!",
    "nice one",
    "see you there",
    "+1",
    "gm",
    "who else is awake?",
    "what a match",
)

_FIRST = re.compile(r"(?:^|(?<=[.!?] ))\w")
_SPIN = re.compile(r"\[([^\]|]*(?:\|[^\]|]*)+)\]")


def invented_name(rng: Random) -> str:
    """Two words that sound like a name."""
    return f"{rng.choice(_HEADS)}{rng.choice(_TAILS)} {rng.choice(_HEADS)}{rng.choice(_TAILS)}"


def smalltalk(rng: Random) -> str:
    """One harmless sentence; that two have half of their words in common is rare, as in life."""
    words = {
        "when": rng.choice(_WHEN),
        "who": rng.choice(_WHO),
        "did": rng.choice(_DID),
        "how": rng.choice(_HOW),
        "thing": rng.choice(_THING),
        "other": rng.choice(_THING),
        "where": rng.choice(_WHERE),
        "so": rng.choice(_SO),
        "n": "{n}",
    }
    sentence = rng.choice(_SHAPES).format(**words).replace("{n}", str(rng.randint(2, 99)))
    return _FIRST.sub(lambda found: found[0].upper(), f"{sentence}.")


def shorttalk(rng: Random) -> str:
    """What thousands of people say every day."""
    return rng.choice(_SHORT)


def spin(rng: Random, template: str) -> str:
    """`template` with one of the words chosen in each [a|b]; the first one half of the time."""

    def chosen(found: re.Match[str]) -> str:
        words = found[1].split("|")
        return rng.choice((words[0], rng.choice(words)))

    return _SPIN.sub(chosen, template)


def hide(rng: Random, text: str) -> str:
    """`text` with a zero-width space inside one of its words; it reads the same."""
    at = rng.randrange(4, max(5, len(text) - 4))
    return text[:at] + ZERO_WIDTH + text[at:]


def defang(url: str) -> str:
    """A link as people write it who do not want it to be clicked (or found)."""
    return url.replace("https://", "hxxps://").replace(".", "[.]", 1)
