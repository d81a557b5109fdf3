"""Statements of reasons in a browser: said on the policy, issued, downloaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cases.choices import ActionKind
from cases.models import EntityAction, PolicyVersion
from cases.services.policy import PolicyText, save_policy
from cases.statements.schema import faults
from cases.terms import Terms
from detectors.choices import EntityType
from detectors.entities import digest_of
from detectors.models import Entity
from tests.cases import build
from tests.ui import world
from tests.ui.conftest import Visitor

pytestmark = pytest.mark.ui


def _suspended(desk: world.Desk, under: PolicyVersion) -> None:
    """A decision under the policy that suspends one account."""
    case = desk.cases[0]
    decision = build.decided(desk.lead, case, terms=Terms(policy=under))
    EntityAction.objects.create(
        decision=decision, entity_type=EntityType.ACCOUNT, value="x:ring1", kind=ActionKind.SUSPEND
    )
    Entity.objects.get_or_create(
        digest=digest_of("account", "x:ring1"),
        defaults={
            "type": "account",
            "value": "x:ring1",
            "first_seen_at": case.opened_at,
            "last_seen_at": case.opened_at,
        },
    )


@pytest.mark.row(74)
def test_a_policy_says_why_a_lead_issues_and_takes_the_file(
    enter: Callable[..., Visitor], desk: world.Desk, tmp_path: Path
) -> None:
    said = PolicyText(title="Scams", text="No scams.", harm=3)
    save_policy(actor=desk.admin, slug="scams", said=said, reason="agreed")
    ada = enter("ada")
    page = ada.page
    page.goto(f"{ada.base}/settings/policies/scams/")
    page.get_by_role("link", name="Statements of reasons").last.click()
    page.get_by_label("Ground").select_option("DECISION_GROUND_INCOMPATIBLE_CONTENT")
    page.get_by_label("Category").select_option("STATEMENT_CATEGORY_SCAMS_AND_FRAUD")
    page.get_by_label("Clause or article").fill("Terms of use, 4.2")
    page.get_by_label("Why it is a breach").fill("Accounts that hide that they act as one.")
    page.get_by_label("phishing").check()
    page.get_by_label("Reason of this version").fill("the law asks for it")
    page.get_by_role("button", name="Put into force").click()
    page.get_by_text("said for every decision").wait_for()
    _suspended(desk, PolicyVersion.objects.get(slug="scams", current=True))
    lena = enter("lena")
    page = lena.page
    page.goto(f"{lena.base}/statements/")
    expect(page.get_by_role("heading", name="To issue")).to_be_visible()
    page.screenshot(path=tmp_path / "statements.png", full_page=True)
    page.get_by_role("button", name="Issue 1").click()
    page.get_by_text("1 issued, 0 kept back.").wait_for()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download JSON").click()
    file = tmp_path / "statements.json"
    taken.value.save_as(file)
    (statement,) = json.loads(file.read_text())["statements"]
    assert faults(statement) == []
    assert statement["category_specification"] == ["KEYWORD_PHISHING"]
    assert "ring1" not in file.read_text()
