"""A world in which every detector that takes overrides finds groups of several sizes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import msgspec

from bench.worlds.listed import with_sightings
from detectors.base import DAY_S, Signal
from detectors.demo import world
from detectors.schema import ActorProfile
from detectors.watching.things import Thing

END = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
NOW = END.timestamp() - 2 * DAY_S
FORUM = 7
"""Number of the source that told of everything in `alike`."""
SIZES = (2, 3, 4, 5, 6)
PLACES = ("x", "telegram")
GARDEN = "the tomatoes and roses have not grown well with this weather in the garden of week {}"
ELECTION = "Выборы президента обсуждают кандидаты и депутаты парламента сегодня, день {}"
COMMENTS = "i really love this new song so much the best video ever made and we are all here again"
BIO = "Proud {trade} from Lemuoya{size}. dogs{size}, jazz{size} and honest{size} opinions{size}"
TRADES = ("nurse", "teacher", "engineer", "baker", "pilot", "farmer")


@cache
def mixed() -> list[Signal]:
    """The demo world and crews, on several platforms."""
    told = [Signal.of(one, 0) for one in world(seed=7, end=END, background=600)]
    return _numbered([*told, *_crews()])


@cache
def alike() -> list[Signal]:
    """The same on one platform, from one source."""
    told = [Signal.of(one, 0) for one in world(seed=7, end=END, background=600)]
    signals = [*told, *_crews()]
    return _numbered(
        [msgspec.structs.replace(one, platform="forum", source=FORUM) for one in signals]
    )


def _numbered(signals: list[Signal]) -> list[Signal]:
    """In order of time, each followed by what it used of the watch list."""
    ordered = sorted(signals, key=lambda one: (one.at, one.actor, one.kind, one.text))
    known = [msgspec.structs.replace(one, id=number) for number, one in enumerate(ordered, 1)]
    users: dict[Thing, set[str]] = {}
    for one in known:
        for url in one.urls:
            users.setdefault(("url", url), set()).add(one.account)
    return with_sightings(known, [thing for thing, names in users.items() if len(names) > 1])


def _crews() -> Iterator[Signal]:
    """Groups of each size; of those of even size the accounts are on all places by turns."""
    dice = Random(5)
    for size in SIZES:
        for n in range(size):
            place = PLACES[n % len(PLACES)] if size % 2 == 0 else PLACES[0]
            yield from _member(size, n, place)
    for n in range(200):
        words = dice.sample(COMMENTS.split(), dice.randrange(3, 9))
        yield _act(f"fan{n}", n * 60.0, kind="reply", text=" ".join(words), objects=("target:v",))
    for n in range(60):
        bio = " ".join("".join(dice.choices("abdeghiklmnorstu", k=7)) for _ in range(8))
        yield _act(f"by{n}", n * 60.0, text="hello", profile=ActorProfile(bio=bio))


def _member(size: int, n: int, place: str) -> Iterator[Signal]:
    """What one member of a crew leaves: a site, a comment, a picture, a bio, another life."""
    who, at = f"crew{size}-{n}", 900.0 * n
    site = f"https://fresh-offer-{size}.example/start"
    yield _act(who, at, place, text=f"look {site}", attributes={"domain_age_days": 3})
    yield _act(who, at + 60, place, kind="reply", text=f"here {site}")
    yield _act(f"lure{size}-{n}", at, place, text=f"https://paypa1-login{size}.example/")
    yield _act(f"ring{size}-{n}", at, place, kind="reply", objects=("target:v",),
               text=f"See crew number {size} for free coins {'!' * n}")  # fmt: skip
    picture = Random(size).getrandbits(256)
    yield _act(f"face{size}-{n}", at, place, objects=(f"media:pdq-{picture:064x}",))
    bio = BIO.format(trade=TRADES[n], size=size)
    yield _act(f"bio{size}-{n}", at, place, text="hello", profile=ActorProfile(bio=bio))
    for day in range(4):
        farmer = f"farm{size}-{n}"
        # crews wake a fortnight and more apart from each other
        woke = -20.0 * size * DAY_S + at
        yield _act(farmer, woke - (88 - day) * DAY_S, place, text=GARDEN.format(day))
        yield _act(farmer, woke + day * DAY_S, place, text=ELECTION.format(day))


def _act(who: str, after_s: float, place: str = "x", **fields: Any) -> Signal:
    told: dict[str, Any] = {"kind": "post", **fields}
    return Signal(id=0, at=NOW + after_s, platform=place, actor=who, **told)
