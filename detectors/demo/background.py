"""The benign background: its scenes, their shares, and everyday life between them."""

from __future__ import annotations

from collections.abc import Callable

from detectors.demo import scenes
from detectors.demo.crowd import Crowd, gather
from detectors.demo.stage import Stage, talk
from detectors.demo.words import shorttalk, smalltalk
from detectors.schema import Kind

SIGNALS_PER_ACCOUNT = 3.2
_FEWEST_PEOPLE = 40
_EVERYDAY = {"login": 25, "greet": 10, "follow": 7, "talk": 58}

Scene = Callable[[Stage, Crowd, int], None]

# Scene and its share of all benign signals, in this order; everyday life fills what is left.
_SCENES: tuple[tuple[Scene, float], ...] = (
    (scenes.hostile, 0.0015),
    (scenes.newsroom, 0.012),
    (scenes.petition, 0.018),
    (scenes.shared_address, 0.02),
    (scenes.support_desk, 0.02),
    (scenes.questions, 0.03),
    (scenes.viral, 0.04),
    (scenes.cascades, 0.28),
    (scenes.comments, 0.12),
    (scenes.reports, 0.07),
    (scenes.sign_ups, 0.02),
    (scenes.purchases, 0.01),
)


def play(stage: Stage, signals: int) -> None:
    """Fill the stage with `signals` benign signals. 0: nothing happens at all."""
    if signals <= 0:
        return
    crowd = gather(stage, max(_FEWEST_PEOPLE, int(signals / SIGNALS_PER_ACCOUNT)))
    for scene, share in _SCENES:
        scene(stage, crowd, int(share * signals))
    _everyday(stage, crowd, signals - len(stage.signals))
    del stage.signals[signals:]


def _everyday(stage: Stage, crowd: Crowd, missing: int) -> None:
    """Everything else, until the world is full: posts, greetings, logins, follows."""
    acts, weights = list(_EVERYDAY), list(_EVERYDAY.values())
    for _ in range(missing):
        who = stage.rng.choices(crowd.everyone, crowd.activity)[0]
        at, act = stage.moment(who.zone), stage.rng.choices(acts, weights)[0]
        if act == "login" or who.platform.endswith("-api"):
            stage.login(who, at)
        elif act == "greet":
            stage.act(who, talk(who), at, text=shorttalk(stage.rng))
        elif act == "follow":
            followed = stage.rng.choice(crowd.everyone).actor
            stage.act(who, Kind.FOLLOW, at, objects=(f"follow:{followed}",))
        else:
            stage.act(who, talk(who), at, text=smalltalk(stage.rng))
