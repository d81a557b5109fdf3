"""How much one address looks like a false site, and by which sub-signals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from detectors.base import Condition, param
from detectors.lookalike.names import Known
from detectors.lookalike.signs import Sign, signs_of
from detectors.lookalike.weights import steps_of, weight_of
from detectors.overrides import ScopedParams

_PLACES: Final = ("name", "subdomain", "hosting")
IMITATING: Final = frozenset(
    {f"{how}-{place}" for how in ("named", "look-alike", "inside") for place in _PLACES}
    | {"named-path", "domain-inside", "kit"}
)
"""Of these a finding needs one: an ugly name imitates nobody."""
SHAPE: Final = frozenset(
    {"depth", "digits", "double-hyphen", "hyphens", "long-label", "odd-letters"}
)
"""These weigh but do not count: they are one more look at the same name."""
PRESSING: Final = frozenset({"words-host", "words-misspelt", "words-path"})
"""Of these, or of those that imitate, each address of a kit needs one."""
LABELS: Final[dict[str, tuple[str, str]]] = {
    "named-name": ("{brand} in a name that is not its own", "place"),
    "named-subdomain": ("{brand} in front of another's name", "place"),
    "named-hosting": ("{brand} on free hosting", "place"),
    "named-path": ("{brand} in the path", "place"),
    "inside-name": ("{brand} inside the name", "place"),
    "inside-subdomain": ("{brand} inside a label in front", "place"),
    "inside-hosting": ("{brand} inside a name on free hosting", "place"),
    "look-alike-name": ("name that reads like {brand}", "changed letters"),
    "look-alike-subdomain": ("label in front that reads like {brand}", "changed letters"),
    "look-alike-hosting": ("name on free hosting that reads like {brand}", "changed letters"),
    "words-host": ("words of a lure in the host", "words"),
    "words-misspelt": ("misspelt words of a lure in the host", "words"),
    "words-path": ("words of a lure in the path", "words"),
    "domain-inside": ("another domain written inside the host", "endings"),
    "free-hosting": ("free hosting", "host"),
    "raw-address": ("address instead of a name", "host"),
    "punycode": ("letters of other scripts", "host"),
    "double-hyphen": ("double hyphen", "host"),
    "hyphens": ("hyphens in one label", "hyphens"),
    "digits": ("digits in one label", "digits"),
    "long-label": ("longest label", "characters"),
    "depth": ("labels", "labels"),
    "odd-letters": ("surprise of the letters", "bits"),
    "program-folder": ("page in a folder of programs", "folder"),
    "young": ("age of the domain", "days"),
    "kit": ("domains with the same kit", "domains"),
}


MAX_OWN: Final = 50


class LookalikeParams(ScopedParams):
    """What counts as a look-alike, and what must come together before it is said."""

    min_accounts: int = param(
        2,
        ge=1,
        le=50,
        step=1,
        unit="accounts",
        help="Accounts that spread one site or one kit",
        overridable=True,
    )
    min_signs: int = param(
        2, ge=2, le=6, step=1, unit="sub-signals", help="Sub-signals that must come together"
    )
    min_score: float = param(
        4.3,
        ge=0,
        le=30,
        step=0.1,
        unit="log odds",
        help="Sum of their weights; the default is where 1 % of honest links are above it",
    )
    distance_middle: int = param(
        1,
        ge=0,
        le=2,
        step=1,
        unit="letters",
        help="Changed letters that make a look-alike of a brand of 5 to 8 letters",
    )
    distance_long: int = param(
        2, ge=0, le=3, step=1, unit="letters", help="The same for brands of more than 8 letters"
    )
    young_d: int = param(
        30, ge=1, le=365, step=1, unit="days", help="Age below which a domain is young"
    )
    kit_domains: int = param(
        3, ge=2, le=100, step=1, unit="domains", help="Domains with one path that make it a kit"
    )
    own_domains: str = param(
        "",
        unit="domains",
        help=(
            "Domains of your own organisation, with spaces between: they are never found, and "
            "names like theirs are"
        ),
    )

    @cached_property
    def known(self) -> Known:
        """Whose names are looked for, and how closely."""
        own = tuple(self.own_domains.lower().split()[:MAX_OWN])
        return Known(own, self.distance_middle, self.distance_long)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sender knows of a site. age_d: days since the domain was registered; kit_domains:
    domains on which the same kit was seen."""

    age_d: float | None = None
    kit_domains: int = 0


NO_FACTS: Final = Facts()


class Verdict(NamedTuple):
    """score: the sum of the weights of `signs`, each of which counts."""

    score: float
    signs: tuple[Sign, ...]


def verdict(url: str, facts: Facts, p: LookalikeParams) -> Verdict:
    """Judge one canonical URL. A brand's own, a well-known site or a shortener has no signs."""
    seen = signs_of(url, p.known)
    return judged((*seen, *fact_signs(facts, p))) if seen else Verdict(0.0, ())


def judged(seen: Iterable[Sign]) -> Verdict:
    """Sub-signals and the sum of their weights."""
    signs = tuple(seen)
    return Verdict(round(math.fsum(weight_of(sign.code, sign.value) for sign in signs), 4), signs)


def fact_signs(facts: Facts, p: LookalikeParams) -> tuple[Sign, ...]:
    """Sub-signals that no address shows by itself."""
    found = []
    if facts.age_d is not None and 0 <= facts.age_d < p.young_d:
        found.append(Sign("young", shown=f"{round(facts.age_d, 1):g}"))
    if facts.kit_domains >= p.kit_domains:
        found.append(Sign("kit", shown=str(facts.kit_domains)))
    return tuple(found)


def is_met(one: Verdict, p: LookalikeParams) -> bool:
    """Whether enough sub-signals came together, with one that imitates or presses among them."""
    return (
        _counted(one) >= p.min_signs
        and one.score >= p.min_score
        and any(sign.code in IMITATING for sign in one.signs)
    )


def conditions(one: Verdict, p: LookalikeParams) -> tuple[Condition, ...]:
    """Every sub-signal as what was compared, and both sums."""
    total = _counted(one)
    return (
        *(_condition(sign, p) for sign in one.signs),
        Condition("sub-signals", total, ">=", p.min_signs, "sub-signals", total >= p.min_signs),
        Condition("weight", one.score, ">=", p.min_score, "log odds", one.score >= p.min_score),
    )


def _counted(one: Verdict) -> int:
    return sum(1 for sign in one.signs if sign.code not in SHAPE)


def _condition(sign: Sign, p: LookalikeParams) -> Condition:
    label, unit = LABELS[sign.code]
    name = label.format(brand=sign.brand)
    if sign.code == "young":
        return Condition(name, float(sign.shown), "<", p.young_d, unit, met=True)
    if sign.code == "kit":
        return Condition(name, float(sign.shown), ">=", p.kit_domains, unit, met=True)
    if sign.code.startswith("look-alike"):
        return Condition(name, sign.changes, "<=", sign.limit, unit, met=True)
    return Condition(name, float(sign.value), ">=", steps_of(sign.code)[0], unit, met=True)
