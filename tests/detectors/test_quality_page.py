"""The quality dashboard and what a case says of how sure it is."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from cases.services.calibration import apply_calibration
from detectors.choices import Outcome
from detectors.models import Calibration
from detectors.services.calibration import refit_all
from detectors.services.verdict import record_verdict
from tests.cases import build

pytestmark = pytest.mark.django_db


def judge(number: int, *, tag: str = "a") -> None:
    """Campaigns of one probability, every second one confirmed."""
    for place in range(number):
        row = build.campaign(members=build.accounts(3), p=0.9, waiting=False)
        record_verdict(
            campaigns=[row],
            outcome=Outcome.NO_ABUSE if place % 2 else Outcome.ABUSE,
            decision_ref=f"decision-{tag}{place}",
            expires_at=None,
        )


@pytest.fixture
def browser() -> Client:
    found = Client()
    found.force_login(build.user())
    return found


def page_of(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


def quality(browser: Client) -> str:
    return page_of(browser, reverse("detectors:detector-quality"))


def test_without_verdicts_the_dashboard_says_what_would_change_that(browser: Client) -> None:
    page = quality(browser)
    assert "uncalibrated" in page
    assert "from 50 verdicts on" in page
    assert "No verdict says anything yet." in page


def test_scores_of_a_few_verdicts_are_too_few(browser: Client) -> None:
    judge(19)
    assert quality(browser).count('"value">too few') == 3


@pytest.mark.row(108)
def test_the_reliability_plot_shows_what_was_said_against_what_was_confirmed(
    browser: Client,
) -> None:
    judge(40)
    page = quality(browser)
    found = re.search(r'<script id="figure-reliability"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    said, confirmed = json.loads(found[1])["data"]
    assert (said["x"], said["y"]) == ([0.0, 1.0], [0.0, 1.0])
    assert (confirmed["x"], confirmed["y"]) == ([pytest.approx(0.9)], [pytest.approx(0.5)])
    assert "0.410" in page  # Brier score: (0.01 + 0.81) / 2
    assert "0.400" in page  # calibration error: 0.9 - 0.5


def test_drift_is_told_on_the_dashboard(browser: Client) -> None:
    judge(50)
    refit_all()
    Calibration.objects.update(base_rate=0.1)
    judge(50, tag="later")
    assert "confirm 50% now and confirmed 10%" in quality(browser)


@pytest.mark.row(108)
def test_a_case_says_uncalibrated_until_there_are_fifty_verdicts(browser: Client) -> None:
    _, case = build.opened()
    path = reverse("cases:case-detail", args=[case.ref])
    why = f"{path}?tab=why"
    assert all("uncalibrated" in page_of(browser, one) for one in (path, why))
    judge(50)
    refit_all()
    apply_calibration()
    assert not any("uncalibrated" in page_of(browser, one) for one in (path, why))
    assert "95 % before calibration" in page_of(browser, path)
    assert "How bad" in page_of(browser, path)


@pytest.mark.row(108)
def test_a_list_shows_how_sure_apart_from_how_bad(browser: Client) -> None:
    build.opened()
    page = page_of(browser, reverse("cases:case-list"))
    heads = re.findall(r'<th scope="col".*?</th>', page, re.DOTALL)
    words = [" ".join(re.sub(r"<[^>]*>", " ", head).split()) for head in heads]
    assert {"How bad", "How sure"} <= set(words)
    assert "uncalibrated</span> 95 %" in page
