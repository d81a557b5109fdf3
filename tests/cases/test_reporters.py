"""Reporters are believed by what became of their reports; who acts as one counts as one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import clock
from abusedesk.core.models import Role, Scope, User
from cases import placing, queue, reported, reporters, reporting
from cases.choices import ReviewWhy, State
from cases.models import Case, CaseReport, Reporter, SecondReview
from cases.reported import AS_ONE
from cases.reputation import LEAST_DOUBT, Record, belief, chance
from cases.selectors.report import reports_of
from cases.selectors.reporter import reporters_for
from cases.services.decision import undo_decision
from cases.services.review import give_opinion
from detectors.base import Signal
from detectors.choices import FindingStatus, Outcome, ReportCases
from detectors.complaints import Complaint, Target
from detectors.entities import digest_of
from detectors.models import Entity, Finding, Source
from detectors.schema import Kind
from detectors.services.ingest import ingest_batch
from detectors.services.source import ensure_source
from detectors.services.source_settings import update_source
from tests import cast, desk, make
from tests.cases import build

pytestmark = pytest.mark.row(105)
RIGHT, WRONG = "x:right", "x:wrong"
FRIDAY = datetime(2026, 11, 27, 7, tzinfo=UTC)
"""How dense a block of reports is depends on where ticks and weeks cut it."""


def record(upheld: int, decided: int, ring: int | None = None) -> Record:
    return Record("x:a", upheld, decided, ring)


@pytest.mark.parametrize(
    ("upheld", "decided", "believed"),
    [(0, 0, 0.5), (20, 20, 21 / 22), (0, 20, 1 / 22), (1, 2, 0.5)],
)
def test_belief_moves_with_what_became_of_the_reports(
    upheld: int, decided: int, believed: float
) -> None:
    assert belief(record(upheld, decided)) == pytest.approx(believed)


def test_without_records_each_reporter_is_an_even_chance() -> None:
    assert [round(chance([], count), 4) for count in (0, 1, 2, 3, 300)] == [
        0.0, 0.5, 0.75, 0.875, 1 - LEAST_DOUBT,
    ]  # fmt: skip


def test_ten_who_act_as_one_count_as_one_whatever_their_record() -> None:
    ring = [record(20, 20, ring=7)] * 10
    assert chance(ring, 0) == 0.5
    assert chance([*ring, record(0, 20, ring=7)], 0) == pytest.approx(1 / 22)
    assert chance([*ring, record(5, 5, ring=8)], 0) == 0.75


_counts = st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
_records = st.builds(
    lambda counts, ring: record(counts[0], counts[1], ring), _counts, st.none() | st.integers(1, 3)
)


@given(records=st.lists(_records, max_size=20), unknown=st.integers(0, 20))
def test_no_report_is_worth_nothing_and_no_number_of_them_is_proof(
    records: list[Record], unknown: int
) -> None:
    found = chance(records, unknown)
    assert (found > 0) == bool(records or unknown)
    assert found <= 1 - LEAST_DOUBT
    assert chance(records, unknown + 1) >= found


# With cases.


def source(slug: str) -> Source:
    row, _ = Source.objects.get_or_create(slug=slug, defaults={"title": slug})
    return row


def report(number: int, by: str, *, about: str, through: str = "ozone") -> Case:
    """One report is written down and placed; the case that has it."""
    told = Signal(
        id=number,
        at=build.NOON.timestamp(),
        platform="x",
        kind="report",
        actor="a",
        source=source(through).pk,
    )
    reporting.note([(told, Complaint((Target("account", about),), by, "spam"))])
    placing.place()
    link = CaseReport.objects.select_related("case").get(signal_id=number)
    assert link.case is not None
    return Case.objects.get(pk=link.case.pk)


def settle() -> None:
    """What the worker does, until nobody is due."""
    reporters.sweep()
    reporters.weigh_all()
    assert not Reporter.objects.exclude(due_at=None).exists()


def history(lead: User, by: str, outcome: Outcome, first: int, count: int = 20) -> list[Case]:
    """Decided reports, half of them through each of two sources."""
    cases = []
    for number in range(first, first + count):
        case = report(number, by, about=f"x:old{number}", through=("ozone", "mailbox")[number % 2])
        build.decided(lead, case, outcome)
        cases.append(case)
    return cases


@pytest.fixture
def lead() -> User:
    return build.user(Role.LEAD)


@pytest.mark.django_db
def test_right_and_wrong_on_two_sources_change_the_order_of_the_queue(lead: User) -> None:
    wrong = report(1, WRONG, about="x:rose")
    right = report(2, RIGHT, about="x:lily")
    assert wrong.priority == right.priority
    assert [one.pk for one in waiting()] == [wrong.pk, right.pk]
    history(lead, RIGHT, Outcome.ABUSE, 100)
    history(lead, WRONG, Outcome.NO_ABUSE, 200)
    settle()
    assert [one.pk for one in waiting()] == [right.pk, wrong.pk]
    wrong.refresh_from_db()
    assert wrong.state == State.OPEN
    assert wrong.priority > 0, "no report is ever dropped"
    assert wrong.summary[-1]["text"] == "Reports upheld so far: x:wrong 0 of 20."
    taken = queue.claim_next(actor=lead)
    assert taken is not None
    assert taken.pk == right.pk


def waiting() -> list[Case]:
    return list(queue.ordered(Case.objects.filter(state=State.OPEN), clock.now()))


@pytest.mark.django_db
def test_a_new_report_of_who_was_always_wrong_opens_its_case_and_waits_longest(
    lead: User,
) -> None:
    history(lead, WRONG, Outcome.LEGITIMATE, 200)
    settle()
    case = report(1, WRONG, about="x:rose")
    other = report(2, "x:nobody-knows", about="x:lily")
    assert case.state == State.OPEN
    assert case.priority_parts["p"] == pytest.approx(1 / 22)
    assert 0 < case.priority < other.priority


@pytest.mark.django_db
def test_page_and_rest_show_rate_interval_n_and_sources(lead: User) -> None:
    history(lead, RIGHT, Outcome.ABUSE, 100)
    history(lead, WRONG, Outcome.NO_ABUSE, 200)
    settle()
    client = Client()
    client.force_login(lead)
    html = client.get("/quality/reporters/").content.decode()
    assert "100 %, 84 % to 100 %" in html
    assert "0 %, 0 % to 16 %" in html
    assert html.count("n = 20") == 2
    one = client.get("/quality/reporters/", {"name": WRONG}).content.decode()
    assert (RIGHT in one, "0 of 20" in one, "0 of 10" in one) == (False, True, True)
    headers = make.bearer(Scope.READ, user=lead)
    told = Client().get("/api/v1/reporters/", {"name": RIGHT}, headers=headers).json()
    (found,) = told["results"]
    assert round(found.pop("low"), 2) == 0.84
    assert found == {
        "name": RIGHT,
        "upheld": 20,
        "decided": 20,
        "rate": 1.0,
        "high": 1.0,
        "by_source": [
            {"slug": "mailbox", "upheld": 10, "decided": 10},
            {"slug": "ozone", "upheld": 10, "decided": 10},
        ],
        "acts_with": 0,
        "finding": None,
    }


@pytest.mark.django_db
def test_the_page_of_the_account_shows_its_record_and_few_decisions_are_too_few(
    lead: User,
) -> None:
    history(lead, RIGHT, Outcome.ABUSE, 100, count=3)
    settle()
    entity = Entity.objects.create(
        type="account",
        value=RIGHT,
        digest=digest_of("account", RIGHT),
        first_seen_at=build.NOON,
        last_seen_at=build.NOON,
    )
    client = Client()
    client.force_login(lead)
    html = client.get(f"/entities/account/{entity.pk}/").content.decode()
    assert "As a reporter" in html
    assert "3 of 3" in html
    assert "too few" in html


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        (Outcome.ABUSE, (1, 1)),
        (Outcome.NO_ABUSE, (0, 1)),
        (Outcome.LEGITIMATE, (0, 1)),
        (Outcome.UNSURE, (0, 0)),
    ],
)
def test_each_outcome_counts_as_what_it_says(
    lead: User, outcome: Outcome, counts: tuple[int, int]
) -> None:
    history(lead, RIGHT, outcome, 100, count=1)
    settle()
    row = Reporter.objects.get(name=RIGHT)
    assert (row.upheld, row.decided) == counts
    assert row.due_at is None


@pytest.mark.django_db
def test_a_report_after_the_decision_was_not_judged_by_it(lead: User) -> None:
    (case,) = history(lead, RIGHT, Outcome.ABUSE, 100, count=1)
    late = report(500, WRONG, about="x:old100")
    assert late.pk == case.pk
    reporters.mark(late)
    settle()
    assert Reporter.objects.get(name=WRONG).decided == 0


@pytest.mark.django_db
def test_a_decision_that_is_taken_back_is_counted_no_more(lead: User) -> None:
    (case,) = history(lead, RIGHT, Outcome.ABUSE, 100, count=1)
    waits = report(1, RIGHT, about="x:rose")
    settle()
    waits.refresh_from_db()
    believed = waits.priority_parts["p"]
    undo_decision(actor=lead, decision=case.decisions.get())
    settle()
    waits.refresh_from_db()
    assert believed == pytest.approx(2 / 3)
    assert waits.priority_parts["p"] == 0.5
    assert not reporters_for(lead).exists()


@pytest.mark.django_db
def test_a_verdict_that_a_second_person_must_not_know_is_not_told_by_counts(lead: User) -> None:
    case = report(100, RIGHT, about="x:old")
    decision = build.decided(build.user(), case)
    review = SecondReview.objects.create(decision=decision, why=ReviewWhy.SAMPLE)
    settle()
    assert Reporter.objects.get(name=RIGHT).decided == 0
    give_opinion(actor=lead, review=review, outcome=Outcome.ABUSE, reason="seen")
    settle()
    assert Reporter.objects.get(name=RIGHT).decided == 1


@pytest.mark.django_db
def test_a_case_that_somebody_decides_keeps_its_version(lead: User) -> None:
    case = report(1, RIGHT, about="x:rose")
    held = queue.claim(actor=lead, case=case)
    history(build.user(Role.LEAD), RIGHT, Outcome.ABUSE, 100, count=2)
    settle()
    case.refresh_from_db()
    assert case.version == held.version
    assert case.priority_parts["p"] == pytest.approx(0.75)


@pytest.mark.django_db
def test_one_odd_case_does_not_keep_the_others_from_being_weighed(
    lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, good = (report(n, RIGHT, about=f"x:new{n}") for n in (1, 2))
    history(lead, RIGHT, Outcome.ABUSE, 100, count=2)
    whole = reported.describe

    def describe(case: Case, told: Any) -> None:
        if case.pk == odd.pk:
            message = "odd"
            raise ValueError(message)
        whole(case, told)

    monkeypatch.setattr(reported, "describe", describe)
    settle()
    good.refresh_from_db()
    assert good.priority_parts["p"] == pytest.approx(0.75)
    assert Reporter.objects.get(name=RIGHT).due_at is None


@pytest.mark.django_db
def test_who_is_judged_again_while_being_weighed_stays_due(
    lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case,) = history(lead, RIGHT, Outcome.ABUSE, 100, count=1)
    report(1, RIGHT, about="x:rose")
    whole = reported.describe

    def describe(of: Case, told: Any) -> None:
        whole(of, told)
        reporters.mark(case)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(reported, "describe", describe)
        reporters.weigh(1)
    assert Reporter.objects.get(name=RIGHT).due_at is not None
    settle()


@pytest.mark.django_db
def test_partners_and_integrations_know_no_reporters(lead: User) -> None:
    history(lead, RIGHT, Outcome.ABUSE, 100, count=1)
    settle()
    assert reporters_for(lead).count() == 1
    for role in (Role.PARTNER, Role.INTEGRATION):
        assert not reporters_for(build.user(role)).exists()


@pytest.mark.django_db
def test_hostile_names_are_shown_as_text(lead: User) -> None:
    history(lead, "x:<script>alert(1)</script>\u202e", Outcome.ABUSE, 100, count=1)
    settle()
    client = Client()
    client.force_login(lead)
    html = client.get("/quality/reporters/").content.decode()
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert client.get("/quality/reporters/", {"name": "a\x00b"}).status_code == 200


# Who acts as one.


def ring(*names: str, first: int = 0) -> Finding:
    return build.finding(
        subjects=names,
        family="behaviour",
        detector="mass-reporting",
        anchor=("report-target", f"t{first}"),
    )


@pytest.mark.django_db
def test_ten_who_report_as_one_are_flagged_and_count_as_one(lead: User) -> None:
    names = [f"x:b{n}" for n in range(10)]
    for number, name in enumerate(names, 1):
        case = report(number, name, about="x:rose")
    believed = case.priority
    assert case.priority_parts["p"] == 0.95
    ring(*names[:6])
    other = ring(*names[5:], "x:elsewhere", first=1)
    settle()
    case.refresh_from_db()
    assert case.state == State.OPEN
    assert (case.reports, case.priority_parts["p"]) == (10, 0.5)
    assert 0 < case.priority < believed
    assert [one["text"] for one in case.summary if one["lead"] == AS_ONE] == [
        "10 reporters of it act as one, and count as one."
    ]
    assert all(one.record and one.record.ring for one in reports_of(case, lead))
    row = reporters_for(lead).get(name="x:b7")
    assert (row.ring_size, row.decided) == (11, 0)
    client = Client()
    client.force_login(lead)
    assert "with 10 others" in client.get("/quality/reporters/").content.decode()
    tab = client.get(f"/cases/{case.ref}/", {"tab": "evidence"}).content.decode()
    assert tab.count("acts as one with others") == 10
    Finding.objects.exclude(pk=other.pk).update(status=FindingStatus.LAPSED)
    settle()
    case.refresh_from_db()
    assert case.priority_parts["p"] == 0.95, "five of them, and five others"


@pytest.mark.django_db
def test_an_honest_reporter_beside_a_ring_is_still_believed(lead: User) -> None:
    history(lead, RIGHT, Outcome.ABUSE, 100)
    names = [f"x:b{n}" for n in range(10)]
    ring(*names)
    for number, name in enumerate([*names, RIGHT], 1):
        case = report(number, name, about="x:rose")
    settle()
    case.refresh_from_db()
    assert case.priority_parts["p"] == pytest.approx(0.95)


@pytest.mark.django_db
def test_a_ring_that_reported_nothing_here_is_not_written_down() -> None:
    ring("x:b1", "x:b2", "x:b3")
    assert reporters.find_rings() == 0
    assert not Reporter.objects.exists()


@pytest.mark.django_db
def test_nothing_is_written_while_nothing_changes(lead: User) -> None:
    report(1, "x:b1", about="x:rose")
    ring("x:b1", "x:b2", "x:b3")
    assert [reporters.find_rings() for _ in range(2)] == [1, 0]
    assert [reporters.weigh(5) for _ in range(2)] == [1, 0]
    assert lead.pk


@pytest.mark.django_db
def test_reports_from_before_learn_their_source_and_are_counted(lead: User) -> None:
    signal = build.signal(1)
    (case,) = history(lead, RIGHT, Outcome.ABUSE, 100, count=1)
    CaseReport.objects.update(source=None, signal_id=signal.pk)
    Reporter.objects.all().delete()
    migration: Any = import_module("cases.migrations.0017_spread_reporter")
    with connection.cursor() as cursor:
        cursor.execute(migration.SOURCES)
        cursor.execute(migration.DUE)
    settle()
    assert CaseReport.objects.get(case=case).source == signal.source
    assert Reporter.objects.get(name=RIGHT).by_source == {"src": [1, 1]}


# The whole desk: ten accounts report nine targets, each within a minute.


@pytest.fixture
def fresh_worker() -> Iterator[None]:
    desk.forget()
    yield
    desk.forget()


@time_machine.travel(FRIDAY)
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_worker")
def test_a_brigade_is_found_and_flagged_by_the_whole_desk() -> None:
    start = clock.now() - timedelta(hours=67)
    shop = ensure_source(slug="shop", title="Shop")
    update_source(actor=cast.admin(), source=shop, report_cases=ReportCases.ON)
    signals = [
        make.signal(
            100 * target + who,
            kind=Kind.REPORT,
            actor=f"u{who}",
            occurred_at=start + timedelta(hours=6 * target, seconds=5 * who),
            objects=(f"report-target:x:t{target}",),
        )
        for target in range(9)
        for who in range(10)
    ]
    ingest_batch(source=shop, signals=signals)
    desk.work()
    assert Finding.objects.filter(detector="mass-reporting").exists()
    settle()
    own = Case.objects.get(reports=0)
    assert own.title == "10 accounts on X: synchronised sharing, reports in bulk"
    about = list(Case.objects.filter(reports=10, state=State.OPEN))
    assert len(about) == 9, "each target waits for review"
    for case in about:
        assert case.priority_parts["p"] == 0.5
        assert case.summary[-1]["lead"] == AS_ONE
