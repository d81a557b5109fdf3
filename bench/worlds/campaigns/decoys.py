"""Decoys: a fast group, and strangers who each join one of its items to make it look like news."""

from __future__ import annotations

from bench.worlds import words
from bench.worlds.campaigns.plot import Plot, Recipe
from bench.worlds.kit import Person
from detectors.schema import Kind

_HYPE = "look at this, {c} did it again, everybody talks about it"
_PER_ITEM = 6


def play(plot: Plot) -> None:
    """Items of the group's own; one-shot accounts on each, in the hard variant with other acts."""
    group = plot.crew(("x", "facebook"), min(plot.size, max(5, plot.budget // 14)))
    plot.sign_in(group)
    number = 0
    while plot.room():
        at = plot.when()
        link = f"https://{plot.cause}-now.example/{plot.mark(f'item-{number}', 8)}"
        plot.spread(group, at, _HYPE.format(c=plot.cause), link=link)
        for _ in range(_PER_ITEM):
            _decoy(plot, at, link)
        number += 1


def _decoy(plot: Plot, at: float, link: str) -> None:
    who: Person = plot.person("x")
    plot.helpers.add(who.account)
    text, *others = words.everyday(plot.bulk, 3)
    plot.act(who, Kind.POST, at + plot.dice.uniform(0, 30), text=f"{text} {link}", urls=(link,))
    for other in others if plot.hard else ():
        plot.act(who, Kind.POST, plot.when(), text=other)


RECIPE = Recipe("decoys", "Decoys around a fast group", play, (5, 60), (6, 7 * 24))
