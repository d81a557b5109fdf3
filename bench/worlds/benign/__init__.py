"""The benign world: made and pinned by its digest before any detector is tuned against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.worlds.benign import assistants, everyday, groups, networks, trade
from bench.worlds.benign.town import Town, settle
from bench.worlds.kit import Act, Scene, Truth, World, assemble

Part = Callable[[Town, Scene, int], None]

# name, what it does, share of the signals
PARTS: tuple[tuple[str, Part, float], ...] = (
    ("posts", everyday.posts, 0.235),
    ("replies", everyday.replies, 0.08),
    ("cascades", everyday.cascades, 0.13),
    ("shocks", everyday.shocks, 0.035),
    ("clockwork", everyday.clockwork, 0.02),
    ("memes", everyday.memes, 0.015),
    ("quotes", everyday.quotes, 0.015),
    ("gestures", everyday.gestures, 0.04),
    ("feeds", groups.feeds, 0.02),
    ("newsrooms", groups.newsrooms, 0.02),
    ("franchise", groups.franchise, 0.01),
    ("petitions", groups.petitions, 0.015),
    ("clubs", groups.clubs, 0.012),
    ("logins", networks.logins, 0.15),
    ("sign-ups", networks.sign_ups, 0.02),
    ("school", networks.school, 0.006),
    ("migration", networks.migration, 0.012),
    ("questions", assistants.questions, 0.05),
    ("toolkit", assistants.toolkit, 0.02),
    ("class-work", assistants.class_work, 0.006),
    ("evaluation", assistants.evaluation, 0.02),
    ("regression", assistants.regression, 0.006),
    ("reports", trade.reports, 0.01),
    ("outrage", trade.outrage, 0.01),
    ("shops", trade.shops, 0.012),
    ("subscriptions", trade.subscriptions, 0.012),
    ("mails", trade.mails, 0.015),
    ("sites", trade.sites, 0.004),
)
_PEOPLE, _PER_PERSON = 2_500, 12


@dataclass(frozen=True, slots=True)
class Benign:
    """What a benign world consists of before it is sent; coordinated: account -> group."""

    acts: list[Act]
    coordinated: dict[str, str]
    town: Town


def days_of(size: int) -> int:
    """Days that a world of so many signals spans."""
    return 14 if size < 50_000 else 35 if size < 500_000 else 70


def live(size: int, seed: int, days: int) -> Benign:
    """Acts of everybody, about `size` of them; the same for the same arguments."""
    town = settle(Scene("town", seed=seed, days=days), _PEOPLE + size // _PER_PERSON)
    acts: list[Act] = []
    coordinated: dict[str, str] = {}
    for name, play, share in PARTS:
        scene = Scene(name, seed=seed, days=days)
        play(town, scene, round(size * share))
        acts += scene.acts
        coordinated |= scene.groups
    return Benign(acts, coordinated, town)


def world(size: int, seed: int) -> World:
    """A world without any campaign. size: number of signals, about."""
    benign = live(size, seed, days_of(size))
    return assemble("benign", seed, benign.acts, Truth(coordinated=benign.coordinated))
