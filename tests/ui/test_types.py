"""An admin adds a type of entities in the browser; a signal sent after it is linked under it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect

from abusedesk.core import clock
from abusedesk.core.models import Scope
from detectors.models import EntityType, Signal
from detectors.services.link import link_stream
from detectors.services.source import live_stream
from tests import desk as machine
from tests import make
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = [pytest.mark.ui, pytest.mark.row(6)]


def test_a_type_is_added_and_used_without_a_deploy(
    enter: Callable[..., Visitor], desk: world.Desk
) -> None:
    machine.forget()
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/types/")
    page.get_by_label("Name").fill("loyaltycard")
    page.get_by_label("Label").fill("Loyalty card")
    page.get_by_label("Meaning").fill("card of the shop")
    page.get_by_label("Compared as").select_option("number")
    page.get_by_role("button", name="Add type").click()
    expect(page.locator("#type-loyaltycard")).to_contain_text("Number: digits only")
    assert EntityType.objects.get().created_by == desk.admin
    item = make.item(
        1, objects=["loyaltycard:0042-17"], occurred_at=clock.now().isoformat(), external_id="t-1"
    )
    door = make.bearer(Scope.INGEST, user=desk.admin)
    sent = Client().post("/api/v1/signals/", item, content_type="application/json", headers=door)
    assert sent.status_code == 201
    machine.await_horizon()
    link_stream(stream_id=live_stream().pk)
    ada.go(f"/signals/{Signal.objects.get(external_id='t-1').pk}/")
    row = page.locator("tr", has_text="Loyalty card")
    expect(row).to_contain_text("4217")
    assert ada.watch.errors == []
    assert ada.violations() == []
