"""How a backtest is shown: both settings side by side, what comes, what goes, by day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from abusedesk.core.charts import Chart
from detectors import figures, registry
from detectors.backtest.trial import CURRENT, PROPOSED
from detectors.calibration.proportion import Share
from detectors.choices import BacktestState, Change
from detectors.forms import differences
from detectors.models import Backtest, BacktestFinding
from detectors.selectors.backtest import SHOWN, changes_of, sources_of
from detectors.ui.sweep import swept

COUNTED: Final = {
    "findings": "Findings",
    "opening": "of them able to open a case alone",
    "accounts": "Accounts named",
    "lapsed": "Findings that lapsed again",
}
SAID: Final = {
    Change.LOST: "found now, not with the proposed settings",
    Change.GAINED: "found with the proposed settings only",
    Change.KEPT: "found with both, as the proposed settings say it",
}


class Counted(NamedTuple):
    """One number with both settings."""

    title: str
    current: int
    proposed: int

    @property
    def delta(self) -> str:
        """What the proposal adds, with its sign."""
        more = self.proposed - self.current
        return f"{more:+,}" if more else "0"


class Judged(NamedTuple):
    """One share with both settings."""

    title: str
    current: Share
    proposed: Share


class Changed(NamedTuple):
    """Findings of one change: how many, and the first of them."""

    slug: str
    title: str
    hint: str
    total: int
    findings: list[BacktestFinding]


def shown(run: Backtest) -> dict[str, Any]:
    """What the template needs of a run."""
    kind = registry.get(run.slug)
    told: dict[str, Any] = {
        "run": run,
        "only": sources_of(run),
        "meta": kind.meta,
        "running": run.state == BacktestState.RUNNING,
        "differences": differences(kind.Params, run.current, run.proposed),
    }
    if run.sweep:
        told |= swept(run, kind.Params)
    elif run.state == BacktestState.DONE:
        told |= _result(run, run.result)
    return told


def _result(run: Backtest, told: Mapping[str, Any]) -> dict[str, Any]:
    current, proposed, campaigns = told[CURRENT], told[PROPOSED], told["campaigns"]
    counted = [Counted(title, current[name], proposed[name]) for name, title in COUNTED.items()]
    cases = Counted("Cases around what changes", campaigns[CURRENT], campaigns[PROPOSED])
    return {
        "counted": [*counted, cases],
        "judged": [
            Judged(title, Share(**current[name]), Share(**proposed[name]))
            for name, title in (("precision", "Precision"), ("recall", "Recall of known abuse"))
        ],
        "changes": [_changed(run, change, told) for change in SAID],
        "lost_campaigns": campaigns[Change.LOST],
        "gained_campaigns": campaigns[Change.GAINED],
        "chart": _by_day(told["days"]),
    }


def _changed(run: Backtest, change: Change, told: Mapping[str, Any]) -> Changed:
    findings = list(changes_of(run, change)[:SHOWN])
    return Changed(str(change), change.label, SAID[change], told[change], findings)


def _by_day(days: list[list[Any]]) -> Chart:
    labels = [day for day, _, _ in days]
    series = {"Current": [one for _, one, _ in days], "Proposed": [one for _, _, one in days]}
    return Chart(
        slug="days",
        title="Findings by day",
        unit="findings first said on that day, UTC",
        n=sum(one + other for _, one, other in days),
        figure=figures.bars(series, labels, "findings"),
        heads=["Day", "Current", "Proposed"],
        lines=days,
        nothing="Neither finds anything in this time.",
    )
