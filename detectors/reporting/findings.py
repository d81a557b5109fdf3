"""What is said about a burst of reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from detectors.base import Condition, FindingDraft, Key, Tier
from detectors.emission import counted, lasting
from detectors.reporting.judge import Ring

WRONG_LLR = 4.0
WORDS_LLR = 3.0
"""Without a verdict history, where at least half of the reasons are nearly the same."""
PLAIN_LLR = 2.0
MAX_LINKS = 2_000


class Limits(NamedTuple):
    """What a ring is measured against."""

    reporters: int
    common: int
    upheld: float


def draft(ring: Ring, limits: Limits, constants: Mapping[str, Any]) -> FindingDraft:
    """One ring as a finding; it opens only where moderators found its reports wrong."""
    burst = ring.burst
    wrong = ring.upheld_bound < limits.upheld
    alike = 2 * ring.similar >= len(ring.accounts)
    llr = WRONG_LLR if wrong else WORDS_LLR if alike else PLAIN_LLR
    place = {name: n for n, name in enumerate(ring.accounts)}
    strongest = sorted(ring.pairs, key=lambda pair: (pair.p, pair.first, pair.second))[:MAX_LINKS]
    return FindingDraft(
        anchor=Key("report-target", burst.target),
        subjects=ring.accounts,
        signal_ids=tuple(sorted(id_ for _, id_ in burst.reporters.values())),
        llr=llr,
        links=tuple(sorted((place[pair.first], place[pair.second], llr) for pair in strongest)),
        score=float(len(ring.accounts)),
        sentence=_sentence(ring),
        first_at=burst.first_at,
        last_at=burst.last_at,
        tier=Tier.OPENING if wrong else Tier.SUPPORTING,
        values=_values(ring),
        constants=constants,
        conditions=_conditions(ring, limits),
        flags=() if ring.decided else ("no-verdicts",),
    )


def _sentence(ring: Ring) -> str:
    burst = ring.burst
    span = lasting(burst.last_at - burst.first_at)
    reports = counted(len(burst.reporters), "report")
    common = counted(ring.common, "earlier target")
    told = [
        f"{reports} of one target in {span}",
        f"{counted(len(ring.accounts), 'reporter')} had {common} in common",
    ]
    if ring.decided:
        verb = "was" if ring.upheld == 1 else "were"
        told.append(f"{ring.upheld} of their {counted(ring.decided, 'report')} {verb} upheld")
    else:
        told.append("nothing is known of what became of their reports")
    if ring.similar:
        told.append(f"{ring.similar} gave nearly the same reason")
    return "; ".join(told)


def _values(ring: Ring) -> dict[str, Any]:
    return {
        "target": ring.burst.target,
        "reports": len(ring.burst.reporters),
        "reporters": len(ring.accounts),
        "common": ring.common,
        "upheld": ring.upheld,
        "decided": ring.decided,
        "similar_reasons": ring.similar,
        "largest_p": max(pair.p for pair in ring.pairs),
    }


def _conditions(ring: Ring, limits: Limits) -> tuple[Condition, ...]:
    number, common, bound = len(ring.burst.reporters), ring.common, ring.upheld_bound
    return (
        Condition(
            "reporters within the window", number, ">=", limits.reporters, "accounts", met=True
        ),
        Condition("earlier targets in common", common, ">=", limits.common, "targets", met=True),
        Condition(
            "upper bound of the rate upheld",
            round(bound, 4),
            "<",
            limits.upheld,
            "share of reports",
            bound < limits.upheld,
        ),
    )
