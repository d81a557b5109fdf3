"""Work on many cases in the console: ticked over pages, all that match, watched, ended, undone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import expect

from abusedesk.core.models import Role, User
from cases import queue
from cases.models import BulkJob, Case, Decision
from cases.services import bulk, bulk_work
from cases.services.assignment import assign_case
from tests.cases import build
from tests.cases.bulk import finished, matching, picked, start
from tests.ui import world
from tests.ui.conftest import Visitor

Enter = Callable[..., Visitor]
SHOTS = os.environ.get("SCREENSHOTS", "")
LIST = "/queues/operations/"


@pytest.fixture
def by_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is done at once: the test is the worker."""
    monkeypatch.setattr(bulk, "AT_ONCE", 0)


def _more(desk: world.Desk, number: int) -> list[Case]:
    return [build.case(queue=desk.queue, priority=1.0) for _ in range(number)]


def _shoot(visitor: Visitor, name: str) -> None:
    if SHOTS:
        visitor.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=False)


def _confirm(visitor: Visitor, action: str) -> BulkJob:
    """Press the button of the preview; the page of the job stands."""
    visitor.page.get_by_role("button", name=re.compile(rf"^{action} \d")).click()
    visitor.page.wait_for_url(re.compile(r"/jobs/\d+/$"))
    visitor.ready()
    return BulkJob.objects.latest("pk")


@pytest.mark.ui
@pytest.mark.row(33)
@pytest.mark.journey(8)
def test_two_hundred_are_ticked_over_four_pages_and_closed_with_a_reason(
    enter: Enter, desk: world.Desk, by_worker: None
) -> None:
    _more(desk, 202 - len(desk.cases))
    rita = enter()
    rita.go(LIST)
    bar = rita.page.locator("[data-selection]")
    expect(bar).to_be_hidden()
    for turned in range(4):
        rita.page.get_by_label("Select all on this page").check()
        expect(bar.get_by_text(f"{50 * (turned + 1)} selected")).to_be_visible()
        if turned < 3:
            rita.page.get_by_role("link", name="Next 50").click()
            rita.ready()
    _shoot(rita, "bulk-selected")
    bar.get_by_role("button", name="Close").click()
    expect(rita.page.get_by_role("heading", name="Close 200 cases")).to_be_visible()
    rita.ready()
    _shoot(rita, "bulk-preview")
    assert not BulkJob.objects.exists()
    rita.page.get_by_label("Verdict").select_option("no_abuse")
    rita.page.get_by_label("Reason").fill("one harmless campaign")
    job = _confirm(rita, "Close")
    expect(rita.page.get_by_role("heading", name="Running")).to_be_visible()
    assert not Decision.objects.exists()
    bulk_work.run_bulk(job_id=job.pk)
    while BulkJob.objects.get(pk=job.pk).state == "running":
        bulk_work.run_bulk(job_id=job.pk)
    expect(rita.page.get_by_role("heading", name="Done")).to_be_visible()
    _shoot(rita, "bulk-done")
    assert Case.objects.filter(state="closed").count() == 200
    assert set(Decision.objects.values_list("reason", "outcome")) == {
        ("one harmless campaign", "no_abuse")
    }
    rita.go(LIST)
    expect(bar).to_be_hidden()
    assert rita.watch.errors == []
    assert rita.violations() == []


@pytest.mark.ui
@pytest.mark.row(34)
@pytest.mark.journey(8)
def test_all_that_match_are_counted_sampled_and_the_number_is_typed(
    enter: Enter, desk: world.Desk, by_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.selectors.preview.TYPED", 20)
    _more(desk, 60)
    queue.claim(actor=desk.lead, case=desk.cases[0])
    rita = enter()
    rita.go(f"{LIST}?q=hits:%3E0")
    rita.press("x")
    bar = rita.page.locator("[data-selection]")
    bar.get_by_label("Select all 68 matching").check()
    expect(bar.get_by_text("All that match are selected")).to_be_visible()
    bar.get_by_role("button", name="Close").click()
    rita.ready()
    page = rita.page
    expect(page.get_by_role("heading", name="Close 67 cases")).to_be_visible()
    expect(page.get_by_text("68 match")).to_be_visible()
    expect(page.locator("section", has_text="Left alone").last).to_contain_text("claimed by lena")
    expect(page.get_by_role("heading", name="10 of them at random")).to_be_visible()
    expect(page.locator(".samples tr[data-item]")).to_have_count(10)
    page.get_by_label("Verdict").select_option("unsure")
    page.get_by_label("Reason").fill("noise")
    page.get_by_label("Type the number of cases, 67").fill("66")
    page.get_by_role("button", name="Close 67").click()
    expect(page.get_by_text("Type the number of cases, 67, to confirm")).to_be_visible()
    _shoot(rita, "bulk-typed")
    assert not BulkJob.objects.exists()
    expect(page.get_by_label("Reason")).to_have_value("noise")
    page.get_by_label("Type the number of cases, 67").fill("67")
    job = _confirm(rita, "Close")
    assert (job.total, job.query) == (67, "hits:>0 queue:operations is:open")
    assert rita.watch.errors == []


@pytest.mark.ui
@pytest.mark.row(34)
@pytest.mark.journey(8)
def test_work_on_all_that_match_is_watched_cancelled_and_undone(
    enter: Enter, desk: world.Desk, by_worker: None
) -> None:
    _more(desk, 59)
    job = start(desk.reviewer, matching())
    late = _more(desk, 3)  # they match, and were not there when it was confirmed
    rita = enter()
    rita.go(f"/jobs/{job.pk}/")
    page = rita.page
    expect(page.get_by_role("heading", name="Running")).to_be_visible()
    for _ in range(5):
        bulk_work.step_bulk(job_id=job.pk)
    expect(page.locator("dt", has_text="Done").locator("+ dd")).to_have_text("5")
    _shoot(rita, "bulk-running")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    rita.ready()
    expect(page.get_by_text("cancelled by rita").first).to_be_visible()
    expect(page.get_by_text("62 selected")).to_be_visible()
    _shoot(rita, "bulk-cancelled")
    assert Case.objects.filter(state="closed").count() == 5
    page.get_by_role("button", name="Undo all 5").click()
    expect(page.get_by_role("heading", name="Being undone")).to_be_visible()
    bulk_work.run_bulk(job_id=job.pk)
    expect(page.get_by_role("heading", name="Undone")).to_be_visible()
    assert set(Case.objects.values_list("state", flat=True)) == {"open"}
    assert not BulkJob.objects.filter(items__case__in=late).exists()
    assert rita.watch.errors == []


@pytest.mark.ui
def test_rows_are_ticked_by_keys_and_a_label_is_put_to_them(enter: Enter, desk: world.Desk) -> None:
    rita = enter(mouse=False)
    rita.go(LIST)
    rita.press("x", "j", "j", "x", "Shift+J", "Shift+J", "k", "x")
    ticked = rita.page.locator("[data-tick]:checked")
    expect(ticked).to_have_count(3)
    rows = rita.page.locator("tr[data-item]")
    refs = [rows.nth(place).get_attribute("id") for place in (0, 2, 4)]
    rita.press("l")
    expect(rita.page.get_by_role("heading", name="Label 3 cases")).to_be_visible()
    rita.ready()
    rita.press("Tab")
    rita.page.get_by_label("Add").focus()
    rita.page.keyboard.type("ring Spam")
    rita.page.get_by_label("Reason").focus()
    rita.page.keyboard.type("one crew")
    rita.press("Control+Enter")
    expect(rita.page.get_by_role("heading", name="Labels: add ring, spam")).to_be_visible()
    labelled = Case.objects.filter(labels=["ring", "spam"]).values_list("ref", flat=True)
    assert set(labelled) == set(refs)


@pytest.mark.ui
@pytest.mark.journey(8)
def test_what_failed_stays_ticked_and_can_be_done_again(
    enter: Enter, desk: world.Desk, by_worker: None
) -> None:
    rita = enter()
    job = start(desk.reviewer, picked(desk.cases[:3]))
    queue.claim(actor=desk.lead, case=desk.cases[0])
    bulk_work.run_bulk(job_id=job.pk)
    queue.release(actor=desk.lead, case=desk.cases[0])
    rita.go(f"/jobs/{job.pk}/")
    expect(rita.page.get_by_text("AD-1 is claimed by lena.")).to_be_visible()
    expect(rita.page.get_by_label("Select AD-1")).to_be_checked()
    expect(rita.page.get_by_text("1 selected")).to_be_visible()
    rita.page.get_by_role("button", name="Close").click()
    rita.ready()
    expect(rita.page.get_by_role("heading", name="Close 1 case")).to_be_visible()
    rita.page.get_by_label("Verdict").select_option("no_abuse")
    rita.page.get_by_label("Reason").fill("again")
    bulk_work.run_bulk(job_id=_confirm(rita, "Close").pk)
    expect(rita.page.get_by_role("heading", name="Done")).to_be_visible()
    assert Case.objects.filter(state="closed").count() == 3


@pytest.mark.ui
def test_without_script_the_ticked_rows_of_a_page_are_given_away(
    enter: Enter, desk: world.Desk
) -> None:
    lena = enter("lena", script=False)
    lena.page.goto(f"{lena.base}/cases/")
    for ref in ("AD-2", "AD-5"):
        lena.page.get_by_label(f"Select {ref}").check()
    lena.page.get_by_role("button", name="Assign").click()
    expect(lena.page.get_by_role("heading", name="Assign 2 cases")).to_be_visible()
    lena.page.get_by_label("Give to").select_option("rita")
    lena.page.get_by_label("Reason").fill("she knows them")
    lena.page.get_by_role("button", name="Assign 2").click()
    expect(lena.page.get_by_role("heading", name="Give to rita")).to_be_visible()
    given = Case.objects.filter(assignee=desk.reviewer).values_list("ref", flat=True)
    assert set(given) == {"AD-2", "AD-5"}


@pytest.mark.ui
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_pages_of_work_on_many_are_accessible_and_fit(
    enter: Enter, desk: world.Desk, by_worker: None, theme: str
) -> None:
    User.objects.update(theme=theme)
    job = start(desk.lead, picked(desk.cases))
    queue.claim(actor=desk.reviewer, case=desk.cases[0])
    bulk_work.run_bulk(job_id=job.pk)
    _more(desk, 3)
    lena = enter("lena")
    for name, path in {
        "queue": LIST,
        "jobs": "/jobs/",
        "job": f"/jobs/{job.pk}/",
        "close": "/jobs/new/?action=close&all=1&q=queue:operations",
        "assign": "/jobs/new/?action=assign&all=1",
        "label": "/jobs/new/?action=label&all=1",
        "snooze": "/jobs/new/?action=snooze&all=1",
    }.items():
        lena.go(path)
        for width in (1440, 1024, 390):
            lena.page.set_viewport_size({"width": width, "height": 900})
            wide = lena.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, f"{path} is {wide} px too wide at {width}"
            _shoot(lena, f"bulk-{name}-{theme}-{width}")
        lena.page.set_viewport_size({"width": 1440, "height": 900})
        found = Axe().run(lena.page).response["violations"]
        bad = [(one["id"], one["nodes"][0]["html"]) for one in found]
        assert [one for one in bad if one[0] != "region"] == [], path
    assert lena.watch.off_origin == []
    assert lena.watch.errors == []


@pytest.fixture
def client(db: None) -> Client:
    browser = Client()
    browser.force_login(build.user(name="rita"))
    return browser


def test_a_form_that_means_no_case_or_no_action_changes_nothing(client: Client) -> None:
    build.case()
    nothing = client.post("/jobs/new/", {"action": "close"})
    assert "No case can be changed" in nothing.content.decode()
    assert client.post("/jobs/new/", {"action": "burn", "all": "1"}).status_code == 302
    wrong = client.post("/jobs/new/", {"action": "close", "all": "1", "q": "colour:red"})
    assert (wrong.status_code, wrong["Location"]) == (302, "/cases/")
    shown = client.post("/jobs/new/", {"action": "close", "all": "1", "confirm": "1"})
    assert (shown.status_code, BulkJob.objects.count()) == (422, 0)
    assert client.post("/jobs/new/", {"action": "assign", "all": "1"}).status_code == 403


def test_the_number_is_typed_as_it_was_shown(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.selectors.preview.TYPED", 1)
    for _ in range(3):
        build.case()
    form = {"action": "label", "all": "1", "add": "ring", "reason": "seen", "confirm": "1"}
    for count in ("", "2", "4", "three", "\uff13"):
        shown = client.post("/jobs/new/", form | {"shown": "3", "count": count})
        assert (shown.status_code, BulkJob.objects.count()) == (422, 0), count
        assert "Type the number of cases, 3" in shown.content.decode()
    assert client.post("/jobs/new/", form | {"shown": "3", "count": " 3 "}).status_code == 302


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_back_leads_nowhere_else(client: Client, back: str) -> None:
    answer = client.post("/jobs/new/", {"action": "close", "back": back})
    assert "evil" not in answer.content.decode()
    assert "javascript" not in answer.content.decode()
    assert client.post("/jobs/new/", {"back": back})["Location"] == "/cases/"


def test_a_refusal_of_the_service_stands_in_the_form(client: Client) -> None:
    case = build.case()
    form = {"action": "label", "ref": case.ref, "confirm": "1", "reason": "seen"}
    for said, wrong in (({}, "Name labels to add"), ({"add": "two-words !"}, "A label is one")):
        shown = client.post("/jobs/new/", form | said)
        assert (shown.status_code, wrong in shown.content.decode()) == (422, True)
    late = client.post("/jobs/new/", form | {"action": "snooze", "until": "2020-01-01"})
    assert (late.status_code, "in the next 90 days" in late.content.decode()) == (422, True)


def test_what_failed_beyond_the_page_stays_selected_too(
    client: Client, by_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.ui.views.job.SHOWN", 1)
    rita, chosen = User.objects.get(username="rita"), [build.case() for _ in range(3)]
    job = start(rita, picked(chosen))
    bulk.cancel_bulk(actor=rita, job=job)
    page = client.get(f"/jobs/{job.pk}/")
    assert [item.case for item in page.context["stayed"]] == chosen[:1]
    assert page.context["selection"]["refs"] == f"{chosen[1].ref} {chosen[2].ref}"
    form = {"action": "label", "ref": chosen[0].ref, "refs": page.context["selection"]["refs"]}
    assert client.post("/jobs/new/", form).context["found"].total == 3


def test_an_undo_that_comes_too_late_is_explained(client: Client) -> None:
    job = start(User.objects.get(username="rita"), picked([build.case()]))
    BulkJob.objects.update(finished_at="2026-01-01T00:00:00Z")
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "Undo all" not in page
    answer = client.post(f"/jobs/{job.pk}/undo/", follow=True)
    assert "could be undone is over" in answer.content.decode()
    again = client.post(f"/jobs/{job.pk}/cancel/", follow=True)
    assert "This work is done already" in again.content.decode()


def test_the_filter_of_a_queue_page_finds_what_its_tab_shows(client: Client) -> None:
    lead, desk = build.user(), build.case().queue
    back, waits = build.case(regressed=True, queue=desk), build.case(queue=desk)
    assign_case(actor=build.user(Role.LEAD), case=waits, assignee=lead)
    for tab, refs in (("open", 3), ("regressed", 1), ("closed", 0)):
        page = client.get(f"/queues/{desk.slug}/?state={tab}")
        selection = page.context["selection"]
        shown = client.post("/jobs/new/", {"action": "label", "all": "1", "q": selection["query"]})
        assert (selection["total"], shown.context["found"].found) == (str(refs), refs)
    assert back.ref in client.get(f"/queues/{desk.slug}/?state=regressed").content.decode()


@pytest.mark.ui
@pytest.mark.row(35)
def test_u_undoes_a_job_on_its_page(enter: Enter, desk: world.Desk) -> None:
    rita = enter(mouse=False)
    job = start(desk.reviewer, picked(desk.cases[:3]))
    assert Decision.objects.filter(undone_at=None).count() == 3
    rita.go(f"/jobs/{job.pk}/")
    expect(rita.page.get_by_role("button", name="Undo all 3")).to_be_visible()
    rita.press("u")
    expect(rita.page.get_by_role("heading", name="Being undone")).to_be_visible()
    finished(job)
    expect(rita.page.get_by_text("3, by rita")).to_be_visible()
    assert not Decision.objects.filter(undone_at=None).exists()
