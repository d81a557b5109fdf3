"""How much each kind of evidence weighs: log-likelihood ratios, caps, half-lives."""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.base import DAY_S, Family

PRIOR = -6.0
"""Log odds that a pair of accounts that some finding names is one operation, before evidence."""
ESTABLISHED = 3.0
"""What is settled between two groups of which one opens by itself: that it is an operation. Whether
the other is a part of it is left to the evidence between them."""
DECLARED = -6.0
"""What a declared relationship takes from a pair: that they act together is known."""
APART = -60.0
"""What a person's word that two do not belong together takes: more than all families can add."""
P_OPEN = 0.8
S_OPEN = math.log(P_OPEN / (1 - P_OPEN))
P_WATCH = 0.5
HARD = S_OPEN - PRIOR
"""LLR from which one identifier alone opens; what a household shares weighs less."""
S_NEAR = -1.0
"""From here evidence of the group that a pair is in may lift it: one family at its strongest."""
MIN_ACCOUNTS = 3


@dataclass(frozen=True, slots=True)
class Weight:
    """Most that one family can add to a pair, in natural-log units, and how it fades in days."""

    cap: float
    half_life_d: float


WEIGHTS: dict[str, Weight] = {
    Family.TIMING: Weight(6.5, 14),
    Family.CONTENT: Weight(5.0, 30),
    Family.INFRA_HARD: Weight(9.0, 60),
    Family.INFRA_SOFT: Weight(5.0, 7),
    Family.IDENTITY: Weight(3.0, 30),
    Family.AI: Weight(5.0, 30),
    Family.BEHAVIOUR: Weight(4.0, 30),
    Family.LIST: Weight(4.0, 30),
}

SEVERAL: dict[str, tuple[int, float]] = {
    "near-duplicate-text": (3, 5.0),
    "reworded-text": (3, 5.0),
    "media-reuse": (3, 4.0),
    "lookalike-site": (3, 5.0),
    "pushed-site": (2, 5.0),
}
"""Detector -> (distinct findings that a pair shares, LLR from then on): one text, picture or false
site may travel by itself, three do not."""
TRAVELS: frozenset[str] = frozenset({"near-duplicate-text", "reworded-text", "media-reuse"})
"""Of those the detectors of what people pass on."""
CROWD = 60
"""Accounts above which a text or a picture is a saying: who posts a lot has three of them in common
with whoever else does, so it is none of several things that tell more together."""


TELLING: frozenset[str] = frozenset({Family.AI, Family.CONTENT, Family.INFRA_SOFT})
"""Families of which one at its strongest shows that an account belongs to a known operation: it
wrote what the members publish, is the site that they push, tells several of their stories."""

_INFRA = "infra"
_KINDS: dict[str, str] = {Family.INFRA_HARD: _INFRA, Family.INFRA_SOFT: _INFRA}
"""Families that are no independent witnesses: who shares a device shares its address as well."""


def is_one_of_several(detector: str, accounts: int) -> bool:
    """Whether a finding about so many accounts is a thing of which several tell more than one."""
    return detector in SEVERAL and (accounts <= CROWD or detector not in TRAVELS)


def kind_of(family: str) -> str:
    """Families of one kind count as one where two are asked for."""
    return _KINDS.get(family, family)


def is_infra(family: str) -> bool:
    """Whether the evidence is something used, such as a device, not something done."""
    return kind_of(family) == _INFRA


def reaches(touched: int, size: int) -> bool:
    """Whether a family is a witness for a group: a stray finding about a few of it is none."""
    return touched >= max(2, size / 3)


def weigh(family: str, llr: float, age_s: float) -> float:
    """An LLR after decay and cap. age_s: seconds behind the newest evidence, >= 0."""
    weight = WEIGHTS[family]
    decay = math.exp(-math.log(2) * max(0.0, age_s) / (weight.half_life_d * DAY_S))
    return min(weight.cap, llr * decay)


def probability(score: float) -> float:
    """Log odds -> 0..1."""
    return 1.0 / (1.0 + math.exp(-score))
