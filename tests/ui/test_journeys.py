"""What a person does over several pages, and what must not get lost on the way."""

from __future__ import annotations

import gzip
import re
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.contrib.sessions.models import Session
from django.contrib.staticfiles import finders
from django.db import connection
from playwright.sync_api import Locator, expect

from abusedesk.core.models import Role, Scope
from cases.choices import State
from cases.intake import intake
from cases.models import Case, Decision, Note
from detectors.choices import Outcome
from detectors.models import CampaignFinding
from detectors.services.config import ensure_configs
from tests import make
from tests.cases import build, fused
from tests.conftest import PATHS
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui
CASE_URL = re.compile(r"/cases/AD-\d+/")
Enter = Callable[..., Visitor]
A, B = fused.BRIDGE
QUEUE_PAGE_BYTES = 120 * 1024
FOCUSED = "() => document.activeElement.matches('main h1')"
PATH = "/queues/operations/"
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
OUTLINE = "() => getComputedStyle(document.activeElement).outlineStyle"


def wait_for(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Until it does; the browser does its part meanwhile."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.journey(1)
def test_a_fresh_desk_is_learned_by_four_steps(enter: Enter, desk: world.Desk) -> None:
    ensure_configs()
    ada = enter("ada")
    page = ada.page
    ada.go("/")
    card = page.get_by_role("region", name="Get to know the desk")
    expect(card).to_contain_text("0 of 4 done")
    card.get_by_role("link", name="Open", exact=True).click()
    page.wait_for_url(CASE_URL)
    ada.ready()
    ada.press("a")
    expect(page.get_by_text("Claimed by you")).to_be_visible()
    ada.ready()
    ada.press("1", "y")
    page.keyboard.type("one crew")
    ada.press("Escape", "Shift+N")
    expect(page.get_by_role("heading", name="Abuse confirmed")).to_be_visible()
    ada.go("/")
    expect(card).to_contain_text("2 of 4 done")
    _send(page.locator("#first-curl").inner_text())
    started = time.monotonic()
    ada.go("/signals/")
    expect(page.get_by_text("Hello desk").first).to_be_visible()
    assert time.monotonic() - started < 5
    ada.go("/detectors/near-duplicate-text/")
    page.get_by_label("Min accounts").fill("6")
    page.get_by_label("Reason").last.fill("larger crews only")
    page.get_by_role("button", name="Save draft").click()
    ada.ready()
    ada.go("/")
    expect(card).to_have_count(0)


def _send(command: str) -> None:
    """What the card says to run, with a token in it."""
    url = re.search(r"https?://\S+?(?=['\"\s])", command)
    body = re.search(r"-d '(.*)'", command, re.DOTALL)
    assert url is not None
    assert body is not None
    headers = {**make.bearer(Scope.INGEST), "Content-Type": "application/json"}
    request = urllib.request.Request(url[0], body[1].encode(), headers)
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 201


@pytest.mark.journey(6)
def test_back_forward_reload_and_a_bookmark_show_the_same(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    page = rita.page
    ways = {
        "/queues/operations/?state=open&q=is%3Aopen": page.locator("#rows tr[data-item]").first,
        "/cases/AD-3/": page.get_by_role("heading", name="What happened"),
        "/cases/AD-3/?tab=why": page.get_by_role("heading", name="Findings"),
        "/cases/AD-3/graph/": page.locator("svg.graph"),
        "/detectors/near-duplicate-text/": page.get_by_role("heading", name="Near-dup").first,
    }
    for path in ways:
        rita.go(path)
    for path in [*reversed(ways)][1:]:
        page.go_back()
        _stands(rita, path, ways[path])
    for path in [*ways][1:]:
        page.go_forward()
        _stands(rita, path, ways[path])
    page.go_back()
    page.reload()
    _stands(rita, "/cases/AD-3/graph/", ways["/cases/AD-3/graph/"])
    other = page.context.new_page()
    for path in ways:
        other.goto(f"{rita.base}{path}")
        assert other.locator("nav.nav").count() == 1, path
    assert rita.watch.errors == []


def _stands(rita: Visitor, path: str, sign: Locator) -> None:
    expect(sign).to_be_visible()
    assert rita.page.url == f"{rita.base}{path}"
    assert rita.page.locator("nav.nav").count() == 1


@pytest.mark.journey(7)
def test_an_unknown_token_of_a_queue_is_named_and_what_was_typed_stays(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter()
    rita.go("/queues/operations/")
    field = rita.page.get_by_role("searchbox", name="Filter")
    field.fill("is:open colour:red")
    field.press("Enter")
    expect(rita.page.get_by_text("colour").first).to_be_visible()
    expect(field).to_have_value("is:open colour:red")


@pytest.mark.journey(10)
def test_a_merger_with_its_note_is_taken_back_and_the_old_link_works(
    enter: Enter, desk: world.Desk
) -> None:
    here, there = desk.cases[:2]
    rita = enter()
    page = rita.page
    rita.go(f"/cases/{here.ref}/")
    rita.press("m", "Enter")
    page.wait_for_url(f"**/cases/{here.ref}/lineage/#merge")
    page.get_by_label("Reference of the other case").fill(there.ref)
    page.get_by_role("button", name="Preview").first.click()
    page.get_by_label("Why are they one?").fill("one crew")
    page.get_by_role("button", name="Merge", exact=True).click()
    page.wait_for_url(f"**/cases/{here.ref}/lineage/")
    rita.go(f"/cases/{there.ref}/")
    assert page.url == f"{rita.base}/cases/{here.ref}/"
    rita.press("c")
    page.keyboard.type("both used one till")
    rita.press("Control+Enter")
    expect(page.locator("#notes article")).to_have_count(1)
    rita.go(f"/cases/{here.ref}/lineage/")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("undone by rita")).to_be_visible()
    rita.go(f"/cases/{here.ref}/?tab=timeline")
    expect(page.get_by_text("wrote a note")).to_be_visible()
    rita.go(f"/cases/{there.ref}/?tab=timeline")
    expect(page.get_by_text("wrote a note")).to_have_count(0)
    assert page.url.startswith(f"{rita.base}/cases/{there.ref}/")
    assert Note.objects.get().case == here
    assert set(Case.objects.values_list("state", flat=True)) == {State.OPEN}


@pytest.mark.journey(11)
@pytest.mark.parametrize("way", ["keys", "table"])
def test_the_bridge_is_cut_and_joined_again(enter: Enter, desk: world.Desk, way: str) -> None:
    Case.objects.all().delete()
    case = fused.bridged()
    rita = enter(mouse=way == "table")
    page = rita.page
    rita.press("Escape")
    if way == "keys":
        rita.go(f"/cases/{case.ref}/graph/")
        left, right = (name.partition(":")[2] for name in (A, B))
        page.locator(f"svg.graph [data-cut*='{left}'][data-cut*='{right}']").focus()
        rita.press("Delete")
    else:
        rita.go(f"/cases/{case.ref}/lineage/")
        row = page.get_by_role("row").filter(has_text=A).filter(has_text=B)
        row.get_by_role("button", name="Preview cut").click()
    expect(page.get_by_text("a case of its own")).to_be_visible()
    page.get_by_label("Why do they not belong together?").focus()
    page.keyboard.type("a shared phone shop")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The cut is made.")).to_be_visible()
    assert _sizes() == [4, 4]
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("undone by rita")).to_be_visible()
    assert _sizes() == [8]


def _sizes() -> list[int]:
    return [one.accounts for one in Case.objects.filter(state=State.OPEN)]


@pytest.mark.journey(13)
def test_a_late_hit_brings_a_confirmed_case_back_and_a_benign_one_waits(
    enter: Enter, desk: world.Desk
) -> None:
    abuse, benign = desk.cases[:2]
    build.decided(desk.lead, abuse)
    build.decided(desk.lead, benign, Outcome.LEGITIMATE)
    for case in (abuse, benign):
        build.grow(case.campaign_links.get().campaign, 6)
    while intake():
        pass
    rita = enter()
    rita.go("/queues/operations/?state=open")
    row = rita.page.locator(f"#{abuse.ref}")
    expect(row).to_contain_text("back with new evidence")
    expect(row).to_contain_text("+")
    expect(rita.page.locator(f"#{benign.ref}")).to_have_count(0)
    campaign = benign.campaign_links.get().campaign
    names = list(campaign.members.values_list("account", flat=True))
    found = build.finding(subjects=names, signal_ids=[900, 901])
    CampaignFinding.objects.create(campaign=campaign, finding=found)
    build.grow(campaign, 2, families=["infra-hard"])
    while intake():
        pass
    rita.page.reload()
    expect(rita.page.locator(f"#{benign.ref}")).to_contain_text("back with new evidence")


@pytest.mark.journey(16)
def test_who_may_not_see_a_case_is_not_told_of_it(enter: Enter, desk: world.Desk) -> None:
    outsider = build.user(Role.REVIEWER, "otto")
    desk.queue.roles = []
    desk.queue.save()
    desk.queue.people.set([desk.reviewer, desk.lead])
    rita = enter()
    rita.go("/cases/AD-1/")
    rita.press("c")
    rita.page.keyboard.type("@otto look, and @lena")
    rita.press("Control+Enter")
    expect(rita.page.get_by_text("Not told: otto, who may not see this case.")).to_be_visible()
    assert outsider.notices.count() == 0
    assert [one.kind for one in desk.lead.notices.all()] == ["mention"]


@pytest.mark.journey(25)
def test_a_case_is_worked_off_with_a_screen_reader_forced_colours_and_zoom(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter()
    page = rita.page
    rita.go("/queues/operations/")
    rita.press("n")
    page.wait_for_url(CASE_URL)
    rita.ready()
    for landmark in (
        page.get_by_role("banner"),
        page.get_by_role("navigation"),
        page.get_by_role("main"),
    ):
        expect(landmark.first).to_be_visible()
    expect(page.locator("#status")).to_have_attribute("role", "status")
    expect(page.locator("#alert")).to_have_attribute("role", "alert")
    ref = page.locator(".case-head .mono").inner_text()
    rita.press("3", "y")
    page.keyboard.type("a press office")
    rita.press("Control+Enter")
    page.wait_for_function(
        "ref => { const at = document.querySelector('html[data-ready] .case-head .mono');"
        " return at && at.textContent !== ref; }",
        arg=ref,
    )
    assert page.evaluate(FOCUSED), "after a swap the heading is read"
    page.emulate_media(forced_colors="active")
    page.keyboard.press("Tab")
    assert page.evaluate(OUTLINE) != "none"
    for width in (720, 360):  # 1440 at 200 %, and a small phone
        page.set_viewport_size({"width": width, "height": 640})
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, width


@pytest.mark.journey(28)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_session_that_ends_under_a_decision_loses_nothing(
    enter: Enter, desk: world.Desk, *, script: bool
) -> None:
    rita = enter(script=script)
    page = rita.page
    page.goto(f"{rita.base}/queues/operations/")
    page.get_by_role("button", name="Start review").click()
    page.wait_for_url(CASE_URL)
    page.locator("label.verdict", has_text="No abuse").click()
    page.locator("#reason").fill("A long reason\nin two lines")
    Session.objects.all().delete()
    page.get_by_role("button", name="Submit & next").click()
    way = page.get_by_role("link", name=re.compile("^Sign in"))
    if not script:
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        page.get_by_text("What you sent").last.click()
        expect(page.get_by_text("A long reason")).to_be_visible()
    with page.context.expect_page() as opened:
        way.click()
    second = opened.value
    second.get_by_label("User name").fill("rita")
    second.get_by_label("Password").fill(world.PASSWORD)
    second.get_by_role("button", name="Sign in").click()
    second.wait_for_url(f"{rita.base}/")
    if script:
        expect(page.locator("#reason")).to_have_value("A long reason\nin two lines")
        page.get_by_role("button", name="Submit & next").click()
        wait_for(Decision.objects.exists)
        assert Decision.objects.get().reason.splitlines() == ["A long reason", "in two lines"]


@pytest.mark.journey(28)
def test_a_plain_form_comes_back_after_the_session_ended_and_is_sent_again(
    enter: Enter, desk: world.Desk
) -> None:
    rita = enter()
    page = rita.page
    rita.go("/cases/AD-1/lineage/?other=AD-2#merge")
    page.get_by_label("Why are they one?").fill("<b>one</b> crew")
    Session.objects.all().delete()
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    second = opened.value
    second.get_by_label("User name").fill("rita")
    second.get_by_label("Password").fill(world.PASSWORD)
    second.get_by_role("button", name="Sign in").click()
    second.wait_for_url(f"{rita.base}/")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator("main")).to_contain_text("<b>one</b> crew")
    assert Case.objects.get(ref="AD-2").state == State.MERGED
    assert rita.violations() == []


@pytest.mark.journey(28)
def test_a_database_that_is_away_keeps_what_was_typed(enter: Enter, desk: world.Desk) -> None:
    rita = enter()
    page = rita.page
    rita.go("/queues/operations/")
    rita.press("n")
    page.wait_for_url(CASE_URL)
    rita.ready()
    rita.press("3", "y")
    page.keyboard.type("A long reason")
    with _database_away():
        page.get_by_role("button", name="Submit & next").click()
        expect(page.locator(".toast.bad")).to_contain_text("Nothing was lost")
        expect(page.locator("#reason")).to_have_value("A long reason")
        expect(page.locator("[value=no_abuse]")).to_be_checked()
    page.get_by_role("button", name="Submit & next").click()
    wait_for(Decision.objects.exists)
    assert Decision.objects.get().reason == "A long reason"


@contextmanager
def _database_away() -> Iterator[None]:
    """Nobody but this connection is let in, and pages are sent away; the broker stays as it is."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = cursor.fetchone()[0]
    server = psycopg.connect(PATHS.dsn_of("postgres"), autocommit=True)
    with server:
        server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'.encode())
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> %s AND application_name = 'abusedesk'",
            [name, own],
        )
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'.encode())


def test_a_queue_page_is_small_and_loads_no_plotly(enter: Enter, desk: world.Desk) -> None:
    """Static files as they are sent, compressed; how soon something is painted is printed."""
    for number in range(9, 59):
        world.case(desk.queue, number)
    rita = enter()
    page = rita.page
    sizes: dict[str, int] = {}
    page.on("response", lambda answer: sizes.update({answer.url: _sent(answer.url)}))
    rita.go(PATH)
    painted = page.evaluate(FIRST_PAINT)
    html = page.evaluate("performance.getEntriesByType('navigation')[0].encodedBodySize")
    total = html + sum(sizes.values())
    sys.stdout.write(f"queue page: {total:,} bytes cold, first paint {painted:.0f} ms\n")
    assert not [url for url in sizes if "plotly" in url]
    assert len(sizes) > 5
    assert html > 1_000
    assert total <= QUEUE_PAGE_BYTES


def _sent(url: str) -> int:
    """Bytes of a static file after gzip, none for what is asked of the desk itself."""
    _, static, name = urlsplit(url).path.partition("/static/")
    path = finders.find(name) if static else None
    return len(gzip.compress(Path(path).read_bytes())) if path else 0
