"""Which days a statement or a figure belongs to, who may read them, and what a file holds."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from cases.choices import ActionKind, AppealState
from cases.models import Case, Decision, EntityAction, Queue, Statement
from cases.selectors import statement as reading
from cases.selectors.statement import (
    LONGEST_DAYS,
    Span,
    drafts_by_span,
    owed_for,
    statements_by_span,
    statements_for,
)
from cases.selectors.transparency import Figure, figures_by_span
from cases.services.appeal import rule_appeal
from cases.services.decision import undo_decision
from cases.services.statement import export_statements, issue_statements
from cases.services.transparency import read_report
from cases.statements.schema import FIELDS
from cases.terms import Act, Terms
from detectors.choices import Outcome
from detectors.entities import digest_of
from detectors.models import Entity
from tests import cast, make
from tests.cases import build

DAY = date(2026, 11, 3)
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
GROUND: dict[str, Any] = {
    "ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
    "reference": "Terms of use, 4.2",
    "explanation": "Accounts that act as one and hide it are not allowed.",
}
ONE_DAY = Span(DAY, DAY)


def restricted(
    number: int = 100, at: datetime = NOON, kind: ActionKind = ActionKind.TERMINATE
) -> Decision:
    """One account of a case of four, restricted at that moment."""
    account = f"x:a{number}"
    Entity.objects.create(
        type="account", value=account, digest=digest_of("account", account),
        first_seen_at=at - timedelta(days=3), last_seen_at=at,
    )  # fmt: skip
    with time_machine.travel(at, tick=False):
        _, case = build.opened(members=build.accounts(4, first=number))
        under = build.policy(statement=GROUND)
        return build.decided(
            build.user(), case, terms=Terms(policy=under, actions=[Act(account, kind)])
        )


def issued(span: Span = ONE_DAY) -> int:
    return issue_statements(actor=cast.lead(), span=span).count


def figures(viewer: User | None = None, span: Span = ONE_DAY) -> dict[tuple[str, str], Figure]:
    found = figures_by_span(span, viewer or cast.lead())
    return {(one.section, one.measure): one for one in found}


# --- days ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [
        (DAY, DAY - timedelta(days=1), "last"),
        (DAY - timedelta(days=LONGEST_DAYS + 1), DAY, "first"),
        (date.min, date.max, "first"),
        (date(9999, 12, 1), date.max, "last"),
    ],
)
def test_days_that_cannot_be_are_refused_at_their_field(
    first: date, last: date, field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        Span(first, last).check()
    assert refused.value.field == field


@given(
    first=st.dates(max_value=date(9990, 1, 1)), days=st.integers(0, LONGEST_DAYS), at=st.integers()
)
def test_a_span_holds_every_moment_of_its_days_and_no_other(
    first: date, days: int, at: int
) -> None:
    span = Span(first, first + timedelta(days=days))
    span.check()
    start, end = span.bounds
    assert (end - start) == timedelta(days=days + 1)
    moment = start + timedelta(microseconds=at % int((end - start) / timedelta(microseconds=1)))
    assert span.first <= moment.date() <= span.last
    assert end.date() > span.last


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "belongs"),
    [
        (datetime(2026, 11, 3, tzinfo=UTC), True),
        (datetime(2026, 11, 3, 23, 59, 59, 999_999, tzinfo=UTC), True),
        (datetime(2026, 11, 2, 23, 59, 59, 999_999, tzinfo=UTC), False),
        (datetime(2026, 11, 4, tzinfo=UTC), False),
    ],
)
def test_a_decision_belongs_to_its_day_in_utc(at: datetime, *, belongs: bool) -> None:
    restricted(at=at)
    lead = cast.lead()
    assert len(drafts_by_span(ONE_DAY, lead)) == belongs
    assert figures()["Decisions", "abuse confirmed"].value == belongs
    assert figures()["Restrictions", "terminate"].value == belongs
    assert issued() == belongs
    assert statements_by_span(ONE_DAY, lead).count() == belongs


# --- what is owed --------------------------------------------------------------------------


@pytest.mark.django_db
def test_more_than_fit_at_once_are_issued_oldest_first_until_none_is_owed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "MAX_DRAFTS", 2)
    made = [restricted(number, NOON + timedelta(minutes=number)) for number in (100, 200, 300)]
    assert (issued(), issued(), issued()) == (2, 1, 0)
    rows = Statement.objects.order_by("pk").values_list("action__decision", flat=True)
    assert list(rows) == [one.pk for one in made]


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [one for one in ActionKind if one != ActionKind.BLOCK])
def test_every_kind_of_an_account_but_a_warning_owes_a_statement(kind: ActionKind) -> None:
    restricted(kind=kind)
    owed = owed_for(cast.lead())
    assert owed.count() == (kind not in {ActionKind.WARN})


@pytest.mark.django_db
def test_a_second_restriction_is_owed_while_the_first_is_issued() -> None:
    restricted(100)
    assert issued() == 1
    restricted(200, NOON + timedelta(hours=1))
    (draft,) = drafts_by_span(ONE_DAY, cast.lead())
    assert draft.action.value == "x:a200"
    assert issued() == 1
    assert Statement.objects.values("puid").distinct().count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_issue_at_once_issue_each_statement_once() -> None:
    for number in (100, 200, 300):
        restricted(number, NOON + timedelta(minutes=number))
    leads = [build.user(Role.LEAD) for _ in range(4)]
    done = build.at_once(4, lambda place: issue_statements(actor=leads[place], span=ONE_DAY).count)
    assert sum(done) == 3
    assert Statement.objects.count() == 3
    told = AuditEntry.objects.filter(verb="statements.issued").values_list("data", flat=True)
    assert sum(one["count"] for one in told) == 3


@pytest.mark.django_db
def test_what_is_out_of_a_leads_sight_is_neither_owed_nor_counted_nor_issued() -> None:
    decision = restricted()
    hidden = Queue.objects.create(slug="hidden", title="Hidden", roles=[Role.ADMIN], position=9)
    Case.objects.filter(pk=decision.case_id).update(queue=hidden)
    lead, admin = cast.lead(), cast.admin()
    assert not owed_for(lead).exists()
    assert figures(lead)["Decisions", "abuse confirmed"].value == 0
    assert issued() == 0
    assert figures(admin)["Decisions", "abuse confirmed"].value == 1
    assert issue_statements(actor=admin, span=ONE_DAY).count == 1
    assert not statements_for(lead).exists()
    assert "".join(export_statements(actor=lead, span=ONE_DAY, format="json")).count("puid") == 0


# --- who -----------------------------------------------------------------------------------


DOORS: dict[str, Callable[[User], Any]] = {
    "issue": lambda who: issue_statements(actor=who, span=ONE_DAY),
    "export": lambda who: export_statements(actor=who, span=ONE_DAY, format="csv"),
    "report": lambda who: read_report(actor=who, span=ONE_DAY, format="csv"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("who", [cast.reviewer, cast.integration, cast.partner, cast.outsider])
def test_only_leads_and_admins_read_and_issue(door: str, who: Callable[[], User]) -> None:
    restricted()
    before = AuditEntry.objects.count()
    with pytest.raises(ForbiddenError):
        DOORS[door](who())
    assert AuditEntry.objects.count() == before
    assert not Statement.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("who", [cast.reviewer, cast.integration, cast.partner, cast.outsider])
def test_others_are_shown_nothing(who: Callable[[], User]) -> None:
    restricted()
    issued()
    viewer = who()
    assert not statements_for(viewer).exists()
    assert not owed_for(viewer).exists()
    assert figures_by_span(ONE_DAY, viewer) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"first": "2026-11-03", "last": "2026-11-03"}, 200),
        ({"last": "0001-01-05"}, 200),
        ({"last": "9999-12-31"}, 422),
        ({"first": "9999-12-31", "last": "9999-12-31"}, 422),
        ({"first": "2026-11-04", "last": "2026-11-03"}, 422),
        ({"first": "2020-01-01", "last": "2026-11-03"}, 422),
        ({"first": "2026-02-30"}, 400),
        ({"last": "<script>alert(1)</script>"}, 400),
        ({"last": "\x00"}, 400),
    ],
)
def test_days_over_rest_are_read_or_refused_and_never_break(
    asked: dict[str, str], status: int
) -> None:
    program = Client(headers=make.bearer(Scope.READ, user=cast.lead()))
    for address in ("api-statements", "api-transparency"):
        answer = program.get(reverse(address), asked)
        assert answer.status_code == status
        if status != 200:
            assert answer.json()["errors"][0]["attr"] in {"first", "last"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "asked",
    [
        {"first": "9999-12-01", "last": "9999-12-31"},
        {"first": "2026-11-03"},
        {"first": "x", "last": '"><script>alert(1)</script>'},
        {"first": "2026-11-04", "last": "2026-11-03"},
    ],
)
def test_a_page_of_wrong_days_says_so_and_shows_them_harmlessly(asked: dict[str, str]) -> None:
    browser = Client()
    browser.force_login(cast.lead())
    page = browser.get(reverse("cases:statements"), asked)
    assert page.status_code == 422
    assert "<script>alert" not in page.content.decode()


# --- files ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("format", ["", "xml", "CSV", "<script>", "\x00"])
def test_a_file_of_an_unknown_format_is_refused_and_not_written_down(format: str) -> None:
    with pytest.raises(InvalidError, match="there are csv, json") as refused:
        export_statements(actor=cast.lead(), span=ONE_DAY, format=format)
    assert refused.value.field == "format"
    assert not AuditEntry.objects.filter(verb="statements.read").exists()


@pytest.mark.django_db
def test_both_files_hold_the_same_statements_field_by_field() -> None:
    first = restricted(100)
    restricted(200, NOON + timedelta(hours=1), ActionKind.LIMIT)
    issued()
    undo_decision(actor=first.actor, decision=first)
    lead = cast.lead()
    sent = json.loads("".join(export_statements(actor=lead, span=ONE_DAY, format="json")))
    text = "".join(export_statements(actor=lead, span=ONE_DAY, format="csv"))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(sent["statements"]) == 2
    for row, body in zip(rows, sent["statements"], strict=True):
        assert set(row) == {*FIELDS, "reversed_on"}
        told = {name: value for name, value in row.items() if value and name != "reversed_on"}
        many = {name for name, rule in FIELDS.items() if rule.many}
        read = {name: json.loads(one) if name in many else one for name, one in told.items()}
        assert read == body
        assert row["reversed_on"] == sent["reversed_on"].get(body["puid"], "")
    assert [bool(row["reversed_on"]) for row in rows] == [True, False]


@pytest.mark.django_db
def test_a_file_without_statements_is_still_a_file() -> None:
    lead = cast.lead()
    sent = json.loads("".join(export_statements(actor=lead, span=ONE_DAY, format="json")))
    assert sent == {"statements": [], "reversed_on": {}}
    (head,) = csv.reader(export_statements(actor=lead, span=ONE_DAY, format="csv"))
    assert head == [*FIELDS, "reversed_on"]
    entry = AuditEntry.objects.filter(verb="statements.read").latest("pk")
    assert (entry.data["count"], entry.data["span"]) == (0, "2026-11-03 to 2026-11-03")


@pytest.mark.django_db
def test_a_cell_that_a_spreadsheet_would_run_is_text_in_the_file() -> None:
    restricted()
    issued()
    row = Statement.objects.get()
    row.body = row.body | {"decision_facts": "=HYPERLINK(1)"}
    row.save()
    text = "".join(export_statements(actor=cast.lead(), span=ONE_DAY, format="csv"))
    (told,) = csv.DictReader(io.StringIO(text))
    assert not told["decision_facts"].startswith("=")
    assert "HYPERLINK(1)" in told["decision_facts"]


# --- the report ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_report_of_an_idle_desk_has_its_lines_and_no_median() -> None:
    found = figures_by_span(ONE_DAY, cast.lead())
    assert {one.value for one in found} == {0}
    assert not [one for one in found if "median" in one.measure]
    assert {one.section for one in found} == {
        "Reports", "Decisions", "Restrictions", "Appeals", "Statements of reasons",
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_is_counted_as_itself_alone(outcome: Outcome) -> None:
    with time_machine.travel(NOON, tick=False):
        _, case = build.opened()
        build.decided(build.user(), case, outcome)
    counted = {one: figures()["Decisions", one.label.lower()].value for one in Outcome}
    assert counted == {one: int(one == outcome) for one in Outcome}


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "median"), [([2], 2.0), ([2, 5], 3.5), ([1, 9, 4], 4.0)])
def test_the_median_is_of_the_hours_from_opening_to_decision(
    hours: list[int], median: float
) -> None:
    for number, waited in enumerate(hours):
        decision = restricted(100 * (number + 1))
        Case.objects.filter(pk=decision.case_id).update(opened_at=NOON - timedelta(hours=waited))
    told = figures()["Decisions", "median time from opening"]
    assert (told.value, told.unit) == (median, "hours")


@pytest.mark.django_db
def test_what_was_taken_back_is_counted_so_and_the_parts_add_up() -> None:
    kept, undone = restricted(100), restricted(200, NOON + timedelta(hours=1))
    issued()
    undo_decision(actor=undone.actor, decision=undone)
    found = figures()
    assert found["Decisions", "abuse confirmed"].value == 1
    assert found["Decisions", "taken back"].value == 1
    assert found["Restrictions", "terminate"].value == 2
    assert found["Restrictions", "taken back"].value == 1
    assert found["Statements of reasons", "issued"].value == 2
    assert found["Statements of reasons", "of restrictions taken back since"].value == 1
    standing = found["Decisions", "after a report"].value + (
        found["Decisions", "on the desk's own initiative"].value
    )
    assert standing == Decision.objects.filter(undone_at=None).count() == 1
    assert kept.undone_at is None


@pytest.mark.django_db
def test_restrictions_by_category_add_up_to_all_restrictions() -> None:
    restricted(100)
    with time_machine.travel(NOON, tick=False):
        _, case = build.opened(members=build.accounts(4, first=500))
        acts = [Act("x:a500", ActionKind.LIMIT), Act("x:a501", ActionKind.WARN)]
        build.decided(build.user(), case, terms=Terms(policy=build.policy("spam"), actions=acts))
    found = figures_by_span(ONE_DAY, cast.lead())
    by = {one.measure: one.value for one in found if one.section == "Restrictions by category"}
    assert by == {"Scams and fraud": 1, "not named by the policy": 2}
    assert sum(by.values()) == EntityAction.objects.count()


@pytest.mark.django_db
def test_an_appeal_counts_on_the_day_it_came_with_the_hours_to_its_ruling() -> None:
    decision = restricted()
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        appeal = build.appeal(decision)
    with time_machine.travel(NOON + timedelta(days=1, hours=6), tick=False):
        rule_appeal(
            actor=build.user(Role.LEAD),
            appeal=appeal,
            ruling=AppealState.UPHELD,
            reason="it stands",
        )
    assert ("Appeals", "median time to a ruling") not in figures()
    told = figures(span=Span(DAY + timedelta(days=1), DAY + timedelta(days=1)))
    assert told["Appeals", "median time to a ruling"].value == 6.0
    assert (
        sum(
            one.value for (section, _), one in told.items() if section == "Appeals" and not one.unit
        )
        == 1
    )
