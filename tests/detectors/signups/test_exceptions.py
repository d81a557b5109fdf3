"""Exceptions of sign-ups say exactly what they mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from detectors.signups.exceptions import is_excepted, read_exception


def at(day: int, hour: int = 0) -> float:
    return datetime(2026, 11, day, hour, tzinfo=UTC).timestamp()


def test_an_entry_without_a_period_holds_for_good() -> None:
    found = read_exception(" school-net/Name.Word ")
    assert found == ("school-net", "Name.Word", float("-inf"), float("inf"))


def test_both_days_of_a_period_are_whole() -> None:
    entries = ["x 2026-11-01..2026-11-02"]
    assert is_excepted(entries, "x", "any", at(1))
    assert is_excepted(entries, "x", "any", at(2, 23))
    assert not is_excepted(entries, "x", "any", at(3))


def test_another_platform_or_shape_is_not_excepted() -> None:
    assert is_excepted(["y", "x/name##"], "x", "name##", at(1))
    assert not is_excepted(["y", "x/name##"], "x", "name###", at(1))
    assert not is_excepted([], "x", "name##", at(1))


@pytest.mark.parametrize("entry", ["/name", "x/", "x 2026-11-01", "x 2026-11-02..2026-11-01"])
def test_what_cannot_be_read_says_so(entry: str) -> None:
    with pytest.raises(ValueError, match=r"not readable|before it begins"):
        read_exception(entry)
