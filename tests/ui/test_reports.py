"""A reported mail as a reviewer sees it: opened, read, decided; nothing in it acts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from abusedesk.core.models import Scope
from cases import reporting
from cases.models import Case
from detectors.models import Stream
from tests import desk as workers
from tests import make
from tests.adapters.reading import sample
from tests.ui import world
from tests.ui.conftest import Visitor
from tests.ui.test_safety import PACK, RLO

URL = "/api/v1/ingest/arf/"


def report(mail: bytes) -> Case:
    """The mail is posted as a mail server would, and taken in."""
    headers = make.bearer(Scope.INGEST, name="abuse")
    answer = Client().post(URL, mail, content_type="message/rfc822", headers=headers)
    assert answer.status_code in {201, 207}, answer.content
    workers.await_horizon()
    for one in Stream.objects.all():
        reporting.take_reports(one.pk)
    return Case.objects.order_by("-pk")[0]


@pytest.mark.row(8)
@pytest.mark.ui
@pytest.mark.parametrize("script", [True, False])
def test_a_reviewer_opens_a_reported_mail_reads_it_and_decides(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    case = report(sample("arf", "abuse.eml"))
    rita = enter("rita", script=script)
    page = rita.page
    page.goto(f"{rita.base}/queues/inbox/")
    row = page.get_by_role("row", name=re.compile(r"Reported: bounce\[@\]prize-mail"))
    expect(row).to_contain_text("reported")
    row.get_by_role("link").click()
    expect(page.get_by_text("opened by a report, no detector spoke")).to_be_visible()
    expect(page.get_by_text("1 report by feedback[@]isp")).to_be_visible()
    tabs = page.get_by_role("navigation", name="Parts of the case")
    tabs.get_by_role("link", name="Evidence").click()
    told = page.locator("article.signal", has_text="A customer calls this message spam.")
    expect(told).to_contain_text("by feedback[@]isp[.]example")
    expect(told).to_contain_text("hxxps://prize-mail[.]example/win")
    quoted = page.locator("article.signal", has_text="Win now")
    expect(quoted).to_contain_text("win[@]prize-mail[.]example")
    tabs.get_by_role("link", name="Why").click()
    expect(page.get_by_text("Opened by a report; no detector spoke.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Claim")).click()
    page.get_by_role("radio", name=re.compile("Abuse confirmed")).check()
    page.get_by_label("Reason").fill("unasked mail")
    page.get_by_role("button", name=re.compile("stay")).click()
    expect(page.get_by_role("heading", name="Abuse confirmed")).to_be_visible()
    tabs.get_by_role("link", name="Timeline").click()
    expect(page.get_by_text("opened the case: bounce[@]prize-mail")).to_be_visible()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("For review").first).to_be_visible()
    case.refresh_from_db()
    assert case.state == "open"
    if script:
        assert rita.watch.errors == []
        assert rita.violations() == []


@pytest.mark.row(8)
@pytest.mark.ui
def test_nothing_in_a_reported_mail_acts(enter: Callable[..., Visitor], desk: world.Desk) -> None:
    evil = PACK.replace("\u0336", "").encode()
    mail = sample("arf", "abuse.eml").replace(b"us-ascii", b"utf-8").replace(b"US-ASCII", b"utf-8")
    mail = mail.replace(b"A customer calls this message spam.", evil)
    mail = mail.replace(b"Win now:", evil).replace(b"Feedback-Type: abuse", b"Feedback-Type: <b>x")
    mail = mail.replace(b"From: feedback@isp", b"From: <script>@isp")
    case = report(mail)
    rita = enter("rita")
    for tab in ("summary", "evidence", "why", "timeline"):
        rita.go(f"/cases/{case.ref}/?tab={tab}")
        body = rita.page.locator("body")
        assert RLO not in body.inner_text()
        assert "owned" not in rita.page.title()
        assert rita.page.locator('a[href*="evil"], main img, main script[src]').count() == 0
        assert rita.page.locator("[onerror], [onload], main [hx-get='/logout/']").count() == 0
        assert rita.violations() == []
    rita.go("/queues/inbox/")
    assert rita.watch.dialogs == []
    assert rita.watch.off_origin == []
    assert rita.watch.errors == []
