"""Words and numbers about a case: title, sentences, reasons, priority, severity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import priority, summary
from cases.choices import Severity
from cases.summary import Facts
from detectors.models import Finding
from tests.cases.build import NOON


def _finding(pk: int, family: str, llr: float, **fields: Any) -> Finding:
    values: dict[str, Any] = {
        "detector": "other",
        "anchor_type": "device",
        "subjects": ["x:a", "x:b"],
        "sentence": f"sentence {pk}",
        "first_at": NOON,
        "last_at": NOON,
    }
    return Finding(pk=pk, family=family, llr=llr, **values | fields)


def _facts(*findings: Finding, **fields: Any) -> Facts:
    values: dict[str, Any] = {
        "accounts": 12,
        "platforms": ["telegram", "x"],
        "findings": summary.strongest_first(findings),
        "first_at": NOON,
        "last_at": NOON + timedelta(hours=6),
        "signals": 340,
        "p": 0.973,
    }
    return Facts(**values | fields)


DEVICE = _finding(1, "infra-hard", 8.0, detector="shared-infrastructure")
RHYTHM = _finding(2, "timing", 6.5, detector="coaction-synchrony", anchor_type="group")
TEXT = _finding(3, "content", 3.0, detector="near-duplicate-text", anchor_type="text")
WEAKER = _finding(4, "content", 2.0, detector="near-duplicate-text", anchor_type="text")


def test_a_title_says_how_many_where_and_how() -> None:
    assert summary.title(_facts(DEVICE, RHYTHM)) == (
        "12 accounts on Telegram and X: shared device, synchronised sharing"
    )


@pytest.mark.parametrize(
    ("platforms", "where"),
    [
        (["x"], " on X"),
        (["a", "b", "c"], " on A, B and C"),
        (["a", "b", "c", "d", "e"], " on A, B and 3 more"),
        ([], ""),
    ],
)
def test_a_title_names_up_to_three_platforms(platforms: list[str], where: str) -> None:
    assert (
        summary.title(_facts(DEVICE, platforms=platforms)) == f"12 accounts{where}: shared device"
    )


def test_a_title_without_findings_and_one_of_one_account() -> None:
    assert summary.title(_facts(accounts=1, platforms=["x"])) == "1 account on X"


def test_a_title_always_fits() -> None:
    long = _finding(9, "infra-hard", 8.0, anchor_type="a" * 400)
    assert len(summary.title(_facts(long))) == 200


@pytest.mark.parametrize(
    ("anchor", "words"),
    [("payment", "shared payment"), ("ip", "shared IP address"), ("ad-id", "shared ad id"),
     ("{0}", "shared {0}")],
)  # fmt: skip
def test_the_anchor_is_named_in_words(anchor: str, words: str) -> None:
    shared = _finding(1, "infra-soft", 3.0, anchor_type=anchor)
    assert summary.title(_facts(shared)).endswith(f": {words}")


def test_an_unknown_detector_is_named_by_its_family() -> None:
    assert summary.title(_facts(_finding(1, "ai", 3.0))).endswith(": same AI output")


def test_reasons_are_the_strongest_of_each_family_first() -> None:
    ordered = summary.strongest_first([WEAKER, TEXT, RHYTHM, DEVICE])
    assert summary.reasons(ordered) == ["sentence 1", "sentence 2", "sentence 3"]
    assert summary.reasons(summary.strongest_first([WEAKER, TEXT])) == ["sentence 3", "sentence 4"]


def test_every_sentence_names_the_findings_it_rests_on() -> None:
    early = _finding(5, "content", 1.0, subjects=["x:a"], first_at=NOON - timedelta(hours=1))
    lines = summary.sentences(_facts(DEVICE, early))
    assert [(line["lead"], line["finding_ids"]) for line in lines] == [
        ("What", [1, 5]),
        ("When", [1, 5]),
        ("How", [1]),
        ("How", [5]),
        ("Where", []),
    ]
    assert "probability 0.97 before calibration" in lines[0]["text"]
    assert (
        lines[1]["text"]
        == "340 signals in the findings in force, from 3 Nov 2026 12:00 to 3 Nov 2026 18:00 UTC."
    )
    assert lines[-1]["text"] == "Platforms in order of the evidence: X, Telegram."


def test_a_label_is_told() -> None:
    assert (
        "Label: timing only." in summary.sentences(_facts(RHYTHM, label="timing only"))[0]["text"]
    )


def test_one_platform_has_no_order() -> None:
    lines = summary.sentences(_facts(DEVICE, platforms=["x"]))
    assert "Where" not in {line["lead"] for line in lines}


ALL = {"p": 1.0, "harm": 1.0, "reach": 1.0, "velocity": 1.0, "novelty": 1.0}


def test_the_formula_is_that_of_the_specification() -> None:
    assert priority.priority(ALL) == pytest.approx(100)
    assert priority.priority(ALL | {"p": 0.5}) == pytest.approx(50)
    for name, weight in {"harm": 45, "reach": 25, "velocity": 20, "novelty": 10}.items():
        assert priority.priority(ALL | {name: 0.0}) == pytest.approx(100 - weight)


@pytest.mark.parametrize(
    ("exposures", "expected"), [(0, 0.0), (9, 1 / 7), (10**7, 1.0), (10**12, 1.0)]
)
def test_reach_grows_with_the_logarithm(exposures: int, expected: float) -> None:
    assert priority.reach(exposures) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("signals", "span", "expected"),
    [
        (1, timedelta(days=1), 0.0),
        (8, timedelta(days=1), 1.0),
        (8, timedelta(days=3), 1 / 3),
        (8, timedelta(0), 1.0),
        (0, timedelta(days=1), 0.0),
    ],
)
def test_velocity_is_doublings_a_day(signals: int, span: timedelta, expected: float) -> None:
    assert priority.velocity(signals, span) == pytest.approx(expected)


def test_money_weighs_more_than_links() -> None:
    assert priority.harm(["device", "payment"]) > priority.harm(["device"]) == priority.harm([])


@pytest.mark.parametrize(
    ("impact", "word"),
    [(0.0, Severity.INFO), (0.15, Severity.LOW), (0.3, Severity.MEDIUM), (0.45, Severity.HIGH),
     (0.6, Severity.CRITICAL), (1.0, Severity.CRITICAL)],
)  # fmt: skip
def test_severity_is_a_word_for_impact(impact: float, word: Severity) -> None:
    parts = dict.fromkeys(("harm", "reach", "velocity", "novelty"), impact)
    assert priority.severity(parts) == word


def test_how_sure_does_not_change_how_bad() -> None:
    assert priority.severity(ALL | {"p": 0.1}) == priority.severity(ALL)
