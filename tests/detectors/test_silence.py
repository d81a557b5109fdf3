"""Silence of a source: a limit that is set, or learnt from its own pauses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detectors.silence import limit_of, silent_since
from tests.make import MOMENT


@pytest.mark.parametrize(
    ("alarm", "after_s", "gaps", "limit"),
    [
        ("fixed", 300, [], 300),
        ("off", 300, [9_000.0] * 9, None),
        ("auto", None, [7_200.0, 7_200.0], None),
        ("auto", None, [60.0] * 3, 3_600),
        ("auto", None, [7_200.0] * 3, 36_000),
        ("auto", None, [3_000.0, 3_000.0, 400_000.0], 15_000),
    ],
)
def test_the_limit_is_set_or_five_usual_pauses_and_an_hour_at_least(
    alarm: str, after_s: int | None, gaps: list[float], limit: float | None
) -> None:
    assert limit_of(alarm, after_s, gaps) == limit


def test_silence_begins_when_it_was_heard_last() -> None:
    heard = MOMENT
    assert silent_since(heard, heard + timedelta(seconds=60), 60) is None
    assert silent_since(heard, heard + timedelta(seconds=61), 60) == heard
    assert silent_since(heard, heard + timedelta(days=9), None) is None
    assert silent_since(None, heard, 60) is None
