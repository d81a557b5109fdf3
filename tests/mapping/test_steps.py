"""Steps: what each gives, and that a mapping with a wrong one says which."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.adapters.base import UnfitError
from detectors.mapping import steps
from detectors.mapping.base import StepError
from tests.mapping.reading import PATIENT


@pytest.mark.parametrize(
    ("step", "value", "result"),
    [
        ("lower", "ÄB", "äb"),
        ("upper", "ab", "AB"),
        ("strip", " a b\n", "a b"),
        ("slug", "Acme Shop!", "acme-shop"),
        ("prefix:hashtag:", "cats", "hashtag:cats"),
        ("prefix:hashtag:", "hashtag:cats", "hashtag:cats"),
        ("lower", True, "true"),
        ("strip", 7.0, "7"),
        ("time:iso", "2026-09-21T12:00:00+02:00", "2026-09-21T10:00:00+00:00"),
        ("time:iso @ Europe/Berlin", "2026-09-21 12:00", "2026-09-21T10:00:00+00:00"),
        ("time:iso @ UTC", "2026-09-21T12:00:00+02:00", "2026-09-21T10:00:00+00:00"),
        ("time:epoch-s", 1790000000, "2026-09-21T14:13:20+00:00"),
        ("time:epoch-s", " 1790000000", "2026-09-21T14:13:20+00:00"),
        ("time:epoch-s", "1790000000.5", "2026-09-21T14:13:20.500000+00:00"),
        ("time:epoch-ms", 1790000000000, "2026-09-21T14:13:20+00:00"),
        ("time:epoch-us", 1790000000000000, "2026-09-21T14:13:20+00:00"),
        ("time:%d.%m.%Y %H:%M @ Europe/Berlin", "21.09.2026 12:00", "2026-09-21T10:00:00+00:00"),
        ("time:%d.%m.%Y %H:%M @ Europe/Berlin", "21.12.2026 12:00", "2026-12-21T11:00:00+00:00"),
        ("time:%d/%b/%Y:%H:%M:%S %z", "21/Sep/2026:12:00:00 -0500", "2026-09-21T17:00:00+00:00"),
        ("time:%Y%j @ +02:00", "2026264", "2026-09-20T22:00:00+00:00"),
    ],
)
def test_a_step_gives_what_the_page_says(step: str, value: Any, result: str) -> None:
    assert steps.parse(step)(value, "$.x") == result


@pytest.mark.parametrize(
    ("step", "value", "code"),
    [
        ("lower", {"a": 1}, "type"),
        ("lower", [1], "type"),
        ("time:iso", "2026-09-21T12:00:00", "offset"),
        ("time:iso", "yesterday", "format"),
        ("time:iso @ UTC", "yesterday", "format"),
        ("time:iso", "0001-01-01T00:00:00+14:00", "range"),
        ("time:epoch-s", "soon", "type"),
        ("time:epoch-s", 1e300, "range"),
        ("time:epoch-s", True, "type"),
        ("time:%d.%m.%Y @ UTC", "31.02.2026", "format"),
        ("time:%d.%m.%Y @ UTC", "9" * 5_000, "format"),
        ("time:%Y-%m-%d @ +14:00", "0001-01-01", "range"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_place(
    step: str, value: Any, code: str
) -> None:
    with pytest.raises(UnfitError) as caught:
        steps.parse(step)(value, "$.x")
    assert (caught.value.place, caught.value.code) == ("$.x", code)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("shout", "There is no step 'shout'"),
        ("lower:x", "There is no step"),
        ("prefix:", "There is no step"),
        ("prefix:a;b", "semicolon"),
        ("prefix:" + "a" * 200, "too long"),
        ("time:%H:%M @ UTC", "must say year, month and day"),
        ("time:%Y-%m-%d", "must say its zone once"),
        ("time:%Y-%m-%d %z @ UTC", "must say its zone once"),
        ("time:%Y-%m-%d %Y @ UTC", "names something twice"),
        ("time:%c @ UTC", "%c cannot be used"),
        ("time:%Y-%m-%d % @ UTC", "cannot be used"),
        ("time:iso @ Mars/Base", "'Mars/Base' is no time zone"),
        ("time:iso @ ../../etc/passwd", "is no time zone"),
        ("time:iso @ posix", "is no time zone"),
        ("time:iso @ +99:00", "is no time zone"),
    ],
)
def test_a_step_that_is_none_is_refused_in_words(step: str, said: str) -> None:
    with pytest.raises(StepError, match=said):
        steps.parse(step)


def test_an_hour_that_comes_twice_is_its_first() -> None:
    step = steps.parse("time:iso @ Europe/Berlin")
    assert step("2026-10-25T02:30:00", "$") == "2026-10-25T00:30:00+00:00"


def test_a_digest_is_of_the_content_not_of_its_order() -> None:
    step = steps.parse("digest")
    assert step({"a": 1, "b": 2}, "$") == step({"b": 2, "a": 1}, "$")
    assert step({"a": 1}, "$") != step({"a": 2}, "$")


@PATIENT
@given(st.text(max_size=120))
def test_no_text_breaks_the_reading_of_steps(text: str) -> None:
    for shown in (text, f"time:{text}", f"time:%Y-%m-%d{text} @ UTC", f"time:iso @ {text}"):
        with suppress(StepError, UnfitError):
            steps.parse(shown)("2026-09-21", "$")
