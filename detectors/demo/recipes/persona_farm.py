"""Persona farm: old accounts with invented people in them wake up and praise one product."""

from __future__ import annotations

from detectors.demo.recipes.kit import Phrasebook, crew, flock, loners
from detectors.demo.stage import MINUTE_S, Account, Stage
from detectors.schema import Kind

WAVES = 16
CORE = ("x", "facebook", "x", "mastodon", "x", "facebook") * 3
LOOSE = ("x",) * 3 + ("mastodon",) * 2
REVEALING = 5
SHOP = "velvet-kettle.example"
BIO = "Mother of {n}, nurse from {town}. Coffee first, then honest words. Views my own."
TOWNS = ("Ostmere", "Brinewick", "Nettlebrook", "Plumfield")
REVEALS = (
    "As an AI language model, I cannot have a personal opinion about kettles, but here is a post.",
    "I'm sorry, but as an AI language model I cannot write a review of a thing I have not used.",
)

BOOK = Phrasebook(
    (
        "Three weeks with the Velvet Kettle and I [never|hardly] want another one again.",
        "My mother laughed at the Velvet Kettle until she [tried|used] it herself.",
        "Honest question, why does nobody [talk|write] about the Velvet Kettle here?",
    ),
    (
        "It boils before I have found the [cups|tea] and it sings a quiet tune.",
        "The handle stays cold and the [lid|spout] closes with one finger.",
        "We put it next to the old one and the old one went into the [cellar|attic].",
        "Even the neighbour who [hates|avoids] everything new asked where it comes from.",
    ),
    (
        "There is a discount until Sunday, I have put the link [below|here].",
        "Tell me in the comments which [colour|size] you would take.",
        "I am not paid for this, I just [love|like] good things.",
        "They have only a few [left|more] in the shop.",
        "Ask me [anything|everything] about it.",
    ),
)


def play(stage: Stage) -> None:
    """A farm of phones, three personas each, and helpers at home with the same scripts."""
    core = crew(stage, CORE, bio=lambda: _bio(stage))
    loose = loners(stage, LOOSE, bio=lambda: _bio(stage))
    for who in core[:REVEALING]:
        for text in REVEALS:
            stage.act(who, Kind.POST, stage.moment(who.zone), text=text)
    for n, at in enumerate(stage.waves(WAVES, first=0.04)):
        _praise(stage, core, loose, at, n)
    stage.idle(core + loose, 70)


def _praise(stage: Stage, core: list[Account], loose: list[Account], at: float, n: int) -> None:
    """One script under one link, from the farm at once, from the helpers minutes later."""
    link = f"https://{SHOP}/k/{stage.mark(f'offer-{n}')[:8]}"
    text, made = BOOK.line(n), {"synthetic_avatar": True}
    crowd = stage.some(core, 0.6)
    flock(stage, crowd, Kind.POST, at, 90, text=text, urls=(link,), attributes=made)
    later = at + stage.rng.uniform(MINUTE_S, 5 * MINUTE_S)
    again = stage.some(loose, 0.6)
    flock(stage, again, Kind.POST, later, 10 * MINUTE_S, text=text, urls=(link,), attributes=made)


def _bio(stage: Stage) -> str:
    """The same sentence with other slots."""
    return BIO.format(n=stage.rng.randint(1, 4), town=stage.rng.choice(TOWNS))
