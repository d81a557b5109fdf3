"""Weekly fits: when they run, on which verdicts, and what keeps a worse one out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta

import msgspec
import pytest
import time_machine

from abusedesk.core import clock
from abusedesk.core.models import AuditEntry, Role, User
from detectors.calibration.evidence import BANDS
from detectors.choices import Outcome
from detectors.fits import calibrated, table_of, usable_verdicts, weights_in_force
from detectors.models import Calibration, Campaign, CampaignEdge, EvidenceWeights, FusedFinding
from detectors.pairs import Evidence
from detectors.selectors.calibration import calibration_for
from detectors.services.calibration import refit_all
from detectors.services.evidence_weights import refit_weights
from detectors.services.verdict import record_verdict, withdraw_verdict
from tests.cases import build

pytestmark = pytest.mark.django_db
LEAD = User(role=Role.LEAD)


def judge(outcomes: Iterable[Outcome], *, p: float = 0.9, first: int = 0) -> list[Campaign]:
    """One campaign each, decided one minute after the other."""
    rows = []
    for number, outcome in enumerate(outcomes, first):
        row = build.campaign(members=build.accounts(3, first=10 * number), p=p, waiting=False)
        with time_machine.travel(build.NOON + timedelta(minutes=number), tick=False):
            record_verdict(
                campaigns=[row], outcome=outcome, decision_ref=f"decision-{number}", expires_at=None
            )
        rows.append(row)
    return rows


def mixed(number: int) -> list[Outcome]:
    """Half abuse, half not."""
    return [Outcome.ABUSE, Outcome.NO_ABUSE] * (number // 2)


@pytest.mark.row(108)
def test_below_fifty_verdicts_a_probability_stays_raw() -> None:
    judge([*mixed(48), Outcome.ABUSE])
    assert refit_all() is None
    assert calibrated(0.9) == (None, None)


def test_from_fifty_verdicts_on_it_is_what_reviewers_confirm() -> None:
    judge(mixed(50))
    fit = refit_all()
    assert fit is not None
    assert (fit.kind, fit.verdicts, fit.trained, fit.in_force) == ("platt", 50, 35, True)
    after, by = calibrated(0.9)
    assert after == pytest.approx(0.5, abs=0.05)
    assert by == fit
    assert AuditEntry.objects.filter(verb="calibration.fitted").exists()


def test_more_than_three_hundred_bear_an_isotonic_curve() -> None:
    judge(mixed(302))
    fit = refit_all()
    assert fit is not None
    assert fit.kind == "isotonic"


def test_cannot_tell_and_undone_decisions_teach_nothing() -> None:
    judge([*mixed(48), Outcome.UNSURE, Outcome.UNSURE, Outcome.ABUSE, Outcome.ABUSE])
    withdraw_verdict(decision_ref="decision-51")
    assert len(usable_verdicts()) == 49
    assert refit_all() is None


def test_the_last_verdict_on_a_campaign_counts_and_only_once() -> None:
    (row,) = judge([Outcome.ABUSE])
    record_verdict(
        campaigns=[row], outcome=Outcome.NO_ABUSE, decision_ref="decision-again", expires_at=None
    )
    assert [one.outcome for one in usable_verdicts()] == [Outcome.NO_ABUSE]


def test_a_fit_learns_from_the_older_verdicts_and_is_measured_on_the_newer() -> None:
    judge([*mixed(70), *[Outcome.NO_ABUSE] * 30])
    fit = refit_all()
    assert fit is not None
    assert fit.base_rate == pytest.approx(0.5)
    assert fit.tested["base_rate"] == 0.0


def test_a_worse_refit_is_not_activated() -> None:
    judge([*[Outcome.NO_ABUSE] * 70, *[Outcome.ABUSE] * 30])
    fit = refit_all()
    assert fit is not None
    assert fit.brier > fit.before
    assert not fit.in_force
    assert calibrated(0.9) == (None, None)


def test_there_is_one_fit_a_week_and_one_in_force() -> None:
    judge(mixed(50))
    first = refit_all()
    assert refit_all() is None
    with time_machine.travel(clock.now() + timedelta(days=8), tick=False):
        second = refit_all()
    assert second is not None
    assert list(Calibration.objects.filter(in_force=True)) == [second]
    assert first != second


def test_drift_since_the_fit_raises_an_alarm() -> None:
    judge(mixed(50))
    refit_all()
    quiet = calibration_for(LEAD)
    assert quiet is not None
    assert quiet.alarms == []
    with time_machine.travel(clock.now() + timedelta(days=1)):
        for number in range(60):
            new = build.campaign(members=build.accounts(3, first=5_000 + 10 * number), p=0.9)
            record_verdict(
                campaigns=[new],
                outcome=Outcome.NO_ABUSE,
                decision_ref=f"decision-new{number}",
                expires_at=None,
            )
        loud = calibration_for(LEAD)
    assert loud is not None
    assert loud.now.n == 60
    assert len(loud.alarms) == 2


def test_partners_and_outsiders_see_nothing_of_it() -> None:
    assert calibration_for(User(role=Role.PARTNER)) is None


def joined(row: Campaign, **families: float) -> None:
    """Edges of a campaign and a finding of each family behind them, as the fusion keeps them."""
    names = sorted(row.members.values_list("account", flat=True))
    row.evidence.all().delete()
    for family, llr in families.items():
        finding = build.finding(subjects=names, family=family.replace("_", "-"), llr=llr)
        row.evidence.create(finding=finding)
        told = Evidence(
            id=finding.pk,
            detector=finding.detector,
            family=finding.family,
            anchor="device:d",
            subjects=tuple(names),
            links=(),
            llr=llr,
            last_at=0.0,
        )
        FusedFinding.objects.create(
            finding=finding, subjects=names, evidence=msgspec.to_builtins(told)
        )
    CampaignEdge.objects.bulk_create(
        CampaignEdge(campaign=row, a=a, b=b, score=2.0, parts={})
        for a, b in ((names[0], names[1]), (names[1], names[2]))
    )


def test_weights_are_fitted_from_confirmed_pairs_and_kept_by_version() -> None:
    outcomes = [Outcome.ABUSE, Outcome.LEGITIMATE, Outcome.NO_ABUSE] * 25
    for row, outcome in zip(judge(outcomes), outcomes, strict=True):
        if outcome == Outcome.ABUSE:
            joined(row, infra_hard=8.0)
        else:
            joined(row, content=5.0, identity=3.0)
    fit = refit_weights(verdicts=usable_verdicts())
    assert fit is not None
    assert fit == weights_in_force()
    assert fit.brier < fit.before
    table = table_of(fit)
    assert table is not None
    # 18 of 25 confirmed campaigns are older, two pairs each; 25 of 125 findings are of a device
    expected = math.log(37 / (36 + BANDS)) - math.log(26 / (125 + BANDS))
    assert table.weight_of("infra-hard", 8.0) == pytest.approx(expected)
    assert table.weight_of("content", 5.0) == 0.0
    assert table.weight_of("timing", 6.5) == 6.5
    assert AuditEntry.objects.filter(verb="weights.fitted").exists()


def test_weights_that_do_worse_on_newer_verdicts_stay_out() -> None:
    for number, row in enumerate(judge(mixed(60))):
        joined(row, infra_hard=8.0) if number % 2 == 0 else joined(row, content=1.0)
    fit = refit_weights(verdicts=usable_verdicts())
    assert fit is not None
    assert fit.brier > fit.before
    assert not fit.in_force
    assert weights_in_force() is None


def test_without_a_confirmed_pair_there_is_nothing_to_fit() -> None:
    judge([Outcome.NO_ABUSE] * 60)
    assert refit_weights(verdicts=usable_verdicts()) is None
    assert not EvidenceWeights.objects.exists()
