"""`kill -9` of workers that fuse and open cases: nothing is lost, nothing is there twice."""

from __future__ import annotations

import pytest

from bench import intake

pytestmark = [pytest.mark.faults, pytest.mark.row(36)]


def test_eight_killed_workers_lose_no_finding_and_open_no_case_twice() -> None:
    plan = intake.Plan(findings=1_000, workers=8, kills=8)
    found = intake.measure(plan)
    assert intake.faults(plan, found) == [], found
    assert found["kills"] >= 8
