"""Worlds to measure on: benign life with campaigns, without, with an event, with a viral link."""

from __future__ import annotations

import numpy as np

from bench.worlds import benign, campaigns, words
from bench.worlds.benign import everyday
from bench.worlds.benign.town import settle
from bench.worlds.kit import Act, Operation, Scene, Truth, World, assemble
from detectors.schema import Kind

_NO_POSITIONS = np.zeros(0, dtype=np.int64)
VIRAL_SHARES, VIRAL_S = 6_000, 600


def mixed(size: int, seed: int) -> World:
    """Benign life and the campaigns of this seed, 0.1 to 2 % of the signals."""
    days = benign.days_of(size)
    life = benign.live(size, seed, days)
    played = campaigns.play_all(life, size, seed, days)
    acts = list(life.acts)
    for number, one in enumerate(played):
        acts += one.prelude
        acts += [Act(act.at, act.who, act.kind, act.what, number) for act in one.acts]
    helpers = {name: "decoy" for one in played for name in one.helpers}
    truth = Truth(
        tuple(
            Operation(one.recipe, one.variant, one.faint, one.accounts, _NO_POSITIONS)
            for one in played
        ),
        life.coordinated | helpers,
    )
    return assemble("mixed", seed, acts, truth)


def shock(size: int, seed: int) -> World:
    """No campaign, but a tenth of the world are events with loyal crowds."""
    days = benign.days_of(size)
    life = benign.live(size - size // 10, seed, days)
    scene = Scene("more shocks", seed=seed, days=days)
    everyday.shocks(life.town, scene, size // 10)
    return assemble("shock", seed, life.acts + scene.acts, Truth(coordinated=life.coordinated))


def viral(size: int, seed: int) -> World:
    """6,000 shares of one link in ten minutes by 1,500 accounts; the rest scattered posts."""
    town = settle(Scene("town", seed=seed, days=7), 4_000)
    scene = Scene("viral", seed=seed, days=7)
    everyday.posts(town, scene, max(0, size - VIRAL_SHARES))
    rng = scene.bulk
    link, start = "https://breaking.example/one", scene.span / 2
    texts = words.everyday(rng, VIRAL_SHARES)
    for text, index in zip(texts, rng.integers(1_500, size=VIRAL_SHARES).tolist(), strict=True):
        at = start + rng.uniform(0, VIRAL_S)
        scene.act(town.people[index], Kind.POST, at, text=text, urls=(link,))
    return assemble("viral", seed, scene.acts, Truth())


MAKERS = {"mixed": mixed, "benign": benign.world, "shock": shock, "viral": viral}
