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

_WHEN = (
    "This morning",
    "Last night",
    "On the way home",
    "After lunch",
    "Just now",
    "At the station",
    "Before sunrise",
    "Back from holiday",
    "Half an hour ago",
    "On my day off",
    "In the rain",
    "While waiting for the bus",
    "First thing today",
    "Late again",
    "Between two meetings",
)
_WHO = (
    "my neighbour",
    "our trainer",
    "the baker downstairs",
    "a colleague",
    "my sister",
    "the choir",
    "our old dog",
    "the landlord",
    "a stranger",
    "my daughter",
    "the new intern",
    "grandpa",
    "the librarian",
    "our goalkeeper",
    "the plumber",
    "a cyclist",
    "my flatmate",
    "the whole team",
)
_DID = (
    "found a lost umbrella near",
    "painted the old fence behind",
    "asked for directions to",
    "told a very long story about",
    "took forty pictures of",
    "planted tomatoes next to",
    "finally repaired the lamp in",
    "baked two cakes for",
    "walked three rounds around",
    "forgot the keys inside",
    "started a quiz night at",
    "wrote a little song about",
    "lost a bet because of",
    "fell asleep during the tour of",
    "opened a repair stand at",
)
_WHAT = (
    "the swimming pool",
    "the school garden",
    "bus stop {n}",
    "platform {n}",
    "the flea market",
    "house number {n}",
    "the town library",
    "the chess club",
    "the community kitchen",
    "the ferry pier",
    "the village fair",
    "room {n}",
    "the rowing club",
    "the museum of buttons",
    "the second-hand shop",
    "the allotment",
    "the observatory",
    "the skate park",
)
_SO = (
    "and it made my day",
    "which nobody had expected",
    "so dinner was late",
    "and now everybody talks about it",
    "but the weather stayed friendly",
    "and I still cannot believe it",
    "which cost {n} coins in the end",
    "so we laughed for an hour",
    "and we will do it again on day {n}",
    "but next time I bring a hat",
    "and honestly it was lovely",
    "so the afternoon was saved",
    "with {n} people watching",
    "and the coffee went cold",
    "so I owe them one",
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

_SPIN = re.compile(r"\[([^\]|]*(?:\|[^\]|]*)+)\]")


def invented_name(rng: Random) -> str:
    """Two words that sound like a name."""
    return f"{rng.choice(_HEADS)}{rng.choice(_TAILS)} {rng.choice(_HEADS)}{rng.choice(_TAILS)}"


def smalltalk(rng: Random) -> str:
    """One harmless sentence; two equal ones are as rare as two neighbours with one story."""
    parts = (
        rng.choice(_WHEN),
        rng.choice(_WHO),
        rng.choice(_DID),
        rng.choice(_WHAT),
        rng.choice(_SO),
    )
    return "{} {} {} {}, {}.".format(*parts).replace("{n}", str(rng.randint(2, 99)))


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
