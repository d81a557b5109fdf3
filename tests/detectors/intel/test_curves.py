"""Curves of scores on the page of a value, and the page's list of what stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from time_machine import travel

from detectors.intel.decay import LEAST, base_of, matching_d
from detectors.models import WatchItem
from detectors.services.watch import add_items
from detectors.ui.decay import HEIGHT, MAX_CURVES, WIDTH, curves_of
from detectors.watching.lines import Line, Terms
from tests import cast

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def _item(
    age_d: float = 0, *, trust: float = 1, confidence: int = 100, life: int = 30
) -> WatchItem:
    return WatchItem(
        type="url",
        value="https://evil.example/",
        trust=trust,
        confidence=confidence,
        lifetime_d=life or None,
        renewed_at=NOW - age_d * DAY,
        expires_at=NOW + 100 * DAY,
    )


@given(
    st.floats(0, 400),
    st.floats(0.3, 1),
    st.integers(90, 100),
    st.sampled_from([14, 30, 90, 180, 365]),
)
@example(0.125, 1.0, 90, 90)
def test_a_curve_stays_in_its_drawing_and_today_lies_on_it(
    age_d: float, trust: float, confidence: int, life: int
) -> None:
    item = _item(age_d, trust=trust, confidence=confidence, life=life)
    with travel(NOW, tick=False):
        (one,) = curves_of([item], NOW)
    dots = [tuple(map(float, dot.split(","))) for dot in one.points.split()]
    assert [x for x, _ in dots] == sorted(x for x, _ in dots)
    assert [y for _, y in dots] == sorted(y for _, y in dots)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in (*dots, (one.at_x, one.at_y)))
    # Coordinates are rounded to a tenth, and a curve may begin steeply.
    left = max((dot for dot in dots if dot[0] <= one.at_x - 0.1), default=dots[0])
    right = min((dot for dot in dots if dot[0] >= one.at_x + 0.1), default=dots[-1])
    assert left[1] - 0.2 <= one.at_y <= right[1] + 0.2
    assert one.until_d == matching_d(base_of(trust, confidence), life)
    assert one.least_y == HEIGHT - LEAST


def test_what_does_not_fade_has_no_curve_and_only_some_are_drawn() -> None:
    assert curves_of([_item(life=0)], NOW) == []
    assert len(curves_of([_item() for _ in range(MAX_CURVES + 3)], NOW)) == MAX_CURVES


def test_a_sighting_begins_the_age_anew_and_one_from_the_future_is_age_nothing() -> None:
    item = _item(20)
    item.last_hit_at = NOW - 2 * DAY
    assert curves_of([item], NOW)[0].age_d == pytest.approx(2)
    item.last_hit_at = NOW + DAY
    assert curves_of([item], NOW)[0].age_d == 0


@pytest.mark.parametrize(
    ("change", "in_force"),
    [
        ({}, True),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW + DAY / 86_400}, True),
        ({"fades_at": NOW}, False),
        ({"fades_at": NOW + DAY}, True),
        ({"ended_at": NOW - DAY}, False),
    ],
)
def test_what_is_over_does_not_match_from_that_moment_on(
    change: dict[str, datetime], *, in_force: bool
) -> None:
    item = _item()
    for name, value in change.items():
        setattr(item, name, value)
    assert item.is_in_force(NOW) is in_force
    if not in_force and "fades_at" not in change:
        with travel(NOW, tick=False):
            assert item.score == 0


@pytest.mark.django_db
def test_the_list_shows_fifty_and_leads_on_with_the_same_question(client: Client) -> None:
    lines = [Line(f"h{number}.example") for number in range(52)]
    add_items(actor=cast.admin(), lines=lines, terms=Terms("cert & co"))
    add_items(actor=cast.admin(), lines=[Line("other.example")], terms=Terms("forum"))
    client.force_login(cast.reviewer())
    page = client.get("/settings/watch/", {"source": "cert & co"})
    values = [row.value for row in page.context["rows"]]
    assert values == [f"h{number}.example" for number in range(51, 1, -1)]
    page = client.get(f"/settings/watch/{page.context['more']}")
    assert [row.value for row in page.context["rows"]] == ["h1.example", "h0.example"]
    assert page.context["more"] == ""
    assert "cert+%26+co" in page.context["first"]


@pytest.mark.django_db
@pytest.mark.parametrize("before", ["-1", "9" * 40, "\u0661", "x", "1;--"])
def test_an_odd_place_to_begin_is_left_out(client: Client, before: str) -> None:
    add_items(actor=cast.admin(), lines=[Line("evil.example")], terms=Terms("cert"))
    client.force_login(cast.reviewer())
    page = client.get("/settings/watch/", {"before": before})
    assert (page.status_code, len(page.context["rows"])) == (200, 1)


@pytest.mark.django_db
def test_lines_that_were_not_taken_stay_in_the_form(client: Client) -> None:
    client.force_login(cast.admin())
    body = {"values": "evil.example\nwhat is this\n", "source": "cert", "trust": 0.5, "days": 30}
    page = client.post("/settings/watch/", body)
    assert page.context["form"].initial["values"] == "what is this"
    wrong = client.post("/settings/watch/", {**body, "days": 5, "source": ""})
    assert wrong.status_code == 422
    assert set(wrong.context["form"].errors) == {"days", "source"}
    assert "what is this" in wrong.content.decode()
