"""An admin pastes values in the browser; a signal that uses one is counted; one is taken off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors.models import DeclaredGroup, WatchItem
from detectors.services.link import link_stream
from detectors.services.source import live_stream
from tests import desk as machine
from tests import make
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui


def test_values_are_pasted_met_and_taken_off(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    machine.forget()
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/watch/")
    page.locator("#id_values").fill("hxxps://evil[.]example/a\nno such thing\n")
    page.locator("#id_source").fill("cert")
    page.locator("#id_trust").fill("0.9")
    page.get_by_role("button", name="Add values").click()
    expect(page.locator("section", has_text="What became of each line")).to_contain_text(
        "1 added, 1 refused"
    )
    expect(page.locator("#id_values")).to_have_value("no such thing")
    item = WatchItem.objects.get()
    sent = make.item(1, urls=["https://evil.example/a"], occurred_at=clock.now().isoformat())
    door = make.bearer(Scope.INGEST, user=desk.admin)
    Client().post("/api/v1/signals/", sent, content_type="application/json", headers=door)
    machine.await_horizon()
    link_stream(stream_id=live_stream().pk)
    ada.go("/settings/watch/?type=url")
    row = page.locator(f"#watch-{item.pk}")
    expect(row.locator("td").nth(4)).to_have_text("1")
    row.get_by_placeholder("Reason").fill("the site was cleaned")
    row.get_by_role("button", name="Remove").click()
    expect(page.locator(f"#watch-{item.pk}")).to_have_count(0)
    ada.go("/settings/watch/?state=ended")
    expect(page.locator(f"#watch-{item.pk}")).to_contain_text("the site was cleaned")
    assert ada.watch.errors == []
    assert ada.violations() == []


@pytest.mark.row(107)
def test_a_group_is_declared_looked_at_and_ended(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/groups/")
    page.get_by_label("Name").fill("Newswire")
    page.get_by_label("Accounts").fill("x:wire0\nx:wire1\n")
    page.get_by_label("Proof").fill("imprint")
    page.get_by_role("button", name="Declare").click()
    group = DeclaredGroup.objects.get()
    page.locator(f"#group-{group.pk}").get_by_role("link", name="Newswire").click()
    expect(page.locator("main")).to_contain_text("They were not seen to act together.")
    assert ada.violations() == []
    page.get_by_placeholder("Reason").fill("sold")
    page.get_by_role("button", name="End").click()
    expect(page.locator("main")).to_contain_text("Ended: sold")
    assert ada.watch.errors == []
    assert ada.violations() == []
