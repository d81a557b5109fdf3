"""The people of the benign world: where they are, how active, with whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.demo.stage import HOUR_S, Account, Stage

COMMUNITIES = 20
_ACTIVITY_TAIL = 1.4
_DELAY_MU, _DELAY_SIGMA = 7.5, 1.7
_LONGEST_S = 48.0 * HOUR_S
_AT_HOME = 0.8

# Share of accounts on each platform.
_PLATFORMS = {
    "x": 26,
    "facebook": 22,
    "telegram": 14,
    "youtube": 14,
    "mastodon": 8,
    "medium": 5,
    "email": 5,
    "openai-api": 3,
    "mistral-api": 3,
}


@dataclass(frozen=True, slots=True)
class Crowd:
    """The people of the benign world; some of them do nearly everything."""

    everyone: Sequence[Account]
    activity: Sequence[float]
    communities: Sequence[Sequence[int]]

    def of(self, *platforms: str) -> list[Account]:
        """Accounts on these platforms."""
        return [who for who in self.everyone if who.platform in platforms]


def gather(stage: Stage, size: int) -> Crowd:
    """`size` people on the platforms, the social ones in communities of equal size."""
    names, weights = list(_PLATFORMS), list(_PLATFORMS.values())
    places = stage.rng.choices(names, weights, k=size)
    everyone = [stage.account(place) for place in places]
    social = [n for n, who in enumerate(everyone) if not who.platform.endswith("-api")]
    stage.rng.shuffle(social)
    return Crowd(
        everyone=everyone,
        activity=[min(stage.rng.paretovariate(_ACTIVITY_TAIL), 60.0) for _ in everyone],
        communities=[social[n::COMMUNITIES] for n in range(COMMUNITIES)],
    )


def drawn(stage: Stage, crowd: Crowd, size: int) -> list[Account]:
    """People by activity, each once, four in five out of one community."""
    home = stage.rng.choice(crowd.communities)
    social = [n for group in crowd.communities for n in group]
    chosen: dict[int, None] = {}
    for _ in range(size):
        pool = home if stage.chance(_AT_HOME) else social
        chosen[stage.rng.choices(pool, [crowd.activity[n] for n in pool])[0]] = None
    return [crowd.everyone[n] for n in chosen]


def delay(stage: Stage) -> float:
    """Seconds until somebody passes a thing on: half an hour, with a long tail."""
    return min(stage.rng.lognormvariate(_DELAY_MU, _DELAY_SIGMA), _LONGEST_S)
