"""An open page keeps its numbers true, announces what is new, and moves nothing by itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from cases.choices import State
from cases.models import Case, Queue
from tests.ui import world
from tests.ui.conftest import Visitor

SOON_MS = 10_000


@pytest.fixture
def reviewer(db: None) -> Client:
    client = Client()
    client.force_login(world.desk(3).reviewer)
    return client


def test_the_numbers_are_those_of_the_queues_and_stay_unsent_while_they_are_the_same(
    reviewer: Client,
) -> None:
    answer = reviewer.get("/live/")
    assert answer.json()["operations.open"] == answer.json()["all.open"] == 3
    assert answer.json()["scams.newest"] == 0
    again = reviewer.get("/live/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Case.objects.filter(ref="AD-1").update(state=State.ESCALATED)
    changed = reviewer.get("/live/", headers={"If-None-Match": answer["ETag"]})
    assert (changed.status_code, changed.json()["operations.escalated"]) == (200, 1)


def test_a_partner_gets_no_number_of_a_queue(db: None) -> None:
    client = Client()
    client.force_login(world.desk(2).partner)
    assert set(client.get("/live/").json().values()) == {0}


def test_nobody_polls_without_signing_in(db: None) -> None:
    assert Client().get("/live/").status_code == 302


@pytest.mark.ui
def test_an_empty_queue_fills_by_itself(enter: Callable[..., Visitor]) -> None:
    visitor = enter()
    visitor.go("/queues/scams/")
    expect(visitor.page.get_by_role("heading", name="All done")).to_be_visible()
    world.case(Queue.objects.get(slug="scams"), 50)
    expect(visitor.page.locator("#AD-50")).to_be_visible(timeout=SOON_MS)
    assert visitor.violations() == []


@pytest.mark.ui
def test_new_cases_are_announced_and_shown_by_a_key(enter: Callable[..., Visitor]) -> None:
    visitor = enter()
    visitor.go("/queues/operations/")
    visitor.press("j")
    at = visitor.page.locator("[data-item].is-current").get_attribute("id")
    world.case(Queue.objects.get(slug="operations"), 51)
    expect(visitor.page.locator("#new-rows")).to_be_visible(timeout=SOON_MS)
    expect(visitor.page.locator("[data-live='operations.open']").first).to_have_text("9")
    assert visitor.page.locator("#AD-51").count() == 0
    assert visitor.page.locator("[data-item].is-current").get_attribute("id") == at
    visitor.press("r")
    expect(visitor.page.locator("#AD-51")).to_be_visible()
    expect(visitor.page.locator("#new-rows")).to_be_hidden()


@pytest.mark.ui
def test_the_tiles_of_my_work_follow(enter: Callable[..., Visitor]) -> None:
    visitor = enter()
    visitor.go("/")
    Case.objects.filter(ref="AD-2").update(state=State.ESCALATED)
    tile = visitor.page.locator("[data-live='all.escalated']")
    expect(tile).to_have_text("1", timeout=SOON_MS)
