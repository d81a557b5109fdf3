"""What work on many cases would do, told before it begins."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from abusedesk.core import clock
from abusedesk.core.models import Role
from cases import queue
from cases.choices import BulkAction, State
from cases.deeds import Deed
from cases.models import Case, Queue
from cases.selectors.preview import SAMPLES, policies_by_count, preview_for, samples_of
from cases.terms import Terms
from detectors.choices import Outcome
from tests.cases import build
from tests.cases.bulk import CLOSE, label, matching, picked

pytestmark = pytest.mark.django_db
MANY = 100_000


def test_it_says_how_many_in_which_state_and_why_others_stay() -> None:
    reviewer, other = build.user(), build.user(name="olga")
    for _ in range(3):
        build.case()
    build.case(state=State.ESCALATED)
    build.case(state=State.CLOSED)
    build.case(state=State.SNOOZED)
    queue.claim(actor=other, case=build.case())
    queue.claim(actor=reviewer, case=build.case())
    found = preview_for(reviewer, matching(), CLOSE)
    assert (found.total, found.found, found.by_state) == (4, 8, [("For review", 4)])
    assert dict(found.left_out) == {
        "escalated: it waits for a lead": 1,
        "closed: this does not fit": 1,
        "snoozed: this does not fit": 1,
        "claimed by olga": 1,
    }
    by_lead = preview_for(build.user(Role.LEAD), matching(), CLOSE)
    assert by_lead.by_state == [("For review", 3), ("Escalated", 1)]


def test_what_a_queue_does_not_offer_is_left_out() -> None:
    quiet = Queue.objects.create(
        slug="quiet", title="Quiet", roles=["reviewer"], hidden_actions=["case.snooze"]
    )
    build.case(queue=quiet)
    build.case()
    reviewer, snooze = build.user(), Deed(BulkAction.SNOOZE)
    assert preview_for(reviewer, matching(), snooze).left_out == [("Quiet does not offer this", 1)]
    assert preview_for(reviewer, matching(), label("a")).total == 2


def test_cases_out_of_sight_do_not_exist_and_merged_ones_neither() -> None:
    secret = Queue.objects.create(slug="secret", title="Secret", roles=["admin"])
    hidden = build.case(queue=secret)
    gone = build.case(state=State.MERGED)
    seen = build.case()
    found = preview_for(build.user(), picked([hidden, gone, seen]), CLOSE)
    assert ([one.pk for one in found.takes], found.found, found.left_out) == ([seen.pk], 1, [])
    assert preview_for(build.user(Role.PARTNER), matching(), CLOSE).found == 0


def test_what_came_or_changed_after_it_is_told_apart() -> None:
    reviewer, old, moved = build.user(), build.case(), build.case()
    at = clock.now()
    build.case()
    Case.objects.filter(pk=moved.pk).update(updated_at=clock.now())
    found = preview_for(reviewer, matching(at=at), CLOSE)
    assert [one.pk for one in found.takes] == [old.pk]
    assert [one.pk for one in found.changed] == [moved.pk]
    assert found.left_out == [("changed since the preview", 1)]


def test_policies_of_decisions_in_force_are_told_where_the_viewer_may_know_them() -> None:
    reviewer, lead = build.user(), build.user(Role.LEAD)
    under, veiled = build.policy("scam"), build.policy("spam", review_percent=100)
    for policy in (under, under, veiled):
        build.decided(reviewer, build.case(), Outcome.UNSURE, terms=Terms(policy=policy))
    build.case()
    every = label("seen")
    for viewer, expected in (
        (reviewer, [("Scam", 2), ("Spam", 1), ("no policy yet", 1)]),
        (lead, [("Scam", 2), ("no policy yet", 2)]),
    ):
        takes = preview_for(viewer, matching(), every).takes
        assert policies_by_count(takes, viewer) == expected
    assert policies_by_count([], reviewer) == []


@pytest.mark.row(34)
def test_ten_samples_are_drawn_at_random() -> None:
    reviewer = build.user()
    for _ in range(30):
        build.case()
    takes = preview_for(reviewer, matching(), CLOSE).takes
    draws = [frozenset(case.ref for case in samples_of(takes, reviewer)) for _ in range(5)]
    assert {len(one) for one in draws} == {SAMPLES}
    assert len(set(draws)) > 1
    assert len(samples_of(takes[:3], reviewer)) == 3


@pytest.mark.row(34)
def test_more_than_one_job_takes_is_said(settings: Any) -> None:
    settings.BULK_CAP = 2
    for _ in range(3):
        build.case()
    found = preview_for(build.user(), matching(), CLOSE)
    assert (found.capped, found.total, found.found) == (True, 2, 3)


def test_a_deed_is_the_same_out_of_its_row() -> None:
    deeds = [
        Deed(BulkAction.CLOSE, outcome="abuse", policy=3, act="suspend", days=30),
        Deed(BulkAction.ASSIGN),
        label("a b", "c"),
        Deed(BulkAction.SNOOZE, until=clock.now()),
    ]
    assert [Deed.read(one.action, one.words()) for one in deeds] == deeds
    assert [str(one) for one in deeds[:3]] == [
        "Close as abuse confirmed; suspend every account for 30 days",
        "Give back to the queue",
        "Labels: add a, b; remove c",
    ]


@pytest.mark.row(34)
def test_a_hundred_thousand_cases_are_previewed_in_time() -> None:
    first = build.case()
    with connection.cursor() as cursor:
        columns = ", ".join(
            str(one.column) for one in Case._meta.concrete_fields if one.name not in {"id", "ref"}
        )
        cursor.execute(
            f"INSERT INTO cases_case (ref, {columns}) SELECT 'AD-' || number, {columns}"
            " FROM cases_case, generate_series(1, %s) AS number WHERE id = %s",
            [MANY, first.pk],
        )
        cursor.execute("ANALYZE cases_case")
    reviewer, choice = build.user(), matching()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            found = preview_for(reviewer, choice, CLOSE)
            policies_by_count(found.takes, reviewer)
            list(samples_of(found.takes, reviewer))
        times.append(time.perf_counter() - began)
        assert len(queries) <= 6
    assert (found.total, found.found) == (10_000, 10_001)
    assert min(times) < 0.5
