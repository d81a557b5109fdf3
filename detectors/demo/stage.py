"""One part of the demo world while it is written: dice, clock, accounts and signals."""

from __future__ import annotations

import hmac
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypedDict, Unpack

from detectors.demo.words import invented_name, smalltalk
from detectors.schema import ActorProfile, Ai, Kind, SignalIn

MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 86_400

# Share of a day's acts in each local hour: a quiet night, a busy evening.
_HOURS = (3, 2, 1, 1, 1, 2, 4, 7, 9, 9, 9, 9, 10, 10, 9, 9, 9, 10, 11, 12, 12, 11, 8, 5)
# An odd factor permutes 16-bit numbers: /48 networks look random and never meet by chance.
_NETWORK_FACTOR = 40_503
_NETWORKS = 1 << 16
_TALK = {"email": Kind.MAIL, "telegram": Kind.MESSAGE}
_AGENTS = (
    "Mozilla/5.0 (Android 14)",
    "Mozilla/5.0 (iPhone)",
    "Mozilla/5.0 (X11)",
    "Mozilla/5.0 (Windows)",
)


class What(TypedDict, total=False):
    """The parts of a signal that depend on its kind."""

    text: str
    urls: tuple[str, ...]
    objects: tuple[str, ...]
    identifiers: dict[str, str | list[str]]
    ai: Ai
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """One account on one platform and the traces its logins leave."""

    platform: str
    actor: str
    profile: ActorProfile
    identifiers: Mapping[str, str] = field(default_factory=dict)
    zone: int = 0
    """Hours east of UTC: when its owner is awake."""

    @property
    def key(self) -> str:
        """The account as detectors name it."""
        return f"{self.platform}:{self.actor}"


class Stage:
    """Where one part plays. Every time is in seconds after `start`; nothing happens after `end`.

    networks: which /48 networks its accounts may use, so that two parts never share one.
    """

    def __init__(self, part: str, *, seed: int, end: datetime, days: int, networks: range) -> None:
        if end.tzinfo is None or days < 1:
            message = "end needs a time zone and days must be at least 1"
            raise ValueError(message)
        self.rng = random.Random(f"{seed}:{part}")  # noqa: S311 -- a replayable world, no secret
        self.days = days
        self.span = float(days * DAY_S)
        self.signals: list[SignalIn] = []
        self.accounts: list[Account] = []
        self._name = f"{seed}:{part}"
        self._networks = networks
        self._start = end.astimezone(UTC) - timedelta(days=days)

    def account(
        self,
        platform: str,
        *,
        actor: str = "",
        bio: str = "",
        avatar: str = "",
        born: float | None = None,
        **marks: str,
    ) -> Account:
        """A new account; it has an own device and ip unless `marks` gives it shared ones.

        avatar: PDQ hash. born: second of the sign-up, for one that happens in these days.
        """
        n = len(self.accounts)
        name = invented_name(self.rng)
        old = -self.rng.uniform(60 * DAY_S, 2_500 * DAY_S)
        profile = ActorProfile(
            handle=_handle(self.rng, name, old if born is None else born),
            name=name,
            bio=bio,
            created_at=self._start + timedelta(seconds=int(old if born is None else born)),
            followers=min(int(40 * self.rng.paretovariate(0.9)), 900_000),
            avatar_pdq=avatar,
        )
        own = {"device": self.mark(f"device-{n}"), "ip": self.ip(n)}
        zone = self.rng.choice((-6, 0, 0, 1, 2, 8))
        made = Account(platform, actor or self._actor(platform, n), profile, own | marks, zone)
        self.accounts.append(made)
        return made

    def act(self, who: Account, kind: Kind, at: float, **what: Unpack[What]) -> bool:
        """Record what `who` did at `at`; outside the world's days it is not seen. True: it was."""
        if not 0 <= at < self.span:
            return False
        self.signals.append(
            SignalIn(
                external_id=f"demo-{self.mark(f'signal-{len(self.signals)}')[:20]}",
                platform=who.platform,
                kind=kind,
                occurred_at=self._start + timedelta(milliseconds=int(at * 1_000)),
                actor=who.actor,
                actor_profile=who.profile,
                **what,
            )
        )
        return True

    def login(self, who: Account, at: float, kind: Kind = Kind.LOGIN) -> None:
        """A login (or sign-up) with the traces that the account's owner leaves."""
        # whoever shares an address here bought the same phones
        agent = _AGENTS[sum(who.identifiers["ip"].encode()) % len(_AGENTS)]
        traces: dict[str, str | list[str]] = dict(who.identifiers)
        self.act(who, kind, at, identifiers=traces, attributes={"user_agent": agent})

    def idle(self, accounts: Sequence[Account], count: int) -> None:
        """Everyday posts and logins at everyday hours, so that nobody does only one thing."""
        for _ in range(count):
            who = self.rng.choice(accounts)
            if self.chance(0.25):
                self.login(who, self.moment(who.zone))
            else:
                self.act(who, talk(who), self.moment(who.zone), text=smalltalk(self.rng))

    def moment(self, zone: int = 0) -> float:
        """A time at which somebody in that zone is likely to be awake."""
        hour = self.rng.choices(range(24), _HOURS)[0]
        hours = (hour - zone - self._start.hour) % 24 + self.rng.random()
        return self.rng.randrange(self.days) * DAY_S + hours * HOUR_S

    def waves(self, count: int, *, first: float = 0.1, last: float = 0.96) -> list[float]:
        """Start times of `count` waves between two shares of the world's days, unevenly spread."""
        step = (last - first) / count
        shares = (first + step * (n + 0.6 * self.rng.random()) for n in range(count))
        return [share * self.span for share in shares]

    def some(self, accounts: Sequence[Account], chance: float) -> list[Account]:
        """Those who take part this time, in random order."""
        chosen = [who for who in accounts if self.chance(chance)]
        self.rng.shuffle(chosen)
        return chosen

    def chance(self, chance: float) -> bool:
        """One throw of the dice. chance: 0..1."""
        return self.rng.random() < chance

    def mark(self, label: str) -> str:
        """What a platform's HMAC of a device, card or person looks like; `label` stays inside."""
        return hmac.new(self._name.encode(), label.encode(), sha256).hexdigest()[:32]

    def ip(self, n: int) -> str:
        """Address number n of this part, in a network of its own (documentation prefix)."""
        network = self._networks[n % len(self._networks)] * _NETWORK_FACTOR % _NETWORKS
        return f"2001:db8:{network:x}:{self.mark(f'net-{n}')[:3]}::{n % 61 + 1:x}"

    def host(self, name: str) -> str:
        """A host of this world like `name`: another seed has others, as it has other accounts."""
        label, _, suffix = name.rpartition(".")
        return f"{label}-{self.mark(f'host-{name}')[:4]}.{suffix}"

    def _actor(self, platform: str, n: int) -> str:
        """An opaque account id in the manner of the platform."""
        opaque = self.mark(f"actor-{n}")
        if platform == "email":
            return f"{opaque[:10]}@post.example"
        return f"acct_{opaque[:16]}" if platform.endswith("-api") else str(int(opaque[:10], 16))


def talk(who: Account) -> Kind:
    """How people say something on that platform."""
    return _TALK.get(who.platform, Kind.POST)


def _handle(rng: random.Random, name: str, born: float) -> str:
    """Old accounts chose a handle; new ones often keep the form's `Name_Word####`."""
    words = name.split()
    if born < 0:
        return f"{'.'.join(words).lower()}{rng.randrange(100)}"
    return f"{words[0]}_{words[1]}{rng.randrange(1_000, 10_000)}"
