"""The palette offers what the viewer may open, finds what a value names, and nothing else."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from abusedesk.core.models import User
from abusedesk.core.saved import save_view
from cases.models import Queue
from cases.services.case import record_visit
from cases.ui.pages import PAGES
from cases.ui.palette import groups_for
from detectors.models import Entity, Signal
from detectors.services.config import ensure_configs
from tests.ui import world

pytestmark = pytest.mark.django_db
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.fixture
def desk() -> world.Desk:
    ensure_configs()
    return world.desk(3)


def entity(kind: str, value: str) -> Entity:
    return world.mention(Signal.objects.earliest("pk"), kind, value).entity


def offered(typed: str, viewer: User) -> dict[str, list[str]]:
    """Title of a group -> addresses in it."""
    return {group.title: [one.href for one in group.jumps] for group in groups_for(typed, viewer)}


def address(found: Entity) -> str:
    return reverse("detectors:entity-detail", args=[found.type, found.pk])


@pytest.mark.row(32)
@pytest.mark.parametrize(
    ("kind", "value", "pasted"),
    [
        ("url", "https://evil.example/a", "https://evil.example/a"),
        ("url", "https://evil.example/a", "hxxps://evil[.]example/a"),
        ("domain", "evil.example", "evil[.]example"),
        ("domain", "evil.example", "hxxps://www.evil[.]example/never/seen"),
        ("handle", "morgan", "@Morgan"),
        ("hash", f"sha256:{HASH}", HASH.upper()),
        ("email", "help@nord-law.example", "help[at]nord-law[.]example"),
        ("ip", "203.0.113.7", "203[.]0[.]113[.]7"),
        ("account", "x:morgan_1", "x:morgan_1"),
    ],
)
def test_a_pasted_value_leads_to_its_entity(
    desk: world.Desk, kind: str, value: str, pasted: str
) -> None:
    seen = entity(kind, value)
    assert offered(pasted, desk.reviewer)["Named by this"] == [address(seen)]
    assert "Named by this" not in offered(pasted, desk.partner)


@pytest.mark.row(32)
@pytest.mark.parametrize("pasted", ["AD-2", "ad-2", " https://desk.example/cases/AD-2/?tab=why "])
def test_a_reference_or_the_address_of_a_case_leads_to_the_case(
    desk: world.Desk, pasted: str
) -> None:
    assert offered(pasted, desk.reviewer)["Named by this"] == ["/cases/AD-2/"]
    assert "Named by this" not in offered(pasted, desk.partner)


def test_a_reference_inside_another_word_is_none(desk: world.Desk) -> None:
    assert "Named by this" not in offered("LOAD-2 AD-2x", desk.reviewer)


def test_a_case_of_a_closed_queue_is_neither_named_nor_recent(desk: world.Desk) -> None:
    record_visit(actor=desk.reviewer, case=desk.cases[0])
    Queue.objects.filter(pk=desk.queue.pk).update(roles=[])
    assert "Named by this" not in offered("AD-1", desk.reviewer)
    assert "Recent cases" not in offered("", desk.reviewer)
    assert offered("AD-1", desk.admin)["Named by this"] == ["/cases/AD-1/"]


def test_recent_cases_are_those_one_looked_at_the_latest_first(desk: world.Desk) -> None:
    for at in (0, 2):
        record_visit(actor=desk.reviewer, case=desk.cases[at])
    record_visit(actor=desk.lead, case=desk.cases[1])
    assert offered("", desk.reviewer)["Recent cases"] == ["/cases/AD-3/", "/cases/AD-1/"]


def test_views_are_ones_own_and_those_of_the_team(desk: world.Desk) -> None:
    own = save_view(actor=desk.reviewer, page="cases", name="Late", query="is:late", shared=False)
    team = save_view(actor=desk.lead, page="cases", name="Ring late", query="ring", shared=True)
    save_view(actor=desk.lead, page="cases", name="Late of lena", query="x", shared=False)
    found = offered("late", desk.reviewer)["Saved views"]
    assert found == [reverse("view-open", args=[one.pk]) for one in (own, team)]


@pytest.mark.parametrize("name", ["rita", "lena", "ada", "petra"])
def test_all_pages_of_the_left_rail_are_offered_and_open(desk: world.Desk, name: str) -> None:
    viewer = User.objects.get(username=name)
    browser = Client()
    browser.force_login(viewer)
    rail = re.search(r"<nav.*?</nav>", browser.get("/me/").content.decode(), re.DOTALL)
    assert rail is not None
    linked = set(re.findall(r'class="nav-item[^>]*href="([^"]+)"', rail[0]))
    queues = set(offered("", viewer).get("Queues", []))
    pages = set(offered("", viewer)["Pages"])
    assert linked <= pages | queues | {reverse("cases:palette")}
    assert pages == {reverse(page.name) for page in PAGES if viewer.role in page.roles}
    assert {path: browser.get(path).status_code for path in pages} == dict.fromkeys(pages, 200)


def test_words_narrow_what_is_offered(desk: world.Desk) -> None:
    assert offered("ROUTING que", desk.admin)["Pages"] == [reverse("cases:queue-settings")]
    assert "Pages" not in offered("routing", desk.reviewer)
    assert set(offered("no such thing", desk.partner)) == set()
    assert len(offered("", desk.admin)["Pages"]) == len(PAGES)


def test_a_fragment_for_htmx_a_page_for_everybody_else(desk: world.Desk) -> None:
    browser = Client()
    browser.force_login(desk.reviewer)
    page = browser.get("/palette/", {"q": "AD-1"}).content.decode()
    part = browser.get("/palette/", {"q": "AD-1"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in page
    assert "<html" not in part
    assert 'href="/cases/AD-1/"' in part


@pytest.mark.parametrize("typed", ["\x00", "a" * 50_000, "\u202e\ud7ff", "[", "http://["])
def test_whatever_is_pasted_is_answered(desk: world.Desk, typed: str) -> None:
    browser = Client()
    browser.force_login(desk.reviewer)
    assert browser.get("/palette/", {"q": typed}).status_code == 200


def test_a_value_is_shown_defanged_and_its_markup_is_text(desk: world.Desk) -> None:
    entity("url", "https://evil.example/<b>")
    browser = Client()
    browser.force_login(desk.reviewer)
    page = browser.get("/palette/", {"q": "https://evil.example/<b>"}).content.decode()
    assert "hxxps://evil[.]example/" in page
    assert "<b>" not in page
