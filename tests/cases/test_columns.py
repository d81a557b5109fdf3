"""Columns of one's own: chosen, ordered, kept on the server, and no way to lose the case."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from abusedesk.core.errors import ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Role, Scope, User
from cases.choices import Tlp
from cases.columns import BY_ID, COLUMNS, FIXED, USUAL, ids_of
from cases.services.columns import save_columns
from tests import make
from tests.cases import build

pytestmark = pytest.mark.django_db


@pytest.fixture
def rita() -> User:
    return build.user(name="rita")


@pytest.fixture
def browser(rita: User) -> Client:
    client = Client()
    client.force_login(rita)
    return client


def _heads(client: Client, path: str = "/queues/inbox/") -> list[str]:
    html = client.get(path).content.decode()
    heads = re.findall(r'<th scope="col"(?! class="tick")[^>]*>(.*?)</th>', html)
    return [" ".join(re.sub(r"<[^>]+>|[↓↑]", "", one).split()) for one in heads]


def test_who_chose_nothing_sees_the_usual_ones(browser: Client) -> None:
    build.case()
    assert _heads(browser) == [BY_ID[one].title for one in USUAL]


def test_chosen_columns_stand_in_their_order_in_every_list_of_cases(
    browser: Client, rita: User
) -> None:
    build.case(labels=["ring"], tlp=Tlp.GREEN, languages=["de"], providers=["openai"])
    said = {"show": ["labels", "hits", "tlp"], "place-hits": "1", "place-case": "2"}
    answer = browser.post("/me/columns/", said | {"back": "/queues/inbox/?sort=-hits"})
    assert (answer.status_code, answer["Location"]) == (302, "/queues/inbox/?sort=-hits")
    for path in ("/queues/inbox/", "/cases/"):
        assert _heads(browser, path) == ["Hits", "Case", "Labels", "TLP"]
    html = browser.get("/cases/").content.decode()
    assert "ring" in html
    assert "TLP:GREEN" in html
    entry = AuditEntry.objects.get(verb="columns.chosen")
    assert (entry.actor, entry.data["columns"]) == (rita, "hits, case, labels, tlp")


def test_every_column_can_be_shown_at_once_without_a_query_more(
    browser: Client, rita: User
) -> None:
    for number in range(3):
        build.case(labels=["ring"], assignee=rita, daily=[number] * 14, daily_to=20_000)
    for path in ("/queues/inbox/", "/cases/"):
        browser.get(path)
        with CaptureQueriesContext(connection) as usual:
            browser.get(path)
        save_columns(actor=rita, columns=list(BY_ID))
        with CaptureQueriesContext(connection) as all_of_them:
            assert _heads(browser, path) == [one.title for one in COLUMNS]
        assert len(all_of_them) == len(usual)
        save_columns(actor=rita, columns=list(USUAL))


def test_the_form_says_what_is_shown_and_goes_back_to_the_usual(
    browser: Client, rita: User
) -> None:
    save_columns(actor=rita, columns=["tlp", "case"])
    html = browser.get("/me/columns/?back=/cases/").content.decode()
    assert re.search(r'value="tlp" checked', html)
    assert not re.search(r'value="hits" checked', html)
    browser.post("/me/columns/", {"do": "usual", "show": ["tlp"]})
    rita.refresh_from_db()
    assert rita.own_columns == {}
    assert ids_of(rita.own_columns) == list(USUAL)


@pytest.mark.parametrize("place", ["two", "-1", "1.5", "9" * 9, "<b>"])
def test_a_place_that_is_no_number_is_named_and_nothing_typed_is_lost(
    browser: Client, rita: User, place: str
) -> None:
    said = {"show": ["hits", "labels"], "place-hits": place, "place-labels": "7"}
    page = browser.post("/me/columns/", said)
    html = page.content.decode()
    assert page.status_code == 422
    assert "The place of Hits is a whole number" in html
    assert f'name="place-hits" value="{escape(place)}"' in html
    assert 'name="place-labels" value="7"' in html
    assert re.search(r'value="labels" checked', html)
    rita.refresh_from_db()
    assert rita.own_columns == {}


def test_an_unknown_column_is_refused_and_so_is_one_twice(browser: Client, rita: User) -> None:
    page = browser.post("/me/columns/", {"show": ["<script>alert(1)</script>"]})
    assert page.status_code == 422
    assert b"<script>alert" not in page.content
    for wrong in (["size"], ["hits", "hits"]):
        with pytest.raises(InvalidError) as caught:
            save_columns(actor=rita, columns=wrong)
        assert caught.value.field == "columns"


def test_nobody_is_led_off_the_desk(browser: Client) -> None:
    answer = browser.post("/me/columns/", {"show": ["hits"], "back": "https://evil.example/"})
    assert answer["Location"] == "/cases/"
    assert b"evil.example" not in browser.get("/me/columns/?back=//evil.example/").content


@given(st.lists(st.sampled_from([*BY_ID, "gone", "<x>", ""]), max_size=30))
def test_whatever_is_kept_a_list_leads_to_its_cases_once(kept: list[str]) -> None:
    ids = ids_of({"cases": kept})
    assert ids.count(FIXED) == max(1, kept.count(FIXED))
    assert set(ids) <= set(BY_ID)


@pytest.mark.parametrize("kept", [None, "hits", 7, {}])
def test_what_is_no_list_means_the_usual_ones(kept: object) -> None:
    assert ids_of({"cases": kept}) == list(USUAL)


def test_who_sees_no_cases_chooses_no_columns() -> None:
    partner = build.user(Role.PARTNER, name="petra")
    client = Client()
    client.force_login(partner)
    assert client.get("/me/columns/").status_code == 404
    with pytest.raises(ForbiddenError):
        save_columns(actor=partner, columns=["hits"])


def test_the_api_says_and_saves_them(rita: User) -> None:
    program = Client(headers=make.bearer(Scope.READ, Scope.REVIEW, user=rita))
    told = program.get("/api/v1/me/columns/").json()
    assert told["columns"] == list(USUAL)
    assert {"id": "hits", "title": "Hits", "sort": "hits"} in told["known"]
    saved = program.put(
        "/api/v1/me/columns/", {"columns": ["tlp"]}, content_type="application/json"
    )
    assert saved.json()["columns"] == ["case", "tlp"]
    wrong = program.put(
        "/api/v1/me/columns/", {"columns": ["size"]}, content_type="application/json"
    )
    assert (wrong.status_code, wrong.json()["errors"][0]["attr"]) == (422, "columns")
