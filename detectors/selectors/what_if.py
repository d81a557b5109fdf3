"""Reads what a moved threshold would change, from findings that are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from abusedesk.core.models import User
from detectors.backtest.what_if import (
    ABUSE,
    BENIGN,
    UNDECIDED,
    Bin,
    Point,
    Quantity,
    Told,
    histogram,
    points,
    quantities,
)
from detectors.choices import BacktestState, Change, FindingStatus, Outcome
from detectors.fits import standing_verdicts
from detectors.models import Backtest, BacktestFinding, CampaignFinding, Finding, Verdict
from detectors.selectors.config import detector_by_slug, params_of
from detectors.services.campaigns_instead import compare_campaigns, stored_evidence

MAX_POINTS: Final = 5_000
SHOWN: Final = 20
MAX_ACCOUNTS: Final = 300
RUNS: Final = 3
_OUTCOMES: Final = {
    Outcome.ABUSE: ABUSE, Outcome.LEGITIMATE: BENIGN, Outcome.NO_ABUSE: BENIGN,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A threshold moved from `quantity.limit` to `at`.

    lost, gained: how many findings; lost_findings, gained_findings: those that weigh most.
    lost_campaigns: as a backtest tells them, computed around `accounts` accounts. runs: backtests
    that tried nothing but looser values of this parameter; what is gained is read from them.
    """

    choices: Sequence[Quantity] = ()
    quantity: Quantity | None = None
    at: float = 0.0
    stored: int = 0
    stays: int = 0
    lost: int = 0
    gained: int = 0
    bins: Sequence[Bin] = ()
    lost_findings: Sequence[Finding] = ()
    gained_findings: Sequence[BacktestFinding] = ()
    lost_campaigns: Sequence[Mapping[str, Any]] = ()
    accounts: int = 0
    all_accounts: int = 0
    runs: Sequence[Backtest] = field(default_factory=list)


def what_if_for(viewer: User, slug: str, by: str = "", at: float | None = None) -> WhatIf:
    """What the findings of a detector would be. by: name of the condition; at: the threshold.

    Raises NotFoundError for a detector out of sight.
    """
    model, params = detector_by_slug(slug, viewer).Params, params_of(slug)
    rows = Finding.objects.filter(detector=slug, status=FindingStatus.CURRENT, config__beside=None)
    heaviest = rows.order_by("-llr", "-pk")[:MAX_POINTS]
    told = {
        pk: Told(conditions, said)
        for pk, conditions, said in heaviest.values_list("pk", "conditions", "config__params")
    }
    stored = {pk: one.conditions for pk, one in told.items()}
    choices = [one for one in quantities(model, params, told.values()) if one.low < one.high]
    quantity = next((one for one in choices if one.name == by), next(iter(choices), None))
    if quantity is None:
        return WhatIf(choices=choices, stored=len(stored))
    at = quantity.limit if at is None else at
    found = points(quantity, stored, _outcomes(slug))
    lost = [one.finding for one in found if not quantity.holds(one.value, at)]
    runs = _looser_runs(slug, params, quantity)
    gained = _gained(runs, quantity, at)
    return WhatIf(
        choices=choices,
        quantity=quantity,
        at=at,
        stored=len(found),
        stays=len(found) - len(lost),
        lost=len(lost),
        gained=len(gained),
        bins=histogram([*found, *_values(runs, quantity)], quantity, at),
        lost_findings=list(rows.filter(pk__in=lost).order_by("-llr", "-pk")[:SHOWN]),
        gained_findings=gained[:SHOWN],
        runs=runs,
        **_campaigns(slug, lost),
    )


def _outcomes(slug: str) -> dict[int, str]:
    """Finding -> what people said of its campaign, where they did."""
    verdicts = Verdict.objects.filter(pk__in=standing_verdicts().values("pk"))
    rows = CampaignFinding.objects.filter(
        finding__detector=slug, campaign__verdicts__in=verdicts.values("pk")
    ).order_by()
    said = rows.values_list("finding", "campaign__verdicts__outcome")
    return {finding: _OUTCOMES.get(Outcome(outcome), UNDECIDED) for finding, outcome in said}


def _looser_runs(slug: str, params: Mapping[str, Any], quantity: Quantity) -> list[Backtest]:
    """The newest runs that tried a looser value of this parameter, and nothing else."""
    name = quantity.parameter
    if not name:
        return []
    done = Backtest.objects.filter(slug=slug, state=BacktestState.DONE, current=params)
    rows = done.defer("payload", "result").order_by("-pk")[: 10 * RUNS]
    looser = [
        one
        for one in rows
        if {**one.proposed, name: None} == {**params, name: None}
        and quantity.looser(float(one.proposed[name]))
    ]
    return looser[:RUNS]


def _gained(runs: Sequence[Backtest], quantity: Quantity, at: float) -> list[BacktestFinding]:
    """Of the run that tried most, what it found only thanks to a threshold not beyond `at`."""
    if not runs or not quantity.looser(at):
        return []
    run = _widest(runs, quantity)
    rows = run.findings.filter(change=Change.GAINED).order_by("place")
    return [one for one in rows if any(quantity.holds(x.value, at) for x in _point(one, quantity))]


def _values(runs: Sequence[Backtest], quantity: Quantity) -> list[Point]:
    """What such a run gained, for the histogram."""
    if not runs:
        return []
    rows = _widest(runs, quantity).findings.filter(change=Change.GAINED)
    return [point for one in rows for point in _point(one, quantity)]


def _widest(runs: Sequence[Backtest], quantity: Quantity) -> Backtest:
    return max(runs, key=lambda one: abs(float(one.proposed[quantity.parameter]) - quantity.limit))


def _point(one: BacktestFinding, quantity: Quantity) -> list[Point]:
    return points(quantity, {one.pk: one.conditions}, {})


def _campaigns(slug: str, lost: Sequence[int]) -> dict[str, Any]:
    """Campaigns that would not open without these findings."""
    rows = Finding.objects.filter(pk__in=lost).order_by("-llr", "-pk")
    accounts = list(
        dict.fromkeys(name for names in rows.values_list("subjects", flat=True) for name in names)
    )
    few = set(accounts[:MAX_ACCOUNTS])
    told = compare_campaigns(
        accounts=few,
        detector=slug,
        current=stored_evidence(detector=slug),
        proposed=stored_evidence(detector=slug, without=lost),
    ) if few else {Change.LOST: []}  # fmt: skip
    return {
        "lost_campaigns": told[Change.LOST],
        "accounts": len(few),
        "all_accounts": len(accounts),
    }
