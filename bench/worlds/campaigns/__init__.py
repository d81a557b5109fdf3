"""Campaigns as recipes: which a world plays, in which variant, with how many signals."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.worlds.benign import Benign
from bench.worlds.campaigns import (
    cyber_operations,
    date_bait,
    decoys,
    false_witness,
    fish_food,
    hydra,
    model_chain,
    persona_farm,
    phishing_kit,
    trolling_stone,
)
from bench.worlds.campaigns.plot import VARIANTS, Plot, Recipe
from bench.worlds.kit import Act

RECIPES: tuple[Recipe, ...] = (
    fish_food.RECIPE,
    date_bait.RECIPE,
    false_witness.RECIPE,
    trolling_stone.RECIPE,
    cyber_operations.RECIPE,
    phishing_kit.RECIPE,
    persona_farm.RECIPE,
    hydra.RECIPE,
    model_chain.RECIPE,
    decoys.RECIPE,
)
PREVALENCE = (0.001, 0.02)
"""Share of the signals: of one campaign at least, of all of them together at most."""
LEAST_SIGNALS = 60
ALL_ABOVE = 80_000


@dataclass(frozen=True, slots=True)
class Played:
    """One campaign: its acts, its accounts. helpers: decoys, who are no members. prelude: what
    its accounts did before."""

    recipe: str
    variant: str
    faint: bool
    acts: list[Act]
    accounts: frozenset[str]
    helpers: frozenset[str]
    prelude: list[Act]


def billed(size: int, seed: int) -> list[tuple[Recipe, str, bool]]:
    """Recipe, variant, faint: all of them in a large world, every other one in a small world.

    Over ten seeds every recipe comes in both variants; a third of the campaigns is faint.
    """
    names = tuple(VARIANTS)
    chosen = [
        (recipe, names[(place // 2 + seed // 2) % len(names)], (place + seed) % 3 == 0)
        for place, recipe in enumerate(RECIPES)
        if size >= ALL_ABOVE or (place + seed) % 2 == 0
    ]
    room = int(size * PREVALENCE[1] / LEAST_SIGNALS)
    return chosen[: max(1, room)]


def play_all(benign: Benign, size: int, seed: int, days: int) -> list[Played]:
    """The campaigns of one world, each with a budget of signals drawn log-uniformly."""
    bill = billed(size, seed)
    dice = random.Random(f"{seed}:bill")
    most = max(LEAST_SIGNALS, size * PREVALENCE[1] / len(bill))
    least = min(most, max(LEAST_SIGNALS, size * PREVALENCE[0]))
    played = []
    for recipe, variant, faint in bill:
        budget = int(least * (most / least) ** dice.random())
        plot = Plot(recipe, variant, benign, faint=faint, seed=seed, days=days, budget=budget)
        recipe.play(plot)
        plot.blend()
        played.append(_finished(recipe, plot))
    return played


def _finished(recipe: Recipe, plot: Plot) -> Played:
    acting = {act.who.account for act in plot.acts} - plot.helpers
    return Played(
        recipe.slug, plot.variant, plot.faint, plot.acts, frozenset(acting),
        frozenset(plot.helpers), plot.prelude,
    )  # fmt: skip
