"""At a browser: an admin makes somebody, who comes in and chooses a password of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Visitor
from tests.ui.looks import PHONE, WIDE, is_accessible, shoot

pytestmark = pytest.mark.ui

OWN = "seven tall lighthouses"


def test_an_admin_makes_a_reviewer_who_comes_in_and_takes_a_password_of_their_own(
    enter: Callable[..., Visitor],
) -> None:
    ada = enter("ada")
    page = ada.page
    ada.go("/settings/tokens/")
    page.get_by_role("navigation", name="Desk").get_by_role("link", name="People").click()
    page.get_by_label("User name").fill("nora")
    page.get_by_role("button", name="Create person").click()
    given = page.locator("#plain").inner_text()
    ada.ready()
    is_accessible(ada)
    shoot(ada, "people")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    is_accessible(ada)
    page.set_viewport_size(WIDE)

    nora = enter("rita")
    nora.page.context.clear_cookies()
    nora.page.goto(f"{nora.base}/login/")
    nora.page.get_by_label("User name").fill("nora")
    nora.page.get_by_label("Password").fill(given)
    nora.page.get_by_role("button", name="Sign in").click()
    nora.go("/me/")
    nora.page.get_by_role("link", name="Change it").click()
    nora.page.get_by_label("Old password").fill(given)
    nora.page.get_by_label("New password", exact=True).fill(OWN)
    nora.page.get_by_label("New password confirmation").fill(OWN)
    is_accessible(nora)
    shoot(nora, "own-password")
    nora.page.get_by_role("button", name="Change password").click()
    expect(nora.page.get_by_text("Your password is changed.")).to_be_visible()

    row = page.get_by_role("row", name="nora")
    row.get_by_label("may come in").uncheck()
    row.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="nora").get_by_text("off", exact=True)).to_be_visible()
    nora.page.goto(f"{nora.base}/me/")
    expect(nora.page.get_by_role("button", name="Sign in")).to_be_visible()
