"""What the bench says of a replayed operation."""

from __future__ import annotations

import math

import pytest

from bench import scenarios
from bench.evaluation.scenario import Replayed

MISSED = Replayed(frozenset("abcd"), (), (), None, None, None)
CAUGHT = Replayed(frozenset("abcd"), (frozenset("abcz"),), (frozenset("xy"),), 30.0, 12, 0.25)


def test_accounts_of_harmless_cases_are_not_counted_against_an_operation() -> None:
    assert (CAUGHT.recall, CAUGHT.precision) == (0.75, 0.75)


def test_a_missed_operation_names_nobody_and_nobody_wrongly() -> None:
    assert (MISSED.recall, MISSED.precision) == (0.0, 1.0)


def test_a_row_tells_the_worst_seed_and_the_time_of_those_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics = scenarios._told("hydra", [CAUGHT, MISSED])
    assert capsys.readouterr().out.split() == ["hydra", "1", "0.00", "0.75", "30", "12", "25%"]
    assert metrics == {"hydra_found": 0.5, "hydra_recall": 0.0, "hydra_minutes": 30.0}


def test_what_no_seed_finds_has_no_time() -> None:
    assert math.isnan(scenarios._told("hydra", [MISSED])["hydra_minutes"])
