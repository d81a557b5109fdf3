"""Times are read as they are said, or refused; none is guessed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import UnfitError
from detectors.adapters.kit.moments import (
    MICROSECONDS,
    MILLISECONDS,
    epoch,
    mail_date,
    moment,
    optional,
    parsed,
)
from detectors.adapters.kit.record import Record


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-21T12:00:00Z", "2026-09-21T12:00:00+00:00"),
        ("2026-09-21 14:00:00+02:00", "2026-09-21T12:00:00+00:00"),
        ("2026-09-21T12:00:00.123456789Z", "2026-09-21T12:00:00.123456+00:00"),
        (" 2026-09-21T12:00:00-0000 ", "2026-09-21T12:00:00+00:00"),
    ],
)
def test_a_time_with_offset_is_read(text: str, moment: str) -> None:
    assert parsed(text, "at") == moment


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2026-09-21T12:00:00", "offset"),
        ("2026-09-21", "offset"),
        ("noon", "format"),
        ("", "format"),
        (5, "format"),
        (None, "format"),
        ("2" * 100, "format"),
        ("0001-01-01T00:00:00+14:00", "range"),
        ("9999-12-31T23:59:59-14:00", "range"),
    ],
)
def test_anything_else_is_refused(value: Any, code: str) -> None:
    with pytest.raises(UnfitError) as refused:
        parsed(value, "at")
    assert (refused.value.place, refused.value.code) == ("at", code)


@pytest.mark.parametrize(
    ("value", "unit", "moment"),
    [
        (1790000000, 1, "2026-09-21T14:13:20+00:00"),
        (1790000000.5, 1, "2026-09-21T14:13:20.500000+00:00"),
        (1790000000123, MILLISECONDS, "2026-09-21T14:13:20.123000+00:00"),
        (1790000000123456, MICROSECONDS, "2026-09-21T14:13:20.123456+00:00"),
        (-1, 1, "1969-12-31T23:59:59+00:00"),
    ],
)
def test_numbers_count_from_1970(value: float, unit: int, moment: str) -> None:
    assert epoch(value, "at", unit) == moment


@pytest.mark.parametrize(
    ("value", "code"),
    [(True, "type"), ("1790000000", "type"), (None, "type"), (10**30, "range"), (1e300, "range")],
)
def test_numbers_that_no_calendar_has_are_refused(value: Any, code: str) -> None:
    with pytest.raises(UnfitError) as refused:
        epoch(value, "at")
    assert refused.value.code == code


def test_the_first_field_that_is_there_counts_even_when_it_is_wrong() -> None:
    record = Record({"b": "wrong", "c": "2026-09-21T12:00:00Z"})
    with pytest.raises(UnfitError, match="b must be a date"):
        moment(record, "a", "b", "c")
    assert optional(record, "a", "b", "c") == "2026-09-21T12:00:00+00:00"
    assert record.rest() == {}


def test_a_time_that_is_missing_is_never_guessed() -> None:
    with pytest.raises(UnfitError, match=r"a is missing, .* never guessed"):
        moment(Record({}), "a", "b")
    assert optional(Record({}), "a") == ""


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    assert mail_date(text) == "" or mail_date(text).endswith("+00:00")


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2099, 1, 1)),  # noqa: DTZ001 -- hypothesis wants them so
    st.integers(min_value=-12 * 60, max_value=14 * 60),
)
def test_every_date_of_mail_is_read(when: datetime, minutes: int) -> None:
    zoned = when.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert datetime.fromisoformat(mail_date(format_datetime(zoned))) == zoned
