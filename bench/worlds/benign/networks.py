"""Logins, sign-ups, schools: identifiers that strangers share for good reasons."""

from __future__ import annotations

import numpy as np

from bench.worlds.benign.town import PLATFORMS, Town
from bench.worlds.kit import HOUR_S, MINUTE_S, Scene
from detectors.schema import Kind

_CLASS = 26
_REFERRERS = ("search", "app-store", "friend", "advert", "direct")
_WAVE_PLATFORM = "mastodon"


def logins(town: Town, scene: Scene, count: int) -> None:
    """Everybody once where there is room, the busy ones more often."""
    rng = scene.bulk
    once = rng.permutation(len(town.people))[: count * 2 // 3]
    who = np.concatenate([once, town.draw(rng, count - len(once))])
    at = scene.moments(town.zones[who])
    for person, moment in zip(town.named(who), at, strict=True):
        scene.login(person, moment)


def sign_ups(town: Town, scene: Scene, count: int) -> None:
    """People join at waking hours; half of them keep the handle that the form proposes."""
    for n in range(count):
        zone = scene.dice.choice((-5, 0, 1, 2, 8))
        at = scene.moment(zone)
        handle = (
            f"user{scene.dice.randrange(10**8):08d}" if n % 2 else f"kit.{scene.mark(str(n), 5)}"
        )
        who = scene.person(scene.dice.choice(PLATFORMS), born=at, handle=handle, zone=zone)
        scene.login(who, at, Kind.ACCOUNT_CREATED)
    del town


def school(town: Town, scene: Scene, count: int) -> None:
    """Classes that sign up in one lesson, from one address, with handles after one scheme."""
    for number in range(max(1, count // (_CLASS * 3))):
        lesson = scene.moment(0) // HOUR_S * HOUR_S + 8 * MINUTE_S
        address = f"198.19.{150 + number % 40}.{9 + number // 40 % 200}"
        pupils = []
        for n in range(_CLASS):
            at = lesson + scene.dice.uniform(0, 25 * MINUTE_S)
            device = scene.mark(f"lab-{number}-{n // 2}", 24)
            handle = f"class{number}b_{scene.mark(f'{number}-{n}', 3)}{n:02d}"
            who = scene.person(
                "medium", born=at, handle=handle, zone=0, traces={"ip": address, "device": device},
                hidden="education" if number % 2 else "",
            )  # fmt: skip
            scene.login(who, at, Kind.ACCOUNT_CREATED)
            pupils.append(who)
        scene.groups.update({who.account: f"class-{number}" for who in pupils})
        for who in pupils * 2:
            scene.login(who, lesson + scene.dice.uniform(1, 40) * HOUR_S)
    del town


def migration(town: Town, scene: Scene, count: int) -> None:
    """A wave: another service closes, and thousands join within hours."""
    start = scene.dice.uniform(0.2, 0.8) * scene.span
    movers = dict.fromkeys(town.draw(scene.bulk, 3 * count).tolist())
    for n, index in enumerate(list(movers)[:count]):
        at = start + scene.bulk.gamma(2.0, 3 * HOUR_S)
        who = town.people[index]
        handle = f"{who.profile.handle}" if n % 3 else f"{who.profile.handle}{n % 90 + 10}"
        joined = scene.person(
            _WAVE_PLATFORM, born=at, handle=handle, zone=who.zone, hidden=who.hidden,
            traces=who.traces,
        )  # fmt: skip
        scene.login(joined, at, Kind.ACCOUNT_CREATED)
