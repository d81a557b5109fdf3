"""Holds on cases, what open cases keep, and the command for cron."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from abusedesk.core.audit import Verb
from abusedesk.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from abusedesk.core.models import AuditEntry
from cases.choices import State
from cases.lineage import absorb
from cases.models import Case, CaseCampaign
from cases.placing import place
from cases.reporting import note
from cases.selectors.evidence import evidence_of, findings_of, purged_of
from cases.selectors.report import reports_of
from cases.services.hold import extend_holds, free_hold, hold_case, save_hold
from cases.services.retention import begin_purge, continue_purge, verify_purge, wake_purges
from cases.states import ACTIVE
from cases.tasks import purge as purge_task
from cases.timeline import timeline_of
from detectors.base import Signal as Told
from detectors.choices import HoldKind, PurgeState
from detectors.complaints import Complaint, Target
from detectors.models import CampaignMember, Finding, PurgeRun, Signal
from detectors.services.hold import release_hold
from tests import cast
from tests.cases import build
from tests.retention import left, letter, middle, purged, read_all, rule, source, stored
from tests.ui import world

pytestmark = pytest.mark.django_db


def _old_case(state: State = State.OPEN, number: int = 3) -> tuple[Case, list[Signal]]:
    """A case on `number` signals of four months ago, all that its accounts did."""
    signals = stored(middle(4), number=number, actor="morgan")
    campaign = world.campaign_of(1, signals, signals[0].occurred_at)
    case = build.case(state=state)
    CaseCampaign.objects.create(case=case, campaign=campaign, revision=1)
    read_all()
    return case, signals


@pytest.mark.parametrize("state", [State.OPEN, State.ESCALATED, State.SNOOZED])
def test_evidence_of_a_case_that_is_not_closed_stays(state: State) -> None:
    _, signals = _old_case(state)
    rule(30)
    run = verify_purge(actor=cast.admin())
    assert (run.state, run.signals, run.cited) == (PurgeState.VERIFIED, 0, 3)
    assert left() == {one.pk for one in signals}


def test_evidence_of_a_closed_case_goes_and_its_page_says_so() -> None:
    case, signals = _old_case(State.CLOSED)
    rule(30)
    run = verify_purge(actor=cast.admin())
    assert purged(run).gone_signals == 3
    findings = findings_of(case, cast.reviewer())
    assert len(findings) == 2
    assert evidence_of(findings, cast.reviewer()) == []
    stones = purged_of(findings, cast.reviewer(), [])
    assert (stones.total, {one.pk for one in stones.newest}) == (3, {one.pk for one in signals})


@pytest.mark.parametrize("state", State)
def test_reports_stay_while_their_case_is_not_closed(state: State) -> None:
    (signal,) = stored(middle(4), kind="report")
    at = signal.occurred_at.timestamp()
    told = Told(id=signal.pk, at=at, platform="x", kind="report", actor="ada")
    note([(told, Complaint((Target("account", "x:rose"),), "x:ada", "spam"))])
    read_all()
    rule(30)
    assert verify_purge(actor=cast.admin()).cited == 1  # it waits for its case
    place()
    Case.objects.update(state=state)
    run = verify_purge(actor=cast.admin())
    assert (run.cited, run.signals) == ((1, 0) if state in ACTIVE else (0, 1))
    if state == State.CLOSED:
        purged(run)
        (report,) = reports_of(Case.objects.get(), cast.reviewer())
        assert (report.signal, report.reporter, report.targets) == (None, "x:ada", ["rose on x"])


def test_a_case_that_opens_after_verification_stops_the_purge() -> None:
    case, signals = _old_case(State.CLOSED)
    rule(30)
    run = verify_purge(actor=cast.admin())
    Case.objects.filter(pk=case.pk).update(state=State.OPEN)
    begin_purge(actor=cast.admin(), run=run, signals=3)
    assert continue_purge(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.gone_signals) == (PurgeState.STOPPED, 0)
    assert left() == {one.pk for one in signals}


def test_a_hold_on_a_case_keeps_its_evidence_and_all_that_its_accounts_did() -> None:
    case, signals = _old_case(State.CLOSED)
    other = stored(middle(5), actor="morgan") + stored(middle(5), actor="bystander")
    rule(30)
    hold = hold_case(actor=cast.lead(), case=case, reason="letter of the court")
    run = verify_purge(actor=cast.admin())
    assert (run.signals, run.held) == (1, 4)
    purged(run)
    assert left() == {one.pk for one in signals} | {other[0].pk}
    free_hold(actor=cast.lead(), hold=hold, reason="settled")
    assert verify_purge(actor=cast.admin()).signals == 4
    told = [entry.sentence for entry in timeline_of(case, cast.reviewer())]
    assert told == [
        "released the legal hold on the case. Reason: settled",
        "placed a legal hold on the case. Reason: letter of the court",
    ]


def test_a_hold_grows_with_its_case_and_not_after_its_release() -> None:
    case, signals = _old_case(State.CLOSED)
    hold = hold_case(actor=cast.lead(), case=case, reason="court")
    assert extend_holds() == 0
    campaign = case.campaign_links.get().campaign
    CampaignMember.objects.create(campaign=campaign, account="x:late", p=0.9, core=False)
    Finding.objects.filter(campaigns__campaign=campaign).update(signal_ids=[signals[0].pk, 77])
    assert extend_holds() == 1
    hold.refresh_from_db()
    assert hold.accounts == ["x:late", "x:morgan"]
    assert {77, *(one.pk for one in signals)} == set(hold.signal_ids)
    release_hold(actor=cast.lead(), hold=hold, reason="settled")
    CampaignMember.objects.create(campaign=campaign, account="x:later", p=0.9, core=False)
    assert extend_holds() == 0


def test_a_reviewer_can_neither_hold_nor_free_a_case() -> None:
    case, _ = _old_case()
    with pytest.raises(ForbiddenError):
        hold_case(actor=cast.reviewer(), case=case, reason="court")
    hold = hold_case(actor=cast.lead(), case=case, reason="court")
    with pytest.raises(ForbiddenError):
        free_hold(actor=cast.reviewer(), hold=hold, reason="over")
    with pytest.raises(NotFoundError):
        hold_case(actor=cast.partner(), case=case, reason="court")


def test_a_case_is_held_once_at_a_time_and_with_a_reason() -> None:
    case, _ = _old_case()
    with pytest.raises(InvalidError, match="Say why"):
        hold_case(actor=cast.lead(), case=case, reason=" ")
    hold = hold_case(actor=cast.lead(), case=case, reason="court")
    with pytest.raises(ConflictError, match="held already"):
        hold_case(actor=cast.admin(), case=case, reason="court")
    free_hold(actor=cast.lead(), hold=hold, reason="settled")
    with pytest.raises(ConflictError, match="released already"):
        free_hold(actor=cast.lead(), hold=hold, reason="settled")
    assert hold_case(actor=cast.admin(), case=case, reason="again").pk != hold.pk


def test_a_held_case_is_not_absorbed_by_another() -> None:
    case, _ = _old_case()
    hold_case(actor=cast.lead(), case=case, reason="court")
    case.refresh_from_db()
    assert absorb(build.case(), [case]) == []


@pytest.mark.parametrize(
    ("kind", "target", "error"),
    [
        (HoldKind.SOURCE, "nowhere", InvalidError),
        (HoldKind.ACCOUNT, "mallory", InvalidError),
        (HoldKind.CASE, "AD-0", NotFoundError),
    ],
)
def test_a_hold_names_something_that_exists(
    kind: HoldKind, target: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        save_hold(actor=cast.admin(), kind=kind, target=target, reason="court")


def test_holds_on_sources_and_accounts_are_placed_by_name_and_audited() -> None:
    source("bank")
    for kind, target in ((HoldKind.SOURCE, "bank"), (HoldKind.ACCOUNT, "x:mallory")):
        hold = save_hold(actor=cast.admin(), kind=kind, target=target, reason="court")
        free_hold(actor=cast.admin(), hold=hold, reason="settled")
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == [Verb.HOLD_PLACED, Verb.HOLD_RELEASED] * 2


def test_what_a_web_request_has_no_time_for_a_worker_goes_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    woken: list[tuple[object, ...]] = []
    monkeypatch.setattr("cases.services.retention.wake", lambda *what: woken.append(what))
    stored(middle(4))
    stored(middle(5))
    rule(30)
    run = verify_purge(actor=cast.admin(), budget_s=0)
    assert (run.state, woken) == (PurgeState.COUNTING, [("cases.purge", run.pk)])
    wake_purges()
    assert woken == [("cases.purge", run.pk)] * 2
    purge_task(run.pk)
    run.refresh_from_db()
    assert (run.state, run.signals) == (PurgeState.VERIFIED, 2)
    begin_purge(actor=cast.admin(), run=run, signals=2)
    assert not continue_purge(run_id=run.pk, budget_s=0)
    assert woken[2:] == [("cases.purge", run.pk)] * 2
    purge_task(run.pk)
    assert left() == set()


def _manage(*words: str) -> str:
    out = StringIO()
    call_command("retention", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_cron_verifies_and_purges_by_the_number_of_the_plan() -> None:
    stored(middle(4), number=3)
    letter(middle(4))
    rule(30)
    told = _manage("--verify").splitlines()
    assert told[0].startswith("3 signals would go (about ")
    assert told[0].endswith(
        "and 1 refused items. 0 are held, 0 are cited by open cases, 0 are not read yet."
    )
    assert _manage("--purge", told[-1]) == (
        "3 signals are gone, 3 mentions, 3 entities, 1 refused items.\n"
    )
    assert left() == set()
    assert PurgeRun.objects.get().started_by is None


def test_the_command_says_why_nothing_was_purged() -> None:
    case, _ = _old_case(State.CLOSED)
    rule(30)
    plan = _manage("--verify").splitlines()[-1]
    with pytest.raises(CommandError, match="no plan 12345"):
        _manage("--purge", "12345")
    hold_case(actor=cast.lead(), case=case, reason="court")
    with pytest.raises(CommandError, match="0 signals are gone, then it stopped"):
        _manage("--purge", plan)
    with pytest.raises(CommandError, match="only a verified one"):
        _manage("--purge", plan)
