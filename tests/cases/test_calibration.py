"""Cases and calibration: the audit sample below the threshold, and probabilities that are right."""

from __future__ import annotations

import pytest
from django.conf import LazySettings

from cases.facts import describe, picture_of
from cases.intake import intake
from cases.models import Case, CaseCampaign
from cases.services.calibration import apply_calibration
from detectors.choices import CampaignState, Outcome
from detectors.models import AuditDraw, Calibration, Campaign, Verdict
from detectors.services.audit_draw import chance_of, is_drawn
from tests.cases import build

pytestmark = pytest.mark.django_db
SECRET = "the draw hangs on this secret, and every session of tests makes a new one"
HALF = {"kind": "platt", "slope": 0.0, "shift": 0.0}  # one half, whatever was said


@pytest.fixture(autouse=True)
def one_secret(settings: LazySettings) -> None:
    """With a new one nobody of sixty would be drawn in one session of 550."""
    settings.SECRET_KEY = SECRET


def below(number: int, *, waiting: bool = True) -> Campaign:
    """A campaign on the watch list, told apart by its accounts."""
    names = build.accounts(3, first=10 * number)
    return build.campaign(members=names, state=CampaignState.WATCH, p=0.65, waiting=waiting)


def draw(row: Campaign) -> bool:
    return is_drawn(campaign=row, core=list(row.members.values_list("account", flat=True)))


def fitted(*, applied: bool = False) -> Calibration:
    Calibration.objects.filter(in_force=True).update(in_force=False)
    return Calibration.objects.create(
        verdicts=60,
        trained=42,
        before=0.3,
        brier=0.2,
        in_force=True,
        kind="platt",
        curve=HALF,
        base_rate=0.5,
        tested={"n": 18, "base_rate": 0.5, "brier": 0.2, "ece": 0.05, "bins": []},
        applied=applied,
    )


@pytest.mark.row(108)
def test_two_percent_below_the_threshold_are_drawn_and_always_the_same() -> None:
    names = [f"x:a{number}" for number in range(20_000)]
    drawn = [name for name in names if chance_of(name=name) < 0.02]
    assert 320 < len(drawn) < 480
    assert drawn == [name for name in names if chance_of(name=name) < 0.02]


def test_nobody_without_the_secret_can_tell_which(settings: LazySettings) -> None:
    before = [chance_of(name=f"x:{number}") < 0.1 for number in range(500)]
    settings.SECRET_KEY = "another secret of the same desk, and long enough"
    assert before != [chance_of(name=f"x:{number}") < 0.1 for number in range(500)]


@pytest.mark.row(108)
def test_a_drawn_campaign_below_the_threshold_opens_a_case_like_any_other(
    settings: LazySettings,
) -> None:
    settings.AUDIT_SAMPLE_PERCENT = 10
    rows = [below(number) for number in range(60)]
    drawn = {row.pk for row in rows if draw(row)}
    intake(100)
    assert 0 < len(drawn) < 30
    assert set(CaseCampaign.objects.values_list("campaign", flat=True)) == drawn
    case = Case.objects.earliest("pk")
    assert case.state == "open"
    told = f"{build.verbs(case)} {case.title} {case.summary} {case.reasons} {case.priority_parts}"
    assert not any(word in told.lower() for word in ("audit", "sample", "threshold", "watch"))


def test_a_draw_is_never_repeated(settings: LazySettings) -> None:
    settings.AUDIT_SAMPLE_PERCENT = 0
    row = below(1)
    assert not draw(row)
    settings.AUDIT_SAMPLE_PERCENT = 10
    assert not is_drawn(campaign=row, core=["x:other", "x:others"])
    assert AuditDraw.objects.get().rate == 0


def test_what_is_above_the_threshold_is_no_sample() -> None:
    row = build.campaign(waiting=False)
    assert not draw(row)
    assert not AuditDraw.objects.exists()


@pytest.mark.row(108)
def test_a_verdict_on_the_sample_stands_for_fifty() -> None:
    row = below(1)
    AuditDraw.objects.create(campaign=row, rate=0.02, drawn=True)
    intake()
    build.decided(build.user(), build.case_of(row), Outcome.ABUSE)
    verdict = Verdict.objects.get()
    assert (verdict.weight, verdict.p) == pytest.approx((50, 0.65))


def test_a_verdict_on_what_opened_by_itself_stands_for_one() -> None:
    row, case = build.opened()
    AuditDraw.objects.create(campaign=row, rate=0.02, drawn=True)
    build.decided(build.user(), case)
    assert Verdict.objects.get().weight == 1


@pytest.mark.row(108)
def test_priority_follows_the_calibrated_probability_and_the_raw_one_stays() -> None:
    raw, case = build.opened()
    assert (case.how_sure, case.calibrated) == (0.95, None)
    fitted()
    assert apply_calibration() == 1
    after = Case.objects.get(pk=case.pk)
    assert (after.how_sure, after.calibrated) == pytest.approx((raw.p, 0.5))
    assert after.priority == pytest.approx(case.priority * 0.5 / 0.95)
    assert after.severity == case.severity
    assert after.version == case.version


def test_a_new_case_is_calibrated_from_the_start() -> None:
    fit = fitted(applied=True)
    _, case = build.opened()
    assert case.calibrated == pytest.approx(0.5)
    assert case.calibration == fit
    assert case.priority_parts["p"] == pytest.approx(0.5)


def test_a_new_curve_reaches_every_case_that_waits_then_rests() -> None:
    cases = [build.opened(members=build.accounts(3, first=10 * one))[1] for one in range(3)]
    build.decided(build.user(), cases[0])
    first = fitted()
    assert apply_calibration() == 2
    assert apply_calibration() == 0
    first.refresh_from_db()
    assert first.applied
    fitted()
    assert apply_calibration() == 2
    assert Case.objects.get(pk=cases[0].pk).calibrated is None


def test_a_case_that_only_reports_opened_has_nothing_to_calibrate() -> None:
    case = build.case(how_sure=0.0)
    fitted()
    assert apply_calibration() == 0
    assert Case.objects.get(pk=case.pk).calibrated is None


def test_describing_a_case_again_gives_the_same_priority() -> None:
    fitted(applied=True)
    row, case = build.opened()
    before = case.priority
    describe(case, picture_of([row]))
    assert case.priority == pytest.approx(before)
