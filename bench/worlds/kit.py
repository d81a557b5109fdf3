"""What worlds are written with: people, acts, and the order in which a desk hears of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple, TypedDict, Unpack

import msgspec
import numpy as np
import numpy.typing as npt

from detectors import sketches
from detectors.base import Signal
from detectors.schema import ActorProfile, Ai, Kind, SignalIn

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
START = datetime(2026, 6, 1, tzinfo=UTC)
NOBODY = -1
"""Campaign number of an act that belongs to none."""

# Share of a day's acts in each local hour: a quiet night, a busy evening.
_HOURS = np.array((4, 2, 1, 1, 1, 2, 4, 7, 9, 10, 9, 9, 10, 9, 9, 9, 9, 10, 11, 12, 13, 11, 9, 6))
_HOUR_CHANCE = _HOURS / _HOURS.sum()
_KEY, _KEY_ID = b"sketches between services of worlds", "worlds-1"
_ZONES = (-8, -5, -3, 0, 0, 1, 1, 2, 5, 8)
_DELAY_S = 3.0
_LATE_CHANCE = 0.003
_AGENTS = ("Android 15", "Android 14", "iPhone", "Windows NT 10.0", "Macintosh", "X11; Linux")
_FIRST = tuple(
    str.split(
        "Ada Alma Bo Brun Cleo Cora Dan Elin Eva Finn Gia Greta Hugo Ina Ivo Jon Kim Lea Max Mira"
    )
)
_LAST = tuple(
    str.split("Dietz Falk Gray Holm Jansen Karl Lund Moss Noll Petri Quin Ray Stone Tomas Wolf")
)
_HAS_PICTURE = 0.7
_OPAQUE = {"email": "{}@mail.example", "web": "{}.example"}

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class What(TypedDict, total=False):
    """The parts of a signal that depend on its kind."""

    text: str
    urls: tuple[str, ...]
    objects: tuple[str, ...]
    identifiers: dict[str, str | list[str]]
    ai: Ai
    fingerprints: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """One account on one platform. traces: identifiers that its logins leave. zone: h from UTC."""

    platform: str
    actor: str
    profile: ActorProfile
    traces: Mapping[str, str] = field(default_factory=dict)
    zone: int = 0
    hidden: str = ""
    """Class of the network when many strangers share it, as an integration would say it."""

    @property
    def account(self) -> str:
        """The account as detectors name it."""
        return f"{self.platform}:{self.actor}"


class Act(NamedTuple):
    """Something that somebody did `at` seconds after START."""

    at: float
    who: Person
    kind: Kind
    what: What
    campaign: int = NOBODY


@dataclass(frozen=True, slots=True)
class Operation:
    """Truth about one campaign. positions: its signals as places in the order of arrival."""

    recipe: str
    variant: str
    faint: bool
    accounts: frozenset[str]
    positions: Ints


@dataclass(frozen=True, slots=True)
class Truth:
    """Who is who; no part of any signal. coordinated: account -> harmless group."""

    operations: tuple[Operation, ...] = ()
    coordinated: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """Signals in the order of arrival, and the truth about them. digest: of all signals."""

    name: str
    seed: int
    signals: tuple[Signal, ...]
    truth: Truth
    digest: str = ""


class Scene:
    """One part of a world while it is written: its dice, its people, what they do.

    Every name comes from a hash of seed, part and number: it tells nothing about the part.
    """

    def __init__(self, part: str, *, seed: int, days: int) -> None:
        self.dice = random.Random(f"{seed}:{part}")
        self.bulk = np.random.default_rng([seed, *part.encode()])
        self.days = days
        self.span = float(days * DAY_S)
        self.acts: list[Act] = []
        self.people: list[Person] = []
        self.groups: dict[str, str] = {}
        self._name = f"{seed}:{part}"

    def mark(self, label: str, length: int = 16) -> str:
        """An opaque name, as an HMAC or a database id would be."""
        return blake2b(f"{self._name}:{label}".encode(), digest_size=32).hexdigest()[:length]

    def household(self, number: int) -> str:
        """Home address of one household: a network of its own."""
        digits = self.mark(f"home-{number}")
        return f"2001:db8:{digits[:4]}:{digits[4:7]}::{digits[7:10]}"

    def person(
        self,
        platform: str,
        *,
        born: float | None = None,
        handle: str = "",
        bio: str = "",
        avatar: str = "",
        followers: int | None = None,
        zone: int | None = None,
        hidden: str = "",
        actor: str = "",
        traces: Mapping[str, str] | None = None,
    ) -> Person:
        """A new account; it has a device and a home of its own unless `traces` gives others.

        born: second of the sign-up for one that happens in these days.
        """
        number, dice = len(self.people), self.dice
        if born is None:
            born = -dice.uniform(30, 2_800) * DAY_S
        if followers is None:
            followers = min(int(30 * dice.paretovariate(0.8)), 2_000_000)
        opaque = self.mark(f"person-{number}", 12)
        first, last = dice.choice(_FIRST), dice.choice(_LAST)
        if not avatar and dice.random() < _HAS_PICTURE:
            avatar = self.mark(f"picture-{number}", 64)
        profile = ActorProfile(
            handle=handle or f"{first}{last}{int(opaque[:4], 16) % 1_000}".lower(),
            name=f"{first} {last}",
            bio=bio,
            created_at=START + timedelta(seconds=int(born)),
            followers=followers,
            avatar_pdq=avatar,
        )
        own = {
            "device": self.mark(f"device-{number}", 24),
            "ip": self.household(number),
            "user_agent": dice.choice(_AGENTS),
        }
        made = Person(
            platform,
            actor or _OPAQUE.get(platform, "{}").format(opaque),
            profile,
            own | dict(traces or {}),
            dice.choice(_ZONES) if zone is None else zone,
            hidden,
        )
        self.people.append(made)
        return made

    def act(self, who: Person, kind: Kind, at: float, **what: Unpack[What]) -> None:
        """Record an act; what lies outside the days of the world is not seen."""
        if 0 <= at < self.span:
            self.acts.append(Act(float(at), who, kind, what))

    def login(self, who: Person, at: float, kind: Kind = Kind.LOGIN) -> None:
        """A login or sign-up with the traces of the person behind it."""
        traces: dict[str, str | list[str]] = {
            name: value for name, value in who.traces.items() if name != "user_agent"
        }
        told: dict[str, Any] = {"user_agent": who.traces.get("user_agent", "")}
        if who.hidden:
            told["asn_class"] = who.hidden
        self.act(who, kind, at, identifiers=traces, attributes=told)

    def moments(self, zones: Sequence[int] | Ints) -> Floats:
        """A time for each zone at which people there are likely to be awake."""
        count = len(zones)
        hours = self.bulk.choice(24, count, p=_HOUR_CHANCE) + self.bulk.random(count)
        days = self.bulk.integers(self.days, size=count)
        at: Floats = days * float(DAY_S) + (hours - np.asarray(zones)) % 24 * HOUR_S
        return at

    def moment(self, zone: int = 0) -> float:
        """One such time."""
        return float(self.moments([zone])[0])

    def some(self, people: Sequence[Person], chance: float) -> list[Person]:
        """Those who take part this time, in random order."""
        chosen = [who for who in people if self.dice.random() < chance]
        self.dice.shuffle(chosen)
        return chosen


def assemble(name: str, seed: int, acts: Sequence[Act], truth: Truth) -> World:
    """The world as a desk hears of it: short delays, few late ones, names that tell nothing."""
    rng = np.random.default_rng([seed, *b"arrival"])
    at = np.floor(np.array([act.at for act in acts]))
    delay = rng.exponential(_DELAY_S, len(acts))
    late = rng.random(len(acts)) < _LATE_CHANCE
    delay[late] = rng.uniform(10 * MINUTE_S, 6 * HOUR_S, int(late.sum()))
    received = np.ceil(at + delay)
    order = np.lexsort((rng.random(len(acts)), received))
    digest, encode = blake2b(digest_size=16), msgspec.json.encode
    signals: list[Signal] = []
    for place, index in enumerate(order.tolist()):
        wire = wire_of(acts[index], f"{seed}:{place}")
        digest.update(encode(wire))
        signals.append(Signal.of(wire, place + 1, START.timestamp() + float(received[index])))
    campaign = np.array([acts[index].campaign for index in order.tolist()], dtype=np.int64)
    placed = tuple(
        replace(one, positions=np.flatnonzero(campaign == number))
        for number, one in enumerate(truth.operations)
    )
    return World(name, seed, tuple(signals), Truth(placed, truth.coordinated), digest.hexdigest())


def wire_of(act: Act, label: str) -> SignalIn:
    """The act as an integration sends it."""
    return SignalIn(
        external_id=blake2b(label.encode(), digest_size=10).hexdigest(),
        platform=act.who.platform,
        kind=act.kind,
        occurred_at=START + timedelta(seconds=int(act.at)),
        actor=act.who.actor,
        actor_profile=act.who.profile,
        **act.what,
    )


def sketch_of(text: str) -> str:
    """The text as services tell each other of it that share none."""
    return sketches.sketch(text, _KEY, _KEY_ID)
