"""The people of a benign world: platforms, communities, households, networks that many share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bench.worlds import words
from bench.worlds.kit import Floats, Ints, Person, Scene

PLATFORMS = ("x", "facebook", "telegram", "youtube", "mastodon", "medium")
_PLATFORM_CHANCE = (0.38, 0.22, 0.16, 0.14, 0.07, 0.03)
COMMUNITIES = 25
CGNAT = (2_000, 5_000)
_PER_CGNAT = 12_000
_CAMPUS, _PER_CAMPUS = 240, 3_000
_VPN = 60
_FAMILY_CHANCE = (0.55, 0.25, 0.12, 0.08)
_DEVICE_SHARED = 0.04
_SECOND_ACCOUNT = 0.06
_BIO_CHANCE = 0.4
_BIOS = (
    "{n} lover from {p}. Views are my own.",
    "{q} coffee, {q} {n}s, honest opinions. {p}",
    "Teacher. Dad of two. {n} and jazz.",
    "I take photos of every {n} in {p}",
)


@dataclass(slots=True)
class Town:
    """Everybody, how busy each is, and what travelled. cascades: (link, start) of larger ones."""

    people: list[Person]
    busy: Floats
    community: Ints
    zones: Ints
    cascades: list[tuple[str, float]] = field(default_factory=list)
    targets: list[tuple[str, float]] = field(default_factory=list)
    _drawers: dict[int, tuple[Ints, Floats]] = field(default_factory=dict)

    def draw(self, rng: np.random.Generator, count: int, community: int = -1) -> Ints:
        """People by how busy they are, with repeats; community -1: of all of them."""
        if community not in self._drawers:
            inside = np.flatnonzero((self.community == community) | (community < 0))
            self._drawers[community] = inside, np.cumsum(self.busy[inside])
        inside, total = self._drawers[community]
        place = np.searchsorted(total, rng.random(count) * total[-1], side="right")
        drawn: Ints = inside[np.minimum(place, len(inside) - 1)]
        return drawn

    def named(self, indices: Ints) -> list[Person]:
        """The people behind indices."""
        return [self.people[index] for index in indices.tolist()]


def settle(scene: Scene, count: int) -> Town:
    """Make `count` people with heavy-tailed activity; households, campuses, carriers."""
    rng = scene.bulk
    network, hidden = _networks(scene, count)
    platform = rng.choice(len(PLATFORMS), count, p=_PLATFORM_CHANCE)
    community = rng.integers(COMMUNITIES, size=count)
    shared, twice = rng.random(count) < _DEVICE_SHARED, rng.random(count) < _SECOND_ACCOUNT
    bios = [_bio(scene) for _ in range(count)]
    for k in range(count):
        before = scene.people[-1] if scene.people else None
        family = before is not None and before.traces["ip"] == network[k] and not hidden[k]
        where = PLATFORMS[platform[k]]
        if before is not None and twice[k] and before.platform != where:
            traces = {"device": before.traces["device"], "ip": before.traces["ip"]}
            scene.person(where, bio=bios[k], zone=before.zone, hidden=before.hidden, traces=traces)
        elif before is not None and family and shared[k]:
            traces = {"device": before.traces["device"], "ip": network[k]}
            scene.person(where, bio=bios[k], zone=before.zone, traces=traces)
        else:
            zone = before.zone if family and before else None
            scene.person(where, bio=bios[k], zone=zone, hidden=hidden[k], traces={"ip": network[k]})
    return Town(
        people=list(scene.people),
        busy=1 + rng.pareto(1.3, count),
        community=community,
        zones=np.array([who.zone for who in scene.people]),
    )


def _bio(scene: Scene) -> str:
    dice = scene.dice
    if dice.random() > _BIO_CHANCE:
        return ""
    noun, quality = dice.choice(words.NOUNS), dice.choice(words.QUALITIES)
    return dice.choice(_BIOS).format(n=noun, q=quality, p=dice.choice(words.tail()))


def _networks(scene: Scene, count: int) -> tuple[list[str], list[str]]:
    """Address of each person and, where an integration knows it, the class of a shared one."""
    rng = scene.bulk
    sizes = 1 + rng.choice(len(_FAMILY_CHANCE), count, p=_FAMILY_CHANCE)
    home = np.repeat(np.arange(count), sizes)[:count]
    network = [scene.household(number) for number in home.tolist()]
    hidden = [""] * count
    order = rng.permutation(count).tolist()
    for number in range(max(1, count // _PER_CGNAT)):
        size = int(rng.integers(CGNAT[0], min(CGNAT[1], max(CGNAT[0] + 1, count // 2))))
        label = "cgnat" if number % 2 else ""
        for _ in range(min(size, len(order) // 2)):
            index = order.pop()
            network[index], hidden[index] = f"198.18.{number % 256}.7", label
    for number in range(max(1, count // _PER_CAMPUS)):
        for index in [order.pop() for _ in range(min(_CAMPUS, len(order)))]:
            network[index], hidden[index] = f"198.19.{number % 200}.20", "education"
    for number in range(max(1, count // _PER_CAMPUS)):
        for index in [order.pop() for _ in range(min(_VPN, len(order)))]:
            network[index], hidden[index] = f"198.19.{200 + number % 50}.3", "vpn"
    return network, hidden
