"""Retention in a browser: verify, purge what was counted, hold a case, read its tombstones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from cases.services.retention import continue_purge
from detectors.models import PurgeRun
from tests.retention import left, middle, purged, read_all, rule, stored, verified
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui


@pytest.mark.row(77)
@pytest.mark.parametrize("script", [True, False], ids=["htmx", "no script"])
def test_an_admin_sees_how_many_go_types_it_and_purges(
    enter: Callable[..., Visitor], desk: world.Desk, *, script: bool
) -> None:
    kept = left() | {one.pk for one in stored(middle(4), kind="login")}
    stored(middle(4), number=3)
    ada = enter("ada", script=script)
    page = ada.page
    page.goto(f"{ada.base}/settings/retention/")
    page.get_by_label("Kind").select_option("post")
    page.get_by_label("Keep for days").fill("20")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_role("row").filter(has_text="20 days")).to_contain_text("looks back")
    page.get_by_role("button", name="Verify").click()
    run = PurgeRun.objects.get()
    page.wait_for_url(f"**/settings/retention/{run.pk}/")
    expect(page.locator(".score").first).to_contain_text("3")
    expect(page.get_by_role("row", name="Shop post 3 0 0 0")).to_be_visible()
    box = page.get_by_label("Type the number of signals")
    box.fill("30")
    page.get_by_role("button", name="Purge 3 signals for good").click()
    expect(page.get_by_text("Type the number of signals that will go: 3.")).to_be_visible()
    assert PurgeRun.objects.get().started_at is None
    box.fill("3")
    page.get_by_role("button", name="Purge 3 signals for good").click()
    expect(page.get_by_role("status").filter(has_text="0 of 3 signals are gone")).to_be_visible()
    assert continue_purge(run_id=run.pk)
    if not script:
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("status").filter(has_text="3 signals, 3 mentions")).to_be_visible()
    assert left() == kept
    page.goto(f"{ada.base}/settings/retention/")
    expect(page.get_by_role("row", name=f"Plan {run.pk} Done 3 3")).to_be_visible()
    if script:
        assert ada.violations() == []
    assert (ada.watch.errors, ada.watch.off_origin) == ([], [])


def test_a_lead_holds_a_case_and_an_admin_releases_it(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    lena = enter("lena")
    lena.go("/cases/AD-3/")
    lena.page.get_by_text("Legal hold", exact=True).click()
    lena.page.get_by_label("Why a legal hold?").fill("letter of the court")
    lena.page.get_by_role("button", name="Place legal hold").click()
    expect(lena.page.get_by_text("letter of the court")).to_be_visible()
    ada = enter("ada")
    ada.go("/settings/retention/")
    row = ada.page.get_by_role("row").filter(has_text="AD-3")
    expect(row).to_contain_text("lena")
    row.get_by_label("Reason for the release").fill("settled")
    row.get_by_role("button", name="Release").click()
    expect(ada.page.get_by_role("row").filter(has_text="AD-3")).to_contain_text("settled")
    rita = enter("rita")
    rita.go("/cases/AD-3/")
    expect(rita.page.get_by_text("Legal hold since")).to_have_count(0)
    expect(rita.page.get_by_text("Legal hold", exact=True)).to_have_count(0)


def test_the_evidence_of_a_purged_case_is_tombstones(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    case = desk.cases[2]
    world.close(case)
    signals = stored(middle(4), number=2)
    campaign = case.campaign_links.get().campaign
    for link in campaign.evidence.select_related("finding"):
        link.finding.signal_ids = [one.pk for one in signals]
        link.finding.save()
    read_all()
    rule(30)
    run = purged(verified())
    rita = enter("rita")
    rita.go(f"/cases/{case.ref}/?tab=evidence")
    page = rita.page
    expect(page.get_by_text("All signals that this case cites were purged")).to_be_visible()
    expect(page.locator("#purged")).to_contain_text("2")
    stone = page.locator(f"#signal-{signals[0].pk}")
    expect(stone).to_contain_text("post")
    expect(stone).to_contain_text(f"#{signals[0].pk}")
    expect(stone).to_contain_text(f"purged on {run.finished_at:%Y-%m-%d}")
    assert rita.watch.errors == []
