"""A property that is computed once."""

from __future__ import annotations

import pytest

from detectors.base import Signal
from detectors.once import once


class Told:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    @once
    def name(self) -> str:
        """Its name."""
        self.asked += 1
        return f"name {self.asked}"

    @once
    def fails(self) -> str:
        self.asked += 1
        raise ValueError(self.asked)


def test_a_value_is_made_at_the_first_look_and_kept() -> None:
    one, two = Told(), Told()
    assert (one.name, one.name, two.name) == ("name 1", "name 1", "name 1")
    assert (one.asked, two.asked) == (1, 1)
    assert Told.name.__doc__ == "Its name."


def test_a_value_that_could_not_be_made_is_tried_again() -> None:
    one = Told()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"\d"):
            _ = one.fails
    assert one.asked == 2


@pytest.mark.parametrize(
    ("at", "received", "moment"), [(5.0, 0.0, 5.0), (5.0, 4.0, 4.0), (5.0, 6.0, 5.0)]
)
def test_the_clock_sees_the_earlier_of_both_times(
    at: float, received: float, moment: float
) -> None:
    signal = Signal(id=1, at=at, received=received, platform="x", kind="post", actor="a")
    assert (signal.moment, signal.account, signal.place) == (moment, "x:a", (at, 1))
