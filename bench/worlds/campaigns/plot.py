"""A campaign while it is written: size, span, jitter, dilution, rewriting and reuse of traces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bench.worlds import words
from bench.worlds.benign import Benign
from bench.worlds.benign.assistants import SERVICES, ask
from bench.worlds.kit import DAY_S, HOUR_S, MINUTE_S, Act, Person, Scene, sketch_of
from detectors.schema import Kind

PAIR = 2
"""Accounts of a faint campaign that share one trace; three would be a cluster."""
ACTS_EACH = 8
"""Acts of an account on average; an operation that is smaller has fewer accounts."""
_TALK = {"telegram": Kind.MESSAGE, "email": Kind.MAIL, "youtube": Kind.REPLY}


class Knobs(NamedTuple):
    """How an operation hides. jitter_s: mean delay behind the plan. dilution: share of own
    harmless acts. rewriting: 0..1. reuse: chance that a member uses traces of the crew."""

    jitter_s: float
    dilution: float
    rewriting: float
    reuse: float


VARIANTS = {
    "plain": Knobs(jitter_s=45, dilution=0.15, rewriting=0.15, reuse=0.8),
    "hard": Knobs(jitter_s=40 * MINUTE_S, dilution=0.55, rewriting=0.8, reuse=0.25),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One kind of campaign. sizes: accounts, span_h: hours; least and most."""

    slug: str
    title: str
    play: Callable[[Plot], None]
    sizes: tuple[int, int]
    span_h: tuple[float, float]


class Plot(Scene):
    """The scene of one campaign. budget: signals it may use.

    faint: every trace is shared by two accounts at most, so that no single rule can see a group.
    helpers: accounts that are no members. prelude: what members did before it began.
    """

    def __init__(
        self, recipe: Recipe, variant: str, benign: Benign, *, faint: bool, seed: int, days: int,
        budget: int,
    ) -> None:  # fmt: skip
        super().__init__(f"{recipe.slug}-{variant}", seed=seed, days=days)
        self.variant, self.faint, self.budget = variant, faint, budget
        self.knobs = VARIANTS[variant]
        self.benign = benign
        self.helpers: set[str] = set()
        self.prelude: list[Act] = []
        longest = min(recipe.span_h[1] * HOUR_S, self.span * 0.9)
        self.length = self._between(min(recipe.span_h[0] * HOUR_S, longest), longest)
        self.begin = self.dice.uniform(0.02, 1) * (self.span - self.length) * 0.98
        most = max(recipe.sizes[0], min(recipe.sizes[1], budget // ACTS_EACH))
        self.size = round(self._between(recipe.sizes[0], most))
        self.cause = self.dice.choice(words.tail()[200:])
        self.zone = self.dice.choice((2, 3, 7, 8))

    @property
    def hard(self) -> bool:
        """Whether the operation takes trouble to hide."""
        return self.variant == "hard"

    def room(self) -> bool:
        """Whether the plan goes on; the rest of the budget is for harmless acts."""
        return len(self.acts) < self.budget * (1 - self.knobs.dilution)

    def member(self, platform: str, *, card: str = "", **more: Any) -> Person:
        """An account of the crew, now and then on a device or address of another one."""
        number = len(self.people)
        traces: dict[str, str] = {}
        for kind, make in (("device", self._device), ("ip", self.household)):
            if self.dice.random() < self.knobs.reuse:
                shelf = number // PAIR if self.faint else number // 6
                traces[kind] = make(100_000 + shelf)
        if card:
            traces["payment"] = self.mark(card, 24)
        return self.person(platform, zone=self.zone, traces=traces, **more)

    def crew(self, platforms: Sequence[str], count: int, **more: Any) -> list[Person]:
        """Members spread over platforms."""
        return [self.member(platforms[n % len(platforms)], **more) for n in range(count)]

    def when(self) -> float:
        """A planned time inside the campaign, in office hours where it lasts for days."""
        if self.length < 2 * DAY_S:
            return self.begin + self.dice.random() * self.length
        day = self.dice.randrange(int(self.length // DAY_S))
        return self.begin + day * DAY_S + self.dice.uniform(8, 19) * HOUR_S - self.zone * HOUR_S

    def late(self) -> float:
        """Delay of one act behind its plan."""
        return self.dice.expovariate(1 / self.knobs.jitter_s)

    def taking_part(self, people: Sequence[Person], chance: float = 0.65) -> list[Person]:
        """Who carries one item; two of them when the campaign is faint."""
        if self.faint:
            return self.dice.sample(list(people), min(PAIR, len(people)))
        return self.some(people, chance)

    def reworded(self, text: str) -> str:
        """The text as one member writes it."""
        return words.paraphrase(self.dice, text, self.knobs.rewriting)

    def spread(
        self, people: Sequence[Person], at: float, text: str, *, link: str = "",
        objects: tuple[str, ...] = (), chance: float = 0.65, sketched: bool = False,
    ) -> None:  # fmt: skip
        """Members post one item after a plan, each in own words as far as the variant goes."""
        for who in self.taking_part(people, chance):
            said = self.reworded(text)
            prints = (sketch_of(said),) if sketched else ()
            self.act(
                who, _TALK.get(who.platform, Kind.POST), at + self.late(),
                text=f"{said} {link}".strip(), urls=(link,) if link else (), objects=objects,
                fingerprints=prints,
            )  # fmt: skip

    def operators(self, count: int) -> list[Person]:
        """AI accounts of the crew."""
        return [self.member(SERVICES[n % len(SERVICES)]) for n in range(count)]

    def draft(self, who: Person, at: float, asked: str, said: str, **more: Any) -> None:
        """Let a model write something; a careful crew uses a service that shares sketches only."""
        sketch = sketch_of(said) if self.hard else ""
        ask(self, who, at, asked, said, sketch=sketch, told=not self.hard, **more)

    def site(self, name: str) -> str:
        """A site of the crew is registered and seen. Returns its host."""
        host = f"{name}.example"
        hosting = self.household(200_000 + (len(self.people) // PAIR if self.faint else 0))
        self.act(
            self.person("web", actor=host, traces={"ip": hosting}, zone=0), Kind.SITE,
            max(1.0, self.begin - self.dice.uniform(0, 20) * HOUR_S), urls=(f"https://{host}/",),
            identifiers={"ip": hosting}, attributes={"domain_age_days": self.dice.randrange(12)},
        )  # fmt: skip
        return host

    def sign_in(self, people: Sequence[Person], times: int = 1) -> None:
        """Logins of members during the campaign."""
        for who in people:
            for _ in range(times):
                self.login(who, self.when())

    def blend(self) -> None:
        """Use what is left of the budget for acts like those of anybody."""
        actors = [who for who in self.people if who.platform != "web"]
        end = self.begin + self.length
        known = [one for one in self.benign.town.cascades if self.begin <= one[1] < end]
        count = max(0, self.budget - len(self.acts))
        for text in words.everyday(self.bulk, count):
            if len(self.acts) >= self.budget:
                break
            who = self.dice.choice(actors)
            at = self.begin + self.dice.random() * min(self.length * 1.3, self.span - self.begin)
            kind = _TALK.get(who.platform, Kind.POST)
            if who.platform in SERVICES:
                ask(self, who, at, f"is this good English: {text}", f"It is: {text}")
            elif known and self.dice.random() < 0.2:
                link, start = self.dice.choice(known)
                wait = self.dice.lognormvariate(math.log(HOUR_S / 2), 1.7)
                self.act(who, kind, start + wait, text=text, urls=(link,))
            else:
                self.act(who, kind, at, text=text)

    def _between(self, low: float, high: float) -> float:
        """Log-uniform: small ones are common."""
        return math.exp(self.dice.uniform(math.log(low), math.log(max(low, high))))

    def _device(self, shelf: int) -> str:
        return self.mark(f"shelf-{shelf}", 24)
