"""Numbers of queues: what they count, where they stop, whose they are, which rows they read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope, User
from abusedesk.core.query import parse
from bench import cases as bench
from cases import paging
from cases.choices import State
from cases.models import Case, Queue
from cases.queue import ordered
from cases.search import FIELDS, where
from cases.selectors.case import cases_for, queue_counts, queue_page
from cases.selectors.place import place_of
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db

WAITING: Final = {State.OPEN, State.ESCALATED}
FEW: Final = 3
SEVERAL: Final = 8_000
# Ever more cases like one that is there, straight from the database: building 10,000 takes long.
COPIES: Final = """
INSERT INTO cases_case (
    ref, title, summary, state, queue_id, severity, how_sure, priority, priority_parts, platforms,
    providers, sources, languages, reasons, accounts, hits, new_hits, regressed, version,
    opened_at, updated_at, due_at
) SELECT 'AD-9' || n, title, summary, state, queue_id, severity, how_sure, n, priority_parts,
    platforms, providers, sources, languages, reasons, accounts, hits, new_hits, regressed, version,
    opened_at, updated_at, due_at
FROM cases_case, generate_series(1000001, 1000000 + %s) AS n WHERE cases_case.id = %s
"""
DESKS = st.lists(
    st.tuples(
        st.sampled_from([*State]),
        st.booleans(),
        st.integers(-30, 30),  # hours until it is due
        st.integers(0, 2),  # queue
        st.integers(0, 3),  # priority
    ),
    max_size=12,
)


def _copies(of: Case, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(COPIES, [number, of.pk])


def _piled(slug: str = "pile", sla_hours: int = 24) -> Queue:
    return Queue.objects.create(slug=slug, title=slug.title(), sla_hours=sla_hours)


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _text(client: Client, path: str) -> str:
    """What a page says, without its markup."""
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def _naive(rows: list[Case], hours: int) -> dict[str, Any]:
    """The same numbers, by looking at every case."""
    now = clock.now()
    waiting = [one for one in rows if one.state in WAITING]
    soon = now + timedelta(minutes=15 * hours)
    by_state = {
        state.value: sum(one.state == state for one in rows)
        for state in (State.OPEN, State.ESCALATED, State.SNOOZED, State.CLOSED)
    }
    return by_state | {
        "regressed": sum(one.regressed for one in waiting),
        "late": sum(one.due_at <= now for one in waiting),
        "at_risk": sum(one.due_at <= soon for one in waiting),
        "oldest_at": min((one.opened_at for one in waiting), default=None),
        "newest": max((one.pk for one in rows), default=0),
    }


@settings(max_examples=25, deadline=None)
@given(DESKS)
def test_the_numbers_are_those_that_looking_at_every_case_gives(desk: list[Any]) -> None:
    queues = [_piled(f"pile-{number}", 8 * number + 8) for number in range(3)]
    for state, regressed, hours, place, priority in desk:
        build.case(
            state=state,
            regressed=regressed,
            due_in=timedelta(hours=hours, minutes=7),
            queue=queues[place],
            priority=priority,
        )
    told = {one.slug: one for one in queue_counts(build.user(Role.ADMIN))}
    for one in queues:
        found = told[one.slug]
        expected = _naive(list(Case.objects.filter(queue=one)), one.sla_hours)
        assert {name: getattr(found, name) for name in expected} == expected
        assert found.backlog == expected["open"] + expected["escalated"]
    for one in queues:
        Case.objects.filter(queue=one).delete()
        one.delete()


@settings(max_examples=25, deadline=None)
@given(DESKS)
def test_a_place_is_where_the_list_has_the_case(desk: list[Any]) -> None:
    pile, lead = _piled(), build.user(Role.LEAD)
    for _, regressed, hours, place, priority in desk:
        state = State.ESCALATED if place == 2 else State.OPEN
        due = timedelta(hours=hours, minutes=7)
        build.case(state=state, regressed=regressed, due_in=due, queue=pile, priority=priority)
    for state in WAITING:
        rows = list(queue_page(lead, pile, state))
        places = [place_of(one, lead)[:2] for one in rows]
        assert places == [(number, len(rows)) for number in range(1, len(rows) + 1)]
    Case.objects.filter(queue=pile).delete()
    pile.delete()


def test_a_queue_without_cases_counts_nothing() -> None:
    pile = _piled()
    found = next(one for one in queue_counts(build.user()) if one.slug == pile.slug)
    assert (found.open, found.escalated, found.snoozed, found.closed) == (0, 0, 0, 0)
    assert (found.late, found.at_risk, found.regressed, found.backlog) == (0, 0, 0, 0)
    assert (found.oldest_at, found.newest) == (None, 0)


def test_a_case_is_late_from_its_due_moment_on_and_at_risk_in_the_last_quarter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pile, viewer, now = _piled(sla_hours=8), build.user(), clock.now()
    case = build.case(queue=pile)
    tick, quarter = timedelta(microseconds=1), timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: now)

    def told(due: timedelta) -> tuple[int, int]:
        Case.objects.filter(pk=case.pk).update(due_at=now + due)
        found = next(one for one in queue_counts(viewer) if one.slug == "pile")
        return found.late, found.at_risk

    assert told(timedelta()) == (1, 1)
    assert told(tick) == (0, 1)
    assert told(quarter) == (0, 1)
    assert told(quarter + tick) == (0, 0)


def test_what_was_merged_waits_nowhere() -> None:
    pile = _piled()
    build.case(queue=pile, state=State.MERGED, regressed=True, due_in=timedelta(hours=-1))
    found = next(one for one in queue_counts(build.user()) if one.slug == "pile")
    assert (found.backlog, found.snoozed, found.closed) == (0, 0, 0)
    assert (found.late, found.at_risk, found.regressed, found.oldest_at) == (0, 0, 0, None)


@pytest.mark.parametrize("there", [FEW - 1, FEW, FEW + 1, FEW + 4])
@pytest.mark.parametrize("name", ["open", "regressed", "late", "at_risk"])
def test_every_number_is_exact_up_to_the_limit_and_one_more_beyond(
    monkeypatch: pytest.MonkeyPatch, name: str, there: int
) -> None:
    monkeypatch.setattr(paging, "COUNTED", FEW)
    pile = _piled()
    for _ in range(there):
        build.case(queue=pile, regressed=True, due_in=timedelta(hours=-1))
    found = next(one for one in queue_counts(build.user()) if one.slug == "pile")
    assert getattr(found, name) == min(there, FEW + 1)


def test_sums_say_no_more_than_the_numbers_they_are_made_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paging, "COUNTED", FEW)
    for number in range(2):
        pile = _piled(f"pile-{number}")
        for _ in range(FEW + 5):
            build.case(queue=pile)
        build.case(queue=pile, state=State.ESCALATED)
    counts = queue_counts(build.user())
    assert paging.total(counts, "open") == FEW + 1
    assert paging.total(counts, "escalated") == 2
    assert [one.backlog for one in counts if one.slug != "inbox"] == [FEW + 1] * 2
    lowered = [replace(one, open=FEW // 2) for one in counts]
    assert paging.total(lowered, "open") == FEW


def test_a_place_behind_the_limit_says_that_more_stand_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    viewer = build.user()
    rows = [build.case(priority=90 - number) for number in range(FEW + 3)]
    late = build.case(priority=1, due_in=timedelta(hours=-1))
    monkeypatch.setattr(paging, "COUNTED", FEW)
    assert place_of(late, viewer)[:2] == (1, FEW + 1)
    assert place_of(rows[0], viewer)[:2] == (2, FEW + 1)
    assert place_of(rows[1], viewer)[:2] == (FEW, FEW + 1)
    assert place_of(rows[-1], viewer)[:2] == (FEW + 1, FEW + 1)


@pytest.mark.parametrize(
    ("more", "shown", "number"),
    [(-1, "9,999", 9_999), (0, "10,000", 10_000), (1, "10,000+", 10_001), (40, "10,000+", 10_001)],
)
def test_every_page_says_ten_thousand_and_more_instead_of_a_number_it_does_not_know(
    more: int, shown: str, number: int
) -> None:
    viewer, first = build.user(), build.case(priority=1)
    _copies(first, paging.COUNTED + more - 1)
    client = _client(viewer)
    queue_page_ = _text(client, "/queues/inbox/")
    assert f"{shown} waiting" in queue_page_
    assert f"For review {shown} " in queue_page_
    assert f"Inbox {shown} " in _text(client, "/queues/")
    assert f"{shown} in all" in _text(client, "/cases/")
    assert f"{shown} wait for review" in _text(client, "/")
    assert f"{shown} of {shown}" in _text(client, f"/cases/{first.ref}/")
    assert client.get("/live/").json()["all.open"] == number
    program = Client(headers=make.bearer(Scope.READ, user=viewer))
    assert [one["open"] for one in program.get("/api/v1/queues/").json()] == [number]
    shown_lead = _text(_client(build.user(Role.LEAD)), "/dashboards/operations/")
    assert f"{shown} wait for review" in shown_lead


def test_an_empty_tab_points_to_the_next_queue_without_a_number_that_is_none() -> None:
    pile = _piled()
    _copies(build.case(), paging.COUNTED + 3)
    assert "10,000+ wait in Inbox" in _text(_client(build.user()), f"/queues/{pile.slug}/")


def test_a_number_tells_nothing_of_a_queue_that_the_viewer_may_not_see() -> None:
    secret = _piled("secret")
    Queue.objects.filter(pk=secret.pk).update(roles=[Role.LEAD])
    build.case(queue=secret, due_in=timedelta(hours=-1))
    mine = build.case()
    reviewer, lead = build.user(), build.user(Role.LEAD)
    told = _client(reviewer).get("/live/").json()
    assert not [name for name in told if "secret" in name]
    assert (told["all.open"], told["all.late"]) == (1, 0)
    assert _client(lead).get("/live/").json()["all.late"] == 1
    assert place_of(mine, reviewer)[:2] == (1, 1)
    hidden = Case.objects.get(queue=secret)
    assert place_of(hidden, reviewer).total == 0
    for path in ("/", "/queues/", "/cases/"):
        assert "Secret" not in _text(_client(reviewer), path)


@pytest.mark.parametrize("tab", ["open", "escalated", "regressed", "snoozed", "closed"])
def test_the_number_on_a_tab_is_the_number_of_its_rows(tab: str) -> None:
    for state in (*State,):
        for regressed in (True, False, True):
            build.case(state=state, regressed=regressed)
    answer = _client(build.user()).get(f"/queues/inbox/?state={tab}")
    said = {one["state"]: one["count"] for one in answer.context["tabs"]}
    assert said[tab] == len(answer.context["rows"]) > 0


def _planned(rows: QuerySet[Any]) -> str:
    return str(rows.explain())


@pytest.fixture
def large(db: None) -> User:
    """As many cases as the planner needs to prefer an index, and a reviewer."""
    bench.fill(SEVERAL)
    return build.user()


def test_no_number_of_any_queue_reads_all_cases(large: User) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        counts = queue_counts(large)
    (query,) = asked.captured_queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {query['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert sum(one.open + one.escalated + one.snoozed + one.closed for one in counts) == SEVERAL
    assert "on cases_case" in plan
    assert "Seq Scan on cases_case" not in plan


def test_whose_check_a_case_is_stands_in_the_indexes_that_counts_walk(large: User) -> None:
    """Reading the rows for it made counts of 10,000 cases three times as slow."""
    with CaptureQueriesContext(connection) as asked:
        queue_counts(large)
    (query,) = asked.captured_queries
    with connection.cursor() as cursor:
        # as after a VACUUM, which no transaction may run
        cursor.execute("UPDATE pg_class SET relallvisible = relpages WHERE relname = 'cases_case'")
        cursor.execute("SET LOCAL enable_bitmapscan = off")  # an analysis may come in between
        cursor.execute(f"EXPLAIN {query['sql']}")
        # under another name stand the cases of unread notices, of which there are few
        walks = [line for (line,) in cursor.fetchall() if " on cases_case u0" in line]
    piles = walks[:-2]  # the last two read one row each: the oldest and the newest case
    assert len(piles) == 7
    assert [line for line in piles if "Index Only Scan" not in line] == []


def test_the_order_of_a_queue_is_read_along_its_index_which_knows_what_is_late(
    large: User,
) -> None:
    rows = cases_for(large).filter(
        where(parse("platform:x", FIELDS), clock.now()), queue__slug="inbox", state=State.OPEN
    )
    for half in ({"due_at__lte": clock.now()}, {"due_at__gt": clock.now()}):
        page = rows.filter(**half).order_by("-priority", "pk").values_list("pk")[: paging.SIZE]
        plan = _planned(page)
        assert "Seq Scan on cases_case" not in plan
        if "case_urgent" in plan:
            assert re.search(r"Index Cond: .*due_at", plan)


def test_words_of_a_filter_are_looked_up(large: User) -> None:
    found = Case.objects.filter(where(parse("word1234", FIELDS), clock.now()))
    plan = _planned(found)
    assert "case_words" in plan
    assert "Seq Scan" not in plan
    assert found.count() == sum("word1234" in title for title in
                                Case.objects.values_list("title", flat=True))  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("ad-77", {"Ring of fraud"}),
        ("AD-77", {"Ring of fraud"}),
        ("RING", {"Ring of fraud"}),
        ("ri", {"Ring of fraud", "Fabric"}),
        ('"100%"', {"100% free"}),
        ("a_b", {"a_b tested"}),
        ("ärger", {"Großer ÄRGER"}),
        ('"ring of"', {"Ring of fraud"}),
        ("ad-7", set()),
        ("%", {"100% free"}),
    ],
)
def test_words_are_found_as_they_are_written_in_any_case(typed: str, titles: set[str]) -> None:
    build.case(title="Ring of fraud", ref="AD-77")
    for title in ("Fabric", "100% free", "1000 free", "a_b tested", "axb tested", "Großer ÄRGER"):
        build.case(title=title)
    found = Case.objects.filter(where(parse(typed, FIELDS), clock.now()))
    assert set(found.values_list("title", flat=True)) == titles


def test_walking_the_pages_while_others_decide_shows_no_case_twice_and_misses_none() -> None:
    now = clock.now()
    for number in range(30):
        due = timedelta(hours=-1 if number % 4 == 0 else 5)
        build.case(priority=number % 5, due_in=due)
    order = [one.pk for one in ordered(Case.objects.all(), now)]
    seen: list[int] = []
    gone, after = set[int](), ""
    while True:
        page = paging.urgent_first(Case.objects.filter(state=State.OPEN), now, after, size=4)
        seen += [one.pk for one in page.rows]
        if not page.more:
            break
        after = page.more
        # the last row of this page, on which the cursor stands, and the next but one
        behind = [pk for pk in order if pk not in seen][1:2]
        decided = {seen[-1], *behind}
        Case.objects.filter(pk__in=decided).update(state=State.CLOSED, closed_at=now)
        gone |= set(behind)
        build.case(priority=99)
    old = [pk for pk in seen if pk in order]
    assert old == [pk for pk in order if pk not in gone]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("path", ["/queues/inbox/", "/queues/inbox/?state=closed", "/cases/"])
@pytest.mark.parametrize(
    "cursor",
    ["1~nan~1", "0~inf~0", "0~-inf~9", "0~1e999~1", "9" * 400, "1~2~3~4", "-1~5", "'~\"~<b>",
     "1~2~" + "9" * 19, "0~٣~٣", "253402300800000001~1"],
)  # fmt: skip
def test_a_forged_cursor_shows_a_page_and_never_an_error(path: str, cursor: str) -> None:
    build.case()
    build.case(state=State.CLOSED)
    answer = _client(build.user()).get(path, {"from": cursor, "state": path.partition("=")[2]})
    assert answer.status_code == 200
    assert b"<b>" not in answer.content
