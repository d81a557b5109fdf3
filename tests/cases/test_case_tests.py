"""A confirmed case becomes a test: no later draft may lose it without a written reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from abusedesk.core import audit
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError
from abusedesk.core.models import AuditEntry, Scope, User
from cases.choices import ReviewWhy
from cases.models import Case, SecondReview
from cases.services.case_test import save_case_as_test
from cases.services.decision import undo_decision
from cases.services.reversal import reverse_decision
from detectors.choices import Outcome
from detectors.models import DetectorConfig, DetectorDraft, Expectation, Scenario, Signal
from detectors.scenario.document import unpacked
from detectors.services.draft import approve_draft, propose_config
from detectors.services.scenario import (
    erase_account,
    erase_due,
    erase_scenario,
    export_scenario,
)
from detectors.services.scenario_run import run_scenarios
from tests import cast, desk, make
from tests.cases import build
from tests.cases.confirmed import NOW, confirmed, found

pytestmark = pytest.mark.django_db(transaction=True)

SLUG = "near-duplicate-text"
API = "/api/v1/"
LOSING = 60
"""Accounts that a copied text would need: more than the operation has."""
WHY = "The rule is rebuilt next week."


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    desk.forget()
    with time_machine.travel(NOW, tick=True):
        yield
    desk.forget()


@pytest.fixture
def case() -> Case:
    return confirmed()


def saved(case: Case) -> Scenario:
    return save_case_as_test(actor=cast.lead(), case=case, reason="our first kit")


def draft(because: str = "", **params: Any) -> DetectorDraft:
    return propose_config(
        actor=cast.admin(), slug=SLUG, mode="live", params=params or {"min_accounts": LOSING},
        reason="too many", lost_because=because,
    )  # fmt: skip


def told() -> list[str]:
    return [audit.sentence(one) for one in AuditEntry.objects.order_by("pk")]


def browser(user: User) -> Client:
    one = Client()
    one.force_login(user)
    return one


def program(user: User) -> Client:
    return Client(headers=make.bearer(Scope.READ, Scope.REVIEW, Scope.ADMIN, user=user))


def text(response: Any) -> str:
    return str(response.content.decode())


# --- saved ---------------------------------------------------------------------------------


@pytest.mark.row(94)
def test_a_draft_that_would_lose_the_case_is_refused_and_names_it(case: Case) -> None:
    scenario = saved(case)
    expected = scenario.expected.get(detector=SLUG)
    assert expected.holds
    assert len(expected.accounts) >= 3
    with pytest.raises(InvalidError, match=rf"{case.ref}: {SLUG} names 0 of") as refused:
        draft()
    assert refused.value.field == "lost_because"
    assert not DetectorDraft.objects.exists()
    # what keeps the case goes through, and so does what touches another detector
    assert draft(min_accounts=4).loses == []
    other = propose_config(actor=cast.admin(), slug="velocity", mode="live",
                           params={"signups": 9}, reason="try")  # fmt: skip
    assert other.loses == []


@pytest.mark.row(94)
def test_a_written_reason_lets_it_pass_and_stands_in_the_audit(case: Case) -> None:
    saved(case)
    one = draft(because=WHY)
    assert (one.loses, one.lost_because) == ([case.ref], WHY)
    assert f"let draft {one.pk} lose {case.ref}, kept as tests. Reason: {WHY}" in told()
    page = text(browser(cast.lead()).get(reverse("detectors:draft", args=[SLUG, one.pk])))
    assert case.ref in page
    assert WHY in page
    approve_draft(actor=cast.lead(), draft=one)
    assert run_scenarios(slug=SLUG) == 1
    after = Expectation.objects.get(detector=SLUG)
    assert (after.holds, after.found) == (False, 0)
    page = text(browser(cast.reviewer()).get(reverse("detectors:detector-detail", args=[SLUG])))
    assert "1 of 1 is lost with the settings that were tried last" in page


def test_whoever_approves_is_stopped_where_a_test_was_saved_since(case: Case) -> None:
    one = draft()
    saved(case)
    with pytest.raises(ConflictError, match=f"lose {case.ref}, saved as a test since"):
        approve_draft(actor=cast.lead(), draft=one)


def test_nobody_is_kept_from_switching_a_detector_down(case: Case) -> None:
    saved(case)
    config = DetectorConfig.objects.get(slug=SLUG, current=True)
    for mode in ("shadow", "off"):
        said = propose_config(actor=cast.admin(), slug=SLUG, mode=mode, params=config.params,
                              reason="loud")  # fmt: skip
        assert said.made is not None


def test_only_a_case_that_is_closed_as_confirmed_becomes_a_test() -> None:
    case = found()
    with pytest.raises(ConflictError, match="not closed as confirmed"):
        saved(case)
    build.decided(cast.reviewer(), case, Outcome.NO_ABUSE)
    case.refresh_from_db()
    with pytest.raises(ConflictError, match="not closed as confirmed"):
        saved(case)


def test_a_case_is_a_test_once(case: Case) -> None:
    saved(case)
    with pytest.raises(ConflictError, match="is a test already"):
        saved(case)


def test_a_case_without_findings_of_its_own_cannot_be_tested() -> None:
    case = build.case()
    build.decided(cast.reviewer(), case, Outcome.ABUSE)
    case.refresh_from_db()
    with pytest.raises(InvalidError, match="No detector found it"):
        saved(case)


def test_what_rests_on_more_than_the_signals_is_left_out_and_says_why() -> None:
    _, case = build.opened()
    build.decided(cast.reviewer(), case, Outcome.ABUSE)
    case.refresh_from_db()
    with pytest.raises(InvalidError, match="shared-infrastructure: it names 0 of 8 accounts"):
        saved(case)


def test_others_neither_save_nor_erase_nor_export(case: Case) -> None:
    scenario = saved(case)
    for who in (cast.reviewer(), cast.integration(), cast.partner(), cast.outsider()):
        with pytest.raises(ForbiddenError):
            erase_scenario(actor=who, scenario=scenario, reason="no")
        with pytest.raises(ForbiddenError):
            export_scenario(actor=who, scenario=scenario)
        with pytest.raises(ForbiddenError):
            erase_account(actor=who, account="x:a", reason="no")
        with pytest.raises(Exception, match=r"does not allow|no such case"):
            save_case_as_test(actor=who, case=case, reason="no")


# --- the copies ----------------------------------------------------------------------------


def test_the_copies_outlive_the_store_and_still_guard(case: Case) -> None:
    scenario = saved(case)
    Signal.objects.all().delete()
    assert run_scenarios(slug=SLUG) == 0
    with pytest.raises(InvalidError, match=case.ref):
        draft()
    assert scenario.signals <= 2_000


def test_the_copies_end_on_their_date_by_themselves(case: Case) -> None:
    scenario = saved(case)
    with time_machine.travel(NOW + timedelta(days=364), tick=False):
        assert erase_due() == 0
    with time_machine.travel(NOW + timedelta(days=366), tick=False):
        assert erase_due() == 1
        assert erase_due() == 0
    scenario.refresh_from_db()
    assert (bytes(scenario.body), scenario.accounts) == (b"", [])
    assert not Expectation.objects.exists()
    assert draft().loses == []
    assert told()[-2].endswith("Reason: their time was over")


def test_an_erased_account_is_in_no_copy_and_the_test_goes_on_with_the_others(case: Case) -> None:
    scenario = saved(case)
    gone = scenario.expected.get(detector=SLUG).accounts[0]
    assert erase_account(actor=cast.admin(), account=gone, reason="request 12") == 1
    scenario.refresh_from_db()
    platform, _, actor = gone.partition(":")
    assert all((one.platform, one.actor) != (platform, actor)
               for one in unpacked(bytes(scenario.body)))  # fmt: skip
    assert gone not in scenario.accounts
    for one in scenario.expected.all():
        assert gone not in one.accounts
    assert gone not in " ".join(told())
    assert "request 12" in told()[-1]
    assert run_scenarios(slug=SLUG) == 0


def test_a_test_of_which_nobody_is_left_is_erased(case: Case) -> None:
    scenario = saved(case)
    for name in list(scenario.accounts):
        erase_account(actor=cast.admin(), account=name, reason="request 13")
    scenario.refresh_from_db()
    assert scenario.erased_at is not None
    assert bytes(scenario.body) == b""


@pytest.mark.parametrize("how", ["undone", "reversed"])
def test_it_ends_when_the_decision_is_taken_back(case: Case, how: str) -> None:
    saved(case)
    decision = case.decisions.get()
    if how == "undone":
        undo_decision(actor=cast.reviewer(), decision=decision)
    else:
        reverse_decision(actor=cast.lead(), decision=decision, reason="a choir")
    assert Scenario.objects.get().erase_reason == "its decision was taken back"
    assert draft().loses == []


# --- file and shell ------------------------------------------------------------------------


@pytest.mark.row(94)
def test_the_exported_file_runs_and_fails_where_the_case_would_be_lost(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "case.ndjson"
    file.write_bytes(export_scenario(actor=cast.lead(), scenario=saved(case)))
    call_command("detectors", "test", str(file))
    assert f"found  {case.ref}  {SLUG}: " in capsys.readouterr().out
    with pytest.raises(CommandError, match="1 lost"):
        call_command("detectors", "test", str(file), "--set", f"{SLUG}.min_accounts={LOSING}")
    assert f"LOST   {case.ref}  {SLUG}: 0 of" in capsys.readouterr().out
    assert f"exported the test of {case.ref}" in told()[-1]


def test_the_shell_saves_a_test_and_says_what_is_expected(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("case_test", case.ref, "--as", cast.lead().username, "--reason", "our first kit")
    call_command(*named)
    assert f"{SLUG} must name" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is a test already"):
        call_command(*named)
    change = ("detectors", "set", SLUG, f"min_accounts={LOSING}", "--reason", "loud",
              "--as", cast.admin().username)  # fmt: skip
    with pytest.raises(CommandError, match="names 0 of"):
        call_command(*change)
    call_command(*change, "--lost-because", WHY)
    assert DetectorDraft.objects.get().lost_because == WHY


# --- pages and REST ------------------------------------------------------------------------


@pytest.mark.row(94)
def test_on_the_pages_a_lead_saves_it_and_an_admin_is_stopped(case: Case) -> None:
    lead, admin = browser(cast.lead()), browser(cast.admin())
    address = reverse("cases:case-test", args=[case.ref])
    assert address in text(lead.get(reverse("cases:case-detail", args=[case.ref])))
    assert address not in text(
        browser(cast.reviewer()).get(reverse("cases:case-detail", args=[case.ref]))
    )
    refused = lead.post(address, {"reason": " ", "days": "40"})
    assert refused.status_code == 422
    assert 'value="40"' in text(refused)
    said = lead.post(address, {"reason": "<b>kit</b>\u202e", "days": "365"})
    page = text(lead.get(said.headers["Location"]))
    assert "<b>kit" not in page
    assert "&lt;b&gt;kit" in page

    form = {f"p_{name}": value for name, value in _params().items()}
    form |= {"p_min_accounts": LOSING, "mode": "live", "reason": "too many"}
    detector = reverse("detectors:detector-detail", args=[SLUG])
    stopped = admin.post(detector, form)
    assert stopped.status_code == 422
    assert f"{case.ref}: {SLUG} names 0 of" in text(stopped)
    assert 'name="lost_because"' in text(stopped)
    assert f'value="{LOSING}"' in text(stopped)
    passed = admin.post(detector, form | {"lost_because": WHY})
    assert DetectorDraft.objects.get().loses == [case.ref]
    assert WHY in text(admin.get(passed.headers["Location"]))


def test_erasing_on_the_page_needs_a_reason_and_keeps_what_was_typed(case: Case) -> None:
    scenario = saved(case)
    lead = browser(cast.lead())
    address = reverse("detectors:scenario-erase", args=[scenario.pk])
    too_long = "x" * 501
    refused = lead.post(address, {"reason": too_long})
    assert refused.status_code == 422
    assert too_long in text(refused)
    lead.post(address, {"reason": "told twice"})
    page = text(lead.get(reverse("detectors:scenario", args=[scenario.pk])))
    assert "told twice" in page
    admin = browser(cast.admin())
    wrong = admin.post(reverse("detectors:scenario-account"), {"account": "who", "reason": "r 1"})
    assert wrong.status_code == 422
    assert 'value="who"' in text(wrong)


@pytest.mark.row(94)
def test_over_rest_it_is_saved_guards_is_exported_and_ends(case: Case) -> None:
    lead, admin = program(cast.lead()), program(cast.admin())
    made = lead.post(f"{API}cases/{case.ref}/test/", {"reason": "kit"},
                     content_type="application/json")  # fmt: skip
    assert made.status_code == 201, made.content
    number = made.json()["id"]
    assert made.json()["case"] == case.ref
    body: dict[str, Any] = {"mode": "live", "params": {"min_accounts": LOSING}, "reason": "loud"}
    for send, address in ((admin.put, f"{API}detectors/{SLUG}/"),
                          (admin.post, f"{API}detectors/{SLUG}/drafts/")):  # fmt: skip
        refused = send(address, body, content_type="application/json")
        assert refused.status_code == 422
        assert case.ref in text(refused)
        assert refused.json()["errors"][0]["attr"] == "lost_because"
    passed = admin.post(f"{API}detectors/{SLUG}/drafts/", body | {"lost_because": WHY},
                        content_type="application/json")  # fmt: skip
    assert passed.status_code == 201
    assert passed.json()["loses"] == [case.ref]
    detail = lead.get(f"{API}scenarios/{number}/").json()
    assert SLUG in {one["detector"] for one in detail["expected"]}
    assert lead.post(f"{API}scenarios/{number}/run/").json()["failing"] == 0
    file = lead.post(f"{API}scenarios/{number}/file/")
    assert file.headers["Content-Type"] == "application/x-ndjson"
    assert file.content.count(b"\n") == detail["signals"] + 1
    ended = lead.delete(f"{API}scenarios/{number}/", {"reason": "done"},
                        content_type="application/json")  # fmt: skip
    assert ended.json()["expected"] == []
    assert lead.post(f"{API}scenarios/{number}/file/").status_code == 404
    erased = admin.post(f"{API}scenarios/erase-account/", {"account": "x:a", "reason": "r 1"},
                        content_type="application/json")  # fmt: skip
    assert erased.json() == {"tests": 0}


def _params() -> dict[str, Any]:
    config = DetectorConfig.objects.get(slug=SLUG, current=True)
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in config.params.items()
    }


def test_a_second_opinion_that_waits_keeps_the_verdict_out_of_sight(case: Case) -> None:
    SecondReview.objects.create(decision=case.decisions.get(), why=ReviewWhy.SAMPLE)
    with pytest.raises(ConflictError, match="second opinion"):
        saved(case)
