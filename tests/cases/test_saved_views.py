"""Saved views: a link that opens the same filters, counted for who looks."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote_plus

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core import saved
from abusedesk.core.errors import InvalidError
from abusedesk.core.models import Role, SavedView, Scope, User
from abusedesk.core.saved import save_view
from cases.choices import Severity, State
from cases.models import Case, Queue
from cases.opening import inbox
from cases.selectors import view as counting
from cases.selectors.saved import IN_RAIL, views_for
from cases.selectors.view import counted_views_for
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db
HIGH = "sev:>=high"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def ben() -> User:
    return build.user(name="ben")


def browser_of(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def some_cases() -> None:
    """In the inbox: two high ones that wait, one that is escalated, one that is low."""
    for state, severity in (
        (State.OPEN, Severity.HIGH),
        (State.OPEN, Severity.CRITICAL),
        (State.ESCALATED, Severity.HIGH),
        (State.OPEN, Severity.LOW),
    ):
        build.case(state=state, severity=severity)


@pytest.mark.row(52)
def test_a_shared_link_opens_the_same_filter_for_a_colleague(rita: User, ben: User) -> None:
    some_cases()
    said = {"page": "cases", "name": "bad ones", "q": HIGH, "shared": "1"}
    saved_ = browser_of(rita).post("/v/", said)
    link = f"/v/{SavedView.objects.get().pk}/"
    opened = browser_of(ben).get(link)
    assert opened["Location"] == saved_["Location"]
    assert unquote_plus(opened["Location"]) == f"/cases/?q={HIGH}"
    page = browser_of(ben).get(opened["Location"])
    assert [one.severity for one in page.context["rows"]] == [3, 4, 3]


@pytest.mark.row(52)
def test_a_view_of_a_queue_keeps_its_tab_and_its_order(rita: User, ben: User) -> None:
    some_cases()
    page = browser_of(rita).get("/queues/inbox/", {"state": "escalated", "q": HIGH})
    assert 'name="tab" value="escalated"' in page.content.decode()
    said = {"page": "queue", "at": "inbox", "tab": "escalated", "name": "up", "q": HIGH}
    browser_of(rita).post("/v/", said | {"shared": "1"})
    opened = browser_of(ben).get(f"/v/{SavedView.objects.get().pk}/")
    assert unquote_plus(opened["Location"]) == f"/queues/inbox/?state=escalated&q={HIGH}"
    (counted,) = counted_views_for(ben)
    assert counted.total == len(browser_of(ben).get(opened["Location"]).context["rows"]) == 1


@pytest.mark.row(52)
def test_the_rail_counts_a_view_with_the_cases_of_who_looks(rita: User, ben: User) -> None:
    some_cases()
    private = Queue.objects.create(slug="p", title="P", position=5, roles=[])
    private.people.set([rita])
    build.case(queue=private, severity=Severity.CRITICAL)
    view = save_view(actor=rita, page="cases", name="bad", query=HIGH, shared=True)
    for person, total in ((rita, 4), (ben, 3)):
        rail = browser_of(person).get("/queues/").content.decode()
        assert f'data-live="view.{view.pk}">{total}</span>' in rail
        assert browser_of(person).get("/live/").json()[f"view.{view.pk}"] == total
        program = Client(headers=make.bearer(Scope.READ, user=person))
        (row,) = program.get("/api/v1/views/").json()
        assert (row["name"], row["count"], row["owner"]) == ("bad", total, "rita")


@pytest.mark.row(52)
def test_what_is_private_exists_for_its_owner_alone(rita: User, ben: User) -> None:
    view = save_view(actor=rita, page="cases", name="mine", query=HIGH, shared=False)
    assert browser_of(ben).get(f"/v/{view.pk}/").status_code == 404
    assert "mine" not in browser_of(ben).get("/views/").content.decode()
    assert "mine" in browser_of(rita).get("/views/").content.decode()
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=ben))
    assert program.get("/api/v1/views/").json() == []
    assert program.get(f"/api/v1/views/{view.pk}/").status_code == 404
    assert program.delete(f"/api/v1/views/{view.pk}/").status_code == 404
    assert SavedView.objects.exists()


def test_a_view_of_a_queue_out_of_sight_is_not_offered(rita: User, ben: User) -> None:
    private = Queue.objects.create(slug="p", title="P", position=5, roles=[])
    private.people.set([rita])
    build.case(queue=private)
    view = save_view(actor=rita, page="queue", at="p", name="night watch", query="", shared=True)
    assert [one.view for one in counted_views_for(rita)] == [view]
    assert counted_views_for(ben) == []
    assert "night watch" not in browser_of(ben).get("/queues/").content.decode()


def test_over_rest_a_view_is_saved_shown_and_deleted(rita: User) -> None:
    some_cases()
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=rita))
    said = {"page": "queue", "at": "inbox", "name": "up", "query": HIGH, "tab": "open"}
    answer = program.post("/api/v1/views/", said, "application/json")
    assert answer.status_code == 201
    row = answer.json()
    assert (row["count"], row["shared"]) == (2, False)
    assert unquote_plus(row["href"]) == f"/queues/inbox/?state=open&q={HIGH}"
    assert program.get(f"/api/v1/views/{row['id']}/").json() == row
    assert program.delete(f"/api/v1/views/{row['id']}/").status_code == 204
    assert program.get("/api/v1/views/").json() == []


@pytest.mark.parametrize(
    ("page", "at", "tab"),
    [
        ("queue", "", ""),
        ("cases", "inbox", ""),
        ("nowhere", "", ""),
        ("queue", "../x", ""),
        ("queue", "inbox", "a b"),
        ("queue", "x" * 61, ""),
    ],
)
def test_what_is_no_list_cannot_be_saved(rita: User, page: str, at: str, tab: str) -> None:
    with pytest.raises(InvalidError, match="no such list"):
        save_view(actor=rita, page=page, at=at, tab=tab, name="x", query="", shared=False)


def test_a_name_does_not_wander_to_another_queue(rita: User) -> None:
    save_view(actor=rita, page="queue", at="inbox", name="late", query="is:late", shared=False)
    with pytest.raises(InvalidError, match="of this name for inbox"):
        save_view(actor=rita, page="queue", at="other", name="late", query="", shared=False)
    save_view(actor=rita, page="queue", at="inbox", name="late", query=HIGH, shared=False)
    assert SavedView.objects.get().query == HIGH


def test_counts_are_remembered_for_a_moment_but_not_beyond_a_change(rita: User) -> None:
    some_cases()
    view = save_view(actor=rita, page="cases", name="bad", query=HIGH, shared=False)
    assert [one.total for one in counted_views_for(rita)] == [3]
    Case.objects.all().delete()
    assert [one.total for one in counted_views_for(rita)] == [3]
    save_view(actor=rita, page="cases", name=view.name, query="is:late", shared=False)
    assert [one.total for one in counted_views_for(rita)] == [0]


def test_a_view_that_nobody_can_count_has_no_count(
    rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_view(actor=rita, page="signals", name="a", query="platform:x", shared=False)
    save_view(actor=rita, page="cases", name="b", query="nonsense:x", shared=False)
    save_view(actor=rita, page="cases", name="c", query="", shared=False)
    some_cases()
    assert [one.total for one in counted_views_for(rita)] == [None, None, 4]
    cache.clear()
    monkeypatch.setattr(counting, "BUDGET_S", 0.0)
    assert [one.total for one in counted_views_for(rita)] == [None] * 3


def test_a_count_that_takes_too_long_is_given_up_and_leaves_no_limit_behind(
    rita: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Case.objects.extra(where=["pg_sleep(0.2) IS NOT NULL"])
    some_cases()
    monkeypatch.setattr(counting, "cases_for", lambda viewer: slow)
    monkeypatch.setattr(counting, "PATIENCE_MS", 20)
    save_view(actor=rita, page="cases", name="slow", query="", shared=False)
    assert [one.total for one in counted_views_for(rita)] == [None]
    assert slow.count() == 4


def test_the_rail_shows_eight_views_and_the_page_all(rita: User) -> None:
    for number in range(IN_RAIL + 2):
        save_view(actor=rita, page="cases", name=f"v{number}", query="", shared=False)
    page = browser_of(rita).get("/views/")
    assert len(page.context["rows"]) == IN_RAIL + 2
    assert page.content.decode().count('data-live="view.') == IN_RAIL


def test_leads_delete_what_is_shared_and_others_only_their_own(rita: User, ben: User) -> None:
    view = save_view(actor=rita, page="cases", name="ours", query="", shared=True)
    assert browser_of(ben).post(f"/v/{view.pk}/delete/").status_code == 403
    lead = build.user(Role.LEAD)
    assert browser_of(lead).post(f"/v/{view.pk}/delete/")["Location"] == "/views/"
    assert not views_for(rita).exists()


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=200))
def test_an_address_is_made_of_slugs_and_quoted_words(at: str, tab: str, query: str) -> None:
    person = User.objects.filter(username="any").first() or build.user(name="any")
    inbox()
    try:
        view = save_view(
            actor=person, page="queue", at=at, tab=tab, name="n", query=query, shared=False
        )
    except InvalidError:
        return
    address = saved.address_of(view)
    assert address.startswith(f"/queues/{at}/?")
    assert address.isascii()
    view.delete()


def test_late_cases_are_counted_by_the_clock(rita: User) -> None:
    build.case(due_in=timedelta(hours=-1))
    build.case()
    save_view(actor=rita, page="queue", at="inbox", name="late", query="is:late", shared=False)
    assert [one.total for one in counted_views_for(rita)] == [1]
